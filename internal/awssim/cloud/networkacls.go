package cloud

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	typeNetworkACL        = "aws:ec2/networkAcl:NetworkAcl"
	typeDefaultNetworkACL = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
	typeACLAssociation    = "aws:ec2/networkAclAssociation:NetworkAclAssociation"
	typeDefaultRouteTable = "aws:ec2/defaultRouteTable:DefaultRouteTable"
)

var missingACL = Refusal{"InvalidNetworkAclID.NotFound", "The networkAcl ID '{value}' does not exist", "EC2 API, error codes"}

var _ = register(
	&Kind{
		Type: typeNetworkACL, Service: "EC2", Noun: "NetworkAcl", UpdateCall: "ReplaceNetworkAclEntry",
		Kept:  words("egress.icmpCode egress.icmpType ingress.icmpCode ingress.icmpType"),
		Refs:  []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &Quota{Max: 200, Per: "vpcId", Refusal: Refusal{"NetworkAclLimitExceeded", "The maximum number of network ACLs has been reached.", "Amazon VPC quotas"}},
		Check: func(c *Checker) {
			c.aclRules("ingress")
			c.aclRules("egress")
			c.Unmodelled("subnetIds") // each subnet has an association of its own
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = t.ID("acl")
			return applyACL(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error { return applyACL(t, r) },
		// The provider gives its subnets back to the default ACL first, whoever associated them (ec2/vpc_network_acl.go,
		// resourceNetworkACLDelete); AWS alone would refuse.
		Delete: func(t *Tx, r *Resource) error {
			removeAll(t, typeACLAssociation, "networkAclId", r.ID)
			return nil
		},
		Schema: schema.Of(ec2.NetworkAcl{}, ec2.NetworkAclArgs{}),
		Timing: Timing{Create: secs(1, 1, 4), Update: secs(1, 0, 3), Delete: secs(1, 0, 1),
			Source: "as a route table with entries (guess)"},
		Calls: Calls{"ec2:CreateNetworkAcl ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry ec2:CreateTags", "ec2:DescribeNetworkAcls",
			"ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry" + ec2Tags, "ec2:DeleteNetworkAcl ec2:ReplaceNetworkAclAssociation"},
		TaggedAs: "ec2:network-acl/",
	},
	&Kind{
		Type: typeDefaultNetworkACL, Service: "EC2", Noun: "NetworkAcl", Overwrites: true, CreateCall: "DeleteNetworkAclEntry", UpdateCall: "ReplaceNetworkAclEntry",
		Kept: words("egress.icmpCode egress.icmpType ingress.icmpCode ingress.icmpType"),
		Refs: []Ref{{Path: "defaultNetworkAclId", To: typeVPC, Key: "defaultNetworkAclId", Missing: missingACL, Free: true}}, // goes with its VPC
		Check: func(c *Checker) {
			c.aclRules("ingress")
			c.aclRules("egress")
			c.Unmodelled("subnetIds") // each subnet has an association of its own
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = r.Str("defaultNetworkAclId")
			vpc, _ := t.Find(typeVPC, "defaultNetworkAclId", r.ID)
			r.State["vpcId"] = vpc.ID
			return applyACL(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error { return applyACL(t, r) },
		Schema: schema.Of(ec2.DefaultNetworkAcl{}, ec2.DefaultNetworkAclArgs{}),
		Timing: Timing{Create: secs(1, 1, 4), Update: secs(1, 0, 3), Delete: secs(0, 0, 0),
			Source: "as a route table with entries (guess)"},
		Calls: Calls{"ec2:CreateTags ec2:DeleteNetworkAclEntry ec2:ReplaceNetworkAclAssociation", "ec2:DescribeNetworkAcls",
			"ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry ec2:ReplaceNetworkAclAssociation" + ec2Tags, ""},
		TaggedAs: "ec2:network-acl/",
	},
	&Kind{
		Type: typeACLAssociation, Service: "EC2", Noun: "NetworkAclAssociation", CreateCall: "ReplaceNetworkAclAssociation",
		DeleteCall: "ReplaceNetworkAclAssociation", // back to the VPC's default ACL
		Refs: []Ref{
			{Path: "networkAclId", To: typeNetworkACL, Missing: missingACL, Free: true},
			{Path: "subnetId", To: typeSubnet, Missing: missingNet, Free: true}, // goes with its subnet
		},
		Create: func(t *Tx, r *Resource) error {
			acl, _ := t.Find(typeNetworkACL, "", r.Str("networkAclId"))
			subnet, _ := t.Find(typeSubnet, "", r.Str("subnetId"))
			if acl.Str("vpcId") != subnet.Str("vpcId") {
				return Refuse("InvalidParameterValue", "EC2 API, ReplaceNetworkAclAssociation",
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
		Schema: schema.Of(ec2.NetworkAclAssociation{}, ec2.NetworkAclAssociationArgs{}),
		Timing: Timing{Create: secs(0.5, 0, 1), Delete: secs(0.5, 0, 1),
			Source: "as a route table's association (guess)"},
		Calls: Calls{"ec2:ReplaceNetworkAclAssociation", "ec2:DescribeNetworkAcls", "", "ec2:ReplaceNetworkAclAssociation"},
	},
	&Kind{
		Type: typeDefaultRouteTable, Service: "EC2", Noun: "RouteTable", Overwrites: true, CreateCall: "DeleteRoute", UpdateCall: "ReplaceRoute",
		Refs: []Ref{{Path: "defaultRouteTableId", To: typeVPC, Key: "defaultRouteTableId", Missing: missingTable, Free: true}}, // goes with its VPC
		Check: func(c *Checker) {
			c.Unmodelled("propagatingVgws")
			if len(At(c.In, "routes[]")) > 0 {
				c.Fail("routes", "the offline AWS takes the default route table without routes only")
			}
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = r.Str("defaultRouteTableId")
			vpc, _ := t.Find(typeVPC, "defaultRouteTableId", r.ID)
			r.State["arn"], r.State["ownerId"], r.State["vpcId"] = t.ARN("ec2", "route-table/"+r.ID), t.Account(), vpc.ID
			computed(r, Map{"routes": List[any](), "propagatingVgws": List[any]()})
			tagsAll(r)
			return nil
		},
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
		Schema: schema.Of(ec2.DefaultRouteTable{}, ec2.DefaultRouteTableArgs{}),
		Timing: Timing{Create: secs(1, 0, 5), Delete: secs(0, 0, 0),
			Limit: most(5, 2, 0), Source: "facts, section 1: route table, 3 logs"},
		Calls:    Calls{"ec2:CreateTags ec2:DeleteRoute ec2:DisableVgwRoutePropagation", "ec2:DescribeRouteTables", "ec2:CreateRoute ec2:DeleteRoute" + ec2Tags, ""},
		TaggedAs: "ec2:route-table/",
		ImportID: func(r *Resource) string { return r.Str("vpcId") },
	},
)

// aclRulesLimit is the default quota of rules in each direction ("Network ACLs", Amazon VPC quotas).
const aclRulesLimit = 20

// aclProtocols are names of protocols that the provider turns into numbers, in this spelling alone (measured at release 5.100;
// security group rules know icmpv6, network ACLs do not).
var aclProtocols = []string{"all", "-1", "icmp", "tcp", "udp", "ipv6-icmp", "ah", "esp", "gre", "hopopt", "ipv4", "sctp", "vrrp"}

// aclRules holds a list of rules against what the provider checks (ec2/vpc_network_acl.go, networkACLRuleNestedBlock).
func (c *Checker) aclRules(list string) {
	for i, rule := range Maps(c.In, list+"[]") {
		at := func(p string) string { return fmt.Sprintf("%s[%d].%s", list, i, p) }
		one := &Checker{In: rule}
		one.ipv4Range("cidrBlock", 0, 32)
		one.ipv6Range("ipv6CidrBlock")
		if text, ok := one.String("protocol"); ok {
			n, err := strconv.Atoi(text)
			if !contains(aclProtocols, text) && (err != nil || n < 0 || n > 255) {
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
func applyACL(t *Tx, r *Resource) error {
	r.State["arn"], r.State["ownerId"] = t.ARN("ec2", "network-acl/"+r.ID), t.Account()
	computed(r, Map{"ingress": List[any](), "egress": List[any](), "subnetIds": List[any]()})
	tagsAll(r)
	for _, list := range []string{"ingress", "egress"} {
		rules := Maps(r.State, list+"[]")
		if len(rules) > aclRulesLimit {
			return Refuse("NetworkAclEntryLimitExceeded", "Amazon VPC quotas", "The maximum number of network ACL entries has been reached.")
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

func aclEntry(acl string, rule Map, taken map[int]bool) *Error {
	n := Int(rule, "ruleNo")
	if taken[n] {
		return Refuse("NetworkAclEntryAlreadyExists", "EC2 API, error codes", "The network acl entry identified by %d already exists.", n)
	}
	taken[n] = true
	if (Str(rule, "cidrBlock") == "") == (Str(rule, "ipv6CidrBlock") == "") {
		return Refuse("InvalidParameterValue", "EC2 API, CreateNetworkAclEntry", "Exactly one of cidrBlock and ipv6CidrBlock must be specified for rule %d of %s", n, acl)
	}
	switch Str(rule, "protocol") {
	case "tcp", "udp", "6", "17":
		if Int(rule, "fromPort") > Int(rule, "toPort") {
			return Refuse("InvalidParameterValue", "EC2 API, CreateNetworkAclEntry", "Invalid port range %d-%d", Int(rule, "fromPort"), Int(rule, "toPort"))
		}
	case "ipv6-icmp", "58":
		if Str(rule, "ipv6CidrBlock") == "" {
			return Refuse("InvalidParameterValue", "EC2 API, CreateNetworkAclEntry", "Protocol 58 (ICMPv6) needs an IPv6 CIDR block")
		}
	}
	return nil
}
