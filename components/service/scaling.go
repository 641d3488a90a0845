package service

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Scaling is how the number of tasks follows the load, between Args.Tasks and MaxTasks: up when any target is
// exceeded, down when all of them are undercut.
type Scaling struct {
	MaxTasks   int
	CPUPercent int // of what tasks reserve, on average; 1 to 100
	// ConnectionsPerTask is how many clients a task shall hold. The load balancer counts its connections as a whole, so
	// this is only true where no other service is behind it. 0 leaves connections out.
	ConnectionsPerTask int
}

// A task that starts takes its share of new clients at once; one that stops cuts all it has. So up is quick, and down
// is slow.
const (
	scaleOutSeconds = 60
	scaleInSeconds  = 900
)

// validate looks at the scaling of a service that has at least so many tasks.
func (s *Scaling) validate(tasks int) error {
	if s == nil {
		return nil
	}
	var problems []error
	if s.MaxTasks <= tasks || s.MaxTasks > 5000 {
		problems = append(problems, fmt.Errorf("max tasks %d: must be above tasks, %d, and at most 5000", s.MaxTasks, tasks))
	}
	if s.CPUPercent < 1 || s.CPUPercent > 100 {
		problems = append(problems, fmt.Errorf("cpu percent %d: must be 1 to 100", s.CPUPercent))
	}
	if s.ConnectionsPerTask < 0 {
		problems = append(problems, fmt.Errorf("connections per task %d: must not be negative", s.ConnectionsPerTask))
	}
	return errors.Join(problems...)
}

type (
	tracking       = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs
	customMetric   = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationArgs
	metricQuery    = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricArgs
	metricQueries  = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricArray
	metricStat     = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatArgs
	statMetric     = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatMetricArgs
	statDimension  = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatMetricDimensionArgs
	statDimensions = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatMetricDimensionArray
	predefined     = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs
)

// scaling hands the number of tasks over to Application Auto Scaling.
func (b *builder) scaling() error {
	s := b.args.Scaling
	if s == nil {
		return nil
	}
	target, err := appautoscaling.NewTarget(b.ctx, b.name+"-scaling", &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("ecs"),
		ScalableDimension: pulumi.String("ecs:service:DesiredCount"),
		ResourceId:        pulumi.Sprintf("service/%s/%s", suffix(b.args.ClusterArn, "/"), b.ecs.Name),
		MinCapacity:       pulumi.Int(b.args.Tasks),
		MaxCapacity:       pulumi.Int(s.MaxTasks),
	}, b.child)
	if err != nil {
		return err
	}
	track := func(suffix string, on *tracking) error {
		on.ScaleOutCooldown, on.ScaleInCooldown = pulumi.Int(scaleOutSeconds), pulumi.Int(scaleInSeconds)
		_, err := appautoscaling.NewPolicy(b.ctx, b.name+suffix, &appautoscaling.PolicyArgs{
			PolicyType:                               pulumi.String("TargetTrackingScaling"),
			ServiceNamespace:                         target.ServiceNamespace,
			ScalableDimension:                        target.ScalableDimension,
			ResourceId:                               target.ResourceId,
			TargetTrackingScalingPolicyConfiguration: on,
		}, b.child)
		return err
	}
	if err := track("-cpu", &tracking{
		TargetValue:                   pulumi.Float64(s.CPUPercent),
		PredefinedMetricSpecification: &predefined{PredefinedMetricType: pulumi.String("ECSServiceAverageCPUUtilization")},
	}); err != nil || s.ConnectionsPerTask == 0 {
		return err
	}
	return track("-connections", &tracking{
		TargetValue:                   pulumi.Float64(s.ConnectionsPerTask),
		CustomizedMetricSpecification: &customMetric{Metrics: b.connectionsPerTask()},
	})
}

// connectionsPerTask are the queries for how many clients a task holds. The load balancer counts each client twice,
// once on either side ("CloudWatch metrics for your Application Load Balancer", ActiveConnectionCount), and says nothing
// while it has none.
func (b *builder) connectionsPerTask() metricQueries {
	query := func(id, namespace, name, stat string, dimensions statDimensions) metricQuery {
		return metricQuery{Id: pulumi.String(id), ReturnData: pulumi.Bool(false), MetricStat: &metricStat{
			Stat:   pulumi.String(stat),
			Metric: &statMetric{Namespace: pulumi.String(namespace), MetricName: pulumi.String(name), Dimensions: dimensions},
		}}
	}
	dimension := func(name string, value pulumi.StringInput) statDimension {
		return statDimension{Name: pulumi.String(name), Value: value}
	}
	return metricQueries{
		query("connections", "AWS/ApplicationELB", "ActiveConnectionCount", "Sum", statDimensions{
			dimension("LoadBalancer", suffix(b.args.LoadBalancerArn, "loadbalancer/")),
		}),
		query("tasks", "ECS/ContainerInsights", "RunningTaskCount", "Average", statDimensions{
			dimension("ClusterName", suffix(b.args.ClusterArn, "/")), dimension("ServiceName", b.ecs.Name),
		}),
		metricQuery{
			Id: pulumi.String("each"), Label: pulumi.String("Clients per task"), ReturnData: pulumi.Bool(true),
			Expression: pulumi.String("FILL(connections, 0) / 2 / tasks"),
		},
	}
}
