package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awsenv"
	"github.com/deepstreamhub/platform/internal/crashtest"
)

// killTries is how many kills are tried, unless told otherwise.
const killTries = 12

// killWorkers is how many kills are tried at once: two processors are not busy with fewer, since a killed run, and one that
// plays AWS's times, mostly waits.
const killWorkers = 4

// killReport is what the command writes as JSON. The counts are of things, but for Tried, Killed and Stuck.
type killReport struct {
	Stack    string        `json:"stack"`
	Seed     uint64        `json:"seed"`
	Tried    int           `json:"tried"`
	Killed   int           `json:"killed"` // tries in which the moment came before the command had ended
	Lost     int           `json:"lost"`
	Leaked   int           `json:"leaked"`
	Stuck    int           `json:"stuck"`
	Pending  int           `json:"pending"`
	Wrong    int           `json:"wrong"` // in what the state says
	Differ   int           `json:"differ"`
	Failures []killFailure `json:"failures"`
	Seconds  float64       `json:"seconds"`
}

// killFailure is one kill that left something behind.
type killFailure struct {
	Seed    uint64   `json:"seed"`
	What    string   `json:"what"`
	Error   string   `json:"error,omitempty"`
	Stuck   string   `json:"stuck,omitempty"`
	Lost    []string `json:"lost,omitempty"`
	Leaked  []string `json:"leaked,omitempty"`
	Pending []string `json:"pending,omitempty"`
	Wrong   []string `json:"wrong,omitempty"`
	Differ  []string `json:"differ,omitempty"`
}

// kill kills processes of hub's, of the engine's and of the provider's while they work on copies of the stack, protection
// lifted, and lets other commands recover.
func (s *session) kill(ctx context.Context, x exploration) (err error) {
	stack := s.stacks[0]
	hub, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find hub: %w", err)
	}
	dir, err := os.MkdirTemp("", "hub-explore-")
	if err != nil {
		return fmt.Errorf("explore %s: %w", stack, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files, err := s.variants(ctx, dir, stack)
	if err != nil {
		return err
	}
	began := s.Now()
	s.say("Running up, refresh, update and destroy of %s without a kill.", stack)
	results, err := crashtest.Kill(ctx, crashtest.Killed{
		Stack: stack, Project: s.organisation.Project(), Files: filepath.Join(dir, "now"), Changed: files.changed, Hub: hub, Engine: s.engine,
		Environ: s.killable(), Path: awsenv.Get(s.Environ, "PATH"),
	}, crashtest.KillOptions{Tries: x.tries, Seed: x.seed, Workers: killWorkers, Told: func(done int, r crashtest.KillResult) {
		if !r.OK() {
			s.say("%s", killText(stack, killFailureOf(r)))
		}
		s.say("%s: %d of %d: seed %d, %s: %s.", stack, done, x.tries, r.Seed, r.What, r.Took.Round(time.Second))
	}})
	if err != nil && len(results) == 0 {
		return s.orInterrupted(ctx, err)
	}
	return s.triesEnded(ctx, err, s.reportKills(killsOf(stack, x.seed, results, s.Now().Sub(began))))
}

// killable is the environment of the processes that are killed: nothing in it leads to an account.
func (s *session) killable() []string {
	return slices.DeleteFunc(slices.Clone(s.Environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "PULUMI_") || name == "PATH"
	})
}

func killsOf(stack string, seed uint64, results []crashtest.KillResult, took time.Duration) killReport {
	out := killReport{Stack: stack, Seed: seed, Tried: len(results), Failures: []killFailure{}, Seconds: took.Seconds()}
	for _, r := range results {
		if r.Killed {
			out.Killed++
		}
		if r.Stuck != "" {
			out.Stuck++
		}
		out.Lost += len(r.Lost)
		out.Leaked += len(r.Leaked)
		out.Pending += len(r.Pending)
		out.Wrong += len(r.Wrong)
		out.Differ += len(r.Differ)
		if !r.OK() {
			out.Failures = append(out.Failures, killFailureOf(r))
		}
	}
	return out
}

func killFailureOf(r crashtest.KillResult) killFailure {
	f := killFailure{
		Seed: r.Seed, What: r.What, Stuck: r.Stuck, Lost: r.Lost, Leaked: r.Leaked, Pending: r.Pending, Wrong: r.Wrong, Differ: r.Differ,
	}
	if r.Err != nil {
		f.Error = r.Err.Error()
	}
	return f
}

// killText puts a kill that left something behind into words.
func killText(stack string, f killFailure) string {
	lines := []string{fmt.Sprintf("%s:", f.What)}
	for _, part := range []struct {
		word string
		what []string
	}{
		{"not tried", nonEmpty(f.Error)}, {"stuck", nonEmpty(f.Stuck)}, {"lost", f.Lost}, {"leaked", f.Leaked}, {"pending", f.Pending},
		{"wrong", f.Wrong}, {"differs", f.Differ},
	} {
		for _, what := range part.what {
			lines = append(lines, part.word+": "+what)
		}
	}
	return strings.Join(append(lines, fmt.Sprintf("again: hub explore %s --kill --tries 1 --seed %d", stack, f.Seed)), "\n  ")
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// reportKills writes what was found out. Anything left behind is an error.
func (s *session) reportKills(r killReport) error {
	if s.json {
		if err := s.writeJSON(r); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintf(s.Out, "%s: from seed %d on, tried %d, killed %d: lost %d, leaked %d, stuck %d, pending %d, wrong in the state %d, differing %d, in %s.\n",
		r.Stack, r.Seed, r.Tried, r.Killed, r.Lost, r.Leaked, r.Stuck, r.Pending, r.Wrong, r.Differ,
		time.Duration(r.Seconds*float64(time.Second)).Round(time.Second)); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if len(r.Failures) > 0 {
		return fmt.Errorf("explore %s: %d of %d kills left something behind", r.Stack, len(r.Failures), r.Tried)
	}
	return nil
}
