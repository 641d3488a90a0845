package tests

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/provider"
	"github.com/deepstreamhub/platform/tests/harness"
)

// damage is one way in which inputs that AWS took are spoilt.
type damage struct {
	what, path string
	inputs     cloud.Map
	refused    bool // AWS or the provider has to refuse it; else it may as well be taken
}

// absurd is longer than anything that AWS takes for a name or a description.
var absurd = strings.Repeat("a", 70_000)

// damages spoils inputs in every way: properties that do not exist, other types, names of nothing, sizes that nobody needs,
// nothing at all.
func damages(k *cloud.Kind, good cloud.Map) []damage {
	var out []damage
	add := func(what, path string, refused bool, change func(cloud.Map)) {
		spoilt := cloud.Clone(good)
		change(spoilt)
		out = append(out, damage{what, path, spoilt, refused})
	}
	add("unknown property", "noSuchProperty", true, func(in cloud.Map) { in["noSuchProperty"] = "x" })
	for _, name := range slices.Sorted(maps.Keys(good)) {
		field := k.Schema.Inputs.Fields[name]
		if nested, ok := good[name].(cloud.Map); ok && field != nil && field.Type == "object" {
			add("unknown property", name+".noSuchProperty", true, func(in cloud.Map) { in[name].(cloud.Map)["noSuchProperty"] = "x" })
			for _, inner := range slices.Sorted(maps.Keys(nested)) {
				add("nothing", name+"."+inner, false, func(in cloud.Map) { delete(in[name].(cloud.Map), inner) })
			}
		}
		if field != nil && field.Type != "any" {
			for _, other := range []any{true, 3.5, "text", []any{map[string]any{"a": 1.0}}, cloud.Map{"a": []any{}}} {
				if len(field.Check(other)) > 0 {
					add("wrong type", name, true, func(in cloud.Map) { in[name] = other })
				}
			}
		}
		add("nothing", name, false, func(in cloud.Map) { delete(in, name) })
		switch value := good[name].(type) {
		case string:
			for _, text := range []string{"", absurd, "\x00", "no such thing", "arn:aws:iam::111122223333:role/none"} {
				add("other text", name, false, func(in cloud.Map) { in[name] = text })
			}
		case float64:
			for _, n := range []float64{-1, 0, 1e18, 0.5} {
				add("other number", name, false, func(in cloud.Map) { in[name] = n })
			}
		case []any:
			add("empty list", name, false, func(in cloud.Map) { in[name] = []any{} })
			if len(value) > 0 {
				add("long list", name, false, func(in cloud.Map) { in[name] = slices.Repeat(value[:1], 300) })
			}
		}
	}
	for _, ref := range k.Refs {
		if value := cloud.Strs(good, ref.Path); len(value) > 0 && !strings.ContainsAny(ref.Path, ".") && ref.Except == "" {
			name, list := strings.CutSuffix(ref.Path, "[]")
			var dangling any = strings.TrimRight(value[0], "0123456789abcdef") + "00000000000000000"
			if list {
				dangling = []any{dangling}
			}
			add("dangling name", name, true, func(in cloud.Map) { in[name] = dangling })
		}
	}
	return out
}

// region talks to a provider over a copy of a region's cloud, as an engine does.
type region struct {
	s *provider.Server
	n int
}

func (r *region) try(ctx context.Context, typ, name string, inputs cloud.Map) (refusal error, fault error) {
	defer func() {
		if p := recover(); p != nil {
			fault = fmt.Errorf("panic: %v", p)
		}
	}()
	r.n++
	in, err := structpb.NewStruct(inputs)
	if err != nil {
		return err, nil // no engine can send it
	}
	urn := fmt.Sprintf("urn:pulumi:s::p::%s::%s-%d", typ, name, r.n)
	checked, err := r.s.Check(ctx, &pulumirpc.CheckRequest{Urn: urn, News: in, RandomSeed: make([]byte, 32)})
	if err != nil {
		return nil, err
	}
	for _, f := range checked.GetFailures() {
		if f.GetProperty() == "" || f.GetReason() == "" {
			return nil, fmt.Errorf("a failure names no property: %v", f)
		}
		refusal = fmt.Errorf("%s", f.GetReason())
	}
	if refusal != nil {
		return refusal, nil
	}
	made, err := r.s.Create(ctx, &pulumirpc.CreateRequest{Urn: urn, Properties: checked.GetInputs()})
	if err != nil {
		return err, own(err)
	}
	if _, err := r.s.Update(ctx, &pulumirpc.UpdateRequest{Id: made.GetId(), Urn: urn, Olds: made.GetProperties(), News: checked.GetInputs()}); err != nil && own(err) != nil {
		return nil, err
	}
	_, err = r.s.Delete(ctx, &pulumirpc.DeleteRequest{Id: made.GetId(), Urn: urn, Properties: made.GetProperties()})
	return nil, own(err)
}

// own returns an error that is the offline AWS's own fault: no refusal of AWS's.
func own(err error) error {
	if err == nil || !strings.Contains(err.Error(), "offline AWS: state of") && !strings.Contains(err.Error(), "handler gave no id") {
		return nil
	}
	return err
}

// Whatever a program says of a resource, it gets an answer: an error that says what is wrong, or a resource that is as AWS
// would have it. What stands in a running region is said again, spoilt in every way.
func TestSpoiltInputsAreRefusedOrRight(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "spoilt", harness.Ephemeral(t, "prod-eu"))
	s.Up()
	r := &region{s: provider.New(aws.Cloud().Fork(cloud.Options{}))}
	config, err := structpb.NewStruct(map[string]any{"region": s.Config.Region})
	require.NoError(t, err)
	_, err = r.s.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: config})
	require.NoError(t, err)

	tried, taken := 0, 0
	seen := map[string]bool{}
	for _, have := range aws.Cloud().List() {
		k, ok := cloud.Lookup(have.Type)
		require.True(t, ok)
		if seen[have.Type] || have.Declared || have.Region != "" && have.Region != s.Config.Region {
			continue
		}
		seen[have.Type] = true
		good := cloud.Clone(have.Inputs)
		if k.Name != nil {
			delete(good, k.Name.Property) // the name is taken
		}
		for _, d := range damages(k, good) {
			tried++
			refusal, fault := r.try(t.Context(), have.Type, "spoilt", d.inputs)
			require.NoError(t, fault, "%s: %s: %s", have.Type, d.what, d.path)
			if refusal == nil {
				taken++
				require.False(t, d.refused, "%s: %s %s was taken", have.Type, d.what, d.path)
			} else {
				require.NotEmpty(t, refusal.Error())
			}
		}
	}
	require.Greater(t, len(seen), 60)
	t.Logf("%d inputs of %d types tried, %d taken", tried, len(seen), taken)
	require.Less(t, taken, tried/2)
}
