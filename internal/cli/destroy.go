package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/progress"
	"github.com/deepstreamhub/platform/internal/remains"
)

func (a App) destroy() *cobra.Command {
	var f flags
	var remove bool
	var r rest
	c := &cobra.Command{
		Use:   "destroy STACK...",
		Short: "Take regions down",
		Long: `destroy takes regions down: everything they hold is deleted from the cloud. It goes by the
state, not by the configuration, and does nothing at all if one of the stacks holds
something protected. To take a protected region down, switch platform.protect off in its
stack file, run hub up --max-risk exposes, then hub destroy.

It ends with what survives on purpose, and with the lines of the stack file from which the
data comes back.

With --only it takes the parts that are named, and is refused where others stand on them.
With --keep-data it takes all but what is protected and what that stands on; the next hub up
joins both again.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			if err := r.check(remove); err != nil {
				return usageError{err, c.CommandPath()}
			}
			return s.destroy(c.Context(), remove, r)
		},
	}
	f.addChange(c)
	addOnly(c, &r.only)
	c.Flags().BoolVar(&r.keepData, "keep-data", false, "leave what is protected and what it stands on")
	c.Flags().BoolVar(&remove, "remove", false, "remove the empty stack with its history afterwards, and the stack file of a short-lived one")
	return c
}

// destroy judges the checkpoint of every stack before it touches any. It asks nothing of the configuration: a broken
// stack file must not keep a region alive.
func (s *session) destroy(ctx context.Context, remove bool, r rest) error {
	if err := s.canAsk(); err != nil {
		return err
	}
	defer s.close()
	if err := s.findEngine(ctx); err != nil {
		return err
	}
	states, err := s.judged(ctx, r)
	if err != nil {
		return err
	}
	sel := selection{only: r.only}
	for _, state := range states {
		s.say("%s holds %s.", state.Stack, resources(state))
		if len(r.only) > 0 {
			sel.parts = append(sel.parts, state.Parts())
		}
	}
	if err := s.unknownParts(sel); err != nil {
		return err
	}
	if r.whole() {
		if err := s.confirm(ctx, "Delete all of it?"); err != nil {
			return err
		}
	}
	if err := s.startAWS(); err != nil {
		return err
	}
	if err := s.open(ctx, true); err != nil {
		return err
	}
	options := make([]deploy.Options, len(states))
	for i, state := range states {
		options[i], _ = r.of(state)
		options[i].Judged = s.seen[i]
	}
	if !r.whole() {
		if err := s.showDeletions(ctx, sel, options); err != nil {
			return err
		}
	}
	destroy := driver.TakeDown
	if len(r.only) > 0 {
		destroy = driver.Destroy
	}
	plans, err := s.runEach(ctx, false, destroy, options)
	failed := byStack(err)
	left := s.remaining(ctx, states)
	for i, p := range plans {
		if neverBegan(p, failed[p.Stack]) {
			left[i] = remains.Remains{}
		}
	}
	reportErr := s.reportWith(plans, err, func(i int, r *result) { r.Remains = &left[i] })
	if reportErr == nil && !s.json {
		reportErr = s.writeRemains(left)
	}
	if reportErr != nil && err == nil {
		return reportErr
	}
	if !remove {
		return err
	}
	return joinStacks([]error{err, s.removeEmpty(ctx, failed)})
}

// removeEmpty removes the stacks whose destroy went well, after an interrupt too: nothing that is left in one says any more that
// it has expired.
func (s *session) removeEmpty(ctx context.Context, failed map[string]error) error {
	ctx = context.WithoutCancel(ctx)
	return s.each(func(i int) error {
		if failed[s.stacks[i]] != nil || failed[""] != nil { // it may still hold something
			return nil
		}
		if err := s.drivers[i].Remove(ctx); err != nil {
			return err
		}
		return s.removeStackFile(s.stacks[i])
	})
}

// showDeletions previews the destroy of a part, shows what would go and asks. The engine refuses in it what stands on the
// part and is none of it.
func (s *session) showDeletions(ctx context.Context, sel selection, options []deploy.Options) error {
	only := slices.Clone(options)
	for i := range only {
		only[i].PreviewOnly = true
	}
	plans, err := s.runEach(ctx, true, driver.Destroy, only)
	if err != nil {
		return s.withParts(sel, err)
	}
	for _, p := range plans {
		s.say("%s", progress.Summary(p))
		if s.yes {
			continue
		}
		if err := progress.WriteChanges(s.Err, p, true); err != nil {
			return err
		}
	}
	return s.confirm(ctx, "Delete this?")
}

// judged reads the checkpoint of every stack and returns them if all may be destroyed. The stacks are opened for that
// alone, before the offline AWS starts: a refusal leaves the cloud and the state as they are, to the byte.
func (s *session) judged(ctx context.Context, r rest) ([]plan.State, error) {
	defer s.closeStacks()
	if err := s.open(ctx, true); err != nil {
		return nil, err
	}
	if err := s.see(ctx); err != nil {
		return nil, err
	}
	states, verdicts := make([]plan.State, len(s.stacks)), make([]error, len(s.stacks))
	if err := s.each(func(i int) (err error) {
		states[i], err = s.drivers[i].Stored(ctx)
		return err
	}); err != nil {
		return nil, s.orInterrupted(ctx, err)
	}
	for i, state := range states {
		_, taken := r.of(state)
		verdicts[i] = s.deps.judge(taken)
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
