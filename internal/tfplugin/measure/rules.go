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
			p.rule(facts.ExactlyOne, "", strings.Split(m[2], ","))
			p.demand(strings.Split(m[2], ","))
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

// demand notes that one of the names has to be there.
func (p *prober) demand(names []string) {
	var sdk []string
	for _, n := range names {
		sdk = append(sdk, p.sdkPath(strings.TrimSpace(n)))
	}
	slices.Sort(sdk)
	for i, r := range p.typ.Rules {
		if r.Kind == facts.ExactlyOne && slices.Equal(r.Names, sdk) {
			p.typ.Rules[i].Demands = true
		}
	}
}
