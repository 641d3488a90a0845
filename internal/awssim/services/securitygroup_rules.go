package services

import (
	"slices"
	"strconv"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeIngressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	typeEgressRule  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

// rulesPerGroup is the default quota in each direction (facts 21).
const rulesPerGroup = 60

var missingPrefixList = cloud.Refusal{Code: "InvalidPrefixListID.NotFound", Message: "The prefix list ID '{value}' does not exist", Rule: ec2Codes}

// rulePeers are the inputs of which a rule has one: whom it lets in or out.
var rulePeers = []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}

var _ = cloud.Register(
	ruleKind("Ingress", cloud.Kind{
		Type: typeIngressRule,
	}),
	ruleKind("Egress", cloud.Kind{
		Type: typeEgressRule,
	}),
)

// ruleKind is a type of rules in one direction, with what is the same in both.
func ruleKind(direction string, k cloud.Kind) *cloud.Kind {
	k.Service, k.Noun, k.Swaps, k.TaggedAs = "EC2", "SecurityGroupRule", rulePeers, "ec2:security-group-rule/"
	k.CreateCall, k.UpdateCall, k.DeleteCall = "AuthorizeSecurityGroup"+direction, "ModifySecurityGroupRules", "RevokeSecurityGroup"+direction
	k.Calls = cloud.Calls{Create: "ec2:" + k.CreateCall + " ec2:CreateTags", Read: "ec2:DescribeSecurityGroupRules", Update: "ec2:" + k.UpdateCall + ec2Tags, Remove: "ec2:" + k.DeleteCall}
	k.Timing = cloud.Timing{Create: cloud.Secs(2, 1, 5), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
		Source: "facts, section 1: security group rule, 3 logs"}
	k.Refs = []cloud.Ref{
		{Path: "securityGroupId", To: typeSecurityGroup, Missing: missingGroup, Free: true}, // goes with its group
		{Path: "referencedSecurityGroupId", To: typeSecurityGroup, Missing: missingGroup, Free: true},
	}
	k.Quota = &cloud.Quota{Max: rulesPerGroup, Per: "securityGroupId", Refusal: cloud.Refusal{Code: "RulesPerSecurityGroupLimitExceeded",
		Message: "The maximum number of rules per security group has been reached.", Rule: "facts 21"}}
	k.Check = checkRule
	k.Create = func(t *cloud.Tx, r *cloud.Resource) error {
		if err := admissible(t, r); err != nil {
			return err
		}
		r.ID = t.ID("sgr")
		r.State["securityGroupRuleId"], r.State["arn"] = r.ID, t.ARN("ec2", "security-group-rule/"+r.ID)
		return nil
	}
	k.Update = func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return admissible(t, r) }
	// A rule keeps the group that it names, unless that is its own.
	k.Holds = func(t *cloud.Tx, r *cloud.Resource) []*cloud.Resource {
		named, ok := t.Find(typeSecurityGroup, "", r.Str("referencedSecurityGroupId"))
		if !ok || named.ID == r.Str("securityGroupId") {
			return nil
		}
		return []*cloud.Resource{named}
	}
	return &k
}

func checkRule(c *cloud.Checker) {
	c.ExactlyOne(rulePeers...)
	if protocol, ok := c.String("ipProtocol"); ok && protocolOf(protocol) == "-1" {
		for _, p := range []string{"fromPort", "toPort"} {
			if cloud.Has(c.In, p) {
				c.Fail(p, "must not be set when ipProtocol is %q, which means all protocols and ports", protocol)
			}
		}
	}
}

var protocols = map[string]string{
	"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp", "icmp": "icmp", "1": "icmp", "icmpv6": "icmpv6", "58": "icmpv6", "-1": "-1", "all": "-1",
}

// protocolOf returns the form in which AWS holds a protocol: by name if it has one there, by number else, "" if it
// knows none (EC2 API, IpPermission).
func protocolOf(given string) string {
	if name, ok := protocols[given]; ok {
		return name
	}
	if n, err := strconv.Atoi(given); err == nil && n >= 0 && n <= 255 {
		return strconv.Itoa(n)
	}
	return ""
}

// admissible refuses a rule that AWS does not understand, that its group has already, or that names a group of another
// VPC.
func admissible(t *cloud.Tx, r *cloud.Resource) error {
	const rule = "EC2 API, AuthorizeSecurityGroupIngress"
	from, to := r.Int("fromPort"), r.Int("toPort")
	protocol := protocolOf(r.Str("ipProtocol"))
	ports := protocol == "tcp" || protocol == "udp"
	switch {
	case protocol == "":
		return cloud.Refuse("InvalidParameterValue", rule, "Invalid value '%s' for IP protocol. Unknown protocol.", r.Str("ipProtocol"))
	case ports && !(cloud.Has(r.State, "fromPort") && cloud.Has(r.State, "toPort")):
		return cloud.Refuse("InvalidParameterValue", rule, "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
	case ports && (from < 0 || to < from):
		return cloud.Refuse("InvalidParameterValue", rule, "Invalid value '%d-%d' for portRange", from, to)
	case !groupText.MatchString(r.Str("description")) || len(r.Str("description")) > 255:
		return cloud.Refuse("InvalidParameterValue", rule, "Invalid rule description. "+groupTextRule, "descriptions")
	}
	own, _ := t.Find(typeSecurityGroup, "", r.Str("securityGroupId"))
	if other, ok := t.Find(typeSecurityGroup, "", r.Str("referencedSecurityGroupId")); ok && other.Str("vpcId") != own.Str("vpcId") {
		return cloud.Refuse("InvalidGroup.NotFound", ec2Codes, "You have specified two resources that belong to different networks.")
	}
	if list := r.Str("prefixListId"); list != "" && !isPrefixList(t, list) {
		f := missingPrefixList.Fill("{value}", list)
		return f.AsError()
	}
	same := func(o *cloud.Resource) bool {
		return o.ID != r.ID && o.Str("securityGroupId") == own.ID && peerOf(o) == peerOf(r) &&
			protocolOf(o.Str("ipProtocol")) == protocol && o.Int("fromPort") == from && o.Int("toPort") == to
	}
	if slices.ContainsFunc(t.All(r.Type), same) {
		return cloud.Refuse("InvalidPermission.Duplicate", "facts 15", `the specified rule "peer: %s, %s, from port: %d, to port: %d, ALLOW" already exists`,
			peerOf(r), protocol, from, to)
	}
	return nil
}

func peerOf(r *cloud.Resource) string {
	for _, p := range rulePeers {
		if v := r.Str(p); v != "" {
			return v
		}
	}
	return ""
}
