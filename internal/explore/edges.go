package explore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// EdgeReport says of every dependency of a stack what happens without it.
type EdgeReport struct {
	Stack    string       `json:"stack"`
	Seed     uint64       `json:"seed"`
	Edges    []EdgeResult `json:"edges"`
	Uncaught int          `json:"uncaught"` // dependencies that order and that nothing misses
}

// EdgeResult is what happens to a stack without one of its dependencies, or without all of those by which one thing hands
// a value on: whoever takes a subnet's id from its route table association waits for that, and it takes no more than one
// of them to keep an order.
type EdgeResult struct {
	From    []string `json:"from"` // what depends, as "type name"
	To      string   `json:"to"`   // on what
	Kind    EdgeKind `json:"kind"`
	Implied []string `json:"implied,omitempty"` // other dependencies that keep the order all the same, as the names of a chain
	Create  *Caught  `json:"create,omitempty"`  // what creation runs into; nil: nothing
	Delete  *Caught  `json:"delete,omitempty"`  // what deletion runs into, were nothing else to imply it; nil: nothing
}

// Uncaught reports whether the dependency orders and nothing misses it.
func (r EdgeResult) Uncaught() bool {
	return r.Kind != Value && len(r.Implied) == 0 && r.Create == nil && r.Delete == nil
}

// Caught is a refusal by AWS that a missing dependency leads to.
type Caught struct {
	Operation string `json:"operation"` // what was refused, as "type name"
	Code      string `json:"code"`
	Rule      string `json:"rule"`
	Message   string `json:"message"`
	Orders    int    `json:"orders"` // how many were played until one failed
	Seed      uint64 `json:"seed"`
}

// few is how many orders are played for the side of a dependency on which nothing is missed while the other is caught,
// and for dependencies that carry a value, which need no more reason to be.
const few = 12

// DropEach plays the stack without each of its dependencies in turn, at most o.Orders orders of creation and of deletion
// each, until one fails.
func (g *Graph) DropEach(ctx context.Context, o Options) (EdgeReport, error) {
	report := EdgeReport{Stack: g.Stack, Seed: o.Seed}
	base, err := g.built(Order{Direction: Up, Ops: make([]Op, len(g.Nodes))}, nil)
	if err != nil {
		return report, err
	}
	edges := g.edges()
	like, err := newLikeness(g, base, o.Seed)
	if err != nil {
		return report, err
	}
	var mu sync.Mutex // guards base, which is copied by one at a time
	report.Edges = make([]EdgeResult, len(edges))
	err = share(ctx, Options{Orders: len(edges), Workers: o.Workers, Progress: o.Progress}, func() func(i int) error {
		return func(i int) error {
			d := &dropped{edge: edges[i], graph: g, without: g.Without(edges[i].to, edges[i].from...), seed: o.Seed, like: like}
			d.base = func() *world {
				mu.Lock()
				defer mu.Unlock()
				return base.fork()
			}
			var err error
			report.Edges[i], err = d.try(ctx, o.Orders)
			return err
		}
	})
	for _, r := range report.Edges {
		if r.Uncaught() {
			report.Uncaught++
		}
	}
	return report, err
}

// edge is what is left out at a time.
type edge struct {
	from []int
	to   int
	kind EdgeKind
}

// edges returns what can be left out: each dependency, and together those by which one thing hands a value on.
func (g *Graph) edges() []edge {
	var all []edge
	handing := map[int]int{} // by what hands on: where in all
	for i := range g.Nodes {
		for _, e := range g.Nodes[i].After {
			at, known := handing[e.To]
			switch {
			case e.Kind == HandsOn && known:
				all[at].from = append(all[at].from, i)
				continue
			case e.Kind == HandsOn:
				handing[e.To] = len(all)
			}
			all = append(all, edge{[]int{i}, e.To, e.Kind})
		}
	}
	return all
}

// dropped is a graph without an edge.
type dropped struct {
	edge
	graph, without *Graph
	seed           uint64
	base           func() *world // the created stack
	like           *likeness
}

func (d *dropped) try(ctx context.Context, orders int) (EdgeResult, error) {
	r := EdgeResult{To: d.graph.label(d.to), Kind: d.kind}
	var path []int
	implied := true // for all of them
	for _, from := range d.from {
		r.From = append(r.From, d.graph.label(from))
		path = d.without.Path(from, d.to)
		implied = implied && path != nil
	}
	if implied {
		for _, i := range path {
			r.Implied = append(r.Implied, d.graph.Nodes[i].Name)
		}
		r.Delete = d.early()
		return r, nil
	}
	up, down := newSchedule(d.without, Up).player(), newSchedule(d.without, Down).player()
	search := func(direction Direction, from, to int) (*Caught, error) {
		for k := from; k < to && ctx.Err() == nil; k++ {
			caught, err := d.order(direction, k, up, down)
			if caught != nil || err != nil {
				return caught, err
			}
		}
		return nil, nil
	}
	var err1, err2 error
	some := min(few, orders)
	r.Create, err1 = search(Up, 0, some)
	r.Delete, err2 = search(Down, 0, some)
	if err := errors.Join(err1, err2); err != nil || !r.Uncaught() {
		return r, err
	}
	if r.Create, err1 = search(Up, some, orders); r.Create == nil {
		r.Delete, err2 = search(Down, some, orders)
	}
	return r, errors.Join(err1, err2)
}

// early says what refuses to delete what the implied dependency is on while all that depends on it is still there.
func (d *dropped) early() *Caught {
	first := d.graph.First(d.to)
	w := d.base()
	w.order = Order{Seed: d.seed, Direction: Down, Ops: make([]Op, len(d.graph.Nodes))}
	for i := range w.order.Ops {
		if i != d.to {
			w.order.Ops[i].Delay = longAfter
		}
	}
	failed := (&worker{graph: first, down: newSchedule(first, Down).player()}).remove(w, w.clock.Now())
	if failed == nil || failed.Node != d.to {
		return nil
	}
	return d.caught(failed, 0)
}

// order plays one order without the dependency, in which what no longer waits is given every chance to come first.
func (d *dropped) order(direction Direction, k int, up, down *player) (*Caught, error) {
	n, seed := len(d.graph.Nodes), d.seed+uint64(k)
	var failed *Failure
	if direction == Up {
		w, err := newWorld(d.without)
		if err != nil {
			return nil, err
		}
		w.order = Draw(seed, Up, n, d.to)
		up.putOffLeaves(&w.order, d.from)
		end, refused := up.play(w.order, w, begin)
		if failed = refused; failed == nil {
			failed = d.unlike(w, end)
		}
	} else {
		w := d.base()
		w.order = Draw(seed, Down, n, d.from[k%len(d.from)])
		failed = (&worker{graph: d.without, down: down}).remove(w, w.clock.Now())
	}
	if failed == nil {
		return nil, nil
	}
	return d.caught(failed, k), nil
}

// unlike returns the first of what no longer waits that came out otherwise, as a failure; nil when there is none.
func (d *dropped) unlike(w *world, end time.Time) *Failure {
	for _, from := range d.from {
		if err := d.like.unlike(from, w); err != nil {
			return &Failure{Node: from, After: end.Sub(begin), Err: err}
		}
	}
	return nil
}

// caught describes a failure of the k-th order.
func (d *dropped) caught(failed *Failure, k int) *Caught {
	c := &Caught{Operation: d.graph.label(failed.Node), Message: failed.Err.Error(), Orders: k + 1, Seed: d.seed + uint64(k)}
	if e, ok := errors.AsType[*cloud.Error](failed.Err); ok {
		c.Code, c.Rule, c.Message = e.Code, e.Rule, e.Message
	}
	return c
}
