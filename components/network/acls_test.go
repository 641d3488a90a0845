package network_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/network"
)

// lets reports whether one direction's entries let a TCP packet from or to an address through to a port.
func lets(rules []network.Rule, peer netip.Addr, port int) bool {
	for _, r := range rules {
		if r.Protocol == "tcp" && r.CIDR.Contains(peer) && r.From <= port && port <= r.To {
			return true
		}
	}
	return false
}

// side is one end of a connection: an address in a tier, or outside the VPC when tier is empty.
type side struct {
	tier network.Tier
	ip   string
}

// connects reports whether a connection's packets and the answers to them pass the ACLs at both ends, whatever port of
// 1024 and above the caller calls from.
func connects(cidr netip.Prefix, from, to side, port int) bool {
	a, b := netip.MustParseAddr(from.ip), netip.MustParseAddr(to.ip)
	for _, answer := range []int{1024, 32768, 65535} {
		if from.tier != "" {
			acl := network.ACL(from.tier, cidr, false)
			if !lets(acl.Egress, b, port) || !lets(acl.Ingress, b, answer) {
				return false
			}
		}
		if to.tier != "" {
			acl := network.ACL(to.tier, cidr, false)
			if !lets(acl.Ingress, a, port) || !lets(acl.Egress, a, answer) {
				return false
			}
		}
	}
	return true
}

func TestACLs(t *testing.T) {
	t.Parallel()
	cidr := netip.MustParsePrefix("10.16.0.0/16")
	var (
		client   = side{"", "203.0.113.9"}
		balancer = side{network.TierPublic, "10.16.194.7"}
		nat      = side{network.TierPublic, "10.16.196.7"}
		task     = side{network.TierPrivate, "10.16.33.7"}
		farTask  = side{network.TierPrivate, "10.16.191.7"} // of the last zone that there is room for
		database = side{network.TierData, "10.16.208.7"}
		replica  = side{network.TierData, "10.16.218.7"}
	)
	for name, test := range map[string]struct {
		from, to side
		port     int
		want     bool
	}{
		"client to load balancer":          {client, balancer, 443, true},
		"client to redirect":               {client, balancer, 80, true},
		"load balancer to task":            {balancer, task, 6020, true},
		"load balancer to a low port":      {balancer, task, 80, true},
		"load balancer to the lowest port": {balancer, farTask, 1, true},
		"load balancer to the last low":    {balancer, task, 1023, true},
		"load balancer to the internet":    {balancer, client, 80, false},
		"task to database":                 {task, database, 5432, true},
		"task of the last zone to bus":     {farTask, replica, 6379, true},
		"bus to its replica":               {database, replica, 6379, true},
		"task to an endpoint":              {task, farTask, 443, true},
		"NAT to the internet":              {nat, client, 443, true},
		"client to ssh at a load balancer": {client, balancer, 22, false},
		"client to ssh at a host":          {client, task, 22, false},
		"client to HTTPS at a host":        {client, task, 443, false},
		"host to ssh on the internet":      {task, client, 22, false},
		"host to mail on the internet":     {task, client, 25, false},
		"database to the internet":         {database, client, 443, false},
		"client to database":               {client, database, 5432, false},
		"load balancer to database":        {balancer, database, 5432, false},
		"task to ssh at the database":      {task, database, 22, false},
	} {
		if got := connects(cidr, test.from, test.to, test.port); got != test.want {
			t.Errorf("%s: passes %v, want %v", name, got, test.want)
		}
	}
	// On its way through NAT a packet from a task to the internet passes the private and the public ACL.
	internet := netip.MustParseAddr(client.ip)
	private, public := network.ACL(network.TierPrivate, cidr, false), network.ACL(network.TierPublic, cidr, false)
	host := netip.MustParseAddr(task.ip)
	for _, ok := range []bool{
		lets(private.Egress, internet, 443), lets(public.Ingress, host, 443),
		lets(public.Egress, host, 40000), lets(private.Ingress, internet, 40000),
	} {
		if !ok {
			t.Error("a host does not reach the internet through NAT")
		}
	}
}

// TestDataACLCoversThePlan: whatever range and zones, every private and data subnet may talk to the data tier, and no
// public one may.
func TestDataACLCoversThePlan(t *testing.T) {
	t.Parallel()
	zones := []string{"use1-az1", "use1-az2", "use1-az3", "use1-az4", "use1-az5", "use1-az6"}
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(network.MinPrefixLength, network.MaxPrefixLength).Draw(t, "bits")
		cidr := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, rapid.Byte().Draw(t, "a"), rapid.Byte().Draw(t, "b"), 0}), bits).Masked()
		subnets, err := network.Plan(cidr, zones)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range subnets {
			covered := false
			for _, r := range network.ACL(network.TierData, cidr, false).Ingress {
				covered = covered || r.CIDR.Overlaps(s.CIDR)
			}
			if covered != (s.Tier != network.TierPublic) {
				t.Fatalf("%s subnet %s: covered %v", s.Tier, s.CIDR, covered)
			}
		}
	})
}

// TestACLInputs: ICMP entries carry type and code beside ports of 0, as the provider takes them.
func TestACLInputs(t *testing.T) {
	t.Parallel()
	resources, _ := run(t, args())
	got := componenttest.Find(t, resources, "aws:ec2/networkAcl:NetworkAcl", "network-private-acl").Plain()
	entry := func(no float64, protocol, cidr string, from, to float64) map[string]any {
		return map[string]any{"ruleNo": no, "action": "allow", "protocol": protocol, "cidrBlock": cidr, "fromPort": from, "toPort": to}
	}
	tooLarge := entry(120, "icmp", "0.0.0.0/0", 0, 0)
	tooLarge["icmpType"], tooLarge["icmpCode"] = 3.0, 4.0
	want := map[string]any{
		"vpcId":   "network-vpc-id",
		"ingress": []any{entry(100, "tcp", "10.16.0.0/16", 0, 65535), entry(110, "tcp", "0.0.0.0/0", 1024, 65535), tooLarge},
		"egress":  []any{entry(100, "tcp", "10.16.0.0/16", 0, 65535), entry(110, "tcp", "0.0.0.0/0", 443, 443), tooLarge},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
