package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
)

// exitUnhealthy is the exit code when a region is not well.
const exitUnhealthy = 6

// pollEvery is the pause between two looks while waiting: the shortest period in which CloudWatch judges its alarms.
const pollEvery = 10 * time.Second

// looks is how many looks in a row must find nothing while waiting: what has just become steady may fall again.
const looks = 2

func (a App) health() *cobra.Command {
	var f flags
	var wait time.Duration
	c := &cobra.Command{
		Use:   "health STACK...",
		Short: "Say whether regions work",
		Long: `health asks AWS whether what stacks hold works: services run the revision that was
deployed and all their tasks, targets are healthy, no hosts are being replaced, no alarm
fires. The exit code is 6 when something does not. With --wait it asks again until all is
well, or until waiting cannot help.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			if wait < 0 {
				return usageError{fmt.Errorf("--wait %s: must not be negative", wait), c.CommandPath()}
			}
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.health(c.Context(), wait)
		},
	}
	f.addRead(c)
	c.Flags().DurationVar(&wait, "wait", 0, "how long to wait until all is well, such as 90m (default: look once)")
	return c
}

// wellness is how one stack is.
type wellness struct {
	Stack    string           `json:"stack"`
	Healthy  bool             `json:"healthy"`
	Looked   string           `json:"looked"` // at what
	Problems []health.Problem `json:"problems"`
}

func (s *session) health(ctx context.Context, wait time.Duration) error {
	defer s.close()
	states, err := s.readStates(ctx)
	if err != nil {
		return err
	}
	parts := make([]health.Parts, len(states))
	for i, state := range states {
		if parts[i] = health.From(state); len(parts[i]) == 0 && len(state.Resources) == 0 {
			return explainedError{fmt.Errorf("look at %s: it holds no service, as nothing is deployed", state.Stack), "Bring it up with: " + s.againOn(state.Stack, "up")}
		}
	}
	if err := s.startAWS(); err != nil {
		return err
	}
	found, err := s.untilWell(ctx, parts, wait)
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	return s.tellHealth(found)
}

// readStates reads the checkpoints of all stacks as they are stored, their secrets encrypted.
func (s *session) readStates(ctx context.Context) ([]plan.State, error) {
	if err := s.findEngine(ctx); err != nil {
		return nil, err
	}
	if err := s.open(ctx, true); err != nil {
		return nil, err
	}
	states := make([]plan.State, len(s.stacks))
	err := s.each(func(i int) (err error) {
		states[i], err = s.drivers[i].Stored(ctx)
		return err
	})
	return states, s.interruptedOnly(ctx, err)
}

// interruptedOnly is orInterrupted for what may have gone well.
func (s *session) interruptedOnly(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return s.orInterrupted(ctx, err)
}

// untilWell looks until all stacks are well, the time is over or waiting cannot help, and returns the last look.
func (s *session) untilWell(ctx context.Context, parts []health.Parts, wait time.Duration) ([]wellness, error) {
	until, well, told := s.Now().Add(wait), 0, ""
	for {
		found, err := s.look(ctx, parts)
		if err != nil {
			return nil, err
		}
		problems := problemsOf(found)
		if len(problems) == 0 {
			well++
		} else {
			well = 0
		}
		final := slices.ContainsFunc(problems, func(p health.Problem) bool { return p.Final })
		if wait == 0 || well == looks || final || !s.Now().Before(until) {
			return found, nil
		}
		if now := summary(problems); now != told && now != "" {
			s.say("Waiting: %s", now)
			told = now
		}
		ticks, stop := s.Every(s.pollEvery())
		select {
		case <-ticks:
			stop()
		case <-ctx.Done():
			stop()
			return nil, context.Cause(ctx)
		}
	}
}

// pollEvery is the pause between two looks, which is shorter in an offline AWS whose time runs faster.
func (s *session) pollEvery() time.Duration {
	if pace := s.pace(); pace > 0 {
		return max(time.Millisecond, time.Duration(float64(pollEvery)*pace))
	}
	return pollEvery
}

// unserved is what is wrong with a region that holds something and no service.
const unserved = "it holds no service, as it was made in part"

// look asks AWS once about all stacks.
func (s *session) look(ctx context.Context, parts []health.Parts) ([]wellness, error) {
	found := make([]wellness, len(parts))
	err := s.each(func(i int) error {
		var all health.Reading
		for _, region := range slices.Sorted(maps.Keys(parts[i])) {
			r, err := s.deps.readHealth(ctx, s.cloud, region, parts[i][region])
			if err != nil {
				return err
			}
			all.Services, all.Groups = append(all.Services, r.Services...), append(all.Groups, r.Groups...)
			all.Targets, all.Alarms = append(all.Targets, r.Targets...), append(all.Alarms, r.Alarms...)
		}
		problems := health.Judge(all)
		if len(parts[i]) == 0 {
			problems = []health.Problem{{What: unserved, Final: true}}
		}
		found[i] = wellness{s.stacks[i], len(problems) == 0, all.String(), append([]health.Problem{}, problems...)}
		return nil
	})
	return found, err
}

func problemsOf(found []wellness) []health.Problem {
	var all []health.Problem
	for _, w := range found {
		all = append(all, w.Problems...)
	}
	return all
}

func summary(problems []health.Problem) string {
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.What)
	}
	return strings.Join(texts, "; ")
}

// tellHealth writes what was found; problems are what the command fails with.
func (s *session) tellHealth(found []wellness) error {
	var bad []error
	for _, w := range found {
		if s.json {
			if err := json.NewEncoder(s.Out).Encode(w); err != nil {
				return fmt.Errorf("write health: %w", err)
			}
		} else if w.Healthy {
			if _, err := fmt.Fprintf(s.Out, "%s works: %s.\n", w.Stack, w.Looked); err != nil {
				return fmt.Errorf("write health: %w", err)
			}
		}
		if !w.Healthy {
			bad = append(bad, unhealthyError(w))
		}
	}
	return joinStacks(bad)
}

// unhealthyError is a region that does not work.
type unhealthyError wellness

func (e unhealthyError) Error() string {
	lines := []string{"look at " + e.Stack + ": it does not work"}
	for _, p := range e.Problems {
		lines = append(lines, "  "+p.What)
	}
	return strings.Join(lines, "\n")
}

// Advice is empty but for a region that was made in part: for all else docs/incidents.md goes by what is wrong.
func (e unhealthyError) Advice() string {
	if slices.ContainsFunc(e.Problems, func(p health.Problem) bool { return p.What == unserved }) {
		return "Go on from what there is with: hub up " + e.Stack
	}
	return ""
}

// ExitCode is exitUnhealthy.
func (e unhealthyError) ExitCode() int { return exitUnhealthy }
