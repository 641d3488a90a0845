package service

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Route is the part of a load balancer's traffic that a service takes: a path and everything below it.
type Route struct {
	ListenerArn                pulumi.StringInput
	BalancerGroupID            pulumi.StringInput // the load balancer's security group, to which the service opens its port
	Path                       string             // such as /orders
	DeregistrationDelaySeconds int                // how long a leaving task keeps its connections, 0 to 3600
	After                      []pulumi.Resource  // rules of the listener that have a priority of their own, which this one must not take
}

const targetsSuffix = "-targets"

// front makes what leads from the load balancer to the tasks, unless somebody else has.
func (b *builder) front() error {
	if b.args.Route == nil {
		b.joins(b.args.TargetGroupArn)
		return nil
	}
	targets, err := lb.NewTargetGroup(b.ctx, b.name+targetsSuffix, &lb.TargetGroupArgs{
		TargetType:          pulumi.String("ip"), // each task has a network interface of its own
		Protocol:            pulumi.String("HTTP"),
		Port:                pulumi.Int(b.args.Port),
		VpcId:               b.args.VpcID,
		DeregistrationDelay: pulumi.Int(b.args.Route.DeregistrationDelaySeconds),
		HealthCheck: &lb.TargetGroupHealthCheckArgs{
			Protocol:           pulumi.String("HTTP"),
			Path:               pulumi.String(b.args.HealthPath),
			Matcher:            pulumi.String("200"),
			Interval:           pulumi.Int(10),
			Timeout:            pulumi.Int(5),
			HealthyThreshold:   pulumi.Int(2),
			UnhealthyThreshold: pulumi.Int(3),
		},
	}, b.child)
	if err != nil {
		return err
	}
	b.joins(targets.Arn)
	// Without a priority the rule gets the next free one: paths of services do not overlap, so their order is nothing.
	rule, err := lb.NewListenerRule(b.ctx, b.name+"-rule", &lb.ListenerRuleArgs{
		ListenerArn: b.args.Route.ListenerArn,
		Actions: lb.ListenerRuleActionArray{&lb.ListenerRuleActionArgs{
			Type: pulumi.String("forward"), TargetGroupArn: targets.Arn,
		}},
		Conditions: lb.ListenerRuleConditionArray{&lb.ListenerRuleConditionArgs{
			PathPattern: &lb.ListenerRuleConditionPathPatternArgs{
				Values: pulumi.ToStringArray([]string{b.args.Route.Path, b.args.Route.Path + "/*"}),
			},
		}},
	}, b.child, pulumi.DependsOn(b.args.Route.After))
	if err != nil {
		return err
	}
	b.first = append(b.first, rule)
	return b.openPort()
}

// joins notes the target group.
func (b *builder) joins(targets pulumi.StringInput) {
	b.targets = targets
	b.service.TargetGroupMetrics = suffix(targets, ":")
}

// openPort lets the load balancer reach the tasks.
func (b *builder) openPort() error {
	in, err := vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-from-lb", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           b.group.ID(),
		ReferencedSecurityGroupId: b.args.Route.BalancerGroupID,
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(b.args.Port),
		ToPort:                    pulumi.Int(b.args.Port),
		Description:               pulumi.String("The load balancer"),
	}, b.child)
	if err != nil {
		return err
	}
	out, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-to-tasks", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId:           b.args.Route.BalancerGroupID,
		ReferencedSecurityGroupId: b.group.ID(),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(b.args.Port),
		ToPort:                    pulumi.Int(b.args.Port),
		Description:               pulumi.Sprintf("Tasks of %s", b.name),
	}, b.child)
	b.first = append(b.first, in, out)
	return err
}

// What makes ECS take a deployment back.
const (
	rollbackPercent = 5 // of the answers are server errors
	rollbackMinutes = 3 // in a row
)

// rollbackAlarm makes the alarm on which ECS takes a deployment back whose tasks are healthy and yet fail. It watches
// what the targets answer; what the load balancer answers itself has other causes.
func (b *builder) rollbackAlarm() (*cloudwatch.MetricAlarm, error) {
	dimensions := pulumi.StringMap{
		"LoadBalancer": suffix(b.args.LoadBalancerArn, "loadbalancer/"),
		"TargetGroup":  suffix(b.targets, ":"),
	}
	metric := func(id, name string) cloudwatch.MetricAlarmMetricQueryArgs {
		return cloudwatch.MetricAlarmMetricQueryArgs{Id: pulumi.String(id), Metric: &cloudwatch.MetricAlarmMetricQueryMetricArgs{
			Namespace: pulumi.String("AWS/ApplicationELB"), MetricName: pulumi.String(name), Dimensions: dimensions,
			Stat: pulumi.String("Sum"), Period: pulumi.Int(60),
		}}
	}
	return cloudwatch.NewMetricAlarm(b.ctx, b.name+"-rollback", &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.Sprintf("Deployments of %s are taken back: over %d%% of its answers are server errors", b.name, rollbackPercent),
		ComparisonOperator: pulumi.String("GreaterThanThreshold"),
		Threshold:          pulumi.Float64(rollbackPercent),
		EvaluationPeriods:  pulumi.Int(rollbackMinutes),
		TreatMissingData:   pulumi.String("notBreaching"), // nobody asked anything
		MetricQueries: cloudwatch.MetricAlarmMetricQueryArray{
			metric("errors", "HTTPCode_Target_5XX_Count"),
			metric("requests", "RequestCount"),
			cloudwatch.MetricAlarmMetricQueryArgs{
				Id: pulumi.String("percent"), Label: pulumi.String("Server errors, percent"),
				Expression: pulumi.String("100 * FILL(errors, 0) / requests"), ReturnData: pulumi.Bool(true),
			},
		},
	}, b.child)
}

// suffix returns what follows the last occurrence of a mark in an ARN: CloudWatch's name for the resource. Where a
// stock pulumi destroy --run-program takes down half a stack, the other half's ARNs are empty.
func suffix(arn pulumi.StringInput, after string) pulumi.StringOutput {
	return arn.ToStringOutput().ApplyT(func(arn string) string {
		if at := strings.LastIndex(arn, after); at >= 0 {
			return arn[at+len(after):]
		}
		return ""
	}).(pulumi.StringOutput)
}
