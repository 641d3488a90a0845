package cluster_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/cluster"
	"github.com/deepstreamhub/platform/components/componenttest"
)

func args() *cluster.Args {
	return &cluster.Args{
		Stack:            "prod-eu",
		Region:           "eu-central-1",
		VpcID:            pulumi.String("vpc-1"),
		PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b", "subnet-c"}),
		AMI:              "ami-0123456789abcdef0",
		InstanceType:     "m6g.large",
		MinHosts:         3,
		MinTasks:         8,
		MaxHosts:         12,
		RootVolumeGiB:    30,
		DeleteSeconds:    1140,
		Refresh:          cluster.Refresh{MinHealthyPercent: 100, MaxHealthyPercent: 110, Checkpoints: []int{10, 50, 100}, CheckpointDelay: 300},
		Tags:             map[string]string{"stack": "prod-eu", "component": "cluster"},
	}
}

// An agent that may not write Session Manager's log refuses the session.
func TestSessionLog(t *testing.T) {
	t.Parallel()
	a := args()
	a.SessionLog = "/deepstreamhub/sessions"
	rights := componenttest.Find(t, run(t, a), "aws:iam/rolePolicy:RolePolicy", "cluster-host-sessions").Plain()
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Write", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
		 "Resource": ["arn:aws:logs:eu-central-1:111122223333:log-group:/deepstreamhub/sessions", "arn:aws:logs:eu-central-1:111122223333:log-group:/deepstreamhub/sessions:*"]},
		{"Sid": "Find", "Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": ["arn:aws:logs:eu-central-1:111122223333:log-group:*"]}
	]}`, rights["policy"].(string))
	a.SessionLog = "a b"
	require.ErrorContains(t, a.Validate(), `session log "a b"`)
}

func newRecorder() *componenttest.Recorder {
	named := func(r componenttest.Resource) resource.PropertyMap {
		return resource.PropertyMap{"name": resource.NewProperty(r.Name + "-name")}
	}
	r := componenttest.New()
	r.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:ecs/cluster:Cluster":                   named,
		"aws:ecs/capacityProvider:CapacityProvider": named,
		"aws:iam/role:Role": func(r componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{
				"name": resource.NewProperty(r.Name + "-name"), "arn": resource.NewProperty("arn:aws:iam::111122223333:role/" + r.Name),
			}
		},
		"aws:cloudwatch/metricAlarm:MetricAlarm": named,
		"aws:cloudwatch/logGroup:LogGroup":       named,
		"aws:ec2/launchTemplate:LaunchTemplate": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"latestVersion": resource.NewProperty(7.0)}
		},
	}
	return r
}

func run(t *testing.T, a *cluster.Args) []componenttest.Resource {
	t.Helper()
	resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		gateway, err := ec2.NewNatGateway(ctx, "nat", &ec2.NatGatewayArgs{SubnetId: pulumi.String("subnet-public")}, pulumi.Provider(provider))
		if err != nil {
			return err
		}
		a.Egress = []pulumi.Resource{gateway}
		_, err = cluster.New(ctx, "cluster", a, pulumi.Providers(provider))
		return err
	})
	require.NoError(t, err)
	return resources
}

func TestResources(t *testing.T) {
	t.Parallel()
	resources := run(t, args())
	require.Empty(t, cmp.Diff([]string{
		"aws:autoscaling/group:Group cluster-hosts",
		"aws:cloudwatch/logGroup:LogGroup cluster-insights-logs",
		"aws:cloudwatch/metricAlarm:MetricAlarm cluster-refresh",
		"aws:ec2/launchTemplate:LaunchTemplate cluster-host-template",
		"aws:ec2/natGateway:NatGateway nat",
		"aws:ec2/securityGroup:SecurityGroup cluster-host-sg",
		"aws:ecs/capacityProvider:CapacityProvider cluster-capacity",
		"aws:ecs/cluster:Cluster cluster-ecs",
		"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders cluster-capacity-providers",
		"aws:iam/instanceProfile:InstanceProfile cluster-host-profile",
		"aws:iam/role:Role cluster-host",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment cluster-host-ecs",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment cluster-host-ssm",
		"aws:kms/alias:Alias cluster-insights-key-alias",
		"aws:kms/key:Key cluster-insights-key",
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule cluster-host-https",
		"deepstreamhub:cluster:Cluster cluster",
		"pulumi:providers:aws aws",
	}, componenttest.Names(resources)))
	for _, r := range resources {
		if strings.HasPrefix(r.Type, "aws:") && r.Name != "nat" {
			require.Equal(t, "cluster", r.Parent, r.Name)
			require.Contains(t, r.Provider, "aws", "%s must not use the default provider", r.Name)
		}
	}
}

func TestLaunchTemplate(t *testing.T) {
	t.Parallel()
	in := componenttest.Find(t, run(t, args()), "aws:ec2/launchTemplate:LaunchTemplate", "cluster-host-template").Plain()
	script, err := base64.StdEncoding.DecodeString(in["userData"].(string))
	require.NoError(t, err)
	require.Contains(t, string(script), "ECS_CLUSTER=cluster-ecs-name\n")
	delete(in, "userData")
	tags := map[string]any{"stack": "prod-eu", "component": "cluster"}
	require.Empty(t, cmp.Diff(map[string]any{
		"tags":                tags,
		"imageId":             "ami-0123456789abcdef0",
		"instanceType":        "m6g.large",
		"ebsOptimized":        "true",
		"vpcSecurityGroupIds": []any{"cluster-host-sg-id"},
		"iamInstanceProfile":  map[string]any{"arn": "arn:aws:mock:::cluster-host-profile"},
		"monitoring":          map[string]any{"enabled": true},
		"metadataOptions":     map[string]any{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1.0},
		"blockDeviceMappings": []any{map[string]any{
			"deviceName": "/dev/xvda",
			"ebs":        map[string]any{"volumeType": "gp3", "volumeSize": 30.0, "encrypted": "true", "deleteOnTermination": "true"},
		}},
		"tagSpecifications": []any{
			map[string]any{"resourceType": "instance", "tags": tags},
			map[string]any{"resourceType": "volume", "tags": tags},
		},
	}, in))
}

func TestWithoutTags(t *testing.T) {
	t.Parallel()
	a := args()
	a.Tags = nil
	resources := run(t, a)
	require.NotContains(t, componenttest.Find(t, resources, "aws:ec2/launchTemplate:LaunchTemplate", "cluster-host-template").Plain(),
		"tagSpecifications", "AWS refuses specifications without tags")
	require.Len(t, componenttest.Find(t, resources, "aws:autoscaling/group:Group", "cluster-hosts").Plain()["tags"], 1)
}

func TestHosts(t *testing.T) {
	t.Parallel()
	hosts := componenttest.Find(t, run(t, args()), "aws:autoscaling/group:Group", "cluster-hosts")
	require.Empty(t, cmp.Diff(map[string]any{
		"vpcZoneIdentifiers":     []any{"subnet-a", "subnet-b", "subnet-c"},
		"minSize":                3.0,
		"maxSize":                12.0,
		"healthCheckType":        "EC2",
		"healthCheckGracePeriod": 120.0,
		"launchTemplate":         map[string]any{"id": "cluster-host-template-id", "version": "7"},
		"terminationPolicies":    []any{"OldestInstance"},
		"protectFromScaleIn":     true,
		"instanceRefresh": map[string]any{
			"strategy": "Rolling",
			"preferences": map[string]any{
				"minHealthyPercentage": 100.0, "maxHealthyPercentage": 110.0, "instanceWarmup": "120",
				"skipMatching": true, "scaleInProtectedInstances": "Refresh",
				"autoRollback": true, "alarmSpecification": map[string]any{"alarms": []any{"cluster-refresh-name"}},
				"checkpointPercentages": []any{10.0, 50.0, 100.0}, "checkpointDelay": "300",
			},
		},
		"tags": []any{
			map[string]any{"key": "AmazonECSManaged", "value": "true", "propagateAtLaunch": true},
			map[string]any{"key": "component", "value": "cluster", "propagateAtLaunch": false},
			map[string]any{"key": "stack", "value": "prod-eu", "propagateAtLaunch": false},
		},
		"forceDelete": true,
	}, hosts.Plain()), "and no desiredCapacity, which is the capacity provider's")
	require.Equal(t, []string{"desiredCapacity"}, hosts.RPC.GetIgnoreChanges())
	require.Equal(t, "19m0s", hosts.RPC.GetCustomTimeouts().GetDelete())
	for _, needed := range []string{"nat", "cluster-host-ecs", "cluster-host-https"} {
		require.Contains(t, hosts.Dependencies, needed, "a host that boots without it cannot register")
	}
}

func TestHostRole(t *testing.T) {
	t.Parallel()
	resources := run(t, args())
	var trust map[string]any
	document := componenttest.Find(t, resources, "aws:iam/role:Role", "cluster-host").Plain()["assumeRolePolicy"].(string)
	require.NoError(t, json.Unmarshal([]byte(document), &trust))
	require.Empty(t, cmp.Diff(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Service": []any{"ec2.amazonaws.com"}}, "Action": []any{"sts:AssumeRole"},
		}},
	}, trust))
	for suffix, arn := range map[string]string{
		"ecs": "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
		"ssm": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
	} {
		in := componenttest.Find(t, resources, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "cluster-host-"+suffix).Plain()
		require.Equal(t, map[string]any{"role": "cluster-host-name", "policyArn": arn}, in)
	}
}

// The chain of references is what makes a destroy work the first time: each has to go before what it names.
func TestDeletionOrder(t *testing.T) {
	t.Parallel()
	resources := run(t, args())
	for _, link := range []struct{ typ, name, before string }{
		{"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "cluster-capacity-providers", "cluster-capacity"},
		{"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "cluster-capacity-providers", "cluster-ecs"},
		{"aws:ecs/capacityProvider:CapacityProvider", "cluster-capacity", "cluster-hosts"},
		{"aws:autoscaling/group:Group", "cluster-hosts", "cluster-host-template"},
		{"aws:ec2/launchTemplate:LaunchTemplate", "cluster-host-template", "cluster-ecs"},
	} {
		require.Contains(t, componenttest.Find(t, resources, link.typ, link.name).Dependencies, link.before, link.name)
	}
}

func TestCapacityProvider(t *testing.T) {
	t.Parallel()
	resources := run(t, args())
	require.Empty(t, cmp.Diff(map[string]any{"autoScalingGroupProvider": map[string]any{
		"autoScalingGroupArn":          "arn:aws:mock:::cluster-hosts",
		"managedDraining":              "ENABLED",
		"managedTerminationProtection": "ENABLED",
		"managedScaling": map[string]any{
			"status": "ENABLED", "targetCapacity": 100.0, "minimumScalingStepSize": 1.0, "maximumScalingStepSize": 12.0, "instanceWarmupPeriod": 120.0,
		},
	}, "tags": map[string]any{"stack": "prod-eu", "component": "cluster"}}, componenttest.Find(t, resources, "aws:ecs/capacityProvider:CapacityProvider", "cluster-capacity").Plain()))
	require.Empty(t, cmp.Diff(map[string]any{
		"clusterName":                       "cluster-ecs-name",
		"capacityProviders":                 []any{"cluster-capacity-name"},
		"defaultCapacityProviderStrategies": []any{map[string]any{"capacityProvider": "cluster-capacity-name", "weight": 1.0}},
	}, componenttest.Find(t, resources, "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "cluster-capacity-providers").Plain()))
}

func TestNothingReachesAHost(t *testing.T) {
	t.Parallel()
	resources := run(t, args())
	in := componenttest.Find(t, resources, "aws:ec2/securityGroup:SecurityGroup", "cluster-host-sg").Plain()
	require.NotContains(t, in, "ingress")
	for _, r := range resources {
		require.NotEqual(t, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", r.Type, r.Name)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	change := func(f func(*cluster.Args)) *cluster.Args {
		a := args()
		f(a)
		return a
	}
	for name, tc := range map[string]struct {
		args *cluster.Args
		want []string
	}{
		"nothing": {nil, []string{"no arguments"}},
		"everything at once": {&cluster.Args{AMI: "placeholder:ami-0123456789abcdef0", InstanceType: "m6g", MaxHosts: -1, RootVolumeGiB: 8}, []string{
			"vpc id: missing", "private subnet ids: missing", `ami "placeholder:ami-0123456789abcdef0"`, `instance type "m6g"`,
			"min hosts 0", "max hosts -1", "root volume 8 GiB",
		}},
		"max below min":  {change(func(a *cluster.Args) { a.MaxHosts = 2 }), []string{"max hosts 2: must be from min hosts, 3"}},
		"too many hosts": {change(func(a *cluster.Args) { a.MaxHosts = 5001 }), []string{"max hosts 5001"}},
		"volume too big": {change(func(a *cluster.Args) { a.RootVolumeGiB = 16385 }), []string{"root volume 16385 GiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
				_, err := cluster.New(ctx, "cluster", tc.args)
				return err
			})
			require.ErrorContains(t, err, "create cluster cluster: ")
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			require.Empty(t, resources, "nothing may be registered")
		})
	}
}

// Names that AWS keeps to itself or has no room for show before anything is made, not once the hosts are up.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ecs": "must not begin with ecs", "aws-hosts": "must not begin with aws", "fargate": "must not begin with fargate",
		"my.hosts": "must be letters, digits, hyphens and underscores, at most 51", strings.Repeat("h", 52): "at most 51",
	} {
		resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
			_, err := cluster.New(ctx, name, args())
			return err
		})
		require.ErrorContains(t, err, want)
		require.Empty(t, resources)
	}
}
