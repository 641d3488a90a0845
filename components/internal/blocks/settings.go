package blocks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/deepstreamhub/platform/internal/windows"
)

// ParameterProblems returns every problem with parameters by name. Rule is what one of them breaks, empty for nothing.
func ParameterProblems(set map[string]string, rule func(name string) string) (problems []error) {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if broken := rule(name); broken != "" {
			problems = append(problems, fmt.Errorf("parameter %s = %q: %s", name, set[name], broken))
		}
	}
	return problems
}

// WindowProblems returns every problem with a daily window, of what it is for, and the weekly one of maintenance. Shortest is in
// minutes.
func WindowProblems(what, daily, weekly string, shortest int) (problems []error) {
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	broken := windows.Daily(daily, shortest)
	if broken != "" {
		problem("%s window %q: %s", what, daily, broken)
	}
	if rule := windows.Weekly(weekly, shortest); rule != "" {
		problem("maintenance window %q: %s", weekly, rule)
	} else if broken == "" && windows.Overlap(daily, weekly) {
		problem("maintenance window %q: must not overlap the %s window, %s", weekly, what, daily)
	}
	return problems
}
