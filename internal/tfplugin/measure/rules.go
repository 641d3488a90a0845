package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

var (
	conflict   = regexp.MustCompile("\"([^\"]+)\": conflicts with ([a-z0-9_.]+)")
	allOf      = regexp.MustCompile("\"([^\"]+)\": all of `([^`]+)` must be specified")
	onlyOne    = regexp.MustCompile("\"([^\"]+)\": only one of `([^`]+)` can be specified")
	oneOfThese = regexp.MustCompile("\"([^\"]+)\": one of `([^`]+)` must be specified")
	atLeast    = regexp.MustCompile("\"([^\"]+)\": at least one of `([^`]+)` must be specified")
)

// rules reads the ties between properties out of what the provider says against everything at once, against the least, and
// against each property alone.
func (p *prober) rules() {
	p.read(p.base)
	p.read(p.everything(nil, p.typ.Fields))
	p.each(nil, p.typ.Fields, func(at place) {
		if p.huge && len(at) > 1 {
			return
		}
		if prop := at.last(); len(at) < deep && (prop.Optional || prop.Required) {
			p.read(p.config(at, p.sample(at, 0)))
		}
	})
	if !p.huge {
		p.pairs()
	}
	p.lacks()
	p.demands()
}

// pairs reads what excludes what out of two properties at a time: of all that one excludes the provider names one alone.
func (p *prober) pairs() {
	of := map[string]bool{}
	for _, r := range p.typ.Rules {
		if r.Kind == facts.Conflicts {
			of[r.Of] = true
		}
	}
	for _, name := range sorted(p.typ.Fields) {
		one := p.typ.Fields[name]
		if !of[name] || !one.Optional {
			continue
		}
		for _, other := range sorted(p.typ.Fields) {
			if two := p.typ.Fields[other]; two.Optional && two != one {
				p.read(map[string]any{
					one.Terraform: p.sample(place{{one.Terraform, one}}, 0),
					two.Terraform: p.sample(place{{two.Terraform, two}}, 0),
				})
			}
		}
	}
}

// lacks reads whether of properties that exclude each other one has to be there.
func (p *prober) lacks() {
	for _, r := range slices.Clone(p.typ.Rules) {
		if r.Kind != facts.ExactlyOne {
			continue
		}
		config := facts.Clone(p.base).(map[string]any)
		for _, n := range r.Names {
			if prop := p.typ.Fields[n]; prop != nil {
				delete(config, prop.Terraform)
			}
		}
		p.read(config)
	}
}

func (p *prober) everything(at place, fields map[string]*facts.Property) map[string]any {
	out := map[string]any{}
	for _, name := range sorted(fields) {
		prop := fields[name]
		if !prop.Required && !prop.Optional {
			continue
		}
		here := append(slices.Clone(at), step{prop.Terraform, prop})
		out[prop.Terraform] = p.sample(here, 0)
		if o := object(prop); o != nil && len(here) < deep-1 && !p.huge {
			out[prop.Terraform] = p.container(here)
			if m, ok := descend(out[prop.Terraform]); ok {
				for k, v := range p.everything(here, o.Fields) {
					m[k] = v
				}
			}
		}
	}
	return out
}

func (p *prober) read(config map[string]any) {
	c, err := p.block.Value(config)
	if err != nil {
		p.failed = append(p.failed, "rules: "+err.Error())
		return
	}
	p.calls++
	problems, err := p.tf.validate(p.name, c)
	if err != nil {
		return
	}
	for _, problem := range problems {
		text := problem.Summary + "\n" + problem.Detail
		for _, m := range conflict.FindAllStringSubmatch(text, -1) {
			p.rule(facts.Conflicts, m[1], []string{m[2]})
		}
		for _, m := range allOf.FindAllStringSubmatch(text, -1) {
			p.rule(facts.Needs, m[1], strings.Split(m[2], ","))
		}
		for _, m := range onlyOne.FindAllStringSubmatch(text, -1) {
			p.rule(facts.ExactlyOne, "", strings.Split(m[2], ","))
		}
		for _, m := range oneOfThese.FindAllStringSubmatch(text, -1) {
			p.rule(facts.AtLeastOne, "", strings.Split(m[2], ","))
		}
		for _, m := range atLeast.FindAllStringSubmatch(text, -1) {
			p.rule(facts.AtLeastOne, "", strings.Split(m[2], ","))
		}
	}
}

// rule notes a tie once, in the SDK's names.
func (p *prober) rule(kind facts.RuleKind, of string, names []string) {
	r := facts.Rule{Kind: kind}
	if of != "" {
		if r.Of = p.sdkPath(of); r.Of == "" {
			return
		}
	}
	for _, n := range names {
		sdk := p.sdkPath(strings.TrimSpace(n))
		if sdk == "" {
			return
		}
		if sdk != r.Of && !slices.Contains(r.Names, sdk) {
			r.Names = append(r.Names, sdk)
		}
	}
	slices.Sort(r.Names)
	if len(r.Names) == 0 || slices.ContainsFunc(p.typ.Rules, func(o facts.Rule) bool {
		return o.Kind == r.Kind && o.Of == r.Of && slices.Equal(o.Names, r.Names)
	}) {
		return
	}
	p.typ.Rules = append(p.typ.Rules, r)
}

// sdkPath turns the provider's path into the SDK's, without indexes.
func (p *prober) sdkPath(terraform string) string {
	fields := p.typ.Fields
	var out []string
	for _, part := range strings.Split(terraform, ".") {
		if part == "0" || part == "#" {
			continue
		}
		found := ""
		for _, name := range sorted(fields) {
			if fields[name].Terraform == part {
				found = name
			}
		}
		if found == "" {
			return ""
		}
		out = append(out, found)
		fields = nil
		if o := object(p.fieldAt(out)); o != nil {
			fields = o.Fields
		}
	}
	return strings.Join(out, ".")
}

func (p *prober) fieldAt(path []string) *facts.Property {
	fields := p.typ.Fields
	var prop *facts.Property
	for _, name := range path {
		if prop = fields[name]; prop == nil {
			return nil
		}
		if o := object(prop); o != nil {
			fields = o.Fields
		}
	}
	return prop
}

// demands makes one rule of two: the provider says in the same words that at least one and that exactly one of several is missing.
func (p *prober) demands() {
	p.typ.Rules = slices.DeleteFunc(p.typ.Rules, func(r facts.Rule) bool {
		if r.Kind != facts.AtLeastOne {
			return false
		}
		i := slices.IndexFunc(p.typ.Rules, func(o facts.Rule) bool { return o.Kind == facts.ExactlyOne && slices.Equal(o.Names, r.Names) })
		if i >= 0 {
			p.typ.Rules[i].Demands = true
		}
		return i >= 0
	})
}
