package crashtest_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/crashtest"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/tests/harness"
)

// Twenty of the crash points of an up, an update and a destroy, by seed, recovered from by an up or by a destroy.
func TestNothingLeaksAndNothingIsLost(t *testing.T) {
	t.Parallel()
	changed := harness.Ephemeral(t, "prod-eu")
	changed.Platform.Owner, changed.Cluster.RootVolumeGiB, changed.Edge.Hostname = "explored", 60, "updated.deepstreamhub.com"
	report, err := crashtest.Run(t.Context(), crashtest.Subject{
		Stack: "crash", Project: "deepstreamhub", Root: harness.Root(t), Engine: harness.Engine(t), Environ: os.Environ(),
		Program: program.Region(harness.Ephemeral(t, "prod-eu")), Changed: program.Region(changed),
	}, crashtest.Options{Sample: 20, Seed: 4, Workers: 2, Told: func(done, all int, r crashtest.Result) {
		t.Logf("%d of %d: %s, recovered by %s in %s", done, all, r.Point, r.By, r.Took)
	}})
	require.NoError(t, err)
	require.Greater(t, report.Points["up"], 300, "two for each resource")
	require.Greater(t, report.Points["update"], 200, "the tag of nearly everything")
	require.Greater(t, report.Points["destroy"], 300)
	require.Len(t, report.Results, 20)
	for _, r := range report.Results {
		require.NoError(t, r.Err, "%s, recovered by %s", r.Point, r.By)
		require.Empty(t, r.Leaked, "%s, recovered by %s", r.Point, r.By)
		require.Empty(t, r.Lost, "%s, recovered by %s", r.Point, r.By)
		require.Empty(t, r.Differ, "%s, recovered by %s", r.Point, r.By)
	}
}
