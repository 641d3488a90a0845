package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// Stacks returns the names of all stacks of the target's project where the target keeps its state: those that can be
// opened, and those whose state the caller has no right to read. Its Stack is of no account.
func Stacks(ctx context.Context, e engine.Engine, t Target) (open, closed []string, err error) {
	s, err := OpenState(ctx, t)
	if err != nil {
		return nil, nil, fmt.Errorf("list stacks: %w", err)
	}
	if s == nil {
		open, err = askEngine(ctx, e, t)
		return open, nil, err
	}
	all, err := s.Stacks(ctx, t.Project)
	if err != nil {
		return nil, nil, fmt.Errorf("list stacks: %w", err)
	}
	for _, name := range all {
		if _, err := s.Checkpoint(ctx, t.Project, name); errors.Is(err, store.ErrForbidden) {
			closed = append(closed, name)
		} else {
			open = append(open, name) // whatever else is wrong with it, whoever opens it says so
		}
	}
	return open, closed, nil
}

// askEngine lists the stacks of a backend that hub cannot read. The engine reads every checkpoint for it, and fails when one
// of them may not be read.
func askEngine(ctx context.Context, e engine.Engine, t Target) ([]string, error) {
	dir, err := os.MkdirTemp("", "hub-stacks-")
	if err != nil {
		return nil, fmt.Errorf("list stacks: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	project, err := os.ReadFile(filepath.Join(t.Root, "Pulumi.yaml"))
	if err == nil {
		err = writeChanged(filepath.Join(dir, "Pulumi.yaml"), project)
	}
	if err != nil {
		return nil, fmt.Errorf("list stacks: %w", err)
	}
	d := &Driver{target: t}
	d.command = &engine.Command{Engine: e, Env: d.environment(), Grace: t.Grace, Force: t.Force}
	w, err := auto.NewLocalWorkspace(ctx, auto.WorkDir(dir), auto.Pulumi(d.command))
	if err != nil {
		return nil, d.failed(ctx, "list stacks", err, nil)
	}
	found, err := w.ListStacks(ctx)
	if err != nil {
		return nil, d.failed(ctx, "list stacks", err, nil)
	}
	names := make([]string, len(found))
	for i, s := range found {
		names[i] = s.Name
	}
	return names, nil
}
