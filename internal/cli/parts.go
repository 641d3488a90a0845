package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/gate"
	"github.com/deepstreamhub/platform/internal/plan"
)

// addOnly adds --only to a command.
func addOnly(c *cobra.Command, only *[]string) {
	c.Flags().StringSliceVar(only, "only", nil, "work on these parts only: network, database, bus, backup, cluster, service, services/NAME, edge, observability")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return tiers, cobra.ShellCompDirectiveNoFileComp
	}
	if err := c.RegisterFlagCompletionFunc("only", complete); err != nil {
		panic(err) // the flag exists, which is all that can go wrong
	}
}

// tiers are the parts of every region. Services beside deepstream are parts too: services/NAME.
var tiers = []string{"network", "database", "bus", "backup", "cluster", "service", "edge", "observability"}

// selection is what a command works on: the whole of its stacks, or the parts that --only names.
type selection struct {
	only  []string
	parts []map[string][]string // the URNs of each part, by stack; only where parts were named
}

// selected looks the parts up that --only names. Their URNs come from a preview of the whole, so that what is new has one
// too. A part that a stack does not have is a usage error that lists the parts.
func (s *session) selected(ctx context.Context, only []string) (selection, error) {
	sel := selection{only: only}
	if len(only) == 0 {
		return sel, nil
	}
	plans, err := s.run(ctx, true, driver.Preview, deploy.Options{})
	if err := s.unless(plans, err); err != nil {
		return sel, err
	}
	for _, p := range plans {
		sel.parts = append(sel.parts, p.Parts())
	}
	if err := s.unknownParts(sel); err != nil {
		return sel, err
	}
	return sel, s.missingParts(sel, plans)
}

// missingParts refuses to work on a part of what is not there yet. The program hands values between all parts, so it runs to
// its end only where each of them is there or is made along.
func (s *session) missingParts(sel selection, plans []plan.Plan) error {
	var errs []error
	for i, p := range plans {
		made := map[string]bool{}
		for _, step := range p.Steps {
			made[step.URN] = step.Op == plan.OpCreate
		}
		var missing []string
		for part, urns := range sel.parts[i] {
			there := slices.ContainsFunc(urns, func(urn string) bool { return !made[urn] })
			if !there && !slices.Contains(sel.only, part) {
				missing = append(missing, part)
			}
		}
		slices.Sort(missing)
		if len(missing) > 0 {
			errs = append(errs, lacking{verb: s.verb, stack: p.Stack, only: sel.only, parts: missing})
		}
	}
	return joinStacks(errs)
}

// options are those of an operation on what was selected, by stack.
func (s *session) options(sel selection, o deploy.Options) []deploy.Options {
	all := slices.Repeat([]deploy.Options{o}, len(s.stacks))
	for i := range sel.parts {
		all[i].Targets = urnsOf(sel.parts[i], sel.only)
	}
	for i := range s.seen {
		all[i].Judged = s.seen[i]
	}
	return all
}

// onlyFlag is --only as a command line says it again.
func onlyFlag(only []string) []string {
	if len(only) == 0 {
		return nil
	}
	return []string{"--only", strings.Join(only, ",")}
}

// unless is the error of a preview of the whole, but for refusals of what is protected: they may lie outside of the parts.
func (s *session) unless(plans []plan.Plan, err error) error {
	failures := byStack(err)
	for _, p := range plans {
		if engineRefused(s.assess(p)) {
			delete(failures, p.Stack)
		}
	}
	return joinStacks(slices.Collect(maps.Values(failures)))
}

// unknownParts refuses names that fit no part of a stack.
func (s *session) unknownParts(sel selection) error {
	var problems []error
	for i, parts := range sel.parts {
		for _, part := range sel.only {
			if len(parts[part]) == 0 {
				known := strings.Join(slices.Sorted(maps.Keys(parts)), ", ")
				problems = append(problems, fmt.Errorf("--only %s: %s has no such part; it has: %s", part, s.stacks[i], known))
			}
		}
	}
	if len(problems) > 0 {
		return usageError{errors.Join(problems...), "hub " + s.verb}
	}
	return nil
}

// urnsOf returns the URNs of some parts.
func urnsOf(parts map[string][]string, only []string) []string {
	var urns []string
	for _, part := range only {
		urns = append(urns, parts[part]...)
	}
	return urns
}

// lacking is the refusal to work on parts that need, or take along, what is in others.
type lacking struct {
	verb, stack string
	only, parts []string
	cause       error
}

func (e lacking) Error() string {
	what := "need what is not there yet"
	if e.verb == "destroy" {
		what = "cannot go without what stands on them"
	}
	return fmt.Sprintf("%s %s --only %s: these parts %s, in: %s", e.verb, e.stack, strings.Join(e.only, ","), what, strings.Join(e.parts, ", "))
}

func (e lacking) Unwrap() error { return e.cause }

// Advice names the command that takes along what is missing.
func (e lacking) Advice() string {
	return fmt.Sprintf("Nothing was touched. Name them too: hub %s %s --only %s", e.verb, e.stack, strings.Join(slices.Concat(e.only, e.parts), ","))
}

// ExitCode is 2: the command line lacked something.
func (e lacking) ExitCode() int { return exitUsage }

// withParts puts the names of parts in the place of the engine's refusal of single resources.
func (s *session) withParts(sel selection, err error) error {
	failures := byStack(err)
	for i, parts := range sel.parts {
		stack := s.stacks[i]
		var one *deploy.Error
		if !errors.As(failures[stack], &one) || len(one.Outside) == 0 {
			continue
		}
		var names []string
		for part, urns := range parts {
			if slices.ContainsFunc(one.Outside, func(urn string) bool { return slices.Contains(urns, urn) }) {
				names = append(names, part)
			}
		}
		slices.Sort(names)
		failures[stack] = lacking{verb: s.verb, stack: stack, only: sel.only, parts: names, cause: failures[stack]}
	}
	var errs []error
	for _, stack := range slices.Sorted(maps.Keys(failures)) {
		errs = append(errs, failures[stack])
	}
	return joinStacks(errs)
}

// rest is what a destroy takes of a stack: everything, the parts that --only names, or all but what is protected and what
// that stands on.
type rest struct {
	only     []string
	keepData bool
}

func (r rest) whole() bool { return len(r.only) == 0 && !r.keepData }

// check refuses combinations that make no sense.
func (r rest) check(remove bool) error {
	switch {
	case r.keepData && len(r.only) > 0:
		return errors.New("--only and --keep-data: name one of them")
	case remove && !r.whole():
		return errors.New("--remove: a stack that keeps something cannot be removed")
	}
	return nil
}

// of returns the options of a destroy of one stack, and what of its state is to be judged.
func (r rest) of(state plan.State) (deploy.Options, plan.State) {
	var o deploy.Options
	switch {
	case r.keepData:
		o.Exclude = guardedIn(state)
	case len(r.only) > 0:
		o.Targets = urnsOf(state.Parts(), r.only)
	}
	judged := state
	judged.Resources = slices.DeleteFunc(slices.Clone(state.Resources), func(of plan.Resource) bool {
		return slices.Contains(o.Exclude, of.URN) || o.Targets != nil && !slices.Contains(o.Targets, of.URN)
	})
	return o, judged
}

// guardedIn returns the URNs of what keeps a stack from being destroyed.
func guardedIn(state plan.State) []string {
	var refused *gate.Protected
	if !errors.As(gate.Destroy(state), &refused) {
		return nil
	}
	urns := make([]string, len(refused.Resources))
	for i, g := range refused.Resources {
		urns[i] = g.URN
	}
	return urns
}
