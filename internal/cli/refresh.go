package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/progress"
)

func (a App) refresh() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "refresh STACK...",
		Short: "Make the state what the cloud says",
		Long: `refresh reads every resource from the cloud and writes what it finds into the state. The
cloud itself is not changed. It shows the differences and asks first, unless --yes is given.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.refresh(c.Context())
		},
	}
	f.addChange(c)
	return c
}

// refresh goes by the state alone; the configuration has no say in it.
func (s *session) refresh(ctx context.Context) error {
	if err := s.canAsk(); err != nil {
		return err
	}
	defer s.close()
	if err := s.start(ctx, true); err != nil {
		return err
	}
	if !s.yes {
		plans, err := s.run(ctx, true, driver.Refresh, deploy.Options{PreviewOnly: true})
		if err != nil {
			return err
		}
		for _, p := range plans {
			if err := progress.WriteChanges(s.Err, p, false); err != nil {
				return err
			}
		}
		if !unchanged(plans) {
			if err := s.confirm(ctx, fmt.Sprintf("Write this into the state of %s?", strings.Join(s.stacks, " and "))); err != nil {
				return err
			}
		}
	}
	plans, err := s.run(ctx, false, driver.Refresh, deploy.Options{})
	if reportErr := s.report(plans, err); reportErr != nil && err == nil {
		return reportErr
	}
	if err == nil && !unchanged(plans) {
		s.say("Bring the cloud back to the configuration with: %s", s.again("up"))
	}
	return err
}
