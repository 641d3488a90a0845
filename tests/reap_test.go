package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// A short-lived region comes up from a file that a command wrote, works, and goes whole once its time is over.
func TestShortLivedRegion(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	for _, line := range [][]string{
		{"new", "it-1", "--like", "prod-eu", "--for", "1s", "--offline"},
		{"up", "it-1", "--offline", "--yes"},
		{"health", "it-1", "--offline"},
		{"drift", "it-1", "--offline"},
		{"reap", "--offline", "--yes"},
	} {
		r := p.Hub(nil, line...)
		require.Zero(t, r.Code, "%v: %s", line, r.Stderr)
	}
	left := openCloud(t, p)
	require.Equal(t, []string{"aws:iam/policy:Policy", "aws:route53/zone:Zone"}, left.types, "what the account was declared with")
	again := p.Hub(nil, "reap", "--offline", "--yes")
	require.Zero(t, again.Code, again.Stderr)
	require.Contains(t, again.Stderr, "No stack has expired.")
}
