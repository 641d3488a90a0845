package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/progress"
	"github.com/deepstreamhub/platform/internal/risk"
)

var errTwoFormats = errors.New("--markdown and --json: stdout takes one of them")

func (a App) preview() *cobra.Command {
	var f flags
	var markdown bool
	var only []string
	var prices string
	c := &cobra.Command{
		Use:   "preview STACK...",
		Short: "Show what an up would change, and change nothing",
		Long: `preview shows what an up would change, how bad it is for clients and data, and changes
nothing. What up would refuse whatever it is allowed, because it touches protected data, ends
with exit code 3. It works on a copy of the state from which every secret was taken, so it decrypts
none and can show none. With --markdown it writes that as the comment of a pull request, with the
engine's own diff folded below: one comment a stack, each with a hidden first line by which a later
run finds it. With --prices it says what the change adds to the month's bill, or saves.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			if markdown && f.json {
				return usageError{errTwoFormats, c.CommandPath()}
			}
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.preview(c.Context(), markdown, only, prices)
		},
	}
	f.addRun(c)
	addOnly(c, &only)
	addPrices(c, &prices)
	c.Flags().BoolVar(&markdown, "markdown", false, "write the comment of a pull request to stdout")
	return c
}

func (s *session) preview(ctx context.Context, markdown bool, only []string, file string) error {
	if err := s.validate(); err != nil {
		return err
	}
	prices, err := s.readPrices(file)
	if err != nil {
		return err
	}
	defer s.close()
	s.blind = true
	if err := s.start(ctx, false); err != nil {
		return err
	}
	sel, err := s.selected(ctx, only)
	if err != nil {
		return err
	}
	plans, err := s.runEach(ctx, true, driver.Preview, s.options(sel, deploy.Options{Diff: markdown}))
	failure := s.withParts(sel, err)
	err = s.refuse(plans, risk.Blocked, failure) // what up refuses whatever it is allowed
	if s.json {
		if reportErr := s.reportWith(plans, err, s.addCost(prices, plans)); reportErr != nil && err == nil {
			return reportErr
		}
	}
	if markdown {
		return errors.Join(err, s.writeComments(plans, failure, prices))
	}
	if s.json || failure != nil {
		return err
	}
	for _, p := range plans {
		if err := progress.WriteChanges(s.Out, p, false); err != nil {
			return err
		}
		if err := writeRisk(s.Out, s.assess(p)); err != nil {
			return err
		}
	}
	if err := errors.Join(err, s.writeCosts(prices, plans)); err != nil {
		return err
	}
	if !unchanged(plans) {
		s.say("Make these changes with: %s", s.again("up", onlyFlag(only)...))
	}
	return nil
}
