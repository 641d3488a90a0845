package services

import (
	"net/netip"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// six returns /64 number n of a /56.
func six(t *testing.T, block any, n byte) string {
	t.Helper()
	p, err := netip.ParsePrefix(block.(string))
	require.NoError(t, err)
	require.Equal(t, 56, p.Bits())
	a := p.Addr().As16()
	a[7] += n
	return netip.PrefixFrom(netip.AddrFrom16(a), 64).String()
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	n.refused("InvalidSubnet.Range", typeSubnet, with(n.subnet("10.0.9.0/24", "euc1-az1"), cloud.Map{"ipv6CidrBlock": "2600:1f00::/64"}))
	n.refused("InvalidParameterValue", typeSubnet, with(n.subnet("10.0.9.0/24", "euc1-az1"), cloud.Map{"assignIpv6AddressOnCreation": true}))
	dual := with(n.balancer(), cloud.Map{"ipAddressType": "dualstack"})
	n.refused("ValidationError", typeLoadBalancer, dual)

	id, state := n.make(typeIPv6Block, cloud.Map{"vpcId": n.vpc, "assignGeneratedIpv6CidrBlock": true})
	require.Regexp(t, `^vpc-cidr-assoc-0`, id)
	block := state["ipv6CidrBlock"]
	vpc := n.read(typeVPC, n.vpc)
	require.Equal(t, []any{block, id, true}, []any{vpc["ipv6CidrBlock"], vpc["ipv6AssociationId"], vpc["assignGeneratedIpv6CidrBlock"]}, "a VPC shows its first block")

	a := n.subnet("10.0.0.0/24", "euc1-az1")
	both := with(a, cloud.Map{"ipv6CidrBlock": six(t, block, 1), "assignIpv6AddressOnCreation": true})
	after, err := n.change(typeSubnet, n.a, both)
	require.NoError(t, err, "a range is added in place")
	require.Regexp(t, `^subnet-cidr-assoc-0`, after["ipv6CidrBlockAssociationId"])
	b := n.subnet("10.0.1.0/24", "euc1-az2")
	_, err = n.change(typeSubnet, n.b, with(b, cloud.Map{"ipv6CidrBlock": six(t, block, 1)}))
	require.Equal(t, "InvalidSubnet.Conflict", cloud.Code(err))
	require.ErrorContains(t, err, "another subnet")
	_, err = n.change(typeSubnet, n.b, with(b, cloud.Map{"ipv6CidrBlock": block}))
	require.Equal(t, "InvalidSubnet.Range", cloud.Code(err))
	require.ErrorContains(t, err, "is invalid")
	_, err = n.change(typeSubnet, n.b, with(b, cloud.Map{"ipv6CidrBlock": six(t, block, 2)}))
	require.NoError(t, err)
	balancer, _ := n.make(typeLoadBalancer, dual)

	_, err = n.change(typeSubnet, n.a, with(a, cloud.Map{"ipv6CidrBlock": six(t, block, 7), "assignIpv6AddressOnCreation": true}))
	require.Equal(t, "InvalidCidrBlock.InUse", cloud.Code(err))
	require.ErrorContains(t, err, "assign-ipv6-address-on-creation set to true")
	_, err = n.change(typeSubnet, n.a, a)
	require.Equal(t, "InvalidCidrBlock.InUse", cloud.Code(err))
	require.ErrorContains(t, err, "network interfaces have addresses of it")
	n.stuck("InvalidCidrBlock.InUse", typeIPv6Block, id)
	require.NoError(t, n.gone(typeLoadBalancer, balancer, nil))
	for subnet, inputs := range map[string]cloud.Map{n.a: a, n.b: b} {
		_, err = n.change(typeSubnet, subnet, inputs)
		require.NoError(t, err)
	}
	require.NoError(t, n.gone(typeIPv6Block, id, nil))
	vpc = n.read(typeVPC, n.vpc)
	require.Equal(t, []any{"", ""}, []any{vpc["ipv6CidrBlock"], vpc["ipv6AssociationId"]})
	refusesInputs(t, typeSubnet, a, []badInput{{"ipv6CidrBlock", "10.0.0.0/24"}, {"ipv6CidrBlock", "2600:1f00::1/64"}})
	refusesInputs(t, typeIPv6Block, cloud.Map{"vpcId": n.vpc, "assignGeneratedIpv6CidrBlock": true}, []badInput{{"ipv6Pool", "mine"}})
}

func TestEgressOnlyGateway(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	n.refused("InvalidVpcID.NotFound", typeEgressGateway, cloud.Map{"vpcId": "vpc-0"})
	id, _ := n.make(typeEgressGateway, cloud.Map{"vpcId": n.vpc})
	route := cloud.Map{"routeTableId": n.table, "destinationIpv6CidrBlock": "::/0", "egressOnlyGatewayId": id}
	made, _ := n.make(typeRoute, route)
	other, _ := n.otherVPC()
	elsewhere, _ := n.make(typeEgressGateway, cloud.Map{"vpcId": other})
	n.refused("InvalidParameterValue", typeRoute, with(route, cloud.Map{"destinationIpv6CidrBlock": "2600::/16", "egressOnlyGatewayId": elsewhere}))
	n.stuck("DependencyViolation", typeVPC, other)
	require.NoError(t, n.gone(typeEgressGateway, id, nil))
	require.Equal(t, "blackhole", n.read(typeRoute, made)["state"])
}
