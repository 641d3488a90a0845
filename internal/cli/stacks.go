package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
)

// platformStacks is what the command writes as JSON: all that workflows have to know of the project.
type platformStacks struct {
	Organisation string       `json:"organisation"`
	Region       string       `json:"region"` // where the state lives
	Stacks       []placeStack `json:"stacks"` // in the order in which they are deployed
}

type placeStack struct {
	Stack  string `json:"stack"`
	Region string `json:"region"`
}

func (a App) listStacks() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "stacks",
		Short: "List the stacks that workflows deploy, and their regions",
		Long: `stacks lists the stacks that workflows deploy, in that order, with the region that each
stack's file names. It is what the workflows take their matrix from. A stack is deployed if
bootstrap's settings name it as an environment, since only then there is a role for it.

It reads files alone: no state, no AWS.`,
		Example: `  hub stacks --json`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.parse(c, f, nil)
			if err != nil {
				return err
			}
			return s.deployed()
		},
	}
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	c.Flags().BoolVar(&f.json, "json", false, "write machine-readable JSON to stdout")
	return c
}

func (s *session) deployed() error {
	cfg, err := s.deps.settings(filepath.Join(s.root, bootstrapDir), true) // a placeholder says nothing of stacks
	if err != nil {
		return configError{err}
	}
	out := platformStacks{Organisation: string(s.organisation), Region: cfg.Region, Stacks: []placeStack{}}
	there := config.Stacks(s.root)
	var problems []error
	for i, name := range cfg.GitHub.Environments {
		region := config.PlaceOf(s.root, name).Region
		key := fmt.Sprintf("github.environments[%d] = %q", i, name)
		switch {
		case !slices.Contains(there, name):
			problems = append(problems, fmt.Errorf("%s: there is no Pulumi.%s.yaml; stacks with a file here: %s", key, name, strings.Join(there, ", ")))
		case len(config.ZoneIDs(region)) == 0:
			problems = append(problems, fmt.Errorf("%s: aws:region = %q in Pulumi.%s.yaml: must be a commercial region with three zones", key, region, name))
		default:
			out.Stacks = append(out.Stacks, placeStack{name, region})
		}
	}
	if len(problems) > 0 {
		return configError{errors.Join(problems...)}
	}
	for _, name := range there {
		if !slices.Contains(cfg.GitHub.Environments, name) {
			s.say("Pulumi.%s.yaml: no workflow deploys it, since github.environments in bootstrap's settings does not name it.", name)
		}
	}
	if s.json {
		return s.writeJSON(out)
	}
	for _, st := range out.Stacks {
		if _, err := fmt.Fprintf(s.Out, "%s  %s\n", st.Stack, st.Region); err != nil {
			return fmt.Errorf("write stacks: %w", err)
		}
	}
	return nil
}
