package explore

import (
	"errors"
	"fmt"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// account is where an order is played: the offline AWS, or a double.
type account interface {
	// start begins a node's operation. A nil call is done at once.
	start(n *Node, i int, d Direction) call
	// set moves time on.
	set(now time.Time)
}

// call is one operation under way.
type call interface {
	Step() (next time.Time, done bool)
	Result() (id string, err error)
}

// nobody is the node of a failure that no single operation had.
const nobody = -1

// Failure is an operation that AWS refused for good.
type Failure struct {
	Node  int
	After time.Duration // since the order began
	Err   error
}

// Rule identifies what refused: the same failure in another order has the same one.
func (f *Failure) Rule() string {
	if e, ok := errors.AsType[*cloud.Error](f.Err); ok {
		return e.Code + " (" + e.Rule + ")"
	}
	return f.Err.Error()
}

// same reports whether two failures are of the same operation and for the same reason.
func (f *Failure) same(g *Failure) bool {
	return f != nil && g != nil && f.Node == g.Node && f.Rule() == g.Rule()
}

// schedule is a graph as one direction sees it, worked out once for all its orders.
type schedule struct {
	graph  *Graph
	waits  []int   // how many others each node waits for
	next   [][]int // whom each node lets go
	stage  []int   // longest chain of others before it, or as inLevels says
	stages []int   // nodes by stage
}

// newSchedule turns the graph's edges to where an operation waits for its dependencies (creation) or its dependents
// (deletion).
func newSchedule(g *Graph, d Direction) *schedule {
	s := &schedule{graph: g, waits: make([]int, len(g.Nodes)), next: make([][]int, len(g.Nodes)), stage: make([]int, len(g.Nodes))}
	for i := range g.Nodes {
		for _, e := range g.Nodes[i].After {
			from, to := e.To, i
			if d == Down {
				from, to = i, e.To
			}
			s.next[from] = append(s.next[from], to)
			s.waits[to]++
		}
	}
	left := append([]int(nil), s.waits...)
	var ready []int
	for i, n := range left {
		if n == 0 {
			ready = append(ready, i)
		}
	}
	for ; len(ready) > 0; ready = ready[1:] {
		i := ready[0]
		for len(s.stages) <= s.stage[i] {
			s.stages = append(s.stages, 0)
		}
		s.stages[s.stage[i]]++
		for _, to := range s.next[i] {
			s.stage[to] = max(s.stage[to], s.stage[i]+1)
			if left[to]--; left[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	return s
}

// inLevels returns the schedule of a deletion whose stages are the levels in which the engine deletes.
func (s *schedule) inLevels() *schedule {
	out := *s
	out.stage, out.stages = make([]int, len(s.stage)), nil
	for i := range s.graph.Nodes {
		level := s.graph.Nodes[i].Level
		for len(out.stages) <= level {
			out.stages = append(out.stages, 0)
		}
		out.stage[i] = level
		out.stages[level]++
	}
	return &out
}

// player plays orders of one schedule. It is for one goroutine, which reuses its memory.
type player struct {
	*schedule
	events  events
	waiting []int
	left    []int // of each stage
	calls   []call
	failed  []int // attempts of each operation that AWS refused and the program repeats
	held    []int // may start, but no operation of a stage before it is over or too many are under way
	running int
	stageAt int
	times   *times // when what began and ended, and after what; nil: nobody asks
}

// times is what a play took, by node.
type times struct {
	began, ended []time.Time
	last         []int // what it waited for until the end; nobody: it began at once
}

func newTimes(n int) *times {
	t := &times{began: make([]time.Time, n), ended: make([]time.Time, n), last: make([]int, n)}
	for i := range t.last {
		t.last[i] = nobody
	}
	return t
}

func (s *schedule) player() *player {
	n := len(s.graph.Nodes)
	return &player{schedule: s, waiting: make([]int, n), left: make([]int, len(s.stages)), calls: make([]call, n), failed: make([]int, n)}
}

// play runs an order to its end or first failure and returns when that was.
func (p *player) play(o Order, in account, start time.Time) (end time.Time, failed *Failure) {
	p.reset()
	now := start
	for i, n := range p.waiting {
		if n == 0 {
			p.may(o, i, now)
		}
	}
	done := 0
	for p.events.len() > 0 {
		e := p.events.pop()
		now = e.at
		in.set(now)
		over := false
		switch {
		case p.calls[e.node] != nil:
			over = p.step(e.node)
		case p.failed[e.node] == 0 && !p.admits(o, e.node):
			p.held = append(p.held, e.node)
			continue
		default:
			if p.failed[e.node] == 0 { // one that is repeated has never left its place
				p.running++
				if p.times != nil {
					p.times.began[e.node] = now
				}
			}
			c := in.start(&p.graph.Nodes[e.node], e.node, o.Direction)
			if c == nil {
				over = true
				break
			}
			p.calls[e.node] = c
			over = p.step(e.node)
		}
		if !over {
			continue
		}
		if c := p.calls[e.node]; c != nil {
			p.calls[e.node] = nil
			if _, err := c.Result(); err != nil {
				p.failed[e.node]++
				if wait, again := p.graph.again(&p.graph.Nodes[e.node], o.Direction, err, p.failed[e.node]); again {
					p.events.push(now.Add(wait), e.node)
					continue
				}
				return now, &Failure{Node: e.node, After: now.Sub(start), Err: err}
			}
		}
		done++
		p.finish(o, e.node, now)
	}
	if done != len(p.waiting) {
		return now, &Failure{Node: nobody, After: now.Sub(start), Err: fmt.Errorf("%d operations never became possible: the dependencies form a circle", len(p.waiting)-done)}
	}
	return now, nil
}

func (p *player) reset() {
	copy(p.waiting, p.waits)
	copy(p.left, p.stages)
	clear(p.calls)
	clear(p.failed)
	p.held, p.running, p.stageAt = p.held[:0], 0, 0
	p.pass()
	p.events.reset()
}

// pass moves on to the first stage of which something is left.
func (p *player) pass() {
	for p.stageAt < len(p.left) && p.left[p.stageAt] == 0 {
		p.stageAt++
	}
}

// may puts an operation down for the moment its own delay is over.
func (p *player) may(o Order, i int, now time.Time) { p.events.push(now.Add(o.Ops[i].Delay), i) }

func (p *player) admits(o Order, i int) bool {
	return (o.Parallel == 0 || p.running < o.Parallel) && (!o.Staged || p.stage[i] <= p.stageAt)
}

// step moves a call on and reports whether it is over.
func (p *player) step(i int) bool {
	next, over := p.calls[i].Step()
	if !over {
		p.events.push(next, i)
	}
	return over
}

// finish lets go what waited for an operation, and what was held up by the number of those under way.
func (p *player) finish(o Order, i int, now time.Time) {
	p.running--
	p.left[p.stage[i]]--
	if p.times != nil {
		p.times.ended[i] = now
	}
	p.pass()
	for _, to := range p.next[i] {
		if p.waiting[to]--; p.waiting[to] == 0 {
			if p.times != nil {
				p.times.last[to] = i
			}
			p.may(o, to, now)
		}
	}
	still := p.held[:0]
	free := o.Parallel - p.running
	for _, held := range p.held {
		if o.Staged && p.stage[held] > p.stageAt || o.Parallel > 0 && free <= 0 {
			still = append(still, held)
			continue
		}
		free--
		if p.times != nil {
			p.times.last[held] = i
		}
		p.events.push(now, held)
	}
	p.held = still
}
