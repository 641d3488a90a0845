package deploy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/deepstreamhub/platform/internal/engine"
)

// Stacks returns the names of all stacks of the target's project where the target keeps its state. Its Stack is of no
// account.
func Stacks(ctx context.Context, e engine.Engine, t Target) ([]string, error) {
	dir, err := os.MkdirTemp("", "hub-stacks-")
	if err != nil {
		return nil, fmt.Errorf("list stacks: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	project, err := os.ReadFile(filepath.Join(t.Root, "Pulumi.yaml"))
	if err == nil {
		err = writeChanged(filepath.Join(dir, "Pulumi.yaml"), project)
	}
	if err == nil {
		err = makeFileBackend(t.Backend)
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
