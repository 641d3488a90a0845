package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

// A blank account gets everything in one run, has nothing left to change, and what the tracked settings protect is
// protected. Its resources are named in a golden file, as the regions' are.
func TestBootstrapOfABlankAccount(t *testing.T) {
	t.Parallel()
	s, err := settings.Read(filepath.Join(harness.Root(t), "bootstrap"), settings.Stack, config.Options{Offline: true})
	require.NoError(t, err)
	a := harness.NewAccount(t, harness.NewBlankAWS(t), s)
	a.Up()
	require.Empty(t, harness.Changed(a.Preview()))

	got := identities(a.State())
	path := filepath.Join("testdata", "golden", "bootstrap.txt")
	want, err := os.ReadFile(path)
	if string(want) != got && *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	require.NoError(t, err)
	require.Equal(t, strings.Split(string(want), "\n"), strings.Split(got, "\n"), "run with -update once you meant it")
}
