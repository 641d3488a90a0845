package gate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/gate"
	"github.com/deepstreamhub/platform/internal/plan"
)

func TestDestroy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		resources []plan.Resource
		kept      []string
		want      []gate.Guarded // nil: allowed
	}{
		"empty stack": {},
		"nothing guarded": {resources: []plan.Resource{
			{URN: "a", Inputs: map[string]any{"deletionProtection": false}},
			{URN: "b", Inputs: map[string]any{"enableDeletionProtection": "false"}},
			{URN: "c", Retain: true},
		}},
		"every one is named": {
			resources: []plan.Resource{
				{URN: "a", Type: "aws:rds/cluster:Cluster", Name: "db", Protect: true, Inputs: map[string]any{"deletionProtection": true}},
				{URN: "b"},
				{URN: "c", Inputs: map[string]any{"enableDeletionProtection": true}},
				{URN: "d", Protect: true},
			},
			want: []gate.Guarded{
				{URN: "a", Type: "aws:rds/cluster:Cluster", Name: "db", By: []string{"protect", "deletionProtection"}},
				{URN: "c", By: []string{"enableDeletionProtection"}},
				{URN: "d", By: []string{"protect"}},
			},
		},
		"component": {
			resources: []plan.Resource{{URN: "a", Type: "deepstreamhub:database:Database", Protect: true}},
			want:      []gate.Guarded{{URN: "a", Type: "deepstreamhub:database:Database", By: []string{"protect"}}},
		},
		"leftover of a replacement": {
			resources: []plan.Resource{{URN: "a", Protect: true, Delete: true}},
			want:      []gate.Guarded{{URN: "a", By: []string{"protect"}}},
		},
		"boolean given as text": {
			resources: []plan.Resource{{URN: "a", Inputs: map[string]any{"deletionProtection": "true"}}},
			want:      []gate.Guarded{{URN: "a", By: []string{"deletionProtection"}}},
		},
		"value nobody understands": {
			resources: []plan.Resource{{URN: "a", Inputs: map[string]any{"deletionProtection": map[string]any{}}}},
			want:      []gate.Guarded{{URN: "a", By: []string{"deletionProtection"}}},
		},
		"kept": {resources: []plan.Resource{{URN: "a", Protect: true}}, kept: []string{"a"}},
		"one kept, one not": {
			resources: []plan.Resource{{URN: "a", Protect: true}, {URN: "b", Protect: true}},
			kept:      []string{"a"},
			want:      []gate.Guarded{{URN: "b", By: []string{"protect"}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := gate.Destroy(plan.State{Stack: "prod-eu", Resources: tt.resources}, tt.kept...)
			if tt.want == nil {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			var refused *gate.Protected
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if diff := cmp.Diff(tt.want, refused.Resources); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProtectedTellsAndAdvises(t *testing.T) {
	t.Parallel()
	err := gate.Destroy(plan.State{Stack: "prod-eu", Resources: []plan.Resource{{URN: "urn:one", Protect: true}, {URN: "urn:two", Protect: true}}})
	var refused *gate.Protected
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	want := "destroy prod-eu: 2 protected resources\n  urn:one (protect)\n  urn:two (protect)"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{"Pulumi.prod-eu.yaml", "protect to false", "hub up prod-eu --max-risk exposes", "hub destroy prod-eu"} {
		if !strings.Contains(refused.Advice(), part) {
			t.Errorf("advice lacks %q:\n%s", part, refused.Advice())
		}
	}
	if refused.ExitCode() != 3 {
		t.Errorf("exit code %d", refused.ExitCode())
	}
}

// Whatever a checkpoint holds, a stack is let through only if none of its resources is protected, and a refusal names
// each of them.
func TestDestroyMissesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s plan.State
		protected := map[string]bool{}
		for _, urn := range rapid.SliceOfDistinct(rapid.StringN(1, 8, -1), rapid.ID[string]).Draw(t, "urns") {
			r := plan.Resource{URN: urn, Protect: rapid.Bool().Draw(t, "protect")}
			if rapid.Bool().Draw(t, "guarded") {
				r.Inputs = map[string]any{"deletionProtection": true}
			}
			if r.Protect || r.Inputs != nil {
				protected[urn] = true
			}
			s.Resources = append(s.Resources, r)
		}
		named := map[string]bool{}
		var refused *gate.Protected
		if errors.As(gate.Destroy(s), &refused) {
			for _, g := range refused.Resources {
				named[g.URN] = true
			}
		}
		if diff := cmp.Diff(protected, named); diff != "" {
			t.Fatal(diff)
		}
	})
}
