package network

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// builder holds what the steps of New hand to each other.
type builder struct {
	ctx     *pulumi.Context
	name    string
	args    *Args
	child   pulumi.ResourceOption // makes a resource a child of the network
	net     *Network
	subnets []Subnet

	vpc             *ec2.Vpc
	gateway         *ec2.InternetGateway
	publicRoute     *ec2.Route                     // the way from the public subnets to the gateway
	publicIDs       map[string]pulumi.StringOutput // public subnet by zone
	natIDs          map[string]pulumi.IDOutput     // NAT gateway by the zone that it serves
	privateTableIDs pulumi.StringArray
	privateIDs      pulumi.StringArray // of the private subnets, one by one, so that a new one leaves the others known

	block6  *pulumi.StringOutput           // the VPC's IPv6 range; nil without
	egress6 *ec2.EgressOnlyInternetGateway // nil without
}

// tier returns the planned subnets of one tier, in slot order.
func (b *builder) tier(t Tier) []Subnet {
	var out []Subnet
	for _, s := range b.subnets {
		if s.Tier == t {
			out = append(out, s)
		}
	}
	return out
}

// key names what belongs to one zone of one kind.
func (b *builder) key(kind, zone string) string { return b.name + "-" + kind + "-" + zone }

// table makes a route table without routes: each route is a resource of its own.
func (b *builder) table(name string) (*ec2.RouteTable, error) {
	return ec2.NewRouteTable(b.ctx, name, &ec2.RouteTableArgs{VpcId: b.vpc.ID()}, b.child)
}

// filtered is a subnet with its network ACL in place. Until then it is on the default one, which lets nothing through.
type filtered struct {
	*ec2.Subnet
	association *ec2.NetworkAclAssociation
}

// id returns the subnet's id as its association tells it: whoever takes it waits for the network ACL too.
func (f filtered) id() pulumi.StringOutput { return f.association.SubnetId }

// routed is a filtered subnet with its route table in place as well.
type routed struct {
	filtered
	association *ec2.RouteTableAssociation
}

// id returns the subnet's id as its association tells it: whoever takes it waits for the routing too.
func (r routed) id() pulumi.StringOutput { return r.association.SubnetId.Elem() }

// subnet makes one subnet and ties it to its network ACL.
func (b *builder) subnet(s Subnet, acl *ec2.NetworkAcl) (filtered, error) {
	name := b.key(string(s.Tier), s.Zone)
	args := &ec2.SubnetArgs{
		VpcId:               b.vpc.ID(),
		AvailabilityZoneId:  pulumi.String(s.Zone),
		CidrBlock:           pulumi.String(s.CIDR.String()),
		MapPublicIpOnLaunch: pulumi.Bool(false), // load balancers and NAT gateways bring their own public addresses
	}
	b.address6(s, args)
	subnet, err := ec2.NewSubnet(b.ctx, name, args, b.child)
	if err != nil {
		return filtered{}, err
	}
	association, err := ec2.NewNetworkAclAssociation(b.ctx, name, &ec2.NetworkAclAssociationArgs{
		SubnetId:     subnet.ID(),
		NetworkAclId: acl.ID(),
	}, b.child)
	return filtered{subnet, association}, err
}

// route ties a subnet to its route table.
func (b *builder) route(s Subnet, subnet filtered, table *ec2.RouteTable) (routed, error) {
	association, err := ec2.NewRouteTableAssociation(b.ctx, b.key(string(s.Tier), s.Zone), &ec2.RouteTableAssociationArgs{
		SubnetId:     subnet.id(),
		RouteTableId: table.ID(),
	}, b.child)
	return routed{subnet, association}, err
}

// routedSubnet makes one subnet and ties it to its network ACL and its route table.
func (b *builder) routedSubnet(s Subnet, table *ec2.RouteTable, acl *ec2.NetworkAcl) (routed, error) {
	subnet, err := b.subnet(s, acl)
	if err != nil {
		return routed{}, err
	}
	return b.route(s, subnet, table)
}

// public makes the subnets that are routed to the internet gateway.
func (b *builder) public() error {
	table, err := b.table(b.name + "-public")
	if err != nil {
		return err
	}
	route, err := ec2.NewRoute(b.ctx, b.name+"-public-default", &ec2.RouteArgs{
		RouteTableId:         table.ID(),
		DestinationCidrBlock: pulumi.String(everywhere),
		GatewayId:            b.gateway.ID(),
	}, b.child)
	if err != nil {
		return err
	}
	if _, err := b.routeOut6(b.name+"-public", table, TierPublic); err != nil {
		return err
	}
	b.net.Ingress, b.publicRoute = []pulumi.Resource{b.gateway}, route
	acl, err := b.acl(TierPublic)
	if err != nil {
		return err
	}

	b.publicIDs = map[string]pulumi.StringOutput{}
	var ids pulumi.StringArray
	for _, s := range b.tier(TierPublic) {
		subnet, err := b.routedSubnet(s, table, acl)
		if err != nil {
			return err
		}
		b.publicIDs[s.Zone] = subnet.id()
		ids = append(ids, subnet.id())
	}
	b.net.PublicSubnetIDs = ids.ToStringArrayOutput()
	return nil
}

// nat makes the NAT gateways and decides which of them serves each zone.
func (b *builder) nat() error {
	b.natIDs = map[string]pulumi.IDOutput{}
	if b.args.NAT == NATNone {
		return nil
	}
	// A path out through NAT ends in the public subnets' default route.
	b.net.Egress = append(b.net.Egress, b.publicRoute)
	var gateway *ec2.NatGateway
	for _, s := range b.tier(TierPublic) {
		if gateway == nil || b.args.NAT == NATPerZone {
			var err error
			if gateway, err = b.natGateway(s.Zone); err != nil {
				return err
			}
		}
		b.natIDs[s.Zone] = gateway.ID()
	}
	return nil
}

// natGateway makes one NAT gateway with its address. In a VPC whose internet gateway is not attached yet AWS accepts
// the request and the gateway then fails (Gateway.NotAttached); and the internet gateway cannot be detached while the
// address is in use, which it is as long as there is a NAT gateway. Neither shows in the inputs.
func (b *builder) natGateway(zone string) (*ec2.NatGateway, error) {
	address, err := ec2.NewEip(b.ctx, b.key("eip", zone), &ec2.EipArgs{Domain: pulumi.String("vpc")}, b.child)
	if err != nil {
		return nil, err
	}
	return ec2.NewNatGateway(b.ctx, b.key("nat", zone), &ec2.NatGatewayArgs{
		AllocationId: address.ID(), // an address's id is its allocation id
		SubnetId:     b.publicIDs[zone],
	}, b.child, pulumi.DependsOn([]pulumi.Resource{b.gateway}))
}

// private makes the subnets of hosts and tasks, each with a table of its own so that it can use its own zone's NAT.
func (b *builder) private() error {
	acl, err := b.acl(TierPrivate)
	if err != nil {
		return err
	}
	var ids pulumi.StringArray
	for _, s := range b.tier(TierPrivate) {
		name := b.key(string(s.Tier), s.Zone)
		table, err := b.table(name)
		if err != nil {
			return err
		}
		b.privateTableIDs = append(b.privateTableIDs, table.ID().ToStringOutput())
		subnet, err := b.routedSubnet(s, table, acl)
		if err != nil {
			return err
		}
		ids = append(ids, subnet.id())
		route6, err := b.routeOut6(name, table, TierPrivate)
		if err != nil {
			return err
		}
		b.net.Egress = append(append(b.net.Egress, subnet.association), route6...)

		natID, ok := b.natIDs[s.Zone]
		if !ok {
			continue
		}
		route, err := ec2.NewRoute(b.ctx, name+"-default", &ec2.RouteArgs{
			RouteTableId:         table.ID(),
			DestinationCidrBlock: pulumi.String(everywhere),
			NatGatewayId:         natID,
		}, b.child)
		if err != nil {
			return err
		}
		b.net.Egress = append(b.net.Egress, route)
	}
	b.privateIDs = ids
	b.net.PrivateSubnetIDs = ids.ToStringArrayOutput()
	return nil
}

// data makes the isolated subnets: their table has the VPC's own route and no other, so that nobody has to wait for it.
func (b *builder) data() error {
	table, err := b.table(b.name + "-data")
	if err != nil {
		return err
	}
	acl, err := b.acl(TierData)
	if err != nil {
		return err
	}
	var ids, zones pulumi.StringArray
	for _, s := range b.tier(TierData) {
		subnet, err := b.subnet(s, acl)
		if err != nil {
			return err
		}
		if _, err := b.route(s, subnet, table); err != nil {
			return err
		}
		ids = append(ids, subnet.id())
		zones = append(zones, subnet.AvailabilityZone)
	}
	b.net.DataSubnetIDs = ids.ToStringArrayOutput()
	b.net.ZoneNames = zones.ToStringArrayOutput()
	return nil
}
