package cli

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
)

func (a App) region() *cobra.Command {
	c := &cobra.Command{Use: "region", Short: "Write what a further region needs"}
	c.AddCommand(a.regionAdd())
	return c
}

func (a App) regionAdd() *cobra.Command {
	var f flags
	var to config.Another
	var like string
	c := &cobra.Command{
		Use:   "add REGION --like STACK",
		Short: "Write the files of another region like one that exists",
		Long: `add writes Pulumi.<stack>.yaml for a region like another one, with zones, a free network
range, copies, images and a name of its own; and names it in bootstrap's settings, so that
the account gets its role, copies and repositories there, and the workflows deploy it.
Nothing is deployed by this. Owner and cost centre stay the model's.`,
		Example: `  hub region add ap-southeast-1 --like prod-eu
  hub up prod-eu prod-us prod-ap --offline`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if like == "" {
				return usageError{errors.New("say --like which stack"), c.CommandPath()}
			}
			to.Region = args[0]
			s, err := a.parse(c, f, []string{to.StackName(like)})
			if err == nil {
				err = config.CheckStacks(like)
			}
			if err != nil {
				return usageError{err, c.CommandPath()}
			}
			return s.addRegion(like, to)
		},
	}
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	c.Flags().StringVar(&like, "like", "", "the stack whose file is taken as a model")
	c.Flags().StringVar(&to.Name, "name", "", "name of the stack (default: the model's, with the first part of the region as its last)")
	c.Flags().StringVar(&to.Hostname, "hostname", "", "name that clients use (default: the last part of the stack's name, in the model's zone)")
	return c
}

// addRegion writes all files or none.
func (s *session) addRegion(like string, to config.Another) error {
	name := s.stacks[0]
	model, err := s.readStackFile(like)
	if err != nil {
		return configError{fmt.Errorf("read model: %w", err)}
	}
	others := map[string]config.Config{}
	for _, stack := range config.Stacks(s.root) {
		if cfg, err := s.deps.load(s.root, stack, true); err == nil { // whoever deploys that one hears what is wrong with it
			others[stack] = cfg
			to.Taken = append(to.Taken, cfg.Network.CIDR)
		}
	}
	files := map[string][]byte{}
	files[s.stackFile(name)], err = config.Like(s.organisation.Project(), model, like, to)
	if _, statErr := os.Stat(s.stackFile(name)); statErr == nil {
		err = errors.Join(err, fmt.Errorf("%s is there already; give the new stack another --name", filepath.Base(s.stackFile(name))))
	}
	if err != nil {
		return configError{err}
	}
	if err := s.nameRegion(files, name, to.Region); err != nil {
		return configError{err}
	}
	return s.writeAll(files, func() error {
		cfg, err := s.deps.load(s.root, name, true)
		if err != nil {
			return err
		}
		others[name] = cfg
		if err := s.deps.clashes(others); err != nil {
			return err
		}
		_, err = s.deps.settings(filepath.Join(s.root, "bootstrap"), true)
		return err
	})
}

// nameRegion adds bootstrap's settings, where there are any, to the files to write.
func (s *session) nameRegion(files map[string][]byte, stack, region string) error {
	bootstrap := filepath.Join(s.root, "bootstrap", "Pulumi."+settings.Stack+".yaml")
	text, err := os.ReadFile(bootstrap)
	if err == nil {
		files[bootstrap], err = config.WithRegion(text, s.organisation.Bootstrap(), region, stack)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("name the region in bootstrap's settings: %w", err)
	}
	return nil
}

// writeAll writes the files, removes those whose text is nil, and takes everything back if what is then there does not pass.
func (s *session) writeAll(files map[string][]byte, check func() error) error {
	paths := slices.Sorted(maps.Keys(files))
	before := map[string][]byte{}
	var err error
	for _, path := range paths {
		if text, readErr := os.ReadFile(path); readErr == nil {
			before[path] = text
		}
		if files[path] == nil {
			continue
		}
		if err = os.WriteFile(path+".new", files[path], 0o644); err != nil { // whole before it takes the old one's place
			break
		}
	}
	for i := 0; i < len(paths) && err == nil; i++ {
		if files[paths[i]] == nil {
			err = os.Remove(paths[i])
		} else {
			err = os.Rename(paths[i]+".new", paths[i])
		}
	}
	if err == nil {
		if err = check(); err != nil {
			err = configError{err}
		}
	}
	if err != nil {
		for _, path := range paths {
			_ = os.Remove(path + ".new") // where it did not get that far
			if text, was := before[path]; was {
				err = errors.Join(err, os.WriteFile(path, text, 0o644))
			} else if removeErr := os.Remove(path); !errors.Is(removeErr, os.ErrNotExist) {
				err = errors.Join(err, removeErr)
			}
		}
		return err
	}
	for _, path := range paths {
		short, relErr := filepath.Rel(s.root, path)
		if relErr != nil {
			short = path
		}
		if files[path] == nil {
			s.say("Removed %s.", short)
			continue
		}
		s.say("Wrote %s.", short)
	}
	return nil
}
