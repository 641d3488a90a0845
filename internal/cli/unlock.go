package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

func (a App) unlock() *cobra.Command {
	var f flags
	var force bool
	c := &cobra.Command{
		Use:   "unlock STACK",
		Short: "Tell who holds a stack, and remove locks whose owners are gone",
		Long: `unlock tells who has a stack locked: whom, on which host, since when, doing what. It
removes locks whose owners are gone for certain: the process ran on this machine and has
ended, or was not heard of for longer than anything it began can take.

With --force it removes locks as well whose owners cannot be judged from here. Find out
first: two writers lose each other's changes. The lock of a process that is known to run
is not removed by any flag.`,
		Args: oneArgument,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.unlock(c.Context(), stacks[0], force)
		},
	}
	f.addState(c)
	c.Flags().BoolVar(&force, "force", false, "remove locks whose owners cannot be judged from here, too")
	return c
}

func (s *session) unlock(ctx context.Context, stack string, force bool) error {
	defer s.close()
	in, project, err := s.openState(ctx, stack)
	if err != nil {
		return err
	}
	locks, err := in.Locks(ctx, project, stack, s.Now())
	if err != nil {
		return s.orInterrupted(ctx, fmt.Errorf("unlock %s: %w", stack, err))
	}
	if len(locks) == 0 {
		if err := s.known(ctx, in, project, stack); err != nil {
			return err
		}
		s.say("%s is not locked.", stack)
		return nil
	}
	var kept []state.Judged
	for _, j := range locks {
		may, _ := j.Forcible()
		if j.Verdict != state.Gone && (!force || !may) {
			kept = append(kept, j)
			continue
		}
		if err := in.Break(ctx, j); err != nil {
			return fmt.Errorf("unlock %s: %w", stack, err)
		}
		s.say("Removed: %s.", j.Describe(j.At))
	}
	if len(kept) > 0 {
		return s.stillLocked(stack, kept)
	}
	return s.tellPending(ctx, in, project, stack)
}

// tellPending says what the removed locks' owners had under way.
func (s *session) tellPending(ctx context.Context, in *store.Store, project, stack string) error {
	c, err := in.Checkpoint(ctx, project, stack)
	if err != nil {
		return s.explained(err)
	}
	if c != nil && len(c.Pending) > 0 {
		s.say("What was under way may or may not exist: %s.", strings.Join(c.Pending, ", "))
	}
	s.say("Have the state say what exists with: %s", s.again("refresh"))
	return nil
}

func (s *session) stillLocked(stack string, locks []state.Judged) error {
	var lines, advice []string
	for _, j := range locks {
		lines = append(lines, j.Describe(j.At))
		if may, why := j.Forcible(); !may {
			advice = append(advice, "The lock of a live owner is never removed: "+why+".")
		} else {
			advice = append(advice, "Find out whether it still runs. When it is gone for certain: "+s.again("unlock", "--force"))
		}
	}
	return locked(fmt.Sprintf("unlock %s: %s", stack, strings.Join(lines, "\n")), strings.Join(advice, "\n"))
}

// openState opens the storage with a stack's state, without an engine, and names the stack's project.
func (s *session) openState(ctx context.Context, stack string) (*store.Store, string, error) {
	if err := s.startAWS(); err != nil {
		return nil, "", err
	}
	t, err := s.stateTarget(stack)
	if err != nil {
		return nil, "", err
	}
	in, err := s.deps.openState(ctx, t)
	switch {
	case err != nil:
		return nil, "", s.orInterrupted(ctx, s.explained(err))
	case in == nil:
		return nil, "", refused(
			fmt.Sprintf("%s %s: hub cannot look into where its state is", s.verb, stack),
			"It knows state in a bucket (s3://) and in a folder (file://). Elsewhere, use pulumi cancel and pulumi stack export.",
		)
	}
	return in, t.Project, nil
}

// known refuses a stack of which nothing is known, neither by its state nor by its file, and lists those there are.
func (s *session) known(ctx context.Context, in *store.Store, project, stack string) error {
	c, err := in.Checkpoint(ctx, project, stack)
	if _, damaged := errors.AsType[*store.Damaged](err); damaged || c != nil {
		return nil
	}
	if err != nil {
		return s.explained(err)
	}
	if slices.Contains(config.Stacks(s.root), stack) {
		return nil
	}
	return s.unknown(ctx, in, project, fmt.Sprintf("%s %s: there is no such stack", s.verb, stack))
}

// unknown refuses a stack that is not there and lists those that are.
func (s *session) unknown(ctx context.Context, in *store.Store, project, what string) error {
	deployed, err := in.Stacks(ctx, project)
	if err != nil {
		return err
	}
	list := func(names []string) string {
		if len(names) == 0 {
			return "none"
		}
		return strings.Join(names, ", ")
	}
	return refused(what, fmt.Sprintf("Stacks with a state: %s. Stacks with a file here: %s.", list(deployed), list(config.Stacks(s.root))))
}

// stateTarget says where the state of a stack is, that of the account's own stack as well.
func (s *session) stateTarget(stack string) (deploy.Target, error) {
	if stack != settings.Stack {
		return s.target(stack)
	}
	cfg, err := s.deps.settings(filepath.Join(s.root, bootstrapDir), s.offline)
	if err != nil {
		return deploy.Target{}, configError{err}
	}
	t := s.accountTarget(cfg, new(bool))
	if s.accountDirs().hasState() {
		return s.onDisk(t), nil
	}
	err = s.share(&t)
	return t, err
}

// explainedError is an error with what can be done about it.
type explainedError struct {
	error
	advice string
}

func (e explainedError) Unwrap() error { return e.error }

// Advice says what can be done about it.
func (e explainedError) Advice() string { return e.advice }

// explained adds to what package store refuses how to go on, as commands.
func (s *session) explained(err error) error {
	if e, ok := errors.AsType[*store.NoBucket](err); ok {
		command := "hub bootstrap" + s.here()
		if e.Missing {
			return explainedError{err, "It is made once per account, with the keys, roles and names that regions need. Run: " + command}
		}
		return explainedError{err, "Look at the credentials, and at the account and region that the address of the state names.\nAn account's bucket is made by: " + command}
	}
	if e, ok := errors.AsType[*store.Damaged](err); ok {
		return explainedError{err, s.waysBack(e)}
	}
	if e, ok := errors.AsType[*store.BadLayout](err); ok {
		return explainedError{err, "Nothing was started, and the file is kept as it is. It says only how the state is laid out; without it the engine writes\nthe right one. Remove " + e.Key + " there, and run it again."}
	}
	if e, ok := errors.AsType[*store.NoVersion](err); ok {
		return refused(err.Error(), "See what there is with: "+s.command("state versions "+e.Stack))
	}
	if _, ok := errors.AsType[*store.Locked](err); ok {
		return locked(err.Error(), "Who holds it, and how to remove the lock when nobody does: "+s.again("unlock"))
	}
	if _, ok := errors.AsType[*store.Changed](err); ok {
		return locked(err.Error(), "Somebody worked on the stack meanwhile. Look at what there is now before going back: "+s.again("state versions"))
	}
	return err
}

// command is a command line with what every command on the same stacks has to be told.
func (s *session) command(line string) string {
	return "hub " + line + s.here()
}

// note tells what a driver did on its own account, without spoiling what is drawn.
func (s *session) note(text string) {
	if view := s.telling.Load(); view != nil {
		view.Note(text)
		return
	}
	s.say("%s", text)
}

// runAddress is the address of the CI run that hub is part of (GitHub Actions, "Default environment variables").
func runAddress(environ []string) string {
	values := map[string]string{}
	for _, kv := range environ {
		if name, value, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "GITHUB_") {
			values[name] = value
		}
	}
	if values["GITHUB_RUN_ID"] == "" {
		return ""
	}
	return values["GITHUB_SERVER_URL"] + "/" + values["GITHUB_REPOSITORY"] + "/actions/runs/" + values["GITHUB_RUN_ID"]
}
