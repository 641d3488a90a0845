package deploy_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
)

// A look at a stack, also at one that is not there yet, starts one engine, whether the engine compresses its checkpoints or not and
// whatever key service the environment leads to, and an offline engine keeps no log.
func TestBlindPreviewTakesOneEngine(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{"plain": nil, "compressed": {"PULUMI_DIY_BACKEND_GZIP=true"},
		"another key": {"VAULT_ADDR=http://127.0.0.1:1", "VAULT_SERVER_URL=http://127.0.0.1:1", "VAULT_SERVER_TOKEN=mine", "VAULT_WRAP_TTL=1m", "PULUMI_CLOUD_SECRET_OVERRIDE=awskms://alias/mine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, port := serve(t, 0)
			things := []thing{{name: "a", props: pulumi.Map{"key": pulumi.ToSecret(pulumi.String("k")), "size": pulumi.Int(1)}}}
			dir := t.TempDir()
			target := targetIn(dir, project(t), port, program(&things))
			target.Env = append(target.Env, env...)
			e, asked := watched(t)
			look := func() (plan.Plan, *deploy.Driver) {
				target := target
				target.Blind = true
				d, err := deploy.Open(t.Context(), e, target)
				require.NoError(t, err)
				p, err := d.Preview(t.Context(), deploy.Options{})
				require.NoError(t, err)
				require.NoError(t, d.Close())
				require.Equal(t, []string{"preview"}, asked())
				return p, d
			}
			p, _ := look()
			require.Equal(t, plan.OpCreate, stepOf(t, p, "a").Op)
			require.NoDirExists(t, filepath.Join(dir, "state"), "nothing is written where the state would be")
			blind := target
			blind.Blind = true
			copied, err := deploy.Open(t.Context(), e, blind)
			require.NoError(t, err)
			nothing, err := copied.Refresh(t.Context(), deploy.Options{PreviewOnly: true, Exclude: []string{"**x**"}})
			require.NoError(t, err)
			require.Empty(t, nothing.Steps)
			require.NoError(t, copied.Close())
			require.Empty(t, asked())

			d, err := deploy.Open(t.Context(), e, target)
			require.NoError(t, err)
			_, err = d.Up(t.Context(), deploy.Options{})
			require.NoError(t, err)
			require.NoError(t, d.Close())
			asked()

			things[0].props["size"] = pulumi.Int(2)
			p, d = look()
			require.Len(t, p.Changes(), 1, "%v", p.Changes())
			require.Len(t, d.Blinded(), 3) // the output, and the key among the inputs and the outputs of the thing
			log, err := os.Stat(filepath.Join(dir, "pulumi", "logs"))
			require.NoError(t, err)
			require.True(t, log.Mode().IsRegular() && log.Size() == 0, log.Mode())
		})
	}
}
