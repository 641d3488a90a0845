package cloud

import (
	"net/netip"
	"slices"
	"strings"
)

const (
	typeVPC             = "aws:ec2/vpc:Vpc"
	typeInternetGateway = "aws:ec2/internetGateway:InternetGateway"
	typeNAT             = "aws:ec2/natGateway:NatGateway"
	typeEIP             = "aws:ec2/eip:Eip"
)

var (
	missingVPC    = Refusal{"InvalidVpcID.NotFound", "The vpc ID '{value}' does not exist", "EC2 API, error codes"}
	missingNet    = Refusal{"InvalidSubnetID.NotFound", "The subnet ID '{value}' does not exist", "EC2 API, error codes"}
	inUseByOthers = "DependencyViolation"
)

var _ = register(
	&Kind{
		Type: typeVPC, Service: "EC2", Noun: "Vpc", UpdateCall: "ModifyVpcAttribute",
		Replace:  []string{"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", "instanceTenancy"},
		Defaults: Map{"enableDnsSupport": true, "instanceTenancy": "default"},
		InUse:    Refusal{inUseByOthers, "The vpc '{id}' has dependencies and cannot be deleted.", "facts 1"},
		Quota:    &Quota{Max: 5, Refusal: Refusal{"VpcLimitExceeded", "The maximum number of VPCs has been reached.", "facts 19"}},
		Check:    checkVPC, Create: createVPC,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
	},
	&Kind{
		Type: typeSubnet, Service: "EC2", Noun: "Subnet", UpdateCall: "ModifySubnetAttribute",
		Replace: []string{"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId", "ipv6Native", "outpostArn"},
		Defaults: Map{
			"assignIpv6AddressOnCreation": false, "enableDns64": false, "enableResourceNameDnsARecordOnLaunch": false,
			"enableResourceNameDnsAaaaRecordOnLaunch": false, "ipv6Native": false, "mapPublicIpOnLaunch": false,
		},
		Refs:  []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		InUse: Refusal{inUseByOthers, "The subnet '{id}' has dependencies and cannot be deleted.", "facts 2"},
		Quota: &Quota{Max: 200, Per: "vpcId", Refusal: Refusal{"SubnetLimitExceeded", "The maximum number of subnets has been reached.", "facts 21"}},
		Check: checkSubnet, Create: createSubnet,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
	},
	&Kind{
		Type: typeInternetGateway, Service: "EC2", Noun: "InternetGateway",
		Refs:  []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &Quota{Max: 5, Refusal: Refusal{"InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.", "facts 21"}},
		Create: func(t *Tx, r *Resource) error {
			r.ID = t.ID("igw")
			r.State["arn"], r.State["ownerId"] = t.ARN("ec2", "internet-gateway/"+r.ID), t.Account()
			tagsAll(r)
			return attachGateway(t, r)
		},
		Update: func(t *Tx, r *Resource, old Map) error {
			tagsAll(r)
			if was := Str(old, "vpcId"); was != "" && was != r.Str("vpcId") {
				if err := mappedAddresses(t, was); err != nil {
					return err
				}
			}
			return attachGateway(t, r)
		},
		Delete: func(t *Tx, r *Resource) error { return mappedAddresses(t, r.Str("vpcId")) },
	},
)

func checkVPC(c *Checker) {
	c.ExactlyOne("cidrBlock", "ipv4IpamPoolId")
	c.OneOf("instanceTenancy", "default", "dedicated")
	c.ipv4Range("cidrBlock", 16, 28)
	if v6, _ := c.Bool("assignGeneratedIpv6CidrBlock"); v6 {
		c.Conflict("assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId")
	}
}

// ipv4Range refuses a range that is not canonical or whose prefix is outside [shortest, longest] bits.
func (c *Checker) ipv4Range(path string, shortest, longest int) {
	text, ok := c.String(path)
	if !ok {
		return
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !p.Addr().Is4():
		c.Fail(path, "%q is not a valid IPv4 CIDR block", text)
	case p != p.Masked():
		c.Fail(path, "%q is not a valid CIDR block; did you mean %q?", text, p.Masked())
	case shortest > 0 && (p.Bits() < shortest || p.Bits() > longest):
		c.Fail(path, "expected prefix length of %q to be between /%d and /%d", text, shortest, longest)
	}
}

func createVPC(t *Tx, r *Resource) error {
	r.ID = t.ID("vpc")
	table := t.ID("rtb")
	computed(r, Map{
		"arn": t.ARN("ec2", "vpc/"+r.ID), "ownerId": t.Account(), "dhcpOptionsId": "dopt-0" + t.Hex(16),
		"defaultSecurityGroupId": t.ID("sg"), "defaultNetworkAclId": t.ID("acl"), "defaultRouteTableId": table, "mainRouteTableId": table,
	})
	if _, set := r.State["enableDnsHostnames"]; !set {
		r.State["enableDnsHostnames"] = false
	}
	if r.Bool("assignGeneratedIpv6CidrBlock") {
		r.State["ipv6CidrBlock"] = "2a05:d014:" + t.Hex(3) + ":" + t.Hex(2) + "00::/56"
		r.State["ipv6AssociationId"] = t.ID("vpc-cidr-assoc")
	}
	tagsAll(r)
	return nil
}

func checkSubnet(c *Checker) {
	c.ipv4Range("cidrBlock", 16, 28)
	c.Conflict("availabilityZone", "availabilityZoneId")
	native, _ := c.Bool("ipv6Native")
	if !Has(c.In, "cidrBlock") && !native {
		c.Fail("cidrBlock", "missing required property: only an IPv6-native subnet has none")
	}
	c.OneOf("privateDnsHostnameTypeOnLaunch", "ip-name", "resource-name")
}

func createSubnet(t *Tx, r *Resource) error {
	vpc, _ := t.Find(typeVPC, "", r.Str("vpcId"))
	if err := settleZone(t, r); err != nil {
		return err
	}
	if err := inFreeRange(t, r, vpc); err != nil {
		return err
	}
	r.ID = t.ID("subnet")
	r.State["arn"], r.State["ownerId"] = t.ARN("ec2", "subnet/"+r.ID), t.Account()
	if _, set := r.State["privateDnsHostnameTypeOnLaunch"]; !set {
		r.State["privateDnsHostnameTypeOnLaunch"] = "ip-name"
	}
	if r.Str("ipv6CidrBlock") != "" {
		r.State["ipv6CidrBlockAssociationId"] = t.ID("subnet-cidr-assoc")
	}
	tagsAll(r)
	return nil
}

// settleZone fills in the zone's id or its name, whichever was not given. Which name an id has is the account's own.
func settleZone(t *Tx, r *Resource) error {
	zones := t.Declared().Regions[t.Region].Zones
	id, name := r.Str("availabilityZoneId"), r.Str("availabilityZone")
	if id == "" && name == "" {
		id = sortedKeys(zones)[0]
	}
	for _, zoneID := range sortedKeys(zones) {
		if zoneID == id || zones[zoneID] == name {
			r.State["availabilityZoneId"], r.State["availabilityZone"] = zoneID, zones[zoneID]
			return nil
		}
	}
	return Refuse("InvalidParameterValue", "moto, CreateSubnet", "Value (%s) for parameter availabilityZone is invalid. "+
		"Subnets can currently only be created in the following availability zones: %s.", id+name, strings.Join(sortedKeys(zones), ", "))
}

// inFreeRange refuses a subnet outside its VPC's range or over another subnet's.
func inFreeRange(t *Tx, r, vpc *Resource) error {
	own, err := netip.ParsePrefix(r.Str("cidrBlock"))
	if err != nil {
		return nil // IPv6 only
	}
	whole := netip.MustParsePrefix(vpc.Str("cidrBlock"))
	if !whole.Contains(own.Addr()) || own.Bits() < whole.Bits() {
		return Refuse("InvalidSubnet.Range", "facts 13", "The CIDR '%s' is invalid.", own)
	}
	for _, other := range t.All(typeSubnet) {
		taken, err := netip.ParsePrefix(other.Str("cidrBlock"))
		if err == nil && other.Str("vpcId") == vpc.ID && other.ID != r.ID && taken.Overlaps(own) {
			return Refuse("InvalidSubnet.Conflict", "facts 13", "The CIDR '%s' conflicts with another subnet", own)
		}
	}
	return nil
}

// attachGateway refuses a second internet gateway for a VPC.
func attachGateway(t *Tx, r *Resource) error {
	if other, ok := gatewayOf(t, r.Str("vpcId")); ok && other.ID != r.ID && r.Str("vpcId") != "" {
		return &Error{Operation: "AttachInternetGateway", Code: "Resource.AlreadyAssociated", Rule: "EC2 API, AttachInternetGateway",
			Message: "resource " + other.ID + " is already attached to network " + r.Str("vpcId")}
	}
	return nil
}

// gatewayOf returns the internet gateway attached to a VPC.
func gatewayOf(t *Tx, vpc string) (*Resource, bool) {
	all := t.All(typeInternetGateway)
	i := slices.IndexFunc(all, func(g *Resource) bool { return g.Str("vpcId") == vpc })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// mappedAddresses refuses to detach a gateway while something in the VPC has a public address: a public NAT gateway
// or a load balancer that faces the internet.
func mappedAddresses(t *Tx, vpc string) error {
	inVPC := func(subnet string) bool {
		s, ok := t.Find(typeSubnet, "", subnet)
		return ok && s.Str("vpcId") == vpc
	}
	public := slices.ContainsFunc(t.All(typeNAT), func(n *Resource) bool {
		return n.Str("connectivityType") == "public" && inVPC(n.Str("subnetId"))
	}) || slices.ContainsFunc(t.All(typeLoadBalancer), func(b *Resource) bool {
		return !b.Bool("internal") && b.Str("vpcId") == vpc
	})
	if !public {
		return nil
	}
	return &Error{Operation: "DetachInternetGateway", Code: inUseByOthers, Rule: "facts 4",
		Message: "Network " + vpc + " has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."}
}
