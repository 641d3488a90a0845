package explore

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// Clash is a failing order with everything left out that the failure does not need.
type Clash struct {
	Direction Direction  `json:"direction"`
	Seed      uint64     `json:"seed"`              // plays the whole order again
	Operation string     `json:"operation"`         // what was refused, as "type name"
	After     float64    `json:"after"`             // seconds since the order began
	Code      string     `json:"code,omitempty"`    // AWS's error code
	Rule      string     `json:"rule,omitempty"`    // source of the rule that refused
	Message   string     `json:"message"`           //
	Needs     []string   `json:"needs,omitempty"`   // any one of these operations, had it been over before, would have let it through
	Unusual   []Peculiar `json:"unusual,omitempty"` // operations that have to be unusual for the failure to show
}

// Peculiar is an operation that does not start at once or does not take its typical time.
type Peculiar struct {
	Operation string  `json:"operation"`
	Delay     float64 `json:"delay,omitempty"`  // seconds after it might have started
	Length    float64 `json:"length,omitempty"` // as Op.Length
}

// label names an operation.
func (g *Graph) label(i int) string {
	if i == nobody {
		return "the whole stack"
	}
	return g.Nodes[i].Type + " " + g.Nodes[i].Name
}

// clashes makes the first failures smaller, in the order of their seeds.
func (g *Graph) clashes(all map[string]found) ([]Clash, error) {
	first := slices.SortedFunc(maps.Values(all), func(a, b found) int {
		return int(int64(a.seed) - int64(b.seed))
	})
	var out []Clash
	for _, f := range first[:min(len(first), maxClashes)] {
		s, err := g.scene(f)
		if err != nil {
			return out, err
		}
		c, err := s.shrink(f.failed)
		if err != nil {
			return out, err
		}
		out = append(out, c)
	}
	return out, nil
}

// scene is what a failing order is played in again and again.
type scene struct {
	graph *Graph
	order Order
	base  *world // deletion: the account before it
	up    *schedule
	down  *schedule
}

func (g *Graph) scene(f found) (*scene, error) {
	n := len(g.Nodes)
	s := &scene{graph: g, order: Draw(f.seed, f.direction, n, f.off), up: newSchedule(g, Up), down: newSchedule(g, Down)}
	if f.direction == Up {
		return s, nil
	}
	if s.base = f.base; s.base != nil {
		return s, nil
	}
	var failed *Failure
	var err error
	if s.base, err = g.built(Draw(f.seed, Up, n, nobody), &failed); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, errors.Join(errors.New("an order went through once and not again"), failed.Err)
	}
	return s, nil
}

// play plays an order, with further dependencies on top of the graph's when extra is not nil.
func (s *scene) play(o Order, extra *Graph) (*Failure, error) {
	g, up, down := s.graph, s.up, s.down
	if extra != nil {
		g, up, down = extra, newSchedule(extra, Up), newSchedule(extra, Down)
	}
	if o.Direction == Up {
		var w *world
		var err error
		if w, err = newWorld(g); err != nil {
			return nil, err
		}
		w.order = o
		_, failed := up.player().play(o, w, begin)
		return failed, nil
	}
	w := s.base.fork()
	w.order = o
	return (&worker{graph: g, down: down.player()}).remove(w, w.clock.Now()), nil
}

// shrink takes from the order whatever the failure does not need: limits, then the peculiarities of operations, first
// many at a time and then one by one (delta debugging). What is left of it says when; which operation would have
// to come first is found by putting each before the one that failed.
func (s *scene) shrink(failed *Failure) (Clash, error) {
	fails := func(o Order) (bool, error) {
		again, err := s.play(o, nil)
		return failed.same(again), err
	}
	o := s.order
	var err error
	for _, lift := range []func(*Order){
		func(o *Order) { o.Parallel = 0 }, func(o *Order) { o.Staged = false }, func(o *Order) { o.Pause = 0 },
	} {
		freer := o
		lift(&freer)
		ok := false
		if ok, err = fails(freer); err != nil {
			return Clash{}, err
		}
		if ok {
			o = freer
		}
	}
	if o, err = reduce(o, fails); err != nil {
		return Clash{}, err
	}
	last, err := s.play(o, nil)
	if err != nil {
		return Clash{}, err
	}
	if last == nil {
		last = failed // nothing of the order may be left out
	}
	c := s.describe(o, last)
	if failed.Node != nobody {
		c.Needs, err = s.needs(o, failed)
	}
	return c, err
}

// describe puts a failure into words.
func (s *scene) describe(o Order, f *Failure) Clash {
	c := Clash{Direction: o.Direction, Seed: o.Seed, Operation: s.graph.label(f.Node), After: f.After.Seconds(), Message: f.Err.Error()}
	if e, ok := errors.AsType[*cloud.Error](f.Err); ok {
		c.Code, c.Rule, c.Message = e.Code, e.Rule, e.Message
	}
	for i, op := range o.Ops {
		if !op.plain() {
			c.Unusual = append(c.Unusual, Peculiar{s.graph.label(i), op.Delay.Round(time.Millisecond).Seconds(), op.Length})
		}
	}
	return c
}

// reduce calms as many of the order's operations as it can while it fails.
func reduce(o Order, fails func(Order) (bool, error)) (Order, error) {
	var odd []int
	for i, op := range o.Ops {
		if !op.plain() {
			odd = append(odd, i)
		}
	}
	for size := len(odd); size > 0; size /= 2 {
		for from := 0; from < len(odd); {
			without := slices.Delete(slices.Clone(odd), from, min(from+size, len(odd)))
			calmer := o.calm(func(i int) bool { return slices.Contains(without, i) })
			ok, err := fails(calmer)
			if err != nil {
				return o, err
			}
			if ok {
				o, odd = calmer, without
				continue
			}
			from += size
		}
	}
	for _, i := range odd { // of what is left, only what matters
		for _, less := range []func(*Op){func(op *Op) { op.Length = 0 }, func(op *Op) { op.Delay = 0 }} {
			calmer := o
			calmer.Ops = slices.Clone(o.Ops)
			less(&calmer.Ops[i])
			ok, err := fails(calmer)
			if err != nil {
				return o, err
			}
			if ok {
				o = calmer
			}
		}
	}
	return o, nil
}

// needs returns the operations each of which, had it been over before the one that failed, would have let it through.
func (s *scene) needs(o Order, failed *Failure) ([]string, error) {
	var out []string
	for i := range s.graph.Nodes {
		before, after := i, failed.Node
		if o.Direction == Down {
			before, after = after, before
		}
		if i == failed.Node || s.graph.reaches(before, after) {
			continue
		}
		again, err := s.play(o, s.graph.with(after, before))
		if err != nil {
			return out, err
		}
		if !failed.same(again) && (again == nil || again.After >= failed.After) {
			out = append(out, s.graph.label(i))
		}
	}
	return out, nil
}

// reaches reports whether a node depends on another, directly or not.
func (g *Graph) reaches(from, to int) bool {
	seen := map[int]bool{}
	var visit func(int) bool
	visit = func(at int) bool {
		if at == to {
			return true
		}
		if seen[at] {
			return false
		}
		seen[at] = true
		return slices.ContainsFunc(g.Nodes[at].After, func(e Edge) bool { return visit(e.To) })
	}
	return visit(from)
}

// with returns the graph with a further dependency.
func (g *Graph) with(from, to int) *Graph {
	nodes := slices.Clone(g.Nodes)
	nodes[from].After = append(slices.Clone(nodes[from].After), Edge{To: to, Kind: Orders})
	return &Graph{Stack: g.Stack, Nodes: nodes, Account: g.Account, Again: g.Again}
}
