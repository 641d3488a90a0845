package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/gate"
	"github.com/deepstreamhub/platform/internal/plan"
)

func (a App) reap() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "reap",
		Short: "Take down the short-lived stacks that have expired",
		Long: `reap looks through all stacks and takes down, with their history, those whose state says
that they have expired (platform.expires). It asks first, unless --yes is given. What is
protected stays: reap names it and does the rest.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.parse(c, f, nil)
			if err != nil {
				return err
			}
			return s.reap(c.Context())
		},
	}
	f.addChange(c)
	return c
}

func (s *session) reap(ctx context.Context) error {
	if err := s.canAsk(); err != nil {
		return err
	}
	expired, err := s.expired(ctx)
	if err != nil {
		s.close()
		return err
	}
	if len(expired) == 0 {
		s.close()
		s.say("No stack has expired.")
		return nil
	}
	s.stacks = expired
	return s.destroy(ctx, true, rest{})
}

// expired finds the stacks whose time is over and that may be destroyed.
func (s *session) expired(ctx context.Context) ([]string, error) {
	defer s.closeStacks()
	if err := s.findEngine(ctx); err != nil {
		return nil, err
	}
	if err := s.listStacks(ctx); err != nil {
		return nil, s.interruptedOnly(ctx, err)
	}
	if len(s.stacks) == 0 {
		return nil, nil
	}
	if err := s.open(ctx, true); err != nil {
		return nil, err
	}
	states := make([]plan.State, len(s.stacks))
	if err := s.each(func(i int) (err error) {
		states[i], err = s.drivers[i].Stored(ctx)
		return err
	}); err != nil {
		return nil, s.orInterrupted(ctx, err)
	}
	var expired []string
	for _, state := range states {
		at, over := gate.Expired(state, s.Now())
		switch err := s.deps.judge(state); {
		case !over:
		case err != nil:
			s.say("%s expired at %s and stays: %s", state.Stack, at.Format(time.RFC3339), strings.SplitN(err.Error(), "\n", 2)[0])
		default:
			s.say("%s expired at %s.", state.Stack, at.Format(time.RFC3339))
			expired = append(expired, state.Stack)
		}
	}
	return expired, nil
}

// listStacks makes all stacks the session's.
func (s *session) listStacks(ctx context.Context) error {
	if s.blank { // its state is in the account
		if err := s.startAWS(); err != nil {
			return err
		}
	}
	t, err := s.target("")
	if err != nil {
		return err
	}
	names, closed, err := s.deps.listStacks(ctx, s.engine, t)
	if err != nil {
		return fmt.Errorf("look for expired stacks: %w", err)
	}
	if len(closed) > 0 {
		s.say("Left alone, because these rights do not reach their state: %s.", strings.Join(closed, ", "))
	}
	slices.Sort(names)
	s.stacks = names
	return nil
}
