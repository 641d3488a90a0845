package tests

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// Processes of hub, engine and provider are killed at twelve moments, by seed, and other commands recover: nothing is lost,
// leaked, stuck, pending or wrong in the state.
func TestKilledProcessesLeaveNothing(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	r := p.CommandWithin(25*time.Minute, os.Environ(), "explore", "prod-eu", "--kill", "--tries", "12", "--seed", "1")
	require.Zero(t, r.Code, r.Stdout+r.Stderr)
	require.Regexp(t, regexp.MustCompile(`^prod-eu: from seed 1 on, tried 12, killed (\d+): lost 0, leaked 0, stuck 0, pending 0, wrong in the state 0, differing 0, in `), r.Stdout)
	require.NotRegexp(t, `, killed [0-5]:`, r.Stdout, "most moments come before the end")
	left, err := filepath.Glob(filepath.Join(p.Dir, ".hub"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing of it stays in the project")
}
