package deploy_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
)

// longerThanKill is longer than the ten seconds after which the Automation API's own command kills the engine.
const longerThanKill = 12 * time.Second

// An interrupt lets the operation under way finish, keeps it in the state, starts nothing after it and leaves neither
// a pending operation nor a lock. A second SIGINT would make the engine stop at once and leave the operation pending,
// so the empty list of pending operations shows that there was one.
func TestInterruptWaitsForRunningOperations(t *testing.T) {
	t.Parallel()
	cloud, port := serve(t, longerThanKill)
	things := []thing{{name: "first", props: pulumi.Map{}}}
	target := target(t, port, func(ctx *pulumi.Context) error {
		var first, next pulumi.CustomResourceState
		if err := ctx.RegisterResource(thingType, things[0].name, pulumi.Map{}, &first); err != nil {
			return err
		}
		return ctx.RegisterResource(thingType, "next", pulumi.Map{}, &next, pulumi.DependsOn([]pulumi.Resource{&first}))
	})
	d := open(t, target)

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	go func() {
		<-cloud.began
		time.Sleep(time.Second)
		interrupt()
	}()
	began := time.Now()
	_, err := d.Up(ctx, deploy.Options{})
	assert.Greater(t, time.Since(began), longerThanKill)

	var failed *deploy.Error
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, context.Canceled)
	assert.True(t, failed.Interrupted())
	assert.Equal(t, 130, failed.ExitCode())
	assert.False(t, failed.Killed())
	assert.Equal(t, "up dev: interrupted", err.Error())

	state, err := d.State(t.Context())
	require.NoError(t, err)
	assert.Empty(t, state.Pending)
	var names []string
	for _, r := range state.Resources {
		if r.Type == thingType {
			names = append(names, r.Name)
		}
	}
	assert.Equal(t, []string{"first"}, names)
	assert.Equal(t, []string{"thing-1"}, cloud.ids(), "cloud equals state")
	assert.Empty(t, lockFiles(t, target))
}

// An interrupt that comes before the engine listens for it, but after it has locked the stack, must not leave the
// lock behind.
func TestInterruptAtOnceLeavesNoLock(t *testing.T) {
	t.Parallel()
	_, port := serve(t, 0)
	things := []thing{{name: "a", props: pulumi.Map{}}}
	target := target(t, port, program(&things))
	d := open(t, target)
	for _, wait := range []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond, 300 * time.Millisecond} {
		ctx, interrupt := context.WithTimeout(t.Context(), wait)
		_, _ = d.Up(ctx, deploy.Options{}) // it may well have finished
		interrupt()
		require.Empty(t, lockFiles(t, target), "interrupted after %s", wait)
	}
	_, err := d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
}

// When all is done the engine takes no interrupt any more, while it writes its history and gives the lock back: it would end at once
// and leave the lock (pulumi/pkg, backend/diy/backend.go, apply). So it is not sent one.
func TestInterruptAtTheEndLeavesNoLock(t *testing.T) {
	t.Parallel()
	_, port := serve(t, 0)
	things := []thing{{name: "a", props: pulumi.Map{}}}
	target := target(t, port, program(&things))
	d := open(t, target)
	for i := range 5 {
		things[0].props["size"] = pulumi.Int(i)
		ctx, interrupt := context.WithCancel(t.Context())
		p, err := d.Up(ctx, deploy.Options{Events: func(e plan.Event) {
			if e.Kind == plan.EventSummary {
				interrupt()
			}
		}})
		interrupt()
		require.NoError(t, err)
		require.NotEmpty(t, p.Changes())
		require.Empty(t, lockFiles(t, target))
	}
}

// A second interrupt ends the engine at once, at the price of a pending operation.
func TestForceKills(t *testing.T) {
	t.Parallel()
	cloud, port := serve(t, longerThanKill)
	things := []thing{{name: "a", props: pulumi.Map{}}}
	target := target(t, port, program(&things))
	force := make(chan struct{})
	target.Force = force
	var notes []string
	target.Note = func(text string) { notes = append(notes, text) }
	d := open(t, target)

	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	go func() {
		<-cloud.began
		interrupt()
		close(force)
	}()
	began := time.Now()
	_, err := d.Up(ctx, deploy.Options{})
	var failed *deploy.Error
	require.ErrorAs(t, err, &failed)
	assert.True(t, failed.Killed())
	assert.Contains(t, failed.Advice(), "Run it again")
	assert.Less(t, time.Since(began), longerThanKill)
	state, err := d.State(t.Context())
	require.NoError(t, err)
	assert.Len(t, state.Pending, 1)

	require.NotEmpty(t, lockFiles(t, target))
	_, err = d.Refresh(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.Len(t, notes, 2, "the lock, and what was under way: %q", notes)
	assert.Contains(t, notes[0], "dev: removed a lock that was left behind: ")
	assert.Contains(t, notes[1], "creating ")
	require.Empty(t, lockFiles(t, target))
}

func lockFiles(t *testing.T, target deploy.Target) []string {
	t.Helper()
	var found []string
	root := filepath.Join(filepath.Dir(target.WorkDir), "state", ".pulumi", "locks")
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".json" {
			found = append(found, path)
		}
		return nil // the folder of locks is missing until the first one
	})
	require.NoError(t, err)
	return found
}
