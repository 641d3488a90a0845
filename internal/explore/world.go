package explore

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	_ "github.com/deepstreamhub/platform/internal/awssim/services" // what is played
)

// begin is when orders begin. It is fixed, so that an order is the same whenever it is played.
var begin = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// world is an offline AWS that plays one order, in virtual time.
type world struct {
	graph *Graph
	cloud *cloud.Cloud
	clock *cloud.Virtual
	order Order
	now   int      // node whose call is being moved on
	ids   []string // of what was made, by node
}

// newWorld returns an empty account. Ids follow from URNs and from the cloud's seed, which is the same that every offline
// AWS has unless told otherwise, so it gives out the ids that the graph's inputs name.
func newWorld(g *Graph) (*world, error) { return newWorldWith(g, 0) }

// newWorldWith returns an empty account in which services see what is new as late as the number says.
func newWorldWith(g *Graph, lags uint64) (*world, error) {
	w := &world{graph: g, clock: &cloud.Virtual{}, ids: make([]string, len(g.Nodes))}
	w.clock.Set(begin)
	var err error
	w.cloud, err = cloud.Open(cloud.Options{Account: g.Account, Clock: w.clock, Length: w.length, Lags: lags})
	return w, err
}

// fork returns a copy of the world as it is.
func (w *world) fork() *world {
	f := &world{graph: w.graph, clock: &cloud.Virtual{}, ids: append([]string(nil), w.ids...)}
	f.clock.Set(w.clock.Now())
	f.cloud = w.cloud.Fork(cloud.Options{Clock: f.clock, Length: f.length})
	return f
}

// length is how long AWS takes for the operation at hand.
func (w *world) length(t cloud.Timing, operation, _ string) time.Duration {
	r, limit, wait := t.Create, t.Limit.Create, t.Wait.Create
	if Direction(operation) == Down {
		r, limit, wait = t.Delete, t.Limit.Delete, t.Wait.Delete
	}
	if w.order.Likely {
		return r.At(w.order.Ops[w.now].Length)
	}
	return lengthIn(r, limit-wait, w.order.Ops[w.now].Length)
}

// lengthIn reads Op.Length in a type's figures.
func lengthIn(r cloud.Range, limit time.Duration, at float64) time.Duration {
	between := func(a, b time.Duration, f float64) time.Duration { return a + time.Duration(f*float64(b-a)) }
	switch {
	case at == 0:
		return r.Typical
	case at <= 1:
		return between(r.Min, r.Max, at)
	}
	return between(r.Max, max(r.Max, limit), at-1)
}

func (w *world) set(now time.Time) { w.clock.Set(now) }

// moved is a call that tells the world whose turn it is, since lengths are asked for by type only.
type moved struct {
	*cloud.Call
	w *world
	i int
}

// Step moves the call on.
func (m *moved) Step() (time.Time, bool) {
	m.w.now = m.i
	return m.Call.Step()
}

// Result returns the call's result and keeps the id of what it made.
func (m *moved) Result() (id string, err error) {
	id, err = m.Outcome()
	if id != "" {
		m.w.ids[m.i] = id
	}
	return id, err
}

func (w *world) start(n *Node, i int, d Direction) call {
	if d == Up {
		return &moved{w.cloud.StartDraft(n.Region, n.URN, n.draft), w, i}
	}
	if n.Retain || n.With >= 0 && !w.graph.Nodes[n.With].Retain {
		return nil
	}
	return &moved{w.cloud.StartDelete(n.Region, n.Type, w.ids[i], n.State), w, i}
}

// afterwards is how long after the last deletion everything that AWS still had to do is done.
const afterwards = 48 * time.Hour

// left returns an error that names what a deleted stack left in the account, other than what it was to leave.
func (w *world) left() error {
	w.clock.Set(w.clock.Now().Add(afterwards))
	kept := map[string]bool{}
	for i := range w.graph.Nodes {
		if n := &w.graph.Nodes[i]; n.Retain || n.With >= 0 && w.graph.Nodes[n.With].Retain {
			kept[n.Type+" "+w.ids[i]] = true
		}
	}
	var names []string
	for _, r := range w.cloud.List() {
		if name := r.Type + " " + r.ID; !r.Declared && !kept[name] {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return fmt.Errorf("left behind: %s", strings.Join(names, ", "))
	}
	return nil
}

// unlike returns an error that names what has another id than was recorded although others name it by that: the
// replays would not be of the recorded stack.
func (w *world) unlike() error {
	var problems []error
	for i := range w.graph.Nodes {
		n := &w.graph.Nodes[i]
		if w.ids[i] == n.ID {
			continue
		}
		for j := range w.graph.Nodes {
			if j != i && mentions(w.graph.Nodes[j].Inputs, n.ID) {
				problems = append(problems, fmt.Errorf("%s: recorded as %s, made as %s, and %s names it", n.Name, n.ID, w.ids[i], w.graph.Nodes[j].Name))
				break
			}
		}
	}
	return errors.Join(problems...)
}

func mentions(v any, text string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, text)
	case []any:
		for _, e := range v {
			if mentions(e, text) {
				return true
			}
		}
	case cloud.Map:
		for _, e := range v {
			if mentions(e, text) {
				return true
			}
		}
	}
	return false
}
