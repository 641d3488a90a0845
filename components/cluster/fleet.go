package cluster

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// managedTag is put on the group by ECS when it becomes a capacity provider's. Declared here, it is also on the hosts
// that start before that, and is not taken off again ("Auto Scaling group capacity providers", ECS Developer Guide).
const managedTag = "AmazonECSManaged"

// warmupSeconds is how long a host takes from launch until it can run tasks.
const warmupSeconds = 120

// template makes the launch template.
func (b *builder) template() (*ec2.LaunchTemplate, error) {
	userData := b.ecs.Name.ApplyT(func(cluster string) (string, error) {
		script, err := UserData(Host{Cluster: cluster, Warm: b.args.WarmHosts > 0, Spot: b.args.SpotPercent > 0})
		return base64.StdEncoding.EncodeToString([]byte(script)), err
	}).(pulumi.StringOutput)
	args := &ec2.LaunchTemplateArgs{
		ImageId:             pulumi.String(b.args.AMI),
		InstanceType:        pulumi.String(b.args.InstanceType),
		EbsOptimized:        pulumi.String("true"),
		UserData:            userData,
		VpcSecurityGroupIds: pulumi.StringArray{b.group.ID()},
		IamInstanceProfile:  &ec2.LaunchTemplateIamInstanceProfileArgs{Arn: b.profile.Arn},
		Monitoring:          &ec2.LaunchTemplateMonitoringArgs{Enabled: pulumi.Bool(true)},
		MetadataOptions: &ec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint:            pulumi.String("enabled"),
			HttpTokens:              pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1), // the answer does not reach beyond the host itself
		},
		BlockDeviceMappings: ec2.LaunchTemplateBlockDeviceMappingArray{&ec2.LaunchTemplateBlockDeviceMappingArgs{
			DeviceName: pulumi.String("/dev/xvda"), // the root device of Amazon Linux 2023 images
			Ebs: &ec2.LaunchTemplateBlockDeviceMappingEbsArgs{
				VolumeType:          pulumi.String("gp3"),
				VolumeSize:          pulumi.Int(b.args.RootVolumeGiB),
				Encrypted:           pulumi.String("true"),
				DeleteOnTermination: pulumi.String("true"),
			},
		}},
	}
	if len(b.args.Tags) > 0 {
		specifications := ec2.LaunchTemplateTagSpecificationArray{}
		for _, kind := range []string{"instance", "volume"} {
			specifications = append(specifications, &ec2.LaunchTemplateTagSpecificationArgs{
				ResourceType: pulumi.String(kind),
				Tags:         pulumi.ToStringMap(b.args.Tags),
			})
		}
		args.TagSpecifications = specifications
	}
	return ec2.NewLaunchTemplate(b.ctx, b.name+"-host-template", args, b.child)
}

// groupTags are the group's own tags. Only ECS's is handed to the instances: the template gives them the others.
func groupTags(tags map[string]string) autoscaling.GroupTagArray {
	out := autoscaling.GroupTagArray{&autoscaling.GroupTagArgs{
		Key: pulumi.String(managedTag), Value: pulumi.String("true"), PropagateAtLaunch: pulumi.Bool(true),
	}}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, &autoscaling.GroupTagArgs{
			Key: pulumi.String(key), Value: pulumi.String(tags[key]), PropagateAtLaunch: pulumi.Bool(false),
		})
	}
	return out
}

// fleet makes the auto scaling group.
func (b *builder) fleet() error {
	template, err := b.template()
	if err != nil {
		return err
	}
	alarm, err := b.refreshAlarm()
	if err != nil {
		return err
	}
	args := &autoscaling.GroupArgs{
		VpcZoneIdentifiers:     b.args.PrivateSubnetIDs,
		MinSize:                pulumi.Int(b.args.MinHosts),
		MaxSize:                pulumi.Int(b.args.MaxHosts),
		HealthCheckType:        pulumi.String("EC2"), // ECS replaces tasks that fail; a host goes only when it is itself broken
		HealthCheckGracePeriod: pulumi.Int(warmupSeconds),
		TerminationPolicies:    pulumi.ToStringArray([]string{"OldestInstance"}),
		ProtectFromScaleIn:     pulumi.Bool(true), // managed termination protection, below, demands it and lifts it host by host
		InstanceRefresh: &autoscaling.GroupInstanceRefreshArgs{
			Strategy:    pulumi.String("Rolling"),
			Preferences: b.refreshPreferences(alarm),
		},
		Tags: groupTags(b.args.Tags),
		// When the group goes, service and capacity provider are gone and nothing is left to drain: waiting for the
		// draining hook to time out on each host would take most of an hour.
		ForceDelete: pulumi.Bool(true),
	}
	// A number, because $Latest never differs from $Latest: hosts would not be replaced when it changes.
	version := template.LatestVersion.ApplyT(strconv.Itoa).(pulumi.StringOutput)
	if b.args.mixed() {
		args.MixedInstancesPolicy = b.mixture(template, version)
	} else {
		args.LaunchTemplate = &autoscaling.GroupLaunchTemplateArgs{Id: template.ID(), Version: version}
	}
	if b.args.WarmHosts > 0 {
		args.WarmPool = &autoscaling.GroupWarmPoolArgs{PoolState: pulumi.String("Stopped"), MinSize: pulumi.Int(b.args.WarmHosts)}
		args.ForceDeleteWarmPool = pulumi.Bool(true)
	}
	b.hosts, err = autoscaling.NewGroup(b.ctx, b.name+"-hosts", args, b.child,
		pulumi.DependsOn(b.boot),
		pulumi.IgnoreChanges([]string{"desiredCapacity"}), // the capacity provider's to set
		pulumi.Timeouts(&pulumi.CustomTimeouts{Delete: (time.Duration(b.args.DeleteSeconds) * time.Second).String()}),
	)
	return err
}

// mixture says what the hosts are made of: on demand up to the least number, above it by the spot share.
func (b *builder) mixture(template *ec2.LaunchTemplate, version pulumi.StringInput) *autoscaling.GroupMixedInstancesPolicyArgs {
	overrides := autoscaling.GroupMixedInstancesPolicyLaunchTemplateOverrideArray{}
	for _, t := range append([]string{b.args.InstanceType}, b.args.OtherTypes...) {
		overrides = append(overrides, &autoscaling.GroupMixedInstancesPolicyLaunchTemplateOverrideArgs{InstanceType: pulumi.String(t)})
	}
	return &autoscaling.GroupMixedInstancesPolicyArgs{
		InstancesDistribution: &autoscaling.GroupMixedInstancesPolicyInstancesDistributionArgs{
			OnDemandBaseCapacity:                pulumi.Int(b.args.MinHosts),
			OnDemandPercentageAboveBaseCapacity: pulumi.Int(100 - b.args.SpotPercent),
			OnDemandAllocationStrategy:          pulumi.String("prioritized"),
			SpotAllocationStrategy:              pulumi.String("price-capacity-optimized"), // fewest interruptions for the price
		},
		LaunchTemplate: &autoscaling.GroupMixedInstancesPolicyLaunchTemplateArgs{
			LaunchTemplateSpecification: &autoscaling.GroupMixedInstancesPolicyLaunchTemplateLaunchTemplateSpecificationArgs{
				LaunchTemplateId: template.ID(), Version: version,
			},
			Overrides: overrides,
		},
	}
}

// refreshPreferences are the pace at which hosts are replaced, and when that is taken back.
func (b *builder) refreshPreferences(alarm *cloudwatch.MetricAlarm) *autoscaling.GroupInstanceRefreshPreferencesArgs {
	r := b.args.Refresh
	preferences := &autoscaling.GroupInstanceRefreshPreferencesArgs{
		MinHealthyPercentage:      pulumi.Int(r.MinHealthyPercent),
		MaxHealthyPercentage:      pulumi.Int(r.MaxHealthyPercent),
		InstanceWarmup:            pulumi.String(strconv.Itoa(warmupSeconds)),
		SkipMatching:              pulumi.Bool(true),
		ScaleInProtectedInstances: pulumi.String("Refresh"), // by default those with tasks, all of them, would stay
		AutoRollback:              pulumi.Bool(true),
		AlarmSpecification:        &autoscaling.GroupInstanceRefreshPreferencesAlarmSpecificationArgs{Alarms: pulumi.StringArray{alarm.Name}},
	}
	if len(r.Checkpoints) > 0 {
		preferences.CheckpointPercentages = pulumi.ToIntArray(r.Checkpoints)
		preferences.CheckpointDelay = pulumi.String(strconv.Itoa(r.CheckpointDelay))
	}
	return preferences
}

// refreshAlarm makes the alarm on which a refresh is taken back. To EC2 a host is well that boots and never joins the
// cluster, which is what a bad image or script makes of it. What misses it are the tasks: those of the hosts that it
// replaces find no place. Hosts themselves cannot be counted: ContainerInstanceCount leaves out those without tasks
// ("Amazon ECS Container Insights metrics", CloudWatch User Guide). No task at all reports nothing.
func (b *builder) refreshAlarm() (*cloudwatch.MetricAlarm, error) {
	return cloudwatch.NewMetricAlarm(b.ctx, b.name+"-refresh", &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.Sprintf("A replacement of hosts is taken back: fewer than %d tasks run", b.args.MinTasks),
		Namespace:          pulumi.String("ECS/ContainerInsights"),
		MetricName:         pulumi.String("TaskCount"),
		Dimensions:         pulumi.StringMap{"ClusterName": b.ecs.Name},
		Statistic:          pulumi.String("Minimum"),
		Period:             pulumi.Int(60),
		EvaluationPeriods:  pulumi.Int(5),
		ComparisonOperator: pulumi.String("LessThanThreshold"),
		Threshold:          pulumi.Float64(b.args.MinTasks),
		TreatMissingData:   pulumi.String("breaching"),
	}, b.child)
}

// capacity lets ECS size the group, and makes it what the cluster's services run on.
func (b *builder) capacity() error {
	provider, err := ecs.NewCapacityProvider(b.ctx, b.name+"-capacity", &ecs.CapacityProviderArgs{
		AutoScalingGroupProvider: &ecs.CapacityProviderAutoScalingGroupProviderArgs{
			AutoScalingGroupArn:          b.hosts.Arn,
			ManagedDraining:              pulumi.String("ENABLED"),
			ManagedTerminationProtection: pulumi.String("ENABLED"),
			ManagedScaling: &ecs.CapacityProviderAutoScalingGroupProviderManagedScalingArgs{
				Status:                 pulumi.String("ENABLED"),
				TargetCapacity:         pulumi.Int(100), // percent of the hosts that run tasks: none stand idle
				MinimumScalingStepSize: pulumi.Int(1),
				MaximumScalingStepSize: pulumi.Int(b.args.MaxHosts),
				InstanceWarmupPeriod:   pulumi.Int(warmupSeconds),
			},
		},
	}, b.child)
	if err != nil {
		return err
	}
	b.cluster.CapacityProviderName, b.cluster.AutoScalingGroupName = provider.Name, b.hosts.Name
	attached, err := ecs.NewClusterCapacityProviders(b.ctx, b.name+"-capacity-providers", &ecs.ClusterCapacityProvidersArgs{
		ClusterName:       b.ecs.Name,
		CapacityProviders: pulumi.StringArray{provider.Name},
		DefaultCapacityProviderStrategies: ecs.ClusterCapacityProvidersDefaultCapacityProviderStrategyArray{
			&ecs.ClusterCapacityProvidersDefaultCapacityProviderStrategyArgs{
				CapacityProvider: provider.Name,
				Weight:           pulumi.Int(1),
			},
		},
	}, b.child)
	if err != nil {
		return err
	}
	b.cluster.Ready = []pulumi.Resource{attached}
	return nil
}
