package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
)

func (a App) config() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "config STACK...",
		Short: "Print what regions are made of, and where each value comes from",
		Long: `config prints every value that regions are made of, with where it comes from: the stack's file,
a default, or derived from other values; and the sizes that follow: tasks, hosts, how long they
drain. It starts nothing, and refuses what hub up would refuse.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.showConfig()
		},
	}
	f.addRead(c)
	return c
}

func (s *session) showConfig() error {
	if err := s.validate(); err != nil {
		return err
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	type document struct {
		Stack  string         `json:"stack"`
		Values []config.Value `json:"values"`
	}
	for _, stack := range s.stacks {
		src, err := config.ReadFiles(s.root, stack)
		if err != nil {
			return configError{err}
		}
		cfg, err := s.deps.load(s.root, stack, s.offline)
		if err != nil {
			return configError{err}
		}
		values := config.Effective(src, cfg)
		if s.json {
			if err := s.writeJSON(document{stack, values}); err != nil {
				return err
			}
			continue
		}
		for _, v := range values {
			if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", stack, v.Key, v.From, v.Text()); err != nil {
				return fmt.Errorf("write configuration: %w", err)
			}
		}
	}
	return w.Flush()
}
