package main

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

// effects measures what a change, an addition and a removal at a place come to.
func (p *prober) effects(at place) {
	prop := at.last()
	if prop.Optional && prop.Computed {
		prop.Remove = facts.None // what is left open and computed stays (plugin SDK, schema.go: removed && schema.Computed)
	}
	with, a, err := p.having(at)
	if err != nil {
		p.failed = append(p.failed, fmt.Sprintf("%s: %v", at.path(), err))
		return
	}
	var seen bool
	prop.Change, seen = p.change(at)
	prop.Open = besides(prop.Change, p.effect(at, with, p.config(at, tfplugin.Unknown)))
	zero, hasZero := map[string]any{"integer": 0.0, "number": 0.0, "string": "", "list": []any{}, "set": []any{}, "map": map[string]any{}}[prop.Type]
	if hasZero && !prop.One && object(prop) == nil && (prop.Elem != nil || p.refused(at, zero) == nil) {
		prop.Blank = besides(prop.Change, p.effect(at, with, p.config(at, zero)))
	}
	if prop.Type == "string" && !prop.One {
		p.spellings(at)
	}
	p.order(at)
	if !prop.Required {
		p.presence(at, with, a, seen)
	}
}

// having is a state with a value at a place, and the value: the first example with which the provider plans.
func (p *prober) having(at place) (state cty.Value, v any, err error) {
	for n := range samples {
		v = p.sample(at, n)
		if state, err = p.planned(p.config(at, v)); err == nil {
			break
		}
	}
	return state, v, err
}

// besides is an effect as it is written down beside another, which holds where nothing is.
func besides(other, effect facts.Effect) facts.Effect {
	switch {
	case effect == other:
		return ""
	case effect == facts.Update:
		return facts.InPlace
	}
	return effect
}

// presence measures what it comes to when a value comes or goes, given the state with it. Where the provider says of no change
// what it comes to, as its state is not taken without the value, a change is what an addition is.
func (p *prober) presence(at place, with cty.Value, a any, changeSeen bool) {
	prop := at.last()
	effect, gone := p.sees(at, with, p.config(at, absent))
	if gone || !prop.Computed {
		prop.Remove = effect
	}
	without, err := p.planned(p.config(at, absent))
	if err != nil {
		return
	}
	prop.Add = p.effect(at, without, p.config(at, a))
	if !changeSeen {
		prop.Change = prop.Add
	}
	if !changeSeen && !gone && !prop.Computed {
		prop.Remove = prop.Add
	}
	if zero, ok := map[string]any{"bool": false, "integer": 0.0, "number": 0.0, "string": ""}[prop.Type]; ok && !prop.One {
		prop.Zero = p.effect(at, without, p.config(at, zero))
	}
	prop.Pending = besides(cmp.Or(prop.Open, prop.Change), p.effect(at, without, p.config(at, tfplugin.Unknown)))
	p.lapsing(at)
	p.anchors(at)
}

// wellKnown are numbers that a service takes for nothing said: ports, numbers of things, seconds, days.
var wellKnown = []any{0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 24.0, 30.0, 60.0, 80.0, 90.0, 100.0, 300.0, 365.0, 443.0, 600.0, 3306.0, 3600.0, 5432.0, 6379.0, 11211.0, 86400.0}

// lapsing measures which values the provider takes for none: their removal is nothing, where that of others is something.
func (p *prober) lapsing(at place) {
	prop := at.last()
	prop.Lapsed = nil
	if prop.Remove == facts.None || prop.One || prop.Default != nil {
		return
	}
	var values []any
	switch {
	case prop.Limits != nil && len(prop.Allowed) > 0:
		values = prop.Allowed
	case prop.Type == "integer" || prop.Type == "number":
		values = wellKnown
	}
	for _, v := range values {
		if p.refused(at, v) != nil {
			continue
		}
		state, err := p.planned(p.config(at, v))
		if err != nil {
			continue
		}
		if effect, seen := p.sees(at, state, p.config(at, absent)); seen && effect == facts.None && v != 0.0 && v != "" {
			prop.Lapsed = append(prop.Lapsed, v)
		}
	}
	if len(prop.Lapsed) == len(values) {
		prop.Lapsed = nil
	}
}

// anchors measures which properties of a block let its removal be seen, where that of the least block is nothing.
func (p *prober) anchors(at place) {
	o := object(at.last())
	if o == nil || !at.last().One || at.last().Remove != facts.None || len(at) >= deep {
		return
	}
	for _, name := range sorted(o.Fields) {
		f := o.Fields[name]
		f.Anchor = false
		if object(f) != nil || f.Required || !f.Optional {
			continue
		}
		here := append(slices.Clone(at), step{f.Terraform, f})
		for n := range 2 {
			state, err := p.planned(p.config(here, p.sample(here, n)))
			if err != nil {
				continue
			}
			if effect, seen := p.sees(at, state, p.config(at, absent)); seen && effect != facts.None {
				f.Anchor = true
				break
			}
		}
	}
}

// order measures whether a list in another order is the same to the provider.
func (p *prober) order(at place) {
	prop := at.last()
	prop.Unordered = ""
	if prop.Type != "list" || prop.One || prop.Elem == nil || prop.Change == facts.None {
		return
	}
	first, _ := p.sample(at, 0).([]any)
	for n := 1; n < samples; n++ {
		second, _ := p.sample(at, n).([]any)
		if len(first) != 1 || len(second) != 1 || reflect.DeepEqual(first, second) {
			continue
		}
		one, other := []any{first[0], second[0]}, []any{second[0], first[0]}
		state, err := p.planned(p.config(at, one))
		if err != nil {
			continue
		}
		if effect, seen := p.sees(at, state, p.config(at, other)); seen && effect == facts.None {
			prop.Unordered = facts.Bag
			if p.effect(at, state, p.config(at, append(one, one[0]))) == facts.None {
				prop.Unordered = facts.Set
			}
		} else if seen {
			return
		}
	}
}

// samples is how many values of a property are held against each other before a change of it counts for nothing.
const samples = 5

// change is what another value comes to, and whether the provider could say it: values of different spelling may be one.
func (p *prober) change(at place) (effect facts.Effect, seen bool) {
	for i := range samples {
		state, err := p.planned(p.config(at, p.sample(at, i)))
		if err != nil {
			continue
		}
		for j := i + 1; j < samples; j++ {
			if reflect.DeepEqual(p.sample(at, i), p.sample(at, j)) {
				continue
			}
			e, could := p.sees(at, state, p.config(at, p.sample(at, j)))
			if could && e != facts.None {
				return e, true
			}
			seen = seen || could
		}
	}
	if seen {
		return facts.None, true
	}
	return facts.Update, false
}

// effect is what a configuration comes to in a state, an update where that cannot be said.
func (p *prober) effect(at place, state cty.Value, config map[string]any) facts.Effect {
	effect, _ := p.sees(at, state, config)
	return effect
}

// sees is what a configuration comes to in a state, and whether the provider could say it. In the state the configuration that led
// to it changes nothing, so that what is replaced is replaced because of the place, whatever path the provider names.
func (p *prober) sees(at place, state cty.Value, config map[string]any) (effect facts.Effect, seen bool) {
	c, err := p.block.Value(config)
	if err != nil {
		p.failed = append(p.failed, fmt.Sprintf("%s: %v", at.path(), err))
		return facts.Update, false
	}
	plan, err := p.step(state, c)
	switch {
	case err != nil:
		p.failed = append(p.failed, fmt.Sprintf("%s: %v", at.path(), err))
		return facts.Update, false
	case plan.Action == tfplugin.None:
		return facts.None, true
	case plan.Action == tfplugin.Replace:
		return facts.Replace, true
	}
	return facts.Update, true
}

func (p *prober) step(state, config cty.Value) (tfplugin.Plan, error) {
	p.calls++
	plan, err := p.tf.plan(p.name, state, config)
	if err == nil && len(plan.Problems) > 0 {
		err = plan.Problems[0]
	}
	return plan, err
}

// planned returns the state that a configuration leads to: what the provider plans, with something in the place of what only AWS can
// say. It is such that the same configuration changes nothing, where there is such a one.
func (p *prober) planned(config map[string]any) (cty.Value, error) {
	c, err := p.block.Value(config)
	if err != nil {
		return cty.NilVal, err
	}
	plan, err := p.step(cty.NilVal, c)
	if err != nil {
		return cty.NilVal, err
	}
	var first cty.Value
	all := func(v cty.Value) func(cty.Path) cty.Value { return func(cty.Path) cty.Value { return v } }
	for _, filler := range []func(cty.Path) cty.Value{all(cty.StringVal("computed")), all(cty.StringVal("")), all(cty.NullVal(cty.String)), p.leftOpen} {
		state, err := filled(plan.Planned, filler)
		if err != nil {
			return cty.NilVal, err
		}
		if first == cty.NilVal {
			first = state
		}
		for range mostSettling {
			control, err := p.step(state, c)
			if err != nil {
				break
			}
			if control.Action == tfplugin.None {
				return state, nil
			}
			if state, err = filled(control.Planned, filler); err != nil {
				return cty.NilVal, err
			}
		}
	}
	p.failed = append(p.failed, "a configuration is a change in every state that is tried for it")
	return first, nil
}

// mostSettling is how often what the provider plans for a state is taken for the state: it writes some texts in its own way.
const mostSettling = 3

// leftOpen is an empty text where a configuration could have said something, and some text elsewhere.
func (p *prober) leftOpen(path cty.Path) cty.Value {
	if step, is := path[0].(cty.GetAttrStep); is && step.Name != "id" && len(path) == 1 {
		if a := p.block.Attributes[step.Name]; a != nil && a.Optional {
			return cty.StringVal("")
		}
	}
	return cty.StringVal("computed")
}

// filled puts something in the place of every unknown value: a text, and nothing for others, or null for all when the text is.
func filled(v cty.Value, filler func(cty.Path) cty.Value) (cty.Value, error) {
	return cty.Transform(v, func(path cty.Path, v cty.Value) (cty.Value, error) {
		if v.IsKnown() || len(path) == 0 {
			return v, nil
		}
		text := filler(path)
		switch t := v.Type(); {
		case t == cty.String:
			return text, nil
		case t.IsListType():
			return cty.ListValEmpty(t.ElementType()), nil
		case t.IsSetType():
			return cty.SetValEmpty(t.ElementType()), nil
		case t.IsMapType():
			return cty.MapValEmpty(t.ElementType()), nil
		case text.IsNull():
			return cty.NullVal(t), nil
		case t == cty.Bool:
			return cty.False, nil
		case t == cty.Number:
			return cty.NumberIntVal(0), nil
		default:
			return cty.NullVal(t), nil
		}
	})
}

// spellings measures which texts are one to the provider.
func (p *prober) spellings(at place) {
	if at.last().Change == facts.None {
		return
	}
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	const turned = "{ \"Statement\": [ {\"Action\":\"s3:GetObject\",\"Effect\":\"Allow\",\"Resource\":\"*\"}],\n \"Version\":\"2012-10-17\"}"
	const listed = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*"]}}`
	const other = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}`
	if p.sameText(at, policy, listed) && !p.sameText(at, policy, other) { // who reads another document than a policy may see nothing in it
		at.last().Same = "policy"
		return
	}
	if p.sameText(at, policy, turned) {
		at.last().Same = "json"
		return
	}
	words := []string{"wordsInOne"}
	for i := range samples {
		if s, is := p.sample(at, i).(string); is {
			words = append(words, s)
		}
	}
	for _, s := range words {
		for _, other := range []string{strings.ToLower(s), strings.ToUpper(s)} {
			if p.sameText(at, s, other) {
				at.last().Same = "case"
				return
			}
		}
	}
}

// sameText reports whether the provider takes both texts and sees no change from one to the other.
func (p *prober) sameText(at place, one, other string) bool {
	if one == other || p.refused(at, one) != nil || p.refused(at, other) != nil {
		return false
	}
	state, err := p.planned(p.config(at, one))
	return err == nil && p.effect(at, state, p.config(at, other)) == facts.None
}
