package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
)

func (a App) destroy() *cobra.Command {
	var f flags
	var remove bool
	c := &cobra.Command{
		Use:   "destroy STACK...",
		Short: "Take regions down",
		Long: `destroy takes regions down: everything they hold is deleted from the cloud. It goes by the
state, not by the configuration, and does nothing at all if one of the stacks holds
something protected. To take a protected region down, switch platform.protect off in its
stack file, run hub up, then hub destroy.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.destroy(c.Context(), remove)
		},
	}
	f.addChange(c)
	c.Flags().BoolVar(&remove, "remove", false, "remove the empty stack with its history afterwards")
	return c
}

// destroy judges the checkpoint of every stack before it touches any. It asks nothing of the configuration: a broken
// stack file must not keep a region alive.
func (s *session) destroy(ctx context.Context, remove bool) error {
	if err := s.canAsk(); err != nil {
		return err
	}
	defer s.close()
	if err := s.findEngine(ctx); err != nil {
		return err
	}
	states, err := s.judged(ctx)
	if err != nil {
		return err
	}
	for _, state := range states {
		s.say("%s holds %s.", state.Stack, resources(state))
	}
	if err := s.confirm(ctx, "Delete all of it?"); err != nil {
		return err
	}
	if err := s.startAWS(); err != nil {
		return err
	}
	if err := s.open(ctx, true); err != nil {
		return err
	}
	plans, err := s.run(ctx, false, driver.Destroy, deploy.Options{RunProgram: s.readable()})
	if reportErr := s.report(plans, err); reportErr != nil && err == nil {
		return reportErr
	}
	if err != nil || !remove {
		return err
	}
	return s.each(func(i int) error { return s.drivers[i].Remove(ctx) })
}

// readable reports whether the configuration of all stacks can be read, so that the program can run along and repeat
// what AWS refuses only for now. A destroy that has to do without is told of.
func (s *session) readable() bool {
	if err := s.validate(); err != nil {
		s.say("The configuration has problems, so the program does not run along: what AWS refuses only for now is not repeated.")
		return false
	}
	return true
}

// judged reads the checkpoint of every stack and returns them if all may be destroyed. The stacks are opened for that
// alone, before the offline AWS starts: a refusal leaves the cloud and the state as they are, to the byte.
func (s *session) judged(ctx context.Context) ([]plan.State, error) {
	defer s.closeStacks()
	if err := s.open(ctx, true); err != nil {
		return nil, err
	}
	states, verdicts := make([]plan.State, len(s.stacks)), make([]error, len(s.stacks))
	if err := s.each(func(i int) (err error) {
		states[i], err = s.drivers[i].State(ctx)
		return err
	}); err != nil {
		return nil, s.orInterrupted(ctx, err)
	}
	for i, state := range states {
		verdicts[i] = s.deps.judge(state)
	}
	return states, joinStacks(verdicts)
}

// resources says how many things in AWS a stack stands for.
func resources(state plan.State) string {
	n := 0
	for _, r := range state.Resources {
		if r.Custom && !plan.IsComponent(r.Type) {
			n++
		}
	}
	switch n {
	case 0:
		return "nothing"
	case 1:
		return "1 resource"
	}
	return fmt.Sprintf("%d resources", n)
}
