// Package drift tells what happened to a region behind its state's back from what has to happen there: it judges the plan
// of a refresh and knows neither Pulumi nor AWS calls.
package drift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/blind"
	"github.com/deepstreamhub/platform/internal/plan"
)

// Found is the exit code of a command that found drift.
const Found = 5

// owned are the inputs that something in AWS sets after the program did: the number of tasks, which Application Auto
// Scaling moves, and of hosts, which the capacity provider moves. The program ignores changes of them.
var owned = map[string][]string{
	"aws:ecs/service:Service":     {"desiredCount"},
	"aws:autoscaling/group:Group": {"desiredCapacity"},
}

// Unread is what a check for drift does not read, as the engine's patterns: the values of secrets. Nobody who only looks
// may see them, and a check that asked for them would fail where it runs with such rights.
var Unread = []string{"**aws:secretsmanager/secretVersion:SecretVersion::**"}

// Report is what differs in one stack.
type Report struct {
	Stack   string
	Drifted []plan.Step // what was changed or deleted; Changed holds the inputs that nobody but the program may set
	Scaled  int         // resources that differ only in what scaling owns
	Looked  int         // resources that were looked at
	Unknown []string    // what was not judged, since the state's copy does not know its value: "resource property", sorted
}

// Of judges the plan of a refresh of a state that lacks some values. A property inside of which one is missing is left out
// of the judgement, by name: what AWS says of it would differ from the constant in its place.
func Of(p plan.Plan, lacks ...blind.Secret) Report {
	r := Report{Stack: p.Stack}
	missing := map[string][]string{} // by URN: properties
	for _, s := range lacks {
		if parts := plan.Split(s.Path); len(parts) > 0 {
			missing[s.URN] = append(missing[s.URN], parts[0])
			r.Unknown = append(r.Unknown, s.Name+" "+parts[0])
		}
	}
	slices.Sort(r.Unknown)
	r.Unknown = slices.Compact(r.Unknown)
	for _, s := range p.Steps {
		if s.Component() {
			continue
		}
		r.Looked++
		switch s.Op {
		case plan.OpSame, plan.OpRead, plan.OpRefresh:
			continue
		case plan.OpUpdate:
			before := len(s.Changed)
			s.Changed = without(s.Changed, missing[s.URN])
			if before > 0 && len(s.Changed) == 0 {
				continue
			}
			s.Changed = without(s.Changed, owned[s.Type])
			if before > 0 && len(s.Changed) == 0 {
				r.Scaled++
				continue
			}
		}
		r.Drifted = append(r.Drifted, s)
	}
	return r
}

// without returns the paths that lead into none of the properties.
func without(paths, properties []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return slices.Contains(properties, plan.Split(path)[0]) })
}

// Error is drift as what a command fails with.
type Error struct{ Reports []Report }

// Judge returns an *Error when one of the reports holds drift.
func Judge(reports ...Report) error {
	if !slices.ContainsFunc(reports, func(r Report) bool { return len(r.Drifted) > 0 }) {
		return nil
	}
	return &Error{reports}
}

// Error counts the resources of each stack that drifted.
func (e *Error) Error() string {
	var parts []string
	for _, r := range e.Reports {
		if n := len(r.Drifted); n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d of %d resources are not what its state says", r.Stack, n, r.Looked))
		}
	}
	return "look for drift: " + strings.Join(parts, "; ")
}

// Advice says both ways out.
func (e *Error) Advice() string {
	var stacks []string
	for _, r := range e.Reports {
		if len(r.Drifted) > 0 {
			stacks = append(stacks, r.Stack)
		}
	}
	names := strings.Join(stacks, " ")
	return "Where the change was meant, write it into the stack files first. Then take it into the state, which changes nothing in AWS,\n" +
		"and make the regions what their configuration says:\n" +
		"  hub refresh " + names + "\n  hub preview " + names + "\n  hub up " + names
}

// ExitCode is Found.
func (e *Error) ExitCode() int { return Found }
