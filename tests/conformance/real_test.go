package conformance

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zclconf/go-cty/cty"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

var started = sync.OnceValues(func() (*tfplugin.Provider, error) {
	path, err := tfplugin.Find()
	if err != nil {
		return nil, err
	}
	return tfplugin.Start(context.Background(), path, "eu-central-1")
})

func TestMain(m *testing.M) {
	code := m.Run()
	if p, err := started(); err == nil {
		p.Close()
	}
	os.Exit(code)
}

// real returns the running provider; without one the test is skipped.
func real(t testing.TB) *tfplugin.Provider {
	t.Helper()
	if _, err := tfplugin.Find(); err != nil {
		t.Skip(err)
	}
	p, err := started()
	require.NoError(t, err)
	return p
}

// subject is one resource as a stack has it.
type subject struct {
	Type   string
	Inputs cloud.Map
	State  cloud.Map
}

// judge asks the real provider about one resource.
type judge struct {
	tf    *tfplugin.Provider
	kind  *cloud.Kind
	facts *facts.Type
	block *tfplugin.Block
	prior cty.Value // the state in which the subject's inputs change nothing
}

// newJudge has the provider plan the subject's creation. What only AWS can say is taken from the offline AWS.
func newJudge(ctx context.Context, tf *tfplugin.Provider, s subject) (*judge, error) {
	f, ok := facts.Of(s.Type)
	if !ok {
		return nil, fmt.Errorf("%s: not in the facts", s.Type)
	}
	k, _ := cloud.Lookup(s.Type)
	j := &judge{tf: tf, kind: k, facts: f, block: tf.Schemas[f.Terraform]}
	config, err := j.config(s.Inputs)
	if err != nil {
		return nil, err
	}
	plan, err := tf.Plan(ctx, f.Terraform, cty.NilVal, config)
	if err != nil {
		return nil, err
	}
	if len(plan.Problems) > 0 {
		return nil, fmt.Errorf("%s: plan: %w", s.Type, plan.Problems[0])
	}
	tree, err := f.TerraformOf(known(f, s.State), nothingSpecial)
	if err != nil {
		return nil, fmt.Errorf("%s: state: %w", s.Type, err)
	}
	computed, err := j.block.Value(tree)
	if err != nil {
		return nil, fmt.Errorf("%s: state: %w", s.Type, err)
	}
	if j.prior, err = fill(plan.Planned, computed); err != nil {
		return nil, err
	}
	control, err := tf.Plan(ctx, f.Terraform, j.prior, config)
	if err == nil && len(control.Problems) > 0 {
		err = control.Problems[0]
	}
	if err == nil && control.Action != tfplugin.None {
		err = fmt.Errorf("unchanged inputs are a %s: %v", control.Action, differing(j.prior, control.Planned))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Type, err)
	}
	j.readBack(ctx, config, computed)
	return j, nil
}

// readBack writes into the state what AWS says of attributes that the configuration leaves open, as the provider's own reading does
// after a creation: whether a rule is enabled. What would then be a change is left out: the provider does not write it.
func (j *judge) readBack(ctx context.Context, config, computed cty.Value) {
	for name, a := range j.block.Attributes {
		held := computed.GetAttr(name)
		if !a.Optional || a.Computed || !j.prior.GetAttr(name).IsNull() || held.IsNull() || !held.IsWhollyKnown() {
			continue
		}
		fields := j.prior.AsValueMap()
		fields[name] = held
		if plan, err := j.tf.Plan(ctx, j.facts.Terraform, cty.ObjectVal(fields), config); err == nil && len(plan.Problems) == 0 && plan.Action == tfplugin.None {
			j.prior = cty.ObjectVal(fields)
		}
	}
}

func differing(a, b cty.Value) (out []string) {
	for name := range a.Type().AttributeTypes() {
		if !a.GetAttr(name).RawEquals(b.GetAttr(name)) {
			out = append(out, fmt.Sprintf("%s: %#v, %#v", name, a.GetAttr(name), b.GetAttr(name)))
		}
	}
	slices.Sort(out)
	return out
}

// known leaves out what the provider has no name for.
func known(f *facts.Type, m cloud.Map) cloud.Map {
	out := cloud.Map{}
	for k, v := range m {
		if f.Fields[k] != nil {
			out[k] = v
		}
	}
	return out
}

func nothingSpecial(any) (any, bool) { return nil, false }

// config is what the bridge would hand to the provider: the inputs with the name and the defaults that it writes into them.
func (j *judge) config(inputs cloud.Map) (cty.Value, error) {
	inputs = cloud.Clone(inputs)
	if n := j.kind.Name; n != nil && !cloud.Has(inputs, n.Property) && (n.Prefix == "" || !cloud.Has(inputs, n.Prefix)) {
		inputs[n.Property] = "thing-0a1b2c3"
	}
	j.facts.Fill(inputs)
	tree, err := j.facts.TerraformOf(inputs, func(v any) (any, bool) {
		if cloud.IsUnknown(v) {
			return tfplugin.Unknown, true
		}
		return nil, false
	})
	if err != nil {
		return cty.NilVal, err
	}
	return j.block.Value(tree)
}

// fill puts the offline AWS's values, or something of the type, in the place of unknown ones.
func fill(planned, computed cty.Value) (cty.Value, error) {
	return cty.Transform(planned, func(path cty.Path, v cty.Value) (cty.Value, error) {
		if v.IsKnown() {
			return v, nil
		}
		if c, err := path.Apply(computed); err == nil && c.IsWhollyKnown() && !c.IsNull() {
			return c, nil
		}
		switch t := v.Type(); {
		case t == cty.String:
			return cty.StringVal("computed"), nil
		case t == cty.Bool:
			return cty.False, nil
		case t == cty.Number:
			return cty.NumberIntVal(0), nil
		case t.IsListType():
			return cty.ListValEmpty(t.ElementType()), nil
		case t.IsSetType():
			return cty.SetValEmpty(t.ElementType()), nil
		case t.IsMapType():
			return cty.MapValEmpty(t.ElementType()), nil
		default:
			return cty.NullVal(t), nil
		}
	})
}

// says is what the provider makes of changed inputs: refused, or an action.
func (j *judge) says(ctx context.Context, inputs cloud.Map) (action string, why string, err error) {
	config, err := j.config(inputs)
	if err != nil {
		return "", "", err
	}
	problems, err := j.tf.Validate(ctx, j.facts.Terraform, config)
	if err != nil {
		return "", "", err
	}
	if len(problems) > 0 {
		return refused, problems[0].Error(), nil
	}
	plan, err := j.tf.Plan(ctx, j.facts.Terraform, j.prior, config)
	if err != nil {
		return "", "", err
	}
	if len(plan.Problems) > 0 {
		return refusedInPlan, plan.Problems[0].Error(), nil
	}
	return string(plan.Action), fmt.Sprint(plan.Replaces), nil
}

const (
	refused       = "refused"
	refusedInPlan = "refused in plan"
)
