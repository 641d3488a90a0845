package explore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/plan"
)

// Graph is what a stack holds and in which order the engine makes and removes it.
type Graph struct {
	Stack string
	Nodes []Node // dependencies first

	Account *cloud.Account // in which orders are played; nil: cloud.DefaultAccount
}

// Join returns several stacks of one account as one graph.
func Join(name string, graphs ...*Graph) *Graph {
	all := &Graph{Stack: name}
	for _, g := range graphs {
		shift := len(all.Nodes)
		all.Account = g.Account
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
	State           cloud.Map // what the engine hands back when it deletes
	Retain          bool      // the engine forgets it rather than delete it
	With            int       // index of what takes it along when it is deleted; -1: nothing does

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
	HandsOn EdgeKind = "hands on" // an input is a third one's value, which this one only hands on: a subnet's id by way of its route table association
	Value   EdgeKind = "value"    // an input comes from it
)

// NewGraph reads the graph of a deployed stack from its checkpoint. Dependencies on a component are dependencies on what
// it holds.
func NewGraph(s plan.State) (*Graph, error) {
	r := &reader{
		state: s, at: map[string]int{}, entries: map[string]*plan.Resource{}, children: map[string][]string{}, regions: map[string]string{},
		graph: &Graph{Stack: s.Stack},
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
	if len(r.graph.Nodes) == 0 {
		return nil, fmt.Errorf("read graph of %s: the stack holds no resources", s.Stack)
	}
	return r.graph, nil
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
	if own || mentions(n.Inputs, g.Nodes[to].ID) {
		return false
	}
	found := false
	eachText(n.Inputs, func(s string) {
		if found || !given[s] || len(s) < shortest {
			return
		}
		for _, e := range g.Nodes[to].After {
			third := &g.Nodes[e.To]
			found = found || third.ID == s || third.State["arn"] == s
		}
	})
	return found
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
	return &Graph{Stack: g.Stack, Nodes: nodes, Account: g.Account}
}

// Without returns the graph without the edge from one node to another. What the other only hands on, the first then has
// from where the other has it.
func (g *Graph) Without(from, to int) *Graph {
	nodes := slices.Clone(g.Nodes)
	var rest []Edge
	handedOn := false
	for _, e := range nodes[from].After {
		if e.To != to {
			rest = append(rest, e)
		} else {
			handedOn = e.Kind == HandsOn
		}
	}
	if handedOn {
		for _, e := range nodes[to].After {
			if !slices.ContainsFunc(rest, func(r Edge) bool { return r.To == e.To }) {
				rest = append(rest, e)
			}
		}
	}
	nodes[from].After = rest
	return &Graph{Stack: g.Stack, Nodes: nodes, Account: g.Account}
}
