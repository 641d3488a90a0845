package services

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeVPC             = "aws:ec2/vpc:Vpc"
	typeInternetGateway = "aws:ec2/internetGateway:InternetGateway"
)

// ec2Codes is the page that lists the codes with which EC2 answers.
const ec2Codes = "EC2 API, error codes"

var (
	missingVPC    = cloud.Refusal{Code: "InvalidVpcID.NotFound", Message: "The vpc ID '{value}' does not exist", Rule: ec2Codes}
	missingNet    = cloud.Refusal{Code: "InvalidSubnetID.NotFound", Message: "The subnet ID '{value}' does not exist", Rule: ec2Codes}
	inUseByOthers = "DependencyViolation"
)

// ec2Tags are what an update of tags calls on anything of EC2's.
const ec2Tags = " ec2:CreateTags ec2:DeleteTags"

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeVPC, Service: "EC2", Noun: "Vpc", UpdateCall: "ModifyVpcAttribute",
		Keys:  []string{"defaultNetworkAclId", "defaultRouteTableId"},
		InUse: cloud.Refusal{Code: inUseByOthers, Message: "The vpc '{id}' has dependencies and cannot be deleted.", Rule: "facts 1", Retry: 5 * time.Minute},
		Quota: &cloud.Quota{Max: 5, Refusal: cloud.Refusal{Code: "VpcLimitExceeded", Message: "The maximum number of VPCs has been reached.", Rule: "facts 19"}},
		Check: checkVPC, Create: createVPC,
		Delete: func(t *cloud.Tx, r *cloud.Resource) error {
			for _, adopted := range []string{typeIPv6Block, typeDefaultGroup, typeDefaultNetworkACL, typeDefaultRouteTable} {
				removeAll(t, adopted, "vpcId", r.ID)
			}
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(2, 1, 29), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(1, 0, 1),
			Wait: cloud.WaitSeconds(10, 10, 0), Source: "facts, section 1: VPC, 6 logs"},
		Calls: cloud.Calls{Create: "ec2:CreateVpc ec2:ModifyVpcAttribute ec2:CreateTags", Read: "ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeNetworkAcls ec2:DescribeRouteTables ec2:DescribeSecurityGroups",
			Update: "ec2:ModifyVpcAttribute ec2:AssociateVpcCidrBlock ec2:DisassociateVpcCidrBlock" + ec2Tags, Remove: "ec2:DeleteVpc"},
		TaggedAs: "ec2:vpc/",
	},
	&cloud.Kind{
		Type: typeSubnet, Service: "EC2", Noun: "Subnet", UpdateCall: "ModifySubnetAttribute",
		Refs:  []cloud.Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		InUse: cloud.Refusal{Code: inUseByOthers, Message: "The subnet '{id}' has dependencies and cannot be deleted.", Rule: "facts 2", Retry: 20 * time.Minute},
		Quota: &cloud.Quota{Max: 200, Per: "vpcId", Refusal: cloud.Refusal{Code: "SubnetLimitExceeded", Message: "The maximum number of subnets has been reached.", Rule: "facts 21"}},
		Check: checkSubnet, Create: createSubnet,
		Update: func(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
			return applySubnetIPv6(t, r, old)
		},
		Delete: func(t *cloud.Tx, r *cloud.Resource) error {
			removeAll(t, typeRouteAssociation, "subnetId", r.ID)
			removeAll(t, typeACLAssociation, "subnetId", r.ID)
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(2, 1, 6), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(1, 0, 1),
			Wait: cloud.WaitSeconds(0, 10, 0), Limit: cloud.LimitMinutes(10, 0, 20), Source: "facts, section 1: subnet, 3 logs"},
		Calls: cloud.Calls{Create: "ec2:CreateSubnet ec2:ModifySubnetAttribute ec2:CreateTags", Read: "ec2:DescribeSubnets", Update: "ec2:ModifySubnetAttribute ec2:AssociateSubnetCidrBlock ec2:DisassociateSubnetCidrBlock" + ec2Tags,
			Remove: "ec2:DeleteSubnet ec2:DescribeNetworkInterfaces"},
		TaggedAs: "ec2:subnet/",
	},
	&cloud.Kind{
		Type: typeInternetGateway, Service: "EC2", Noun: "InternetGateway",
		Refs:  []cloud.Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &cloud.Quota{Max: 5, Refusal: cloud.Refusal{Code: "InternetGatewayLimitExceeded", Message: "The maximum number of internet gateways has been reached.", Rule: "facts 21"}},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = t.ID("igw")
			r.State["arn"], r.State["ownerId"] = t.ARN("ec2", "internet-gateway/"+r.ID), t.Account()
			cloud.Computed(r, cloud.Map{"vpcId": ""})
			return attachGateway(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
			was := cloud.Str(old, "vpcId")
			if was == r.Str("vpcId") {
				return nil
			}
			if err := attachGateway(t, r); err != nil {
				return err
			}
			return detachGateway(t, r.ID, was)
		},
		Delete: func(t *cloud.Tx, r *cloud.Resource) error { return detachGateway(t, r.ID, r.Str("vpcId")) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 1, 2), Delete: cloud.Secs(1, 1, 2),
			Limit: cloud.LimitMinutes(20, 20, 20), Source: "facts, section 1: internet gateway, 3 logs; rule 4 holds it while addresses are mapped"},
		Calls: cloud.Calls{Create: "ec2:CreateInternetGateway ec2:AttachInternetGateway ec2:CreateTags", Read: "ec2:DescribeInternetGateways",
			Update: "ec2:AttachInternetGateway ec2:DetachInternetGateway" + ec2Tags, Remove: "ec2:DetachInternetGateway ec2:DeleteInternetGateway"},
		TaggedAs: "ec2:internet-gateway/",
	},
)

func checkVPC(c *cloud.Checker) {
	c.Unmodelled("assignGeneratedIpv6CidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", "ipv6CidrBlock",
		"ipv6CidrBlockNetworkBorderGroup", "ipv6IpamPoolId", "ipv6NetmaskLength")
}

func createVPC(t *cloud.Tx, r *cloud.Resource) error {
	if r.Str("cidrBlock") == "" {
		return cloud.Refuse("MissingParameter", ec2Codes, "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	r.ID = t.ID("vpc")
	table, group := t.ID("rtb"), t.ID("sg")
	cloud.Computed(r, cloud.Map{
		"arn": t.ARN("ec2", "vpc/"+r.ID), "ownerId": t.Account(), "dhcpOptionsId": "dopt-0" + t.Stable("dhcp options", 16),
		"defaultSecurityGroupId": group, "defaultNetworkAclId": t.ID("acl"), "defaultRouteTableId": table, "mainRouteTableId": table,
		"enableDnsHostnames": false, "enableNetworkAddressUsageMetrics": false,
		"ipv6AssociationId": "", "ipv6CidrBlock": "", "ipv6CidrBlockNetworkBorderGroup": "",
	})
	t.Make(r, typeRouteTable, table, routeTableState(t, table, cloud.Map{"vpcId": r.ID}))
	t.Make(r, typeSecurityGroup, group, securityGroupState(t, group, cloud.Map{
		"vpcId": r.ID, "name": defaultGroupName, "description": defaultGroupDescription, "namePrefix": "",
	}))
	return nil
}

// removeAll takes away what goes with a resource: those of a type whose property names it.
func removeAll(t *cloud.Tx, typ, property, value string) {
	for _, r := range t.All(typ) {
		if r.Str(property) == value {
			t.Remove(r)
		}
	}
}

func checkSubnet(c *cloud.Checker) {
	c.Unmodelled("customerOwnedIpv4Pool", "enableDns64", "enableLniAtDeviceIndex", "enableResourceNameDnsAaaaRecordOnLaunch", "ipv6Native", "mapCustomerOwnedIpOnLaunch", "outpostArn")
}

func createSubnet(t *cloud.Tx, r *cloud.Resource) error {
	vpc, _ := t.Find(typeVPC, "", r.Str("vpcId"))
	if err := applyZone(t, r); err != nil {
		return err
	}
	if err := inFreeRange(t, r, vpc); err != nil {
		return err
	}
	r.ID = t.ID("subnet")
	cloud.Computed(r, cloud.Map{
		"arn": t.ARN("ec2", "subnet/"+r.ID), "ownerId": t.Account(), "privateDnsHostnameTypeOnLaunch": "ip-name",
		"ipv6CidrBlockAssociationId": "",
	})
	return applySubnetIPv6(t, r, nil)
}

// applyZone fills in the zone's id or its name, whichever was not given. Which name an id has is the account's own.
func applyZone(t *cloud.Tx, r *cloud.Resource) error {
	zones := t.Declared().Regions[t.Region].Zones
	id, name := r.Str("availabilityZoneId"), r.Str("availabilityZone")
	var names []string
	for _, zoneID := range slices.Sorted(maps.Keys(zones)) {
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
	return cloud.Refuse("InvalidParameterValue", "moto, CreateSubnet", "Value (%s) for parameter %s is invalid. "+
		"Subnets can currently only be created in the following availability zones: %s.", id+name, parameter, strings.Join(names, ", "))
}

// inFreeRange refuses a subnet whose size AWS does not offer, outside its VPC's range, or over another subnet's (Amazon
// VPC User Guide, "Subnet sizing for IPv4": /16 to /28).
func inFreeRange(t *cloud.Tx, r, vpc *cloud.Resource) error {
	own, err := netip.ParsePrefix(r.Str("cidrBlock"))
	if err != nil {
		return cloud.Refuse("MissingParameter", ec2Codes, "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	if !within(own, rangeOf(vpc)) || own.Bits() < 16 || own.Bits() > 28 {
		return cloud.Refuse("InvalidSubnet.Range", "facts 13", "The CIDR '%s' is invalid.", own)
	}
	for _, other := range t.All(typeSubnet) {
		if other.Str("vpcId") == vpc.ID && rangeOf(other).Overlaps(own) {
			return cloud.Refuse("InvalidSubnet.Conflict", "facts 13", "The CIDR '%s' conflicts with another subnet", own)
		}
	}
	return nil
}

// rangeOf returns the range of a VPC or subnet, which was checked when it was made.
func rangeOf(r *cloud.Resource) netip.Prefix {
	p, _ := netip.ParsePrefix(r.Str("cidrBlock"))
	return p
}

// attachGateway refuses a second internet gateway for a VPC.
func attachGateway(t *cloud.Tx, r *cloud.Resource) error {
	if other, ok := gatewayOf(t, r.Str("vpcId")); ok && other.ID != r.ID {
		return &cloud.Error{Operation: "AttachInternetGateway", Code: "InvalidParameterValue", Rule: "Amazon VPC User Guide, internet gateways",
			Message: "Network " + r.Str("vpcId") + " already has an internet gateway attached"}
	}
	return nil
}

// gatewayOf returns the internet gateway attached to a VPC.
func gatewayOf(t *cloud.Tx, vpc string) (*cloud.Resource, bool) {
	if vpc == "" {
		return nil, false
	}
	all := t.All(typeInternetGateway)
	i := slices.IndexFunc(all, func(g *cloud.Resource) bool { return g.Str("vpcId") == vpc })
	if i < 0 {
		return nil, false
	}
	return all[i], true
}

// detachGateway refuses to detach a gateway while something in the VPC has a public address. Routes to it stay and drop
// what they get.
func detachGateway(t *cloud.Tx, id, vpc string) error {
	if vpc != "" && mappedAddresses(t, vpc) {
		return &cloud.Error{Operation: "DetachInternetGateway", Code: inUseByOthers, Rule: "facts 4",
			Message: "Network " + vpc + " has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", Retry: 20 * time.Minute}
	}
	blackhole(t, "gatewayId", id)
	return nil
}

// mappedAddresses reports whether something in a VPC has a public address: a public NAT gateway, a load balancer that
// faces the internet, an instance in a subnet that gives it one, a database that asked for one.
func mappedAddresses(t *cloud.Tx, vpc string) bool {
	in := func(subnet string) (*cloud.Resource, bool) {
		s, ok := t.Find(typeSubnet, "", subnet)
		return s, ok && s.Str("vpcId") == vpc
	}
	public := map[string]func(r *cloud.Resource) bool{
		typeNAT: func(n *cloud.Resource) bool {
			_, here := in(n.Str("subnetId"))
			return here && n.Str("connectivityType") == "public" && !natFailed(n)
		},
		typeLoadBalancer: func(b *cloud.Resource) bool { return !b.Bool("internal") && b.Str("vpcId") == vpc },
		typeGroup: func(g *cloud.Resource) bool {
			return g.Int("desiredCapacity") > 0 && slices.ContainsFunc(g.Strs("vpcZoneIdentifiers[]"), func(id string) bool {
				s, here := in(id)
				return here && s.Bool("mapPublicIpOnLaunch")
			})
		},
		typeDBInstance: func(i *cloud.Resource) bool {
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
