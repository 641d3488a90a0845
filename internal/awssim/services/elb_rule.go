package services

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeListenerRule = "aws:lb/listenerRule:ListenerRule"

// Limits of the rules of one load balancer ("Quotas for your Application Load Balancers").
const (
	rulesPerBalancer  = 100
	conditionsPerRule = 5 // values of all conditions together
)

var _ = cloud.Register(&cloud.Kind{
	Type: typeListenerRule, Service: "Elastic Load Balancing v2", Noun: "Rule",
	Unmodelled: strings.Fields("actions[].authenticateCognito actions[].authenticateOidc"),
	Refs: []cloud.Ref{
		// Rules go with their listener.
		{Path: "listenerArn", To: typeListener, Free: true, Missing: cloud.Refusal{Code: "ListenerNotFound", Message: "One or more listeners not found", Rule: "ELB API, CreateRule"}},
		{Path: "actions[].targetGroupArn", To: typeTargetGroup, Missing: missingTargets},
		{Path: "actions[].forward.targetGroups[].arn", To: typeTargetGroup, Missing: missingTargets},
	},
	Check: checkListenerRule,
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		listener, _ := t.Find(typeListener, "", r.Str("listenerArn"))
		r.ID = strings.Replace(listener.ID, ":listener/", ":listener-rule/", 1) + "/" + t.Hex(16)
		r.State["arn"] = r.ID
		return applyListenerRule(t, r)
	},
	Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyListenerRule(t, r) },
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
		Source: "facts, section 1: listener rule, 2 logs"},
	Calls: cloud.Calls{Create: "elasticloadbalancing:CreateRule elasticloadbalancing:AddTags", Read: "elasticloadbalancing:DescribeRules elasticloadbalancing:DescribeTags",
		Update: "elasticloadbalancing:ModifyRule elasticloadbalancing:SetRulePriorities elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags", Remove: "elasticloadbalancing:DeleteRule"},
	TaggedAs: "elasticloadbalancing:listener-rule/",
})

var (
	pathPattern  = regexp.MustCompile(`^[A-Za-z0-9_.$/~"'@:+&?*-]+$`) // PathPatternConfig, ELB API
	conditionSet = []string{"hostHeader", "httpHeader", "httpRequestMethod", "pathPattern", "queryStrings", "sourceIp"}
)

// checkListenerRule holds what the provider checks (elbv2/listener_rule.go).
func checkListenerRule(c *cloud.Checker) {
	checkActions(c, "actions")
	for i, condition := range cloud.Maps(c.In, "conditions[]") {
		path := fmt.Sprintf("conditions[%d]", i)
		given := 0
		for _, p := range conditionSet {
			if cloud.Has(condition, p) {
				given++
			}
		}
		if given != 1 {
			c.Fail(path, "exactly one of %q must be set in a condition block, %d are", conditionSet, given)
		}
	}
}

func applyListenerRule(t *cloud.Tx, r *cloud.Resource) error {
	listener, _ := t.Find(typeListener, "", r.Str("listenerArn"))
	balancer := listener.Str("loadBalancerArn")
	if err := rulePriority(t, r, balancer); err != nil {
		return err
	}
	values := 0
	for _, p := range conditionSet {
		values += len(r.Strs("conditions[]."+p+".values[]")) + len(cloud.At(r.State, "conditions[]."+p+"[]."+"value"))
	}
	if values > conditionsPerRule {
		return cloud.Refuse("ValidationError", "ELB User Guide, Quotas", "A rule can only have '%d' condition values", conditionsPerRule)
	}
	for _, pattern := range r.Strs("conditions[].pathPattern.values[]") {
		if !pathPattern.MatchString(pattern) {
			return cloud.Refuse("ValidationError", "ELB API, PathPatternConditionConfig", "The path pattern '%s' holds a character that is not allowed", pattern)
		}
	}
	if err := applyActions(t, r, "actions", balancer); err != nil {
		return err
	}
	return nil
}

// rulePriority refuses a priority that another rule of the listener has, and gives the next one to a rule without.
func rulePriority(t *cloud.Tx, r *cloud.Resource, balancer string) error {
	count, next := 0, 1
	for _, other := range t.All(typeListenerRule) {
		listener, ok := t.Find(typeListener, "", other.Str("listenerArn"))
		if other.ID == r.ID || !ok || listener.Str("loadBalancerArn") != balancer {
			continue
		}
		count++
		if other.Str("listenerArn") != r.Str("listenerArn") {
			continue
		}
		if cloud.Has(r.State, "priority") && other.Int("priority") == r.Int("priority") {
			return cloud.Refuse("PriorityInUse", "facts 70", "Priority '%d' is currently in use", r.Int("priority"))
		}
		next = max(next, other.Int("priority")+1)
	}
	if count >= rulesPerBalancer {
		return cloud.Refuse("TooManyRules", "facts 21", "The maximum number of rules has been reached.")
	}
	cloud.Computed(r, cloud.Map{"priority": float64(next)})
	return nil
}

// balancersOf returns the load balancers that forward to a target group, by a listener or a rule.
func balancersOf(t *cloud.Tx, group string) []any {
	out := cloud.List[any]()
	for _, typ := range []string{typeListener, typeListenerRule} {
		for r := range t.Each(typ) {
			if !slices.Contains(forwards(r), group) {
				continue
			}
			if arn := balancerOf(t, r); !slices.Contains(out, any(arn)) {
				out = append(out, arn)
			}
		}
	}
	return out
}

// balancerOf returns the load balancer of a listener or of a listener's rule.
func balancerOf(t *cloud.Tx, r *cloud.Resource) string {
	if listener, ok := t.Find(typeListener, "", r.Str("listenerArn")); ok {
		return listener.Str("loadBalancerArn")
	}
	return r.Str("loadBalancerArn")
}
