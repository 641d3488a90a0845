package network_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/network"
)

// Whatever zones there are, each subnet's IPv6 range follows from its own tier and zone, lies in the VPC's and is no
// other's.
func TestIPv6PlanIsStable(t *testing.T) {
	t.Parallel()
	all := []string{"use1-az1", "use1-az2", "use1-az3", "use1-az4", "use1-az5", "use1-az6"}
	cidr := netip.MustParsePrefix("10.16.0.0/16")
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 7, 7).Draw(t, "vpc")
		vpc := netip.PrefixFrom(netip.AddrFrom16([16]byte(append(slices.Clone(b), make([]byte, 9)...))), 56)
		of := func(zones []string) map[string]string {
			subnets, err := network.Plan(cidr, zones)
			require.NoError(t, err)
			out := map[string]string{}
			for _, s := range subnets {
				block, err := s.Block6(vpc.String())
				require.NoError(t, err)
				out[string(s.Tier)+" "+s.Zone] = block
			}
			return out
		}
		whole := of(all)
		seen := map[string]bool{}
		for _, block := range whole {
			p := netip.MustParsePrefix(block)
			require.True(t, vpc.Contains(p.Addr()) && p.Bits() == 64 && p == p.Masked() && !seen[block], block)
			seen[block] = true
		}
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 6, rapid.ID[string]).Draw(t, "zones")
		for subnet, block := range of(some) {
			require.Equal(t, whole[subnet], block, "other zones must not move %s", subnet)
		}
	})
	subnets, err := network.Plan(cidr, all)
	require.NoError(t, err)
	var pinned []string
	for _, s := range subnets {
		block, err := s.Block6("2600:1f18:1234:5600::/56")
		require.NoError(t, err)
		if s.Slot == 5 {
			pinned = append(pinned, block)
		}
	}
	require.Equal(t, []string{"2600:1f18:1234:5605::/64", "2600:1f18:1234:560d::/64", "2600:1f18:1234:5615::/64"}, pinned, "any difference renumbers every region")
	for _, bad := range []string{"", "10.0.0.0/16", "2600::/64", "2600:0:0:1::/56"} {
		_, err := subnets[0].Block6(bad)
		require.Error(t, err, bad)
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	a := args()
	a.IPv6 = true
	recorder := componenttest.New()
	recorder.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:ec2/vpc:Vpc": vpcOutputs,
		"aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"ipv6CidrBlock": resource.NewProperty("2600:1f18:1234:5600::/56")}
		},
		"aws:ec2/subnet:Subnet": func(r componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"availabilityZone": resource.NewProperty("a")}
		},
	}
	resources, err := recorder.Run(func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "network", a)
		return err
	})
	require.NoError(t, err)
	for name, want := range map[string][]any{
		"network-public-euc1-az1": {"2600:1f18:1234:5600::/64", false}, "network-private-euc1-az1": {"2600:1f18:1234:5608::/64", true},
		"network-data-euc1-az3": {"2600:1f18:1234:5612::/64", false},
	} {
		subnet := componenttest.Find(t, resources, "aws:ec2/subnet:Subnet", name).Plain()
		require.Equal(t, want, []any{subnet["ipv6CidrBlock"], subnet["assignIpv6AddressOnCreation"]}, name)
	}
	for name, want := range map[string]map[string]any{
		"network-public-default-ipv6":           {"routeTableId": "network-public-id", "destinationIpv6CidrBlock": "::/0", "gatewayId": "network-igw-id"},
		"network-private-euc1-az2-default-ipv6": {"routeTableId": "network-private-euc1-az2-id", "destinationIpv6CidrBlock": "::/0", "egressOnlyGatewayId": "network-egress-id"},
	} {
		require.Empty(t, cmp.Diff(want, componenttest.Find(t, resources, "aws:ec2/route:Route", name).Plain()), name)
	}
	vpc := componenttest.Find(t, resources, "aws:ec2/vpc:Vpc", "network-vpc")
	require.Equal(t, []string{"assignGeneratedIpv6CidrBlock"}, vpc.RPC.GetIgnoreChanges())
	for _, r := range resources {
		require.NotEqual(t, "network-data-default-ipv6", r.Name, "the data tier is routed nowhere")
	}
}

// Clients come in by IPv6, hosts call out by it and take the answers, and nothing at all reaches the data tier. What opens
// no connection to a host is the egress-only gateway.
func TestACLForIPv6(t *testing.T) {
	t.Parallel()
	cidr := netip.MustParsePrefix("10.16.0.0/16")
	client := netip.MustParseAddr("2001:db8::1")
	for tier, want := range map[network.Tier][6]bool{ // in by 443, 80, 22, answers; out by 443, answers
		network.TierPublic:  {true, true, false, false, false, true},
		network.TierPrivate: {false, false, false, true, true, false},
		network.TierData:    {},
	} {
		acl := network.ACL(tier, cidr, true)
		require.Equal(t, want, [6]bool{
			lets(acl.Ingress, client, 443), lets(acl.Ingress, client, 80), lets(acl.Ingress, client, 22), lets(acl.Ingress, client, 40000),
			lets(acl.Egress, client, 443), lets(acl.Egress, client, 40000),
		}, string(tier))
		require.Equal(t, acl.Ingress[:len(network.ACL(tier, cidr, false).Ingress)], network.ACL(tier, cidr, false).Ingress, "IPv4 keeps its numbers")
	}
}
