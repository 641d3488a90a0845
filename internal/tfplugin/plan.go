package tfplugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

func convertTo(v cty.Value, t cty.Type) (cty.Value, error) { return convert.Convert(v, t) }

// Validate returns what the provider finds wrong with a configuration before it plans anything.
func (p *Provider) Validate(ctx context.Context, typ string, config cty.Value) ([]*Problem, error) {
	b, ok := p.Schemas[typ]
	if !ok {
		return nil, fmt.Errorf("validate: the provider has no resource %s", typ)
	}
	packed, err := b.pack(config)
	if err != nil {
		return nil, fmt.Errorf("validate %s: %w", typ, err)
	}
	r, err := p.call(ctx, "ValidateResourceTypeConfig", newMessage("ValidateRequest").set("type_name", typ).set("config", packed), "Diagnostics")
	if err != nil {
		return nil, fmt.Errorf("validate %s: %w", typ, err)
	}
	return problemsOf(r), nil
}

// Action is what a change leads to.
type Action string

// The actions of a plan, as Terraform names them.
const (
	None    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
)

// Plan is what the provider would do.
type Plan struct {
	Action   Action
	Planned  cty.Value
	Replaces [][]string // paths that force a replacement
	Problems []*Problem // nothing else is set when there are some
}

// Plan asks what a configuration comes to, given the state before: cty.NilVal for none.
func (p *Provider) Plan(ctx context.Context, typ string, prior, config cty.Value) (Plan, error) {
	b, ok := p.Schemas[typ]
	if !ok {
		return Plan{}, fmt.Errorf("plan: the provider has no resource %s", typ)
	}
	if prior == cty.NilVal {
		prior = cty.NullVal(b.typ)
	}
	proposed := b.proposed(prior, config)
	request := newMessage("PlanRequest").set("type_name", typ)
	var errs []error
	for field, v := range map[string]cty.Value{"prior_state": prior, "proposed_new_state": proposed, "config": config} {
		packed, err := b.pack(v)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		switch field {
		case "prior_state":
			request.set("prior_state", packed)
		case "proposed_new_state":
			request.set("proposed_new_state", packed)
		default:
			request.set("config", packed)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w", typ, err)
	}
	r, err := p.call(ctx, "PlanResourceChange", request, "PlanResponse")
	if err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w", typ, err)
	}
	if problems := problemsOf(r); len(problems) > 0 {
		return Plan{Problems: problems}, nil
	}
	planned, err := b.unpack(r.sub("planned_state"))
	if err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w", typ, err)
	}
	return judge(prior, planned, r.all("requires_replace")), nil
}

// judge does as Terraform does with a provider's answer (internal/terraform, node_resource_abstract_instance.go): a path that
// is said to force a replacement does so only if its value changes.
func judge(prior, planned cty.Value, required []message) Plan {
	p := Plan{Planned: planned, Action: Update}
	if prior.IsNull() {
		p.Action = Create
		return p
	}
	if same(prior, planned) {
		p.Action = None
		return p
	}
	for _, path := range required {
		was, e1 := pathOf(path).Apply(prior)
		now, e2 := pathOf(path).Apply(planned)
		if e1 == nil && e2 == nil && same(was, now) {
			continue
		}
		p.Action = Replace
		p.Replaces = append(p.Replaces, stepsOf(path))
	}
	return p
}

func same(a, b cty.Value) bool {
	eq := a.Equals(b)
	return eq.IsKnown() && eq.True()
}

func pathOf(m message) cty.Path {
	var path cty.Path
	for _, s := range m.all("steps") {
		switch {
		case s.text("attribute_name") != "":
			path = path.GetAttr(s.text("attribute_name"))
		case s.text("element_key_string") != "":
			path = path.Index(cty.StringVal(s.text("element_key_string")))
		default:
			path = path.Index(cty.NumberIntVal(int64(s.number("element_key_int"))))
		}
	}
	return path
}

// proposed merges a configuration with the state before, as Terraform does before it asks a provider (internal/plans/objchange):
// what the configuration leaves open and the provider computes stays as it was.
func (b *Block) proposed(prior, config cty.Value) cty.Value {
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	had := !prior.IsNull() && prior.IsKnown()
	fields := map[string]cty.Value{}
	for name, a := range b.Attributes {
		v := config.GetAttr(name)
		if a.Computed && v.IsNull() && had {
			v = prior.GetAttr(name)
		}
		fields[name] = v
	}
	for name, n := range b.Blocks {
		was := cty.NullVal(n.collection())
		if had {
			was = prior.GetAttr(name)
		}
		fields[name] = n.merged(was, config.GetAttr(name))
	}
	return cty.ObjectVal(fields)
}

func (n *NestedBlock) merged(prior, config cty.Value) cty.Value {
	if !config.IsKnown() || config.IsNull() {
		return config
	}
	if n.Nesting == NestSingle {
		return n.proposed(prior, config)
	}
	var before []cty.Value
	if prior.IsKnown() && !prior.IsNull() {
		before = prior.AsValueSlice()
	}
	used := make([]bool, len(before))
	var out []cty.Value
	for i, c := range config.AsValueSlice() {
		was := cty.NullVal(n.typ)
		switch {
		case n.Nesting == NestList && i < len(before):
			was = before[i]
		case n.Nesting == NestSet:
			for j, e := range before {
				if !used[j] && n.fits(e, c) {
					was, used[j] = e, true
					break
				}
			}
		}
		out = append(out, n.proposed(was, c))
	}
	return collect(n.collection(), out)
}

// fits reports whether an element of a set may be what a configuration describes: they are equal but for what is computed.
func (b *Block) fits(prior, config cty.Value) bool {
	if !config.IsKnown() || !prior.IsKnown() || prior.IsNull() || config.IsNull() {
		return false
	}
	for name, a := range b.Attributes {
		c := config.GetAttr(name)
		if a.Computed && (c.IsNull() || !a.Optional) {
			continue
		}
		if !c.RawEquals(prior.GetAttr(name)) {
			return false
		}
	}
	for name, n := range b.Blocks {
		c, was := config.GetAttr(name), prior.GetAttr(name)
		if n.Nesting == NestSingle || c.IsNull() || was.IsNull() || !c.IsKnown() || !was.IsKnown() {
			if !c.RawEquals(was) {
				return false
			}
			continue
		}
		cs, ws := c.AsValueSlice(), was.AsValueSlice()
		if len(cs) != len(ws) {
			return false
		}
		for i := range cs {
			if !n.fits(ws[i], cs[i]) {
				return false
			}
		}
	}
	return true
}
