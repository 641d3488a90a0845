package tests

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// A backend, credentials and a Pulumi home in the environment are real ones: an offline run neither reads nor writes
// them.
func TestOfflineRunLeavesTheRealWorldAlone(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	backend, home, user := t.TempDir(), t.TempDir(), t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(user, ".aws"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(user, ".aws", "credentials"), []byte("[default]\naws_access_key_id=REAL\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(home, "credentials.json"), []byte(`{"current":"https://real.example"}`), 0o600))
	env := []string{
		"PULUMI_BACKEND_URL=file://" + backend, "PULUMI_HOME=" + home, "HOME=" + user, "XDG_CACHE_HOME=" + cacheHome(t),
		"AWS_ACCESS_KEY_ID=AKIAREALREALREALREAL", "AWS_SECRET_ACCESS_KEY=real", "AWS_PROFILE=real", "AWS_REGION=ap-south-1",
		"PULUMI_ACCESS_TOKEN=real", "PULUMI_CONFIG_PASSPHRASE=real", "PULUMI_STACK=real", "PULUMI_DEBUG_PROVIDERS=aws:1",
	}
	before := map[string]map[string]string{}
	for _, dir := range []string{backend, home, user} {
		before[dir] = harness.Snapshot(t, dir)
	}
	for _, args := range [][]string{
		{"up", "prod-eu", "--offline", "--yes"},
		{"preview", "prod-eu", "--offline"},
		{"outputs", "prod-eu", "--offline"},
		{"destroy", "prod-eu", "--offline", "--yes"},
	} {
		r := p.Hub(env, args...)
		require.Equal(t, map[bool]int{true: 3, false: 0}[args[0] == "destroy"], r.Code, r.Stderr)
		require.NotContains(t, r.Stdout+r.Stderr, "ap-south-1")
	}
	for dir, files := range before {
		require.Empty(t, harness.Differences(files, harness.Snapshot(t, dir)), dir)
	}
}

// cacheHome is where the engine was built, since HOME does not lead there any more.
func cacheHome(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	require.NoError(t, err)
	return dir
}

// Up, preview and destroy need no network at all: they run in a network namespace that has nothing but loopback.
func TestOfflineRunNeedsNoNetwork(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	harness.Engine(t)
	for _, args := range [][]string{
		{"up", "prod-us", "--offline", "--yes"},
		{"preview", "prod-us", "--offline"},
		{"destroy", "prod-us", "--offline", "--yes"},
	} {
		cmd := withoutNetwork(t, append([]string{filepath.Join(p.Bin, "hub")}, args...)...)
		cmd.Dir = p.Dir
		out, _ := cmd.CombinedOutput()
		require.Equal(t, map[bool]int{true: 3, false: 0}[args[0] == "destroy"], cmd.ProcessState.ExitCode(), string(out))
	}
}
