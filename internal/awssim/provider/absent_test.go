package provider

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// What the provider takes for none, or for the same, is no change; what it sees is shown where it stands.
func TestWhatIsTheSameToTheProvider(t *testing.T) {
	t.Parallel()
	optional := func(p facts.Property) *facts.Property { p.Optional = true; return &p }
	text := facts.Property{Type: "string"}
	typ := &facts.Type{Fields: map[string]*facts.Property{
		"port":  optional(facts.Property{Type: "integer", Lapsed: []any{6379.0}, Zero: facts.None, Pending: facts.None, Change: facts.Replace, Add: facts.Replace, Remove: facts.Replace}),
		"mode":  optional(facts.Property{Type: "string", Default: "plain", Zero: facts.None}),
		"logs":  optional(facts.Property{Type: "object", One: true, Remove: facts.None, Fields: map[string]*facts.Property{"bucket": &text, "on": optional(facts.Property{Type: "bool", Anchor: true, Zero: facts.None})}}),
		"bag":   optional(facts.Property{Type: "list", Unordered: facts.Bag, Elem: &text}),
		"rules": optional(facts.Property{Type: "set", Elem: &facts.Property{Type: "object", Fields: map[string]*facts.Property{"a": optional(text), "b": optional(facts.Property{Type: "integer", Zero: facts.None})}}}),
	}}
	one := func(k string, v any) cloud.Map { return cloud.Map{k: v} }
	rule := func(a string) any { return cloud.Map{"a": a} }
	for name, tc := range map[string]struct {
		old, new cloud.Map
		want     string
	}{
		"the number that stands for none goes":   {one("port", 6379.0), cloud.Map{}, "[]"},
		"another number goes":                    {one("port", 7000.0), cloud.Map{}, "[{port 1 true}]"},
		"nothing for the number":                 {one("port", 6379.0), one("port", 0.0), "[]"},
		"not known yet for the number":           {one("port", 6379.0), one("port", cloud.Unknown), "[]"},
		"an empty text for the default":          {one("mode", "plain"), one("mode", ""), "[]"},
		"an empty text for another":              {one("mode", "odd"), one("mode", ""), "[{mode 2 false}]"},
		"a block without what shows it goes":     {one("logs", cloud.Map{"bucket": "a", "on": false}), cloud.Map{}, "[]"},
		"a block with what shows it goes":        {one("logs", cloud.Map{"bucket": "a", "on": true}), cloud.Map{}, "[{logs 1 false}]"},
		"another order":                          {one("bag", []any{"a", "b"}), one("bag", []any{"b", "a"}), "[]"},
		"one twice":                              {one("bag", []any{"a", "b"}), one("bag", []any{"a", "b", "a"}), "[{bag 2 false}]"},
		"a set in another order":                 {one("rules", []any{rule("x"), rule("y")}), one("rules", []any{rule("y"), rule("x")}), "[]"},
		"a number that says nothing in a set":    {one("rules", []any{rule("x")}), one("rules", []any{cloud.Map{"a": "x", "b": 0.0}}), "[]"},
		"an element of a set in another's place": {one("rules", []any{rule("x"), rule("y"), rule("z")}), one("rules", []any{rule("z"), rule("new"), rule("x")}), "[{rules[1].a 2 false}]"},
		"an element more at the front":           {one("rules", []any{rule("x")}), one("rules", []any{rule("new"), rule("x")}), "[{rules[0] 0 false}]"},
		"an element less":                        {one("rules", []any{rule("x"), rule("y")}), one("rules", []any{rule("y")}), "[{rules[0] 1 false}]"},
	} {
		require.Equal(t, tc.want, fmt.Sprint(compare(&cloud.Kind{}, typ, tc.old, tc.new, nil)), name)
	}
}

// Words get the spelling of the provider where it takes any, and inputs are not written to.
func TestSpelling(t *testing.T) {
	t.Parallel()
	typ, _ := facts.Of("aws:ec2/networkAcl:NetworkAcl")
	in := map[string]any{"egress": []any{map[string]any{"action": "ALLOW", "protocol": "tcp"}}}
	require.Equal(t, map[string]any{"egress": []any{map[string]any{"action": "allow", "protocol": "tcp"}}}, typ.Spelled(in))
	require.Equal(t, "ALLOW", in["egress"].([]any)[0].(map[string]any)["action"])
}
