package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/progress"
	"github.com/deepstreamhub/platform/internal/report"
	"github.com/deepstreamhub/platform/internal/risk"
)

func (a App) up() *cobra.Command {
	var f flags
	var most string
	var only []string
	var noWait bool
	var page string
	c := &cobra.Command{
		Use:   "up STACK...",
		Short: "Make regions what their configuration says",
		Long: `up makes regions what their configuration says. It shows what would change and asks
before it changes anything, unless --yes is given.

What would change is judged first: nothing, in-place, replaces, interrupts (the database
fails over), disconnects (clients), exposes (takes protection off data, deletes it, or lets
everybody in), blocked (deletes or replaces what is protected). up refuses all stacks when one of them
holds a change above --max-risk, and whatever is blocked: that takes two steps, first a
reviewed up that switches platform.protect off, then the change.

With --only it works on the parts that are named and on nothing else: what they need has to
be there already, and stays as it is.

Afterwards it waits until the regions work, as hub health judges: services run what was
deployed, their targets are healthy, the replacement of hosts has ended, no alarm fires. How
long that may take follows from the sizes. A region that does not work then, or cannot any
more, ends with exit code 6. --no-wait leaves this out.

--report writes what was done as one HTML page that loads nothing: changes, timeline, outputs,
quantities that cost money.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			allowed, err := risk.Parse(most)
			if err != nil {
				return usageError{fmt.Errorf("--max-risk: %w", err), c.CommandPath()}
			}
			return s.up(c.Context(), allowed, only, !noWait, page)
		},
	}
	f.addChange(c)
	addOnly(c, &only)
	c.Flags().StringVar(&most, "max-risk", risk.Disconnects.String(), "the worst class of change that is made")
	c.Flags().StringVar(&page, "report", "", "write what was done, as an HTML page that loads nothing, into this file")
	c.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until the regions work")
	return c
}

func (s *session) up(ctx context.Context, most risk.Class, only []string, verify bool, page string) error {
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
	if err := s.see(ctx); err != nil {
		return err
	}
	sel, err := s.selected(ctx, only)
	if err != nil {
		return err
	}
	if err := s.showAndAsk(ctx, most, sel); err != nil {
		return err
	}
	if page != "" {
		s.recorder = &report.Recorder{}
	}
	began := s.Now()
	plans, err := s.runEach(ctx, false, driver.Up, s.options(sel, deploy.Options{}))
	err = s.ended(ctx, plans, err, verify)
	s.tellRotations(ctx)
	return errors.Join(err, s.writeReport(page, began, plans, err))
}

// ended reports an up that ended with err, or nil, and waits until the regions work.
func (s *session) ended(ctx context.Context, plans []plan.Plan, err error, verify bool) error {
	if !s.json || err != nil || !verify {
		if reportErr := s.report(plans, err); reportErr != nil && err == nil {
			return reportErr
		}
		if err != nil || !verify {
			return errors.Join(err, s.upOutputs(plans, err))
		}
	}
	found, unwell := s.verify(ctx, plans)
	if s.json {
		return errors.Join(unwell, s.reportWith(plans, unwell, func(i int, r *result) { r.Health = found[s.stacks[i]] }))
	}
	return errors.Join(unwell, s.upOutputs(plans, nil))
}

// upOutputs writes the outputs of an up that went through, for people.
func (s *session) upOutputs(plans []plan.Plan, err error) error {
	if err != nil || s.json {
		return nil
	}
	return s.writeOutputs(outputsOf(plans), false)
}

// showAndAsk previews all stacks, judges what would change, shows it and asks whether to go on. Where nothing would
// change there is nothing to ask.
func (s *session) showAndAsk(ctx context.Context, most risk.Class, sel selection) error {
	plans, err := s.runEach(ctx, true, driver.Preview, s.options(sel, deploy.Options{}))
	if err := s.refuse(plans, most, s.withParts(sel, err)); err != nil {
		if s.json {
			return errors.Join(err, s.report(plans, err), s.writeRefusal(err))
		}
		return err
	}
	if err := s.askDoctor(ctx, plans); err != nil {
		return err
	}
	if s.yes {
		return nil
	}
	for _, p := range plans {
		if err := progress.WriteChanges(s.Err, p, true); err != nil {
			return err
		}
		if err := writeRisk(s.Err, s.assess(p)); err != nil {
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
