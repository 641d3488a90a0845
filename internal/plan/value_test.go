package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/plan"
)

func TestAt(t *testing.T) {
	t.Parallel()
	inputs := map[string]any{
		"tags":   map[string]any{"owner": "me", "a.b": "dotted", `c"]d`: "quoted"},
		"rules":  []any{map[string]any{"port": 1.0}, map[string]any{"port": 2.0}},
		"later":  plan.Unknown,
		"hidden": plan.Secret,
		"none":   nil,
	}
	for path, want := range map[string]any{
		"tags.owner": "me", `tags["a.b"]`: "dotted", `tags["c\"]d"]`: "quoted", "rules[1].port": 2.0,
		"later.inside[3]": plan.Unknown, "hidden": plan.Secret, "none": nil,
	} {
		got, ok := plan.At(inputs, path)
		if !ok || got != want {
			t.Errorf("%s: got %v, %t", path, got, ok)
		}
	}
	for _, path := range []string{"tags.other", "rules[2]", "rules[-1]", "rules.port", "tags.owner.more", "none.more", "rules[", `tags["owner`} {
		if got, ok := plan.At(inputs, path); ok {
			t.Errorf("%s: got %v", path, got)
		}
	}
}

// Whatever a path looks like, it is taken apart without a panic, and one made of parts yields them again.
func TestSplit(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"a", "0", "b.c", "d"}, plan.Split(`a[0]["b.c"].d`)); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(t *rapid.T) { plan.Split(rapid.String().Draw(t, "path")) })
}
