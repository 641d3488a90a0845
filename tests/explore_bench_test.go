package tests

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/explore"
)

// BenchmarkExplore plays orders of a production region: one operation is one creation and one deletion.
func BenchmarkExplore(b *testing.B) {
	benchmarkOrders(b, recorded(b, "prod-eu", nil))
}

func benchmarkOrders(b *testing.B, g *explore.Graph) {
	b.Helper()
	b.ReportAllocs()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	r, err := g.Explore(b.Context(), explore.Options{Orders: b.N, Seed: 1, Workers: 1})
	b.StopTimer()
	require.NoError(b, err)
	require.Zero(b, r.Failures)
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
	b.ReportMetric(float64(len(g.Nodes)), "resources")
}
