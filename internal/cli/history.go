package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/state"
)

func (a App) history() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "history STACK",
		Short: "List what was done to a stack, one row a deployment",
		Long: `history lists the deployments of a stack, the newest first: when each ended, what the stack
held then, the verb, the commit that its configuration was of ("changed" where the folder held
more than that), the result, how many steps of which kind, and by whom. The engine counts the
steps, and with them those of components, of which the resources held are none. The first column
is what hub state restore goes back to.`,
		Args: oneArgument,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.history(c.Context())
		},
	}
	f.addRead(c)
	return c
}

func (s *session) history(ctx context.Context) error {
	defer s.close()
	in, project, err := s.openState(ctx, s.stacks[0])
	if err != nil {
		return err
	}
	rows, err := in.History(ctx, project, s.stacks[0])
	if err == nil && len(rows) == 0 {
		err = s.known(ctx, in, project, s.stacks[0])
	}
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	return s.writeVersions(slices.DeleteFunc(rows, func(v state.Version) bool { return v.Verb == "" }))
}

// rowOf is an earlier checkpoint, and the deployment that it is from after, in the cells of one row.
func rowOf(v state.Version) []string {
	holds := fmt.Sprintf("%d resources", v.Resources)
	if v.Damage != "" {
		holds = "damaged: " + v.Damage
	}
	cells := []string{moment(v.Written), holds}
	if v.Verb == "" { // since the last deployment
		return cells
	}
	return append(cells, deploymentOf(v)...)
}

// deploymentOf tells of a deployment: verb and result, counts, commit, by whom.
func deploymentOf(v state.Version) []string {
	var counts []string
	for _, op := range slices.Sorted(maps.Keys(v.Counts)) {
		if op != "same" && v.Counts[op] > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", v.Counts[op], op))
		}
	}
	steps := "nothing to do"
	if len(counts) > 0 {
		steps = "steps: " + strings.Join(counts, ", ")
	}
	return []string{
		"after " + verbOf(v) + ", " + v.Result, steps, commitText(v.Note), by(v.Note),
	}
}

// verbOf is hub's own word for a deployment.
func verbOf(v state.Version) string {
	verb := cmp.Or(v.Note.Command, v.Verb)
	if verb == "update" { // the engine's
		return "up"
	}
	return verb
}

// commitText is a commit as people write it: its first twelve digits.
func commitText(n state.Note) string {
	switch text := n.Commit[:min(len(n.Commit), 12)]; {
	case text == "":
		return "no known commit"
	case n.Changed:
		return text + ", changed"
	default:
		return text
	}
}

func by(n state.Note) string {
	if n.By == "" {
		return ""
	}
	return strings.TrimSpace("by " + n.By + " " + n.Run)
}

func moment(t time.Time) string { return t.UTC().Format(time.DateTime + " MST") }

func (s *session) writeVersions(versions []state.Version) error {
	if s.json {
		for _, v := range versions {
			if err := json.NewEncoder(s.Out).Encode(v); err != nil {
				return fmt.Errorf("write versions: %w", err)
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for _, v := range versions {
		if _, err := fmt.Fprintf(table, "%s\t%s\n", v.ID, strings.Join(rowOf(v), "\t")); err != nil {
			return fmt.Errorf("write versions: %w", err)
		}
	}
	return table.Flush()
}
