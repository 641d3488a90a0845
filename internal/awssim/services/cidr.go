package services

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// reservedFirst and reservedLast are how many addresses at a subnet's ends AWS keeps to itself: network, router, DNS and
// one for later; broadcast (Amazon VPC User Guide, "Subnet sizing for IPv4").
const (
	reservedFirst = 4
	reservedLast  = 1
)

// checkIPv4Range refuses a range that is not canonical or whose prefix is outside [shortest, longest] bits.
func checkIPv4Range(c *cloud.Checker, path string, shortest, longest int) {
	text, ok := c.String(path)
	if !ok || text == "" {
		return
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !p.Addr().Is4():
		c.Fail(path, "%q is not a valid IPv4 CIDR block", text)
	case p != p.Masked():
		c.Fail(path, "%q is not a valid IPv4 CIDR block; did you mean %q?", text, p.Masked())
	case p.Bits() < shortest || p.Bits() > longest:
		c.Fail(path, "expected prefix length of %q to be between /%d and /%d", text, shortest, longest)
	}
}

// checkIPv6Range refuses a range that is no IPv6 network.
func checkIPv6Range(c *cloud.Checker, path string) {
	text, ok := c.String(path)
	if !ok || text == "" {
		return
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !p.Addr().Is6():
		c.Fail(path, "%q is not a valid IPv6 CIDR block", text)
	case p != p.Masked():
		c.Fail(path, "%q is not a valid IPv6 CIDR block; did you mean %q?", text, p.Masked())
	}
}

// within reports whether inner lies inside outer, or is it.
func within(inner, outer netip.Prefix) bool {
	return outer.Contains(inner.Addr()) && inner.Bits() >= outer.Bits()
}

// size returns how many addresses an IPv4 range has.
func size(p netip.Prefix) uint32 { return 1 << (32 - p.Bits()) }

// plus returns the IPv4 address n after a.
func plus(a netip.Addr, n uint32) netip.Addr {
	bytes := a.As4()
	binary.BigEndian.PutUint32(bytes[:], binary.BigEndian.Uint32(bytes[:])+n)
	return netip.AddrFrom4(bytes)
}

// usable reports whether an address of a subnet is one that AWS gives away.
func usable(p netip.Prefix, a netip.Addr) bool {
	return p.Contains(a) && !a.Less(plus(p.Addr(), reservedFirst)) && a.Less(plus(p.Addr(), size(p)-reservedLast))
}

// hostIn returns a free address of a subnet. Which one follows from the owner's id, as long as nobody has it.
func hostIn(p netip.Prefix, owner string, taken map[string]bool) netip.Addr {
	free := size(p) - reservedFirst - reservedLast
	for i := range free {
		a := plus(p.Addr(), reservedFirst+(crc32.ChecksumIEEE([]byte(owner))+i)%free)
		if !taken[a.String()] {
			return a
		}
	}
	return netip.Addr{}
}
