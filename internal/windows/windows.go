// Package windows holds the hours in which AWS backs up and maintains what keeps data. All times are UTC.
package windows

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The week's quiet hours of eu-central-1 and us-east-1: Sunday night. What nobody chooses hours for gets these.
const (
	Backup      = "02:00-03:00"
	Maintenance = "sun:03:30-sun:04:30"
)

// The shortest windows, in minutes.
const (
	ShortestOfAurora      = 30 // RDS API, CreateDBCluster: PreferredBackupWindow and PreferredMaintenanceWindow
	ShortestOfElastiCache = 60 // ElastiCache API, CreateReplicationGroup: SnapshotWindow and PreferredMaintenanceWindow
)

const (
	dayMinutes  = 24 * 60
	weekMinutes = 7 * dayMinutes
)

var (
	days    = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	daily   = regexp.MustCompile(`^` + clock + `-` + clock + `$`)
	weekly  = regexp.MustCompile(`^` + weekday + `:` + clock + `-` + weekday + `:` + clock + `$`)
	clock   = `([01][0-9]|2[0-3]):([0-5][0-9])`
	weekday = `(` + strings.Join(days, "|") + `)`
)

// Daily returns the rule that a daily window breaks, such as 02:00-03:00; empty where it breaks none. Shortest is in minutes.
func Daily(text string, shortest int) string {
	from, to, ok := ends(daily, text)
	switch length := (to - from + dayMinutes) % dayMinutes; {
	case !ok:
		return "must be a daily window in UTC, hh24:mi-hh24:mi, such as " + Backup
	case length < shortest:
		return fmt.Sprintf("must last %d minutes or more, not %d", shortest, length)
	}
	return ""
}

// Weekly returns the rule that a weekly window breaks, such as sun:03:30-sun:04:30; empty where it breaks none. A window lasts
// a day at most (Amazon ElastiCache User Guide, "Managing maintenance").
func Weekly(text string, shortest int) string {
	from, to, ok := ends(weekly, text)
	switch length := (to - from + weekMinutes) % weekMinutes; {
	case !ok:
		return "must be a weekly window in UTC, ddd:hh24:mi-ddd:hh24:mi in lower case, such as " + Maintenance
	case length < shortest:
		return fmt.Sprintf("must last %d minutes or more, not %d", shortest, length)
	case length > dayMinutes:
		return fmt.Sprintf("must last a day at most, not %d minutes", length)
	}
	return ""
}

// Overlap reports whether a daily window and a weekly one have a minute of any day in common, which AWS refuses (RDS API,
// CreateDBCluster: PreferredBackupWindow). Both must be such as Daily and Weekly take.
func Overlap(dailyWindow, weeklyWindow string) bool {
	from, to, _ := ends(daily, dailyWindow)
	begin, end, _ := ends(weekly, weeklyWindow)
	length, long := (to-from+dayMinutes)%dayMinutes, (end-begin+weekMinutes)%weekMinutes
	for range days {
		if (begin-from+weekMinutes)%weekMinutes < length || (from-begin+weekMinutes)%weekMinutes < long {
			return true
		}
		from += dayMinutes
	}
	return false
}

// ends are the two ends of a window, in minutes of the day or of the week.
func ends(form *regexp.Regexp, text string) (from, to int, ok bool) {
	m := form.FindStringSubmatch(text)
	if m == nil {
		return 0, 0, false
	}
	half := len(m) / 2
	return minutes(m[1 : 1+half]), minutes(m[1+half:]), true
}

// minutes reads a day, if there is one, an hour and a minute.
func minutes(parts []string) int {
	n := 0
	if len(parts) == 3 {
		n, parts = slices.Index(days, parts[0])*dayMinutes, parts[1:]
	}
	hour, _ := strconv.Atoi(parts[0])
	minute, _ := strconv.Atoi(parts[1])
	return n + hour*60 + minute
}
