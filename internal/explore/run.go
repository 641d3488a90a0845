package explore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// GCPercent is how far the heap may grow between garbage collections while orders are played, as debug.SetGCPercent takes it.
// What lives is a few megabytes and nearly everything else is gone with its order.
const GCPercent = 800

// Options say how much is explored.
type Options struct {
	Orders   int                      // creations, each followed by a deletion
	Seed     uint64                   // of the first order; each next one has the next
	Workers  int                      // orders played at once; 0: as many as there are processors
	Progress func(played, orders int) // called now and then; nil: nobody listens
}

func (o Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Report is what an exploration found.
type Report struct {
	Stack     string  `json:"stack"`
	Seed      uint64  `json:"seed"`
	Resources int     `json:"resources"`
	Orders    int     `json:"orders"`
	Created   int     `json:"created"` // orders of creation that went through
	Deleted   int     `json:"deleted"` // orders of deletion that went through
	Failures  int     `json:"failures"`
	Clashes   []Clash `json:"clashes,omitempty"` // the first failures of each kind, made smaller
}

// maxClashes is how many different failures are made smaller; more of them rarely tell more.
const maxClashes = 5

// Explore plays as many creations of the stack as asked, each followed by a deletion, and looks into what fails.
func (g *Graph) Explore(ctx context.Context, o Options) (Report, error) {
	report := Report{Stack: g.Stack, Seed: o.Seed, Resources: len(g.Nodes), Orders: o.Orders}
	if err := g.rehearse(); err != nil {
		return report, err
	}
	up, down := newSchedule(g, Up), newSchedule(g, Down)
	var mu sync.Mutex
	failures := map[string]found{}
	err := share(ctx, o, func() func(i int) error {
		w := &worker{graph: g, up: up.player(), down: down.player()}
		return func(i int) error {
			r, err := w.order(o.Seed + uint64(i))
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			report.count(r)
			if r.failed != nil {
				if old, ok := failures[r.kind()]; !ok || r.seed < old.seed {
					failures[r.kind()] = r
				}
			}
			return nil
		}
	})
	if err != nil {
		return report, err
	}
	report.Clashes, err = g.clashes(failures)
	return report, err
}

// rehearse plays one creation in the plainest order and refuses a graph whose ids come out otherwise than recorded.
func (g *Graph) rehearse() error {
	_, err := g.built(Order{Direction: Up, Ops: make([]Op, len(g.Nodes))}, nil)
	return err
}

// built returns a world in which the graph was created. A failure is not an error when failed takes it.
func (g *Graph) built(o Order, failed **Failure) (*world, error) {
	w, err := newWorld(g)
	if err != nil {
		return nil, err
	}
	w.order = o
	end, failure := newSchedule(g, Up).player().play(o, w, begin)
	if failure != nil && failed != nil {
		*failed = failure
		return w, nil
	}
	if failure != nil {
		return nil, fmt.Errorf("create %s of %s in the plainest order: %w", g.Nodes[failure.Node].Name, g.Stack, failure.Err)
	}
	w.set(end)
	if err := w.unlike(); err != nil {
		return nil, fmt.Errorf("replay %s: %w", g.Stack, err)
	}
	return w, nil
}

// share calls f for each order from as many goroutines as the options say, each with a function of its own from make.
func share(ctx context.Context, o Options, make func() func(i int) error) error {
	var next, played atomic.Int64
	errs := slices.Repeat([]error{nil}, o.workers())
	var all sync.WaitGroup
	for worker := range errs {
		all.Go(func() {
			f := make()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= o.Orders {
					return
				}
				if errs[worker] = f(i); errs[worker] != nil {
					next.Store(int64(o.Orders)) // the others need not go on
					return
				}
				if n := int(played.Add(1)); o.Progress != nil && (n%100 == 0 || n == o.Orders) {
					o.Progress(n, o.Orders)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(append(errs, context.Cause(ctx))...)
}

// found is one order played.
type found struct {
	seed      uint64
	direction Direction
	failed    *Failure
	off       int    // the operation that was put off; nobody: none
	base      *world // deletion: the account before it; nil: as the seed's creation leaves it
}

// kind tells failures of one cause from those of another.
func (f found) kind() string { return fmt.Sprint(f.direction, f.failed.Node, f.failed.Rule()) }

func (r *Report) count(f found) {
	if f.failed == nil || f.direction == Down {
		r.Created++
	}
	if f.failed == nil {
		r.Deleted++
		return
	}
	r.Failures++
}

// worker plays orders, for one goroutine.
type worker struct {
	graph    *Graph
	up, down *player
}

// pause is how long a created stack stands before it is deleted, at most.
const pause = 24 * time.Hour

// order plays the creation of a seed, and its deletion in the same account.
func (w *worker) order(seed uint64) (found, error) {
	in, err := newWorld(w.graph)
	if err != nil {
		return found{}, err
	}
	n := len(w.graph.Nodes)
	in.order = Draw(seed, Up, n, nobody)
	end, failed := w.up.play(in.order, in, begin)
	if failed != nil {
		return found{seed: seed, direction: Up, failed: failed, off: nobody}, nil
	}
	in.order = Draw(seed, Down, n, nobody)
	failed = w.remove(in, end)
	return found{seed: seed, direction: Down, failed: failed, off: nobody}, nil
}

// remove plays the deletion that is set in a world from the pause after a moment on.
func (w *worker) remove(in *world, from time.Time) *Failure {
	start := from.Add(time.Duration(in.order.Pause * float64(pause)))
	in.set(start)
	end, failed := w.down.play(in.order, in, start)
	if failed != nil {
		return failed
	}
	if err := in.left(); err != nil {
		return &Failure{Node: nobody, After: end.Sub(start), Err: err}
	}
	return nil
}
