package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/progress"
)

func (a App) preview() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "preview STACK...",
		Short: "Show what an up would change, and change nothing",
		Args:  someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.preview(c.Context())
		},
	}
	f.addRun(c)
	return c
}

func (s *session) preview(ctx context.Context) error {
	if err := s.validate(); err != nil {
		return err
	}
	defer s.close()
	if err := s.start(ctx, false); err != nil {
		return err
	}
	plans, err := s.run(ctx, true, driver.Preview, deploy.Options{})
	if s.json {
		if reportErr := s.report(plans, err == nil); reportErr != nil && err == nil {
			return reportErr
		}
	}
	if err != nil || s.json {
		return err
	}
	for _, p := range plans {
		if err := progress.WriteChanges(s.Out, p, false); err != nil {
			return err
		}
	}
	if !unchanged(plans) {
		s.say("Make these changes with: %s", s.again("up"))
	}
	return nil
}
