package cloud

import (
	"hash/fnv"
	"time"
)

// Range is how long something takes: typically, at least and at most.
type Range struct{ Typical, Min, Max time.Duration }

// at returns the length at a fraction of the range: Min at 0, Typical at one half, Max at 1.
func (r Range) at(fraction float64) time.Duration {
	if fraction < 0.5 {
		return r.Min + time.Duration(float64(r.Typical-r.Min)*2*fraction)
	}
	return r.Typical + time.Duration(float64(r.Max-r.Typical)*(2*fraction-1))
}

// Waits are lengths by operation.
type Waits struct{ Create, Update, Delete time.Duration }

func (w Waits) of(v verb) time.Duration {
	switch v {
	case verbCreate:
		return w.Create
	case verbUpdate:
		return w.Update
	}
	return w.Delete
}

// Timing is how long the operations on a type take. Zero means at once.
type Timing struct {
	Create, Update, Delete Range  // AWS's own time, once it has accepted the call
	Wait                   Waits  // the provider's fixed wait on top of it
	Limit                  Waits  // the provider's timeouts
	Source                 string // where the figures come from
}

func (t Timing) of(v verb) Range {
	switch v {
	case verbCreate:
		return t.Create
	case verbUpdate:
		return t.Update
	}
	return t.Delete
}

// LengthFunc says how long AWS takes for one operation: "create", "update" or "delete", on what the token names.
type LengthFunc func(k *Kind, operation, token string) time.Duration

// Seeded returns lengths within each type's range, the same ones for the same seed, operation and token.
func Seeded(seed uint64) LengthFunc {
	return func(k *Kind, operation, token string) time.Duration {
		return k.Timing.of(verb(operation)).at(fraction(seed, operation, token, "length"))
	}
}

// fraction returns a number in [0, 1) that is the same for the same seed and names.
func fraction(seed uint64, names ...string) float64 {
	h := fnv.New64a()
	for _, n := range names {
		_, _ = h.Write([]byte(n)) // never fails
		_, _ = h.Write([]byte{0})
	}
	x := h.Sum64() ^ seed*0x9e3779b97f4a7c15
	x ^= x >> 30 // splitmix64's finaliser: FNV alone leaves the high bits of short names alike
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11) / (1 << 53)
}
