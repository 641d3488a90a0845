package services

import (
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestSeenInLogs(t *testing.T) {
	t.Parallel()
	r := cloud.Seen(30, 555, 287, 419, 358, 547)
	require.Equal(t, cloud.Range{Typical: 389 * time.Second, Min: 257 * time.Second, Max: 525 * time.Second, P90: 525 * time.Second, Seen: 5}, r)
	require.Equal(t, cloud.Range{Typical: 1500 * time.Millisecond, Min: time.Second, Max: 2 * time.Second, P90: 2 * time.Second, Seen: 2}, cloud.Seen(5, 7, 6))
	require.Zero(t, cloud.Seen(10, 8).Min, "a log that is shorter than the wait")
	ten := cloud.Seen(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	require.Equal(t, 9*time.Second, ten.P90)
	require.Equal(t, 5500*time.Millisecond, ten.Typical)
}

// Half take no longer than the median and nine of ten no longer than the ninetieth percentile, known or not.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		r    cloud.Range
		want [5]float64 // seconds at 0, 0.5, 0.9, 0.95 and 1
	}{
		{cloud.Secs(10, 4, 40), [5]float64{4, 10, 20, 30, 40}},
		{cloud.Range{Typical: 10 * time.Second, Min: 4 * time.Second, Max: 40 * time.Second, P90: 12 * time.Second}, [5]float64{4, 10, 12, 26, 40}},
		{cloud.Secs(0, 0, 0), [5]float64{}},
	} {
		for i, f := range []float64{0, 0.5, 0.9, 0.95, 1} {
			require.InDelta(t, test.want[i], test.r.At(f).Seconds(), 1e-6, "%+v at %g", test.r, f)
		}
	}
}

// A row's quantiles are in order.
func TestQuantilesRise(t *testing.T) {
	t.Parallel()
	for _, typ := range cloud.Types() {
		k := cloud.KindOf(typ)
		row := k.Timing
		for _, r := range []cloud.Range{row.Create, row.Update, row.Delete} {
			require.True(t, r.P90 == 0 || r.Typical <= r.P90 && r.P90 <= r.Max, typ)
		}
	}
}

// A gateway endpoint is an entry in route tables; one of type interface has network interfaces, which take time.
func TestEndpointsTakeTheirOwnTime(t *testing.T) {
	t.Parallel()
	gateway, other := cloud.TimingOf(typeEndpoint, cloud.Map{}), cloud.TimingOf(typeEndpoint, cloud.Map{"vpcEndpointType": "Interface"})
	require.Equal(t, gateway, cloud.TimingOf(typeEndpoint, cloud.Map{"vpcEndpointType": "Gateway"}))
	require.LessOrEqual(t, gateway.Create.Max+gateway.Wait.Create, 9*time.Second)
	require.GreaterOrEqual(t, other.Create.Min+other.Wait.Create, 43*time.Second)
}
