package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
)

// verify waits, after an up that made some plans, until the stacks work, and returns how each is. A stack without a service has
// nothing to ask about. The error is that of a stack that does not work, or of not being able to tell.
func (s *session) verify(ctx context.Context, plans []plan.Plan) (map[string]*wellness, error) {
	all, parts := s.stacks, []health.Parts{}
	var stacks []string
	for i, stack := range all {
		state, err := s.drivers[i].Stored(ctx)
		if err != nil {
			return nil, s.unverified(ctx, fmt.Errorf("read what was deployed: %w", err))
		}
		if p := health.From(state); len(p) > 0 {
			stacks, parts = append(stacks, stack), append(parts, p)
		}
	}
	if len(stacks) == 0 {
		return nil, nil
	}
	looked := &session{App: s.App, flags: s.flags, verb: s.verb, stacks: stacks, behaves: s.behaves, cloud: s.cloud}
	found, err := looked.untilWell(ctx, parts, s.settling())
	if err != nil {
		return nil, s.unverified(ctx, err)
	}
	byStack, bad := map[string]*wellness{}, []error{}
	for i, w := range found {
		byStack[w.Stack] = &found[i]
		if !w.Healthy {
			made := slices.ContainsFunc(plans, func(p plan.Plan) bool { return p.Stack == w.Stack && len(p.Changes()) > 0 })
			bad = append(bad, unsettledError{w, made, s.again("health", "--wait", s.settle.String())})
		}
	}
	return byStack, joinStacks(bad)
}

// settling is how long the stacks may take to settle. Nothing does in an offline AWS in which nothing takes time.
func (s *session) settling() time.Duration { return time.Duration(float64(s.settle) * s.pace()) }

// pace is how many seconds a second of AWS takes.
func (s *session) pace() float64 {
	if s.offline {
		return s.behaves.Scale
	}
	return 1
}

// unverified is the error of an up after which nobody could tell whether the region works, or did not wait for it.
func (s *session) unverified(ctx context.Context, err error) error {
	advice := "All changes were made. Look whether the region works with: " + s.again("health")
	if ctx.Err() != nil {
		return endedError{"interrupted while waiting for the region to work", advice, exitInterrupted}
	}
	return explainedError{fmt.Errorf("look whether the region works: %w", err), advice}
}

// unsettledError is a region that does not work after an up.
type unsettledError struct {
	wellness
	made  bool   // the up changed something
	again string // the command that looks again
}

func (e unsettledError) Error() string {
	lines := []string{"up " + e.Stack + ": all changes were made, but the region does not work"}
	for _, p := range e.Problems {
		lines = append(lines, "  "+p.What)
	}
	return strings.Join(lines, "\n")
}

// Advice says what that means, and both ways on. Where nothing was changed, and AWS took nothing back, there is no way back.
func (e unsettledError) Advice() string {
	way := "\nWay back: revert the change in Pulumi." + e.Stack + ".yaml and run: hub up " + e.Stack
	switch {
	case slices.ContainsFunc(e.Problems, func(p health.Problem) bool { return p.Final }):
		return "Waiting does not help any more. What AWS took back runs as it was before; the configuration has to follow." + way
	case e.made:
		return "Look again, should it only take longer: " + e.again + way
	}
	return "This up changed nothing, so there is nothing to take back. See what was changed by hand with: hub drift " + e.Stack + "\n" +
		"Where nothing was, AWS has to mend it (docs/incidents.md): wait, and look again: " + e.again
}

// ExitCode is exitUnhealthy.
func (e unsettledError) ExitCode() int { return exitUnhealthy }
