package provider

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

// change is one input that differs between two sets of inputs.
type change struct {
	Path     string // property names joined by dots, list indexes in brackets
	Kind     changeKind
	Replaces bool
}

type changeKind int

const (
	added changeKind = iota
	deleted
	updated
)

// compare returns every difference between two sets of inputs that the provider sees, sorted by path. The state tells what it
// had put in the place of what the old inputs left open. What a difference comes to is the facts' to say, or, where it depends
// on what else the inputs hold, the kind's.
func compare(k *cloud.Kind, t *facts.Type, old, new, state cloud.Map) []change {
	d := differ{kind: k, old: old, new: new}
	d.objects("", t.Fields, old, new, state)
	slices.SortFunc(d.changes, func(a, b change) int { return strings.Compare(a.Path, b.Path) })
	return d.changes
}

type differ struct {
	kind     *cloud.Kind
	old, new cloud.Map
	changes  []change
}

func (d *differ) add(path string, kind changeKind, effect facts.Effect) {
	replaces := effect == facts.Replace
	if d.kind.Conditional(path) { // the facts know one case of several
		replaces = kind != updated && d.kind.Swapped(path) || d.kind.ReplacesHere(path, d.old, d.new)
	}
	d.changes = append(d.changes, change{path, kind, replaces})
}

func (d *differ) objects(path string, fields map[string]*facts.Property, old, new, state cloud.Map) {
	for _, name := range sorted(old) {
		p := fields[name]
		if p != nil && p.Unseen(new, state) {
			continue
		}
		if _, kept := new[name]; kept || p.Nothing(old[name]) {
			continue
		}
		if effect := removal(p, old[name]); effect != facts.None {
			d.add(schema.Join(path, name), deleted, d.whole(p, effect, old[name]))
		}
	}
	for _, name := range sorted(new) {
		p, at := fields[name], schema.Join(path, name)
		if p == nil {
			p = &facts.Property{Type: "string"}
		}
		if p.Unseen(new, state) {
			continue
		}
		was, had := old[name]
		held, holds := state[name]
		switch {
		case had && d.kind.Same[at] != nil && d.kind.Same[at](d.old, d.new):
		case had:
			d.values(at, p, was, new[name], held)
		case facts.Blank(new[name]) && (!holds || facts.Blank(held)):
		case holds && held != nil && !cloud.IsUnknown(held):
			d.values(at, p, held, new[name], held)
		case p.Nothing(new[name]):
		default:
			effect := p.Add
			if cloud.IsUnknown(new[name]) {
				effect = cmp.Or(p.Pending, p.Open, p.Change)
			}
			if effect != facts.None {
				d.add(at, added, d.whole(p, effect, new[name]))
			}
		}
	}
}

// removal is what it comes to that a value goes. A block may be seen to go because of what is in it.
func removal(p *facts.Property, v any) facts.Effect {
	if p == nil {
		return facts.Update
	}
	o, isObject := v.(cloud.Map)
	if p.Remove != facts.None || !isObject {
		return p.Remove
	}
	for name, f := range p.Fields {
		if f.Anchor && !f.Nothing(o[name]) {
			return facts.Update
		}
	}
	return facts.None
}

// whole is the effect of a value that comes or goes: its own, or that of the strictest thing in it.
func (d *differ) whole(p *facts.Property, effect facts.Effect, v any) facts.Effect {
	if effect == facts.Replace || p == nil {
		return effect
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if p.Elem != nil && d.whole(p.Elem, p.Elem.Change, e) == facts.Replace {
				return facts.Replace
			}
		}
	case cloud.Map:
		for name, e := range v {
			if f := p.Fields[name]; f != nil && !facts.Blank(e) && !f.Equal(e, f.Default) && d.whole(f, f.Change, e) == facts.Replace {
				return facts.Replace
			}
		}
	}
	return effect
}

func (d *differ) values(path string, p *facts.Property, old, new, state any) {
	if p.Equal(old, new) {
		return
	}
	effect := p.Change
	_, isBlock := new.(cloud.Map)
	switch {
	case cloud.IsUnknown(new) && p.Nothing(old):
		effect = cmp.Or(p.Pending, p.Open, effect)
	case cloud.IsUnknown(new):
		effect = cmp.Or(p.Open, effect)
	case scalarZero(new) && p.Nothing(old):
		effect = p.Zero
	case facts.Blank(new) && p.Elem != nil && p.Elem.Fields == nil, scalarZero(new):
		effect = cmp.Or(p.Blank, effect)
	case facts.Blank(new) && !(isBlock && p.Fields != nil): // a block of nothing is there all the same
		if effect := removal(p, old); effect != facts.None {
			d.add(path, deleted, d.whole(p, effect, old))
		}
		return
	}
	if effect == facts.None && p.Fields == nil && (p.Elem == nil || p.Elem.Fields == nil) {
		return
	}
	switch n := new.(type) {
	case cloud.Map:
		if o, ok := old.(cloud.Map); ok {
			d.maps(path, p, o, n, state)
			return
		}
	case []any:
		if o, ok := old.([]any); ok {
			s, _ := state.([]any)
			d.lists(path, p, o, n, s)
			return
		}
	}
	if effect != facts.None {
		d.add(path, updated, d.whole(p, effect, new))
	}
}

func scalarZero(v any) bool { return v == "" || v == 0.0 }

func (d *differ) maps(path string, p *facts.Property, old, new cloud.Map, state any) {
	s, _ := state.(cloud.Map)
	if p.Fields != nil {
		d.objects(path, p.Fields, old, new, s)
		return
	}
	elem := p.Elem
	if elem == nil {
		elem = &facts.Property{Type: "string"}
	}
	for _, name := range sorted(old) {
		if _, kept := new[name]; !kept {
			d.add(schema.Join(path, name), deleted, p.Change)
		}
	}
	for _, name := range sorted(new) {
		if was, had := old[name]; !had {
			d.add(schema.Join(path, name), added, p.Change)
		} else if !elem.Equal(was, new[name]) {
			d.add(schema.Join(path, name), updated, p.Change)
		}
	}
}

func (d *differ) lists(path string, p *facts.Property, old, new, state []any) {
	if p.Elem == nil || p.Elem.Fields == nil {
		d.add(path, updated, p.Change)
		return
	}
	if p.Loose() {
		d.sets(path, p, old, new)
		return
	}
	for i := range max(len(old), len(new)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(new):
			d.add(at, deleted, d.whole(p.Elem, p.Change, old[i]))
		case i >= len(old):
			d.add(at, added, d.whole(p.Elem, p.Change, new[i]))
		default:
			var s any
			if i < len(state) {
				s = state[i]
			}
			d.values(at, p.Elem, old[i], new[i], s)
		}
	}
}

// sets shows what a set gained and lost, each at the position that the program gave it: what came in the place of what went is a
// change of it (pulumi-terraform-bridge, pkg/tfbridge/detailed_diff.go: makeSetDiff).
func (d *differ) sets(path string, p *facts.Property, old, new []any) {
	gone, come := lost(p.Elem, old, new), lost(p.Elem, new, old)
	if len(come) == 0 && !slices.ContainsFunc(new, func(e any) bool { return !hollow(e) }) {
		if effect := p.Remove; effect != facts.None {
			d.add(path, deleted, d.whole(p, effect, old))
		}
		return
	}
	for i := range max(len(old), len(new)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case gone[i] && come[i]:
			if d.whole(p.Elem, p.Change, old[i]) == facts.Replace || d.whole(p.Elem, p.Change, new[i]) == facts.Replace {
				d.add(at, updated, facts.Replace)
				continue
			}
			before := len(d.changes)
			if d.values(at, p.Elem, old[i], new[i], nil); len(d.changes) == before {
				d.add(at, updated, facts.Update) // no part of it is seen to change, but it is another element
			}
		case gone[i]:
			d.add(at, deleted, d.whole(p.Elem, p.Change, old[i]))
		case come[i]:
			d.add(at, added, d.whole(p.Elem, p.Change, new[i]))
		}
	}
}

// lost are the indexes of the elements of a set that another has not. An element in which there is nothing is none.
func lost(p *facts.Property, set, other []any) map[int]bool {
	out := map[int]bool{}
	for i, e := range set {
		if !hollow(e) && !slices.ContainsFunc(other, func(o any) bool { return p.Equal(e, o) }) {
			out[i] = true
		}
	}
	return out
}

// hollow reports whether there is nothing in a value, however deep.
func hollow(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !hollow(e) })
	case cloud.Map:
		for _, e := range v {
			if !hollow(e) {
				return false
			}
		}
		return true
	}
	return false
}
