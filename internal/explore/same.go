package explore

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// likeness knows what a stack comes out as when it is created in a legal order, so that an order which AWS takes and
// which makes something else shows: an Aurora cluster's writer is whichever instance comes first.
type likeness struct {
	graph *Graph
	made  []cloud.Map // by node
	vary  map[field]bool
}

// field is a property of a node.
type field struct {
	node     int
	property string
}

// rehearsals is how many legal orders show what differs by itself: times, and what AWS names after them.
const rehearsals = 20

func newLikeness(g *Graph, base *world, seed uint64) (*likeness, error) {
	l := &likeness{graph: g, made: base.made(), vary: map[field]bool{}}
	p := newSchedule(g, Up).player()
	for i := range uint64(rehearsals) {
		w, err := newWorld(g)
		if err != nil {
			return nil, err
		}
		w.order = Draw(seed+i, Up, len(g.Nodes), nobody)
		if _, failed := p.play(w.order, w, begin); failed != nil {
			return nil, fmt.Errorf("create %s of %s: %w", g.label(failed.Node), g.Stack, failed.Err)
		}
		for node, state := range w.made() {
			for _, property := range l.differ(node, state) {
				l.vary[field{node, property}] = true
			}
		}
	}
	return l, nil
}

// made returns what was made, by node.
func (w *world) made() []cloud.Map {
	at := map[string]int{}
	for i := range w.graph.Nodes {
		at[w.graph.Nodes[i].Type+" "+w.ids[i]] = i
	}
	out := make([]cloud.Map, len(w.graph.Nodes))
	for _, r := range w.cloud.List() {
		if i, ok := at[r.Type+" "+r.ID]; ok {
			out[i] = r.State
			for k, v := range r.Hidden {
				out[i]["("+k+")"] = v // what AWS knows of it and the provider does not show
			}
		}
	}
	return out
}

// differ returns the properties of a node that came out otherwise, sorted.
func (l *likeness) differ(node int, state cloud.Map) []string {
	var out []string
	for property, v := range l.made[node] {
		if !l.vary[field{node, property}] && !reflect.DeepEqual(v, state[property]) {
			out = append(out, property)
		}
	}
	slices.Sort(out)
	return out
}

// unlike returns an error that names what of a node came out otherwise, or nil.
func (l *likeness) unlike(node int, w *world) error {
	state := w.made()[node]
	var texts []string
	for _, property := range l.differ(node, state) {
		texts = append(texts, fmt.Sprintf("%s is %v instead of %v", property, state[property], l.made[node][property]))
	}
	if len(texts) == 0 {
		return nil
	}
	return fmt.Errorf("made otherwise: %s", strings.Join(texts, ", "))
}
