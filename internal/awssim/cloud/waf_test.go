package cloud

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func visibility(metric string) Map {
	return Map{"cloudwatchMetricsEnabled": true, "metricName": metric, "sampledRequestsEnabled": true}
}

func byteMatch(change Map) Map {
	return Map{"byteMatchStatement": with(Map{"fieldToMatch": Map{"uriPath": Map{}}, "positionalConstraint": "EXACTLY", "searchString": "/health-check",
		"textTransformations": []any{Map{"priority": 0.0, "type": "NONE"}}}, change)}
}

func managed(group string, overrides ...string) Map {
	var list []any
	for _, name := range overrides {
		list = append(list, Map{"name": name, "actionToUse": Map{"count": Map{}}})
	}
	return Map{"managedRuleGroupStatement": Map{"vendorName": "AWS", "name": group, "ruleActionOverrides": list}}
}

// webACL has a rule of each sort, and a change to one of them.
func webACL(rule int, change Map) Map {
	rules := []any{
		Map{"name": "checkers", "priority": 0.0, "action": Map{"allow": Map{}}, "visibilityConfig": visibility("a"),
			"statement": Map{"andStatement": Map{"statements": []any{byteMatch(nil), byteMatch(nil)}}}},
		Map{"name": "rate", "priority": 1.0, "action": Map{"block": Map{}}, "visibilityConfig": visibility("b"),
			"statement": Map{"rateBasedStatement": Map{"limit": 2000.0, "aggregateKeyType": "IP"}}},
		Map{"name": "common", "priority": 2.0, "overrideAction": Map{"none": Map{}}, "visibilityConfig": visibility("c"),
			"statement": managed("AWSManagedRulesCommonRuleSet", "NoUserAgent_HEADER")},
	}
	rules[rule] = with(rules[rule].(Map), change)
	return Map{"name": "edge", "scope": "REGIONAL", "defaultAction": Map{"allow": Map{}}, "visibilityConfig": visibility("all"), "rules": rules}
}

func TestWebACL(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, state := e.make(typeWebACL, with(webACL(0, nil), Map{"tags": Map{"a": "b"}}))
	arn := Str(state, "arn")
	require.Equal(t, "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/edge/"+id, arn)
	require.Equal(t, 1+2+2+2+700, Int(state, "capacity"))
	require.NotEmpty(t, state["lockToken"])
	require.Equal(t, Map{"a": "b"}, state["tagsAll"])

	balancer, _ := e.make(typeLoadBalancer, edgeBalancer())
	association := Map{"webAclArn": arn, "resourceArn": balancer}
	e.refused("WAFNonexistentItemException", typeWebAssociation, with(association, Map{"webAclArn": noARN}))
	e.refused("WAFNonexistentItemException", typeWebAssociation, with(association, Map{"resourceArn": noARN}))
	joined, _ := e.make(typeWebAssociation, association)
	require.Equal(t, arn+","+balancer, joined)
	e.refused("WAFAssociatedItemException", typeWebAssociation, association)
	require.Equal(t, "WAFAssociatedItemException", Code(e.gone(typeWebACL, id, nil)))
	require.NoError(t, e.gone(typeWebAssociation, joined, nil))
	require.NoError(t, e.gone(typeWebACL, id, nil))
	refusesInputs(t, typeWebAssociation, association, []badInput{{"webAclArn", "edge"}, {"resourceArn", "edge"}})
}

func TestWebACLRefusals(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, _ := e.make(typeWebACL, webACL(0, nil))
	e.refused("WAFDuplicateItemException", typeWebACL, webACL(0, nil))
	for _, test := range []struct {
		code   string
		inputs Map
	}{
		{wafInvalid, with(webACL(0, nil), Map{"scope": "CLOUDFRONT"})},
		{wafInvalid, webACL(1, Map{"name": "checkers"})},
		{wafInvalid, webACL(1, Map{"priority": 0.0})},
		{wafInvalid, webACL(1, Map{"visibilityConfig": visibility("all")})},
		{wafInvalid, webACL(1, Map{"action": nil})},
		{wafInvalid, webACL(2, Map{"overrideAction": nil})},
		{wafInvalid, webACL(2, Map{"overrideAction": nil, "action": Map{"block": Map{}}})},
		{wafInvalid, webACL(2, Map{"statement": managed("AWSManagedRulesCommonRuleSet", "NoSuchRule")})},
		{"WAFNonexistentItemException", webACL(2, Map{"statement": managed("AWSManagedRulesNone")})},
	} {
		e.refused(test.code, typeWebACL, with(test.inputs, Map{"name": "other"}))
		e.refusedChange(test.code, typeWebACL, id, test.inputs)
	}
	heavy := webACL(0, nil)
	for i := range 7 {
		name := fmt.Sprintf("common-%d", i)
		heavy["rules"] = append(heavy["rules"].([]any), Map{"name": name, "priority": float64(10 + i), "overrideAction": Map{"none": Map{}},
			"visibilityConfig": visibility(name), "statement": managed("AWSManagedRulesCommonRuleSet")})
	}
	e.refusedChange("WAFLimitsExceededException", typeWebACL, id, heavy)
	for i := range 99 {
		e.make(typeWebACL, with(webACL(0, nil), Map{"name": fmt.Sprintf("acl-%d", i)}))
	}
	e.refused("WAFLimitsExceededException", typeWebACL, with(webACL(0, nil), Map{"name": "other"}))
}

func TestWebACLChecks(t *testing.T) {
	t.Parallel()
	require.Empty(t, problems(typeWebACL, webACL(0, nil)))
	statement := func(s Map) Map { return webACL(0, Map{"statement": s}) }
	rate := func(change Map) Map {
		return webACL(1, Map{"statement": Map{"rateBasedStatement": with(Map{"limit": 2000.0}, change)}})
	}
	for name, bad := range map[string]Map{
		"name":             with(webACL(0, nil), Map{"name": "a b"}),
		"both names":       with(webACL(0, nil), Map{"namePrefix": "a"}),
		"scope":            with(webACL(0, nil), Map{"scope": "GLOBAL"}),
		"no default":       with(webACL(0, nil), Map{"defaultAction": Map{}}),
		"two defaults":     with(webACL(0, nil), Map{"defaultAction": Map{"allow": Map{}, "block": Map{}}}),
		"description":      with(webACL(0, nil), Map{"description": strings.Repeat("x", 257)}),
		"metric":           webACL(0, Map{"visibilityConfig": visibility("a.b")}),
		"rule name":        webACL(0, Map{"name": "a.b"}),
		"two actions":      webACL(0, Map{"action": Map{"allow": Map{}, "block": Map{}}}),
		"two statements":   statement(Map{"rateBasedStatement": Map{"limit": 10.0}, "geoMatchStatement": Map{}}),
		"unknown":          statement(Map{"geoMatchStatement": Map{}}),
		"and one":          statement(Map{"andStatement": Map{"statements": []any{byteMatch(nil)}}}),
		"inside and":       statement(Map{"andStatement": Map{"statements": []any{byteMatch(nil), byteMatch(Map{"searchString": ""})}}}),
		"no field":         statement(byteMatch(Map{"fieldToMatch": Map{}})),
		"position":         statement(byteMatch(Map{"positionalConstraint": "LIKE"})),
		"header case":      statement(byteMatch(Map{"fieldToMatch": Map{"singleHeader": Map{"name": "User-Agent"}}})),
		"no transform":     statement(byteMatch(Map{"textTransformations": nil})),
		"limit":            rate(Map{"limit": 9.0}),
		"aggregate":        rate(Map{"aggregateKeyType": "USER"}),
		"window":           rate(Map{"evaluationWindowSec": 90.0}),
		"response code":    webACL(1, Map{"action": Map{"block": Map{"customResponse": Map{"responseCode": 199.0}}}}),
		"not simulated":    with(webACL(0, nil), Map{"ruleJson": "[]"}),
		"unknown override": webACL(2, Map{"overrideAction": Map{}}),
	} {
		require.NotEmpty(t, problems(typeWebACL, bad), name)
	}
	for _, p := range []string{"name", "scope"} {
		require.True(t, kinds[typeWebACL].Replaces(p), p)
	}
	require.False(t, kinds[typeWebACL].Replaces("rules[0].priority"))
}

func TestWebLogging(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, state := e.make(typeWebACL, webACL(0, nil))
	_, group := e.make(typeLogGroup, Map{"name": "aws-waf-logs-edge"})
	_, other := e.make(typeLogGroup, Map{"name": "/edge/waf"})
	good := Map{"resourceArn": state["arn"], "logDestinationConfigs": List(group["arn"]),
		"redactedFields": []any{Map{"singleHeader": Map{"name": "cookie"}}},
		"loggingFilter": Map{"defaultBehavior": "DROP", "filters": []any{Map{"behavior": "KEEP", "requirement": "MEETS_ANY",
			"conditions": []any{Map{"actionCondition": Map{"action": "BLOCK"}}}}}}}
	e.refused("WAFNonexistentItemException", typeWebLogging, with(good, Map{"resourceArn": noARN}))
	e.refused(wafInvalid, typeWebLogging, with(good, Map{"logDestinationConfigs": List(other["arn"])}))
	e.refused(wafInvalid, typeWebLogging, with(good, Map{"logDestinationConfigs": List(group["arn"], other["arn"])}))
	e.refused("WAFLogDestinationPermissionIssueException", typeWebLogging, with(good, Map{"logDestinationConfigs": List(Str(group, "arn") + "-none")}))
	logging, _ := e.make(typeWebLogging, good)
	require.Equal(t, state["arn"], logging)
	e.refused("WAFDuplicateItemException", typeWebLogging, good)

	filter := func(change Map) any { return with(good["loggingFilter"].(Map), change) }
	filters := func(change Map) any {
		return filter(Map{"filters": []any{with(Maps(good, "loggingFilter.filters[]")[0], change)}})
	}
	refusesInputs(t, typeWebLogging, good, []badInput{
		{"resourceArn", "edge"}, {"logDestinationConfigs", List("logs")}, {"redactedFields", []any{Map{}}},
		{"loggingFilter", filter(Map{"defaultBehavior": "SAMPLE"})}, {"loggingFilter", filters(Map{"behavior": "LOSE"})},
		{"loggingFilter", filters(Map{"requirement": "MEETS_SOME"})}, {"loggingFilter", filters(Map{"conditions": []any{Map{}}})},
		{"loggingFilter", filters(Map{"conditions": []any{Map{"actionCondition": Map{"action": "DENY"}}}})},
	})
	require.NoError(t, e.gone(typeWebACL, id, nil), "logging goes with its ACL")
}
