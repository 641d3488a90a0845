package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	simulated "github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/crashtest"
	"github.com/deepstreamhub/platform/internal/program"
)

// crashWorkers is how many crashes are recovered from at once. A recovery is an engine and an AWS of its own and keeps about one
// core busy; with three instead of two the whole takes as long on two cores.
const crashWorkers = 2

// crashReport is what the command writes as JSON.
type crashReport struct {
	Stack    string         `json:"stack"`
	Seed     uint64         `json:"seed"`
	Points   map[string]int `json:"points"` // all there are, by what was running
	Tried    int            `json:"tried"`
	Settled  int            `json:"settled"` // recoveries: the others' crashes left the same, to the byte
	Run      int            `json:"run"`     // verbs run after one: the others' recoveries came to the same, for the same verb
	Finished int            `json:"finished"`
	Leaked   int            `json:"leaked"`
	Lost     int            `json:"lost"`
	Differ   int            `json:"differ"`
	Failures []crashFailure `json:"failures"`
	Seconds  float64        `json:"seconds"`
}

// crashFailure is one crash that left something behind.
type crashFailure struct {
	Number int      `json:"number"`
	Point  string   `json:"point"`
	By     string   `json:"by"` // the verb that recovered
	Error  string   `json:"error,omitempty"`
	Leaked []string `json:"leaked,omitempty"`
	Lost   []string `json:"lost,omitempty"`
	Differ []string `json:"differ,omitempty"`
}

// crash kills an up, an update and a destroy of the stack at every step, each on a copy, and lets the next run recover.
// Protection counts as lifted.
func (s *session) crash(ctx context.Context, x exploration) (err error) {
	stack := s.stacks[0]
	dir, err := os.MkdirTemp("", "hub-explore-")
	if err != nil {
		return fmt.Errorf("explore %s: %w", stack, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg, err := s.variants(ctx, dir, stack)
	if err != nil {
		return err
	}
	began, shown := s.Now(), s.Now()
	s.say("Capturing an up, an update and a destroy of %s.", stack)
	report, err := crashtest.Run(ctx, crashtest.Subject{
		Stack: stack, Project: s.organisation.Project(), Root: s.root, Program: s.deps.region(cfg.now), Changed: s.deps.region(cfg.next), OnError: program.OnError, Engine: s.engine, Environ: s.Environ,
		Account: s.own(simulated.DefaultAccount()),
	}, crashtest.Options{Step: x.step, Sample: x.sample, Seed: x.seed, Workers: crashWorkers, Told: func(done, all int, r crashtest.Result) {
		if !r.OK() {
			s.say("%s", crashText(failureOf(r)))
		}
		if now := s.Now(); now.Sub(shown) > 30*time.Second && done < all {
			shown = now
			s.say("%s: %d of %d.", stack, done, all)
		}
	}})
	if err != nil && len(report.Results) == 0 {
		return s.orInterrupted(ctx, err)
	}
	if x.step != "" && len(report.Results) == 0 {
		return refused(fmt.Sprintf("explore %s: no step is called like %q", stack, x.step), `Steps are called like "up, after create network-vpc"; without --step all are tried.`)
	}
	return s.triesEnded(ctx, err, s.reportCrashes(crashesOf(stack, x.seed, report, s.Now().Sub(began))))
}

// triesEnded is the error of tries that ended with err, or nil, and that were told with what they found until then.
func (s *session) triesEnded(ctx context.Context, err, found error) error {
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	return found
}

func crashesOf(stack string, seed uint64, report crashtest.Report, took time.Duration) crashReport {
	out := crashReport{
		Stack: stack, Seed: seed, Points: report.Points, Tried: len(report.Results), Settled: report.Settled, Run: report.Run, Failures: []crashFailure{}, Seconds: took.Seconds(),
	}
	for _, r := range report.Results {
		if r.Err == nil {
			out.Finished++
		}
		out.Leaked += len(r.Leaked)
		out.Lost += len(r.Lost)
		out.Differ += len(r.Differ)
		if !r.OK() {
			out.Failures = append(out.Failures, failureOf(r))
		}
	}
	return out
}

func failureOf(r crashtest.Result) crashFailure {
	f := crashFailure{Number: r.Point.Number, Point: r.Point.String(), By: r.By, Leaked: r.Leaked, Lost: r.Lost, Differ: r.Differ}
	if r.Err != nil {
		f.Error = r.Err.Error()
	}
	return f
}

// crashText puts a crash that left something behind into words.
func crashText(f crashFailure) string {
	lines := []string{fmt.Sprintf("killed at %d, %s, recovered by %s:", f.Number, f.Point, f.By)}
	if f.Error != "" {
		lines = append(lines, "not finished: "+f.Error)
	}
	for _, part := range []struct {
		word string
		what []string
	}{{"leaked", f.Leaked}, {"lost", f.Lost}, {"differs", f.Differ}} {
		for _, what := range part.what {
			lines = append(lines, part.word+": "+what)
		}
	}
	return strings.Join(lines, "\n  ")
}

// reportCrashes writes what was found out. Anything left behind is an error.
func (s *session) reportCrashes(r crashReport) error {
	if s.json {
		if err := s.writeJSON(r); err != nil {
			return err
		}
	} else {
		var points []string
		for _, verb := range slices.Backward(slices.Sorted(maps.Keys(r.Points))) {
			points = append(points, fmt.Sprintf("%d of %s", r.Points[verb], verb))
		}
		if _, err := fmt.Fprintf(s.Out, "%s: crash points: %s; seed %d: tried %d (%d recoveries and %d runs unlike each other), finished %d, leaked %d, lost %d, differing %d, in %s.\n",
			r.Stack, strings.Join(points, ", "), r.Seed, r.Tried, r.Settled, r.Run, r.Finished, r.Leaked, r.Lost, r.Differ,
			time.Duration(r.Seconds*float64(time.Second)).Round(time.Second)); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	if len(r.Failures) > 0 {
		return fmt.Errorf("explore %s: %d of %d crashes left something behind", r.Stack, len(r.Failures), r.Tried)
	}
	return nil
}
