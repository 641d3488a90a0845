package cloud

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	typeVPC             = "aws:ec2/vpc:Vpc"
	typeInternetGateway = "aws:ec2/internetGateway:InternetGateway"
)

// ec2Codes is the page that lists the codes with which EC2 answers.
const ec2Codes = "EC2 API, error codes"

var (
	missingVPC    = Refusal{"InvalidVpcID.NotFound", "The vpc ID '{value}' does not exist", ec2Codes}
	missingNet    = Refusal{"InvalidSubnetID.NotFound", "The subnet ID '{value}' does not exist", ec2Codes}
	inUseByOthers = "DependencyViolation"
)

// ec2Tags are what an update of tags calls on anything of EC2's.
const ec2Tags = " ec2:CreateTags ec2:DeleteTags"

var _ = register(
	&Kind{
		Type: typeVPC, Service: "EC2", Noun: "Vpc", UpdateCall: "ModifyVpcAttribute",
		Kept:  words("instanceTenancy"),
		Keys:  []string{"defaultNetworkAclId", "defaultRouteTableId"},
		InUse: Refusal{inUseByOthers, "The vpc '{id}' has dependencies and cannot be deleted.", "facts 1"},
		Quota: &Quota{Max: 5, Refusal: Refusal{"VpcLimitExceeded", "The maximum number of VPCs has been reached.", "facts 19"}},
		Check: checkVPC, Create: createVPC,
		Update: func(_ *Tx, r *Resource, old Map) error {
			keep(r, old, "enableDnsHostnames", "enableNetworkAddressUsageMetrics")
			tagsAll(r)
			return nil
		},
		Delete: func(t *Tx, r *Resource) error {
			for _, adopted := range []string{typeIPv6Block, typeDefaultGroup, typeDefaultNetworkACL, typeDefaultRouteTable} {
				removeAll(t, adopted, "vpcId", r.ID)
			}
			return nil
		},
		Schema: schema.Of(ec2.Vpc{}, ec2.VpcArgs{}),
		Timing: Timing{Create: secs(2, 1, 29), Update: secs(1, 0, 3), Delete: secs(1, 0, 1),
			Wait: wait(10, 10, 0), Source: "facts, section 1: VPC, 6 logs"},
		Calls: Calls{"ec2:CreateVpc ec2:ModifyVpcAttribute ec2:CreateTags", "ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeNetworkAcls ec2:DescribeRouteTables ec2:DescribeSecurityGroups",
			"ec2:ModifyVpcAttribute ec2:AssociateVpcCidrBlock ec2:DisassociateVpcCidrBlock" + ec2Tags, "ec2:DeleteVpc"},
		TaggedAs: "ec2:vpc/",
	},
	&Kind{
		Type: typeSubnet, Service: "EC2", Noun: "Subnet", UpdateCall: "ModifySubnetAttribute",
		Kept:  words("enableResourceNameDnsARecordOnLaunch"),
		Refs:  []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		InUse: Refusal{inUseByOthers, "The subnet '{id}' has dependencies and cannot be deleted.", "facts 2"},
		Quota: &Quota{Max: 200, Per: "vpcId", Refusal: Refusal{"SubnetLimitExceeded", "The maximum number of subnets has been reached.", "facts 21"}},
		Check: checkSubnet, Create: createSubnet,
		Update: func(t *Tx, r *Resource, old Map) error {
			keep(r, old, "privateDnsHostnameTypeOnLaunch", "ipv6CidrBlockAssociationId")
			tagsAll(r)
			return applySubnetIPv6(t, r, old)
		},
		Delete: func(t *Tx, r *Resource) error {
			removeAll(t, typeRouteAssociation, "subnetId", r.ID)
			removeAll(t, typeACLAssociation, "subnetId", r.ID)
			return nil
		},
		Schema: schema.Of(ec2.Subnet{}, ec2.SubnetArgs{}),
		Timing: Timing{Create: secs(2, 1, 6), Update: secs(1, 0, 3), Delete: secs(1, 0, 1),
			Wait: wait(0, 10, 0), Limit: most(10, 0, 20), Source: "facts, section 1: subnet, 3 logs"},
		Calls: Calls{"ec2:CreateSubnet ec2:ModifySubnetAttribute ec2:CreateTags", "ec2:DescribeSubnets", "ec2:ModifySubnetAttribute ec2:AssociateSubnetCidrBlock ec2:DisassociateSubnetCidrBlock" + ec2Tags,
			"ec2:DeleteSubnet ec2:DescribeNetworkInterfaces"},
		TaggedAs: "ec2:subnet/",
	},
	&Kind{
		Type: typeInternetGateway, Service: "EC2", Noun: "InternetGateway",
		Refs:  []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &Quota{Max: 5, Refusal: Refusal{"InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.", "facts 21"}},
		Create: func(t *Tx, r *Resource) error {
			r.ID = t.ID("igw")
			r.State["arn"], r.State["ownerId"] = t.ARN("ec2", "internet-gateway/"+r.ID), t.Account()
			computed(r, Map{"vpcId": ""})
			tagsAll(r)
			return attachGateway(t, r)
		},
		Update: func(t *Tx, r *Resource, old Map) error {
			tagsAll(r)
			was := Str(old, "vpcId")
			keep(r, old, "vpcId") // the provider takes it as AWS has it where the program says nothing
			if was == r.Str("vpcId") {
				return nil
			}
			if err := attachGateway(t, r); err != nil {
				return err
			}
			return detachGateway(t, r.ID, was)
		},
		Delete: func(t *Tx, r *Resource) error { return detachGateway(t, r.ID, r.Str("vpcId")) },
		Schema: schema.Of(ec2.InternetGateway{}, ec2.InternetGatewayArgs{}),
		Timing: Timing{Create: secs(1, 1, 2), Delete: secs(1, 1, 2),
			Limit: most(20, 20, 20), Source: "facts, section 1: internet gateway, 3 logs; rule 4 holds it while addresses are mapped"},
		Calls: Calls{"ec2:CreateInternetGateway ec2:AttachInternetGateway ec2:CreateTags", "ec2:DescribeInternetGateways",
			"ec2:AttachInternetGateway ec2:DetachInternetGateway" + ec2Tags, "ec2:DetachInternetGateway ec2:DeleteInternetGateway"},
		TaggedAs: "ec2:internet-gateway/",
	},
)

func checkVPC(c *Checker) {
	c.ipv4Range("cidrBlock", 16, 28)
	c.Unmodelled("assignGeneratedIpv6CidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", "ipv6CidrBlock",
		"ipv6CidrBlockNetworkBorderGroup", "ipv6IpamPoolId", "ipv6NetmaskLength")
}

func createVPC(t *Tx, r *Resource) error {
	if r.Str("cidrBlock") == "" {
		return Refuse("MissingParameter", ec2Codes, "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	r.ID = t.ID("vpc")
	table, group := t.ID("rtb"), t.ID("sg")
	computed(r, Map{
		"arn": t.ARN("ec2", "vpc/"+r.ID), "ownerId": t.Account(), "dhcpOptionsId": "dopt-0" + t.stable("dhcp options", 16),
		"defaultSecurityGroupId": group, "defaultNetworkAclId": t.ID("acl"), "defaultRouteTableId": table, "mainRouteTableId": table,
		"enableDnsHostnames": false, "enableNetworkAddressUsageMetrics": false,
		"ipv6AssociationId": "", "ipv6CidrBlock": "", "ipv6CidrBlockNetworkBorderGroup": "",
	})
	tagsAll(r)
	t.Make(r, typeRouteTable, table, routeTableState(t, table, Map{"vpcId": r.ID}))
	t.Make(r, typeSecurityGroup, group, securityGroupState(t, group, Map{
		"vpcId": r.ID, "name": defaultGroupName, "description": defaultGroupDescription, "namePrefix": "",
	}))
	return nil
}

// removeAll takes away what goes with a resource: those of a type whose property names it.
func removeAll(t *Tx, typ, property, value string) {
	for _, r := range t.All(typ) {
		if r.Str(property) == value {
			t.Remove(r)
		}
	}
}

func checkSubnet(c *Checker) {
	c.ipv4Range("cidrBlock", 0, 32)
	c.ipv6Range("ipv6CidrBlock")
	c.Unmodelled("customerOwnedIpv4Pool", "enableDns64", "enableLniAtDeviceIndex", "enableResourceNameDnsAaaaRecordOnLaunch", "ipv6Native", "mapCustomerOwnedIpOnLaunch", "outpostArn")
}

func createSubnet(t *Tx, r *Resource) error {
	vpc, _ := t.Find(typeVPC, "", r.Str("vpcId"))
	if err := applyZone(t, r); err != nil {
		return err
	}
	if err := inFreeRange(t, r, vpc); err != nil {
		return err
	}
	r.ID = t.ID("subnet")
	computed(r, Map{
		"arn": t.ARN("ec2", "subnet/"+r.ID), "ownerId": t.Account(), "privateDnsHostnameTypeOnLaunch": "ip-name",
		"ipv6CidrBlockAssociationId": "",
	})
	tagsAll(r)
	return applySubnetIPv6(t, r, nil)
}

// applyZone fills in the zone's id or its name, whichever was not given. Which name an id has is the account's own.
func applyZone(t *Tx, r *Resource) error {
	zones := t.Declared().Regions[t.Region].Zones
	id, name := r.Str("availabilityZoneId"), r.Str("availabilityZone")
	var names []string
	for _, zoneID := range sortedKeys(zones) {
		if zoneID == id || zones[zoneID] == name || id == "" && name == "" {
			r.State["availabilityZoneId"], r.State["availabilityZone"] = zoneID, zones[zoneID]
			return nil
		}
		names = append(names, zones[zoneID])
	}
	slices.Sort(names)
	parameter := "availabilityZone"
	if id != "" {
		parameter = "availabilityZoneId"
	}
	return Refuse("InvalidParameterValue", "moto, CreateSubnet", "Value (%s) for parameter %s is invalid. "+
		"Subnets can currently only be created in the following availability zones: %s.", id+name, parameter, strings.Join(names, ", "))
}

// inFreeRange refuses a subnet whose size AWS does not offer, outside its VPC's range, or over another subnet's (Amazon
// VPC User Guide, "Subnet sizing for IPv4": /16 to /28).
func inFreeRange(t *Tx, r, vpc *Resource) error {
	own, err := netip.ParsePrefix(r.Str("cidrBlock"))
	if err != nil {
		return Refuse("MissingParameter", ec2Codes, "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	if !within(own, rangeOf(vpc)) || own.Bits() < 16 || own.Bits() > 28 {
		return Refuse("InvalidSubnet.Range", "facts 13", "The CIDR '%s' is invalid.", own)
	}
	for _, other := range t.All(typeSubnet) {
		if other.Str("vpcId") == vpc.ID && rangeOf(other).Overlaps(own) {
			return Refuse("InvalidSubnet.Conflict", "facts 13", "The CIDR '%s' conflicts with another subnet", own)
		}
	}
	return nil
}

// rangeOf returns the range of a VPC or subnet, which was checked when it was made.
func rangeOf(r *Resource) netip.Prefix {
	p, _ := netip.ParsePrefix(r.Str("cidrBlock"))
	return p
}

// attachGateway refuses a second internet gateway for a VPC.
func attachGateway(t *Tx, r *Resource) error {
	if other, ok := gatewayOf(t, r.Str("vpcId")); ok && other.ID != r.ID {
		return &Error{Operation: "AttachInternetGateway", Code: "InvalidParameterValue", Rule: "Amazon VPC User Guide, internet gateways",
			Message: "Network " + r.Str("vpcId") + " already has an internet gateway attached"}
	}
	return nil
}

// gatewayOf returns the internet gateway attached to a VPC.
func gatewayOf(t *Tx, vpc string) (*Resource, bool) {
	if vpc == "" {
		return nil, false
	}
	all := t.All(typeInternetGateway)
	i := slices.IndexFunc(all, func(g *Resource) bool { return g.Str("vpcId") == vpc })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// detachGateway refuses to detach a gateway while something in the VPC has a public address. Routes to it stay and drop
// what they get.
func detachGateway(t *Tx, id, vpc string) error {
	if vpc != "" && mappedAddresses(t, vpc) {
		return &Error{Operation: "DetachInternetGateway", Code: inUseByOthers, Rule: "facts 4",
			Message: "Network " + vpc + " has some mapped public address(es). Please unmap those public address(es) before detaching the gateway."}
	}
	blackhole(t, "gatewayId", id)
	return nil
}

// mappedAddresses reports whether something in a VPC has a public address: a public NAT gateway, a load balancer that
// faces the internet, an instance in a subnet that gives it one, a database that asked for one.
func mappedAddresses(t *Tx, vpc string) bool {
	in := func(subnet string) (*Resource, bool) {
		s, ok := t.Find(typeSubnet, "", subnet)
		return s, ok && s.Str("vpcId") == vpc
	}
	public := map[string]func(r *Resource) bool{
		typeNAT: func(n *Resource) bool {
			_, here := in(n.Str("subnetId"))
			return here && n.Str("connectivityType") == "public" && !natFailed(n)
		},
		typeLoadBalancer: func(b *Resource) bool { return !b.Bool("internal") && b.Str("vpcId") == vpc },
		typeGroup: func(g *Resource) bool {
			return g.Int("desiredCapacity") > 0 && slices.ContainsFunc(g.Strs("vpcZoneIdentifiers[]"), func(id string) bool {
				s, here := in(id)
				return here && s.Bool("mapPublicIpOnLaunch")
			})
		},
		typeDBInstance: func(i *Resource) bool {
			group, ok := t.Find(typeDBSubnetGroup, "", i.Str("dbSubnetGroupName"))
			return ok && group.Str("vpcId") == vpc && i.Bool("publiclyAccessible")
		},
	}
	for typ, is := range public {
		if slices.ContainsFunc(t.All(typ), is) {
			return true
		}
	}
	return false
}
