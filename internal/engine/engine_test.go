package engine_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/engine"
)

// found makes a LookPath that knows only the named programs.
func found(paths map[string]string) func(string) (string, error) {
	return func(name string) (string, error) {
		if path, ok := paths[name]; ok {
			return path, nil
		}
		return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
	}
}

// options pins version 3.250.0 in a folder of their own.
func options(t *testing.T, paths map[string]string) (engine.Options, *strings.Builder) {
	t.Helper()
	tools := t.TempDir()
	goMod := "module tools\n\ngo 1.26\n\nrequire github.com/pulumi/pulumi/pkg/v3 v3.250.0\n"
	require.NoError(t, os.WriteFile(filepath.Join(tools, "go.mod"), []byte(goMod), 0o600))
	told := &strings.Builder{}
	return engine.Options{ToolsDir: tools, CacheDir: t.TempDir(), Progress: told, LookPath: found(paths)}, told
}

// builder stands in for the Go toolchain: it writes the file that -o names, notes each run and tells of two packages.
const builder = `
echo run >> "$0.runs"
echo "$@" > "$0.args"
echo "go: downloading example.com/x v1.0.0" >&2
echo "example.com/x" >&2
while [ "$1" != -o ]; do shift; done
sleep 0.5
echo built > "$2"
`

func TestFindTakesRecentEngineOnPath(t *testing.T) {
	t.Parallel()
	for version, says := range map[string]string{
		"v3.250.0": "", "v3.261.4": "it is version 3.261.4, newer than 3.250.0, with which the platform is tested", "v3.250.1": "newer than 3.250.0",
	} {
		path := script(t, t.TempDir(), "pulumi", "echo "+version)
		o, told := options(t, map[string]string{"pulumi": path})
		e, err := engine.Find(t.Context(), o)
		require.NoError(t, err)
		assert.Equal(t, path, e.Path)
		assert.Equal(t, strings.TrimPrefix(version, "v"), e.Version.String())
		assert.False(t, e.Built)
		if says == "" {
			assert.Empty(t, told.String())
		}
		assert.Contains(t, told.String(), says)
	}
}

func TestFindLeavesNoTraceInThePulumiHome(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	o, _ := options(t, map[string]string{"pulumi": script(t, t.TempDir(), "pulumi", `touch "$PULUMI_HOME/log"; echo v3.250.0`)})
	o.Env = append(os.Environ(), "PULUMI_HOME="+home)
	_, err := engine.Find(t.Context(), o)
	require.NoError(t, err)
	entries, err := os.ReadDir(home)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestFindPassesOverUnfitEngine(t *testing.T) {
	t.Parallel()
	for body, why := range map[string]string{
		"echo v3.249.9": "it is version 3.249.9, 3.250.0 or a later 3.x is needed",
		"echo v4.0.0":   "it is version 4.0.0",
		"echo what":     "read its version",
		"exit 1":        "ask its version",
	} {
		dir := t.TempDir()
		o, told := options(t, map[string]string{"pulumi": script(t, dir, "pulumi", body), "go": script(t, dir, "go", builder)})
		e, err := engine.Find(t.Context(), o)
		require.NoError(t, err)
		assert.True(t, e.Built)
		assert.Equal(t, filepath.Join(o.CacheDir, "pulumi-3.250.0", "pulumi"), e.Path)
		assert.Contains(t, told.String(), why)
	}
}

func TestFindBuildsOnceForAll(t *testing.T) {
	t.Parallel()
	toolchain := script(t, t.TempDir(), "go", builder)
	o, _ := options(t, map[string]string{"go": toolchain})
	o.Progress = nil
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			e, err := engine.Find(t.Context(), o)
			if assert.NoError(t, err) {
				data, err := os.ReadFile(e.Path)
				assert.NoError(t, err)
				assert.Equal(t, "built\n", string(data), "nobody sees half a binary")
			}
		})
	}
	wg.Wait()
	runs, err := os.ReadFile(toolchain + ".runs")
	require.NoError(t, err)
	assert.Equal(t, "run\n", string(runs))
	args, err := os.ReadFile(toolchain + ".args")
	require.NoError(t, err)
	assert.Contains(t, string(args), "common/version.Version=v3.250.0")
	assert.Contains(t, string(args), "-C "+o.ToolsDir)
}

func TestFindTellsWhyABuildFailed(t *testing.T) {
	t.Parallel()
	o, _ := options(t, map[string]string{"go": script(t, t.TempDir(), "go", "echo 'verifying module: checksum mismatch' >&2; exit 1")})
	_, err := engine.Find(t.Context(), o)
	require.ErrorContains(t, err, "checksum mismatch")
	entries, err := os.ReadDir(filepath.Join(o.CacheDir, "pulumi-3.250.0"))
	require.NoError(t, err)
	for _, e := range entries {
		assert.NotEqual(t, "pulumi", e.Name())
	}
}

func TestFindStopsWaitingForAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o, _ := options(t, map[string]string{"go": script(t, dir, "go", "touch \"$0.began\"\nsleep 3\nexit 1")})
	o.Progress = nil
	first := make(chan error, 1)
	go func() {
		_, err := engine.Find(t.Context(), o)
		first <- err
	}()
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(dir, "go.began"))
		return err == nil
	}, 5*time.Second, 10*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := engine.Find(ctx, o)
	require.ErrorContains(t, err, "wait for engine build")
	require.Error(t, <-first)
}

func TestFindAdvisesWithoutGo(t *testing.T) {
	t.Parallel()
	o, _ := options(t, nil)
	_, err := engine.Find(t.Context(), o)
	require.ErrorIs(t, err, exec.ErrNotFound)
	var advice interface{ Advice() string }
	require.True(t, errors.As(err, &advice))
	assert.Contains(t, advice.Advice(), "Install Go")
	assert.Contains(t, advice.Advice(), "3.250.0")
}

func TestFindNeedsThePin(t *testing.T) {
	t.Parallel()
	o, _ := options(t, nil)
	require.NoError(t, os.WriteFile(filepath.Join(o.ToolsDir, "go.mod"), []byte("module tools\n"), 0o600))
	_, err := engine.Find(t.Context(), o)
	require.ErrorContains(t, err, "does not require github.com/pulumi/pulumi/pkg/v3")
	o.ToolsDir = t.TempDir()
	_, err = engine.Find(t.Context(), o)
	require.ErrorIs(t, err, os.ErrNotExist)
}
