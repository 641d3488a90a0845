package deploy_test

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
)

// A destroy has the error hooks that the state names and runs no program, so that none can fail on what there is. Each deletion is
// noted in the checkpoint before the provider hears of it, and a part that goes takes none of the stack's outputs along.
func TestDestroyHasTheHooksWithoutTheProgram(t *testing.T) {
	t.Parallel()
	cloud, port := serve(t, 0)
	runs := 0
	target := target(t, port, func(ctx *pulumi.Context) error {
		runs++
		hook, err := ctx.RegisterErrorHook("wait", func(*pulumi.ErrorHookArgs) (bool, error) { return false, nil })
		if err != nil {
			return err
		}
		bound := []pulumi.ResourceOption{pulumi.ResourceHooks(&pulumi.ResourceHookBinding{OnError: []*pulumi.ErrorHook{hook}})}
		return program(&[]thing{{"a", pulumi.Map{}, bound}, {"b", pulumi.Map{}, bound}})(ctx)
	})
	var asked []string
	var noted []int
	target.OnError = map[string]deploy.OnError{"wait": func(_ context.Context, typ, operation string, failures []string) bool {
		asked = append(asked, typ+" "+operation+": "+failures[0])
		state, err := deploy.OpenState(t.Context(), target)
		if assert.NoError(t, err) {
			c, err := state.Checkpoint(t.Context(), target.Project, target.Stack)
			if assert.NoError(t, err) {
				noted = append(noted, len(c.Pending))
			}
		}
		return len(failures) < 3
	}}
	d := open(t, target)
	up, err := d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, runs)

	cloud.refuses = 2
	p, err := d.Destroy(t.Context(), deploy.Options{Targets: []string{stepOf(t, up, "a").URN}})
	require.NoError(t, err)
	require.Len(t, p.Changes(), 1)
	require.Len(t, cloud.ids(), 1)
	refused := thingType + " delete: not yet"
	require.Equal(t, []string{refused, refused}, asked)
	require.Equal(t, []int{1, 1}, noted)
	outputs, err := d.Outputs(t.Context())
	require.NoError(t, err)
	require.Equal(t, up.Outputs, outputs)

	cloud.refuses = 9
	_, err = d.Destroy(t.Context(), deploy.Options{})
	require.ErrorContains(t, err, "not yet")
	require.Len(t, asked, 5, "a hook that has had enough is heard")

	cloud.refuses = 1
	_, err = d.Destroy(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.Empty(t, cloud.ids())
	require.Equal(t, 1, runs)
}
