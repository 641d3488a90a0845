package network

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
)

// Tier is one of the three kinds of subnet that every zone has.
type Tier string

// The tiers.
const (
	TierPublic  Tier = "public"  // routed to the internet gateway: load balancers and NAT gateways
	TierPrivate Tier = "private" // routed to NAT, if there is any: hosts and tasks
	TierData    Tier = "data"    // routed nowhere: database and bus
)

// Subnet is one subnet of the plan.
type Subnet struct {
	Tier Tier
	Zone string // availability zone id
	Slot int    // 0 for az1 to 5 for az6
	CIDR netip.Prefix
}

// Limits of a plan.
const (
	MinPrefixLength = 16 // the largest VPC: "VPC CIDR blocks", Amazon VPC User Guide
	// MaxPrefixLength leaves a /27 to each public subnet, the smallest that an Application Load Balancer accepts:
	// "Subnets for your load balancer", User Guide for Application Load Balancers.
	MaxPrefixLength = 20
	Slots           = 6 // the most zones that any region has
)

// shares says where each tier's six subnets lie: each is 1/2^bits of the VPC, and the subnet of slot 0 is block number
// first, counted in blocks of that size.
//
// The first six eighths are private. The last quarter is 32 blocks of 1/128: eight to each of four tiers, six of them
// in use. Blocks 112 to 117 and 120 to 125 are for two further tiers. Moving any of these numbers replaces subnets in
// every region.
var shares = []struct {
	tier  Tier
	bits  int
	first int
}{
	{TierPublic, 7, 96},
	{TierPrivate, 3, 0},
	{TierData, 7, 104},
}

// Plan cuts a VPC into one subnet per tier and zone, ordered by tier (public, private, data) and then by slot. A
// subnet's range follows from the VPC's and from its own zone alone, so zones come and go without moving a subnet, and
// the order of zones has no meaning. It returns every problem with the range and the zones at once.
func Plan(cidr netip.Prefix, zones []string) ([]Subnet, error) {
	slots, err := slotsOf(zones)
	if err := errors.Join(checkRange(cidr), err); err != nil {
		return nil, err
	}
	var subnets []Subnet
	for _, share := range shares {
		first := len(subnets)
		for zone, slot := range slots {
			subnets = append(subnets, Subnet{share.tier, zone, slot, block(cidr, share.bits, share.first+slot)})
		}
		slices.SortFunc(subnets[first:], func(a, b Subnet) int { return cmp.Compare(a.Slot, b.Slot) })
	}
	return subnets, nil
}

// block returns block number n of those that cidr falls into when its prefix grows by bits.
func block(cidr netip.Prefix, bits, n int) netip.Prefix {
	length := cidr.Bits() + bits
	address := cidr.Addr().As4()
	start := binary.BigEndian.Uint32(address[:]) + uint32(n)<<(32-length)
	binary.BigEndian.PutUint32(address[:], start)
	return netip.PrefixFrom(netip.AddrFrom4(address), length)
}

// checkRange refuses ranges that a plan cannot be made from.
func checkRange(cidr netip.Prefix) error {
	switch {
	case !cidr.IsValid() || !cidr.Addr().Is4():
		return fmt.Errorf("cidr %s: not an IPv4 range", cidr)
	case cidr.Masked() != cidr:
		return fmt.Errorf("cidr %s: bits are set behind the prefix; the range is %s", cidr, cidr.Masked())
	case cidr.Bits() < MinPrefixLength || cidr.Bits() > MaxPrefixLength:
		return fmt.Errorf("cidr %s: must be /%d to /%d", cidr, MinPrefixLength, MaxPrefixLength)
	}
	return nil
}

// zoneID matches the ids of plain availability zones. Local and wavelength zones have a place in the middle
// (usw2-lax1-az1): they lack what the platform needs and could share a number with a plain zone.
var zoneID = regexp.MustCompile(`^[a-z]+[0-9]-az([1-6])$`)

// slotsOf returns each zone's slot: the number at the end of its id, less one.
func slotsOf(zones []string) (map[string]int, error) {
	var problems []error
	slots := make(map[string]int, len(zones))
	taken := map[int]string{}
	for _, zone := range zones {
		match := zoneID.FindStringSubmatch(zone)
		if match == nil {
			problems = append(problems, fmt.Errorf("zone %q: not an availability zone id such as euc1-az1, az1 to az%d", zone, Slots))
			continue
		}
		slot := int(match[1][0] - '1')
		if other, ok := taken[slot]; ok {
			problems = append(problems, fmt.Errorf("zone %q: has the number of zone %q", zone, other))
			continue
		}
		taken[slot] = zone
		slots[zone] = slot
	}
	return slots, errors.Join(problems...)
}
