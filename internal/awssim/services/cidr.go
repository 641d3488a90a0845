package services

import (
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// reservedFirst and reservedLast are how many addresses at a subnet's ends AWS keeps to itself: network, router, DNS and
// one for later; broadcast (Amazon VPC User Guide, "Subnet sizing for IPv4").
const (
	reservedFirst = 4
	reservedLast  = 1
)

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
