package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	simulated "github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/explore"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/state"
)

// exploration is what the explore command can be told beside the flags of all commands.
type exploration struct {
	orders int
	seed   uint64
	drop   bool
	crash  bool
	sample int
	step   string
	kill   bool
	tries  int
}

func (a App) explore() *cobra.Command {
	var f flags
	var x exploration
	c := &cobra.Command{
		Use:   "explore STACK",
		Short: "Prove that a region comes up and goes down in any order",
		Long: `explore records one run of the stack in an offline AWS of its own, then plays its creation
and its deletion again in as many random orders as asked, in virtual time: operations
overlap and take between their shortest time and the provider's timeout. An order that AWS
would refuse is made smaller until only the operations that clash are left; --seed with the
seed that is printed and --orders 1 plays it again. Protection counts as lifted, since a
protected stack is taken down in two steps.

With --drop-each-dependency it leaves out one dependency at a time instead, or all by which
one thing hands a value on, and says by which rule of AWS its absence is noticed.

With --crash it runs an up, an update and a destroy with the real engine instead, copies
state and cloud before and after every call, which is what a kill at that moment would
leave, and lets an up and a destroy recover from each copy: once where several are equal to
the byte. That takes a second or two for each; --sample tries so many steps, which --seed
picks, by one of the two verbs, --step those in whose line a text occurs.

With --kill it runs hub itself, on copies of the project, and kills its processes for real:
hub, the engine, both, or the provider where that is a process of its own, at moments and
during commands that --seed picks, recoveries among them. What is lost, leaked, stuck,
pending or wrong in the state after the recovery is counted, and printed with the seed that
does the same again: as nearly as processes do the same twice.`,
		Example: `  hub explore prod-eu --orders 10000
  hub explore prod-eu --drop-each-dependency
  hub explore prod-eu --crash --sample 20
  hub explore prod-eu --kill --tries 200`,
		Args: oneArgument,
		RunE: func(c *cobra.Command, stacks []string) error {
			f.offline = true
			if err := x.check(); err != nil {
				return usageError{err, c.CommandPath()}
			}
			if x.drop && !c.Flags().Changed("orders") {
				x.orders = dropOrders
			}
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			switch {
			case x.crash:
				return s.crash(c.Context(), x)
			case x.kill:
				return s.kill(c.Context(), x)
			}
			return s.explore(c.Context(), x)
		},
	}
	c.Flags().IntVar(&x.orders, "orders", 1000, "orders to play, of creation and of deletion each; with --drop-each-dependency: at most for each, default 200")
	c.Flags().Uint64Var(&x.seed, "seed", 1, "seed of the first order; each next one has the next")
	c.Flags().BoolVar(&x.drop, "drop-each-dependency", false, "leave out one dependency at a time")
	c.Flags().BoolVar(&x.crash, "crash", false, "kill the engine at every step instead, and recover")
	c.Flags().IntVar(&x.sample, "sample", 0, "with --crash: try so many steps (default all)")
	c.Flags().StringVar(&x.step, "step", "", `with --crash: try only steps such as "up, after create network-vpc"`)
	c.Flags().BoolVar(&x.kill, "kill", false, "kill processes at random moments instead, and recover")
	c.Flags().IntVar(&x.tries, "tries", killTries, "with --kill: kill so many times")
	c.Flags().BoolVar(&f.json, "json", false, "write machine-readable JSON to stdout")
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	return c
}

// check refuses what makes no sense together.
func (x exploration) check() error {
	switch {
	case x.orders < 1:
		return fmt.Errorf("--orders %d: must be at least 1", x.orders)
	case x.sample < 0:
		return fmt.Errorf("--sample %d: must not be negative", x.sample)
	case x.sample > 0 && !x.crash:
		return errors.New("--sample needs --crash")
	case x.step != "" && !x.crash:
		return errors.New("--step needs --crash")
	case x.kill && x.tries < 1:
		return fmt.Errorf("--tries %d: must be at least 1", x.tries)
	case x.kill && (x.crash || x.drop):
		return errors.New("--kill, --crash and --drop-each-dependency are different questions: ask one at a time")
	case x.crash && x.drop:
		return errors.New("--crash and --drop-each-dependency are two questions: ask one at a time")
	}
	return nil
}

// dropOrders is how many orders are played without each dependency, unless told otherwise. What is missed at all shows
// within a dozen.
const dropOrders = 200

func (s *session) explore(ctx context.Context, x exploration) error {
	graph, err := s.record(ctx, s.stacks[0])
	if err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(explore.GCPercent))
	began, shown := s.Now(), s.Now()
	o := explore.Options{Orders: x.orders, Seed: x.seed, Progress: func(played, of int) {
		if now := s.Now(); now.Sub(shown) > 10*time.Second && played < of {
			shown = now
			s.say("%s: %d of %d.", graph.Stack, played, of)
		}
	}}
	if x.drop {
		report, err := graph.DropEach(ctx, o)
		if err != nil {
			return s.orInterrupted(ctx, err)
		}
		return s.reportEdges(report, s.Now().Sub(began))
	}
	report, err := graph.Explore(ctx, o)
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	return s.reportOrders(report, s.Now().Sub(began))
}

// unprotected loads a stack's configuration with its protection lifted, and finds the engine to run it.
func (s *session) unprotected(ctx context.Context, stack string) (config.Config, error) {
	cfg, err := s.deps.load(s.root, stack, true)
	if err != nil {
		return cfg, configError{err}
	}
	no := false
	cfg.Platform.Protect = &no
	return cfg, s.findEngine(ctx)
}

// record runs the stack once in an offline AWS of its own, protection lifted, and returns what it consists of. Nothing
// of it stays.
func (s *session) record(ctx context.Context, stack string) (*explore.Graph, error) {
	cfg, err := s.unprotected(ctx, stack)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hub-explore-")
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", stack, err)
	}
	state, err := s.recordIn(ctx, dir, stack, cfg)
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return nil, err
	}
	g, err := explore.NewGraph(state, program.WaitOut)
	if err == nil {
		g.Account = s.own(simulated.DefaultAccount())
	}
	return g, err
}

func (s *session) recordIn(ctx context.Context, dir, stack string, cfg config.Config) (recorded plan.State, err error) {
	served, err := s.deps.startCloud(cloudOptions{Account: s.own(simulated.DefaultAccount()), Log: io.Discard})
	if err != nil {
		return recorded, fmt.Errorf("start offline AWS: %w", err)
	}
	defer func() { err = errors.Join(err, served.Close()) }()
	backend := state.Folder(filepath.Join(dir, "state"))
	d, err := s.deps.open(ctx, s.engine, deploy.Target{
		Stack: stack, Project: s.organisation.Project(), Root: s.root, Program: s.deps.region(cfg), Force: s.Force, Now: s.Now,
		Backend: backend, Secrets: deploy.HubKey, WorkDir: filepath.Join(dir, "stack"),
		Env: append(engine.OfflineEnvironment(s.Environ, engine.Offline{
			Dir: dir, Backend: backend, Providers: map[string]int{"aws": served.Port()},
		}), engine.Unwatched...),
	})
	if err != nil {
		return recorded, s.orInterrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	s.say("Recording %s.", stack)
	if _, err := d.Up(ctx, deploy.Options{Events: func(plan.Event) {}}); err != nil {
		return recorded, err
	}
	return d.State(ctx)
}

// reportOrders writes what was found out about orders. Failing ones are an error.
func (s *session) reportOrders(r explore.Report, took time.Duration) error {
	if s.json {
		if err := s.writeJSON(struct {
			explore.Report
			Seconds float64 `json:"seconds"`
		}{r, took.Seconds()}); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintf(s.Out, "%s: %d resources; from seed %d on, %d creations and %d deletions of %d each went through in %s: %d failures.\n%s",
		r.Stack, r.Resources, r.Seed, r.Created, r.Deleted, r.Orders, took.Round(100*time.Millisecond), r.Failures, clashes(r)); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if r.Failures > 0 {
		return fmt.Errorf("explore %s: AWS refuses %d of the orders", r.Stack, r.Failures)
	}
	return nil
}

// clashes puts failing orders into words.
func clashes(r explore.Report) string {
	var b strings.Builder
	for _, c := range r.Clashes {
		fmt.Fprintf(&b, "\n%s %s fails %s after the beginning:\n  %s", c.Direction, c.Operation, seconds(c.After), strings.TrimPrefix(c.Code+": ", ": "))
		fmt.Fprintf(&b, "%s\n", c.Message)
		if c.Rule != "" {
			fmt.Fprintf(&b, "  rule: %s\n", c.Rule)
		}
		if len(c.Needs) > 0 {
			fmt.Fprintf(&b, "  goes through once this comes first: %s\n", strings.Join(c.Needs, ", or "))
		}
		for _, p := range c.Unusual {
			fmt.Fprintf(&b, "  needs: %s%s\n", p.Operation, unusual(p))
		}
		fmt.Fprintf(&b, "  again: hub explore %s --orders 1 --seed %d\n", r.Stack, c.Seed)
	}
	return b.String()
}

func unusual(p explore.Peculiar) string {
	text := ""
	if p.Delay > 0 {
		text += " starts " + seconds(p.Delay) + " late"
	}
	switch {
	case p.Length > 1:
		text += fmt.Sprintf(" takes %.0f%% of the way from its longest time to the provider's timeout", 100*(p.Length-1))
	case p.Length > 0:
		text += fmt.Sprintf(" takes %.0f%% of the way from its shortest time to its longest", 100*p.Length)
	}
	return text
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}

// reportEdges writes what was found out about dependencies. One that nothing misses is an error.
func (s *session) reportEdges(r explore.EdgeReport, took time.Duration) error {
	if s.json {
		if err := s.writeJSON(struct {
			explore.EdgeReport
			Seconds float64 `json:"seconds"`
		}{r, took.Seconds()}); err != nil {
			return err
		}
	} else if err := s.writeEdges(r, took); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if r.Uncaught > 0 {
		return fmt.Errorf("explore %s: nothing misses %d of its dependencies", r.Stack, r.Uncaught)
	}
	return nil
}

// sections are the kinds of dependency in the order in which they are shown, with their headings.
var sections = []struct {
	kind    explore.EdgeKind
	heading string
}{
	{explore.Orders, "DEPENDENCIES THAT DO NOTHING BUT ORDER\tON\tCREATION WITHOUT IT\tDELETION WITHOUT IT"},
	{explore.HandsOn, "WHAT WAITS FOR WHAT ONLY HANDS A VALUE ON\tON\tCREATION WITHOUT IT\tDELETION WITHOUT IT"},
	{explore.Value, "DEPENDENCIES THAT CARRY A VALUE, BY TYPE\tON\tCREATION WITHOUT IT\tDELETION WITHOUT IT"},
}

func (s *session) writeEdges(r explore.EdgeReport, took time.Duration) error {
	counts := map[explore.EdgeKind]int{}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for _, section := range sections {
		_, _ = fmt.Fprintln(w, section.heading) // an error of the writer comes with Flush
		for _, row := range rowsOf(r.Edges, section.kind) {
			_, _ = fmt.Fprintln(w, row)
		}
		_, _ = fmt.Fprintln(w, "\t\t\t")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, e := range r.Edges {
		counts[e.Kind]++
	}
	_, err := fmt.Fprintf(s.Out, "%s: %d dependencies do nothing but order, %d things hand a value on, %d dependencies carry one; seed %d, %s: %d uncaught.\n",
		r.Stack, counts[explore.Orders], counts[explore.HandsOn], counts[explore.Value], r.Seed, took.Round(100*time.Millisecond), r.Uncaught)
	return err
}

// rowsOf are the rows of a section. Of the many dependencies that carry a value, one of each pair of types is shown: the
// first that something misses.
func rowsOf(edges []explore.EdgeResult, kind explore.EdgeKind) []string {
	var rows []string
	at, counts, caught := map[string]int{}, map[string]int{}, map[string]bool{}
	for i := range edges {
		e := &edges[i]
		switch {
		case e.Kind != kind:
		case kind != explore.Value:
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s", names(e.From), name(e.To), fate(e)))
		default:
			pair := noun(e.From[0]) + " " + noun(e.To)
			if counts[pair]++; counts[pair] == 1 {
				at[pair] = len(rows)
				rows = append(rows, "")
			}
			if counts[pair] == 1 || !caught[pair] && (e.Create != nil || e.Delete != nil) {
				rows[at[pair]] = fmt.Sprintf("%s\t%s\t%s", noun(e.From[0]), noun(e.To), fate(e))
				caught[pair] = e.Create != nil || e.Delete != nil
			}
		}
	}
	return rows
}

// fate is what happens without a dependency, in two columns.
func fate(e *explore.EdgeResult) string {
	switch {
	case len(e.Implied) > 0:
		return "(implied by " + strings.Join(e.Implied, " > ") + ")\t" + caught(e.Delete)
	case e.Uncaught():
		return "NOTHING MISSES IT\t"
	case e.Create == nil && e.Delete == nil:
		return "-\t-"
	}
	return caught(e.Create) + "\t" + caught(e.Delete)
}

func caught(c *explore.Caught) string {
	if c == nil {
		return "-"
	}
	if c.Code == "" {
		return fmt.Sprintf("%s [order %d]", c.Message, c.Orders)
	}
	return fmt.Sprintf("%s [%s; order %d]", c.Code, c.Rule, c.Orders)
}

// names are the first one's and how many more there are.
func names(labels []string) string {
	if len(labels) == 1 {
		return name(labels[0])
	}
	return fmt.Sprintf("%s and %d more", name(labels[0]), len(labels)-1)
}

// name and noun are the last words of "type name": "network-igw (InternetGateway)" and "InternetGateway".
func name(label string) string {
	_, name, _ := strings.Cut(label, " ")
	return name + " (" + noun(label) + ")"
}

func noun(label string) string {
	typ, _, _ := strings.Cut(label, " ")
	return typ[strings.LastIndex(typ, ":")+1:]
}

func (s *session) writeJSON(v any) error {
	e := json.NewEncoder(s.Out)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
