package tests

import (
	"os"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// BenchmarkUp brings a region up from nothing, in an AWS that answers at once: what is left is the engine, the program
// and the checks.
func BenchmarkUp(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := harness.NewStack(b, harness.NewAWS(b, nil), "bench", harness.Ephemeral(b, "prod-eu"))
		b.StartTimer()
		s.Up()
		b.StopTimer()
		s.Destroy()
		b.StartTimer()
	}
	reportPeaks(b)
}

// BenchmarkPreview previews a region that is up to date.
func BenchmarkPreview(b *testing.B) {
	s := harness.NewStack(b, harness.NewAWS(b, nil), "bench", harness.Ephemeral(b, "prod-eu"))
	s.Up()
	for b.Loop() {
		require.Empty(b, harness.Changed(s.Preview()))
	}
	reportPeaks(b)
}

// reportPeaks reports the most memory that the engine's process and this one, which runs the program and the offline
// AWS, ever held. Both count from the start of the test binary, so each benchmark belongs in a run of its own.
func reportPeaks(b *testing.B) {
	b.Helper()
	var children syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children))
	b.ReportMetric(float64(children.Maxrss)/1024, "engine-MiB")
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(b, err)
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(b, peak)
	kib, err := strconv.Atoi(string(peak[1]))
	require.NoError(b, err)
	b.ReportMetric(float64(kib)/1024, "program-MiB")
}
