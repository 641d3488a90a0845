package progress

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/plan"
)

// word says how an operation is spoken of: while it runs, when it is done, and when it is only planned.
type word struct{ doing, done, planned string }

var words = map[plan.Op]word{
	plan.OpSame:    {"checking", "unchanged", "unchanged"},
	plan.OpCreate:  {"creating", "created", "to create"},
	plan.OpUpdate:  {"updating", "updated", "to update"},
	plan.OpReplace: {"replacing", "replaced", "to replace"},
	plan.OpDelete:  {"deleting", "deleted", "to delete"},
	plan.OpRead:    {"reading", "read", "to read"},
	plan.OpRefresh: {"refreshing", "refreshed", "to refresh"},
	plan.OpImport:  {"importing", "imported", "to import"},
}

// order is the order in which counts are told.
var order = []plan.Op{
	plan.OpCreate, plan.OpImport, plan.OpUpdate, plan.OpReplace, plan.OpDelete, plan.OpRefresh, plan.OpRead, plan.OpSame,
}

func (w word) past(preview bool) string {
	if preview {
		return w.planned
	}
	return w.done
}

// wordFor falls back to the engine's own word for an operation this package has not heard of.
func wordFor(op plan.Op) word {
	if w, ok := words[op]; ok {
		return w
	}
	return word{string(op), string(op), string(op)}
}

// tally tells the counts: "31 created, 2 unchanged". It is empty when there is nothing to count.
func tally(counts map[plan.Op]int, preview bool) string {
	var parts []string
	for _, op := range order {
		if n := counts[op]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, wordFor(op).past(preview)))
		}
	}
	var other []string
	for op, n := range counts {
		if _, known := words[op]; !known && n > 0 {
			other = append(other, fmt.Sprintf("%d %s", n, op))
		}
	}
	sort.Strings(other)
	return strings.Join(append(parts, other...), ", ")
}

// Elapsed writes a duration as people read it, in whole seconds: 7s, 1m04s, 2h05m.
func Elapsed(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	switch {
	case s < 0:
		return "0s"
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	default:
		return fmt.Sprintf("%dh%02dm", s/3600, s%3600/60)
	}
}

// lines writes the failure for people: what failed and where, what was said, and what else was under way, which is
// where a wait that came to nothing is to be looked for.
func (f Failure) lines() []string {
	what := "the stack failed"
	if f.Step.URN != "" && f.Step.Type != stackType && f.Step.Name != "" {
		what = fmt.Sprintf("%s (%s)", f.Step.Name, f.Step.Type)
		if f.Step.Op != "" {
			what += ": " + wordFor(f.Step.Op).doing + " it failed"
		} else {
			what += " failed"
		}
	}
	if f.Took > 0 {
		what += " after " + Elapsed(f.Took)
	}
	place := f.Stack
	if f.Tier != "" && f.Tier != f.Step.Name {
		place += " " + f.Tier
	}
	out := []string{"FAILED " + place + ": " + what}
	for _, l := range strings.Split(strings.TrimSpace(f.Message), "\n") {
		out = append(out, "    "+strings.TrimRight(strings.ReplaceAll(l, "\t", "  "), " \r"))
	}
	if len(f.Beside) > 0 {
		names := make([]string, 0, len(f.Beside))
		for _, i := range f.Beside {
			names = append(names, i.Step.Name)
		}
		const most = 6
		if len(names) > most {
			names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
		}
		out = append(out, "    Under way beside it: "+strings.Join(names, ", "))
	}
	return out
}
