package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/state"
)

func (a App) stateKey() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "key STACK...",
		Short: "Write into stack files the key that the state's secrets are under",
		Long: `key writes into each stack file what the secrets in the stack's state are encrypted under: the
encrypted key that the checkpoint names. Commit it. hub needs no such line, and never writes
one by itself; a stock pulumi that finds none makes a new key and writes that.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			defer s.close()
			return s.writeKeys(c.Context())
		},
	}
	f.addState(c)
	return c
}

// writeKeys writes all files or none.
func (s *session) writeKeys(ctx context.Context) error {
	files := map[string][]byte{}
	var said []string
	var problems []error
	for _, stack := range s.stacks {
		before, err := s.readStackFile(stack)
		if err != nil {
			problems = append(problems, fmt.Errorf("write key of %s: %w", stack, err))
			continue
		}
		found, err := s.checkpoint(ctx, stack)
		if err != nil {
			return err
		}
		if found == nil || found.Keys == (state.Keys{}) {
			problems = append(problems, fmt.Errorf("write key of %s: its state names none, as nothing is deployed; hub up makes one", stack))
			continue
		}
		after, err := config.WithKeys(before, found.Keys)
		name := filepath.Base(s.stackFile(stack))
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("write key of %s: %w", stack, err))
		case bytes.Equal(before, after):
			said = append(said, name+" names the key of its secrets already.")
		default:
			files[s.stackFile(stack)] = after
		}
	}
	if len(problems) > 0 {
		return configError{errors.Join(problems...)}
	}
	if err := s.writeAll(files, func() error { return nil }); err != nil {
		return err
	}
	for _, line := range said {
		s.say("%s", line)
	}
	return nil
}

// checkpoint reads what the state of a stack says; nil where there is no such stack.
func (s *session) checkpoint(ctx context.Context, stack string) (*state.Checkpoint, error) {
	in, project, err := s.openState(ctx, stack)
	if err != nil {
		return nil, err
	}
	c, err := in.Checkpoint(ctx, project, stack)
	if err != nil {
		return nil, s.orInterrupted(ctx, s.explained(err))
	}
	return c, nil
}
