package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
)

// A state moves with its secrets, which are encrypted anew where they arrive; a place that is taken is left alone.
func TestMove(t *testing.T) {
	t.Parallel()
	e, err := engine.Find(t.Context(), engine.Options{ToolsDir: "../../tools", Progress: t.Output()})
	require.NoError(t, err)
	secret := "correct horse battery staple"
	from := target(t, 0, func(ctx *pulumi.Context) error {
		ctx.Export("password", pulumi.ToSecret(pulumi.String(secret)))
		return nil
	})
	to := from
	to.WorkDir, to.Backend = filepath.Join(t.TempDir(), "work"), "file://"+filepath.Join(t.TempDir(), "state")
	to.Secrets = ""                                                             // a passphrase
	to.Env = append(slices.Clone(from.Env), "PULUMI_CONFIG_PASSPHRASE=another") // the last one counts

	_, err = deploy.Move(t.Context(), e, from, to)
	require.Error(t, err, "there is no such stack yet")
	d := open(t, from)
	_, err = d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	before, err := os.ReadFile(checkpoint(t, from))
	require.NoError(t, err)

	n, err := deploy.Move(t.Context(), e, from, to)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	outputs, err := open(t, to).Outputs(t.Context())
	require.NoError(t, err)
	require.Equal(t, secret, outputs["password"].Value)
	require.True(t, outputs["password"].Secret)
	text, err := os.ReadFile(checkpoint(t, to))
	require.NoError(t, err)
	require.NotContains(t, string(text), secret)
	after, err := os.ReadFile(checkpoint(t, from))
	require.NoError(t, err)
	require.Equal(t, string(before), string(after), "what it came from stays as it was")

	_, err = deploy.Move(t.Context(), e, from, to)
	require.ErrorContains(t, err, "there is a state with 1 resources in")

	later := to
	later.Secrets = deploy.HubKey // as hub says of each offline stack: one that has a passphrase keeps it
	d = open(t, later)
	secret = "another battery"
	_, err = d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	outputs, err = d.Outputs(t.Context())
	require.NoError(t, err)
	require.Equal(t, secret, outputs["password"].Value)
	text, err = os.ReadFile(checkpoint(t, to))
	require.NoError(t, err)
	require.Regexp(t, `"secrets_providers":\s*{\s*"type":\s*"passphrase"`, string(text))
}

func checkpoint(t *testing.T, target deploy.Target) string {
	t.Helper()
	return filepath.Join(target.Backend[len("file://"):], ".pulumi", "stacks", target.Project, target.Stack+".json")
}
