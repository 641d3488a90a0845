package conformance

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// variant is one change of a subject's inputs.
type variant struct {
	Kind   string // what was done
	Path   string // where
	Inputs cloud.Map
}

// variants are the changes of a subject: every input changed, removed, made unknown or wrong, every list grown, shortened and
// turned round, what AWS assumes written out, and everything else that the provider takes added.
func variants(f *facts.Type, s subject) []variant {
	all := allVariants(f, s)
	if n := len(all); s.Type == webACL && n > costly {
		var some []variant
		for i := range costly {
			some = append(some, all[i*n/costly])
		}
		return some
	}
	return all
}

func allVariants(f *facts.Type, s subject) []variant {
	v := &varier{of: s}
	v.object("", f.Fields, s.Inputs, s.State)
	return v.out
}

const webACL = "aws:wafv2/webAcl:WebAcl"

// together joins the paths of changes that are made together.
const together = " and "

// combined is a variant of a variant, or of one of those.
func combined(f *facts.Type, s subject, rng *rand.Rand) variant {
	var kinds, paths []string
	for range 2 + rng.IntN(2) {
		all := allVariants(f, s)
		if len(all) == 0 {
			break
		}
		change := all[rng.IntN(len(all))]
		kinds, paths = append(kinds, change.Kind), append(paths, change.Path)
		s.Inputs = change.Inputs
	}
	return variant{strings.Join(kinds, together), strings.Join(paths, together), s.Inputs}
}

// costly is how many of a web ACL's variants are judged: the provider takes half a second for one.
const costly = 40

type varier struct {
	of  subject
	out []variant
}

// with adds the variant in which a value stands at a path; nil takes it away.
func (v *varier) with(kind, path string, value any) {
	inputs := cloud.Clone(v.of.Inputs)
	place(inputs, strings.Split(path, "/"), value)
	v.out = append(v.out, variant{kind, path, inputs})
}

func place(into any, steps []string, value any) {
	switch into := into.(type) {
	case cloud.Map:
		if len(steps) > 1 {
			place(into[steps[0]], steps[1:], value)
		} else if value == nil {
			delete(into, steps[0])
		} else {
			into[steps[0]] = value
		}
	case []any:
		var i int
		if _, err := fmt.Sscan(steps[0], &i); err != nil {
			panic(err)
		}
		if len(steps) > 1 {
			place(into[i], steps[1:], value)
		} else {
			into[i] = value
		}
	}
}

func sub(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

func (v *varier) object(path string, fields map[string]*facts.Property, in, state cloud.Map) {
	kind, _ := cloud.Lookup(v.of.Type)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		p, at := fields[name], sub(path, name)
		if !p.Optional && !p.Required || path == "" && kind.Schema.Inputs.Fields[name] == nil {
			continue
		}
		if given, ok := in[name]; ok {
			v.with("removal", at, nil)
			v.with("unknown", at, cloud.Unknown)
			v.value(at, p, given, state[name])
			continue
		}
		if held, ok := state[name]; ok && held != nil {
			v.with("written out", at, cloud.Clone(held))
		} else if p.Default != nil {
			v.with("written out", at, p.Default)
		}
		for i, value := range examples(p) {
			v.with(fmt.Sprintf("addition %d", i), at, value)
		}
	}
}

// examples are values that a property may take, and some that it may not.
func examples(p *facts.Property) []any {
	var out []any
	switch {
	case p.Elem != nil && p.Type == "map":
		for _, e := range examples(p.Elem) {
			out = append(out, cloud.Map{"some": e})
		}
		return out[:min(2, len(out))]
	case p.Elem != nil:
		for _, e := range examples(p.Elem) {
			out = append(out, []any{e})
		}
		return out[:min(3, len(out))]
	case p.Fields != nil:
		o := cloud.Map{}
		for name, f := range p.Fields {
			if e := examples(f); f.Required && len(e) > 0 {
				o[name] = e[0]
			}
		}
		if len(o) == 0 {
			for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
				if e := examples(p.Fields[name]); len(e) > 0 && p.Fields[name].Optional {
					o[name] = e[0]
					break
				}
			}
		}
		return []any{o}
	}
	switch p.Type {
	case "bool":
		return []any{true, false}
	case "integer", "number":
		out = []any{1.0, 0.0, 30.0, 300.0, -1.0, 99999999.0}
	case "string":
		out = []any{"something", "", "not a value, I hope", strings.Repeat("a", 3000), "arn:aws:iam::123456789012:role/some", "10.9.0.0/16", `{"Version":"2012-10-17","Statement":[]}`, "{", "é"}
	}
	if p.Limits != nil {
		for _, a := range p.Allowed[:min(len(p.Allowed), 3)] {
			out = append([]any{a}, out...)
		}
		for _, n := range bounds(p.Limits) {
			if p.Type == "string" {
				out = append(out, fmt.Sprint(n))
			} else {
				out = append(out, n)
			}
		}
	}
	return out
}

// bounds are the ends of a range and what lies just beyond them.
func bounds(l *facts.Limits) (out []float64) {
	if l.Least != nil {
		out = append(out, *l.Least, *l.Least-1)
	}
	if l.Most != nil {
		out = append(out, *l.Most, *l.Most+1)
	}
	return out
}

func (v *varier) value(path string, p *facts.Property, given, state any) {
	switch g := given.(type) {
	case cloud.Map:
		switch {
		case p.Fields != nil:
			s, _ := state.(cloud.Map)
			v.object(path, p.Fields, g, s)
		case p.Type == "map":
			v.with("growth", sub(path, "another"), "value")
			for _, k := range slices.Sorted(maps.Keys(g)) {
				v.with("removal", sub(path, k), nil)
				v.with("value", sub(path, k), "other")
				break
			}
		}
	case []any:
		v.list(path, p, g, state)
	case bool:
		v.with("value", path, !g)
	case float64:
		for i, e := range append([]any{g + 1, g - 1, g * 2}, examples(p)...) {
			if e != given {
				v.with(fmt.Sprintf("value %d", i), path, e)
			}
		}
	case string:
		others := []any{g + "x", strings.ToUpper(g), strings.ToLower(g)}
		if strings.HasPrefix(g, "{") || strings.HasPrefix(g, "[") {
			others = append(others, strings.ReplaceAll(g, ",", ", "), g+"}", strings.Replace(g, "2012-10-17", "2008-10-17", 1))
			others = append(others, respelt(g)...)
		}
		for i, e := range append(others, examples(p)...) {
			if e != given {
				v.with(fmt.Sprintf("value %d", i), path, e)
			}
		}
	}
}

func (v *varier) list(path string, p *facts.Property, given []any, state any) {
	if len(given) == 0 {
		return
	}
	v.with("shortened", path, slices.Clone(given[:len(given)-1]))
	if len(given) > 1 {
		turned := slices.Clone(given)
		slices.Reverse(turned)
		v.with("turned round", path, turned)
	}
	if p.Elem == nil {
		return
	}
	switch last := given[len(given)-1].(type) {
	case string:
		v.with("growth", path, append(slices.Clone(given), last+"1"))
		v.with("value", sub(path, "0"), last+"x")
		v.with("unknown", sub(path, "0"), cloud.Unknown)
	case cloud.Map:
		grown := append(slices.Clone(given), cloud.Clone(last))
		v.with("growth", path, grown)
		s, _ := state.([]any)
		for i := range given[:min(2, len(given))] {
			var held any
			if i < len(s) && p.Type == "list" {
				held = s[i]
			}
			v.value(sub(path, fmt.Sprint(i)), p.Elem, given[i], held)
		}
	}
}
