package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestWindowsMeet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		daily, weekly string
		want          bool
	}{
		{"02:00-03:00", "sun:03:30-sun:04:30", false},
		{"02:00-03:30", "sun:03:30-sun:04:30", false},
		{"02:00-03:31", "sun:03:30-sun:04:30", true},
		{"04:00-05:00", "wed:03:30-wed:04:30", true},
		{"23:30-00:30", "sat:23:00-sun:00:00", true},
		{"23:30-00:30", "sun:00:10-sun:01:00", true},
		{"23:30-00:30", "thu:00:30-thu:01:30", false},
		{"12:00-13:00", "mon:22:00-tue:13:00", true},
	} {
		require.Equal(t, c.want, windowsMeet(c.daily, c.weekly), "%s and %s", c.daily, c.weekly)
	}
}

func TestChosenWindowsNeverMeet(t *testing.T) {
	t.Parallel()
	for _, given := range []cloud.Map{
		{}, {"d": "04:00-05:00"}, {"d": "05:00-05:30"}, {"w": "sun:03:30-sun:04:30"}, {"w": "sun:00:00-sun:04:00"}, {"w": "MON:03:00-MON:04:00"},
	} {
		r := &cloud.Resource{State: cloud.Clone(given)}
		require.NoError(t, applyWindows(r, "d", "w", 30, "test"), given)
	}
}
