package services

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeIPv6Block     = "aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation"
	typeEgressGateway = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
)

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeIPv6Block, Service: "EC2", Noun: "VpcCidrBlock", CreateCall: "AssociateVpcCidrBlock", DeleteCall: "DisassociateVpcCidrBlock",
		Required: []string{"assignGeneratedIpv6CidrBlock"},
		Refs:     []cloud.Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC, Free: true}}, // goes with it
		// IPv6 CIDR blocks per VPC (Amazon VPC User Guide, "Amazon VPC quotas").
		Quota: &cloud.Quota{Max: 5, Per: "vpcId", Refusal: cloud.Refusal{Code: "CidrLimitExceeded", Message: "This network already has the maximum number of IPv6 CIDR blocks.", Rule: "EC2 API, error codes"}},
		Check: func(c *cloud.Checker) {
			c.Unmodelled("ipv6CidrBlock", "ipv6IpamPoolId", "ipv6NetmaskLength", "ipv6Pool") // blocks of one's own
		},
		Create: createIPv6Block,
		Delete: deleteIPv6Block,
		Timing: cloud.Timing{Create: cloud.Secs(5, 2, 15), Delete: cloud.Secs(5, 2, 15),
			Limit: cloud.LimitMinutes(10, 0, 10), Source: "guess; timeouts: the provider's schema"},
		Calls: cloud.Calls{Create: "ec2:AssociateVpcCidrBlock", Read: "ec2:DescribeVpcs", Update: "", Remove: "ec2:DisassociateVpcCidrBlock"},
	},
	&cloud.Kind{
		Type: typeEgressGateway, Service: "EC2", Noun: "EgressOnlyInternetGateway",
		Refs:  []cloud.Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &cloud.Quota{Max: 5, Refusal: cloud.Refusal{Code: "EgressOnlyInternetGatewayLimitExceeded", Message: "The maximum number of egress-only internet gateways has been reached.", Rule: "Amazon VPC quotas"}},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = t.ID("eigw")
			return nil
		},
		Delete: func(t *cloud.Tx, r *cloud.Resource) error {
			blackhole(t, "egressOnlyGatewayId", r.ID)
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
			Source: "as the internet gateway (guess)"},
		Calls: cloud.Calls{Create: "ec2:CreateEgressOnlyInternetGateway ec2:CreateTags", Read: "ec2:DescribeEgressOnlyInternetGateways", Update: ec2Tags, Remove: "ec2:DeleteEgressOnlyInternetGateway"},
	},
)

// createIPv6Block gives a VPC a /56 of Amazon's. A VPC shows its first block as its own, whoever asked for it (provider,
// ec2/vpc_.go, defaultIPv6CIDRBlockAssociation).
func createIPv6Block(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = t.ID("vpc-cidr-assoc")
	h := t.Hex(8)
	block, err := netip.ParsePrefix(fmt.Sprintf("2600:1f%s:%s:%s00::/56", h[:2], h[2:6], h[6:]))
	if err != nil {
		return fmt.Errorf("make an IPv6 range: %w", err)
	}
	cloud.Computed(r, cloud.Map{
		"ipv6CidrBlock": block.Masked().String(), "ipv6Pool": "Amazon", "ipSource": "amazon", "ipv6AddressAttribute": "public",
	})
	vpc, _ := t.Find(typeVPC, "", r.Str("vpcId"))
	if vpc.Str("ipv6CidrBlock") == "" {
		showIPv6Block(t, vpc, r)
	}
	return nil
}

// showIPv6Block makes a VPC show a block, or none.
func showIPv6Block(t *cloud.Tx, vpc, block *cloud.Resource) {
	if block == nil {
		vpc.State["ipv6CidrBlock"], vpc.State["ipv6AssociationId"], vpc.State["ipv6CidrBlockNetworkBorderGroup"] = "", "", ""
		delete(vpc.State, "assignGeneratedIpv6CidrBlock")
	} else {
		vpc.State["ipv6CidrBlock"], vpc.State["ipv6AssociationId"] = block.Str("ipv6CidrBlock"), block.ID
		vpc.State["ipv6CidrBlockNetworkBorderGroup"], vpc.State["assignGeneratedIpv6CidrBlock"] = t.Region, true
	}
	t.Save(vpc)
}

// deleteIPv6Block refuses a block that a subnet has a part of.
func deleteIPv6Block(t *cloud.Tx, r *cloud.Resource) error {
	block, vpc := r.Str("ipv6CidrBlock"), r.Str("vpcId")
	for _, s := range t.All(typeSubnet) {
		if s.Str("vpcId") == vpc && inIPv6Block(s.Str("ipv6CidrBlock"), block) {
			return cloud.Refuse("InvalidCidrBlock.InUse", "hashicorp/terraform-provider-aws#29077", "The vpc %s currently has a subnet within CIDR block %s", vpc, block)
		}
	}
	if of, ok := t.Find(typeVPC, "", vpc); ok && of.Str("ipv6AssociationId") == r.ID {
		rest := slices.DeleteFunc(t.All(typeIPv6Block), func(o *cloud.Resource) bool { return o.ID == r.ID || o.Str("vpcId") != vpc })
		if len(rest) > 0 {
			showIPv6Block(t, of, rest[0])
		} else {
			showIPv6Block(t, of, nil)
		}
	}
	return nil
}

// inIPv6Block reports whether a subnet's range, if it has one, lies in a block.
func inIPv6Block(subnet, block string) bool {
	inner, err1 := netip.ParsePrefix(subnet)
	outer, err2 := netip.ParsePrefix(block)
	return err1 == nil && err2 == nil && within(inner, outer)
}

// applySubnetIPv6 refuses ranges that AWS does not take for a subnet, and taking one back while it is in use. old is nil
// when the subnet is made.
func applySubnetIPv6(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	own, was := r.Str("ipv6CidrBlock"), cloud.Str(old, "ipv6CidrBlock")
	if own == was {
		return assignsIPv6(r)
	}
	if was != "" {
		if err := freeIPv6(t, r, old); err != nil {
			return err
		}
	}
	r.State["ipv6CidrBlockAssociationId"] = ""
	if own != "" {
		if err := inFreeIPv6Range(t, r, own); err != nil {
			return err
		}
		r.State["ipv6CidrBlockAssociationId"] = t.ID("subnet-cidr-assoc")
	}
	return assignsIPv6(r)
}

// freeIPv6 refuses to take a subnet's range back while addresses of it are given out: by the subnet itself, or to a load
// balancer or instances in it (EC2 API, DisassociateSubnetCidrBlock).
func freeIPv6(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	association := cloud.Str(old, "ipv6CidrBlockAssociationId")
	if r.Bool("assignIpv6AddressOnCreation") {
		return cloud.Refuse("InvalidCidrBlock.InUse", "hashicorp/terraform-provider-aws#46017",
			"The subnet IPv6 CIDR block with association ID %s may not be disassociated, because its subnet has assign-ipv6-address-on-creation set to true.", association)
	}
	inUse := func(by *cloud.Resource) bool {
		switch by.Type {
		case typeLoadBalancer:
			return by.Str("ipAddressType") != "ipv4"
		case typeGroup: // its instances took addresses when they started
			return cloud.Bool(old, "assignIpv6AddressOnCreation") && by.Int("desiredCapacity") > 0
		}
		return false
	}
	for _, h := range t.Holders(r) {
		if inUse(h.By) {
			return cloud.Refuse("InvalidCidrBlock.InUse", "EC2 API, DisassociateSubnetCidrBlock",
				"The subnet IPv6 CIDR block with association ID %s may not be disassociated, because network interfaces have addresses of it.", association)
		}
	}
	return nil
}

// inFreeIPv6Range refuses a range that is no /64 of the VPC's, or is another subnet's (Amazon VPC User Guide, "Subnet
// sizing for IPv6": /44 to /64 in steps of four; what the offline AWS takes is the /64 of which every subnet has one).
func inFreeIPv6Range(t *cloud.Tx, r *cloud.Resource, own string) error {
	range6, err := netip.ParsePrefix(own)
	fits := slices.ContainsFunc(t.All(typeIPv6Block), func(b *cloud.Resource) bool {
		return b.Str("vpcId") == r.Str("vpcId") && inIPv6Block(own, b.Str("ipv6CidrBlock"))
	})
	if err != nil || !fits || range6.Bits() != 64 {
		return cloud.Refuse("InvalidSubnet.Range", "facts 13", "The CIDR '%s' is invalid.", own)
	}
	for _, other := range t.All(typeSubnet) {
		if other.ID != r.ID && inIPv6Block(other.Str("ipv6CidrBlock"), own) {
			return cloud.Refuse("InvalidSubnet.Conflict", "facts 13", "The CIDR '%s' conflicts with another subnet", own)
		}
	}
	return nil
}

// assignsIPv6 refuses to give out addresses of a range that is not there.
func assignsIPv6(r *cloud.Resource) error {
	if r.Bool("assignIpv6AddressOnCreation") && r.Str("ipv6CidrBlock") == "" {
		return cloud.Refuse("InvalidParameterValue", "EC2 API, ModifySubnetAttribute", "The subnet %s has no IPv6 CIDR block to assign addresses of", r.ID)
	}
	return nil
}

// hasIPv6 reports whether a VPC has an IPv6 block.
func hasIPv6(t *cloud.Tx, vpc string) bool {
	v, ok := t.Find(typeVPC, "", vpc)
	return ok && v.Str("ipv6CidrBlock") != ""
}
