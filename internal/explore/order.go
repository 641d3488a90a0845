package explore

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Direction says what an order is an order of.
type Direction string

// The two directions.
const (
	Up   Direction = "create"
	Down Direction = "delete"
)

// Order is one way in which the engine may run a stack's operations, as far as it is free: when each operation starts
// after what it waits for is done, how long AWS takes for it, and how many run at once. Everything else follows from the
// graph. The zero values are an engine that starts everything at once and an AWS that takes its typical time.
type Order struct {
	Seed      uint64
	Direction Direction
	Parallel  int     // operations under way at once; 0: no limit
	Staged    bool    // operations start in stages of the schedule, each once all of the stage before are done
	Pause     float64 // before the first operation, as a share of the longest
	Likely    bool    // AWS takes what it is likely to take: Op.Length is the share of all that take less
	Ops       []Op    // by node
}

// Op is what is particular to one operation of an order.
type Op struct {
	Delay  time.Duration // from the moment it may start
	Length float64       // how long AWS takes: 0 typical; up to 1 from its shortest to its longest; up to 2 on to the provider's timeout
}

func (o Op) plain() bool { return o == Op{} }

// calm returns the order with nothing particular about the operations for which keep is false.
func (o Order) calm(keep func(i int) bool) Order {
	ops := make([]Op, len(o.Ops))
	for i, op := range o.Ops {
		if keep(i) {
			ops[i] = op
		}
	}
	o.Ops = ops
	return o
}

// Chances of what an order does to an operation. They are set so that an order mixes all of it: most operations start at
// once and take what AWS usually takes, some wait, a few wait longer than any provider repeats a call.
const (
	delayed   = 0.25 // waits up to two minutes
	slow      = 0.05 // takes up to the provider's timeout
	late      = 3    // operations of an order that wait for hours
	soon      = 2 * time.Minute
	longAfter = 4 * time.Hour
)

// putOffLeaves puts off about half of the operations that nobody waits for, other than some. What hides a missing
// dependency is often one of them: with an endpoint there, nobody asks for the way to the internet.
func (s *schedule) putOffLeaves(o *Order, except []int) {
	r := rand.New(rand.NewPCG(o.Seed, 3))
	for i := range o.Ops {
		if len(s.next[i]) == 0 && !slices.Contains(except, i) && r.Float64() < 0.5 {
			o.Ops[i].Delay = time.Duration(r.Float64() * float64(longAfter))
		}
	}
}

// Draw returns the order of n operations that belongs to a seed. It may put off one operation, such as one whose
// dependents no longer wait for it; -1 leaves all to chance.
func Draw(seed uint64, d Direction, n, off int) Order {
	turn := uint64(1)
	if d == Down {
		turn = 2
	}
	r := rand.New(rand.NewPCG(seed, turn))
	o := Order{Seed: seed, Direction: d, Ops: make([]Op, n)}
	if r.Float64() < 0.25 {
		o.Parallel = 1 << (2 + r.IntN(5)) // 4 to 64
	}
	o.Staged = r.Float64() < 0.25
	if r.Float64() < 0.5 {
		o.Pause = r.Float64()
	}
	for i := range o.Ops {
		op := &o.Ops[i]
		if r.Float64() < delayed {
			op.Delay = time.Duration(r.Float64() * float64(soon))
		}
		op.Length = r.Float64()
		if r.Float64() < slow {
			op.Length++
		}
	}
	for range r.IntN(late + 1) {
		o.Ops[r.IntN(n)].Delay = time.Duration(r.Float64() * float64(longAfter))
	}
	if off >= 0 {
		o.Ops[off].Delay = time.Duration(r.Float64() * float64(longAfter))
	}
	return o
}
