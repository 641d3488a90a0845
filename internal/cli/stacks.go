package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/bootstrap/settings"
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
bootstrap's settings name it as an environment, since only then there is a role for it. A stack in
a region, or with copies of backups in one, in which that role has no rights is refused.

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

// reaches refuses a stack of which the account is not made ready for what it needs of other regions: the role that deploys it
// would be refused there in the middle of a deployment.
func reaches(cfg settings.Settings, at config.Place) error {
	const add = "; add it to %s in bootstrap's settings, and run hub bootstrap"
	switch {
	case !slices.Contains(cfg.Account.Regions, at.Region):
		return fmt.Errorf("aws:region = %q: the account has neither rights nor image repositories there"+add, at.Region, "account.regions")
	case at.CopyTo != "" && !slices.Contains(slices.Concat(cfg.AllRegions(), cfg.Account.Copies), at.CopyTo):
		return fmt.Errorf("backup.copyTo = %q: the role that deploys the stack has no rights there"+add, at.CopyTo, "account.copies")
	}
	return nil
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
		place, unreadable := config.PlaceOf(s.root, name)
		key := fmt.Sprintf("github.environments[%d] = %q", i, name)
		switch {
		case !slices.Contains(there, name):
			problems = append(problems, fmt.Errorf("%s: there is no Pulumi.%s.yaml; stacks with a file here: %s", key, name, strings.Join(there, ", ")))
		case unreadable != nil:
			problems = append(problems, fmt.Errorf("%s: %w", key, unreadable))
		case len(config.ZoneIDs(place.Region)) == 0:
			problems = append(problems, fmt.Errorf("%s: aws:region = %q in Pulumi.%s.yaml: must be a commercial region with three zones", key, place.Region, name))
		default:
			if err := reaches(cfg, place); err != nil {
				problems = append(problems, fmt.Errorf("%s: Pulumi.%s.yaml: %w", key, name, err))
			}
			out.Stacks = append(out.Stacks, placeStack{name, place.Region})
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
