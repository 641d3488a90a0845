package deploy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/plan"
)

// The checkpoint is the same, with its secrets encrypted, whether hub reads it or has to ask the engine.
func TestDeploymentOfAnyBackend(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: deepstreamhub\nruntime: go\n"), 0o600))
	e, err := engine.Find(t.Context(), engine.Options{ToolsDir: "../../tools", Progress: t.Output()})
	require.NoError(t, err)
	d, err := Open(t.Context(), e, Target{
		Stack: "dev", Project: "deepstreamhub", Root: dir, Backend: "file://" + filepath.Join(dir, "state"),
		Program: func(ctx *pulumi.Context) error {
			ctx.Export("key", pulumi.ToSecret(pulumi.String("hunter2")))
			return nil
		},
		Env: engine.OfflineEnvironment(os.Environ(), engine.Offline{Dir: dir, Passphrase: "offline"}),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	_, err = d.Up(t.Context(), Options{})
	require.NoError(t, err)

	read, err := d.deployment(t.Context())
	require.NoError(t, err)
	d.store = nil
	asked, err := d.deployment(t.Context())
	require.NoError(t, err)
	require.JSONEq(t, string(read.Deployment), string(asked.Deployment))
	require.Equal(t, read.Version, asked.Version)
	require.Contains(t, string(asked.Deployment), `"ciphertext"`)
	require.NotContains(t, string(asked.Deployment), "hunter2")
}

func TestDecodeState(t *testing.T) {
	t.Parallel()
	got, err := decodeState("dev", apitype.UntypedDeployment{Version: 3, Deployment: []byte(`{
		"resources": [{"urn": "urn:pulumi:dev::p::a:b/c:D::d", "type": "a:b/c:D", "id": "i", "custom": true, "protect": true,
			"retainOnDelete": true, "delete": true, "parent": "p", "dependencies": ["x"], "aliases": ["y"], "inputs": {"k": "v"},
			"deletedWith": "w", "propertyDependencies": {"k": ["x"]}}],
		"pending_operations": [{"resource": {"urn": "u::e", "type": "a:b/c:E"}, "type": "creating"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := plan.State{
		Stack: "dev",
		Resources: []plan.Resource{{
			URN: "urn:pulumi:dev::p::a:b/c:D::d", Type: "a:b/c:D", Name: "d", ID: "i", Custom: true, Protect: true, Retain: true, Delete: true,
			Parent: "p", Dependencies: []string{"x"}, Aliases: []string{"y"}, Inputs: map[string]any{"k": "v"},
			DeletedWith: "w", PropertyDependencies: map[string][]string{"k": {"x"}},
		}},
		Pending: []plan.Pending{{URN: "u::e", Type: "a:b/c:E", Op: "creating"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeStateRefusesWhatItMayNotUnderstand(t *testing.T) {
	t.Parallel()
	for name, exported := range map[string]apitype.UntypedDeployment{
		"newer schema": {Version: apitype.DeploymentSchemaVersionLatest + 1, Deployment: []byte(`{}`)},
		"not JSON":     {Version: 3, Deployment: []byte(`{`)},
	} {
		if _, err := decodeState("dev", exported); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := decodeState("dev", apitype.UntypedDeployment{Version: 3}); err != nil {
		t.Errorf("a stack never deployed: %v", err)
	}
}
