package services

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const (
	typeScalableTarget = "aws:appautoscaling/target:Target"
	typeScalingPolicy  = "aws:appautoscaling/policy:Policy"
	invalidScaling     = "ValidationException"
	trackingPage       = "Application Auto Scaling API, TargetTrackingScalingPolicyConfiguration"
)

var noScalableTarget = cloud.Refusal{Code: "ObjectNotFoundException", Message: "No scalable target registered for service namespace: ecs, resource ID: {value}, scalable dimension: ecs:service:DesiredCount", Rule: "facts 61", Retry: iamPropagation}

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeScalableTarget, Service: "Application Auto Scaling", Noun: "ScalableTarget",
		CreateCall: "RegisterScalableTarget", UpdateCall: "RegisterScalableTarget", DeleteCall: "DeregisterScalableTarget",
		Unique: []cloud.Unique{{Props: []string{"resourceId"}, Refusal: cloud.Refusal{
			Code: invalidScaling, Message: "{value} is registered already; RegisterScalableTarget would overwrite it", Rule: "Application Auto Scaling API, RegisterScalableTarget",
		}}},
		Check: func(c *cloud.Checker) {
			c.Only("serviceNamespace", "ecs")
			c.Only("scalableDimension", "ecs:service:DesiredCount")
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("resourceId")
			r.State["arn"] = t.ARN("application-autoscaling", "scalable-target/"+t.Hex(28))
			r.State["roleArn"] = t.GlobalARN("iam", "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService")
			return applyScalableTarget(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyScalableTarget(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 5),
			Source: "facts, section 1: App Auto Scaling target (guess)"},
		Propagation: cloud.Secs(1, 0, 2),
		Calls: cloud.Calls{Create: "application-autoscaling:RegisterScalableTarget application-autoscaling:TagResource",
			Read:   "application-autoscaling:DescribeScalableTargets application-autoscaling:ListTagsForResource",
			Update: "application-autoscaling:RegisterScalableTarget application-autoscaling:TagResource application-autoscaling:UntagResource",
			Remove: "application-autoscaling:DeregisterScalableTarget"},
		ImportID: func(r *cloud.Resource) string {
			return cloud.Composed(r, "/", "serviceNamespace", "resourceId", "scalableDimension")
		},
	},
	&cloud.Kind{
		Type: typeScalingPolicy, Service: "Application Auto Scaling", Noun: "ScalingPolicy", CreateCall: "PutScalingPolicy", UpdateCall: "PutScalingPolicy",
		Unmodelled: strings.Fields("stepScalingPolicyConfiguration targetTrackingScalingPolicyConfiguration.disableScaleIn"),
		Name:       &cloud.AutoName{Property: "name", Max: 255},
		Recomputed: []string{"alarmArns"},
		Refs:       []cloud.Ref{{Path: "resourceId", To: typeScalableTarget, Missing: noScalableTarget, Unseen: noScalableTarget, Free: true}}, // policies go with their target
		Check:      checkScalingPolicy,
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("name")
			r.State["arn"] = t.ARN("autoscaling", fmt.Sprintf("scalingPolicy:%s:resource/ecs/%s:policyName/%s", t.UUID(), r.Str("resourceId"), r.ID))
			return applyScalingPolicy(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyScalingPolicy(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
			Source: "facts, section 1: App Auto Scaling policy (guess)"},
		Calls: cloud.Calls{Create: "application-autoscaling:PutScalingPolicy", Read: "application-autoscaling:DescribeScalingPolicies",
			Update: "application-autoscaling:PutScalingPolicy", Remove: "application-autoscaling:DeleteScalingPolicy"},
		ImportID: func(r *cloud.Resource) string {
			return cloud.Composed(r, "/", "serviceNamespace", "resourceId", "scalableDimension", "name")
		},
	},
)

var scalableService = regexp.MustCompile(`^service/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)$`)

// applyScalableTarget registers an ECS service.
func applyScalableTarget(t *cloud.Tx, r *cloud.Resource) error {
	const rule = "Application Auto Scaling API, RegisterScalableTarget"
	id := r.Str("resourceId")
	switch {
	case !scalableService.MatchString(id):
		return cloud.Refuse(invalidScaling, rule, "Unsupported resource ID: %s", id)
	case r.Int("minCapacity") < 0 || r.Int("maxCapacity") < 0:
		return cloud.Refuse(invalidScaling, rule, "Minimum and maximum capacity must not be negative")
	case r.Int("minCapacity") > r.Int("maxCapacity"):
		return cloud.Refuse(invalidScaling, rule, "Maximum capacity cannot be less than minimum capacity")
	}
	if s, ok := t.Find(typeService, "", t.ARN("ecs", id)); !ok || !t.Visible(s, "Application Auto Scaling") {
		return cloud.Refuse(invalidScaling, "facts 60", "ECS service doesn't exist: %s", id).For(iamPropagation)
	}
	cloud.Computed(r, cloud.Map{"suspendedState": cloud.Map{"dynamicScalingInSuspended": false, "dynamicScalingOutSuspended": false, "scheduledScalingSuspended": false}})
	return nil
}

const tracking = "targetTrackingScalingPolicyConfiguration"

func checkScalingPolicy(c *cloud.Checker) {
	const custom = tracking + ".customizedMetricSpecification"
	c.Length("name", 1, 255)
	for _, single := range []string{"dimensions", "metricName", "namespace", "statistic", "unit"} {
		if cloud.Has(c.In, custom+".metrics") && cloud.Has(c.In, custom+"."+single) {
			c.Fail(custom+"."+single, "conflicts with metrics")
		}
	}
	c.Length(custom+".metrics[].metricStat.metric.metricName", 1, 255)
	c.Length(custom+".metrics[].metricStat.metric.namespace", 1, 255)
}

// applyScalingPolicy holds a policy to what PutScalingPolicy takes for ECS services.
func applyScalingPolicy(t *cloud.Tx, r *cloud.Resource) error {
	const rule = "Application Auto Scaling API, PutScalingPolicy"
	switch kind := r.Str("policyType"); {
	case kind == "StepScaling" && cloud.Has(r.State, "stepScalingPolicyConfiguration") && !cloud.Has(r.State, tracking):
		r.State["alarmArns"] = []any{}
		return nil
	case kind != "TargetTrackingScaling" || !cloud.Has(r.State, tracking) || cloud.Has(r.State, "stepScalingPolicyConfiguration"):
		return cloud.Refuse(invalidScaling, rule, "A policy of type %s takes the configuration of that type and no other", kind)
	}
	if err := checkTracking(cloud.First[cloud.Map](r.State, tracking)); err != nil {
		return err
	}
	predefined := r.Str(tracking + ".predefinedMetricSpecification.predefinedMetricType")
	for _, other := range t.All(typeScalingPolicy) {
		if other.ID != r.ID && predefined != "" && other.Str("resourceId") == r.Str("resourceId") &&
			other.Str(tracking+".predefinedMetricSpecification.predefinedMetricType") == predefined {
			return cloud.Refuse(invalidScaling, rule, "Only one TargetTrackingScaling policy for a given metric specification is allowed.")
		}
	}
	// The service makes two alarms of its own and replaces them when the policy changes.
	r.State["alarmArns"] = cloud.List(
		t.ARN("cloudwatch", fmt.Sprintf("alarm:TargetTracking-%s-AlarmHigh-%s", r.Str("resourceId"), t.UUID())),
		t.ARN("cloudwatch", fmt.Sprintf("alarm:TargetTracking-%s-AlarmLow-%s", r.Str("resourceId"), t.UUID())),
	)
	return nil
}

func checkTracking(policy cloud.Map) error {
	refuse := func(format string, args ...any) error {
		return cloud.Refuse(invalidScaling, trackingPage, format, args...)
	}
	predefined, custom := cloud.First[cloud.Map](policy, "predefinedMetricSpecification"), cloud.First[cloud.Map](policy, "customizedMetricSpecification")
	switch {
	case (predefined == nil) == (custom == nil):
		return refuse("You must specify either a predefined or a customized metric specification, but not both")
	case cloud.First[float64](policy, "targetValue") <= 0:
		return refuse("Target value must be greater than 0")
	case cloud.Int(policy, "scaleInCooldown") < 0 || cloud.Int(policy, "scaleOutCooldown") < 0:
		return refuse("Cooldown must not be negative")
	}
	if predefined == nil {
		return checkCustomMetric(custom)
	}
	kind, label := cloud.Str(predefined, "predefinedMetricType"), cloud.Str(predefined, "resourceLabel")
	if !documents.OneOf(kind, "ECSServiceAverageCPUUtilization ECSServiceAverageMemoryUtilization ALBRequestCountPerTarget") {
		return refuse("Predefined metric type %s is not supported for service namespace ecs", kind)
	}
	if counts := kind == "ALBRequestCountPerTarget"; counts != (label != "") || counts && !strings.HasPrefix(label, "app/") {
		return refuse("Resource label %q does not go with predefined metric type %s", label, kind)
	}
	return nil
}

// checkCustomMetric takes one metric, or queries of which the last is the expression that is tracked. Queries follow
// the rules of CloudWatch's metric math ("Create a target tracking scaling policy using metric math", Application Auto
// Scaling User Guide).
func checkCustomMetric(custom cloud.Map) error {
	queries := cloud.Maps(custom, "metrics[]")
	if len(queries) == 0 {
		for _, p := range []string{"metricName", "namespace", "statistic"} {
			if cloud.Str(custom, p) == "" {
				return cloud.Refuse(invalidScaling, trackingPage, "A customized metric needs %s", p)
			}
		}
		return nil
	}
	alike := make([]any, len(queries)) // the same queries in the shape of an alarm's
	for i, q := range queries {
		a := cloud.Map{"id": q["id"], "returnData": true}
		if given, ok := q["returnData"]; ok {
			a["returnData"] = given
		}
		if cloud.Has(q, "expression") {
			a["expression"] = q["expression"]
		}
		if cloud.Has(q, "metricStat") {
			a["metric"] = cloud.Map{"namespace": cloud.Str(q, "metricStat.metric.namespace"), "metricName": cloud.Str(q, "metricStat.metric.metricName")}
		}
		alike[i] = a
	}
	err := checkMath(&cloud.Resource{State: cloud.Map{"metricQueries": alike}})
	var refused *cloud.Error
	if errors.As(err, &refused) {
		return cloud.Refuse(invalidScaling, refused.Rule, "%s", refused.Message)
	}
	return err
}
