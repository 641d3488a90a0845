package service

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Scaling is how the number of tasks follows the load, between Args.Tasks and MaxTasks: up when any target is
// exceeded, down when all of them are undercut.
type Scaling struct {
	MaxTasks   int
	CPUPercent int // of what tasks reserve, on average; 1 to 100
	// ConnectionsPerTask is how many clients a task shall hold. 0 leaves connections out.
	ConnectionsPerTask int
	// Sockets is where each task publishes how many it holds. Without it the load balancer's connections are divided by
	// the tasks: it counts them as a whole, so that this is only true where no other service is behind it.
	Sockets        *Metric
	ScaleInSeconds int // between two steps down, so that the clients of the first are back; 60 to 3600
}

// Metric is one that the tasks publish.
type Metric struct {
	Namespace, Name string
	Dimensions      map[string]string
}

// scaleOutSeconds lies between two steps up, which take nothing from anybody. A step down cuts all the clients of a task.
const scaleOutSeconds = 60

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
	if s.ScaleInSeconds < 60 || s.ScaleInSeconds > 3600 {
		problems = append(problems, fmt.Errorf("scale in seconds %d: must be 60 to 3600", s.ScaleInSeconds))
	}
	if m := s.Sockets; m != nil && (m.Namespace == "" || m.Name == "" || s.ConnectionsPerTask == 0) {
		problems = append(problems, fmt.Errorf("sockets %q in namespace %q: must be named, and go with connections per task", m.Name, m.Namespace))
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
	dimension      = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationDimensionArgs
	dimensionArray = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationDimensionArray
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
		on.ScaleOutCooldown, on.ScaleInCooldown = pulumi.Int(scaleOutSeconds), pulumi.Int(s.ScaleInSeconds)
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
		CustomizedMetricSpecification: b.clients(s.Sockets),
	})
}

// clients is the metric of how many clients a task holds: what the tasks publish, on average, or else what follows from
// the load balancer's count.
func (b *builder) clients(published *Metric) *customMetric {
	if published == nil {
		return &customMetric{Metrics: b.connectionsPerTask()}
	}
	dimensions := dimensionArray{}
	for _, name := range slices.Sorted(maps.Keys(published.Dimensions)) {
		dimensions = append(dimensions, dimension{Name: pulumi.String(name), Value: pulumi.String(published.Dimensions[name])})
	}
	return &customMetric{
		Namespace: pulumi.String(published.Namespace), MetricName: pulumi.String(published.Name),
		Dimensions: dimensions, Statistic: pulumi.String("Average"),
	}
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
	of := func(name string, value pulumi.StringInput) statDimension {
		return statDimension{Name: pulumi.String(name), Value: value}
	}
	return metricQueries{
		query("connections", "AWS/ApplicationELB", "ActiveConnectionCount", "Sum", statDimensions{
			of("LoadBalancer", suffix(b.args.LoadBalancerArn, "loadbalancer/")),
		}),
		query("tasks", "ECS/ContainerInsights", "RunningTaskCount", "Average", statDimensions{
			of("ClusterName", suffix(b.args.ClusterArn, "/")), of("ServiceName", b.ecs.Name),
		}),
		metricQuery{
			Id: pulumi.String("each"), Label: pulumi.String("Clients per task"), ReturnData: pulumi.Bool(true),
			Expression: pulumi.String("FILL(connections, 0) / 2 / tasks"),
		},
	}
}
