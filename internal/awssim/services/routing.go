package services

import (
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeRouteTable       = "aws:ec2/routeTable:RouteTable"
	typeRoute            = "aws:ec2/route:Route"
	typeRouteAssociation = "aws:ec2/routeTableAssociation:RouteTableAssociation"
)

// routesPerTable is the default quota (Amazon VPC User Guide, "Amazon VPC quotas").
const routesPerTable = 500

var (
	missingTable     = cloud.Refusal{Code: "InvalidRouteTableID.NotFound", Message: "The routeTable ID '{value}' does not exist", Rule: ec2Codes}
	missingInterface = cloud.Refusal{Code: "InvalidNetworkInterfaceID.NotFound", Message: "The networkInterface ID '{value}' does not exist", Rule: ec2Codes}
)

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeRouteTable, Service: "EC2", Noun: "RouteTable",
		Refs:  []cloud.Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &cloud.Quota{Max: 200, Per: "vpcId", Refusal: cloud.Refusal{Code: "RouteTableLimitExceeded", Message: "The maximum number of route tables has been reached.", Rule: "facts 21"}},
		// Routes written into the table would be two truths about one route.
		Check: func(c *cloud.Checker) { c.Unmodelled("routes", "propagatingVgws") },
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = t.ID("rtb")
			cloud.Computed(r, routeTableState(t, r.ID, cloud.Map{}))
			return nil
		},
		Delete: deleteRouteTable,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 5), Delete: cloud.Secs(1, 0, 1),
			Limit: cloud.LimitMinutes(5, 2, 5), Source: "facts, section 1: route table, 3 logs"},
		Calls:    cloud.Calls{Create: "ec2:CreateRouteTable ec2:CreateTags", Read: "ec2:DescribeRouteTables", Update: ec2Tags, Remove: "ec2:DeleteRouteTable"},
		TaggedAs: "ec2:route-table/",
	},
	&cloud.Kind{
		Type: typeRoute, Service: "EC2", Noun: "Route", UpdateCall: "ReplaceRoute",
		Refs:  append(routeTargetRefs, cloud.Ref{Path: "routeTableId", To: typeRouteTable, Missing: missingTable, Free: true}),
		Check: checkRoute, Create: createRoute,
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error {
			r.State["state"] = "active"
			return routeTarget(t, r)
		},
		Timing: cloud.Timing{Create: cloud.Secs(0.5, 0, 1), Update: cloud.Secs(0.5, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
			Limit: cloud.LimitMinutes(5, 2, 5), Source: "facts, section 1: route, 3 logs"},
		Calls: cloud.Calls{Create: "ec2:CreateRoute", Read: "ec2:DescribeRouteTables", Update: "ec2:ReplaceRoute", Remove: "ec2:DeleteRoute"},
		ImportID: func(r *cloud.Resource) string {
			for _, p := range []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"} {
				if to := r.Str(p); to != "" {
					return r.Str("routeTableId") + "_" + to
				}
			}
			return ""
		},
	},
	&cloud.Kind{
		Type: typeRouteAssociation, Service: "EC2", Noun: "RouteTable", CreateCall: "AssociateRouteTable",
		UpdateCall: "ReplaceRouteTableAssociation", DeleteCall: "DisassociateRouteTable",
		Refs: []cloud.Ref{ // goes with either
			{Path: "routeTableId", To: typeRouteTable, Missing: missingTable, Free: true},
			{Path: "subnetId", To: typeSubnet, Missing: missingNet, Free: true},
			{Path: "gatewayId", To: typeInternetGateway, Missing: missingGateway, Free: true},
		},
		Create: createRouteAssociation,
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return sameNetwork(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(0.5, 0, 1), Update: cloud.Secs(0.5, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
			Limit: cloud.LimitMinutes(5, 2, 5), Source: "facts, section 1: association, 3 logs"},
		Calls: cloud.Calls{Create: "ec2:AssociateRouteTable", Read: "ec2:DescribeRouteTables", Update: "ec2:ReplaceRouteTableAssociation", Remove: "ec2:DisassociateRouteTable"},
		ImportID: func(r *cloud.Resource) string {
			if subnet := r.Str("subnetId"); subnet != "" {
				return subnet + "/" + r.Str("routeTableId")
			}
			return r.Str("gatewayId") + "/" + r.Str("routeTableId")
		},
	},
)

var missingGateway = cloud.Refusal{Code: "InvalidGatewayID.NotFound", Message: "The gateway ID '{value}' does not exist", Rule: ec2Codes}

// routeTargetRefs are what a route can lead to. Deleting a target leaves the route behind.
var routeTargetRefs = []cloud.Ref{
	{Path: "gatewayId", To: typeInternetGateway, Free: true, Missing: missingGateway},
	{Path: "natGatewayId", To: typeNAT, Free: true, Missing: cloud.Refusal{Code: "InvalidNatGatewayID.NotFound", Message: "The natGateway ID '{value}' does not exist", Rule: "facts 10"}},
	{Path: "vpcEndpointId", To: typeEndpoint, Free: true, Missing: cloud.Refusal{Code: "InvalidVpcEndpointId.NotFound", Message: "The Vpc Endpoint Id '{value}' does not exist", Rule: ec2Codes}},
	{Path: "networkInterfaceId", To: "aws:ec2/networkInterface:NetworkInterface", Free: true, Missing: missingInterface},
	{Path: "transitGatewayId", To: "aws:ec2transitgateway/transitGateway:TransitGateway", Free: true,
		Missing: cloud.Refusal{Code: "InvalidTransitGatewayID.NotFound", Message: "The transitGateway ID '{value}' does not exist", Rule: "facts 10", Retry: 5 * time.Minute}},
	{Path: "vpcPeeringConnectionId", To: "aws:ec2/vpcPeeringConnection:VpcPeeringConnection", Free: true,
		Missing: cloud.Refusal{Code: "InvalidVpcPeeringConnectionID.NotFound", Message: "The vpcPeeringConnection ID '{value}' does not exist", Rule: ec2Codes}},
	{Path: "egressOnlyGatewayId", To: typeEgressGateway, Free: true, Missing: missingGateway},
	{Path: "carrierGatewayId", To: "aws:ec2/carrierGateway:CarrierGateway", Free: true, Missing: missingGateway},
	{Path: "localGatewayId", To: "aws:ec2/localGateway:LocalGateway", Free: true, Missing: missingGateway},
	{Path: "coreNetworkArn", To: "aws:networkmanager/coreNetwork:CoreNetwork", Key: "arn", Free: true,
		Missing: cloud.Refusal{Code: "InvalidCoreNetworkArn.NotFound", Message: "The core network ARN '{value}' does not exist", Rule: ec2Codes}},
	{Path: "destinationPrefixListId", To: "aws:ec2/managedPrefixList:ManagedPrefixList", Free: true, Missing: missingPrefixList},
}

// routeTableState is what AWS computes of a route table.
func routeTableState(t *cloud.Tx, id string, state cloud.Map) cloud.Map {
	state["arn"], state["ownerId"] = t.ARN("ec2", "route-table/"+id), t.Account()
	state["routes"], state["propagatingVgws"] = cloud.List[any](), cloud.List[any]()
	if _, set := state["tagsAll"]; !set {
		state["tagsAll"] = cloud.Map{}
	}
	return state
}

// deleteRouteTable takes the table's routes along. The provider dissolves its associations before it calls.
func deleteRouteTable(t *cloud.Tx, r *cloud.Resource) error {
	if r.Owner != "" {
		return cloud.Refuse(inUseByOthers, ec2Codes, "The routeTable '%s' has dependencies and cannot be deleted.", r.ID)
	}
	removeAll(t, typeRoute, "routeTableId", r.ID)
	removeAll(t, typeRouteAssociation, "routeTableId", r.ID)
	for _, e := range t.All(typeEndpoint) {
		if left := without(e.Strs("routeTableIds[]"), r.ID); len(left) < len(e.Strs("routeTableIds[]")) {
			e.State["routeTableIds"] = cloud.List(left...)
			t.Save(e)
		}
	}
	return nil
}

func without(list []string, value string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == value })
}

func checkRoute(c *cloud.Checker) {
	c.Conflict("carrierGatewayId", "destinationIpv6CidrBlock")
	c.Conflict("egressOnlyGatewayId", "destinationCidrBlock")
	c.Conflict("vpcEndpointId", "destinationPrefixListId")
}

func createRoute(t *cloud.Tx, r *cloud.Resource) error {
	destination := r.Str("destinationCidrBlock") + r.Str("destinationIpv6CidrBlock") + r.Str("destinationPrefixListId")
	r.ID = fmt.Sprintf("r-%s%d", r.Str("routeTableId"), crc32.ChecksumIEEE([]byte(destination))) // as the provider makes it
	table, _ := t.Find(typeRouteTable, "", r.Str("routeTableId"))
	vpc, _ := t.Find(typeVPC, "", table.Str("vpcId"))
	if _, taken := t.Find(typeRoute, "", r.ID); taken || vpc.Str("cidrBlock") == destination {
		return cloud.Refuse("RouteAlreadyExists", "facts 11", "The route identified by %s already exists.", destination)
	}
	count := 0
	for _, other := range t.All(typeRoute) {
		if other.Str("routeTableId") == table.ID {
			count++
		}
	}
	if count >= routesPerTable {
		return cloud.Refuse("RouteLimitExceeded", "facts 21", "The maximum number of routes has been reached.")
	}
	cloud.Computed(r, cloud.Map{"origin": "CreateRoute", "state": "active", "instanceId": "", "instanceOwnerId": "", "networkInterfaceId": ""})
	return routeTarget(t, r)
}

// routeTarget refuses a target in another VPC than the table's, and one that cannot take what stays inside the VPC.
func routeTarget(t *cloud.Tx, r *cloud.Resource) error {
	const rule = "EC2 API, CreateRoute"
	table, _ := t.Find(typeRouteTable, "", r.Str("routeTableId"))
	vpc, _ := t.Find(typeVPC, "", table.Str("vpcId"))
	if g, ok := t.Find(typeInternetGateway, "", r.Str("gatewayId")); ok {
		if g.Str("vpcId") != vpc.ID {
			return cloud.Refuse("InvalidParameterValue", rule, "route table %s and network gateway %s belong to different networks", table.ID, g.ID)
		}
		if p, err := netip.ParsePrefix(r.Str("destinationCidrBlock")); err == nil && within(p, rangeOf(vpc)) {
			return cloud.Refuse("InvalidParameterValue", rule, "The destination CIDR block %s is equal to or more specific than one of this VPC's CIDR blocks. "+
				"This route can target only an interface or an instance.", p)
		}
	}
	if g, ok := t.Find(typeEgressGateway, "", r.Str("egressOnlyGatewayId")); ok && g.Str("vpcId") != vpc.ID {
		return cloud.Refuse("InvalidParameterValue", rule, "route table %s and egress-only gateway %s belong to different networks", table.ID, g.ID)
	}
	if n, ok := t.Find(typeNAT, "", r.Str("natGatewayId")); ok {
		if r.Str("destinationIpv6CidrBlock") != "" && r.Str("destinationIpv6CidrBlock") != "64:ff9b::/96" { // NAT64
			return cloud.Refuse("InvalidParameterValue", rule, "NAT gateways do not support the IPv6 destination %s", r.Str("destinationIpv6CidrBlock"))
		}
		if s, _ := t.Find(typeSubnet, "", n.Str("subnetId")); s.Str("vpcId") != vpc.ID {
			return cloud.Refuse("InvalidParameterValue", rule, "route table %s and interface %s belong to different networks", table.ID, n.Str("networkInterfaceId"))
		}
	}
	if e, ok := t.Find(typeEndpoint, "", r.Str("vpcEndpointId")); ok {
		return cloud.Refuse("InvalidParameterValue", rule, "Endpoint %s is of type %s; routes can target only endpoints of type GatewayLoadBalancer", e.ID, e.Str("vpcEndpointType"))
	}
	return nil
}

func createRouteAssociation(t *cloud.Tx, r *cloud.Resource) error {
	taken := slices.ContainsFunc(t.All(typeRouteAssociation), func(a *cloud.Resource) bool {
		return a.Str("subnetId") == r.Str("subnetId") && a.Str("gatewayId") == r.Str("gatewayId")
	})
	if taken {
		return cloud.Refuse("Resource.AlreadyAssociated", "facts 12",
			"the specified association for route table %s conflicts with an existing association", r.Str("routeTableId"))
	}
	r.ID = t.ID("rtbassoc")
	return sameNetwork(t, r)
}

func sameNetwork(t *cloud.Tx, r *cloud.Resource) error {
	table, _ := t.Find(typeRouteTable, "", r.Str("routeTableId"))
	for typ, property := range map[string]string{typeSubnet: "subnetId", typeInternetGateway: "gatewayId"} {
		if s, ok := t.Find(typ, "", r.Str(property)); ok && s.Str("vpcId") != table.Str("vpcId") {
			return cloud.Refuse("InvalidParameterValue", "EC2 API, AssociateRouteTable", "route table %s and %s belong to different networks", table.ID, s.ID)
		}
	}
	return nil
}
