package conformance

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/provider"
)

// offline is the offline AWS's provider, asked as an engine asks it.
type offline struct{ s *provider.Server }

func newOffline(t testing.TB) offline {
	t.Helper()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	o := offline{provider.New(c)}
	_, err = o.s.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: wire(t, cloud.Map{"region": "eu-central-1"})})
	require.NoError(t, err)
	return o
}

func wire(t testing.TB, m cloud.Map) *structpb.Struct {
	t.Helper()
	s, err := plugin.MarshalProperties(property(m).ObjectValue(), plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true})
	require.NoError(t, err)
	return s
}

func property(v any) resource.PropertyValue {
	switch v := v.(type) {
	case cloud.Map:
		out := resource.PropertyMap{}
		for k, e := range v {
			out[resource.PropertyKey(k)] = property(e)
		}
		return resource.NewObjectProperty(out)
	case []any:
		out := []resource.PropertyValue{}
		for _, e := range v {
			out = append(out, property(e))
		}
		return resource.NewArrayProperty(out)
	case nil:
		return resource.NewNullProperty()
	}
	if cloud.IsUnknown(v) {
		return resource.MakeComputed(resource.NewStringProperty(""))
	}
	return resource.NewPropertyValue(v)
}

// says is what the offline AWS makes of changed inputs, in the words of the real provider's plans.
func (o offline) says(ctx context.Context, t testing.TB, s subject, inputs cloud.Map) (action, why string) {
	t.Helper()
	urn := "urn:pulumi:s::p::" + s.Type + "::thing"
	old, own := o.check(ctx, t, urn, nil, s.Inputs)
	if len(own) > 0 {
		return "refuses a stack's own inputs", strings.Join(own, "; ")
	}
	news, problems := o.check(ctx, t, urn, old, inputs)
	if len(problems) > 0 {
		return refused, strings.Join(problems, "; ")
	}
	d, err := o.s.Diff(ctx, &pulumirpc.DiffRequest{Urn: urn, Id: "id", OldInputs: old, News: news, Olds: wire(t, s.State)})
	require.NoError(t, err)
	switch {
	case len(d.GetReplaces()) > 0:
		return "replace", strings.Join(d.GetReplaces(), " ")
	case d.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME:
		return "update", strings.Join(d.GetDiffs(), " ")
	}
	return "no-op", ""
}

func (o offline) check(ctx context.Context, t testing.TB, urn string, olds *structpb.Struct, inputs cloud.Map) (*structpb.Struct, []string) {
	t.Helper()
	r, err := o.s.Check(ctx, &pulumirpc.CheckRequest{Urn: urn, Olds: olds, News: wire(t, inputs), RandomSeed: make([]byte, 32)})
	require.NoError(t, err)
	var problems []string
	for _, f := range r.GetFailures() {
		problems = append(problems, f.GetReason())
	}
	return r.GetInputs(), problems
}
