package cli

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Where nothing is there yet, one run makes everything; what is there is adopted by a run of its own, before the run
// that changes it.
func TestBootstrapAdoptsFirst(t *testing.T) {
	t.Parallel()
	for op, want := range map[plan.Op][]bool{plan.OpCreate: {true, false}, plan.OpImport: {true, true, false}} {
		w := newWorld(t)
		w.plans["production"] = plan.Plan{Steps: []plan.Step{{Op: op, URN: vpcStep.URN, Type: vpcStep.Type, Name: vpcStep.Name}}}
		var adopted []bool // at each run of the engine
		w.during = func(context.Context, string, string) { adopted = append(adopted, *w.adopt) }
		text, code := w.run("bootstrap --offline --yes")
		require.Zero(t, code, text)
		require.Equal(t, want, adopted, op)
		require.True(t, w.did("settings bootstrap offline=true"))
	}
}

// The account has a project, a state and an offline cloud of its own.
func TestBootstrapKeepsApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, code := w.run("bootstrap --offline --yes")
	require.Zero(t, code)
	target := w.targets["production"]
	require.Equal(t, "deepstreamhub-bootstrap", target.Project)
	require.Equal(t, filepath.Join(w.Dir, "bootstrap"), target.Root)
	require.Contains(t, target.Backend, "/.hub/blank/state")
	require.False(t, w.did("load"), "the region stacks' configuration is none of its business")
}

func TestBootstrapRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.configErrs["bootstrap"] = errors.New("account.id is not set")
	text, code := w.run("bootstrap --offline --yes")
	require.Equal(t, 2, code)
	require.Contains(t, text, "check configuration: account.id is not set")
	require.False(t, w.did("engine"))

	w = newWorld(t)
	w.plans["production"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	w.answer("no\n")
	_, code = w.run("bootstrap --offline")
	require.NotZero(t, code)
	require.False(t, w.did("up"))
}
