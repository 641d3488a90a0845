package network

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// everywhere6 is the destination of a default route for IPv6.
const everywhere6 = "::/0"

// The ranges that AWS gives: a /56 to a VPC and a /64 to a subnet ("IPv6 VPC CIDR blocks", Amazon VPC User Guide).
const (
	vpcBits6    = 56
	subnetBits6 = 64
)

// first6 says where each tier's subnets lie: the one of slot 0 is /64 number first of the VPC's 256. Eight go to each
// tier, six of them in use, as with the IPv4 plan. Moving any of these numbers renumbers subnets in every region.
var first6 = map[Tier]int{TierPublic: 0, TierPrivate: 8, TierData: 16}

// Block6 returns a subnet's part of the range that AWS gave the VPC. Like the IPv4 range it follows from the VPC's and
// from the subnet's own tier and zone alone.
func (s Subnet) Block6(vpc string) (string, error) {
	p, err := netip.ParsePrefix(vpc)
	if err != nil || !p.Addr().Is6() || p.Bits() != vpcBits6 || p != p.Masked() {
		return "", fmt.Errorf("plan IPv6: %q is no /%d that a VPC can have", vpc, vpcBits6)
	}
	address := p.Addr().As16()
	address[vpcBits6/8] = byte(first6[s.Tier] + s.Slot) // the byte between the two prefixes
	return netip.PrefixFrom(netip.AddrFrom16(address), subnetBits6).String(), nil
}

// ipv6 gives the VPC its range and the way out for those that may call and not be called. The range is a resource of its
// own: as a property of the VPC it would have to go before the subnets give up their parts of it, which AWS refuses.
func (b *builder) ipv6() error {
	if !b.args.IPv6 {
		return nil
	}
	block, err := ec2.NewVpcIpv6CidrBlockAssociation(b.ctx, b.name+"-ipv6", &ec2.VpcIpv6CidrBlockAssociationArgs{
		VpcId:                        b.vpc.ID(),
		AssignGeneratedIpv6CidrBlock: pulumi.Bool(true),
	}, b.child)
	if err != nil {
		return err
	}
	b.block6 = &block.Ipv6CidrBlock
	b.egress6, err = ec2.NewEgressOnlyInternetGateway(b.ctx, b.name+"-egress", &ec2.EgressOnlyInternetGatewayArgs{VpcId: b.vpc.ID()}, b.child)
	return err
}

// address6 gives a subnet its part of the VPC's range, if there is one. Hosts, in private subnets, get an address when
// they start; load balancers and tasks get theirs anyway.
func (b *builder) address6(s Subnet, args *ec2.SubnetArgs) {
	if b.block6 == nil {
		return
	}
	args.Ipv6CidrBlock = b.block6.ApplyT(s.Block6).(pulumi.StringOutput)
	args.AssignIpv6AddressOnCreation = pulumi.Bool(s.Tier == TierPrivate)
}

// routeOut6 adds the default route for IPv6 to a table: to the internet gateway, or, where nobody may call in, to the
// egress-only one.
func (b *builder) routeOut6(name string, table *ec2.RouteTable, tier Tier) ([]pulumi.Resource, error) {
	if b.block6 == nil {
		return nil, nil
	}
	args := &ec2.RouteArgs{RouteTableId: table.ID(), DestinationIpv6CidrBlock: pulumi.String(everywhere6)}
	if tier == TierPublic {
		args.GatewayId = b.gateway.ID()
	} else {
		args.EgressOnlyGatewayId = b.egress6.ID()
	}
	route, err := ec2.NewRoute(b.ctx, name+"-default-ipv6", args, b.child)
	return []pulumi.Resource{route}, err
}
