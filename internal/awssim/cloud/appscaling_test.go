package cloud

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const scaledService = "service/main/deepstream"

func targetInputs() Map {
	return Map{"resourceId": scaledService, "scalableDimension": "ecs:service:DesiredCount", "serviceNamespace": "ecs", "minCapacity": 2.0, "maxCapacity": 8.0}
}

func trackingInputs(name string, configuration Map) Map {
	return Map{
		"name": name, "policyType": "TargetTrackingScaling", "resourceId": scaledService, "scalableDimension": "ecs:service:DesiredCount",
		"serviceNamespace": "ecs", "targetTrackingScalingPolicyConfiguration": configuration,
	}
}

func cpuTracking() Map {
	return Map{"targetValue": 60.0, "scaleInCooldown": 900.0, "predefinedMetricSpecification": Map{"predefinedMetricType": "ECSServiceAverageCPUUtilization"}}
}

func socketTracking(queries ...any) Map {
	return Map{"targetValue": 5000.0, "customizedMetricSpecification": Map{"metrics": queries}}
}

func metricQuery(id string, returned bool) Map {
	return Map{"id": id, "returnData": returned, "metricStat": Map{"stat": "Sum", "metric": Map{"namespace": "AWS/ApplicationELB", "metricName": "ActiveConnectionCount"}}}
}

func TestScalableTargets(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.message(f.create(typeScalableTarget, targetInputs()), invalidScaling, "ECS service doesn't exist: "+scaledService)
	f.make(typeService, f.serviceInputs(f.task()))
	for name, tc := range map[string]struct {
		change Map
		text   string
	}{
		"namespace": {Map{"serviceNamespace": "ec2"}, "Unsupported service namespace"},
		"dimension": {Map{"scalableDimension": "ecs:service:Count"}, "scalable dimension"},
		"resource":  {Map{"resourceId": "main/deepstream"}, "Unsupported resource ID"},
		"negative":  {Map{"minCapacity": -1.0}, "must not be negative"},
		"order":     {Map{"minCapacity": 9.0}, "Maximum capacity cannot be less"},
	} {
		t.Run(name, func(t *testing.T) {
			f.message(f.create(typeScalableTarget, with(targetInputs(), tc.change)), invalidScaling, tc.text)
		})
	}
	id, state := f.make(typeScalableTarget, targetInputs())
	require.Equal(t, scaledService, id)
	require.Contains(t, state["roleArn"], "AWSServiceRoleForApplicationAutoScaling_ECSService")
	f.message(f.create(typeScalableTarget, targetInputs()), invalidScaling, "registered already")
	_, err := f.change(typeScalableTarget, id, with(targetInputs(), Map{"maxCapacity": 1.0}))
	f.message(err, invalidScaling, "Maximum capacity cannot be less")
}

func TestScalingPolicies(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.message(f.create(typeScalingPolicy, trackingInputs("cpu", cpuTracking())), "ObjectNotFoundException", "No scalable target registered")
	f.make(typeService, f.serviceInputs(f.task()))
	target, _ := f.make(typeScalableTarget, targetInputs())
	perTask := Map{"id": "each", "expression": "FILL(sockets, 0) / tasks"}
	for name, tc := range map[string]struct {
		inputs Map
		text   string
	}{
		"type":       {with(trackingInputs("x", cpuTracking()), Map{"policyType": "Tracking"}), "no other"},
		"no type":    {with(trackingInputs("x", cpuTracking()), Map{"policyType": nil}), "no other"},
		"no metric":  {trackingInputs("x", Map{"targetValue": 60.0}), "either a predefined or a customized"},
		"two":        {trackingInputs("x", with(cpuTracking(), socketTracking(metricQuery("sockets", true)))), "either a predefined or a customized"},
		"no target":  {trackingInputs("x", with(cpuTracking(), Map{"targetValue": 0.0})), "greater than 0"},
		"cooldown":   {trackingInputs("x", with(cpuTracking(), Map{"scaleInCooldown": -1.0})), "Cooldown"},
		"metric":     {trackingInputs("x", with(cpuTracking(), Map{"predefinedMetricSpecification": Map{"predefinedMetricType": "ASGAverageCPUUtilization"}})), "not supported"},
		"label":      {trackingInputs("x", with(cpuTracking(), Map{"predefinedMetricSpecification": Map{"predefinedMetricType": "ALBRequestCountPerTarget"}})), "Resource label"},
		"bare":       {trackingInputs("x", Map{"targetValue": 1.0, "customizedMetricSpecification": Map{"metricName": "Sockets", "namespace": "Fleet"}}), "needs statistic"},
		"dangling":   {trackingInputs("x", socketTracking(metricQuery("sockets", false), perTask)), "no metric with the id tasks"},
		"all return": {trackingInputs("x", socketTracking(metricQuery("sockets", true), metricQuery("tasks", false), perTask)), "Exactly one element"},
		"same id":    {trackingInputs("x", socketTracking(metricQuery("tasks", false), metricQuery("tasks", false), perTask)), "more than one metric"},
	} {
		t.Run(name, func(t *testing.T) { f.message(f.create(typeScalingPolicy, tc.inputs), invalidScaling, tc.text) })
	}
	_, state := f.make(typeScalingPolicy, trackingInputs("cpu", cpuTracking()))
	require.Len(t, state["alarmArns"], 2)
	f.message(f.create(typeScalingPolicy, trackingInputs("again", cpuTracking())), invalidScaling, "Only one TargetTrackingScaling policy")
	f.make(typeScalingPolicy, trackingInputs("sockets", socketTracking(metricQuery("sockets", false), metricQuery("tasks", false), perTask)))
	require.NoError(t, f.gone(typeScalableTarget, target, nil), "its policies go with it")
	refusesInputs(t, typeScalingPolicy, trackingInputs("sockets", socketTracking(metricQuery("sockets", true))), []badInput{
		{"name", ""},
		{tracking, socketTracking(Map{"id": "", "expression": "1"})},
		{tracking, Map{"targetValue": 1.0, "customizedMetricSpecification": Map{"statistic": "p99"}}},
		{tracking, Map{"targetValue": 1.0, "customizedMetricSpecification": Map{"metricName": "a", "metrics": []any{metricQuery("sockets", true)}}}},
	})
}

func TestListenerRules(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	listener := "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/edge/1/2"
	f.place(typeListener, listener, Map{"loadBalancerArn": "balancer", "defaultActions": []any{}})
	f.place(typeLoadBalancer, "balancer", Map{"vpcId": "vpc-1"})
	inputs := Map{
		"listenerArn": listener, "actions": []any{Map{"type": "forward", "targetGroupArn": targetARN}},
		"conditions": []any{Map{"pathPattern": Map{"values": List("/orders", "/orders/*")}}},
	}
	f.message(f.create(typeListenerRule, with(inputs, Map{"listenerArn": "none"})), "ListenerNotFound", "listeners not found")
	f.message(f.create(typeListenerRule, with(inputs, Map{"conditions": []any{Map{"pathPattern": Map{"values": List("/a", "/b", "/c", "/d", "/e", "/f")}}}})), "ValidationError", "condition values")
	_, first := f.make(typeListenerRule, inputs)
	_, second := f.make(typeListenerRule, inputs)
	require.Equal(t, []any{1.0, 2.0}, []any{first["priority"], second["priority"]})
	f.message(f.create(typeListenerRule, with(inputs, Map{"priority": 2.0})), "PriorityInUse", "Priority '2'")
	f.refused("TargetGroupNotFound", typeListenerRule, with(inputs, Map{"actions": []any{Map{"type": "forward", "targetGroupArn": "none"}}}))
	refusesInputs(t, typeListenerRule, inputs, []badInput{
		{"priority", 50001.0}, {"actions", []any{Map{"type": "send"}}}, {"actions", []any{Map{"type": "forward"}}}, {"conditions", []any{Map{}}},
	})
}
