package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// prober measures one resource type.
type prober struct {
	tf       *asker
	name     string // the provider's
	block    *tfplugin.Block
	typ      *facts.Type
	base     map[string]any // the least that the type demands
	calls    int
	nested   int // questions under way
	failed   []string
	huge     bool
	verdicts map[string]*tfplugin.Problem // what was said of a value at a path in the full configuration
	samples  map[string]any
	scenes   map[string]scene           // under which a property at a path counts
	seen     map[string]*facts.Property // what was measured of properties far down, by their block's and their own name
}

// deep is from how many steps on a property is taken to be what its namesake in another block of the same name is: statements
// of a web ACL nest in each other.
const deep = 5

// place is where a property stands: the steps from the resource down to it.
type place []step

type step struct {
	name string // the provider's
	p    *facts.Property
}

func (at place) last() *facts.Property { return at[len(at)-1].p }

func (at place) path() string {
	var names []string
	for _, s := range at {
		names = append(names, s.name)
	}
	return strings.Join(names, ".")
}

func (p *prober) measure() {
	p.seen, p.samples, p.base = map[string]*facts.Property{}, map[string]any{}, map[string]any{}
	p.verdicts, p.scenes = map[string]*tfplugin.Problem{}, map[string]scene{}
	p.base = p.least(nil, p.typ.Fields)
	maps.Copy(p.base, seeds[p.name])
	nodes := 0
	p.each(nil, p.typ.Fields, func(place) { nodes++ })
	p.huge = nodes > hugeNodes
	p.each(nil, p.typ.Fields, func(at place) {
		prop := at.last()
		if p.huge && len(at) > 1 {
			return
		}
		if len(at) >= deep {
			k := alias(at)
			if was := p.seen[k]; was != nil {
				terraform, computed := prop.Terraform, *prop
				*prop = *was
				prop.Terraform, prop.Fields, prop.Elem, prop.Required, prop.Optional, prop.Computed = terraform, computed.Fields, computed.Elem, computed.Required, computed.Optional, computed.Computed
				return
			}
			p.seen[k] = prop
		}
		if !prop.Required && !prop.Optional {
			return
		}
		p.limits(at)
		p.setting(at)
	})
	p.each(nil, p.typ.Fields, func(at place) {
		if prop := at.last(); len(at) < deep && !p.huge && (prop.Required || prop.Optional) {
			p.silences(at)
		}
	})
	p.defaults()
	p.rules()
}

// hugeNodes is from how many properties on a type is asked for at its top alone: of web ACLs, whose statements nest in each
// other, the provider takes half a second an answer.
const hugeNodes = 3000

// alias names a property far down as its namesakes.
func alias(at place) string {
	return at[len(at)-2].name + "." + at[len(at)-1].name + ":" + at.last().Type
}

// each visits every property that an input can have, those of blocks after the block itself.
func (p *prober) each(at place, fields map[string]*facts.Property, visit func(place)) {
	for _, name := range sorted(fields) {
		prop := fields[name]
		here := append(slices.Clone(at), step{prop.Terraform, prop})
		visit(here)
		if o := object(prop); o != nil {
			p.each(here, o.Fields, visit)
		}
	}
}

// object returns the object that a property is or is a list of.
func object(prop *facts.Property) *facts.Property {
	for ; prop != nil; prop = prop.Elem {
		if prop.Fields != nil {
			return prop
		}
	}
	return nil
}

// least returns the least that an object has to hold.
func (p *prober) least(at place, fields map[string]*facts.Property) map[string]any {
	out := map[string]any{}
	for _, name := range sorted(fields) {
		if prop := fields[name]; prop.Required || prop.Whole && object(prop) == nil {
			here := append(slices.Clone(at), step{prop.Terraform, prop})
			out[prop.Terraform] = p.sample(here, 0)
		}
	}
	return out
}

// sample returns the n-th example value of a property.
func (p *prober) sample(at place, n int) any {
	return p.sampleOf(at, at.last(), n)
}

func (p *prober) sampleOf(at place, prop *facts.Property, n int) any {
	var v any
	switch {
	case prop.Elem != nil:
		v = p.sampleOf(at, prop.Elem, n)
	case prop.Type == "bool":
		v = n == 0
	case prop.Type == "object":
		out := p.least(at, prop.Fields)
		if n > 0 || len(out) == 0 {
			p.vary(at, prop.Fields, out, n)
		}
		v = out
	default:
		k := fmt.Sprintf("%s %d", at.path(), n)
		if _, ok := p.samples[k]; !ok {
			if prop.Type == "string" {
				p.samples[k] = p.texts(at, n)
			} else {
				p.samples[k] = p.numbers(at, n)
			}
		}
		v = p.samples[k]
	}
	switch {
	case prop.Type == "map":
		return map[string]any{"a": v}
	case prop.Type == "list" || prop.Type == "set" || prop.One:
		return []any{v}
	}
	return v
}

// vary gives an object one more property, so that it is there, or another value: the first of its properties, and then the
// others in turn.
func (p *prober) vary(at place, fields map[string]*facts.Property, out map[string]any, n int) {
	var plain, blocks []*facts.Property
	for _, name := range sorted(fields) {
		switch prop := fields[name]; {
		case !prop.Required && !prop.Optional:
		case object(prop) != nil:
			blocks = append(blocks, prop)
		default:
			plain = append(plain, prop)
		}
	}
	if all := append(plain, blocks...); len(all) > 0 {
		prop := all[max(0, n-1)%len(all)]
		out[prop.Terraform] = p.sample(append(slices.Clone(at), step{prop.Terraform, prop}), n)
	}
}

// config returns the least configuration with a value at a place; absent leaves the place empty.
func (p *prober) config(at place, v any) map[string]any {
	return put(p.staged(facts.Clone(p.base).(map[string]any), at), at, v, p.container)
}

// bare returns a configuration with nothing but a value at a place.
func (p *prober) bare(at place, v any) map[string]any {
	return put(map[string]any{}, at, v, func(at place) any {
		return wrapIn(at.last(), func(*facts.Property) any { return map[string]any{} })
	})
}

func put(root map[string]any, at place, v any, container func(place) any) map[string]any {
	into := root
	for i, s := range at {
		if i == len(at)-1 {
			if v == absent {
				delete(into, s.name)
			} else {
				into[s.name] = v
			}
			break
		}
		next, ok := descend(into[s.name])
		if !ok {
			into[s.name] = container(at[:i+1])
			next, _ = descend(into[s.name])
		}
		into = next
	}
	return root
}

// container returns the value of a block with what it demands and nothing else.
func (p *prober) container(at place) any {
	return wrapIn(at.last(), func(o *facts.Property) any { return p.least(at, o.Fields) })
}

// wrapIn puts an object into the lists in which a property keeps it.
func wrapIn(prop *facts.Property, object func(*facts.Property) any) any {
	var v any
	if prop.Fields != nil {
		v = object(prop)
	} else if prop.Elem != nil {
		v = wrapIn(prop.Elem, object)
	}
	switch {
	case prop.One, prop.Type == "list", prop.Type == "set":
		return []any{v}
	case prop.Type == "map":
		return map[string]any{"a": v}
	}
	return v
}

func descend(v any) (map[string]any, bool) {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			return descend(v[0])
		}
	case map[string]any:
		return v, true
	}
	return nil, false
}

type nothing struct{}

var absent any = nothing{}

// defaults reads off a plan of the least what the provider puts in the place of nothing.
func (p *prober) defaults() {
	p.each(nil, p.typ.Fields, func(at place) {
		prop := at.last()
		if p.huge && len(at) > 1 {
			return
		}
		if len(at) >= deep {
			if was := p.seen[alias(at)]; was != prop {
				prop.Default = was.Default
				return
			}
		}
		if prop.Required || !prop.Optional || prop.Computed || object(prop) != nil || prop.Whole {
			return
		}
		config := p.config(at, absent)
		c, err := p.block.Value(config)
		if err != nil {
			return
		}
		p.calls++
		plan, err := p.tf.plan(p.name, cty.NilVal, c)
		if err != nil || len(plan.Problems) > 0 {
			return
		}
		v := plan.Planned
		for _, s := range at {
			v = into(v, s.name)
			if v == cty.NilVal {
				return
			}
		}
		if v.IsNull() || !v.IsKnown() {
			return
		}
		if d := defaultOf(v); d != nil {
			prop.Default, prop.Lapsed = d, nil
		}
	})
}

// defaultOf is what a planned value puts in the place of nothing; nil for nothing.
func defaultOf(v cty.Value) any {
	switch v.Type() {
	case cty.String:
		if v.AsString() != "" {
			// The bridge's own word in the place of Terraform's (pulumi-aws, provider/resources.go: managedByPulumi).
			return strings.Replace(v.AsString(), "Managed by Terraform", "Managed by Pulumi", 1)
		}
	case cty.Bool:
		return v.True()
	case cty.Number:
		n, _ := v.AsBigFloat().Float64()
		return n
	}
	return nil
}

func into(v cty.Value, name string) cty.Value {
	for v.IsKnown() && !v.IsNull() && (v.Type().IsListType() || v.Type().IsSetType()) {
		if v.LengthInt() == 0 {
			return cty.NilVal
		}
		v = v.AsValueSlice()[0]
	}
	if !v.IsKnown() || v.IsNull() || !v.Type().IsObjectType() || !v.Type().HasAttribute(name) {
		return cty.NilVal
	}
	return v.GetAttr(name)
}
