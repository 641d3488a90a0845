package tests

import (
	"os"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/tests/harness"
)

// BenchmarkUp brings a region up from nothing, in an AWS that answers at once: what is left is the engine, the program
// and the checks.
func BenchmarkUp(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := harness.NewStack(b, harness.NewAWS(b, nil), "bench", harness.Ephemeral(b, "prod-eu"), harness.Checkpoints())
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

// BenchmarkPreviewCommand runs hub preview of one region, of two, and the least that any program on the Automation API takes:
// to open the stack of an empty inline program and to preview it, with the same engine and in as bare an environment. The three
// are run in turns, so that each meets the same machine.
func BenchmarkPreviewCommand(b *testing.B) {
	p := harness.NewProject(b, &binaries)
	hub := func(args ...string) {
		r := p.Hub(nil, append(args, "--offline")...)
		require.Zero(b, r.Code, r.Stderr)
	}
	hub("up", "prod-eu", "prod-us", "--yes")
	root := b.TempDir()
	command := &engine.Command{Engine: harness.Engine(b), Env: engine.OfflineEnvironment(os.Environ(), engine.Offline{
		Dir: root, Backend: "file://" + root, Passphrase: "empty",
	})}
	empty := func() {
		s, err := auto.UpsertStackInlineSource(b.Context(), "empty", "empty", func(*pulumi.Context) error { return nil }, auto.Pulumi(command))
		require.NoError(b, err)
		_, err = s.Preview(b.Context())
		require.NoError(b, err)
	}
	empty() // the first makes the stack
	total := map[string]time.Duration{}
	taken := func(what string, run func()) {
		began := time.Now()
		run()
		total[what] += time.Since(began)
	}
	n := 0
	for b.Loop() {
		n++
		taken("empty", empty)
		taken("one", func() { hub("preview", "prod-eu") })
		taken("two", func() { hub("preview", "prod-eu", "prod-us") })
	}
	for what, took := range total {
		b.ReportMetric(took.Seconds()/float64(n), what+"-s")
	}
	b.ReportMetric((total["one"]-total["empty"]).Seconds()/float64(n), "above-s")
	b.ReportMetric(total["two"].Seconds()/total["one"].Seconds(), "two/one")
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
