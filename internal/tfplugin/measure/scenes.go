package main

import (
	"reflect"
	"regexp"
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

// scene is what a sibling of a property has to be for the provider to see the property at all: a redirect counts for nothing
// in an action that forwards.
type scene struct {
	at place // of the sibling
	v  any
}

// mostWords is how many values of a sibling are tried.
const mostWords = 12

// kindWord fits the names of properties that tell kinds of a thing apart.
var kindWord = regexp.MustCompile(`(^|_)(type|protocol|engine|mode)$`)

// around are the property at a place and its siblings, by the SDK's names.
func (p *prober) around(at place) map[string]*facts.Property {
	if len(at) == 1 {
		return p.typ.Fields
	}
	return object(at[len(at)-2].p).Fields
}

// words are the siblings of a property that take one of a few words and tell kinds apart.
func (p *prober) words(at place) (out []place) {
	fields := p.around(at)
	for _, name := range sorted(fields) {
		s := fields[name]
		if s == at.last() || !kindWord.MatchString(s.Terraform) || s.Type != "string" || s.One || !s.Required && !s.Optional {
			continue
		}
		here := append(slices.Clone(at[:len(at)-1]), step{s.Terraform, s})
		if s.Limits == nil {
			p.limits(here)
		}
		if s.Limits != nil && len(s.Allowed) > 1 && len(s.Allowed) <= mostWords {
			out = append(out, here)
		}
	}
	return out
}

// setting measures the effects of a property: in the least configuration where it counts there, and else with the first word of
// a sibling with which it does.
func (p *prober) setting(at place) {
	p.effects(at)
	if counts, known := p.counts(at, nil); known && !counts {
		if s := p.find(at, p.words(at)); s != nil {
			p.scenes[at.path()] = *s
			p.effects(at)
		}
	}
}

// silences measures with which words of its siblings a property does not count. A word may ask for a property of its own, as
// a redirect does: what was found to count with this word alone stands beside it.
func (p *prober) silences(at place) {
	prop := at.last()
	for _, w := range p.words(at) {
		var idle []any
		for _, v := range w.last().Allowed {
			counts, known := p.counts(at, &scene{w, v})
			if !known {
				counts, known = p.counts(at, &scene{w, v}, p.companions(at, w, v)...)
			}
			if known && !counts {
				idle = append(idle, v)
			}
		}
		if len(idle) == 0 || len(idle) == len(w.last().Allowed) {
			continue
		}
		if prop.Idle == nil {
			prop.Idle = map[string][]any{}
		}
		prop.Idle[p.sdkNameAt(w)] = idle
	}
}

// companions are the siblings of a property that count with a word.
func (p *prober) companions(at, w place, v any) (out []place) {
	fields := p.around(at)
	for _, name := range sorted(fields) {
		here := append(slices.Clone(at[:len(at)-1]), step{fields[name].Terraform, fields[name]})
		s, ok := p.scenes[here.path()]
		if ok && fields[name] != at.last() && s.at.path() == w.path() && s.v == v {
			out = append(out, here)
		}
	}
	return out
}

// find returns the first word of a sibling with which a property counts.
func (p *prober) find(at place, words []place) *scene {
	for _, w := range words {
		for _, v := range w.last().Allowed {
			s := &scene{w, v}
			if counts, known := p.counts(at, s); known && counts {
				return s
			}
		}
	}
	return nil
}

// counts reports whether the provider sees a change or an addition of a property; known is false where it refuses the whole.
func (p *prober) counts(at place, s *scene, beside ...place) (counts, known bool) {
	with := func(v any) map[string]any {
		c := p.config(at, v)
		for _, b := range beside {
			c = put(c, b, p.sample(b, 0), p.container)
		}
		if s != nil {
			c = put(c, s.at, s.v, p.container)
		}
		return c
	}
	for _, pair := range [][2]any{{p.sample(at, 0), p.sample(at, 1)}, {absent, p.sample(at, 0)}} {
		if reflect.DeepEqual(pair[0], pair[1]) {
			continue
		}
		state, err := p.planned(with(pair[0]))
		if err != nil {
			continue
		}
		c, err := p.block.Value(with(pair[1]))
		if err != nil {
			continue
		}
		plan, err := p.step(state, c)
		if err != nil {
			continue
		}
		known = true
		if plan.Action != tfplugin.None {
			return true, true
		}
	}
	return false, known
}

// sdkNameAt returns the SDK's name of the last step of a place.
func (p *prober) sdkNameAt(at place) string {
	fields := p.around(at)
	for _, name := range sorted(fields) {
		if fields[name] == at.last() {
			return name
		}
	}
	return ""
}

// staged lays the words over a configuration under which the blocks around a place count, and the place itself.
func (p *prober) staged(root map[string]any, at place) map[string]any {
	for i := range at {
		if s, ok := p.scenes[at[:i+1].path()]; ok {
			root = put(root, s.at, s.v, p.container)
		}
	}
	return root
}
