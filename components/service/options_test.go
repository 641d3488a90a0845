package service_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/service"
)

func TestScaling(t *testing.T) {
	t.Parallel()
	a := args()
	a.Scaling = &service.Scaling{MaxTasks: 24, CPUPercent: 60, ConnectionsPerTask: 5000, ScaleInSeconds: 900}
	resources := run(t, newRecorder(), a)
	ecs := componenttest.Find(t, resources, "aws:ecs/service:Service", "deepstream-service")
	require.Equal(t, []string{"desiredCount"}, ecs.RPC.GetIgnoreChanges(), "after its creation the number is the scaler's")
	require.Equal(t, 6.0, ecs.Plain()["desiredCount"])
	what := map[string]any{
		"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount", "resourceId": "service/main/deepstream-service-name",
	}
	with := func(more map[string]any) map[string]any {
		for k, v := range what {
			more[k] = v
		}
		return more
	}
	require.Empty(t, cmp.Diff(with(map[string]any{"minCapacity": 6.0, "maxCapacity": 24.0}),
		componenttest.Find(t, resources, "aws:appautoscaling/target:Target", "deepstream-scaling").Plain()))
	require.Empty(t, cmp.Diff(with(map[string]any{
		"policyType": "TargetTrackingScaling",
		"targetTrackingScalingPolicyConfiguration": map[string]any{
			"targetValue": 60.0, "scaleOutCooldown": 60.0, "scaleInCooldown": 900.0,
			"predefinedMetricSpecification": map[string]any{"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
		},
	}), componenttest.Find(t, resources, "aws:appautoscaling/policy:Policy", "deepstream-cpu").Plain()))
	stat := func(namespace, name, stat string, dimensions ...any) map[string]any {
		return map[string]any{"stat": stat, "metric": map[string]any{"namespace": namespace, "metricName": name, "dimensions": dimensions}}
	}
	dimension := func(name, value string) map[string]any { return map[string]any{"name": name, "value": value} }
	require.Empty(t, cmp.Diff(map[string]any{
		"targetValue": 5000.0, "scaleOutCooldown": 60.0, "scaleInCooldown": 900.0,
		"customizedMetricSpecification": map[string]any{"metrics": []any{
			map[string]any{"id": "connections", "returnData": false, "metricStat": stat("AWS/ApplicationELB", "ActiveConnectionCount", "Sum", dimension("LoadBalancer", "app/edge/2"))},
			map[string]any{"id": "tasks", "returnData": false, "metricStat": stat("ECS/ContainerInsights", "RunningTaskCount", "Average",
				dimension("ClusterName", "main"), dimension("ServiceName", "deepstream-service-name"))},
			map[string]any{"id": "each", "label": "Clients per task", "returnData": true, "expression": "FILL(connections, 0) / 2 / tasks"},
		}},
	}, componenttest.Find(t, resources, "aws:appautoscaling/policy:Policy", "deepstream-connections").Plain()["targetTrackingScalingPolicyConfiguration"]))
}

// With a metric of the tasks' own nothing is asked of the load balancer, which others may be behind as well.
func TestScalingBySocketsThatTasksPublish(t *testing.T) {
	t.Parallel()
	a := args()
	a.Scaling = &service.Scaling{MaxTasks: 24, CPUPercent: 60, ConnectionsPerTask: 5000, ScaleInSeconds: 900,
		Sockets: &service.Metric{Namespace: "deepstreamhub", Name: "OpenSockets", Dimensions: map[string]string{"Stack": "prod-eu"}}}
	policy := componenttest.Find(t, run(t, newRecorder(), a), "aws:appautoscaling/policy:Policy", "deepstream-connections").Plain()
	require.Empty(t, cmp.Diff(map[string]any{
		"namespace": "deepstreamhub", "metricName": "OpenSockets", "statistic": "Average",
		"dimensions": []any{map[string]any{"name": "Stack", "value": "prod-eu"}},
	}, policy["targetTrackingScalingPolicyConfiguration"].(map[string]any)["customizedMetricSpecification"]))
	a.Scaling.ConnectionsPerTask = 0
	require.ErrorContains(t, a.Validate(), "must be named, and go with connections per task")
}

func TestScalingByCPUAlone(t *testing.T) {
	t.Parallel()
	a := args()
	a.Scaling = &service.Scaling{MaxTasks: 24, CPUPercent: 60, ScaleInSeconds: 900}
	names := componenttest.Names(run(t, newRecorder(), a))
	require.Contains(t, names, "aws:appautoscaling/policy:Policy deepstream-cpu")
	require.NotContains(t, names, "aws:appautoscaling/policy:Policy deepstream-connections")
}

func TestRoute(t *testing.T) {
	t.Parallel()
	a := args()
	a.TargetGroupArn = nil
	a.Route = &service.Route{ListenerArn: pulumi.String("listener-arn"), BalancerGroupID: pulumi.String("sg-lb"), Path: "/orders", DeregistrationDelaySeconds: 30}
	resources := run(t, newRecorder(), a)
	require.Equal(t, map[string]any{
		"listenerArn": "listener-arn",
		"actions":     []any{map[string]any{"type": "forward", "targetGroupArn": "arn:aws:mock:::deepstream-targets"}},
		"conditions":  []any{map[string]any{"pathPattern": map[string]any{"values": []any{"/orders", "/orders/*"}}}},
	}, componenttest.Find(t, resources, "aws:lb/listenerRule:ListenerRule", "deepstream-rule").Plain())
	targets := componenttest.Find(t, resources, "aws:lb/targetGroup:TargetGroup", "deepstream-targets").Plain()
	require.Equal(t, []any{"ip", 6020.0, 30.0}, []any{targets["targetType"], targets["port"], targets["deregistrationDelay"]})
	in := componenttest.Find(t, resources, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "deepstream-from-lb").Plain()
	out := componenttest.Find(t, resources, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "deepstream-to-tasks").Plain()
	require.Equal(t, []any{"deepstream-sg-id", "sg-lb"}, []any{in["securityGroupId"], in["referencedSecurityGroupId"]})
	require.Equal(t, []any{"sg-lb", "deepstream-sg-id"}, []any{out["securityGroupId"], out["referencedSecurityGroupId"]})
	ecs := componenttest.Find(t, resources, "aws:ecs/service:Service", "deepstream-service")
	for _, needed := range []string{"deepstream-rule", "deepstream-from-lb", "deepstream-to-tasks"} {
		require.Contains(t, ecs.Dependencies, needed, "ECS refuses a target group that no rule uses, and tasks fail their checks without the way")
	}
}

func TestRollbackAlarm(t *testing.T) {
	t.Parallel()
	alarm := componenttest.Find(t, run(t, newRecorder(), args()), "aws:cloudwatch/metricAlarm:MetricAlarm", "deepstream-rollback").Plain()
	require.Equal(t, "notBreaching", alarm["treatMissingData"], "silence is no failure")
	for _, q := range alarm["metricQueries"].([]any)[:2] {
		require.Equal(t, map[string]any{"LoadBalancer": "app/edge/2", "TargetGroup": "targetgroup/tg/1"}, q.(map[string]any)["metric"].(map[string]any)["dimensions"])
	}
}

func TestExec(t *testing.T) {
	t.Parallel()
	a := args()
	a.Exec = &service.Exec{LogGroupArn: pulumi.String("arn:aws:logs:eu-central-1:111122223333:log-group:/exec"), KeyArn: pulumi.String(keyArn)}
	resources := run(t, newRecorder(), a)
	ecs := componenttest.Find(t, resources, "aws:ecs/service:Service", "deepstream-service")
	require.Equal(t, true, ecs.Plain()["enableExecuteCommand"])
	require.Contains(t, ecs.Dependencies, "deepstream-exec", "the agent looks for its rights once, when the task starts")
	rights := componenttest.Find(t, resources, "aws:iam/rolePolicy:RolePolicy", "deepstream-exec").Plain()
	require.Equal(t, "deepstream-task-name", rights["role"])
	require.Contains(t, rights["policy"], "ssmmessages:OpenDataChannel")
	require.Contains(t, componenttest.Find(t, resources, "aws:ecs/taskDefinition:TaskDefinition", "deepstream-task").Plain()["containerDefinitions"], "/var/lib/amazon/ssm")
}
