package cloud

import (
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"
	"strings"
)

const (
	typeRouteTable       = "aws:ec2/routeTable:RouteTable"
	typeRoute            = "aws:ec2/route:Route"
	typeRouteAssociation = "aws:ec2/routeTableAssociation:RouteTableAssociation"
)

var missingTable = Refusal{"InvalidRouteTableID.NotFound", "The routeTable ID '{value}' does not exist", "EC2 API, error codes"}

var _ = register(
	&Kind{
		Type: typeEIP, Service: "EC2", Noun: "Address", CreateCall: "AllocateAddress", DeleteCall: "ReleaseAddress",
		Replace: []string{"domain", "vpc", "address", "networkBorderGroup", "publicIpv4Pool", "ipamPoolId"},
		Keys:    []string{"allocationId"},
		InUse:   Refusal{"AuthFailure", "You do not have permission to access the specified resource.", "facts 5"},
		Quota:   &Quota{Max: 5, Refusal: Refusal{"AddressLimitExceeded", "The maximum number of addresses has been reached.", "facts 20"}},
		Check: func(c *Checker) {
			c.OneOf("domain", "vpc", "standard")
			c.Conflict("domain", "vpc")
			c.Conflict("instance", "networkInterface")
		},
		Create: createEIP,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
	},
	&Kind{
		Type: typeNAT, Service: "EC2", Noun: "NatGateway",
		Replace:  []string{"allocationId", "subnetId", "connectivityType", "privateIp", "secondaryPrivateIpAddressCount"},
		Defaults: Map{"connectivityType": "public"},
		Refs: []Ref{
			{Path: "subnetId", To: typeSubnet, Missing: missingNet},
			{Path: "allocationId", To: typeEIP, Missing: Refusal{"InvalidAllocationID.NotFound", "The allocation ID '{value}' does not exist", "EC2 API, error codes"}},
		},
		Check: func(c *Checker) {
			c.OneOf("connectivityType", "public", "private")
			kind, set := c.String("connectivityType")
			if public := !set || kind == "public"; public != Has(c.In, "allocationId") {
				c.Fail("allocationId", "must be given for a public NAT gateway, and for no other")
			}
		},
		Create: createNAT,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
	},
	&Kind{
		Type: typeRouteTable, Service: "EC2", Noun: "RouteTable",
		Replace: []string{"vpcId"},
		Refs:    []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		InUse:   Refusal{inUseByOthers, "The routeTable '{id}' has dependencies and cannot be deleted.", "EC2 API, DeleteRouteTable"},
		Quota:   &Quota{Max: 200, Per: "vpcId", Refusal: Refusal{"RouteTableLimitExceeded", "The maximum number of route tables has been reached.", "facts 21"}},
		Check: func(c *Checker) {
			if len(At(c.In, "routes[]")) > 0 {
				c.Fail("routes", "the offline AWS takes routes as resources of their own only")
			}
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = t.ID("rtb")
			r.State["arn"], r.State["ownerId"] = t.ARN("ec2", "route-table/"+r.ID), t.Account()
			r.State["routes"], r.State["propagatingVgws"] = List[any](), List[any]()
			tagsAll(r)
			return nil
		},
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
	},
	&Kind{
		Type: typeRoute, Service: "EC2", Noun: "Route",
		Replace: []string{"routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"},
		Refs: []Ref{
			// Routes go with their table: deleting it needs no empty table, only one that no subnet uses.
			{Path: "routeTableId", To: typeRouteTable, Missing: missingTable, Free: true},
			{Path: "natGatewayId", To: typeNAT, Free: true, Missing: Refusal{"InvalidNatGatewayID.NotFound", "The natGateway ID '{value}' does not exist", "facts 10"}},
			{Path: "gatewayId", To: typeInternetGateway, Free: true, Missing: Refusal{"InvalidGatewayID.NotFound", "The gateway ID '{value}' does not exist", "EC2 API, error codes"}},
		},
		Check: func(c *Checker) {
			c.ExactlyOne("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
			c.ExactlyOne(routeTargets...)
			c.ipv4Range("destinationCidrBlock", 0, 32)
		},
		Create: createRoute,
		Update: func(t *Tx, r *Resource, _ Map) error { return routeTarget(t, r) },
	},
	&Kind{
		Type: typeRouteAssociation, Service: "EC2", Noun: "RouteTable", CreateCall: "AssociateRouteTable",
		UpdateCall: "ReplaceRouteTableAssociation", DeleteCall: "DisassociateRouteTable",
		Replace: []string{"subnetId", "gatewayId"},
		Refs: []Ref{
			{Path: "routeTableId", To: typeRouteTable, Missing: missingTable},
			{Path: "subnetId", To: typeSubnet, Missing: missingNet, Free: true}, // goes with its subnet
		},
		Check:  func(c *Checker) { c.ExactlyOne("subnetId", "gatewayId") },
		Create: createRouteAssociation,
		Update: func(t *Tx, r *Resource, _ Map) error { return sameNetwork(t, r) },
	},
)

var routeTargets = []string{
	"carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId", "natGatewayId",
	"networkInterfaceId", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId",
}

func createEIP(t *Tx, r *Resource) error {
	r.ID = t.ID("eipalloc")
	sum := crc32.ChecksumIEEE([]byte(r.ID))
	ip := netip.AddrFrom4([4]byte{198, 18 + byte(sum>>16&1), byte(sum >> 8), byte(sum)}) // RFC 2544: nobody's addresses
	host := strings.ReplaceAll(ip.String(), ".", "-")
	computed(r, Map{
		"allocationId": r.ID, "arn": t.ARN("ec2", "elastic-ip/"+r.ID), "domain": "vpc", "vpc": true, "publicIp": ip.String(),
		"publicDns": fmt.Sprintf("ec2-%s.%s.compute.amazonaws.com", host, t.Region), "publicIpv4Pool": "amazon",
		"networkBorderGroup": t.Region,
	})
	tagsAll(r)
	return nil
}

// natPerZone is the default quota of NAT gateways in one availability zone (facts 21).
const natPerZone = 5

func createNAT(t *Tx, r *Resource) error {
	subnet, _ := t.Find(typeSubnet, "", r.Str("subnetId"))
	inZone := 0
	for _, other := range t.All(typeNAT) {
		if s, ok := t.Find(typeSubnet, "", other.Str("subnetId")); ok && s.Str("availabilityZone") == subnet.Str("availabilityZone") {
			inZone++
		}
		if other.Str("allocationId") == r.Str("allocationId") && r.Str("allocationId") != "" {
			return failedNAT("Resource.AlreadyAssociated", "facts 8", "Elastic IP address ["+r.Str("allocationId")+"] is already associated")
		}
	}
	if inZone >= natPerZone {
		return Refuse("NatGatewayLimitExceeded", "facts 21", "The maximum number of NAT gateways has been reached.")
	}
	if _, ok := gatewayOf(t, subnet.Str("vpcId")); !ok && r.Str("connectivityType") == "public" {
		return failedNAT("Gateway.NotAttached", "facts 7", "Network "+subnet.Str("vpcId")+" has no Internet gateway attached")
	}
	r.ID = t.ID("nat")
	r.State["networkInterfaceId"], r.State["associationId"] = t.ID("eni"), t.ID("eipassoc")
	if p, err := netip.ParsePrefix(subnet.Str("cidrBlock")); err == nil && r.Str("privateIp") == "" {
		r.State["privateIp"] = hostIn(p, r.ID).String()
	}
	if ip, ok := t.Find(typeEIP, "", r.Str("allocationId")); ok {
		r.State["publicIp"] = ip.Str("publicIp")
	}
	tagsAll(r)
	return nil
}

// hostIn returns an address of a subnet that AWS does not keep to itself; which one follows from the owner's id.
func hostIn(p netip.Prefix, owner string) netip.Addr {
	const reserved = 4 // network address, router, DNS and one for the future (Amazon VPC User Guide, "Subnet sizing")
	free := uint32(1)<<(32-p.Bits()) - reserved - 1
	a := p.Addr().As4()
	n := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	n += reserved + crc32.ChecksumIEEE([]byte(owner))%free
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// failedNAT is how the provider reports a gateway that AWS accepted and could not bring up.
func failedNAT(code, rule, message string) error {
	return Refuse(code, rule, "waiting for EC2 NAT Gateway create: unexpected state 'failed', wanted target 'available'. last error: %s: %s", code, message)
}

func createRoute(t *Tx, r *Resource) error {
	destination := r.Str("destinationCidrBlock") + r.Str("destinationIpv6CidrBlock") + r.Str("destinationPrefixListId")
	r.ID = fmt.Sprintf("r-%s%d", r.Str("routeTableId"), crc32.ChecksumIEEE([]byte(destination)))
	table, _ := t.Find(typeRouteTable, "", r.Str("routeTableId"))
	vpc, _ := t.Find(typeVPC, "", table.Str("vpcId"))
	if _, taken := t.Find(typeRoute, "", r.ID); taken || vpc.Str("cidrBlock") == destination {
		return Refuse("RouteAlreadyExists", "facts 11", "The route identified by %s already exists.", destination)
	}
	r.State["origin"], r.State["state"] = "CreateRoute", "active"
	return routeTarget(t, r)
}

// routeTarget refuses a target in another VPC than the table's.
func routeTarget(t *Tx, r *Resource) error {
	table, _ := t.Find(typeRouteTable, "", r.Str("routeTableId"))
	vpc := table.Str("vpcId")
	if g, ok := t.Find(typeInternetGateway, "", r.Str("gatewayId")); ok && g.Str("vpcId") != vpc {
		return Refuse("InvalidParameterValue", "EC2 API, CreateRoute", "route table %s and network gateway %s belong to different networks", table.ID, g.ID)
	}
	if n, ok := t.Find(typeNAT, "", r.Str("natGatewayId")); ok {
		if s, _ := t.Find(typeSubnet, "", n.Str("subnetId")); s.Str("vpcId") != vpc {
			return Refuse("InvalidParameterValue", "EC2 API, CreateRoute", "route table %s and interface %s belong to different networks", table.ID, n.Str("networkInterfaceId"))
		}
	}
	return nil
}

func createRouteAssociation(t *Tx, r *Resource) error {
	taken := slices.ContainsFunc(t.All(typeRouteAssociation), func(a *Resource) bool {
		return a.Str("subnetId") == r.Str("subnetId") && a.Str("gatewayId") == r.Str("gatewayId")
	})
	if taken {
		return Refuse("Resource.AlreadyAssociated", "facts 12",
			"the specified association for route table %s conflicts with an existing association", r.Str("routeTableId"))
	}
	r.ID = t.ID("rtbassoc")
	return sameNetwork(t, r)
}

func sameNetwork(t *Tx, r *Resource) error {
	table, _ := t.Find(typeRouteTable, "", r.Str("routeTableId"))
	if s, ok := t.Find(typeSubnet, "", r.Str("subnetId")); ok && s.Str("vpcId") != table.Str("vpcId") {
		return Refuse("InvalidParameterValue", "EC2 API, AssociateRouteTable", "route table %s and subnet %s belong to different networks", table.ID, s.ID)
	}
	return nil
}
