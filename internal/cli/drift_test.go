package cli

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Drift is looked for by the state alone, and only looked for.
func TestDrift(t *testing.T) {
	t.Parallel()
	changed := vpcStep
	changed.Op, changed.Changed = plan.OpUpdate, []string{"tags.owner"}
	changed.Old, changed.New = map[string]any{"tags": map[string]any{"owner": "us"}}, map[string]any{"tags": map[string]any{"owner": "them"}}
	w := newWorld(t)
	w.configErrs["a"] = errBroken
	w.plans["a"] = plan.Plan{Steps: []plan.Step{changed}}
	text, code := w.run("drift a b")
	require.Equal(t, 5, code, text)
	require.Contains(t, text, "a: 1 of 1 resources are not what its state says")
	require.Contains(t, text, "hub refresh a\n")
	require.Equal(t, "a changed network-vpc (aws:ec2/vpc:Vpc)\n  tags.owner: us → them\n", w.out.String())
	require.True(t, w.did("preview-refresh a"))
	require.True(t, w.targets["a"].Blind)
	require.False(t, w.did("refresh"))

	for line, want := range map[string]int{"drift b": 0, "drift b --markdown": 0, "drift a --markdown": 5, "drift a --markdown --json": 2} {
		w := newWorld(t)
		w.plans["a"] = plan.Plan{Steps: []plan.Step{changed}}
		text, code := w.run(line)
		require.Equal(t, want, code, "%s: %s", line, text)
	}
	w = newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{changed}}
	_, code = w.run("drift a --json")
	require.Equal(t, 5, code)
	var got struct{ Drifted []plan.Step }
	require.NoError(t, json.Unmarshal(w.out.Bytes(), &got))
	require.Len(t, got.Drifted, 1)
	require.Contains(t, w.out.String(), `"values":[{"path":"tags.owner","old":"us","new":"them"}]`)
}
