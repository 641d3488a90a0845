package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var byPrefix = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

// TestPlanIsFixed pins the addresses: any difference here is a replaced subnet in every region.
func TestPlanIsFixed(t *testing.T) {
	t.Parallel()
	zones := []string{"euc1-az6", "euc1-az1", "euc1-az3"}
	for cidr, want := range map[string][]string{
		"10.16.0.0/16": {
			"public euc1-az1 10.16.192.0/23", "public euc1-az3 10.16.196.0/23", "public euc1-az6 10.16.202.0/23",
			"private euc1-az1 10.16.0.0/19", "private euc1-az3 10.16.64.0/19", "private euc1-az6 10.16.160.0/19",
			"data euc1-az1 10.16.208.0/23", "data euc1-az3 10.16.212.0/23", "data euc1-az6 10.16.218.0/23",
		},
		"192.168.16.0/20": {
			"public euc1-az1 192.168.28.0/27", "public euc1-az3 192.168.28.64/27", "public euc1-az6 192.168.28.160/27",
			"private euc1-az1 192.168.16.0/23", "private euc1-az3 192.168.20.0/23", "private euc1-az6 192.168.26.0/23",
			"data euc1-az1 192.168.29.0/27", "data euc1-az3 192.168.29.64/27", "data euc1-az6 192.168.29.160/27",
		},
	} {
		subnets, err := Plan(netip.MustParsePrefix(cidr), zones)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range subnets {
			got = append(got, fmt.Sprintf("%s %s %s", s.Tier, s.Zone, s.CIDR))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", cidr, d)
		}
	}
}

func TestPlanReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cidr  netip.Prefix
		zones []string
		want  []string
	}{
		"none":       {netip.Prefix{}, nil, []string{"not an IPv4 range"}},
		"ipv6":       {netip.MustParsePrefix("fd00::/16"), nil, []string{"not an IPv4 range"}},
		"too small":  {netip.MustParsePrefix("10.0.0.0/21"), nil, []string{"cidr 10.0.0.0/21: must be /16 to /20"}},
		"too large":  {netip.MustParsePrefix("10.0.0.0/15"), nil, []string{"must be /16 to /20"}},
		"host bits":  {netip.MustParsePrefix("10.0.1.0/16"), nil, []string{"the range is 10.0.0.0/16"}},
		"local zone": {netip.MustParsePrefix("10.0.0.0/16"), []string{"usw2-lax1-az1"}, []string{`zone "usw2-lax1-az1": not an`}},
		"zone name":  {netip.MustParsePrefix("10.0.0.0/16"), []string{"eu-central-1a"}, []string{`zone "eu-central-1a": not an`}},
		"many": {netip.MustParsePrefix("10.0.0.0/24"), []string{"euc1-az1", "euc1-az7", "euc1-az1"},
			[]string{"must be /16 to /20", `zone "euc1-az7"`, `zone "euc1-az1": has the number of zone "euc1-az1"`}},
		"two regions": {netip.MustParsePrefix("10.0.0.0/16"), []string{"euc1-az1", "use1-az1"},
			[]string{`zone "use1-az1": has the number of zone "euc1-az1"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subnets, err := Plan(test.cidr, test.zones)
			if err == nil {
				t.Fatalf("planned %v", subnets)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %q", want, err)
				}
			}
		})
	}
}

// drawCIDR draws any range that a plan can be made from.
func drawCIDR(t *rapid.T) netip.Prefix {
	bits := rapid.IntRange(MinPrefixLength, MaxPrefixLength).Draw(t, "bits")
	address := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
	return netip.PrefixFrom(netip.AddrFrom4(address), bits).Masked()
}

// drawZones draws any zones of one region, in any order.
func drawZones(t *rapid.T, label string) []string {
	region := rapid.SampledFrom([]string{"euc1", "use1", "apne3"}).Draw(t, label+" region")
	all := make([]string, Slots)
	for i := range all {
		all[i] = fmt.Sprintf("%s-az%d", region, i+1)
	}
	return rapid.Permutation(all).Draw(t, label)[:rapid.IntRange(0, Slots).Draw(t, label+" count")]
}

func mustPlan(t *rapid.T, cidr netip.Prefix, zones []string) []Subnet {
	subnets, err := Plan(cidr, zones)
	if err != nil {
		t.Fatalf("plan %s for %v: %v", cidr, zones, err)
	}
	return subnets
}

func TestPlanProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cidr, zones := drawCIDR(t), drawZones(t, "zones")
		subnets := mustPlan(t, cidr, zones)
		if want := 3 * len(zones); len(subnets) != want {
			t.Fatalf("%d subnets, want %d", len(subnets), want)
		}
		for i, s := range subnets {
			if s.CIDR.Masked() != s.CIDR || !cidr.Overlaps(s.CIDR) || s.CIDR.Bits() <= cidr.Bits() {
				t.Errorf("%+v does not lie inside %s", s, cidr)
			}
			if s.CIDR.Bits() > 27 {
				t.Errorf("%+v is smaller than load balancers accept", s)
			}
			for _, other := range subnets[:i] {
				if s.CIDR.Overlaps(other.CIDR) {
					t.Errorf("%+v overlaps %+v", s, other)
				}
			}
		}

		reversed := slices.Clone(zones)
		slices.Reverse(reversed)
		if d := cmp.Diff(subnets, mustPlan(t, cidr, reversed), byPrefix); d != "" {
			t.Errorf("the order of zones moves subnets:\n%s", d)
		}
	})
}

// TestPlanMovesNoOtherSubnet draws two sets of zones: what a tier and slot gets is the same in both.
func TestPlanMovesNoOtherSubnet(t *testing.T) {
	t.Parallel()
	type place struct {
		tier Tier
		slot int
	}
	rapid.Check(t, func(t *rapid.T) {
		cidr := drawCIDR(t)
		before := map[place]netip.Prefix{}
		for _, s := range mustPlan(t, cidr, drawZones(t, "before")) {
			before[place{s.Tier, s.Slot}] = s.CIDR
		}
		for _, s := range mustPlan(t, cidr, drawZones(t, "after")) {
			if was, ok := before[place{s.Tier, s.Slot}]; ok && was != s.CIDR {
				t.Errorf("%s of %s moved from %s to %s", s.Tier, s.Zone, was, s.CIDR)
			}
		}
	})
}
