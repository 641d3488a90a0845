package aurora_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/aurora"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	all := aurora.Versions()
	require.Equal(t, "14.6", all[0])
	require.Less(t, slices.Index(all, "16.9"), slices.Index(all, "16.10"), "numbers, not text")
	require.Len(t, slices.Compact(slices.Clone(all)), len(all), "each once")
	for _, v := range all {
		require.True(t, aurora.Known(v))
		require.Positive(t, aurora.Major(v))
	}
	for _, v := range []string{"", "16", "16.99", "9.6", "16.8.1"} {
		require.False(t, aurora.Known(v), v)
	}
	require.Equal(t, 16, aurora.Major("16.8"))
	require.Zero(t, aurora.Major("aurora"))
	require.True(t, aurora.Less("16.9", "16.10"))
	require.False(t, aurora.Less("16.8", "16.8"))
}

// The rows are those of AWS's table, and what it leaves out.
func TestUpgradable(t *testing.T) {
	t.Parallel()
	for from, targets := range map[string][]string{
		"16.8": {"16.9", "16.10", "17.4", "17.5", "17.6", "18.3"},
		"16.9": {"16.10", "17.5", "17.6"},
		"17.4": {"17.5", "17.6"},
		"14.6": {"14.17", "15.12", "16.8", "17.7"},
	} {
		for _, to := range targets {
			require.True(t, aurora.Upgradable(from, to), "%s to %s", from, to)
		}
	}
	for _, pair := range [][2]string{{"16.9", "17.4"}, {"16.11", "17.6"}, {"16.8", "16.8"}, {"17.5", "16.11"}, {"16.9", "16.8"}, {"16.8", "17.99"}, {"9.6", "17.5"}} {
		require.False(t, aurora.Upgradable(pair[0], pair[1]), "%s to %s", pair[0], pair[1])
	}
}
