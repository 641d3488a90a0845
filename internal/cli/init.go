package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	simulated "github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/state"
)

// published is the organisation whose names are in the project as it is published. Only such a clone can be made somebody's.
const published naming.Organisation = "deepstreamhub"

func (a App) initialise() *cobra.Command {
	var f flags
	given := newAnswers()
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a fresh clone an organisation's own",
		Long: `init writes the files that are an organisation's own: a stack file for each region,
bootstrap's settings, the name in both Pulumi.yaml, and the teams in .github/CODEOWNERS. The
stack files of the project as it is published go. Workflows take their stacks from these
files, and everything in AWS its name from the organisation's.

It asks for what no flag says. What would not pass is refused, with everything that is wrong,
before a file is touched; so is a file that was changed since it was committed. What was tried
offline before is put aside, in .hub.`,
		Example: `  hub init --organisation acme --domain acme.example --account 444455556666 \
    --regions eu-west-1,sa-east-1 --owner platform --repository acme/platform --budget 0
  hub up prod-eu prod-sa --offline`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.parse(c, f, nil)
			if err != nil {
				return err
			}
			return s.initialise(c.Context(), given, c.CommandPath())
		},
	}
	for _, one := range given {
		c.Flags().StringVar(&one.value, one.flag, "", one.about)
	}
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	c.Flags().BoolVar(&f.yes, "yes", false, "do it without asking")
	return c
}

// initialise asks for what is missing, checks everything, says what it replaces, and writes all files or none.
func (s *session) initialise(ctx context.Context, given answers, command string) error {
	if s.organisation != published {
		return refused(fmt.Sprintf("init: Pulumi.yaml has the name %s: this project is somebody's already", s.organisation),
			"A further region is written by: hub region add REGION --like STACK")
	}
	if s.accountDirs().hasState() {
		return refused(fmt.Sprintf("init: %s holds the state of an account, made under the name %s", s.accountDirs().state, published),
			"What hub bootstrap made there would be lost sight of. Take another clone for another organisation.")
	}
	aside, err := s.triedOffline()
	if err != nil {
		return err
	}
	if err := s.ask(ctx, given); err != nil {
		return err
	}
	files, err := s.filesOf(given, command)
	if err != nil {
		return err
	}
	known, changed := s.committed(ctx, files)
	if len(changed) > 0 {
		return refused("init: changed since they were committed: "+strings.Join(changed, ", "), "Nothing was written. Commit them, or put them back with git checkout.")
	}
	if !known { // nobody could bring back what is replaced
		if err := s.canAsk(); err != nil {
			return err
		}
		if err := s.confirm(ctx, "No git knows these files, which are replaced or removed: "+strings.Join(s.existing(files), ", ")+"."); err != nil {
			return err
		}
	}
	if err := s.writeAll(files, func() error { return nil }); err != nil {
		return err
	}
	for _, dir := range aside {
		kept := dir + s.Now().UTC().Format(".before-init-20060102T150405Z")
		if err := os.Rename(dir, kept); err != nil {
			return fmt.Errorf("put away what was tried offline: %w", err)
		}
		s.say("What was tried offline under the name %s is in %s now; nothing needs it.", published, kept)
	}
	s.say("Try it with: hub up %s --offline", strings.Join(stacksOf(given), " "))
	s.say("The way to the first deployment is docs/operations.md.")
	return nil
}

// triedOffline are the folders of the offline accounts that were worked on before. One that a process is at work on is refused.
func (s *session) triedOffline() (folders []string, err error) {
	for _, d := range []dirs{offlineDirs(s.root), blankDirs(s.root)} {
		if _, err := os.Stat(d.cloud); err == nil {
			c, err := simulated.Open(simulated.Options{Dir: d.cloud})
			if used, ok := errors.AsType[*simulated.InUse](err); ok {
				return nil, locked("init: "+d.base+" is "+used.Error(), "Run it again once that process has ended.")
			}
			if err == nil { // one that is damaged is put away like any other
				err = c.Close()
			}
			if err != nil && c != nil {
				return nil, err
			}
		}
		if _, err := os.Stat(d.base); err == nil {
			folders = append(folders, d.base)
		}
	}
	return folders, nil
}

// ask asks on the terminal for what has to be given and is not. Without a terminal nothing is asked.
func (s *session) ask(ctx context.Context, given answers) error {
	if !s.Terminal.Asks {
		return nil
	}
	in := bufio.NewReader(s.In)
	s.In = in // whoever asks next goes on where this one ends
	for _, a := range given {
		for a.value == "" && given.needed(a) {
			_, _ = fmt.Fprintf(s.Err, "%s (%s): ", a.flag, a.about)
			line, err := s.line(ctx, in)
			if err != nil {
				return err
			}
			a.value = line
		}
	}
	return nil
}

// line reads what somebody answers.
func (s *session) line(ctx context.Context, in *bufio.Reader) (string, error) {
	type read struct {
		text string
		err  error
	}
	answer := make(chan read, 1)
	go func() { // outlives an interrupt, as a read cannot be called back; the process ends then
		text, err := in.ReadString('\n')
		answer <- read{strings.TrimSpace(text), err}
	}()
	select {
	case r := <-answer:
		if r.text == "" && r.err != nil {
			return "", errDeclined
		}
		return r.text, nil
	case <-ctx.Done():
		s.say("")
		return "", interruptedError{context.Cause(ctx)}
	}
}

// stacksOf are the names of the stacks of answers that were checked.
func stacksOf(given answers) []string {
	p, _ := platformOf(given)
	return p.Stacks()
}

// filesOf checks answers by the rules of the files that are written of them, and returns the files by their paths; nil for what
// is removed. The error holds everything that is wrong.
func (s *session) filesOf(given answers, command string) (map[string][]byte, error) {
	p, err := platformOf(given)
	problems := unjoined(err)
	made, err := p.Files(s.root, state.Backend(p.Organisation, p.Account, p.Home()))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for path, text := range made {
		files[filepath.Join(s.root, path)] = text
	}
	more, err := s.tried(made, p.Stacks())
	if err != nil {
		return nil, err
	}
	problems = append(problems, given.told(more)...)
	if len(problems) > 0 {
		return nil, usageError{fmt.Errorf("init: %d wrong or missing:\n  %s", len(problems), strings.ReplaceAll(errors.Join(problems...).Error(), "\n", "\n  ")), command}
	}
	return files, nil
}

// tried loads files from a folder of their own and returns what their rules refuse.
func (s *session) tried(files map[string][]byte, stacks []string) (problems config.Problems, err error) {
	dir, err := os.MkdirTemp("", "hub-init-")
	if err != nil {
		return nil, fmt.Errorf("try files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for path, text := range files {
		if text == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, path), text, 0o600); err != nil {
			return nil, err
		}
	}
	collect := func(err error) error {
		var some config.Problems
		if err == nil || !errors.As(err, &some) {
			return err
		}
		problems = append(problems, some...)
		return nil
	}
	_, err = s.deps.settings(filepath.Join(dir, bootstrapDir), false)
	if err = collect(err); err != nil {
		return nil, err
	}
	for _, stack := range stacks {
		_, err := s.deps.load(dir, stack, true)
		if err = collect(err); err != nil {
			return nil, err
		}
	}
	return problems, nil
}

// existing are the files of a project that are there, by their paths below its folder.
func (s *session) existing(files map[string][]byte) (paths []string) {
	for path := range files {
		if _, err := os.Stat(path); err == nil {
			short, relErr := filepath.Rel(s.root, path)
			if relErr != nil {
				short = path
			}
			paths = append(paths, short)
		}
	}
	slices.Sort(paths)
	return paths
}

// committed reports whether git knows all files that are there, and which of them are not as they were committed.
func (s *session) committed(ctx context.Context, files map[string][]byte) (known bool, changed []string) {
	git := func(args ...string) (string, error) {
		c := exec.CommandContext(ctx, "git", append(append([]string{"-C", s.root}, args...), s.existing(files)...)...)
		c.Env = append(s.Environ[:len(s.Environ):len(s.Environ)], "GIT_OPTIONAL_LOCKS=0") // looking writes nothing
		out, err := c.Output()
		return string(out), err
	}
	if _, err := git("ls-files", "--error-unmatch", "--"); err != nil {
		return false, nil
	}
	out, err := git("status", "--porcelain", "--")
	if err != nil {
		return false, nil
	}
	for line := range strings.Lines(out) {
		changed = append(changed, strings.TrimSpace(line[min(3, len(line)):]))
	}
	return true, changed
}
