package explore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/teardown"
)

// Graph is what a stack holds and in which order the engine makes and removes it.
type Graph struct {
	Stack string
	Nodes []Node // dependencies first

	Account *cloud.Account // in which orders are played; nil: cloud.DefaultAccount
	Again   Again          // what the program repeats on its own account; nil: nothing
}

// Again says how long to wait before an operation, "create" or "delete", is repeated that AWS refused with that message,
// all of so many attempts having failed, and whether it is repeated. It is program.WaitOut.
type Again func(typ, operation, message string, attempts int, jitter float64) (time.Duration, bool)

// again is Again for a node. What is repeated together is not spread: that takes longest.
func (g *Graph) again(n *Node, d Direction, err error, attempts int) (time.Duration, bool) {
	if g.Again == nil {
		return 0, false
	}
	return g.Again(n.Type, string(d), err.Error(), attempts, 0)
}

// Join returns several stacks of one account as one graph.
func Join(name string, graphs ...*Graph) *Graph {
	all := &Graph{Stack: name}
	for _, g := range graphs {
		shift := len(all.Nodes)
		all.Account, all.Again = g.Account, g.Again
		for _, n := range g.Nodes {
			if n.With >= 0 {
				n.With += shift
			}
			n.After = slices.Clone(n.After)
			for i := range n.After {
				n.After[i].To += shift
			}
			all.Nodes = append(all.Nodes, n)
		}
	}
	return all
}

// Node is one resource that a provider makes.
type Node struct {
	URN, Type, Name string
	ID              string // as recorded: what the others' inputs name it by
	Region          string // of its provider
	Inputs          cloud.Map
	draft           *cloud.Draft // of the inputs, worked out once for all orders
	State           cloud.Map    // what the engine hands back when it deletes
	Retain          bool         // the engine forgets it rather than delete it
	With            int          // index of what takes it along when it is deleted; -1: nothing does
	Level           int          // of a teardown: all of one are deleted side by side, after all of the one before

	After []Edge // what has to be there before it, and outlives it
}

// Edge is one dependency, on the node at index To.
type Edge struct {
	To   int
	Kind EdgeKind
}

// EdgeKind is why a dependency is there.
type EdgeKind string

// The kinds of dependency.
const (
	Orders  EdgeKind = "orders"   // nothing but the order: a DependsOn, a parent
	HandsOn EdgeKind = "hands on" // an input is a third one's value, which this one only hands on: a subnet's id by way of its route table association. That orders too
	Value   EdgeKind = "value"    // an input comes from it
	Levels  EdgeKind = "level"    // no dependency: the engine deletes a level after the whole of the one before
)

// NewGraph reads the graph of a deployed stack from its checkpoint. Dependencies on a component are dependencies on what
// it holds.
func NewGraph(s plan.State, again Again) (*Graph, error) {
	r := &reader{
		state: s, at: map[string]int{}, entries: map[string]*plan.Resource{}, children: map[string][]string{}, regions: map[string]string{},
		graph: &Graph{Stack: s.Stack, Again: again},
	}
	for i := range s.Resources {
		r.enter(&s.Resources[i])
	}
	for i := range s.Resources {
		if err := r.link(&s.Resources[i]); err != nil {
			return nil, fmt.Errorf("read graph of %s: %w", s.Stack, err)
		}
	}
	for i := range r.graph.Nodes {
		for j := range r.graph.Nodes[i].After {
			if e := &r.graph.Nodes[i].After[j]; e.Kind == Value && r.graph.handsOn(i, e.To) {
				e.Kind = HandsOn
			}
		}
	}
	r.level()
	r.graph.sort()
	if len(r.graph.Nodes) == 0 {
		return nil, fmt.Errorf("read graph of %s: the stack holds no resources", s.Stack)
	}
	return r.graph, nil
}

// sort puts the nodes into the one order that depends on nothing but the graph: dependencies first, then by URN. A
// checkpoint has them as they happened to be done, and what a seed means, or who comes first of two that begin at once,
// would differ from one recording to the next.
func (g *Graph) sort() {
	waits, lets := make([]int, len(g.Nodes)), make([][]int, len(g.Nodes))
	var ready []int
	for i := range g.Nodes {
		for _, e := range g.Nodes[i].After {
			lets[e.To] = append(lets[e.To], i)
		}
		if waits[i] = len(g.Nodes[i].After); waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	byURN := func(a, b int) int { return strings.Compare(g.Nodes[a].URN, g.Nodes[b].URN) }
	order, at := make([]int, 0, len(g.Nodes)), make([]int, len(g.Nodes))
	for len(ready) > 0 {
		slices.SortFunc(ready, byURN)
		i := ready[0]
		ready = ready[1:]
		at[i] = len(order)
		order = append(order, i)
		for _, to := range lets[i] {
			if waits[to]--; waits[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	if len(order) != len(g.Nodes) {
		return // a circle, of which whoever plays the graph speaks
	}
	sorted := make([]Node, len(order))
	for to, from := range order {
		n := g.Nodes[from]
		if n.With >= 0 {
			n.With = at[n.With]
		}
		for j := range n.After {
			n.After[j].To = at[n.After[j].To]
		}
		slices.SortFunc(n.After, func(a, b Edge) int { return a.To - b.To })
		sorted[to] = n
	}
	g.Nodes = sorted
}

// reader turns a checkpoint into a graph.
type reader struct {
	state    plan.State
	graph    *Graph
	at       map[string]int            // URN to node
	entries  map[string]*plan.Resource // by URN
	children map[string][]string       // URNs by that of their parent
	regions  map[string]string         // of providers, by reference
}

func (r *reader) enter(e *plan.Resource) {
	r.entries[e.URN] = e
	if e.Parent != "" {
		r.children[e.Parent] = append(r.children[e.Parent], e.URN)
	}
	if strings.HasPrefix(e.Type, "pulumi:providers:") {
		r.regions[e.URN+"::"+e.ID], _ = plain(e.Inputs["region"]).(string)
		return
	}
	if !e.Custom || plan.IsComponent(e.Type) || e.Delete {
		return
	}
	r.at[e.URN] = len(r.graph.Nodes)
	r.graph.Nodes = append(r.graph.Nodes, Node{URN: e.URN, Type: e.Type, Name: e.Name, ID: e.ID, Retain: e.Retain, With: -1})
}

func (r *reader) link(e *plan.Resource) error {
	i, ok := r.at[e.URN]
	if !ok {
		return nil
	}
	n := &r.graph.Nodes[i]
	n.Inputs, _ = plain(e.Inputs).(cloud.Map)
	delete(n.Inputs, "__defaults") // the provider's own note of what it named itself
	n.draft = cloud.NewDraft(n.Type, n.Inputs)
	n.State, _ = plain(e.Outputs).(cloud.Map)
	if n.Region, ok = r.regions[e.Provider]; !ok {
		return fmt.Errorf("%s: its provider %s is not in the checkpoint", e.URN, e.Provider)
	}
	if with, ok := r.at[e.DeletedWith]; ok {
		n.With = with
	}
	values := map[int]bool{}
	for _, urns := range e.PropertyDependencies {
		for _, urn := range urns {
			for _, to := range r.nodes(urn, nil) {
				values[to] = true
			}
		}
	}
	all := map[int]bool{}
	for _, urn := range append(slices.Clone(e.Dependencies), e.Parent, e.DeletedWith) {
		if urn == e.Parent && (r.entries[urn] == nil || !r.entries[urn].Custom) {
			continue // a component waits for its children, not they for it
		}
		for _, to := range r.nodes(urn, nil) {
			all[to] = true
		}
	}
	for to := range values {
		all[to] = true
	}
	for to := range all {
		if to == i {
			return fmt.Errorf("%s depends on itself", e.URN)
		}
		kind := Orders
		if values[to] {
			kind = Value
		}
		n.After = append(n.After, Edge{To: to, Kind: kind})
	}
	slices.SortFunc(n.After, func(a, b Edge) int { return a.To - b.To })
	return nil
}

// level notes in which order a teardown deletes.
func (r *reader) level() {
	level := 0
	for _, run := range teardown.Runs(r.state) {
		for _, urns := range run.Levels {
			for _, urn := range urns {
				if i, ok := r.at[urn]; ok {
					r.graph.Nodes[i].Level = level
				}
			}
			level++
		}
	}
}

// nodes returns the node of a URN, or those that a component holds, however deep.
func (r *reader) nodes(urn string, into []int) []int {
	if i, ok := r.at[urn]; ok {
		return append(into, i)
	}
	if e := r.entries[urn]; e == nil || e.Custom {
		return into
	}
	for _, child := range r.children[urn] {
		into = r.nodes(child, into)
	}
	return into
}

// handsOn reports whether a node's inputs hold a value that another only has from a third, and nothing of the other's own.
func (g *Graph) handsOn(from, to int) bool {
	n := &g.Nodes[from]
	given, own := map[string]bool{}, false
	eachText(g.Nodes[to].Inputs, func(s string) { given[s] = true })
	eachText(g.Nodes[to].State, func(s string) { own = own || !given[s] && len(s) >= shortest && mentions(n.Inputs, s) })
	return !own && !mentions(n.Inputs, g.Nodes[to].ID) && len(g.sources(from, to)) > 0
}

// sources returns where a node has the values from that it hands on to another.
func (g *Graph) sources(from, to int) []Edge {
	var out []Edge
	eachText(g.Nodes[from].Inputs, func(s string) {
		if len(s) < shortest || !g.has(to, s) {
			return
		}
		for _, e := range g.Nodes[to].After {
			if g.gives(e.To, s) && !slices.ContainsFunc(out, func(o Edge) bool { return o.To == e.To }) {
				out = append(out, Edge{To: e.To, Kind: Value})
			}
		}
	})
	return out
}

// has reports whether a value is among a node's inputs.
func (g *Graph) has(node int, value string) bool {
	found := false
	eachText(g.Nodes[node].Inputs, func(s string) { found = found || s == value })
	return found
}

// gives reports whether a value is a node's own, or one that it hands on.
func (g *Graph) gives(node int, value string) bool {
	n := &g.Nodes[node]
	return n.ID == value || n.State["arn"] == value ||
		g.has(node, value) && slices.ContainsFunc(n.After, func(e Edge) bool { return g.gives(e.To, value) })
}

// shortest is the length from which a text is taken for a value of its own rather than for a word that many have.
const shortest = 6

// eachText calls f for every text in a property tree.
func eachText(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, e := range v {
			eachText(e, f)
		}
	case cloud.Map:
		for _, e := range v {
			eachText(e, f)
		}
	}
}

// Keys by which the engine's checkpoint marks a secret value (Pulumi SDK, resource.SigKey and resource.SecretSig).
const (
	signatureKey    = "4dabf18193072939515e22adb298388d"
	secretSignature = "1b47061264138c4ac30d75fd1eb44270"
)

// plain returns a copy of a checkpoint's value with secrets as the provider gets them.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v[signatureKey] == secretSignature {
			var inner any
			text, _ := v["plaintext"].(string)
			if err := json.Unmarshal([]byte(text), &inner); err != nil {
				return nil
			}
			return plain(inner)
		}
		out := make(cloud.Map, len(v))
		for k, e := range v {
			if p := plain(e); p != nil {
				out[k] = p
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	}
	return v
}

// Path returns a chain of dependencies from one node to another that does without their direct edge, both ends included;
// nil when there is none.
func (g *Graph) Path(from, to int) []int {
	via := make([]int, len(g.Nodes))
	for i := range via {
		via[i] = -1
	}
	queue := []int{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range g.Nodes[at].After {
			if via[e.To] >= 0 || at == from && e.To == to {
				continue
			}
			via[e.To] = at
			if e.To != to {
				queue = append(queue, e.To)
				continue
			}
			path := []int{to}
			for at := to; at != from; at = via[at] {
				path = append(path, via[at])
			}
			slices.Reverse(path)
			return path
		}
	}
	return nil
}

// First returns the graph without any dependency on a node, so that it may be deleted before all that depend on it.
func (g *Graph) First(node int) *Graph {
	nodes := slices.Clone(g.Nodes)
	for i := range nodes {
		nodes[i].After = slices.DeleteFunc(slices.Clone(nodes[i].After), func(e Edge) bool { return e.To == node })
	}
	return &Graph{Stack: g.Stack, Nodes: nodes, Account: g.Account, Again: g.Again}
}

// Without returns the graph without the edges from some nodes to another. What the other only hands on, they then have
// from where the other has it.
func (g *Graph) Without(to int, from ...int) *Graph {
	nodes := slices.Clone(g.Nodes)
	for _, i := range from {
		var rest, sources []Edge
		for _, e := range g.Nodes[i].After {
			switch {
			case e.To != to:
				rest = append(rest, e)
			case e.Kind == HandsOn:
				sources = g.sources(i, to)
			}
		}
		for _, e := range sources {
			if !slices.ContainsFunc(rest, func(r Edge) bool { return r.To == e.To }) {
				rest = append(rest, e)
			}
		}
		nodes[i].After = rest
	}
	return &Graph{Stack: g.Stack, Nodes: nodes, Account: g.Account, Again: g.Again}
}
