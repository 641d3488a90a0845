package services

import (
	"fmt"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func visibility(metric string) cloud.Map {
	return cloud.Map{"cloudwatchMetricsEnabled": true, "metricName": metric, "sampledRequestsEnabled": true}
}

func byteMatch(change cloud.Map) cloud.Map {
	return cloud.Map{"byteMatchStatement": with(cloud.Map{"fieldToMatch": cloud.Map{"uriPath": cloud.Map{}}, "positionalConstraint": "EXACTLY", "searchString": "/health-check",
		"textTransformations": []any{cloud.Map{"priority": 0.0, "type": "NONE"}}}, change)}
}

func managed(group string, overrides ...string) cloud.Map {
	var list []any
	for _, name := range overrides {
		list = append(list, cloud.Map{"name": name, "actionToUse": cloud.Map{"count": cloud.Map{}}})
	}
	return cloud.Map{"managedRuleGroupStatement": cloud.Map{"vendorName": "AWS", "name": group, "ruleActionOverrides": list}}
}

// webACL has a rule of each sort, and a change to one of them.
func webACL(rule int, change cloud.Map) cloud.Map {
	rules := []any{
		cloud.Map{"name": "checkers", "priority": 0.0, "action": cloud.Map{"allow": cloud.Map{}}, "visibilityConfig": visibility("a"),
			"statement": cloud.Map{"andStatement": cloud.Map{"statements": []any{byteMatch(nil), byteMatch(nil)}}}},
		cloud.Map{"name": "rate", "priority": 1.0, "action": cloud.Map{"block": cloud.Map{}}, "visibilityConfig": visibility("b"),
			"statement": cloud.Map{"rateBasedStatement": cloud.Map{"limit": 2000.0, "aggregateKeyType": "IP"}}},
		cloud.Map{"name": "common", "priority": 2.0, "overrideAction": cloud.Map{"none": cloud.Map{}}, "visibilityConfig": visibility("c"),
			"statement": managed("AWSManagedRulesCommonRuleSet", "NoUserAgent_HEADER")},
	}
	rules[rule] = with(rules[rule].(cloud.Map), change)
	return cloud.Map{"name": "edge", "scope": "REGIONAL", "defaultAction": cloud.Map{"allow": cloud.Map{}}, "visibilityConfig": visibility("all"), "rules": rules}
}

func TestWebACL(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	// Rules may share a metric, which then counts for all of them (cloud-gov/terraform-provision pull request 1636).
	id, state := e.make(typeWebACL, with(webACL(1, cloud.Map{"visibilityConfig": visibility("a")}), cloud.Map{"tags": cloud.Map{"a": "b"}}))
	arn := cloud.Str(state, "arn")
	require.Equal(t, "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/edge/"+id, arn)
	require.Equal(t, 1+2+2+2+700, cloud.Int(state, "capacity"))
	require.NotEmpty(t, state["lockToken"])
	require.Equal(t, cloud.Map{"a": "b"}, state["tagsAll"])

	balancer, _ := e.make(typeLoadBalancer, edgeBalancer())
	association := cloud.Map{"webAclArn": arn, "resourceArn": balancer}
	e.refused("WAFNonexistentItemException", typeWebAssociation, with(association, cloud.Map{"webAclArn": noARN}))
	e.refused("WAFNonexistentItemException", typeWebAssociation, with(association, cloud.Map{"resourceArn": noARN}))
	joined, _ := e.make(typeWebAssociation, association)
	require.Equal(t, arn+","+balancer, joined)
	e.refused("WAFAssociatedItemException", typeWebAssociation, association)
	require.Equal(t, "WAFAssociatedItemException", cloud.Code(e.gone(typeWebACL, id, nil)))
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
		inputs cloud.Map
	}{
		{wafInvalid, with(webACL(0, nil), cloud.Map{"scope": "CLOUDFRONT"})},
		{wafInvalid, webACL(1, cloud.Map{"name": "checkers"})},
		{wafInvalid, webACL(1, cloud.Map{"priority": 0.0})},
		{wafInvalid, webACL(1, cloud.Map{"action": nil})},
		{wafInvalid, webACL(2, cloud.Map{"overrideAction": nil})},
		{wafInvalid, webACL(2, cloud.Map{"overrideAction": nil, "action": cloud.Map{"block": cloud.Map{}}})},
		{wafInvalid, webACL(2, cloud.Map{"statement": managed("AWSManagedRulesCommonRuleSet", "NoSuchRule")})},
		{"WAFNonexistentItemException", webACL(2, cloud.Map{"statement": managed("AWSManagedRulesNone")})},
	} {
		e.refused(test.code, typeWebACL, with(test.inputs, cloud.Map{"name": "other"}))
		e.refusedChange(test.code, typeWebACL, id, test.inputs)
	}
	heavy := webACL(0, nil)
	for i := range 7 {
		name := fmt.Sprintf("common-%d", i)
		heavy["rules"] = append(heavy["rules"].([]any), cloud.Map{"name": name, "priority": float64(10 + i), "overrideAction": cloud.Map{"none": cloud.Map{}},
			"visibilityConfig": visibility(name), "statement": managed("AWSManagedRulesCommonRuleSet")})
	}
	e.refusedChange("WAFLimitsExceededException", typeWebACL, id, heavy)
	for i := range 99 {
		e.make(typeWebACL, with(webACL(0, nil), cloud.Map{"name": fmt.Sprintf("acl-%d", i)}))
	}
	e.refused("WAFLimitsExceededException", typeWebACL, with(webACL(0, nil), cloud.Map{"name": "other"}))
}

func TestWebACLChecks(t *testing.T) {
	t.Parallel()
	require.Empty(t, problems(typeWebACL, webACL(0, nil)))
	statement := func(s cloud.Map) cloud.Map { return webACL(0, cloud.Map{"statement": s}) }
	rate := func(change cloud.Map) cloud.Map {
		return webACL(1, cloud.Map{"statement": cloud.Map{"rateBasedStatement": with(cloud.Map{"limit": 2000.0}, change)}})
	}
	for name, bad := range map[string]cloud.Map{
		"name":             with(webACL(0, nil), cloud.Map{"name": "a b"}),
		"both names":       with(webACL(0, nil), cloud.Map{"namePrefix": "a"}),
		"scope":            with(webACL(0, nil), cloud.Map{"scope": "GLOBAL"}),
		"no default":       with(webACL(0, nil), cloud.Map{"defaultAction": cloud.Map{}}),
		"two defaults":     with(webACL(0, nil), cloud.Map{"defaultAction": cloud.Map{"allow": cloud.Map{}, "block": cloud.Map{}}}),
		"description":      with(webACL(0, nil), cloud.Map{"description": strings.Repeat("x", 257)}),
		"metric":           webACL(0, cloud.Map{"visibilityConfig": visibility("a.b")}),
		"rule name":        webACL(0, cloud.Map{"name": "a.b"}),
		"two actions":      webACL(0, cloud.Map{"action": cloud.Map{"allow": cloud.Map{}, "block": cloud.Map{}}}),
		"two statements":   statement(cloud.Map{"rateBasedStatement": cloud.Map{"limit": 10.0}, "geoMatchStatement": cloud.Map{}}),
		"unknown":          statement(cloud.Map{"geoMatchStatement": cloud.Map{}}),
		"and one":          statement(cloud.Map{"andStatement": cloud.Map{"statements": []any{byteMatch(nil)}}}),
		"inside and":       statement(cloud.Map{"andStatement": cloud.Map{"statements": []any{byteMatch(nil), byteMatch(cloud.Map{"searchString": ""})}}}),
		"no field":         statement(byteMatch(cloud.Map{"fieldToMatch": cloud.Map{}})),
		"position":         statement(byteMatch(cloud.Map{"positionalConstraint": "LIKE"})),
		"header case":      statement(byteMatch(cloud.Map{"fieldToMatch": cloud.Map{"singleHeader": cloud.Map{"name": "User-Agent"}}})),
		"no transform":     statement(byteMatch(cloud.Map{"textTransformations": nil})),
		"limit":            rate(cloud.Map{"limit": 9.0}),
		"aggregate":        rate(cloud.Map{"aggregateKeyType": "USER"}),
		"window":           rate(cloud.Map{"evaluationWindowSec": 90.0}),
		"response code":    webACL(1, cloud.Map{"action": cloud.Map{"block": cloud.Map{"customResponse": cloud.Map{"responseCode": 199.0}}}}),
		"not simulated":    with(webACL(0, nil), cloud.Map{"ruleJson": "[]"}),
		"unknown override": webACL(2, cloud.Map{"overrideAction": cloud.Map{}}),
	} {
		require.NotEmpty(t, problems(typeWebACL, bad), name)
	}
	for _, p := range []string{"name", "scope"} {
		require.True(t, cloud.KindOf(typeWebACL).Replaces(p), p)
	}
	require.False(t, cloud.KindOf(typeWebACL).Replaces("rules[0].priority"))
}

func TestWebLogging(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, state := e.make(typeWebACL, webACL(0, nil))
	_, group := e.make(typeLogGroup, cloud.Map{"name": "aws-waf-logs-edge"})
	_, other := e.make(typeLogGroup, cloud.Map{"name": "/edge/waf"})
	good := cloud.Map{"resourceArn": state["arn"], "logDestinationConfigs": cloud.List(group["arn"]),
		"redactedFields": []any{cloud.Map{"singleHeader": cloud.Map{"name": "cookie"}}},
		"loggingFilter": cloud.Map{"defaultBehavior": "DROP", "filters": []any{cloud.Map{"behavior": "KEEP", "requirement": "MEETS_ANY",
			"conditions": []any{cloud.Map{"actionCondition": cloud.Map{"action": "BLOCK"}}}}}}}
	e.refused("WAFNonexistentItemException", typeWebLogging, with(good, cloud.Map{"resourceArn": noARN}))
	e.refused(wafInvalid, typeWebLogging, with(good, cloud.Map{"logDestinationConfigs": cloud.List(other["arn"])}))
	e.refused(wafInvalid, typeWebLogging, with(good, cloud.Map{"logDestinationConfigs": cloud.List(group["arn"], other["arn"])}))
	e.refused("WAFLogDestinationPermissionIssueException", typeWebLogging, with(good, cloud.Map{"logDestinationConfigs": cloud.List(cloud.Str(group, "arn") + "-none")}))
	logging, _ := e.make(typeWebLogging, good)
	require.Equal(t, state["arn"], logging)
	e.refused("WAFDuplicateItemException", typeWebLogging, good)

	filter := func(change cloud.Map) any { return with(good["loggingFilter"].(cloud.Map), change) }
	filters := func(change cloud.Map) any {
		return filter(cloud.Map{"filters": []any{with(cloud.Maps(good, "loggingFilter.filters[]")[0], change)}})
	}
	refusesInputs(t, typeWebLogging, good, []badInput{
		{"resourceArn", "edge"}, {"logDestinationConfigs", cloud.List("logs")}, {"redactedFields", []any{cloud.Map{}}},
		{"loggingFilter", filter(cloud.Map{"defaultBehavior": "SAMPLE"})}, {"loggingFilter", filters(cloud.Map{"behavior": "LOSE"})},
		{"loggingFilter", filters(cloud.Map{"requirement": "MEETS_SOME"})}, {"loggingFilter", filters(cloud.Map{"conditions": []any{cloud.Map{}}})},
		{"loggingFilter", filters(cloud.Map{"conditions": []any{cloud.Map{"actionCondition": cloud.Map{"action": "DENY"}}}})},
	})
	require.NoError(t, e.gone(typeWebACL, id, nil), "logging goes with its ACL")
}
