package windows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/windows"
)

func TestDaily(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		windows.Backup: "", "02:00-02:30": "", "23:45-00:15": "", "00:00-23:59": "",
		"02:00-02:29": "30 minutes or more, not 29", "02:00-02:00": "not 0", "23:45-00:14": "not 29",
		"": "hh24:mi-hh24:mi", "2:00-3:00": "hh24:mi-hh24:mi", "24:00-01:00": "hh24", "02:00": "hh24", "02:60-03:30": "hh24", " 02:00-03:00": "hh24",
		"sun:02:00-sun:03:00": "hh24",
	} {
		holds(t, text, windows.Daily(text, 30), want)
	}
	holds(t, "an hour", windows.Daily("02:00-02:59", windows.ShortestOfElastiCache), "60 minutes or more, not 59")
	holds(t, "an hour", windows.Daily("02:00-03:00", windows.ShortestOfElastiCache), "")
}

func TestWeekly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		windows.Maintenance: "", "sun:03:30-sun:04:00": "", "sat:23:45-sun:00:15": "", "mon:00:00-tue:00:00": "",
		"sun:03:30-sun:03:59": "30 minutes or more, not 29", "sun:03:30-sun:03:30": "not 0", "mon:00:00-tue:00:01": "a day at most, not 1441",
		"sun:03:30-sun:03:00": "a day at most",
		"":                    "ddd:hh24:mi", "03:30-04:30": "ddd", "Sun:03:30-Sun:04:30": "lower case", "sunday:03:30-sunday:04:30": "ddd", "sun:3:30-sun:4:30": "ddd",
	} {
		holds(t, text, windows.Weekly(text, 30), want)
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		daily, weekly string
		want          bool
	}{
		{windows.Backup, windows.Maintenance, false},
		{"02:00-03:30", "sun:03:30-sun:04:30", false}, // one ends as the other begins
		{"02:00-03:31", "sun:03:30-sun:04:30", true},
		{"04:29-05:00", "wed:03:30-wed:04:30", true},
		{"04:30-05:00", "wed:03:30-wed:04:30", false},
		{"03:45-04:15", "sat:03:30-sat:04:30", true}, // within
		{"23:30-00:30", "sun:00:00-sun:01:00", true}, // over midnight, and from one week into the next
		{"23:00-23:59", "sat:23:30-sun:00:30", true},
		{"00:15-00:45", "sat:23:30-sun:00:30", true},
		{"12:00-12:30", "mon:13:00-tue:12:30", true},
		{"12:00-12:30", "mon:13:00-tue:12:00", false},
	} {
		require.Equal(t, c.want, windows.Overlap(c.daily, c.weekly), "%s and %s", c.daily, c.weekly)
	}
}

// holds requires that a rule speaks of something, or that there is none.
func holds(t *testing.T, of, rule, want string) {
	t.Helper()
	if want == "" {
		require.Empty(t, rule, of)
		return
	}
	require.Contains(t, rule, want, of)
}
