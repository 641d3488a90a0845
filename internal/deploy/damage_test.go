package deploy_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// Files that an engine reads and that are spoilt in every way: the next command gives the right answer or refuses, and never
// takes the stack for a new one.
func TestEngineOnSpoiltFiles(t *testing.T) {
	t.Parallel()
	e, err := engine.Find(t.Context(), engine.Options{ToolsDir: "../../tools", Progress: t.Output()})
	require.NoError(t, err)
	tgt := target(t, 0, func(ctx *pulumi.Context) error {
		ctx.Export("secret", pulumi.ToSecret(pulumi.String("kept")))
		return nil
	})
	var notes []string
	tgt.Note = func(text string) { notes = append(notes, text) }
	d, err := deploy.Open(t.Context(), e, tgt)
	require.NoError(t, err)
	_, err = d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.NoError(t, d.Close())
	dir := strings.TrimPrefix(tgt.Backend, "file://")
	checkpoint := filepath.Join(dir, filepath.FromSlash(state.StackFile("deepstreamhub", "dev")))
	look := func(what string) {
		t.Helper()
		d, err := deploy.Open(t.Context(), e, tgt)
		require.NoError(t, err, what)
		outputs, err := d.Outputs(t.Context())
		require.NoError(t, err, what)
		require.Equal(t, "kept", outputs["secret"].Value, what)
		require.NoError(t, d.Close())
	}
	require.NoError(t, os.WriteFile(checkpoint+".attrs", nil, 0o600))
	look("empty attributes")
	require.Contains(t, strings.Join(notes, "\n"), "removed "+checkpoint+".attrs, which could not be read")
	copied := filepath.Join(tgt.WorkDir, "Pulumi.dev.yaml")
	for _, text := range []string{"garbage: [", "encryptionsalt: v1:AAAAAAAAAAA=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="} {
		require.NoError(t, os.WriteFile(copied, []byte(text), 0o600))
		look("copy of the stack file: " + text)
	}

	chosen, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "pulumi", "workspaces", "*-workspace.json"))
	require.NoError(t, err)
	require.Len(t, chosen, 1)
	for _, text := range []string{"", "folder"} {
		require.NoError(t, os.Remove(chosen[0]))
		if text == "folder" {
			require.NoError(t, os.Mkdir(chosen[0], 0o700))
		} else {
			require.NoError(t, os.WriteFile(chosen[0], []byte(text), 0o600))
		}
		look("the stack that was chosen last: " + text)
	}

	// Another engine is at its attributes again and again.
	ctx, stop := context.WithCancel(t.Context())
	sound, err := os.ReadFile(checkpoint)
	require.NoError(t, err)
	go func() {
		for ctx.Err() == nil {
			_ = os.WriteFile(checkpoint+".attrs", nil, 0o600)
			_ = os.WriteFile(checkpoint+".attrs", []byte("{}\n"), 0o600)
			time.Sleep(10 * time.Millisecond) // an engine writes it once in an operation
		}
	}()
	look("attributes that are being written")
	stop()

	require.NoError(t, os.Remove(checkpoint))
	_, err = deploy.Open(t.Context(), e, tgt)
	var damaged *store.Damaged
	require.ErrorAs(t, err, &damaged)
	require.NotEmpty(t, damaged.Ways)
	require.NoFileExists(t, checkpoint, "it is not taken for a new stack")
	require.NoError(t, os.WriteFile(checkpoint, sound, 0o600))
	look("put back")
}
