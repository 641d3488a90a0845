package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/plan"
)

func (a App) outputs() *cobra.Command {
	var f flags
	var showSecrets bool
	c := &cobra.Command{
		Use:   "outputs STACK...",
		Short: "Print what regions offer, such as their endpoints",
		Args:  someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.outputs(c.Context(), showSecrets)
		},
	}
	f.addRead(c)
	c.Flags().BoolVar(&showSecrets, "show-secrets", false, "print secret values too")
	return c
}

func (s *session) outputs(ctx context.Context, showSecrets bool) error {
	defer s.close()
	if err := s.findEngine(ctx); err != nil {
		return err
	}
	if err := s.open(ctx, true); err != nil {
		return err
	}
	all := make([]map[string]plan.Output, len(s.stacks))
	if err := s.each(func(i int) (err error) {
		all[i], err = s.drivers[i].Outputs(ctx)
		return err
	}); err != nil {
		return s.orInterrupted(ctx, err)
	}
	return s.writeOutputs(all, showSecrets)
}
