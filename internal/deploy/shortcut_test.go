package deploy_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/tests/harness"
)

// watched is an engine that notes the commands that it is given, and returns them.
func watched(t *testing.T) (engine.Engine, func() []string) {
	t.Helper()
	e, err := engine.Find(t.Context(), engine.Options{ToolsDir: "../../tools", Progress: t.Output()})
	require.NoError(t, err)
	e, asked := harness.Watched(t, e)
	return e, func() []string { return harness.Verbs(asked()) }
}

// The engine is started for what nobody but it can say.
func TestEngineIsAskedOnlyWhatItAloneKnows(t *testing.T) {
	t.Parallel()
	secret := false
	_, port := serve(t, 0)
	target := target(t, port, func(ctx *pulumi.Context) error {
		ctx.Export("list", pulumi.ToArray([]any{1.5, "two", map[string]any{"three": true}}))
		if secret {
			ctx.Export("password", pulumi.ToSecret(pulumi.String("hunter2")))
		}
		return nil
	})
	e, asked := watched(t)
	on := func() *deploy.Driver {
		d, err := deploy.Open(t.Context(), e, target)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, d.Close()) })
		return d
	}
	up := func(d *deploy.Driver) map[string]plan.Output {
		p, err := d.Up(t.Context(), deploy.Options{})
		require.NoError(t, err)
		return p.Outputs
	}
	list := plan.Output{Value: []any{1.5, "two", map[string]any{"three": true}}}

	d := on()
	require.Equal(t, map[string]plan.Output{"list": list}, up(d))
	require.Equal(t, []string{"stack init", "up"}, asked())

	d = on()
	require.Equal(t, map[string]plan.Output{"list": list}, up(d))
	outputs, err := d.Outputs(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]plan.Output{"list": list}, outputs)
	require.Equal(t, []string{"up"}, asked(), "the stack is there, and no output is secret")

	secret = true
	require.Equal(t, map[string]plan.Output{"list": list, "password": {Value: "hunter2", Secret: true}}, up(d))
	require.Equal(t, []string{"up", "stack output", "stack output"}, asked())
	_, err = d.Refresh(t.Context(), deploy.Options{})
	require.NoError(t, err)
	_, err = d.Destroy(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"refresh", "destroy"}, asked())
}

// A failed up looks for what it failed to make only where something has been replaced and is still there.
func TestFailedUpReadsNoStateWithoutNeed(t *testing.T) {
	t.Parallel()
	_, port := serve(t, 0)
	things := []thing{{name: "a", props: pulumi.Map{"fail": pulumi.String("StatusCode: 400, no")}}}
	e, asked := watched(t)
	d, err := deploy.Open(t.Context(), e, target(t, port, program(&things)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	_, err = d.Up(t.Context(), deploy.Options{})
	require.Error(t, err)
	require.Equal(t, []string{"stack init", "up"}, asked())
}
