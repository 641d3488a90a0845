package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const scaledService = "service/main/deepstream"

func targetInputs() cloud.Map {
	return cloud.Map{"resourceId": scaledService, "scalableDimension": "ecs:service:DesiredCount", "serviceNamespace": "ecs", "minCapacity": 2.0, "maxCapacity": 8.0}
}

func trackingInputs(name string, configuration cloud.Map) cloud.Map {
	return cloud.Map{
		"name": name, "policyType": "TargetTrackingScaling", "resourceId": scaledService, "scalableDimension": "ecs:service:DesiredCount",
		"serviceNamespace": "ecs", "targetTrackingScalingPolicyConfiguration": configuration,
	}
}

func cpuTracking() cloud.Map {
	return cloud.Map{"targetValue": 60.0, "scaleInCooldown": 900.0, "predefinedMetricSpecification": cloud.Map{"predefinedMetricType": "ECSServiceAverageCPUUtilization"}}
}

func socketTracking(queries ...any) cloud.Map {
	return cloud.Map{"targetValue": 5000.0, "customizedMetricSpecification": cloud.Map{"metrics": queries}}
}

func metricQuery(id string, returned bool) cloud.Map {
	return cloud.Map{"id": id, "returnData": returned, "metricStat": cloud.Map{"stat": "Sum", "metric": cloud.Map{"namespace": "AWS/ApplicationELB", "metricName": "ActiveConnectionCount"}}}
}

func TestScalableTargets(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.message(f.create(typeScalableTarget, targetInputs()), invalidScaling, "ECS service doesn't exist: "+scaledService)
	f.make(typeService, f.serviceInputs(f.task()))
	for name, tc := range map[string]struct {
		change cloud.Map
		text   string
	}{
		"resource": {cloud.Map{"resourceId": "main/deepstream"}, "Unsupported resource ID"},
		"negative": {cloud.Map{"minCapacity": -1.0}, "must not be negative"},
		"order":    {cloud.Map{"minCapacity": 9.0}, "Maximum capacity cannot be less"},
	} {
		t.Run(name, func(t *testing.T) {
			f.message(f.create(typeScalableTarget, with(targetInputs(), tc.change)), invalidScaling, tc.text)
		})
	}
	refusesInputs(t, typeScalableTarget, targetInputs(), []badInput{{"serviceNamespace", "dynamodb"}, {"scalableDimension", "ecs:service:Count"}})
	id, state := f.make(typeScalableTarget, targetInputs())
	require.Equal(t, scaledService, id)
	require.Contains(t, state["roleArn"], "AWSServiceRoleForApplicationAutoScaling_ECSService")
	f.message(f.create(typeScalableTarget, targetInputs()), invalidScaling, "registered already")
	_, err := f.change(typeScalableTarget, id, with(targetInputs(), cloud.Map{"maxCapacity": 1.0}))
	f.message(err, invalidScaling, "Maximum capacity cannot be less")
}

func TestScalingPolicies(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.message(f.create(typeScalingPolicy, trackingInputs("cpu", cpuTracking())), "ObjectNotFoundException", "No scalable target registered")
	f.make(typeService, f.serviceInputs(f.task()))
	target, _ := f.make(typeScalableTarget, targetInputs())
	perTask := cloud.Map{"id": "each", "expression": "FILL(sockets, 0) / tasks"}
	for name, tc := range map[string]struct {
		inputs cloud.Map
		text   string
	}{
		"type":       {with(trackingInputs("x", cpuTracking()), cloud.Map{"policyType": "Tracking"}), "no other"},
		"no type":    {with(trackingInputs("x", cpuTracking()), cloud.Map{"policyType": nil}), "no other"},
		"no metric":  {trackingInputs("x", cloud.Map{"targetValue": 60.0}), "either a predefined or a customized"},
		"two":        {trackingInputs("x", with(cpuTracking(), socketTracking(metricQuery("sockets", true)))), "either a predefined or a customized"},
		"no target":  {trackingInputs("x", with(cpuTracking(), cloud.Map{"targetValue": 0.0})), "greater than 0"},
		"cooldown":   {trackingInputs("x", with(cpuTracking(), cloud.Map{"scaleInCooldown": -1.0})), "Cooldown"},
		"metric":     {trackingInputs("x", with(cpuTracking(), cloud.Map{"predefinedMetricSpecification": cloud.Map{"predefinedMetricType": "ASGAverageCPUUtilization"}})), "not supported"},
		"label":      {trackingInputs("x", with(cpuTracking(), cloud.Map{"predefinedMetricSpecification": cloud.Map{"predefinedMetricType": "ALBRequestCountPerTarget"}})), "Resource label"},
		"bare":       {trackingInputs("x", cloud.Map{"targetValue": 1.0, "customizedMetricSpecification": cloud.Map{"metricName": "Sockets", "namespace": "Fleet"}}), "needs statistic"},
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
		{tracking, socketTracking(cloud.Map{"id": "", "expression": "1"})},
		{tracking, cloud.Map{"targetValue": 1.0, "customizedMetricSpecification": cloud.Map{"statistic": "p99"}}},
		{tracking, cloud.Map{"targetValue": 1.0, "customizedMetricSpecification": cloud.Map{"metricName": "a", "metrics": []any{metricQuery("sockets", true)}}}},
	})
}
