package services

import (
	"strconv"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	dayMinutes  = 24 * 60
	weekMinutes = 7 * dayMinutes
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// span is a window in minutes on the circle of a week.
type span struct{ start, length int }

func (a span) meets(b span) bool {
	apart := func(from, to int) int { return (to - from + weekMinutes) % weekMinutes }
	return apart(a.start, b.start) < a.length || apart(b.start, a.start) < b.length
}

// clockMinutes reads hh:mi.
func clockMinutes(s string) int {
	h, m, _ := strings.Cut(s, ":")
	hours, _ := strconv.Atoi(h)
	minutes, _ := strconv.Atoi(m)
	return hours*60 + minutes
}

// daily returns the span of a well-formed daily window on the first day of the week.
func daily(window string) span {
	from, to, _ := strings.Cut(window, "-")
	start := clockMinutes(from)
	return span{start, (clockMinutes(to) - start + dayMinutes) % dayMinutes}
}

// weekly returns the span of a well-formed weekly window.
func weekly(window string) span {
	at := func(s string) int {
		day, clock, _ := strings.Cut(s, ":")
		for i, name := range weekdays {
			if strings.EqualFold(name, day) {
				return i*dayMinutes + clockMinutes(clock)
			}
		}
		return 0
	}
	from, to, _ := strings.Cut(window, "-")
	start := at(from)
	return span{start, (at(to) - start + weekMinutes) % weekMinutes}
}

// windowsMeet reports whether a daily window falls into a weekly one on any day.
func windowsMeet(dailyWindow, weeklyWindow string) bool {
	d, w := daily(dailyWindow), weekly(weeklyWindow)
	for range weekdays {
		if d.meets(w) {
			return true
		}
		d.start += dayMinutes
	}
	return false
}

// applyWindows gives a resource the windows it did not ask for and refuses windows that are too short or overlap.
// AWS chooses at random inside a block of hours for each region; here the choice is fixed.
func applyWindows(r *cloud.Resource, dailyPath, weeklyPath string, shortest int, rule string) error {
	if !cloud.Has(r.State, dailyPath) {
		for _, w := range []string{"03:00-04:00", "06:00-07:00"} {
			if r.State[dailyPath] = w; !cloud.Has(r.State, weeklyPath) || !windowsMeet(w, r.Str(weeklyPath)) {
				break
			}
		}
	}
	if !cloud.Has(r.State, weeklyPath) {
		for _, w := range []string{"sat:04:30-sat:05:30", "sat:07:30-sat:08:30"} {
			if r.State[weeklyPath] = w; !windowsMeet(r.Str(dailyPath), w) {
				break
			}
		}
	}
	r.State[weeklyPath] = strings.ToLower(r.Str(weeklyPath)) // as AWS holds it
	d, w := r.Str(dailyPath), r.Str(weeklyPath)
	if daily(d).length < shortest {
		return cloud.Refuse("InvalidParameterValue", rule, "The window %s must be at least %d minutes.", d, shortest)
	}
	if weekly(w).length < shortest {
		return cloud.Refuse("InvalidParameterValue", rule, "The maintenance window %s must be at least %d minutes.", w, shortest)
	}
	if windowsMeet(d, w) {
		return cloud.Refuse("InvalidParameterCombination", rule, "The backup window and maintenance window must not overlap.")
	}
	return nil
}
