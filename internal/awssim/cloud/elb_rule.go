package cloud

import (
	"fmt"
	"strings"
)

const typeListenerRule = "aws:lb/listenerRule:ListenerRule"

var _ = register(&Kind{
	Type: typeListenerRule, Service: "Elastic Load Balancing v2", Noun: "Rule",
	Replace:  []string{"listenerArn"},
	Required: []string{"listenerArn", "actions", "conditions"},
	Refs: []Ref{
		// Rules go with their listener.
		{Path: "listenerArn", To: typeListener, Free: true, Missing: Refusal{"ListenerNotFound", "One or more listeners not found", "ELB API, CreateRule"}},
		{Path: "actions[].targetGroupArn", To: typeTargetGroup, Missing: missingTargets},
	},
	Check: checkListenerRule,
	Create: func(t *Tx, r *Resource) error {
		listener, _ := t.Find(typeListener, "", r.Str("listenerArn"))
		r.ID = strings.Replace(listener.ID, ":listener/", ":listener-rule/", 1) + "/" + t.Hex(16)
		r.State["arn"] = r.ID
		return settleListenerRule(t, r)
	},
	Update: func(t *Tx, r *Resource, old Map) error {
		keep(r, old, "priority")
		return settleListenerRule(t, r)
	},
})

func checkListenerRule(c *Checker) {
	c.Between("priority", 1, 50000)
	c.OneOf("actions[].type", "forward", "redirect", "fixed-response", "authenticate-cognito", "authenticate-oidc")
	c.Length("conditions[].pathPattern.values[]", 1, 128)
	for i, a := range Maps(c.In, "actions[]") {
		checkAction(c, fmt.Sprintf("actions[%d]", i), a)
	}
	for i, condition := range Maps(c.In, "conditions[]") {
		if len(condition) != 1 {
			c.Fail(fmt.Sprintf("conditions[%d]", i), "exactly one condition must be set, %d are", len(condition))
		}
	}
}

// settleListenerRule refuses a priority that another rule of the listener has, gives the next one to a rule without,
// and looks at where the rule sends to.
func settleListenerRule(t *Tx, r *Resource) error {
	next := 1
	for _, other := range t.All(typeListenerRule) {
		if other.ID == r.ID || other.Str("listenerArn") != r.Str("listenerArn") {
			continue
		}
		if Has(r.State, "priority") && other.Int("priority") == r.Int("priority") {
			return Refuse("PriorityInUse", "facts 70", "Priority '%d' is currently in use", r.Int("priority"))
		}
		next = max(next, other.Int("priority")+1)
	}
	// "Quotas for your Application Load Balancers": values of all conditions of a rule together.
	if n := len(r.Strs("conditions[].pathPattern.values[]")); n > 5 {
		return Refuse("ValidationError", "ELB User Guide, Quotas", "A rule can only have '5' condition values")
	}
	listener, _ := t.Find(typeListener, "", r.Str("listenerArn"))
	balancer, _ := t.Find(typeLoadBalancer, "", listener.Str("loadBalancerArn"))
	for _, arn := range r.Strs("actions[].targetGroupArn") {
		if g, _ := t.Find(typeTargetGroup, "", arn); g.Str("vpcId") != balancer.Str("vpcId") {
			return Refuse("InvalidConfigurationRequest", "ELB API, CreateRule", "The following target groups are not in the load balancer's VPC: %s", arn)
		}
	}
	computed(r, Map{"priority": float64(next)})
	tagsAll(r)
	return nil
}
