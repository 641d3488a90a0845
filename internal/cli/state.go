package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/state/store"
)

// addState adds the flags of the commands that work on the state itself.
func (f *flags) addState(c *cobra.Command) {
	f.addRead(c)
	_ = c.Flags().MarkHidden("json") // taken by all, and without meaning where there is no data
}

// stateCommands are what can be done to a stack's record apart from the stack.
func (a App) stateCommands() *cobra.Command {
	c := &cobra.Command{
		Use:   "state",
		Short: "Earlier records of a stack, and the key of its secrets",
	}
	c.AddCommand(a.stateVersions(), a.stateRestore(), a.stateKey())
	return named(c)
}

// named has a command that is only a family of others refuse to be called without one.
func named(c *cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		var known []string
		for _, sub := range c.Commands() {
			known = append(known, sub.Name())
		}
		asked := "no command"
		if len(args) > 0 {
			asked = fmt.Sprintf("unknown command %q", args[0])
		}
		return usageError{fmt.Errorf("%s: %s; known: %s", c.CommandPath(), asked, strings.Join(known, ", ")), c.CommandPath()}
	}
	return c
}

func (a App) stateVersions() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "versions STACK",
		Short: "List earlier checkpoints that a stack can go back to",
		Args:  oneArgument,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			defer s.close()
			in, project, err := s.openState(c.Context(), stacks[0])
			if err != nil {
				return err
			}
			versions, err := in.History(c.Context(), project, stacks[0])
			if err == nil && len(versions) == 0 {
				err = s.known(c.Context(), in, project, stacks[0])
			}
			if err != nil {
				return s.orInterrupted(c.Context(), err)
			}
			return s.writeVersions(versions)
		},
	}
	f.addRead(c)
	return c
}

func (a App) stateRestore() *cobra.Command {
	var f flags
	var version string
	c := &cobra.Command{
		Use:   "restore STACK --version VERSION",
		Short: "Make an earlier checkpoint the current one",
		Long: `restore makes an earlier checkpoint of a stack the current one. What is there now is kept,
in the same place under .ORGANISATION/replaced/. AWS is not touched: bring the checkpoint
up to date afterwards with hub refresh, then look at hub preview.`,
		Args: oneArgument,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if version == "" {
				err = errors.Join(err, errors.New("say --version which: see hub state versions"))
			}
			if err != nil {
				return usageError{err, c.CommandPath()}
			}
			return s.restore(c.Context(), stacks[0], version)
		},
	}
	f.addState(c)
	c.Flags().BoolVar(&f.yes, "yes", false, "do it without asking")
	c.Flags().StringVar(&version, "version", "", "which: see hub state versions")
	return c
}

func (s *session) restore(ctx context.Context, stack, version string) error {
	if err := s.canAsk(); err != nil {
		return err
	}
	defer s.close()
	in, project, err := s.openState(ctx, stack)
	if err != nil {
		return err
	}
	locks, err := in.Locks(ctx, project, stack, s.Now())
	if err != nil {
		return s.orInterrupted(ctx, fmt.Errorf("restore %s: %w", stack, err))
	}
	if len(locks) > 0 { // also one left behind: it is looked at before the state is
		return s.explained(&store.Locked{Stack: stack, Verb: "restore", Locks: locks})
	}
	prepared, err := in.Prepare(ctx, project, stack, version)
	if missing := (*store.NoVersion)(nil); errors.As(err, &missing) {
		if unknown := s.known(ctx, in, project, stack); unknown != nil {
			err = unknown
		}
	}
	if err != nil {
		return s.orInterrupted(ctx, s.explained(err))
	}
	s.say("%s  %s", version, strings.Join(slices.DeleteFunc(rowOf(prepared.From()), func(cell string) bool { return cell == "" }), ", "))
	if err := s.confirm(ctx, fmt.Sprintf("Make version %s the state of %s?", version, stack)); err != nil {
		return err
	}
	done, err := prepared.Apply(ctx, s.Now())
	if err != nil {
		return s.explained(err)
	}
	s.say("%s: restored the checkpoint of %s with %d resources.", stack, done.From.Written.UTC().Format(time.DateTime+" MST"), done.From.Resources)
	if done.Replaced != "" {
		s.say("What was there is kept as %s.", done.Replaced)
	}
	s.say("What was made or changed since then is not in it. Bring it up to date with: %s\nThen compare with: %s", s.again("refresh"), s.again("preview"))
	return nil
}

// waysBack tells how to get on from a damaged checkpoint.
func (s *session) waysBack(e *store.Damaged) string {
	if len(e.Ways) == 0 {
		return "Nothing was changed, and the checkpoint is kept as it is. No earlier one that is sound was found.\n" +
			"What exists in AWS can be adopted again with: pulumi import"
	}
	lines := []string{"Nothing was changed, and the checkpoint is kept as it is. Earlier ones that are sound:"}
	for _, v := range e.Ways {
		lines = append(lines, fmt.Sprintf("  %s  %d resources, version %s", v.Written.UTC().Format(time.DateTime+" MST"), v.Resources, v.ID))
	}
	return strings.Join(append(lines, "Go back to the newest of them with: "+s.command("state restore "+e.Stack+" --version "+e.Ways[0].ID)), "\n")
}
