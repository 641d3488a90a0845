package services

import (
	"fmt"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const failedDeployments = `{"source":["aws.ecs"],"detail-type":["ECS Deployment State Change"],"detail":{"eventName":["SERVICE_DEPLOYMENT_FAILED"]}}`

func TestEventRule(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	id, state := d.make(typeEventRule, cloud.Map{"name": "failed", "eventPattern": failedDeployments, "tags": cloud.Map{"a": "b"}})
	require.Equal(t, "failed", id)
	require.Equal(t, "arn:aws:events:eu-central-1:111122223333:rule/failed", state["arn"])
	require.Equal(t, defaultBus, state["eventBusName"])
	require.Equal(t, "ENABLED", state["state"])
	require.Equal(t, true, state["isEnabled"])
	require.Equal(t, cloud.Map{"a": "b"}, state["tagsAll"])
	_, off := d.make(typeEventRule, cloud.Map{"scheduleExpression": "rate(5 minutes)", "isEnabled": false})
	require.Equal(t, "DISABLED", off["state"])

	d.refused(eventsInvalid, typeEventRule, cloud.Map{"name": "failed", "eventPattern": failedDeployments})
	d.refused(eventsMissing, typeEventRule, cloud.Map{"eventBusName": "other", "eventPattern": failedDeployments})
	d.refused(eventsInvalid, typeEventRule, cloud.Map{"scheduleExpression": "rate(5 minute)"})
	d.refused(eventsInvalid, typeEventRule, cloud.Map{"scheduleExpression": "every day"})
	d.refused(eventsInvalid, typeEventRule, cloud.Map{"scheduleExpression": "rate(1 day)", "state": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"})
	d.refused("InvalidEventPatternException", typeEventRule, cloud.Map{"eventPattern": `{"source":"aws.ecs"}`})
	d.refused("LimitExceededException", typeEventRule, cloud.Map{"eventPattern": `{"source":["` + strings.Repeat("a", maxEventPattern) + `"]}`})
	refusesInputs(t, typeEventRule, cloud.Map{"name": "failed", "eventPattern": failedDeployments}, []badInput{
		{"name", "a b"}, {"name", strings.Repeat("a", 65)}, {"description", strings.Repeat("a", 513)}, {"state", "ON"}, {"roleArn", "role"},
		{"eventBusName", "a b"}, {"scheduleExpression", strings.Repeat("a", 257)}, {"eventPattern", "{"},
	})
	require.NotEmpty(t, problems(typeEventRule, cloud.Map{"name": "a"}))
	require.NotEmpty(t, problems(typeEventRule, cloud.Map{"name": "a", "namePrefix": "b", "eventPattern": failedDeployments}))
	require.NotEmpty(t, problems(typeEventRule, cloud.Map{"eventPattern": failedDeployments, "state": "ENABLED", "isEnabled": true}))
	require.NotEmpty(t, problems(typeEventRule, cloud.Map{"eventPattern": failedDeployments, "namePrefix": strings.Repeat("a", 39)}))
}

func TestEventTarget(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	topic, _ := d.make(typeTopic, cloud.Map{"name": "alarms"})
	d.make(typeTopicPolicy, cloud.Map{"arn": topic, "policy": publishPolicy(topic, map[string]string{"events": ""})})
	rule, _ := d.make(typeEventRule, cloud.Map{"name": "failed", "eventPattern": failedDeployments})
	in := cloud.Map{"rule": rule, "arn": topic, "targetId": "topic", "inputTransformer": cloud.Map{
		"inputPaths": cloud.Map{"service": "$.resources[0]", "reason": "$.detail.reason"}, "inputTemplate": `"failed: <service> <reason> <aws.events.rule-name>"`,
	}}
	id, _ := d.make(typeEventTarget, in)
	require.Equal(t, "failed-topic", id)
	_, auto := d.make(typeEventTarget, cloud.Map{"rule": rule, "arn": topic})
	require.Regexp(t, `^terraform-\w+$`, auto["targetId"])

	require.Equal(t, eventsInvalid, cloud.Code(d.gone(typeEventRule, rule, nil)), "it has targets")
	d.refused(eventsInvalid, typeEventTarget, in)
	other := with(in, cloud.Map{"targetId": "other"})
	d.refused(eventsMissing, typeEventTarget, with(other, cloud.Map{"rule": "none"}))
	d.refused(eventsMissing, typeEventTarget, with(other, cloud.Map{"eventBusName": "other"}))
	d.refused(eventsInvalid, typeEventTarget, with(other, cloud.Map{"arn": "arn:aws:lambda:eu-central-1:111122223333:function:f"}))
	d.refused(eventsInvalid, typeEventTarget, with(other, cloud.Map{"arn": "arn:aws:sns:us-east-1:111122223333:alarms"}))
	d.refused("ValidationError", typeEventTarget, with(other, cloud.Map{"arn": "arn:aws:sns:eu-central-1:111122223333:none"}))
	for i, good := range []string{`"plain"`, `{"a": <service>, "b": "<reason>"}`, "\"one <service>\"\n\"two\"", `"a < b \"<reason>\""`} {
		_, _, err := d.Create(t.Context(), home, typeEventTarget, with(other, cloud.Map{"targetId": fmt.Sprint("t", i),
			"inputTransformer": cloud.Map{"inputPaths": in["inputTransformer"].(cloud.Map)["inputPaths"], "inputTemplate": good}}))
		if i < 3 { // with the two from above a rule's five
			require.NoError(t, err, good)
		} else {
			require.Equal(t, "LimitExceededException", cloud.Code(err))
			require.NoError(t, checkInputTemplate("t", good, cloud.Map{"reason": "$.detail.reason"}))
		}
	}
	for _, bad := range []string{`plain`, `"<what>"`, `"<service>`, `{"a": }`, `"a" "b"`} {
		require.Error(t, checkInputTemplate("t", bad, cloud.Map{"service": "$.a"}), bad)
	}

	refusesInputs(t, typeEventTarget, cloud.Map{"rule": rule, "arn": topic}, []badInput{
		{"arn", "topic"}, {"roleArn", "role"}, {"rule", "a b"}, {"targetId", strings.Repeat("a", 65)}, {"input", "{"}, {"inputPath", "detail"},
		{"deadLetterConfig", cloud.Map{"arn": "queue"}}, {"retryPolicy", cloud.Map{"maximumRetryAttempts": 186.0}},
		{"inputTransformer", cloud.Map{"inputPaths": cloud.Map{"a": "$.b"}}},
		{"inputTransformer", cloud.Map{"inputTemplate": `"a"`, "inputPaths": cloud.Map{"AWSa": "$.b"}}},
		{"inputTransformer", cloud.Map{"inputTemplate": `"a"`, "inputPaths": cloud.Map{"a": "b"}}},
	})
	require.NotEmpty(t, problems(typeEventTarget, cloud.Map{"rule": rule, "arn": topic, "input": "{}", "inputPath": "$.detail"}))
	require.NotEmpty(t, problems(typeEventTarget, cloud.Map{"rule": rule, "arn": topic, "ecsTarget": cloud.Map{}}))
}
