package cli

import (
	"errors"
	"fmt"
	"io/fs"
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
	return named(c)
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
		Args: oneArgument,
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
			return s.addRegion(like, to, c.CommandPath())
		},
	}
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	c.Flags().StringVar(&like, "like", "", "the stack whose file is taken as a model")
	c.Flags().StringVar(&to.Name, "name", "", "name of the stack (default: the model's, with the first part of the region as its last)")
	c.Flags().StringVar(&to.Hostname, "hostname", "", "name that clients use (default: the last part of the stack's name, in the model's zone)")
	return c
}

// addRegion writes all files or none.
func (s *session) addRegion(like string, to config.Another, command string) error {
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
	var asked error // what is wrong with the command line
	files[s.stackFile(name)], err = config.Like(s.organisation.Project(), model, like, to)
	if wrong, ok := errors.AsType[config.Problems](err); ok && wrong[0].Key == config.RegionArgument {
		asked, err = errors.New(wrong[0].String()), nil
	}
	if _, statErr := os.Stat(s.stackFile(name)); statErr == nil {
		asked = errors.Join(asked, fmt.Errorf("%s is there already; give the new stack another --name", filepath.Base(s.stackFile(name))))
	}
	if err != nil {
		return configError{err}
	}
	if asked != nil {
		return usageError{asked, command}
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

// writeAll writes the files, removes those whose text is nil, and takes back what it did if it cannot do all, or if what is then
// there does not pass.
func (s *session) writeAll(files map[string][]byte, check func() error) error {
	paths := slices.Sorted(maps.Keys(files))
	before := map[string][]byte{} // all of them, before the first is touched: what is not in here was not there
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil {
			before[path] = text
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read what is replaced: %w", err)
		}
	}
	replaced, err := replaceAll(paths, files)
	if err == nil {
		if err = check(); err != nil {
			err = configError{err}
		}
	}
	if err != nil {
		for _, path := range replaced {
			if text, was := before[path]; was {
				err = errors.Join(err, os.WriteFile(path, text, 0o644))
			} else {
				err = errors.Join(err, os.Remove(path))
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

// replaceAll puts new files in the places of old ones, once all are written whole, and removes those whose text is nil. It
// returns which it came to.
func replaceAll(paths []string, files map[string][]byte) (replaced []string, err error) {
	written := map[string]string{}
	defer func() {
		for _, temporary := range written {
			_ = os.Remove(temporary) // is gone where it took its place
		}
	}()
	for _, path := range paths {
		if files[path] == nil {
			continue
		}
		temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // a name that nobody's file has
		if err != nil {
			return nil, err
		}
		written[path] = temporary.Name()
		_, err = temporary.Write(files[path])
		if err = errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
			return nil, err
		}
	}
	for _, path := range paths {
		if files[path] == nil {
			err = os.Remove(path)
		} else {
			err = os.Rename(written[path], path)
		}
		if err != nil {
			return replaced, err
		}
		replaced = append(replaced, path)
	}
	return replaced, nil
}
