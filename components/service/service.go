package service

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:service:Service"

// Service is an ECS service.
type Service struct {
	pulumi.ResourceState

	ServiceName       pulumi.StringOutput
	TaskDefinitionArn pulumi.StringOutput
	LogGroupName      pulumi.StringOutput
	SecurityGroupID   pulumi.StringOutput // the tasks' own
	// TargetGroupMetrics is how metrics name the target group: targetgroup/<name>/<id>.
	TargetGroupMetrics pulumi.StringOutput
}

// builder holds what the steps of New hand to each other.
type builder struct {
	ctx     *pulumi.Context
	name    string
	args    *Args
	child   pulumi.ResourceOption // makes a resource a child of the service
	service *Service

	logs      *cloudwatch.LogGroup
	execution *iam.Role
	task      *iam.Role
	rights    *iam.RolePolicy
	group     *ec2.SecurityGroup
	tasks     *ecs.TaskDefinition
	targets   pulumi.StringInput // ARN of the target group that tasks join
	ecs       *ecs.Service
	first     []pulumi.Resource // what has to exist before the first task, and be deleted after the last
}

// New registers a Service. It refuses invalid arguments before registering anything.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Service, error) {
	if err := errors.Join(args.checkName(name), args.Validate()); err != nil {
		return nil, fmt.Errorf("create service %s: %w", name, err)
	}
	s := &Service{}
	if err := blocks.Register(ctx, Type, name, args, args.Tags, s, opts); err != nil {
		return nil, fmt.Errorf("create service %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(s), service: s}
	for _, step := range []func() error{b.logging, b.roles, b.access, b.front, b.taskDefinition, b.ecsService, b.scaling} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("create service %s: %w", name, err)
		}
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{
		"serviceName":       s.ServiceName,
		"taskDefinitionArn": s.TaskDefinitionArn,
		"logGroupName":      s.LogGroupName,
		"securityGroupId":   s.SecurityGroupID,
	})
}

// access makes the tasks' own group. Who may reach them, and which of the other tiers they reach, is said by the
// groups of those tiers; this one lets them call authentication webhooks and AWS.
func (b *builder) access() error {
	var err error
	b.group, err = ec2.NewSecurityGroup(b.ctx, b.name+"-sg", &ec2.SecurityGroupArgs{
		VpcId:       b.args.VpcID,
		Description: pulumi.Sprintf("Tasks of %s", b.name),
	}, b.child)
	if err != nil {
		return err
	}
	b.service.SecurityGroupID = b.group.ID().ToStringOutput()
	egress, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-https", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: b.group.ID(),
		CidrIpv4:        pulumi.String("0.0.0.0/0"),
		IpProtocol:      pulumi.String("tcp"),
		FromPort:        pulumi.Int(443),
		ToPort:          pulumi.Int(443),
		Description:     pulumi.String("Webhooks and AWS APIs"),
	}, b.child)
	b.first = append(b.first, egress)
	if err != nil || !b.args.IPv6 {
		return err
	}
	egress6, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-https-ipv6", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: b.group.ID(),
		CidrIpv6:        pulumi.String("::/0"),
		IpProtocol:      pulumi.String("tcp"),
		FromPort:        pulumi.Int(443),
		ToPort:          pulumi.Int(443),
		Description:     pulumi.String("Webhooks and AWS APIs"),
	}, b.child)
	b.first = append(b.first, egress6)
	return err
}

func (b *builder) taskDefinition() error {
	secretRefs := pulumi.StringMap{}
	for name, secret := range b.args.Secrets {
		secretRefs[name] = secret.Arn.ToStringOutput().ApplyT(func(arn string) string {
			return SecretReference(arn, secret.JSONKey)
		}).(pulumi.StringOutput)
	}
	readAtStart := pulumi.StringMap{}
	maps.Copy(readAtStart, b.args.ReadAtStart)
	definitions := pulumi.All(pulumi.StringMap(b.args.Environment), secretRefs, b.logs.Name, readAtStart).ApplyT(func(values []any) (string, error) {
		return ContainerDefinitions(Container{
			Name:               b.name,
			Image:              b.args.Image,
			User:               b.args.User,
			Command:            b.args.Command,
			Port:               b.args.Port,
			HealthCommand:      b.args.HealthCommand,
			Exec:               b.args.Exec != nil,
			Environment:        values[0].(map[string]string),
			Secrets:            values[1].(map[string]string),
			ReadAtStart:        values[3].(map[string]string),
			LogGroup:           values[2].(string),
			Region:             b.args.Region,
			StopTimeoutSeconds: b.args.StopTimeoutSeconds,
		})
	}).(pulumi.StringOutput)

	var err error
	b.tasks, err = ecs.NewTaskDefinition(b.ctx, b.name+"-task", &ecs.TaskDefinitionArgs{
		Family:                  pulumi.Sprintf("%s-%s-%s", blocks.Prefix(b.ctx, b.args.NamePrefix), b.args.Stack, b.name), // revisions share it, so it cannot collide
		NetworkMode:             pulumi.String("awsvpc"),                                                                   // a network interface and security groups for each task
		RequiresCompatibilities: pulumi.ToStringArray([]string{"EC2"}),
		Cpu:                     pulumi.String(strconv.Itoa(b.args.CPU)),
		Memory:                  pulumi.String(strconv.Itoa(b.args.MemoryMiB)),
		ExecutionRoleArn:        b.execution.Arn,
		TaskRoleArn:             b.task.Arn,
		ContainerDefinitions:    definitions,
	}, b.child)
	if err != nil {
		return err
	}
	b.service.TaskDefinitionArn = b.tasks.Arn
	return nil
}

const (
	// graceSeconds is how long a new task may fail its health checks: it first has to reach bus and database.
	graceSeconds  = 60
	createTimeout = "30m"
)

// timeout writes seconds as a custom timeout.
func timeout(seconds int) string { return (time.Duration(seconds) * time.Second).String() }

func (b *builder) ecsService() error {
	groups := pulumi.StringArray{b.group.ID()}
	groups = append(groups, b.args.SecurityGroupIDs...)
	rollback, err := b.rollbackAlarm()
	if err != nil {
		return err
	}
	options := []pulumi.ResourceOption{b.child,
		// The rights have to outlive the service: without them its tasks cannot be stopped in order, and it never
		// finishes draining.
		pulumi.DependsOn(slices.Concat([]pulumi.Resource{b.rights}, b.first, b.args.DependsOn)),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: createTimeout, Update: timeout(b.args.Deployment.UpdateSeconds), Delete: timeout(b.args.Deployment.DeleteSeconds)}),
	}
	if b.args.Scaling != nil {
		options = append(options, pulumi.IgnoreChanges([]string{"desiredCount"})) // the scaler's to set
	}
	b.ecs, err = ecs.NewService(b.ctx, b.name+"-service", &ecs.ServiceArgs{
		Cluster:        b.args.ClusterArn,
		TaskDefinition: b.tasks.Arn,
		DesiredCount:   pulumi.Int(b.args.Tasks),
		CapacityProviderStrategies: ecs.ServiceCapacityProviderStrategyArray{&ecs.ServiceCapacityProviderStrategyArgs{
			CapacityProvider: b.args.CapacityProvider,
			Weight:           pulumi.Int(1),
		}},
		// Zones first, so that losing one loses a share of the clients; then few hosts, so that the others can go.
		OrderedPlacementStrategies: ecs.ServiceOrderedPlacementStrategyArray{
			&ecs.ServiceOrderedPlacementStrategyArgs{Type: pulumi.String("spread"), Field: pulumi.String("attribute:ecs.availability-zone")},
			&ecs.ServiceOrderedPlacementStrategyArgs{Type: pulumi.String("binpack"), Field: pulumi.String("memory")},
		},
		NetworkConfiguration: &ecs.ServiceNetworkConfigurationArgs{
			Subnets:        b.args.SubnetIDs,
			SecurityGroups: groups,
			AssignPublicIp: pulumi.Bool(false),
		},
		LoadBalancers: ecs.ServiceLoadBalancerArray{&ecs.ServiceLoadBalancerArgs{
			TargetGroupArn: b.targets,
			ContainerName:  pulumi.String(b.name),
			ContainerPort:  pulumi.Int(b.args.Port),
		}},
		HealthCheckGracePeriodSeconds:   pulumi.Int(graceSeconds),
		DeploymentMinimumHealthyPercent: pulumi.Int(b.args.Deployment.MinHealthyPercent),
		DeploymentMaximumPercent:        pulumi.Int(b.args.Deployment.MaxPercent),
		DeploymentCircuitBreaker: &ecs.ServiceDeploymentCircuitBreakerArgs{
			Enable:   pulumi.Bool(true),
			Rollback: pulumi.Bool(true),
		},
		Alarms: &ecs.ServiceAlarmsArgs{
			AlarmNames: pulumi.StringArray{rollback.Name},
			Enable:     pulumi.Bool(true),
			Rollback:   pulumi.Bool(true),
		},
		EnableExecuteCommand: pulumi.Bool(b.args.Exec != nil),
		EnableEcsManagedTags: pulumi.Bool(true),
		PropagateTags:        pulumi.String("SERVICE"),
		WaitForSteadyState:   pulumi.Bool(true),
	}, options...)
	if err != nil {
		return err
	}
	b.service.ServiceName = b.ecs.Name
	return nil
}
