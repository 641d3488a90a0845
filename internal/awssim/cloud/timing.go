package cloud

import (
	"hash/fnv"
	"slices"
	"time"
)

// Range is how long something takes: in the middle, at least and at most.
type Range struct {
	Typical, Min, Max time.Duration // the median, the shortest and the longest
	P90               time.Duration // what nine of ten do not exceed; 0: nobody knows, see At
	Seen              int           // how many public logs the figures are from; 0: see Timing.Source
}

// tail is how far from the median towards the longest the ninetieth percentile lies where it is not known, which is a guess:
// what is waited for in AWS mostly takes what it usually takes, and now and then much longer.
const tail = 1.0 / 3

// At returns the length that a fraction of all stay below: between the quantiles that are known it grows evenly.
func (r Range) At(fraction float64) time.Duration {
	p90 := r.P90
	if p90 == 0 {
		p90 = r.Typical + time.Duration(tail*float64(r.Max-r.Typical))
	}
	switch between := func(a, b time.Duration, f float64) time.Duration { return a + time.Duration(f*float64(b-a)) }; {
	case fraction < 0.5:
		return between(r.Min, r.Typical, fraction/0.5)
	case fraction < 0.9:
		return between(r.Typical, p90, (fraction-0.5)/0.4)
	default:
		return between(p90, r.Max, (fraction-0.9)/0.1)
	}
}

// Seen is the range of what public logs show, in whole seconds, less the provider's own wait that they include.
func Seen(wait int, seconds ...int) Range {
	slices.Sort(seconds)
	at := func(i int) time.Duration { return time.Duration(max(0, seconds[i]-wait)) * time.Second }
	n := len(seconds)
	return Range{Typical: (at((n-1)/2) + at(n/2)) / 2, Min: at(0), Max: at(n - 1), P90: at((9*n+9)/10 - 1), Seen: n}
}

// Waits are lengths by operation.
type Waits struct{ Create, Update, Delete time.Duration }

func (w Waits) of(v Verb) time.Duration {
	switch v {
	case Creating:
		return w.Create
	case Updating:
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

func (t Timing) of(v Verb) Range {
	switch v {
	case Creating:
		return t.Create
	case Updating:
		return t.Update
	}
	return t.Delete
}

// LengthFunc says how long AWS takes for one operation: "create", "update" or "delete", on what the token names.
type LengthFunc func(t Timing, operation, token string) time.Duration

// Seeded returns lengths within each type's range, the same ones for the same seed, operation and token.
func Seeded(seed uint64) LengthFunc {
	return func(t Timing, operation, token string) time.Duration {
		return t.of(Verb(operation)).At(fraction(seed, operation, token, "length"))
	}
}

// Typical returns each type's median.
func Typical(t Timing, operation, _ string) time.Duration { return t.of(Verb(operation)).Typical }

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

// Sum is the range of what takes one part after the other.
func Sum(parts ...Range) Range {
	var all Range
	for _, p := range parts {
		all.Typical, all.Min, all.Max = all.Typical+p.Typical, all.Min+p.Min, all.Max+p.Max
	}
	return all
}

// UpTo is the range with a longest that was seen elsewhere than in the logs of which the quantiles are known.
func (r Range) UpTo(longest float64) Range {
	r.Max = Secs(0, 0, longest).Max
	return r
}

// Secs is a range in seconds: typical, least, most.
func Secs(typical, least, most float64) Range {
	of := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	return Range{Typical: of(typical), Min: of(least), Max: of(most)}
}

// WaitSeconds is the provider's fixed wait in seconds.
func WaitSeconds(create, update, remove int) Waits {
	return inUnits(time.Second, create, update, remove)
}

// LimitMinutes are the provider's timeouts in minutes; 0 where the resource names none.
func LimitMinutes(create, update, remove int) Waits {
	return inUnits(time.Minute, create, update, remove)
}

func inUnits(unit time.Duration, create, update, remove int) Waits {
	return Waits{time.Duration(create) * unit, time.Duration(update) * unit, time.Duration(remove) * unit}
}

// sdkTimeout ends every operation whose resource names no timeout (plugin SDK v2, schema.DefaultTimeout).
const sdkTimeout = 20 * time.Minute

// WithLimits puts the plugin SDK's timeout in the place of those that a resource does not name.
func WithLimits(row Timing) Timing {
	for _, limit := range []*time.Duration{&row.Limit.Create, &row.Limit.Update, &row.Limit.Delete} {
		if *limit == 0 {
			*limit = sdkTimeout
		}
	}
	return row
}
