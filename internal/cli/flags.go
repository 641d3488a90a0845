package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/deepstreamhub/platform/internal/deploy"
)

// flags are what commands on stacks can be told. A command has those that it adds.
type flags struct {
	offline  bool
	account  string // which offline account: declared, blank, or empty: the blank one once it was bootstrapped
	yes      bool
	json     bool
	verbose  bool
	parallel int
	dir      string
	aws      offlineFlags
}

// The offline accounts.
const (
	accountDeclared = "declared" // has what account.yaml declares, and its state in a folder
	accountBlank    = "blank"    // has nothing before hub bootstrap, and its state in the bucket that hub bootstrap makes
)

// offlineValue is --offline: without a value, or with the name of an account.
type offlineValue struct{ f *flags }

func (v offlineValue) String() string {
	if v.f == nil || !v.f.offline {
		return "false"
	}
	return "true"
}

// Type is that of a flag which needs no value, as the usage text shows it.
func (v offlineValue) Type() string { return "bool" }

// Set takes what follows the flag.
func (v offlineValue) Set(text string) error {
	v.f.offline, v.f.account = text != "false", ""
	switch text {
	case "true", "false":
	case accountDeclared, accountBlank:
		v.f.account = text
	default:
		return errors.New("must be declared or blank")
	}
	return nil
}

// addRead adds the flags of every command on stacks.
func (f *flags) addRead(c *cobra.Command) {
	c.Flags().Var(offlineValue{f}, "offline", "work on this machine only, without an AWS account; =declared and =blank choose which there is instead")
	c.Flags().Lookup("offline").NoOptDefVal = "true"
	c.Flags().BoolVar(&f.json, "json", false, "write machine-readable JSON to stdout")
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "say each time what the offline account holds")
}

// addRun adds the flags of the commands that run the engine on the cloud.
func (f *flags) addRun(c *cobra.Command) {
	f.addRead(c)
	c.Flags().IntVar(&f.parallel, "parallel", deploy.DefaultParallel, "operations under way at once, per stack")
	f.aws.add(c)
}

// addChange adds the flags of the commands that change something.
func (f *flags) addChange(c *cobra.Command) {
	f.addRun(c)
	c.Flags().BoolVar(&f.yes, "yes", false, "do it without asking")
}

// check refuses values and combinations of flags that make no sense, all at once. The options are those of the offline
// AWS, as far as flags decide them.
func (f *flags) check() (cloudOptions, error) {
	opts, err := f.aws.options(f.offline)
	if f.parallel < 0 {
		err = errors.Join(err, fmt.Errorf("--parallel %d: must not be negative", f.parallel))
	}
	return opts, err
}

// someStacks is the argument rule of commands on stacks: at least one, none twice.
func someStacks(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return errors.New("name at least one stack, such as prod-eu")
	}
	for i, name := range args {
		if slices.Contains(args[:i], name) {
			return fmt.Errorf("stack %s is named twice", name)
		}
	}
	return nil
}

// oneArgument is the argument rule of commands on one thing, which their usage names first.
func oneArgument(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("name one %s, not %d", strings.ToLower(strings.Fields(c.Use)[1]), len(args))
	}
	return nil
}

// flagTakes says what flags take, by their type as the usage text shows it.
var flagTakes = map[string]string{
	"bool": "true or false", "duration": "a duration such as 1h30m", "float64": "a number", "int": "a whole number", "uint64": "a whole number of 0 or more",
}

// flagProblem is what is wrong with a flag, without the words of Go's parsers.
func flagProblem(_ *cobra.Command, err error) error {
	wrong, is := errors.AsType[*pflag.InvalidValueError](err)
	if !is {
		return err
	}
	f := wrong.GetFlag()
	if _, ours := f.Value.(offlineValue); ours {
		return fmt.Errorf("--%s %s: %w", f.Name, wrong.GetValue(), wrong.Unwrap())
	}
	return fmt.Errorf("--%s %s: must be %s", f.Name, wrong.GetValue(), cmp.Or(flagTakes[f.Value.Type()], "a "+f.Value.Type()))
}

// within is a path of the command line, which counts from the folder in which hub was called.
func within(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// findRoot returns the project folder: the one asked for, else the nearest of dir and its parents with a Pulumi.yaml. The account's
// own project lies in the one that is meant.
func findRoot(asked, dir string) (string, error) {
	if asked != "" {
		asked = within(dir, asked)
		if !isProject(asked) {
			return "", fmt.Errorf("find project: %s has no Pulumi.yaml", asked)
		}
		return filepath.Clean(asked), nil
	}
	for d := dir; ; d = filepath.Dir(d) {
		if isProject(d) && !(filepath.Base(d) == bootstrapDir && isProject(filepath.Dir(d))) {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("find project: neither %s nor any folder above it has a Pulumi.yaml; name the folder with --dir", dir)
		}
	}
}

func isProject(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "Pulumi.yaml"))
	return err == nil && info.Mode().IsRegular()
}
