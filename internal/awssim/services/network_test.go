package services

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// netCloud is an account with a VPC, an internet gateway and a subnet in two zones, all made as a program would.
type netCloud struct {
	*dataCloud
	vpc, gateway string
	a, b         string // subnets in different zones
	table        string
}

func newNetCloud(t *testing.T) *netCloud {
	t.Helper()
	clock := &still{time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	c, err := cloud.Open(cloud.Options{Clock: clock})
	require.NoError(t, err)
	n := &netCloud{dataCloud: &dataCloud{T: t, Cloud: c, clock: clock}}
	n.vpc, _ = n.make(typeVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	n.gateway, _ = n.make(typeInternetGateway, cloud.Map{"vpcId": n.vpc})
	n.a, _ = n.make(typeSubnet, n.subnet("10.0.0.0/24", "euc1-az1"))
	n.b, _ = n.make(typeSubnet, n.subnet("10.0.1.0/24", "euc1-az2"))
	n.table, _ = n.make(typeRouteTable, cloud.Map{"vpcId": n.vpc})
	return n
}

func (n *netCloud) subnet(cidr, zone string) cloud.Map {
	return cloud.Map{"vpcId": n.vpc, "cidrBlock": cidr, "availabilityZoneId": zone}
}

// otherVPC makes a second VPC with a gateway.
func (n *netCloud) otherVPC() (vpc, gateway string) {
	vpc, _ = n.make(typeVPC, cloud.Map{"cidrBlock": "10.1.0.0/16"})
	gateway, _ = n.make(typeInternetGateway, cloud.Map{"vpcId": vpc})
	return vpc, gateway
}

func (n *netCloud) nat(subnet string) (id, address string, state cloud.Map) {
	address, _ = n.make(typeEIP, cloud.Map{"domain": "vpc"})
	id, state = n.make(typeNAT, cloud.Map{"subnetId": subnet, "allocationId": address})
	return id, address, state
}

// stuck expects AWS to refuse a deletion by that code.
func (d *dataCloud) stuck(code, typ, id string) {
	d.Helper()
	err := d.gone(typ, id, cloud.Map{})
	require.Error(d, err)
	require.Equal(d, code, cloud.Code(err), err.Error())
}

func (d *dataCloud) goes(typ, id string) {
	d.Helper()
	require.NoError(d, d.gone(typ, id, cloud.Map{}))
}

// unchanged expects AWS to refuse an update by that code, and to leave the resource as it was.
func (d *dataCloud) unchanged(code, typ, id string, inputs cloud.Map) {
	d.Helper()
	before := d.read(typ, id)
	_, err := d.change(typ, id, inputs)
	require.Error(d, err)
	require.Equal(d, code, cloud.Code(err), err.Error())
	require.Equal(d, before, d.read(typ, id))
}

func TestVPC(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	v := n.read(typeVPC, n.vpc)
	require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:vpc/"+n.vpc, v["arn"])
	require.Regexp(t, `^sg-0[0-9a-f]{16}$`, v["defaultSecurityGroupId"])
	require.Regexp(t, `^acl-0[0-9a-f]{16}$`, v["defaultNetworkAclId"])
	require.Regexp(t, `^rtb-0[0-9a-f]{16}$`, v["mainRouteTableId"])
	require.Equal(t, v["mainRouteTableId"], v["defaultRouteTableId"])
	require.Equal(t, false, v["enableDnsHostnames"])
	require.Equal(t, true, v["enableDnsSupport"])
	_, other := n.make(typeVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"}) // ranges of two VPCs may overlap
	require.Equal(t, v["dhcpOptionsId"], other["dhcpOptionsId"], "all VPCs of a region share the default set")

	state, err := n.change(typeVPC, n.vpc, cloud.Map{"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": true, "tags": cloud.Map{"a": "b"}})
	require.NoError(t, err)
	require.Equal(t, true, state["enableDnsHostnames"])
	require.Equal(t, cloud.Map{"a": "b"}, state["tagsAll"])

	n.refused("MissingParameter", typeVPC, cloud.Map{})
	for i := range 3 {
		n.make(typeVPC, cloud.Map{"cidrBlock": fmt.Sprintf("10.%d.0.0/16", 10+i)})
	}
	n.refused("VpcLimitExceeded", typeVPC, cloud.Map{"cidrBlock": "10.20.0.0/16"})
	refusesInputs(t, typeVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"}, []badInput{
		{"cidrBlock", "10.0.0.0/15"}, {"cidrBlock", "10.0.0.0/29"}, {"cidrBlock", "10.0.0.1/16"}, {"cidrBlock", "ten"},
		{"cidrBlock", "fd00::/56"}, {"instanceTenancy", "host"}, {"assignGeneratedIpv6CidrBlock", true}, {"ipv4IpamPoolId", "ipam-pool-1"},
	})
}

// TestVPCDefaults: what AWS makes along with a VPC can be used, not deleted, is nobody's resource and goes with the VPC.
func TestVPCDefaults(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	v := n.read(typeVPC, n.vpc)
	group, main := v["defaultSecurityGroupId"].(string), v["mainRouteTableId"].(string)
	n.make(typeRoute, cloud.Map{"routeTableId": main, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": n.gateway})
	n.make(typeIngressRule, cloud.Map{"securityGroupId": group, "cidrIpv4": "10.0.0.0/8", "ipProtocol": "-1"})
	n.stuck("CannotDelete", typeSecurityGroup, group)
	n.stuck("DependencyViolation", typeRouteTable, main)
	for _, r := range n.List() {
		require.NotContains(t, []string{group, main}, r.ID)
	}

	id, adopted := n.make(typeDefaultGroup, cloud.Map{"vpcId": n.vpc})
	require.Equal(t, group, id)
	require.Equal(t, "default", adopted["name"])
	require.Equal(t, []any{}, adopted["ingress"])
	for _, r := range n.List() {
		require.NotEqual(t, typeIngressRule, r.Type, "adoption revokes the group's rules")
	}
	again, _ := n.make(typeDefaultGroup, cloud.Map{"vpcId": n.vpc})
	require.Equal(t, id, again)
	n.refused("InvalidGroup.NotFound", typeDefaultGroup, cloud.Map{})
	n.goes(typeDefaultGroup, id)
	n.make(typeIngressRule, cloud.Map{"securityGroupId": group, "cidrIpv4": "10.0.0.0/8", "ipProtocol": "-1"}) // still there

	n.make(typeDefaultGroup, cloud.Map{"vpcId": n.vpc})
	for typ, id := range map[string]string{typeSubnet: n.a, typeRouteTable: n.table, typeInternetGateway: n.gateway} {
		n.stuck("DependencyViolation", typeVPC, n.vpc)
		n.goes(typ, id)
	}
	n.goes(typeSubnet, n.b)
	n.goes(typeVPC, n.vpc)
	for _, typ := range []string{typeSecurityGroup, typeDefaultGroup, typeRouteTable} {
		require.Empty(t, at(n.Cloud, home).All(typ))
	}
}

func TestSubnet(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	s := n.read(typeSubnet, n.a)
	require.Equal(t, "eu-central-1c", s["availabilityZone"])
	require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:subnet/"+n.a, s["arn"])
	require.Equal(t, "ip-name", s["privateDnsHostnameTypeOnLaunch"])
	_, named := n.make(typeSubnet, cloud.Map{"vpcId": n.vpc, "cidrBlock": "10.0.2.0/28", "availabilityZone": "eu-central-1a"})
	require.Equal(t, "euc1-az2", named["availabilityZoneId"])
	_, chosen := n.make(typeSubnet, cloud.Map{"vpcId": n.vpc, "cidrBlock": "10.0.3.0/28"})
	require.NotEmpty(t, chosen["availabilityZone"])

	n.refused("InvalidVpcID.NotFound", typeSubnet, cloud.Map{"vpcId": "vpc-0", "cidrBlock": "10.0.9.0/24"})
	n.refused("InvalidParameterValue", typeSubnet, n.subnet("10.0.9.0/24", "euc1-az9"))
	n.refused("InvalidParameterValue", typeSubnet, cloud.Map{"vpcId": n.vpc, "cidrBlock": "10.0.9.0/24", "availabilityZone": "us-east-1a"})
	n.refused("MissingParameter", typeSubnet, cloud.Map{"vpcId": n.vpc})
	for _, cidr := range []string{"10.1.0.0/24", "10.0.0.0/15", "10.0.9.0/29"} {
		n.refused("InvalidSubnet.Range", typeSubnet, n.subnet(cidr, "euc1-az1"))
	}
	for _, cidr := range []string{"10.0.0.0/24", "10.0.0.128/25", "10.0.0.0/23", "10.0.0.0/16"} {
		n.refused("InvalidSubnet.Conflict", typeSubnet, n.subnet(cidr, "euc1-az1"))
	}
	refusesInputs(t, typeSubnet, n.subnet("10.0.9.0/24", "euc1-az1"), []badInput{
		{"cidrBlock", "10.0.9.1/24"}, {"privateDnsHostnameTypeOnLaunch", "name"}, {"outpostArn", "arn:x"}, {"ipv6Native", true},
	})
	require.NotEmpty(t, problems(typeSubnet, with(n.subnet("10.0.9.0/24", "euc1-az1"), cloud.Map{"availabilityZone": "eu-central-1a"})))

	state, err := n.change(typeSubnet, n.a, with(n.subnet("10.0.0.0/24", "euc1-az1"), cloud.Map{"mapPublicIpOnLaunch": true}))
	require.NoError(t, err)
	require.Equal(t, "ip-name", state["privateDnsHostnameTypeOnLaunch"])
	n.make(typeRouteAssociation, cloud.Map{"subnetId": n.a, "routeTableId": n.table})
	n.goes(typeSubnet, n.a) // takes the association along
	n.make(typeSubnet, n.subnet("10.0.0.0/24", "euc1-az1"))
}

func TestInternetGateway(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:internet-gateway/"+n.gateway, n.read(typeInternetGateway, n.gateway)["arn"])
	n.refused("InvalidParameterValue", typeInternetGateway, cloud.Map{"vpcId": n.vpc})
	loose, _ := n.make(typeInternetGateway, cloud.Map{})
	n.unchanged("InvalidParameterValue", typeInternetGateway, loose, cloud.Map{"vpcId": n.vpc})

	nat, address, _ := n.nat(n.a)
	n.stuck("DependencyViolation", typeInternetGateway, n.gateway)
	second, _ := n.make(typeVPC, cloud.Map{"cidrBlock": "10.1.0.0/16"})
	n.unchanged("DependencyViolation", typeInternetGateway, n.gateway, cloud.Map{"vpcId": second})
	n.goes(typeNAT, nat)
	n.later(cloud.KindOf(typeNAT).ReleaseDelay.Max) // until it has given up its address
	n.goes(typeEIP, address)

	route, _ := n.make(typeRoute, cloud.Map{"routeTableId": n.table, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": n.gateway})
	n.goes(typeInternetGateway, n.gateway)
	require.Equal(t, "blackhole", n.read(typeRoute, route)["state"])
	_, err := n.change(typeInternetGateway, loose, cloud.Map{"vpcId": n.vpc})
	require.NoError(t, err)
	for range 4 {
		n.make(typeInternetGateway, cloud.Map{})
	}
	n.refused("InternetGatewayLimitExceeded", typeInternetGateway, cloud.Map{})
}

// TestMappedAddresses: whatever has a public address keeps the gateway attached.
func TestMappedAddresses(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(n *netCloud){
		"load balancer": func(n *netCloud) { n.place(typeLoadBalancer, "lb", cloud.Map{"vpcId": n.vpc, "internal": false}) },
		"host": func(n *netCloud) {
			n.place(typeSubnet, "subnet-public", cloud.Map{"vpcId": n.vpc, "mapPublicIpOnLaunch": true})
			n.place(typeGroup, "asg", cloud.Map{"desiredCapacity": 1.0, "vpcZoneIdentifiers": cloud.List("subnet-public")})
		},
		"database": func(n *netCloud) {
			n.place(typeDBSubnetGroup, "db", cloud.Map{"vpcId": n.vpc})
			n.place(typeDBInstance, "db-1", cloud.Map{"dbSubnetGroupName": "db", "publiclyAccessible": true})
		},
	} {
		n := newNetCloud(t)
		place(n)
		require.Equal(t, "DependencyViolation", cloud.Code(n.gone(typeInternetGateway, n.gateway, cloud.Map{})), name)
	}
	n := newNetCloud(t)
	n.place(typeLoadBalancer, "lb", cloud.Map{"vpcId": n.vpc, "internal": true})
	n.goes(typeInternetGateway, n.gateway)
}

func TestEIP(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, state := n.make(typeEIP, cloud.Map{"domain": "vpc"})
	require.Regexp(t, `^eipalloc-0[0-9a-f]{16}$`, id)
	require.Equal(t, id, state["allocationId"])
	ip, err := netip.ParseAddr(state["publicIp"].(string))
	require.NoError(t, err)
	require.Regexp(t, `^ec2-\d+-\d+-\d+-\d+\.eu-central-1\.compute\.amazonaws\.com$`, state["publicDns"])
	_, far, err := n.Create(context.Background(), "us-east-1", typeEIP, cloud.Map{})
	require.NoError(t, err)
	require.Regexp(t, `\.compute-1\.amazonaws\.com$`, far["publicDns"])
	require.NotEqual(t, ip.String(), far["publicIp"])

	state, err = n.change(typeEIP, id, cloud.Map{"tags": cloud.Map{"a": "b"}})
	require.NoError(t, err)
	require.Equal(t, "vpc", state["domain"], "what AWS chose stays")

	n.refused("UnsupportedOperation", typeEIP, cloud.Map{"domain": "standard"})
	n.refused("InvalidParameterValue", typeEIP, cloud.Map{"networkBorderGroup": "us-east-1"})
	n.refused("InvalidPublicIpv4PoolID.NotFound", typeEIP, cloud.Map{"publicIpv4Pool": "ipv4pool-ec2-1"})
	n.refused("InvalidInstanceID.NotFound", typeEIP, cloud.Map{"instance": "i-1"})
	n.refused("InvalidNetworkInterfaceID.NotFound", typeEIP, cloud.Map{"networkInterface": "eni-1"})
	refusesInputs(t, typeEIP, cloud.Map{}, []badInput{{"domain", "x"}, {"address", "1.2.3.4"}})
	for range 4 {
		n.make(typeEIP, cloud.Map{})
	}
	n.refused("AddressLimitExceeded", typeEIP, cloud.Map{})
}

func TestNAT(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, address, state := n.nat(n.a)
	require.Equal(t, n.read(typeEIP, address)["publicIp"], state["publicIp"])
	ip := netip.MustParseAddr(state["privateIp"].(string))
	require.True(t, usable(netip.MustParsePrefix("10.0.0.0/24"), ip), ip)
	require.Regexp(t, `^eni-`, state["networkInterfaceId"])
	require.Regexp(t, `^eipassoc-`, state["associationId"])
	n.stuck("AuthFailure", typeEIP, address)
	n.stuck("DependencyViolation", typeSubnet, n.a)

	n.refused("Resource.AlreadyAssociated", typeNAT, cloud.Map{"subnetId": n.b, "allocationId": address})
	n.refused("MissingParameter", typeNAT, cloud.Map{"subnetId": n.a})
	n.refused("InvalidAllocationID.NotFound", typeNAT, cloud.Map{"subnetId": n.a, "allocationId": "eipalloc-0"})
	n.refused("InvalidSubnetID.NotFound", typeNAT, cloud.Map{"subnetId": "subnet-0", "allocationId": address})
	private := func(ip string) cloud.Map {
		return cloud.Map{"subnetId": n.a, "connectivityType": "private", "privateIp": ip}
	}
	n.refused("InvalidParameterValue", typeNAT, private("10.0.1.9"))
	n.refused("InvalidParameterValue", typeNAT, private("10.0.0.3"))
	n.refused("InvalidParameterValue", typeNAT, private("10.0.0.255"))
	n.refused("InvalidIPAddress.InUse", typeNAT, private(ip.String()))
	for range natPerZone - 1 {
		n.make(typeNAT, cloud.Map{"subnetId": n.a, "connectivityType": "private"})
	}
	n.refused("NatGatewayLimitExceeded", typeNAT, private("10.0.0.99"))

	route, _ := n.make(typeRoute, cloud.Map{"routeTableId": n.table, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": id})
	n.goes(typeNAT, id)
	require.Equal(t, "blackhole", n.read(typeRoute, route)["state"])
	n.stuck("AuthFailure", typeEIP, address)
	n.later(cloud.KindOf(typeNAT).ReleaseDelay.Max)
	n.goes(typeEIP, address)

	n.goes(typeInternetGateway, n.gateway)
	fresh, _ := n.make(typeEIP, cloud.Map{})
	failed, state, err := n.Create(t.Context(), home, typeNAT, cloud.Map{"subnetId": n.b, "allocationId": fresh})
	require.Equal(t, "Gateway.NotAttached", cloud.Code(err))
	require.ErrorContains(t, err, "unexpected state 'failed', wanted target 'available'")
	require.NotEmpty(t, failed, "AWS had accepted it")
	require.Empty(t, cloud.Str(state, "publicIp"))
	n.goes(typeEIP, fresh)
	n.goes(typeSubnet, n.b)
	n.goes(typeNAT, failed)
	refusesInputs(t, typeNAT, private("10.0.0.9"), []badInput{
		{"connectivityType", "both"}, {"privateIp", "ten"}, {"secondaryPrivateIpAddressCount", 2.0},
	})
	require.NotEmpty(t, problems(typeNAT, with(private("10.0.0.9"), cloud.Map{"allocationId": fresh})))
}

func TestHostIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(15, 28).Draw(t, "bits")
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, 0}), bits)
		taken := map[string]bool{}
		for i := range min(int(size(p))-reservedFirst-reservedLast, 40) {
			a := hostIn(p, fmt.Sprint("owner", i%3), taken)
			if !usable(p, a) || taken[a.String()] {
				t.Fatalf("%s in %s", a, p)
			}
			taken[a.String()] = true
		}
	})
	full := map[string]bool{}
	for i := range uint32(16) {
		full[plus(netip.MustParseAddr("10.0.0.0"), i).String()] = true
	}
	require.False(t, hostIn(netip.MustParsePrefix("10.0.0.0/28"), "x", full).IsValid())
}
