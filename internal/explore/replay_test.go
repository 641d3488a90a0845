package explore

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// double is an account with one rule: a node's operation is refused while one of those in needs is not over.
type double struct {
	needs map[int][]int
	now   time.Time
	over  map[int]bool
	began []int // nodes in the order in which they began
	most  int   // operations under way at once
	under int
	each  func(i int)
}

type doubleCall struct {
	d     *double
	i     int
	ends  time.Time
	begun bool
	err   error
}

func (d *double) set(now time.Time) {
	if now.Before(d.now) {
		panic("time went back")
	}
	d.now = now
}

func (d *double) start(_ *Node, i int, _ Direction) call {
	if d.each != nil {
		d.each(i)
	}
	d.began = append(d.began, i)
	if i%5 == 4 {
		d.over[i] = true
		return nil // as what the engine forgets rather than deletes
	}
	d.under++
	d.most = max(d.most, d.under)
	return &doubleCall{d: d, i: i}
}

func (c *doubleCall) Step() (time.Time, bool) {
	if !c.begun {
		c.begun, c.ends = true, c.d.now.Add(time.Duration(1+c.i%7)*time.Second)
		for _, n := range c.d.needs[c.i] {
			if !c.d.over[n] {
				c.err = cloud.Refuse("NotYet", "a test's", "%d needs %d", c.i, n)
				return time.Time{}, true
			}
		}
		return c.ends, false
	}
	c.d.over[c.i] = true
	c.d.under--
	return time.Time{}, true
}

func (c *doubleCall) Result() (string, error) { return fmt.Sprint(c.i), c.err }

// random returns a graph in which every node depends on some of those before it.
func random(r *rand.Rand, n int) *Graph {
	g := &Graph{Stack: "s", Nodes: make([]Node, n)}
	for i := range g.Nodes {
		g.Nodes[i] = Node{Name: fmt.Sprint(i), Type: "t", With: -1}
		for to := range i {
			if r.IntN(4) == 0 {
				g.Nodes[i].After = append(g.Nodes[i].After, Edge{To: to})
			}
		}
	}
	return g
}

func TestOrdersAreLegalAndWhole(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for seed := range uint64(300) {
		g := random(r, 1+r.IntN(40))
		for _, direction := range []Direction{Up, Down} {
			s := newSchedule(g, direction)
			o := Draw(seed, direction, len(g.Nodes), nobody)
			d := &double{over: map[int]bool{}}
			d.each = func(i int) {
				for j := range g.Nodes {
					before := direction == Up && dependsOn(g, i, j) || direction == Down && dependsOn(g, j, i)
					if before && !d.over[j] {
						t.Fatalf("seed %d: %s %d began before %d was over", seed, direction, i, j)
					}
					if o.Staged && s.stage[j] < s.stage[i] && !d.over[j] {
						t.Fatalf("seed %d: %d began before the stage of %d was over", seed, i, j)
					}
				}
			}
			_, failed := s.player().play(o, d, begin)
			require.Nil(t, failed)
			require.Len(t, d.began, len(g.Nodes), "every operation runs once")
			if o.Parallel > 0 {
				require.LessOrEqual(t, d.most, o.Parallel)
			}
		}
	}
}

func dependsOn(g *Graph, i, j int) bool {
	for _, e := range g.Nodes[i].After {
		if e.To == j {
			return true
		}
	}
	return false
}

func TestAnOrderIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	g := random(rand.New(rand.NewPCG(2, 2)), 60)
	p := newSchedule(g, Up).player()
	differ := false
	var first []int
	for seed := range uint64(10) {
		var before []int
		for range 3 { // the player's memory is used again
			d := &double{over: map[int]bool{}}
			_, failed := p.play(Draw(seed, Up, len(g.Nodes), nobody), d, begin)
			require.Nil(t, failed)
			if before != nil {
				require.Equal(t, before, d.began)
			}
			before = d.began
		}
		differ = differ || first != nil && fmt.Sprint(first) != fmt.Sprint(before)
		first = before
	}
	require.True(t, differ, "seeds differ")
}

func TestACircleIsAFailure(t *testing.T) {
	t.Parallel()
	g := &Graph{Nodes: []Node{{After: []Edge{{To: 1}}}, {After: []Edge{{To: 0}}}, {}}}
	_, failed := newSchedule(g, Up).player().play(Order{Direction: Up, Ops: make([]Op, 3)}, &double{over: map[int]bool{}}, begin)
	require.ErrorContains(t, failed.Err, "circle")
}

// A rule that the graph does not know of fails in some order, and what is left of that order is what breaks it.
func TestAFailingOrderIsReduced(t *testing.T) {
	t.Parallel()
	g := random(rand.New(rand.NewPCG(3, 3)), 50)
	const last, first = 41, 7
	g.Nodes[last].After = nil
	needs := map[int][]int{last: {first}}
	p := newSchedule(g, Up).player()
	fails := func(o Order) (bool, error) {
		_, failed := p.play(o, &double{over: map[int]bool{}, needs: needs}, begin)
		return failed != nil && failed.Node == last, nil
	}
	found := 0
	for seed := range uint64(50) {
		o := Draw(seed, Up, len(g.Nodes), nobody)
		if bad, _ := fails(o); !bad {
			continue
		}
		found++
		less, err := reduce(o, fails)
		require.NoError(t, err)
		bad, _ := fails(less)
		require.True(t, bad)
		for i := range less.Ops {
			if !less.Ops[i].plain() {
				calmer := less.calm(func(j int) bool { return j != i })
				still, _ := fails(calmer)
				require.False(t, still, "seed %d: operation %d could have been left out", seed, i)
			}
		}
	}
	require.NotZero(t, found, "no order found the rule")
}
