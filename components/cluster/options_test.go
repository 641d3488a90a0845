package cluster_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/cluster"
	"github.com/deepstreamhub/platform/components/componenttest"
)

func TestMixedHosts(t *testing.T) {
	t.Parallel()
	a := args()
	a.OtherTypes, a.SpotPercent = []string{"m7g.large"}, 60
	resources := run(t, a)
	hosts := componenttest.Find(t, resources, "aws:autoscaling/group:Group", "cluster-hosts").Plain()
	script, err := base64.StdEncoding.DecodeString(componenttest.Find(t, resources, "aws:ec2/launchTemplate:LaunchTemplate", "cluster-host-template").Plain()["userData"].(string))
	require.NoError(t, err)
	require.Contains(t, string(script), "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true")
	require.NotContains(t, hosts, "launchTemplate", "a group takes one or the other")
	require.Empty(t, cmp.Diff(map[string]any{
		"instancesDistribution": map[string]any{
			"onDemandBaseCapacity": 3.0, "onDemandPercentageAboveBaseCapacity": 40.0,
			"onDemandAllocationStrategy": "prioritized", "spotAllocationStrategy": "price-capacity-optimized",
		},
		"launchTemplate": map[string]any{
			"launchTemplateSpecification": map[string]any{"launchTemplateId": "cluster-host-template-id", "version": "7"},
			"overrides":                   []any{map[string]any{"instanceType": "m6g.large"}, map[string]any{"instanceType": "m7g.large"}},
		},
	}, hosts["mixedInstancesPolicy"]))
}

func TestWarmHosts(t *testing.T) {
	t.Parallel()
	a := args()
	a.WarmHosts = 2
	resources := run(t, a)
	hosts := componenttest.Find(t, resources, "aws:autoscaling/group:Group", "cluster-hosts").Plain()
	require.Equal(t, map[string]any{"poolState": "Stopped", "minSize": 2.0}, hosts["warmPool"])
	require.Equal(t, true, hosts["forceDeleteWarmPool"], "or the group waits for stopped hosts to end")
	script, err := base64.StdEncoding.DecodeString(componenttest.Find(t, resources, "aws:ec2/launchTemplate:LaunchTemplate", "cluster-host-template").Plain()["userData"].(string))
	require.NoError(t, err)
	require.Contains(t, string(script), "ECS_WARM_POOLS_CHECK=true")
}

func TestRefreshAlarm(t *testing.T) {
	t.Parallel()
	alarm := componenttest.Find(t, run(t, args()), "aws:cloudwatch/metricAlarm:MetricAlarm", "cluster-refresh").Plain()
	require.Equal(t, []any{"TaskCount", "LessThanThreshold", 8.0, map[string]any{"ClusterName": "cluster-ecs-name"}, "breaching"},
		[]any{alarm["metricName"], alarm["comparisonOperator"], alarm["threshold"], alarm["dimensions"], alarm["treatMissingData"]},
		"hosts without tasks are not counted by any metric, so a number of hosts cannot be asked for")
}

func TestExec(t *testing.T) {
	t.Parallel()
	a := args()
	a.Stack, a.Region, a.ExecLogDays = "prod-eu", "eu-central-1", 30
	resources := run(t, a)
	require.Empty(t, cmp.Diff(map[string]any{"executeCommandConfiguration": map[string]any{
		"kmsKeyId": "arn:aws:mock:::cluster-exec-key", "logging": "OVERRIDE",
		"logConfiguration": map[string]any{"cloudWatchEncryptionEnabled": true, "cloudWatchLogGroupName": "cluster-exec-logs-name"},
	}}, componenttest.Find(t, resources, "aws:ecs/cluster:Cluster", "cluster-ecs").Plain()["configuration"]))
	require.Equal(t, map[string]any{
		"name": "/deepstreamhub/prod-eu/cluster-exec", "retentionInDays": 30.0, "kmsKeyId": "arn:aws:mock:::cluster-exec-key",
		"tags": map[string]any{"stack": "prod-eu", "component": "cluster"},
	}, componenttest.Find(t, resources, "aws:cloudwatch/logGroup:LogGroup", "cluster-exec-logs").Plain())
	key := componenttest.Find(t, resources, "aws:kms/key:Key", "cluster-exec-key").Plain()
	require.Contains(t, key["policy"], "arn:aws:logs:eu-central-1:111122223333:log-group:/deepstreamhub/prod-eu/cluster-exec")
	require.Contains(t, key["policy"], "arn:aws:iam::111122223333:root", "or nobody could manage the key")
}

func TestOptionRefusals(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*cluster.Args){
		`other type "x"`:                     func(a *cluster.Args) { a.OtherTypes = []string{"x"} },
		"40 given, a group takes 39":         func(a *cluster.Args) { a.OtherTypes = slices.Repeat([]string{"m7g.large"}, 40) },
		`other type "m6g.large"`:             func(a *cluster.Args) { a.OtherTypes = []string{"m6g.large"} },
		"min tasks 0":                        func(a *cluster.Args) { a.MinTasks = 0 },
		"spot percent 101":                   func(a *cluster.Args) { a.SpotPercent = 101 },
		"warm hosts 13":                      func(a *cluster.Args) { a.WarmHosts = 13 },
		"has no warm pool":                   func(a *cluster.Args) { a.WarmHosts, a.SpotPercent = 1, 1 },
		"refresh from 50 to 160 percent":     func(a *cluster.Args) { a.Refresh.MinHealthyPercent, a.Refresh.MaxHealthyPercent = 50, 160 },
		"refresh checkpoints [50 20 100]":    func(a *cluster.Args) { a.Refresh.Checkpoints = []int{50, 20, 100} },
		"refresh checkpoints [50]":           func(a *cluster.Args) { a.Refresh.Checkpoints = []int{50} },
		"refresh checkpoint delay -1":        func(a *cluster.Args) { a.Refresh.CheckpointDelay = -1 },
		"exec log days 8: must be one of [1": func(a *cluster.Args) { a.ExecLogDays = 8 },
		`stack "": must be letters`:          func(a *cluster.Args) { a.Stack = "" },
		`region "": must be of the form`:     func(a *cluster.Args) { a.Region = "" },
		"vpc id: missing":                    func(a *cluster.Args) { a.VpcID = pulumi.String("") },
		"private subnet ids: 0 given":        func(a *cluster.Args) { a.PrivateSubnetIDs = pulumi.StringArray{} },
		"private subnet ids: entry 2 of 2":   func(a *cluster.Args) { a.PrivateSubnetIDs = pulumi.StringArray{pulumi.String("a"), nil} },
		"egress: entry 1 of 1 is missing":    func(a *cluster.Args) { a.Egress = []pulumi.Resource{(*ec2.NatGateway)(nil)} },
	} {
		a := args()
		change(a)
		require.ErrorContains(t, a.Validate(), want)
	}
	require.NoError(t, args().Validate())
}
