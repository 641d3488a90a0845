package services

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeNetworkACL        = "aws:ec2/networkAcl:NetworkAcl"
	typeDefaultNetworkACL = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
	typeACLAssociation    = "aws:ec2/networkAclAssociation:NetworkAclAssociation"
	typeDefaultRouteTable = "aws:ec2/defaultRouteTable:DefaultRouteTable"
)

var missingACL = cloud.Refusal{Code: "InvalidNetworkAclID.NotFound", Message: "The networkAcl ID '{value}' does not exist", Rule: "EC2 API, error codes"}

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeNetworkACL, Service: "EC2", Noun: "NetworkAcl", UpdateCall: "ReplaceNetworkAclEntry",
		Refs:  []cloud.Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &cloud.Quota{Max: 200, Per: "vpcId", Refusal: cloud.Refusal{Code: "NetworkAclLimitExceeded", Message: "The maximum number of network ACLs has been reached.", Rule: "Amazon VPC quotas"}},
		Check: func(c *cloud.Checker) {
			checkACLRules(c, "ingress")
			checkACLRules(c, "egress")
			c.Unmodelled("subnetIds") // each subnet has an association of its own
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = t.ID("acl")
			return applyACL(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyACL(t, r) },
		// The provider gives its subnets back to the default ACL first, whoever associated them (ec2/vpc_network_acl.go,
		// resourceNetworkACLDelete); AWS alone would refuse.
		Delete: func(t *cloud.Tx, r *cloud.Resource) error {
			removeAll(t, typeACLAssociation, "networkAclId", r.ID)
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(1, 1, 4), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(1, 0, 1),
			Source: "as a route table with entries (guess)"},
		Calls: cloud.Calls{Create: "ec2:CreateNetworkAcl ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry ec2:CreateTags", Read: "ec2:DescribeNetworkAcls",
			Update: "ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry" + ec2Tags, Remove: "ec2:DeleteNetworkAcl ec2:ReplaceNetworkAclAssociation"},
		TaggedAs: "ec2:network-acl/",
	},
	&cloud.Kind{
		Type: typeDefaultNetworkACL, Service: "EC2", Noun: "NetworkAcl", Overwrites: true, CreateCall: "DeleteNetworkAclEntry", UpdateCall: "ReplaceNetworkAclEntry",
		Refs: []cloud.Ref{{Path: "defaultNetworkAclId", To: typeVPC, Key: "defaultNetworkAclId", Missing: missingACL, Free: true}}, // goes with its VPC
		Check: func(c *cloud.Checker) {
			checkACLRules(c, "ingress")
			checkACLRules(c, "egress")
			c.Unmodelled("subnetIds") // each subnet has an association of its own
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("defaultNetworkAclId")
			vpc, _ := t.Find(typeVPC, "defaultNetworkAclId", r.ID)
			r.State["vpcId"] = vpc.ID
			return applyACL(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyACL(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 1, 4), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(0, 0, 0),
			Source: "as a route table with entries (guess)"},
		Calls: cloud.Calls{Create: "ec2:CreateTags ec2:DeleteNetworkAclEntry ec2:ReplaceNetworkAclAssociation", Read: "ec2:DescribeNetworkAcls",
			Update: "ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry ec2:ReplaceNetworkAclAssociation" + ec2Tags, Remove: ""},
		TaggedAs: "ec2:network-acl/",
	},
	&cloud.Kind{
		Type: typeACLAssociation, Service: "EC2", Noun: "NetworkAclAssociation", CreateCall: "ReplaceNetworkAclAssociation",
		DeleteCall: "ReplaceNetworkAclAssociation", // back to the VPC's default ACL
		Refs: []cloud.Ref{
			{Path: "networkAclId", To: typeNetworkACL, Missing: missingACL, Free: true},
			{Path: "subnetId", To: typeSubnet, Missing: missingNet, Free: true}, // goes with its subnet
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			acl, _ := t.Find(typeNetworkACL, "", r.Str("networkAclId"))
			subnet, _ := t.Find(typeSubnet, "", r.Str("subnetId"))
			if acl.Str("vpcId") != subnet.Str("vpcId") {
				return cloud.Refuse("InvalidParameterValue", "EC2 API, ReplaceNetworkAclAssociation",
					"networkAcl %s and subnet %s belong to different networks", acl.ID, subnet.ID)
			}
			// AWS lets the latest association win; two resources for one subnet would undo each other for ever.
			for _, other := range t.All(typeACLAssociation) {
				if other.Str("subnetId") == subnet.ID && other.Str("networkAclId") != acl.ID {
					return fmt.Errorf("subnet %s is associated with network ACL %s by another resource", subnet.ID, other.Str("networkAclId"))
				}
				if other.Str("subnetId") == subnet.ID {
					t.Remove(other) // made again: its id is gone with the replacement
				}
			}
			r.ID = t.ID("aclassoc")
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(0.5, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
			Source: "as a route table's association (guess)"},
		Calls: cloud.Calls{Create: "ec2:ReplaceNetworkAclAssociation", Read: "ec2:DescribeNetworkAcls", Update: "", Remove: "ec2:ReplaceNetworkAclAssociation"},
	},
	&cloud.Kind{
		Type: typeDefaultRouteTable, Service: "EC2", Noun: "RouteTable", Overwrites: true, CreateCall: "DeleteRoute", UpdateCall: "ReplaceRoute",
		Refs: []cloud.Ref{{Path: "defaultRouteTableId", To: typeVPC, Key: "defaultRouteTableId", Missing: missingTable, Free: true}}, // goes with its VPC
		Check: func(c *cloud.Checker) {
			c.Unmodelled("propagatingVgws")
			if len(cloud.At(c.In, "routes[]")) > 0 {
				c.Fail("routes", "the offline AWS takes the default route table without routes only")
			}
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("defaultRouteTableId")
			vpc, _ := t.Find(typeVPC, "defaultRouteTableId", r.ID)
			r.State["arn"], r.State["ownerId"], r.State["vpcId"] = t.ARN("ec2", "route-table/"+r.ID), t.Account(), vpc.ID
			cloud.Computed(r, cloud.Map{"routes": cloud.List[any](), "propagatingVgws": cloud.List[any]()})
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 5), Delete: cloud.Secs(0, 0, 0),
			Limit: cloud.LimitMinutes(5, 2, 0), Source: "facts, section 1: route table, 3 logs"},
		Calls:    cloud.Calls{Create: "ec2:CreateTags ec2:DeleteRoute ec2:DisableVgwRoutePropagation", Read: "ec2:DescribeRouteTables", Update: "ec2:CreateRoute ec2:DeleteRoute" + ec2Tags, Remove: ""},
		TaggedAs: "ec2:route-table/",
		ImportID: func(r *cloud.Resource) string { return r.Str("vpcId") },
	},
)

// aclRulesLimit is the default quota of rules in each direction ("Network ACLs", Amazon VPC quotas).
const aclRulesLimit = 20

// aclProtocols are names of protocols that the provider turns into numbers, in this spelling alone (measured at release 5.100;
// security group rules know icmpv6, network ACLs do not).
var aclProtocols = []string{"all", "-1", "icmp", "tcp", "udp", "ipv6-icmp", "ah", "esp", "gre", "hopopt", "ipv4", "sctp", "vrrp"}

// checkACLRules holds a list of rules against what the provider checks (ec2/vpc_network_acl.go, networkACLRuleNestedBlock).
func checkACLRules(c *cloud.Checker, list string) {
	for i, rule := range cloud.Maps(c.In, list+"[]") {
		at := func(p string) string { return fmt.Sprintf("%s[%d].%s", list, i, p) }
		one := &cloud.Checker{In: rule}
		if text, ok := one.String("protocol"); ok {
			n, err := strconv.Atoi(text)
			if !slices.Contains(aclProtocols, text) && (err != nil || n < 0 || n > 255) {
				one.Fail("protocol", "unsupported NACL protocol: %s", text)
			}
			from, okFrom := one.Number("fromPort")
			to, okTo := one.Number("toPort")
			if (text == "all" || text == "-1") && (okFrom && from != 0 || okTo && to != 0) {
				one.Fail("fromPort", "to use port numbers the protocol must be TCP or UDP: %v to %v must be 0 for all protocols", from, to)
			}
		}
		for _, p := range one.Problems {
			c.Fail(at(p.Path), "%s", p.Reason)
		}
	}
}

// applyACL refuses rules that AWS does not take, direction by direction.
func applyACL(t *cloud.Tx, r *cloud.Resource) error {
	r.State["arn"], r.State["ownerId"] = t.ARN("ec2", "network-acl/"+r.ID), t.Account()
	cloud.Computed(r, cloud.Map{"ingress": cloud.List[any](), "egress": cloud.List[any](), "subnetIds": cloud.List[any]()})
	for _, list := range []string{"ingress", "egress"} {
		rules := cloud.Maps(r.State, list+"[]")
		if len(rules) > aclRulesLimit {
			return cloud.Refuse("NetworkAclEntryLimitExceeded", "Amazon VPC quotas", "The maximum number of network ACL entries has been reached.")
		}
		taken := map[int]bool{}
		for _, rule := range rules {
			if err := aclEntry(r.ID, rule, taken); err != nil {
				err.Operation = "CreateNetworkAclEntry"
				return err
			}
		}
	}
	return nil
}

func aclEntry(acl string, rule cloud.Map, taken map[int]bool) *cloud.Error {
	n := cloud.Int(rule, "ruleNo")
	if taken[n] {
		return cloud.Refuse("NetworkAclEntryAlreadyExists", "EC2 API, error codes", "The network acl entry identified by %d already exists.", n)
	}
	taken[n] = true
	if (cloud.Str(rule, "cidrBlock") == "") == (cloud.Str(rule, "ipv6CidrBlock") == "") {
		return cloud.Refuse("InvalidParameterValue", "EC2 API, CreateNetworkAclEntry", "Exactly one of cidrBlock and ipv6CidrBlock must be specified for rule %d of %s", n, acl)
	}
	switch cloud.Str(rule, "protocol") {
	case "tcp", "udp", "6", "17":
		if cloud.Int(rule, "fromPort") > cloud.Int(rule, "toPort") {
			return cloud.Refuse("InvalidParameterValue", "EC2 API, CreateNetworkAclEntry", "Invalid port range %d-%d", cloud.Int(rule, "fromPort"), cloud.Int(rule, "toPort"))
		}
	case "ipv6-icmp", "58":
		if cloud.Str(rule, "ipv6CidrBlock") == "" {
			return cloud.Refuse("InvalidParameterValue", "EC2 API, CreateNetworkAclEntry", "Protocol 58 (ICMPv6) needs an IPv6 CIDR block")
		}
	}
	return nil
}
