package values_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/values"
)

// Every changed input is said with both values, documents by what differs inside, and no secret at all.
func TestOf(t *testing.T) {
	t.Parallel()
	s := plan.Step{
		Op: plan.OpUpdate, Changed: []string{"arn", "masterPassword", "policy", "tags.owner"},
		Old: map[string]any{"masterPassword": "correct", "policy": `{"a":1,"env":[{"name":"API_TOKEN","value":"horse"}]}`, "tags": map[string]any{"owner": "a"}},
		New: map[string]any{"masterPassword": "battery", "policy": `{"a":2,"env":[{"name":"API_TOKEN","value":"staple"}]}`, "tags": map[string]any{"owner": plan.Unknown}},
	}
	want := []string{
		"arn", "masterPassword: [secret] → [secret]", "policy.a: 1 → 2", "policy.env[API_TOKEN].value: [secret] → [secret]",
		"tags.owner: a → known after the run",
	}
	var got []string
	for _, c := range values.Of(s) {
		got = append(got, c.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	data, err := json.Marshal(values.Of(s)[3:])
	if err != nil {
		t.Fatal(err)
	}
	const written = `[{"path":"policy.env[API_TOKEN].value","old":"[secret]","new":"[secret]"},{"path":"tags.owner","old":"a","new":"known after the run"}]`
	if diff := cmp.Diff(written, string(data)); diff != "" {
		t.Error(diff)
	}
	s.Op = plan.OpCreate
	if got := values.Of(s); got != nil {
		t.Errorf("of a create: %v", got)
	}
}

// What is missing, empty, or longer than a line can hold.
func TestString(t *testing.T) {
	t.Parallel()
	long := make([]byte, 400)
	for i := range long {
		long[i] = 'x'
	}
	for want, c := range map[string]values.Change{
		"p: none → true":                   {Path: "p", New: true},
		`p: "" → a b`:                      {Path: "p", Old: "", New: "a\n b"},
		`p: {"a":[1,"x"]} → 3`:             {Path: "p", Old: map[string]any{"a": []any{1.0, "x"}}, New: 3.0},
		"p: the same, written differently": {Path: "p", Same: true},
		"p: " + string(long[:80]) + "…" + string(long[:80]) + " → y": {Path: "p", Old: string(long), New: "y"},
	} {
		if got := c.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
