package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// Launch says how long a stack takes to come up and to go down, in virtual time: everything begins as soon as what it waits
// for is there, and AWS takes its typical time; on the way down, in the runs and levels in which hub destroy deletes (package
// teardown). What the engine itself needs is left out.
type Launch struct {
	Stack     string `json:"stack"`
	Resources int    `json:"resources"`

	FirstClient float64 `json:"firstClient"` // seconds until the first target is healthy and the region's name leads to it
	Complete    float64 `json:"complete"`    // seconds until everything is in place
	Down        float64 `json:"down"`        // seconds until everything is gone again
	Unlevelled  float64 `json:"unlevelled"`  // the same, were each deletion to begin as soon as nothing needs the thing

	// Bounds are what no order could be faster than: waits for values and for what AWS itself refuses to do without.
	Bounds Bounds `json:"bounds"`

	ToFirstClient []Step `json:"toFirstClient"` // the critical paths, first step first
	ToComplete    []Step `json:"toComplete"`
	ToDown        []Step `json:"toDown"`

	Created []Step `json:"created"` // everything, in the order in which it begins
	Deleted []Step `json:"deleted"`

	Spread *Spread `json:"spread,omitempty"` // of many launches with other lengths
}

// Bounds are in seconds.
type Bounds struct {
	FirstClient float64 `json:"firstClient"`
	Complete    float64 `json:"complete"`
	Down        float64 `json:"down"`
}

// Step is one operation. Times are in seconds.
type Step struct {
	Resource string   `json:"resource"` // as "type name"
	Begins   float64  `json:"begins"`
	Takes    float64  `json:"takes"`
	Slack    float64  `json:"slack"`           // how much longer it could take before the whole took longer
	After    string   `json:"after,omitempty"` // what it waited for until the end
	Why      EdgeKind `json:"why,omitempty"`   // why it waited for that
	Source   string   `json:"source"`          // where its time comes from

	node int
}

// TargetHealth is the step in which the load balancer finds the first task healthy. It is no resource.
const TargetHealth = "target health"

// health is what comes after the tasks run, which the provider does not wait for: each is registered with the target group,
// which then asks it as often as it has to answer in a row.
const (
	registered   = 5 * time.Second // a guess
	healthSource = "the target group's interval times its healthy threshold, after 5 s for the registration (guess)"
)

// moment is how much later than others a request is that AWS takes after them.
const moment = time.Millisecond

// Launch plays a creation and a deletion at typical times. What is called "type name" in late is asked for a moment after what
// else may be: chance says which of two requests AWS takes first, and of two database instances the first becomes the writer.
func (g *Graph) Launch(ctx context.Context, late ...string) (*Launch, error) {
	n := len(g.Nodes)
	w, err := newWorld(g)
	if err != nil {
		return nil, err
	}
	plain := func(d Direction) Order { return Order{Direction: d, Ops: make([]Op, n)} }
	up, down := newSchedule(g, Up).player(), newSchedule(g, Down).inLevels().player()
	up.times, down.times = newTimes(n), newTimes(n)
	w.order = plain(Up)
	for i := range g.Nodes {
		if slices.Contains(late, g.label(i)) {
			w.order.Ops[i].Delay = moment
		}
	}
	end, failed := up.play(w.order, w, begin)
	if failed == nil {
		if err := w.unlike(); err != nil {
			return nil, fmt.Errorf("replay %s: %w", g.Stack, err)
		}
		w.order = plain(Down)
		w.order.Staged = true
		_, failed = down.play(w.order, w, end)
	}
	if failed != nil {
		return nil, fmt.Errorf("launch %s: %s: %w", g.Stack, g.label(failed.Node), failed.Err)
	}
	edges, err := g.DropEach(ctx, Options{Orders: few, Seed: 1})
	if err != nil {
		return nil, err
	}
	l := &Launch{Stack: g.Stack, Resources: n}
	there, gone := &timeline{g, Up, up.times, begin}, &timeline{g, Down, down.times, end}
	l.Created, l.Deleted = there.steps(), gone.steps()
	l.Complete, l.Down = there.seconds(there.last()), gone.seconds(gone.last())
	l.Unlevelled, _ = gone.longest(newSchedule(g, Down))
	l.ToComplete, l.ToDown = there.path(there.last(), l.Created), gone.path(gone.last(), l.Deleted)
	l.Bounds.Complete, _ = there.bound(edges)
	l.Bounds.Down, _ = gone.bound(edges)
	if service := g.client(); service != nobody {
		l.FirstClient = there.firstClient(there.seconds)
		_, ends := there.bound(edges)
		l.Bounds.FirstClient = there.firstClient(func(i int) float64 { return ends[i] })
		l.ToFirstClient = there.toFirstClient(l)
	}
	return l, nil
}

// client is the service that clients reach, by the name that the program gives it; nobody when there is none.
func (g *Graph) client() int {
	return slices.IndexFunc(g.Nodes, func(n Node) bool { return n.Type == "aws:ecs/service:Service" && n.Name == "deepstream-service" })
}

// health is how long after the service's creation its first target is healthy, in seconds.
func (g *Graph) health(service int) float64 {
	total := registered.Seconds()
	for _, e := range g.Nodes[service].After {
		to := &g.Nodes[e.To]
		if to.Type == "aws:lb/targetGroup:TargetGroup" {
			check := "healthCheck."
			total += float64(cloud.Int(to.State, check+"interval") * cloud.Int(to.State, check+"healthyThreshold"))
		}
	}
	return total
}

// names are the nodes by which a client finds the load balancer.
func (g *Graph) names() []int {
	var out []int
	for i := range g.Nodes {
		if g.Nodes[i].Type == "aws:route53/record:Record" {
			out = append(out, i)
		}
	}
	return out
}

// timeline is one play, read afterwards.
type timeline struct {
	graph *Graph
	d     Direction
	times *times
	start time.Time
}

func (t *timeline) seconds(i int) float64 { return t.times.ended[i].Sub(t.start).Seconds() }
func (t *timeline) took(i int) float64    { return t.times.ended[i].Sub(t.times.began[i]).Seconds() }

// last is what ends last.
func (t *timeline) last() int {
	last := 0
	for i := range t.times.ended {
		if t.times.ended[i].After(t.times.ended[last]) {
			last = i
		}
	}
	return last
}

// firstClient is when the first client is served, by when the nodes end.
func (t *timeline) firstClient(ends func(int) float64) float64 {
	service := t.graph.client()
	at := ends(service) + t.graph.health(service)
	for _, i := range t.graph.names() {
		at = max(at, ends(i))
	}
	return at
}

// toFirstClient is the path to the first client: that of the service with the checks of its target, or of a name that comes
// later still.
func (t *timeline) toFirstClient(l *Launch) []Step {
	service := t.graph.client()
	end := t.seconds(service)
	for _, i := range t.graph.names() {
		if t.seconds(i) >= l.FirstClient {
			return t.path(i, l.Created)
		}
	}
	return append(t.path(service, l.Created), Step{
		Resource: TargetHealth, Begins: end, Takes: t.graph.health(service), After: t.graph.label(service), Why: Orders, Source: healthSource, node: nobody,
	})
}

// steps are all operations, in the order in which they begin.
func (t *timeline) steps() []Step {
	late := t.latest()
	out := make([]Step, 0, len(t.graph.Nodes))
	for i := range t.graph.Nodes {
		n := &t.graph.Nodes[i]
		s := Step{
			Resource: t.graph.label(i), Begins: t.times.began[i].Sub(t.start).Seconds(), Takes: t.took(i), Slack: late[i] - t.seconds(i),
			Source: cloud.TimingOf(n.Type, n.Inputs).Source, node: i,
		}
		if last := t.times.last[i]; last != nobody {
			s.After, s.Why = t.graph.label(last), t.kind(i, last)
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Step) int {
		if a.Begins != b.Begins {
			return int(1000 * (a.Begins - b.Begins))
		}
		return strings.Compare(a.Resource, b.Resource)
	})
	return out
}

// kind is why one waited for another in this direction.
func (t *timeline) kind(i, last int) EdgeKind {
	from, to := i, last
	if t.d == Down {
		from, to = last, i
	}
	for _, e := range t.graph.Nodes[from].After {
		if e.To == to {
			return e.Kind
		}
	}
	return Levels
}

// latest is when each node may end at the latest without the whole taking longer: on the way down, with its level.
func (t *timeline) latest() []float64 {
	late := make([]float64, len(t.graph.Nodes))
	if t.d == Down {
		ends := map[int]float64{}
		for i, n := range t.graph.Nodes {
			ends[n.Level] = max(ends[n.Level], t.seconds(i))
		}
		for i, n := range t.graph.Nodes {
			late[i] = ends[n.Level]
		}
		return late
	}
	s := newSchedule(t.graph, t.d)
	total := t.seconds(t.last())
	for _, i := range slices.Backward(s.order()) {
		late[i] = total
		for _, to := range s.next[i] {
			late[i] = min(late[i], late[to]-t.took(to))
		}
	}
	return late
}

// path is how a node came to end when it did, first step first.
func (t *timeline) path(end int, steps []Step) []Step {
	by := make(map[int]Step, len(steps))
	for _, s := range steps {
		by[s.node] = s
	}
	var out []Step
	for i := end; i != nobody; i = t.times.last[i] {
		out = append(out, by[i])
	}
	slices.Reverse(out)
	return out
}

// bound is the longest way through what has to wait: in creation for values, and in both for that without which AWS
// refuses. It also returns when each node ends then.
func (t *timeline) bound(report EdgeReport) (float64, []float64) {
	at := map[string]int{}
	for i := range t.graph.Nodes {
		at[t.graph.label(i)] = i
	}
	g := &Graph{Nodes: slices.Clone(t.graph.Nodes)}
	for i := range g.Nodes {
		g.Nodes[i].After = nil
	}
	add := func(from, to int) { g.Nodes[from].After = append(g.Nodes[from].After, Edge{To: to}) }
	for _, e := range report.Edges {
		to := at[e.To]
		for _, label := range e.From {
			from := at[label]
			switch {
			case t.d == Up && e.Kind == Value, t.d == Up && e.Create != nil, t.d == Down && e.Delete != nil:
				add(from, to)
			case t.d == Up && e.Kind == HandsOn:
				for _, s := range t.graph.sources(from, to) {
					add(from, s.To)
				}
			}
		}
	}
	return t.longest(newSchedule(g, t.d))
}

// longest is the longest way through a schedule, and when each node ends on it. Each takes what it took in the play.
func (t *timeline) longest(s *schedule) (float64, []float64) {
	ends := make([]float64, len(s.stage))
	total := 0.0
	for _, i := range s.order() {
		ends[i] += t.took(i)
		total = max(total, ends[i])
		for _, to := range s.next[i] {
			ends[to] = max(ends[to], ends[i])
		}
	}
	return total, ends
}

// order returns the nodes so that each comes after what it waits for.
func (s *schedule) order() []int {
	out := make([]int, len(s.stage))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return s.stage[a] - s.stage[b] })
	return out
}

// Spread is how launches are distributed.
type Spread struct {
	Seeds       int       `json:"seeds"`
	Failed      int       `json:"failed"` // that AWS refused
	FirstClient Quantiles `json:"firstClient"`
	Complete    Quantiles `json:"complete"`
	Down        Quantiles `json:"down"`

	Clashes []Clash `json:"clashes,omitempty"` // what was refused first, of each kind
}

// Quantiles are in seconds.
type Quantiles struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
	Max    float64 `json:"max"`
}

func quantiles(of []float64) Quantiles {
	if len(of) == 0 {
		return Quantiles{}
	}
	slices.Sort(of)
	at := func(f float64) float64 { return of[int(f*float64(len(of)-1)+0.5)] }
	return Quantiles{of[0], at(0.5), at(0.9), of[len(of)-1]}
}

// Likely returns the order of a seed in which everything begins as soon as it may, deletions by level, and takes what it is
// likely to take.
func Likely(seed uint64, d Direction, n int) Order {
	turn := uint64(4)
	if d == Down {
		turn = 5
	}
	r := rand.New(rand.NewPCG(seed, turn))
	o := Order{Seed: seed, Direction: d, Likely: true, Staged: d == Down, Ops: make([]Op, n)}
	for i := range o.Ops {
		o.Ops[i] = Op{Delay: time.Duration(r.Float64() * float64(asked)), Length: r.Float64()}
	}
	return o
}

// asked is the most by which requests that may be sent at once arrive apart: which of two is first is chance.
const asked = time.Second

// Spread plays as many launches as asked, each with lengths and delays of its own, and says how they are distributed.
func (g *Graph) Spread(ctx context.Context, o Options) (*Spread, error) {
	out := &Spread{Seeds: o.Orders}
	var mu sync.Mutex
	var first, complete, down []float64
	failures := map[string]found{}
	err := share(ctx, o, func() func(i int) error {
		n := len(g.Nodes)
		up, remove := newSchedule(g, Up).player(), newSchedule(g, Down).inLevels().player()
		up.times, remove.times = newTimes(n), newTimes(n)
		return func(i int) error {
			seed := o.Seed + uint64(i)
			w, err := newWorldWith(g, seed)
			if err != nil {
				return err
			}
			w.order = Likely(seed, Up, n)
			end, failed := up.play(w.order, w, begin)
			direction, took := Up, 0.0
			if failed == nil {
				direction, w.order = Down, Likely(seed, Down, n)
				var gone time.Time
				if gone, failed = remove.play(w.order, w, end); failed == nil {
					if err := w.left(); err != nil {
						failed = &Failure{Node: nobody, Err: err}
					}
				}
				took = gone.Sub(end).Seconds()
			}
			mu.Lock()
			defer mu.Unlock()
			if failed != nil {
				out.Failed++
				f := found{seed: seed, direction: direction, failed: failed}
				if _, known := failures[f.kind()]; !known {
					failures[f.kind()] = f
					out.Clashes = append(out.Clashes, (&scene{graph: g}).describe(Order{Seed: seed, Direction: direction}, failed))
				}
				return nil
			}
			t := &timeline{g, Up, up.times, begin}
			complete, down = append(complete, end.Sub(begin).Seconds()), append(down, took)
			if g.client() != nobody {
				first = append(first, t.firstClient(t.seconds))
			}
			return nil
		}
	})
	out.FirstClient, out.Complete, out.Down = quantiles(first), quantiles(complete), quantiles(down)
	return out, err
}
