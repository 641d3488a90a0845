package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/remains"
)

// remaining says what is left of each stack after a destroy, also of one that failed on its way or was interrupted, and of those
// that were cut off before it. A state that cannot be read tells nothing, and the destroy's own error tells why.
func (s *session) remaining(ctx context.Context, before []plan.State) []remains.Remains {
	left := make([]remains.Remains, len(before))
	ctx = context.WithoutCancel(ctx)
	err := s.each(func(i int) error {
		was := before[i]
		after, err := s.drivers[i].Stored(ctx)
		if err == nil && len(was.Resources) > 0 {
			was, err = s.withEarlier(ctx, i, was)
		}
		if err != nil {
			return err
		}
		left[i] = remains.Of(was, after)
		return nil
	})
	if err != nil {
		s.say("What survives cannot be told: %v", err)
	}
	return left
}

// withEarlier adds to what a stack held before a destroy what those before that one took.
func (s *session) withEarlier(ctx context.Context, i int, was plan.State) (plan.State, error) {
	whole, err := s.drivers[i].Whole(ctx)
	known := map[string]bool{}
	for _, r := range was.Resources {
		known[r.URN] = true
	}
	for _, r := range whole.Resources {
		if !known[r.URN] {
			was.Resources = append(was.Resources[:len(was.Resources):len(was.Resources)], r)
		}
	}
	return was, err
}

// writeRemains writes what is left of each stack, and how its data comes back.
func (s *session) writeRemains(left []remains.Remains) error {
	var b strings.Builder
	for _, r := range left {
		if len(r.Things) > 0 {
			fmt.Fprintf(&b, "%s leaves:\n", r.Stack)
		}
		for _, t := range r.Things {
			fmt.Fprintf(&b, "  %s\n", t)
		}
		if r.RestoreFrom != "" {
			file, _ := s.readStackFile(r.Stack) // one that is gone has no group
			below, lines := r.Lines(s.organisation.Project(), config.HasGroup(s.organisation.Project(), file, "database"))
			fmt.Fprintf(&b, "To begin again with this data, put this below %q in Pulumi.%s.yaml, then run: %s\n%s\n",
				below, r.Stack, s.againOn(r.Stack, "up"), strings.Join(lines, "\n"))
		}
	}
	if _, err := io.WriteString(s.Out, b.String()); err != nil {
		return fmt.Errorf("write what is left: %w", err)
	}
	return nil
}

// againOn is the command line of another command on one of the stacks.
func (s *session) againOn(stack, command string) string {
	return s.command(command + " " + stack)
}
