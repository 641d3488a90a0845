package services

import (
	"fmt"
	"maps"
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// actionBlocks are the blocks of which an action of a type needs one, and the only ones it may have.
var actionBlocks = map[string][]string{
	"forward": {"targetGroupArn", "forward"}, "redirect": {"redirect"}, "fixed-response": {"fixedResponse"},
	"authenticate-cognito": {"authenticateCognito"}, "authenticate-oidc": {"authenticateOidc"},
}

// checkActions holds what the provider checks of a listener's or a rule's actions (elbv2/listener.go).
func checkActions(c *cloud.Checker, path string) {
	c.OneOf(path+"[].type", slices.Sorted(maps.Keys(actionBlocks))...)
	if cloud.Has(c.In, path) && !cloud.IsUnknown(c.In[path]) && len(cloud.At(c.In, path+"[]")) == 0 {
		c.Fail(path, "at least one action is needed")
	}
	for i, a := range cloud.Maps(c.In, path+"[]") {
		kind, ok := cloud.Known[string](a, "type")
		blocks := actionBlocks[kind]
		given := 0
		for _, p := range blocks {
			if cloud.Has(a, p) {
				given++
			}
		}
		if ok && len(blocks) > 0 && given != 1 {
			c.Fail(fmt.Sprintf("%s[%d]", path, i), "an action of type %s needs exactly one of %q", kind, blocks)
		}
	}
}

// forwards returns the target groups that a listener or a rule sends to.
func forwards(r *cloud.Resource) []string {
	var out []string
	for _, p := range []string{"defaultActions[]", "actions[]"} {
		out = append(out, r.Strs(p+".targetGroupArn")...)
		out = append(out, r.Strs(p+".forward.targetGroups[].arn")...)
	}
	return out
}

// applyActions holds the rules that ELB has for the actions of a listener or of a rule on a load balancer.
func applyActions(t *cloud.Tx, r *cloud.Resource, path, balancerArn string) error {
	actions := cloud.Maps(r.State, path+"[]")
	routing := 0
	for i, a := range actions {
		if a["order"] == nil {
			a["order"] = float64(i + 1)
		}
		if kind := cloud.Str(a, "type"); kind == "forward" || kind == "redirect" || kind == "fixed-response" {
			routing++
		}
		if redirect, ok := a["redirect"].(cloud.Map); ok && loops(redirect) {
			return cloud.Refuse("InvalidLoadBalancerAction", "ELB API, RedirectActionConfig", "The redirect configuration is not valid because it creates a loop.")
		}
	}
	if routing != 1 {
		return cloud.Refuse("InvalidLoadBalancerAction", "ELB API, CreateRule: Actions",
			"The actions must include exactly one of forward, fixed-response or redirect, not %d", routing)
	}
	return applyForwards(t, r, balancerArn)
}

// loops reports whether a redirect changes nothing of the request. What is not given stays as it is.
func loops(redirect cloud.Map) bool {
	for p, keeps := range map[string]string{"protocol": "#{protocol}", "host": "#{host}", "path": "/#{path}", "port": "#{port}"} {
		if v, set := redirect[p]; set && v != keeps {
			return false
		}
	}
	return true
}

// applyForwards refuses target groups of another VPC than the load balancer's, and those that another one uses.
func applyForwards(t *cloud.Tx, r *cloud.Resource, balancerArn string) error {
	balancer, _ := t.Find(typeLoadBalancer, "", balancerArn)
	for _, arn := range forwards(r) {
		if slices.ContainsFunc(balancersOf(t, arn), func(b any) bool { return b != balancerArn }) {
			return cloud.Refuse("TargetGroupAssociationLimit", "facts 68",
				"The following target groups cannot be associated with more than one load balancer: %s", arn)
		}
		if g, _ := t.Find(typeTargetGroup, "", arn); g.Str("vpcId") != balancer.Str("vpcId") {
			return cloud.Refuse("InvalidConfigurationRequest", "ELB API, CreateListener", "The following target groups are not in the load balancer's VPC: %s", arn)
		}
	}
	return nil
}
