package sizing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/sizing"
)

// A rolling change never ends more connections in a second than the region takes back, and fits into the time that the
// provider gives it.
func TestRollingChangesStayWithinTheirBudget(t *testing.T) {
	t.Parallel()
	p := derive(t, nil)
	for _, key := range sizing.RollingKeys() {
		r, err := p.Roll(key)
		require.NoError(t, err)
		require.Equal(t, key, r.Key)
		require.LessOrEqual(t, r.PerSecond, p.Input.ReconnectsPerSecond)
		require.Equal(t, p.Input.PeakConnections, r.Clients)
		require.GreaterOrEqual(t, r.Batches*r.AtOnce, r.Count)
		require.Less(t, (r.Batches-1)*r.AtOnce, r.Count)
		limit := p.DeploymentTimeout
		if r.Replaces == "hosts" {
			limit = p.RefreshTimeout
		}
		require.LessOrEqual(t, r.Seconds, limit, key)
		require.Positive(t, r.Seconds)
	}
	for _, key := range []string{"", "network.cidr", "cluster.AMI", "cluster"} {
		_, err := p.Roll(key)
		require.ErrorContains(t, err, "cluster.ami", key)
	}
}
