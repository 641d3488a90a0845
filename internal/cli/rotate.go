package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/risk"
)

// rotated are the tiers whose password can be changed, each with the parts that a rotation works on.
var rotated = map[string][]string{
	program.BusTier:      {"bus", "service"}, // tasks are replaced while both passwords are valid
	program.DatabaseTier: {"database"},       // tasks read the password again when they open a connection
}

var rotatedTiers = []string{program.BusTier, program.DatabaseTier}

func (a App) rotate() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "rotate bus|database STACK",
		Short: "Change the password of a region's bus or database",
		Long: `rotate gives the bus or the database of a region that runs another password, without
locking out a client and without losing an acknowledged write. It shows what would change and
asks first, unless --yes is given.

The bus takes both passwords until all tasks were replaced, which hands their clients over as
any deployment does. The database's is changed under open connections; a server whose new
connection is refused reads the secret again. Before the old password ends it waits until the
region works, as hub up does.

A rotation that did not come to its end is taken up where it is by running it again. A hub up
meanwhile locks nobody out, and leaves the old password of the bus valid.`,
		Example: "  hub rotate bus prod-eu\n  hub rotate database prod-eu --offline --yes",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 || !slices.Contains(rotatedTiers, args[0]) {
				return fmt.Errorf("name what has a password, %s, and one stack", strings.Join(rotatedTiers, " or "))
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return rotatedTiers, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.parse(c, f, args[1:])
			if err != nil {
				return err
			}
			return s.rotate(c.Context(), args[0])
		},
	}
	f.addChange(c)
	return c
}

// rotate changes the password of one tier of the session's one stack: a run that makes a new one and has everybody learn of
// it, a look whether the region works, and a run after which the one before is valid no more. How far it came is in the state.
func (s *session) rotate(ctx context.Context, tier string) error {
	if err := s.validate(); err != nil {
		return err
	}
	if err := s.canAsk(); err != nil {
		return err
	}
	defer s.close()
	if err := s.start(ctx, true); err != nil {
		return err
	}
	underWay, err := s.rotating(ctx, tier)
	if err != nil {
		return err
	}
	if underWay {
		s.say("%s: a rotation of the %s is under way: finishing that one.", s.stacks[0], tier)
	} else {
		s.rotation = program.Rotation{Tier: tier, Step: program.BeginRotation}
	}
	plans, err := s.rotationStep(ctx, tier, true)
	if err != nil {
		return s.halfRotated(tier, err)
	}
	found, unwell := s.verify(ctx, plans)
	err = s.reportWith(plans, unwell, func(i int, r *result) { r.Health = found[s.stacks[i]] })
	if err = errors.Join(unwell, err); err != nil {
		return s.halfRotated(tier, err)
	}
	s.rotation = program.Rotation{Tier: tier, Step: program.FinishRotation}
	if plans, err = s.rotationStep(ctx, tier, false); err != nil {
		return s.halfRotated(tier, err)
	}
	return s.ended(ctx, plans, nil, true)
}

// rotating reports whether a rotation of a tier's password is under way. It is refused where there is no password yet, and
// while one of another tier is under way: what does not work then would have two causes.
func (s *session) rotating(ctx context.Context, tier string) (bool, error) {
	stack := s.stacks[0]
	state, err := s.drivers[0].Stored(ctx)
	if err != nil {
		return false, fmt.Errorf("read what was deployed: %w", err)
	}
	there, underWay := program.Rotates(state, tier)
	if !there {
		return false, refused(fmt.Sprintf("rotate %s %s: nothing is deployed that has a password", tier, stack), "Bring the region up first: "+s.again("up"))
	}
	for _, other := range rotatedTiers {
		if _, also := program.Rotates(state, other); also && other != tier {
			return false, refused(fmt.Sprintf("rotate %s %s: a rotation of the %s is under way", tier, stack, other),
				"Nothing was touched. Finish that one first: "+s.again("rotate "+other))
		}
	}
	return underWay, nil
}

// tellRotations says which passwords are half way to another one: an up leaves them there.
func (s *session) tellRotations(ctx context.Context) {
	for i, stack := range s.stacks {
		state, err := s.drivers[i].Stored(ctx)
		if err != nil {
			continue // whoever changes something hears of it
		}
		for _, tier := range rotatedTiers {
			if _, underWay := program.Rotates(state, tier); underWay {
				s.say("%s: a rotation of the %s is under way, and the password before may still be valid. Finish it: %s", stack, tier, s.againOn(stack, "rotate "+tier))
			}
		}
	}
}

// rotationStep runs the program on the parts that a rotation works on, as hub up --only does.
func (s *session) rotationStep(ctx context.Context, tier string, ask bool) ([]plan.Plan, error) {
	s.seen = nil
	if ask {
		if err := s.see(ctx); err != nil {
			return nil, err
		}
	}
	sel, err := s.selected(ctx, rotated[tier])
	if e, ok := errors.AsType[lacking](err); ok {
		err = refused(fmt.Sprintf("rotate %s %s: nothing is there yet in: %s", tier, e.stack, strings.Join(e.parts, ", ")),
			"Nothing was touched. Make the region whole first: "+s.again("up"))
	}
	if err != nil {
		return nil, err
	}
	if ask {
		if err := s.showAndAsk(ctx, risk.Disconnects, sel); err != nil {
			return nil, err
		}
	}
	plans, err := s.runEach(ctx, false, driver.Up, s.options(sel, deploy.Options{}))
	if err != nil {
		err = errors.Join(err, s.report(plans, err))
	}
	return plans, err
}

// halfRotated adds the way on to the error of a rotation that did not come to its end, once something was changed.
func (s *session) halfRotated(tier string, err error) error {
	state, readErr := s.drivers[0].Stored(context.Background()) // an interrupt has ended the command's
	if readErr != nil {
		return err
	}
	if _, underWay := program.Rotates(state, tier); underWay {
		return rotationError{err, s.again("rotate " + tier)}
	}
	return err
}

// rotationError is the error at which a rotation stopped half way.
type rotationError struct {
	error
	again string
}

func (e rotationError) Unwrap() error { return e.error }

// Advice goes on after what the error advises.
func (e rotationError) Advice() string {
	way := "The rotation is under way and locks nobody out. Take it up where it is: " + e.again
	var advised interface{ Advice() string }
	if errors.As(e.error, &advised) && advised.Advice() != "" {
		return advised.Advice() + "\n" + way
	}
	return way
}

// ExitCode is that of the error.
func (e rotationError) ExitCode() int {
	var coded interface{ ExitCode() int }
	if errors.As(e.error, &coded) {
		return coded.ExitCode()
	}
	return 1
}
