package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
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
		if _, kept := new[name]; kept || empty(old[name]) || p != nil && p.Remove == facts.None || p != nil && p.Default != nil && p.Equal(old[name], p.Default) ||
			p != nil && p.Default == nil && p.Zero == facts.None && zero(old[name]) {
			continue
		}
		effect := facts.Update
		if p != nil {
			effect = d.whole(p, p.Remove, old[name])
		}
		d.add(join(path, name), deleted, effect)
	}
	for _, name := range sorted(new) {
		p, at := fields[name], join(path, name)
		if p == nil {
			p = &facts.Property{Type: "string"}
		}
		if p.Unseen(new, state) {
			continue
		}
		was, had := old[name]
		held, holds := state[name]
		switch {
		case had:
			d.values(at, p, was, new[name], held)
		case empty(new[name]) && (!holds || empty(held)):
		case holds && held != nil && !cloud.IsUnknown(held):
			d.values(at, p, held, new[name], held)
		case p.Default != nil && p.Equal(new[name], p.Default), p.Zero == facts.None && zero(new[name]), p.Add == facts.None:
		default:
			d.add(at, added, d.whole(p, p.Add, new[name]))
		}
	}
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
			if f := p.Fields[name]; f != nil && !empty(e) && !f.Equal(e, f.Default) && d.whole(f, f.Change, e) == facts.Replace {
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
	switch {
	case cloud.IsUnknown(new):
		effect = or(p.Open, effect)
	case empty(new) && p.Elem != nil && p.Elem.Fields == nil:
		effect = or(p.Blank, effect)
	case empty(new):
		if p.Remove != facts.None {
			d.add(path, deleted, d.whole(p, p.Remove, old))
		}
		return
	case scalarZero(new):
		effect = or(p.Blank, effect)
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

func or(effect, otherwise facts.Effect) facts.Effect {
	if effect == "" {
		return otherwise
	}
	return effect
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
			d.add(join(path, name), deleted, p.Change)
		}
	}
	for _, name := range sorted(new) {
		if was, had := old[name]; !had {
			d.add(join(path, name), added, p.Change)
		} else if !elem.Equal(was, new[name]) {
			d.add(join(path, name), updated, p.Change)
		}
	}
}

func (d *differ) lists(path string, p *facts.Property, old, new, state []any) {
	if p.Elem == nil || p.Elem.Fields == nil {
		d.add(path, updated, p.Change)
		return
	}
	if p.Type == "set" {
		old, new = apart(p.Elem, old, new)
		state = nil
	}
	for i := range max(len(old), len(new)) {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(new):
			d.add(at, deleted, d.whole(p.Elem, p.Change, old[i]))
		case i >= len(old):
			d.add(at, added, d.whole(p.Elem, p.Change, new[i]))
		case p.Type == "set" && (d.whole(p.Elem, p.Change, old[i]) == facts.Replace || d.whole(p.Elem, p.Change, new[i]) == facts.Replace):
			d.add(at, updated, facts.Replace)
		default:
			var s any
			if i < len(state) {
				s = state[i]
			}
			d.values(at, p.Elem, old[i], new[i], s)
		}
	}
}

// apart takes out of two sets what both hold.
func apart(p *facts.Property, old, new []any) (onlyOld, onlyNew []any) {
	without := func(list, other []any) []any {
		return slices.DeleteFunc(slices.Clone(list), func(e any) bool {
			return slices.ContainsFunc(other, func(o any) bool { return p.Equal(e, o) })
		})
	}
	return without(old, new), without(new, old)
}

// empty reports whether a provider would see no difference between v and nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case cloud.Map:
		return len(v) == 0
	}
	return false
}

// zero reports whether v is what its type holds when nothing was said.
func zero(v any) bool {
	switch v := v.(type) {
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	}
	return empty(v)
}
