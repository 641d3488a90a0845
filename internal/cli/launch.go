package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/explore"
	"github.com/deepstreamhub/platform/internal/sizing"
)

// launching is what the launch-time command can be told beside the flags of all commands.
type launching struct {
	seeds  int
	seed   uint64
	svg    string
	update string
	all    bool
}

func (a App) launchTime() *cobra.Command {
	var f flags
	var x launching
	c := &cobra.Command{
		Use:   "launch-time STACK",
		Short: "Say how long a region takes to come up and to go down, and why",
		Long: `launch-time records one run of the stack in an offline AWS of its own, then plays its creation
and its deletion in virtual time: everything begins as soon as what it waits for is there, on
the way down in the levels in which the engine deletes, and AWS takes its typical time. It says when the first client is served (a target is healthy and
the region's name leads to it), when everything is in place and when everything is gone again,
what each of the three waits for, and the bound that no order could beat: waits for values, and
for what AWS refuses to do without. What the engine itself needs is left out; protection counts
as lifted.

--seeds plays so many launches more, each with lengths and delays of its own, as they are
likely in AWS. --svg draws the creation. --update says instead how long the change of one
configuration value rolls through the region at its peak, and what it does to clients.`,
		Example: `  hub launch-time prod-eu --seeds 1000
  hub launch-time prod-eu --svg launch.svg
  hub launch-time prod-eu --update cluster.ami`,
		Args: oneArgument,
		RunE: func(c *cobra.Command, stacks []string) error {
			f.offline = true
			if err := x.check(); err != nil {
				return usageError{err, c.CommandPath()}
			}
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			if x.update != "" {
				return s.roll(x.update)
			}
			return s.launchTime(c.Context(), x)
		},
	}
	c.Flags().IntVar(&x.seeds, "seeds", 0, "play so many launches with likely lengths too")
	c.Flags().Uint64Var(&x.seed, "seed", 1, "with --seeds: the first one's; each next one has the next")
	c.Flags().StringVar(&x.svg, "svg", "", "draw the creation into this file")
	c.Flags().StringVar(&x.update, "update", "", "say how a change of this configuration value, such as cluster.ami, rolls through the region")
	c.Flags().BoolVar(&x.all, "all", false, "list the slack of every resource")
	c.Flags().BoolVar(&f.json, "json", false, "write machine-readable JSON to stdout")
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	return c
}

// check refuses what makes no sense, all of it at once.
func (x launching) check() error {
	var problems []error
	if x.seeds < 0 {
		problems = append(problems, fmt.Errorf("--seeds %d: must not be negative", x.seeds))
	}
	if x.update != "" && (x.seeds > 0 || x.svg != "" || x.all) {
		problems = append(problems, errors.New("--update is a question of its own: ask without --seeds, --svg and --all"))
	}
	return errors.Join(problems...)
}

// roll says how one change rolls through the region, from the sizes that its configuration comes to.
func (s *session) roll(key string) error {
	cfg, err := s.deps.load(s.root, s.stacks[0], true)
	if err != nil {
		return configError{err}
	}
	r, err := cfg.Sizes.Roll(key)
	if err != nil {
		return configError{fmt.Errorf("read --update: %w", err)}
	}
	if s.json {
		return s.writeJSON(struct {
			Stack string `json:"stack"`
			sizing.Rolling
		}{s.stacks[0], r})
	}
	_, err = fmt.Fprintf(s.Out, "%s: a change of %s replaces %d %s at the peak, %d at once in %d batches, in at most %s.\n"+
		"%s: each of %d clients loses its connection at least once and comes back; at most %d connections end in a second.\n",
		s.stacks[0], r.Key, r.Count, r.Replaces, r.AtOnce, r.Batches, time.Duration(r.Seconds)*time.Second, s.stacks[0], r.Clients, r.PerSecond)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (s *session) launchTime(ctx context.Context, x launching) error {
	graph, err := s.record(ctx, s.stacks[0])
	if err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(explore.GCPercent))
	launch, err := graph.Launch(ctx)
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	if x.seeds > 0 {
		if launch.Spread, err = graph.Spread(ctx, explore.Options{Orders: x.seeds, Seed: x.seed}); err != nil {
			return s.orInterrupted(ctx, err)
		}
	}
	if x.svg != "" {
		if err := s.writeDocument(x.svg, launch.SVG()); err != nil {
			return err
		}
	}
	if s.json {
		err = s.writeJSON(launch)
	} else if err = writeLaunch(s.Out, launch, x.all); err != nil {
		err = fmt.Errorf("write report: %w", err)
	}
	if err == nil && launch.Spread != nil && launch.Spread.Failed > 0 {
		err = fmt.Errorf("launch %s: AWS refuses %d of %d launches", launch.Stack, launch.Spread.Failed, launch.Spread.Seeds)
	}
	return err
}

// writeDocument writes a picture or a page into a file that the command line names.
func (s *session) writeDocument(path string, text []byte) error {
	if err := os.WriteFile(within(s.Dir, path), text, 0o644); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// writeLaunch writes a launch for people.
func writeLaunch(out io.Writer, l *explore.Launch, all bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // an error of the writer comes with Flush
	row("%s: %d resources\tTYPICAL\tBOUND\tTIMES THE BOUND%s", l.Stack, l.Resources, spreadHead(l.Spread))
	for _, r := range []struct {
		what      string
		is, bound float64
		of        func(*explore.Spread) explore.Quantiles
	}{
		{"first client served", l.FirstClient, l.Bounds.FirstClient, func(s *explore.Spread) explore.Quantiles { return s.FirstClient }},
		{"everything in place", l.Complete, l.Bounds.Complete, func(s *explore.Spread) explore.Quantiles { return s.Complete }},
		{"everything gone", l.Down, l.Bounds.Down, func(s *explore.Spread) explore.Quantiles { return s.Down }},
	} {
		text := ""
		if l.Spread != nil {
			q := r.of(l.Spread)
			text = fmt.Sprintf("\t%s\t%s\t%s\t%s", seconds(q.Min), seconds(q.Median), seconds(q.P90), seconds(q.Max))
		}
		row("%s\t%s\t%s\t%.3f%s", r.what, seconds(r.is), seconds(r.bound), r.is/max(r.bound, 1), text)
	}
	row("  if no level waited for another\t%s\t%s\t%.3f", seconds(l.Unlevelled), seconds(l.Bounds.Down), l.Unlevelled/max(l.Bounds.Down, 1))
	for _, p := range []struct {
		head string
		path []explore.Step
	}{{"TO THE FIRST CLIENT", l.ToFirstClient}, {"TO EVERYTHING IN PLACE", l.ToComplete}, {"TO EVERYTHING GONE", l.ToDown}} {
		row("\n%s\tBEGINS\tTAKES\tWAITED FOR\tWHICH\tSOURCE OF THE TIME", p.head)
		for _, s := range p.path {
			after, why := "-", "-"
			if s.After != "" {
				after, why = name(s.After), whys[s.Why]
			}
			row("%s\t%s\t%s\t%s\t%s\t%s", stepName(s.Resource), seconds(s.Begins), seconds(s.Takes), after, why, s.Source)
		}
	}
	if all {
		for _, side := range []struct {
			head  string
			steps []explore.Step
		}{{"CREATED", l.Created}, {"DELETED", l.Deleted}} {
			row("\n%s\tBEGINS\tTAKES\tSLACK", side.head)
			for _, s := range side.steps {
				row("%s\t%s\t%s\t%s", stepName(s.Resource), seconds(s.Begins), seconds(s.Takes), seconds(s.Slack))
			}
		}
	}
	return w.Flush()
}

// whys say why one waits for another.
var whys = map[explore.EdgeKind]string{
	explore.Orders: "has to come first", explore.HandsOn: "hands a value on", explore.Value: "gives a value",
	explore.Levels: "is slowest of the level before",
}

func spreadHead(s *explore.Spread) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("\tLEAST OF %d\tMEDIAN\tNINE OF TEN WITHIN\tMOST", s.Seeds)
}

// stepName is name for what may be no resource.
func stepName(label string) string {
	if label == explore.TargetHealth {
		return label
	}
	return name(label)
}
