package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/progress"
)

func (a App) up() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "up STACK...",
		Short: "Make regions what their configuration says",
		Long: `up makes regions what their configuration says. It shows what would change and asks
before it changes anything, unless --yes is given.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.up(c.Context())
		},
	}
	f.addChange(c)
	return c
}

func (s *session) up(ctx context.Context) error {
	if err := s.validate(); err != nil {
		return err
	}
	if err := s.canAsk(); err != nil {
		return err
	}
	defer s.close()
	if err := s.start(ctx, false); err != nil {
		return err
	}
	if !s.yes {
		if err := s.showAndAsk(ctx); err != nil {
			return err
		}
	}
	plans, err := s.run(ctx, false, driver.Up, deploy.Options{})
	if reportErr := s.report(plans, err == nil); reportErr != nil && err == nil {
		return reportErr
	}
	if err != nil || s.json {
		return err
	}
	return s.writeOutputs(outputsOf(plans), false)
}

// showAndAsk previews all stacks, shows what would change and asks whether to go on. Where nothing would change there
// is nothing to ask.
func (s *session) showAndAsk(ctx context.Context) error {
	plans, err := s.run(ctx, true, driver.Preview, deploy.Options{})
	if err != nil {
		return err
	}
	for _, p := range plans {
		if err := progress.WriteChanges(s.Err, p, true); err != nil {
			return err
		}
	}
	if unchanged(plans) {
		return nil
	}
	return s.confirm(ctx, "Make these changes?")
}

func outputsOf(plans []plan.Plan) []map[string]plan.Output {
	out := make([]map[string]plan.Output, len(plans))
	for i, p := range plans {
		out[i] = p.Outputs
	}
	return out
}
