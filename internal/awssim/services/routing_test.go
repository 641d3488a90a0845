package services

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/stretchr/testify/require"
)

const everywhere = "0.0.0.0/0"

func TestRoute(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	vpc, far := n.otherVPC()
	farSubnet, _ := n.make(typeSubnet, cloud.Map{"vpcId": vpc, "cidrBlock": "10.1.0.0/24"})
	farNAT, _, _ := n.nat(farSubnet)
	nat, _, _ := n.nat(n.a)
	to := func(destination, property, target string) cloud.Map {
		return cloud.Map{"routeTableId": n.table, "destinationCidrBlock": destination, property: target}
	}

	id, state := n.make(typeRoute, to(everywhere, "gatewayId", n.gateway))
	require.Equal(t, "r-"+n.table+strconv.Itoa(int(crc32.ChecksumIEEE([]byte(everywhere)))), id)
	require.Equal(t, "active", state["state"])
	require.Equal(t, "CreateRoute", state["origin"])
	n.refused("RouteAlreadyExists", typeRoute, to(everywhere, "natGatewayId", nat))
	n.refused("RouteAlreadyExists", typeRoute, to("10.0.0.0/16", "natGatewayId", nat))
	state, err := n.change(typeRoute, id, to(everywhere, "natGatewayId", nat))
	require.NoError(t, err)
	require.Nil(t, state["gatewayId"])

	n.refused("InvalidRouteTableID.NotFound", typeRoute, with(to("1.0.0.0/8", "natGatewayId", nat), cloud.Map{"routeTableId": "rtb-0"}))
	n.refused("InvalidParameterValue", typeRoute, to("1.0.0.0/8", "gatewayId", far))
	n.unchanged("InvalidParameterValue", typeRoute, id, to(everywhere, "gatewayId", far))
	n.refused("InvalidParameterValue", typeRoute, to("1.0.0.0/8", "natGatewayId", farNAT))
	n.refused("InvalidParameterValue", typeRoute, to("10.0.1.0/24", "gatewayId", n.gateway))
	n.make(typeRoute, to("10.0.1.0/24", "natGatewayId", nat))
	for property, code := range map[string]string{
		"gatewayId": "InvalidGatewayID.NotFound", "natGatewayId": "InvalidNatGatewayID.NotFound",
		"transitGatewayId": "InvalidTransitGatewayID.NotFound", "networkInterfaceId": "InvalidNetworkInterfaceID.NotFound",
		"vpcPeeringConnectionId": "InvalidVpcPeeringConnectionID.NotFound", "vpcEndpointId": "InvalidVpcEndpointId.NotFound",
	} {
		n.refused(code, typeRoute, to("1.0.0.0/8", property, "x-0"))
	}
	endpoint, _ := n.make(typeEndpoint, n.s3())
	n.refused("InvalidParameterValue", typeRoute, to("1.0.0.0/8", "vpcEndpointId", endpoint))
	n.refused("InvalidParameterValue", typeRoute, cloud.Map{"routeTableId": n.table, "destinationIpv6CidrBlock": "::/0", "natGatewayId": nat})
	n.refused("InvalidPrefixListID.NotFound", typeRoute, cloud.Map{"routeTableId": n.table, "destinationPrefixListId": "pl-0", "natGatewayId": nat})

	for _, bad := range []cloud.Map{
		{"routeTableId": n.table, "gatewayId": n.gateway},
		{"routeTableId": n.table, "destinationCidrBlock": everywhere},
		with(to(everywhere, "gatewayId", n.gateway), cloud.Map{"natGatewayId": nat}),
		with(to(everywhere, "gatewayId", n.gateway), cloud.Map{"destinationIpv6CidrBlock": "::/0"}),
		to("10.0.0.1/8", "gatewayId", n.gateway),
		to(everywhere, "egressOnlyGatewayId", "eigw-1"),
		{"routeTableId": n.table, "destinationIpv6CidrBlock": "0.0.0.0/0", "gatewayId": n.gateway},
	} {
		require.NotEmpty(t, problems(typeRoute, bad), bad)
	}
}

func TestRoutesPerTable(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	route := func(i int) cloud.Map {
		return cloud.Map{"routeTableId": n.table, "destinationCidrBlock": fmt.Sprintf("11.%d.%d.0/24", i/256, i%256), "gatewayId": n.gateway}
	}
	for i := range routesPerTable {
		n.make(typeRoute, route(i))
	}
	n.refused("RouteLimitExceeded", typeRoute, route(routesPerTable))
}

func TestRouteTable(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	vpc, _ := n.otherVPC()
	other, state := n.make(typeRouteTable, cloud.Map{"vpcId": vpc})
	require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:route-table/"+other, state["arn"])
	require.Equal(t, []any{}, state["routes"])
	require.NotEmpty(t, problems(typeRouteTable, cloud.Map{"vpcId": vpc, "routes": cloud.List[any](cloud.Map{"cidrBlock": everywhere, "gatewayId": "igw-1"})}))

	link, _ := n.make(typeRouteAssociation, cloud.Map{"subnetId": n.a, "routeTableId": n.table})
	require.Regexp(t, `^rtbassoc-0[0-9a-f]{16}$`, link)
	n.refused("Resource.AlreadyAssociated", typeRouteAssociation, cloud.Map{"subnetId": n.a, "routeTableId": n.table})
	n.refused("InvalidParameterValue", typeRouteAssociation, cloud.Map{"subnetId": n.b, "routeTableId": other})
	n.refused("InvalidRouteTableID.NotFound", typeRouteAssociation, cloud.Map{"subnetId": n.b, "routeTableId": "rtb-0"})
	n.refused("InvalidSubnetID.NotFound", typeRouteAssociation, cloud.Map{"subnetId": "subnet-0", "routeTableId": n.table})
	n.unchanged("InvalidParameterValue", typeRouteAssociation, link, cloud.Map{"subnetId": n.a, "routeTableId": other})
	require.NotEmpty(t, problems(typeRouteAssociation, cloud.Map{"routeTableId": n.table}))
	require.NotEmpty(t, problems(typeRouteAssociation, cloud.Map{"routeTableId": n.table, "subnetId": n.a, "gatewayId": n.gateway}))

	n.make(typeRoute, cloud.Map{"routeTableId": n.table, "destinationCidrBlock": everywhere, "gatewayId": n.gateway})
	endpoint, _ := n.make(typeEndpoint, n.s3(n.table))
	n.goes(typeRouteTable, n.table)
	require.Equal(t, []any{}, n.read(typeEndpoint, endpoint)["routeTableIds"])
	for _, r := range n.List() {
		require.NotContains(t, []string{typeRoute, typeRouteAssociation}, r.Type, "goes with its table")
	}
}

func (n *netCloud) s3(tables ...string) cloud.Map {
	return cloud.Map{"vpcId": n.vpc, "serviceName": "com.amazonaws.eu-central-1.s3", "vpcEndpointType": "Gateway", "routeTableIds": cloud.List(tables...)}
}

func TestGatewayEndpoint(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	vpc, _ := n.otherVPC()
	far, _ := n.make(typeRouteTable, cloud.Map{"vpcId": vpc})
	id, state := n.make(typeEndpoint, n.s3(n.table))
	require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:vpc-endpoint/"+id, state["arn"])
	require.Equal(t, "available", state["state"])
	require.Regexp(t, `^pl-[0-9a-f]{8}$`, state["prefixListId"])
	_, err := iampolicy.Parse(state["policy"].(string), iampolicy.Resource)
	require.NoError(t, err)

	n.refused("RouteAlreadyExists", typeEndpoint, n.s3(n.table))
	n.refused("InvalidParameter", typeEndpoint, n.s3(far))
	n.refused("InvalidRouteTableID.NotFound", typeEndpoint, n.s3("rtb-0"))
	n.refused("InvalidVpcID.NotFound", typeEndpoint, with(n.s3(), cloud.Map{"vpcId": "vpc-0"}))
	for _, name := range []string{"com.amazonaws.us-east-1.s3", "com.amazonaws.eu-central-1.s4", "s3"} {
		n.refused("InvalidServiceName", typeEndpoint, with(n.s3(), cloud.Map{"serviceName": name}))
	}
	n.refused("InvalidParameter", typeEndpoint, with(n.s3(), cloud.Map{"serviceName": "com.amazonaws.eu-central-1.ecr.api"}))
	n.refused("InvalidParameter", typeEndpoint, with(n.s3(), cloud.Map{"subnetIds": cloud.List(n.a)}))
	n.refused("InvalidParameter", typeEndpoint, with(n.s3(), cloud.Map{"privateDnsEnabled": true}))
	n.refused("InvalidParameter", typeEndpoint, with(n.s3(), cloud.Map{"ipAddressType": "dualstack"}))
	n.refused("InvalidParameter", typeEndpoint, with(n.s3(), cloud.Map{"securityGroupIds": cloud.List(n.group("s3"))}))
	second, _ := n.make(typeRouteTable, cloud.Map{"vpcId": n.vpc})
	state, err = n.change(typeEndpoint, id, n.s3(n.table, second))
	require.NoError(t, err)
	require.Len(t, state["routeTableIds"], 2)
	n.unchanged("InvalidParameter", typeEndpoint, id, n.s3(far))
	n.goes(typeEndpoint, id)
	for range gatewayEndpoints {
		n.make(typeEndpoint, n.s3())
	}
	n.refused("VpcEndpointLimitExceeded", typeEndpoint, n.s3())
	refusesInputs(t, typeEndpoint, n.s3(), []badInput{
		{"vpcEndpointType", "gateway"}, {"policy", `{"Statement":[]}`}, {"ipAddressType", "v4"},
	})
	require.NotEmpty(t, problems(typeEndpoint, with(n.s3(), cloud.Map{"serviceNetworkArn": "arn:aws:x:y:111122223333:z"})))
}

func TestInterfaceEndpoint(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	_, err := n.change(typeVPC, n.vpc, cloud.Map{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true})
	require.NoError(t, err)
	group, _ := n.make(typeSecurityGroup, cloud.Map{"name": "endpoint", "vpcId": n.vpc})
	ecr := cloud.Map{"vpcId": n.vpc, "serviceName": "com.amazonaws.eu-central-1.ecr.api", "vpcEndpointType": "Interface",
		"subnetIds": cloud.List(n.a, n.b), "securityGroupIds": cloud.List(group), "privateDnsEnabled": true}
	id, state := n.make(typeEndpoint, ecr)
	require.Len(t, state["networkInterfaceIds"], 2)
	require.Contains(t, cloud.Str(state, "dnsEntries[].dnsName"), ".ecr.api.eu-central-1.vpce.amazonaws.com")
	n.stuck("DependencyViolation", typeSubnet, n.a)
	n.stuck("DependencyViolation", typeSecurityGroup, group)
	state, err = n.change(typeEndpoint, id, with(ecr, cloud.Map{"subnetIds": cloud.List(n.b)}))
	require.NoError(t, err)
	require.Len(t, state["networkInterfaceIds"], 1)

	n.refused("InvalidParameter", typeEndpoint, ecr) // its names are taken
	ecr = with(ecr, cloud.Map{"privateDnsEnabled": nil})
	third, _ := n.make(typeSubnet, n.subnet("10.0.2.0/24", "euc1-az1"))
	n.refused("DuplicateSubnetsInSameZone", typeEndpoint, with(ecr, cloud.Map{"subnetIds": cloud.List(n.a, third)}))
	n.refused("InvalidParameter", typeEndpoint, with(ecr, cloud.Map{"routeTableIds": cloud.List(n.table)}))
	n.refused("InvalidGroup.NotFound", typeEndpoint, with(ecr, cloud.Map{"securityGroupIds": cloud.List("sg-0")}))
	vpc, _ := n.otherVPC()
	far, _ := n.make(typeSecurityGroup, cloud.Map{"name": "far", "vpcId": vpc})
	n.refused("InvalidParameter", typeEndpoint, with(ecr, cloud.Map{"securityGroupIds": cloud.List(far)}))
	n.refused("InvalidParameter", typeEndpoint, with(ecr, cloud.Map{"vpcId": vpc, "securityGroupIds": nil}))
	n.refused("InvalidParameter", typeEndpoint, with(ecr, cloud.Map{"vpcId": vpc, "subnetIds": nil, "securityGroupIds": nil, "privateDnsEnabled": true}))
	_, state = n.make(typeEndpoint, with(ecr, cloud.Map{"securityGroupIds": nil}))
	require.Equal(t, cloud.List(cloud.Str(n.read(typeVPC, n.vpc), "defaultSecurityGroupId")), state["securityGroupIds"])
}
