package service_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/service"
)

const (
	clusterArn = "arn:aws:ecs:eu-central-1:111122223333:cluster/main"
	secretArn  = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf"
	keyArn     = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
)

var image = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream@sha256:" + strings.Repeat("0a", 32)

func args() *service.Args {
	return &service.Args{
		Stack:              "prod-eu",
		Region:             "eu-central-1",
		ClusterArn:         pulumi.String(clusterArn),
		CapacityProvider:   pulumi.String("capacity-1"),
		VpcID:              pulumi.String("vpc-1"),
		SubnetIDs:          pulumi.ToStringArray([]string{"subnet-a", "subnet-b", "subnet-c"}),
		LoadBalancerArn:    pulumi.String("arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/edge/2"),
		TargetGroupArn:     pulumi.String("arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/tg/1"),
		SecurityGroupIDs:   []pulumi.StringInput{pulumi.String("sg-db"), pulumi.String("sg-bus"), pulumi.String("sg-target")},
		Image:              image,
		User:               "1000:1000",
		Command:            []string{"node", "./bin/deepstream.js", "start"},
		Port:               6020,
		HealthPath:         "/health-check",
		HealthCommand:      []string{"CMD", "true"},
		Tasks:              6,
		CPU:                1024,
		MemoryMiB:          2048,
		StopTimeoutSeconds: 30,
		Deployment:         service.Deployment{MinHealthyPercent: 100, MaxPercent: 167, UpdateSeconds: 5400, DeleteSeconds: 1380},
		LogRetentionDays:   30,
		Environment:        map[string]pulumi.StringInput{"HOST": pulumi.String("db.example")},
		Secrets:            map[string]service.Secret{"PASSWORD": {Arn: pulumi.String(secretArn), JSONKey: "password"}},
		SecretKeyArns:      []pulumi.StringInput{pulumi.String(keyArn)},
	}
}

func newRecorder() *componenttest.Recorder {
	named := func(r componenttest.Resource) resource.PropertyMap {
		return resource.PropertyMap{"name": resource.NewProperty(r.Name + "-name")}
	}
	r := componenttest.New()
	r.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:iam/role:Role": named, "aws:cloudwatch/metricAlarm:MetricAlarm": named, "aws:ecs/service:Service": named,
	}
	return r
}

func run(t *testing.T, r *componenttest.Recorder, a *service.Args) []componenttest.Resource {
	t.Helper()
	resources, err := r.Run(func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		listener, err := lb.NewListener(ctx, "listener", &lb.ListenerArgs{
			LoadBalancerArn: pulumi.String("arn"), DefaultActions: lb.ListenerDefaultActionArray{},
		}, pulumi.Provider(provider))
		if err != nil {
			return err
		}
		a.DependsOn = []pulumi.Resource{listener}
		_, err = service.New(ctx, "deepstream", a, pulumi.Providers(provider))
		return err
	})
	require.NoError(t, err)
	return resources
}

func TestResources(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args())
	require.Empty(t, cmp.Diff([]string{
		"aws:cloudwatch/logGroup:LogGroup deepstream-logs",
		"aws:cloudwatch/metricAlarm:MetricAlarm deepstream-rollback",
		"aws:ec2/securityGroup:SecurityGroup deepstream-sg",
		"aws:ecs/service:Service deepstream-service",
		"aws:ecs/taskDefinition:TaskDefinition deepstream-task",
		"aws:iam/role:Role deepstream-execution",
		"aws:iam/role:Role deepstream-task",
		"aws:iam/rolePolicy:RolePolicy deepstream-execution",
		"aws:kms/alias:Alias deepstream-logs-key-alias",
		"aws:kms/key:Key deepstream-logs-key",
		"aws:lb/listener:Listener listener",
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule deepstream-https",
		"deepstreamhub:service:Service deepstream",
		"pulumi:providers:aws aws",
	}, componenttest.Names(resources)))
	for _, r := range resources {
		if strings.HasPrefix(r.Type, "aws:") && r.Name != "listener" {
			require.Equal(t, "deepstream", r.Parent, r.Name)
			require.Contains(t, r.Provider, "aws", "%s must not use the default provider", r.Name)
		}
	}
}

func TestECSService(t *testing.T) {
	t.Parallel()
	got := componenttest.Find(t, run(t, newRecorder(), args()), "aws:ecs/service:Service", "deepstream-service")
	require.Empty(t, cmp.Diff(map[string]any{
		"cluster":                    clusterArn,
		"taskDefinition":             "arn:aws:mock:::deepstream-task",
		"desiredCount":               6.0,
		"capacityProviderStrategies": []any{map[string]any{"capacityProvider": "capacity-1", "weight": 1.0}},
		"orderedPlacementStrategies": []any{
			map[string]any{"type": "spread", "field": "attribute:ecs.availability-zone"},
			map[string]any{"type": "binpack", "field": "memory"},
		},
		"networkConfiguration": map[string]any{
			"assignPublicIp": false,
			"subnets":        []any{"subnet-a", "subnet-b", "subnet-c"},
			"securityGroups": []any{"deepstream-sg-id", "sg-db", "sg-bus", "sg-target"},
		},
		"loadBalancers": []any{map[string]any{
			"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/tg/1",
			"containerName":  "deepstream", "containerPort": 6020.0,
		}},
		"healthCheckGracePeriodSeconds":   60.0,
		"deploymentMinimumHealthyPercent": 100.0,
		"deploymentMaximumPercent":        167.0,
		"deploymentCircuitBreaker":        map[string]any{"enable": true, "rollback": true},
		"alarms":                          map[string]any{"alarmNames": []any{"deepstream-rollback-name"}, "enable": true, "rollback": true},
		"enableExecuteCommand":            false,
		"enableEcsManagedTags":            true,
		"propagateTags":                   "SERVICE",
		"waitForSteadyState":              true,
	}, got.Plain()))
	require.Empty(t, got.RPC.GetIgnoreChanges(), "nobody else sets the number of tasks")
	for _, needed := range []string{"deepstream-execution", "listener", "deepstream-https"} {
		require.Contains(t, got.Dependencies, needed, "it must be there before the first task, and after the last")
	}
	require.Equal(t, []string{"30m", "1h30m0s", "23m0s"}, []string{
		got.RPC.GetCustomTimeouts().GetCreate(), got.RPC.GetCustomTimeouts().GetUpdate(), got.RPC.GetCustomTimeouts().GetDelete(),
	})
}

func TestTaskDefinition(t *testing.T) {
	t.Parallel()
	in := componenttest.Find(t, run(t, newRecorder(), args()), "aws:ecs/taskDefinition:TaskDefinition", "deepstream-task").Plain()
	want, err := service.ContainerDefinitions(service.Container{
		Name:               "deepstream",
		Image:              image,
		User:               "1000:1000",
		Command:            []string{"node", "./bin/deepstream.js", "start"},
		Port:               6020,
		HealthCommand:      []string{"CMD", "true"},
		Environment:        map[string]string{"HOST": "db.example"},
		Secrets:            map[string]string{"PASSWORD": secretArn + ":password::"},
		LogGroup:           "/deepstreamhub/prod-eu/deepstream",
		Region:             "eu-central-1",
		StopTimeoutSeconds: 30,
	})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]any{
		"family":                  "deepstreamhub-prod-eu-deepstream",
		"networkMode":             "awsvpc",
		"requiresCompatibilities": []any{"EC2"},
		"cpu":                     "1024",
		"memory":                  "2048",
		"executionRoleArn":        "arn:aws:mock:::deepstream-execution",
		"taskRoleArn":             "arn:aws:mock:::deepstream-task",
		"containerDefinitions":    want,
	}, in))
}

func TestLogs(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args())
	require.Equal(t, map[string]any{
		"name": "/deepstreamhub/prod-eu/deepstream", "retentionInDays": 30.0, "kmsKeyId": "arn:aws:mock:::deepstream-logs-key",
	}, componenttest.Find(t, resources, "aws:cloudwatch/logGroup:LogGroup", "deepstream-logs").Plain())
	key := componenttest.Find(t, resources, "aws:kms/key:Key", "deepstream-logs-key").Plain()
	require.Contains(t, key["policy"], "log-group:/deepstreamhub/prod-eu/deepstream")
	require.Contains(t, key["policy"], "arn:aws:iam::111122223333:root", "or nobody could manage the key")
}

func TestRoles(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args())
	for _, role := range []string{"deepstream-execution", "deepstream-task"} {
		trust := componenttest.Find(t, resources, "aws:iam/role:Role", role).Plain()["assumeRolePolicy"].(string)
		require.True(t, json.Valid([]byte(trust)), role)
		require.Contains(t, trust, `"aws:SourceAccount":["111122223333"]`, role)
	}
	rights := componenttest.Find(t, resources, "aws:iam/rolePolicy:RolePolicy", "deepstream-execution").Plain()
	require.Equal(t, "deepstream-execution-name", rights["role"])
	for _, arn := range []string{secretArn, keyArn, "arn:aws:mock:::deepstream-logs:*", "repository/deepstream"} {
		require.Contains(t, rights["policy"], arn)
	}
}

// What tasks read when they start makes another revision of them when it changes; and they may read their secrets again.
func TestReadAtStart(t *testing.T) {
	t.Parallel()
	a := args()
	definition := func() string {
		return componenttest.Find(t, run(t, newRecorder(), a), "aws:ecs/taskDefinition:TaskDefinition", "deepstream-task").Plain()["containerDefinitions"].(string)
	}
	require.NotContains(t, definition(), "dockerLabels")
	require.NotContains(t, componenttest.Names(run(t, newRecorder(), a)), "aws:iam/rolePolicy:RolePolicy deepstream-secrets")
	a.ReadAtStart = map[string]pulumi.StringInput{"bus": pulumi.String("v1")}
	require.Contains(t, definition(), `"dockerLabels":{"version.bus":"v1"}`)
	a.ReadsSecrets = true
	rights := componenttest.Find(t, run(t, newRecorder(), a), "aws:iam/rolePolicy:RolePolicy", "deepstream-secrets").Plain()
	require.Equal(t, "deepstream-task-name", rights["role"])
	for _, arn := range []string{secretArn, keyArn} {
		require.Contains(t, rights["policy"], arn)
	}
	a.ReadAtStart = map[string]pulumi.StringInput{"B us": nil}
	require.ErrorContains(t, a.Validate(), `read at start "B us": must be`)
}

// Tasks that notice when they leave see the health of targets, in their region and nothing else.
func TestWatchesTarget(t *testing.T) {
	t.Parallel()
	a := args()
	require.NotContains(t, componenttest.Names(run(t, newRecorder(), a)), "aws:iam/rolePolicy:RolePolicy deepstream-target")
	a.WatchesTarget = true
	rights := componenttest.Find(t, run(t, newRecorder(), a), "aws:iam/rolePolicy:RolePolicy", "deepstream-target").Plain()
	require.Equal(t, "deepstream-task-name", rights["role"])
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Sid": "SeeTargets", "Effect": "Allow", "Action": ["elasticloadbalancing:DescribeTargetHealth"], "Resource": ["*"],
		"Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-central-1"]}}
	}]}`, rights["policy"].(string))
}

// A preview of a new service knows what the program knows of its variables: the component says so, while the task definition
// is one text that waits for the rest.
func TestComponentSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	r.Preview = true
	a := args()
	a.Environment = map[string]pulumi.StringInput{"AUTH": pulumi.String("none"), "HOST": pulumi.String("db").ToStringOutput()}
	component := componenttest.Find(t, run(t, r, a), service.Type, "deepstream").Plain()
	require.Equal(t, map[string]any{"AUTH": "none"}, component["environment"])
	a = args()
	a.Environment = nil
	require.NotContains(t, componenttest.Find(t, run(t, newRecorder(), a), service.Type, "deepstream").Plain(), "environment")
}

func TestWithoutVariables(t *testing.T) {
	t.Parallel()
	a := args()
	a.Command, a.Environment, a.Secrets, a.SecretKeyArns = nil, nil, nil, nil
	resources := run(t, newRecorder(), a)
	definitions := componenttest.Find(t, resources, "aws:ecs/taskDefinition:TaskDefinition", "deepstream-task").Plain()["containerDefinitions"]
	for _, absent := range []string{`"environment"`, `"secrets"`, `"command":[]`, "null"} {
		require.NotContains(t, definitions, absent)
	}
	require.NotContains(t, componenttest.Find(t, resources, "aws:iam/rolePolicy:RolePolicy", "deepstream-execution").Plain()["policy"], "secretsmanager")
}

func TestClusterInAnotherRegion(t *testing.T) {
	t.Parallel()
	a := args()
	a.Region = "us-east-1"
	_, err := newRecorder().Run(func(ctx *pulumi.Context) error {
		_, err := service.New(ctx, "deepstream", a)
		return err
	})
	require.ErrorContains(t, err, "is in eu-central-1, not in us-east-1")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	change := func(f func(*service.Args)) *service.Args {
		a := args()
		f(a)
		return a
	}
	for name, tc := range map[string]struct {
		name string
		args *service.Args
		want []string
	}{
		"nothing": {"deepstream", nil, []string{"no arguments"}},
		"everything at once": {"Deepstream", &service.Args{
			SecurityGroupIDs: []pulumi.StringInput{nil, nil, nil, nil, nil},
			Environment:      map[string]pulumi.StringInput{"A-B": pulumi.String(""), "TWICE": nil},
			Secrets:          map[string]service.Secret{"TWICE": {JSONKey: "a:b"}, "1": {Arn: pulumi.String(secretArn)}},
			SecretKeyArns:    []pulumi.StringInput{nil},
			CPU:              64,
			HealthCommand:    []string{"curl"},
			Scaling:          &service.Scaling{ConnectionsPerTask: -1},
			Exec:             &service.Exec{},
		}, []string{
			`name "Deepstream"`, `stack ""`, `region ""`, "cluster arn: missing", "capacity provider: missing", "vpc id: missing",
			"load balancer arn: missing", "target group arn: must be given", "health command", "exec: needs", "max tasks 0: must be above tasks, 0",
			"cpu percent 0", "connections per task -1", "scale in seconds 0", "subnet ids: missing", "security group ids: 5 given", "security group ids: entry 1 of 5 is missing",
			`image ""`, `health path ""`, "port 0", "tasks 0", "cpu 64: must be 128 to 196608", "memory MiB 0", "stop timeout seconds 0", "max percent 0", "update seconds 0", "delete seconds 0",
			"log retention days 0", `environment "A-B": not the name`, `environment "TWICE": has no value`, `environment "TWICE": is among the secrets`,
			`secret "1": not the name`, `secret "TWICE": has no arn`, `secret "TWICE": json key "a:b"`, "secret key arns: entry 1 of 1 is missing",
		}},
		"nobody set them": {"deepstream", change(func(a *service.Args) {
			a.ClusterArn, a.VpcID, a.SubnetIDs = pulumi.StringOutput{}, pulumi.String(""), pulumi.StringArrayOutput{}
			a.DependsOn = []pulumi.Resource{nil}
			a.Environment["EMPTY"], a.Environment["UNSET"] = pulumi.String(""), pulumi.StringOutput{}
		}), []string{"cluster arn: missing", "vpc id: missing", "subnet ids: missing", "depends on: entry 1 of 1 is missing", `environment "UNSET": has no value`}},
		"route after nothing": {"deepstream", change(func(a *service.Args) {
			a.TargetGroupArn, a.Route = nil, &service.Route{ListenerArn: pulumi.String("l"), BalancerGroupID: pulumi.String("sg"), Path: "/orders", After: []pulumi.Resource{nil}}
		}), []string{"route: after: entry 1 of 1 is missing"}},
		"root":                        {"deepstream", change(func(a *service.Args) { a.User = "0:1000" }), []string{`user "0:1000": must be user and group in numbers`}},
		"root's group":                {"deepstream", change(func(a *service.Args) { a.User = "1000:0" }), []string{`user "1000:0"`}},
		"a user's name":               {"deepstream", change(func(a *service.Args) { a.User = "node" }), []string{`user "node"`}},
		"image by tag":                {"deepstream", change(func(a *service.Args) { a.Image = "deepstreamio/deepstream.io:10.1.4" }), []string{"must be pinned by digest"}},
		"path beyond the limit":       {"deepstream", change(func(a *service.Args) { a.HealthPath = "/" + strings.Repeat("x", 1024) }), []string{"health path"}},
		"path that leaves its quotes": {"deepstream", change(func(a *service.Args) { a.HealthPath = "/a'+process.env.X+'" }), []string{"health path"}},
		"both ways in": {"deepstream", change(func(a *service.Args) { a.Route = &service.Route{Path: "orders/", DeregistrationDelaySeconds: 3601} }), []string{
			"or a route in its place", "route: needs a listener", `route "orders/": must be a path`, "deregistration delay 3601"}},
		"route that clients leave": {"deepstream", change(func(a *service.Args) {
			a.TargetGroupArn, a.Route = nil, &service.Route{ListenerArn: pulumi.String("l"), BalancerGroupID: pulumi.String("sg"), Path: "/../orders"}
		}), []string{`route "/../orders": must be a path`}},
		"name too long for its target group": {strings.Repeat("a", 17), change(func(a *service.Args) {
			a.TargetGroupArn, a.Route = nil, &service.Route{ListenerArn: pulumi.String("l"), BalancerGroupID: pulumi.String("sg"), Path: "/orders"}
		}), []string{"at most 16"}},
		"name of a group's id":        {"sg-orders", args(), []string{"must not be sg"}},
		"name too long for its roles": {strings.Repeat("a", 47), args(), []string{"at most 46"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
				_, err := service.New(ctx, tc.name, tc.args)
				return err
			})
			require.ErrorContains(t, err, "create service "+tc.name+": ")
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			require.Empty(t, resources, "nothing may be registered")
		})
	}
}

func TestUnknownsInPreview(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	r.Preview = true
	a := args()
	resources := run(t, r, a)
	definitions := componenttest.Find(t, resources, "aws:ecs/taskDefinition:TaskDefinition", "deepstream-task").Inputs["containerDefinitions"]
	require.True(t, definitions.IsString(), "a reviewer must see the new task definition when nothing in it comes from AWS")
	rights := componenttest.Find(t, resources, "aws:iam/rolePolicy:RolePolicy", "deepstream-execution").Inputs["policy"]
	require.True(t, rights.ContainsUnknowns(), "the log group has no ARN yet")
}
