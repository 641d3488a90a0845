package tests

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// What an operator relies on in scripts, and needs no region for.
func TestHabits(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	version := p.Hub(nil, "--version")
	require.Zero(t, version.Code)
	require.Regexp(t, `^hub .+, go1\.\d+`, version.Stdout)
	require.Empty(t, version.Stderr)

	effective := p.Hub(nil, "config", "prod-eu", "prod-us", "--offline")
	require.Zero(t, effective.Code, effective.Stderr)
	require.Regexp(t, `(?m)^prod-eu  platform.owner +file +"platform-eu"$`, effective.Stdout)
	require.Regexp(t, `(?m)^prod-us  sizes.tasks +derived +\d+$`, effective.Stdout)
	require.Empty(t, effective.Stderr)
	require.Contains(t, p.Hub(nil, "config", "prod-eu", "--offline", "--json").Stdout, `"key": "platform.owner"`)
	require.Equal(t, 2, p.Hub(nil, "config", "prod-eu").Code, "placeholders are refused as by an up")
	require.NoDirExists(t, filepath.Join(p.Dir, ".hub"), "nothing was started")

	held, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")}) // by nobody who would share it
	require.NoError(t, err)
	for _, args := range [][]string{{"up", "prod-eu", "--offline", "--yes"}, {"offline-aws"}} {
		second := p.Hub(nil, args...)
		require.Equal(t, 4, second.Code, "%v: %s", args, second.Stderr)
		require.Contains(t, second.Stderr, "in use by process", "%v", args)
	}
	require.NoError(t, held.Close())

	for _, args := range [][]string{
		{"up", "nosuch", "--yes"}, {"rotate", "bus", "nosuch", "--yes"}, {"preview", "nosuch"}, {"refresh", "nosuch", "--yes"}, {"drift", "nosuch"}, {"health", "nosuch"}, {"doctor", "nosuch"},
		{"destroy", "nosuch", "--yes"}, {"outputs", "nosuch"}, {"unlock", "nosuch"}, {"graph", "nosuch"}, {"cost", "nosuch"}, {"offline", "heal", "nosuch"}, {"state", "versions", "nosuch"}, {"state", "key", "nosuch"}, {"state", "restore", "nosuch", "--version", "1", "--yes"},
	} {
		unknown := p.Hub(nil, append(args, "--offline")...)
		require.Equal(t, 2, unknown.Code, "%v: %s", args, unknown.Stderr)
		require.Contains(t, unknown.Stderr, "prod-eu, prod-us", "%v", args)
		require.Empty(t, unknown.Stdout, "%v", args)
	}
	for _, args := range [][]string{{"explore", "prod-eu", "--step", "nosuch"}, {"publish"}, {"state"}, {"state", "restore", "prod-eu", "--offline"}} {
		require.Equal(t, 2, p.Hub(nil, args...).Code, "%v", args)
	}
	require.NoDirExists(t, filepath.Join(p.Dir, ".hub", "offline", "state", ".pulumi", "stacks", "deepstreamhub"), "nothing was made")
}
