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
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/plan"
)

const (
	component = "deepstreamhub:tier:Tier"
	thingType = "slow:index:Thing"
)

// project is a folder with a Pulumi.yaml and the stack file of "dev".
func project(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "Pulumi.yaml"), "name: deepstreamhub\nruntime: go\n")
	write(t, filepath.Join(root, "Pulumi.dev.yaml"), "config:\n  deepstreamhub:colour: blue\n")
	return root
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

// target is the stack "dev" of a new project with a state of its own.
func target(t *testing.T, port int, program pulumi.RunFunc) deploy.Target {
	t.Helper()
	target := targetIn(t.TempDir(), project(t), port, program)
	target.Secrets = deploy.HubKey
	return target
}

// targetIn is the stack "dev" of the project in root, with state and working folder in dir.
func targetIn(dir, root string, port int, program pulumi.RunFunc) deploy.Target {
	backend := "file://" + filepath.Join(dir, "state")
	return deploy.Target{
		Stack:   "dev",
		Project: "deepstreamhub",
		Root:    root,
		Program: program,
		Backend: backend,
		WorkDir: filepath.Join(dir, "work"),
		Now:     time.Now,
		Env: engine.OfflineEnvironment(os.Environ(), engine.Offline{
			Dir: dir, Backend: backend, Passphrase: "offline", Providers: map[string]int{"slow": port},
		}),
	}
}

func open(t *testing.T, target deploy.Target) *deploy.Driver {
	t.Helper()
	e, err := engine.Find(t.Context(), engine.Options{ToolsDir: "../../tools", Progress: t.Output()})
	require.NoError(t, err)
	d, err := deploy.Open(t.Context(), e, target)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

// thing is what the program may say about one resource of the slow provider.
type thing struct {
	name  string
	props pulumi.Map
	opts  []pulumi.ResourceOption
}

// program registers a component with things below it and exports a plain and a secret output, and the first's id.
func program(things *[]thing) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var tier struct{ pulumi.ResourceState }
		if err := ctx.RegisterComponentResource(component, "tier", &tier); err != nil {
			return err
		}
		for i, th := range *things {
			var r pulumi.CustomResourceState
			opts := append([]pulumi.ResourceOption{pulumi.Parent(&tier)}, th.opts...)
			if err := ctx.RegisterResource(thingType, th.name, th.props, &r, opts...); err != nil {
				return err
			}
			if i == 0 {
				ctx.Export("id", r.ID())
			}
		}
		colour, _ := ctx.GetConfig("deepstreamhub:colour")
		ctx.Export("colour", pulumi.String(colour))
		ctx.Export("password", pulumi.ToSecret(pulumi.String("hunter2")))
		return ctx.RegisterResourceOutputs(&tier, pulumi.Map{})
	}
}

func operations(p plan.Plan) map[string]plan.Op {
	out := map[string]plan.Op{}
	for _, s := range p.Steps {
		out[s.Name] = s.Op
	}
	return out
}

func stepOf(t *testing.T, p plan.Plan, name string) plan.Step {
	t.Helper()
	for _, s := range p.Steps {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no step named %s in %+v", name, p.Steps)
	return plan.Step{}
}

func resourceOf(t *testing.T, s plan.State, name string) plan.Resource {
	t.Helper()
	for _, r := range s.Resources {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no resource named %s in %+v", name, s.Resources)
	return plan.Resource{}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	cloud, port := serve(t, 0)
	things := []thing{
		{name: "a", props: pulumi.Map{"size": pulumi.Int(1), "kind": pulumi.String("x")}},
		{name: "b", props: pulumi.Map{"size": pulumi.Int(1)}},
	}
	target := target(t, port, program(&things))
	d := open(t, target)
	ctx := t.Context()

	previewed, err := d.Preview(ctx, deploy.Options{})
	require.NoError(t, err)
	assert.True(t, previewed.Preview)
	assert.Equal(t, map[string]plan.Op{
		"deepstreamhub-dev": plan.OpCreate, "tier": plan.OpCreate, "a": plan.OpCreate, "b": plan.OpCreate,
	}, withoutProvider(operations(previewed)))
	assert.Equal(t, plan.Output{Value: "blue"}, previewed.Outputs["colour"], "config reaches the program")
	assert.Equal(t, plan.Output{}, previewed.Outputs["id"], "an id is unknown before creation")
	assert.Equal(t, plan.Output{Secret: true}, previewed.Outputs["password"])
	assert.Empty(t, cloud.ids())

	var events []plan.Event
	done, err := d.Up(ctx, deploy.Options{Events: func(e plan.Event) { events = append(events, e) }})
	require.NoError(t, err)
	assert.Equal(t, withoutProvider(operations(previewed)), withoutProvider(operations(done)))
	assert.Equal(t, plan.Output{Value: "hunter2", Secret: true}, done.Outputs["password"])
	assert.Positive(t, done.Took)
	assertPaired(t, events)

	again, err := d.Up(ctx, deploy.Options{})
	require.NoError(t, err)
	assert.Empty(t, again.Changes())

	outputs, err := d.Outputs(ctx)
	require.NoError(t, err)
	assert.Equal(t, done.Outputs, outputs)

	things[0].props["kind"], things[1].props["size"] = pulumi.String("y"), pulumi.Int(2)
	changed, err := d.Up(ctx, deploy.Options{})
	require.NoError(t, err)
	a, b := stepOf(t, changed, "a"), stepOf(t, changed, "b")
	assert.Equal(t, plan.OpReplace, a.Op)
	assert.Equal(t, []string{"kind"}, a.Replaces)
	assert.Equal(t, plan.OpUpdate, b.Op)
	assert.Equal(t, []string{"size"}, b.Changed)
	assert.Empty(t, b.Replaces)
	assert.Len(t, cloud.ids(), 2, "what was replaced is gone")

	state, err := d.State(ctx)
	require.NoError(t, err)
	assert.Empty(t, state.Pending)
	held := resourceOf(t, state, "b")
	assert.Contains(t, cloud.ids(), held.ID)
	assert.Equal(t, thingType, held.Type)
	assert.True(t, held.Custom)
	assert.Contains(t, held.Parent, component+"::tier")
	assert.EqualValues(t, 2, held.Inputs["size"])
	stored, err := d.Stored(ctx)
	require.NoError(t, err)
	assert.Len(t, stored.Resources, len(state.Resources))
	assert.Equal(t, held, resourceOf(t, stored, "b"))

	refreshed, err := d.Refresh(ctx, deploy.Options{})
	require.NoError(t, err)
	assert.Empty(t, refreshed.Changes())

	cloud.lose(held.ID)
	drifted, err := d.Refresh(ctx, deploy.Options{PreviewOnly: true})
	require.NoError(t, err)
	require.Len(t, drifted.Changes(), 1)
	assert.Equal(t, plan.OpDelete, stepOf(t, drifted, "b").Op)

	_, err = d.Destroy(ctx, deploy.Options{})
	require.NoError(t, err)
	assert.Empty(t, cloud.ids())
	state, err = d.State(ctx)
	require.NoError(t, err)
	assert.Empty(t, state.Resources)
	require.NoError(t, d.Remove(ctx))

	stackFile, err := os.ReadFile(filepath.Join(target.Root, "Pulumi.dev.yaml"))
	require.NoError(t, err)
	assert.Equal(t, "config:\n  deepstreamhub:colour: blue\n", string(stackFile), "the root is never written to")
}

// withoutProvider leaves out the default provider, whose name carries its version.
func withoutProvider(ops map[string]plan.Op) map[string]plan.Op {
	for name := range ops {
		if name == "default" || len(name) > 7 && name[:8] == "default_" {
			delete(ops, name)
		}
	}
	return ops
}

// assertPaired checks that everything that finished had started and that a summary comes last.
func assertPaired(t *testing.T, events []plan.Event) {
	t.Helper()
	started := map[string]bool{}
	for _, e := range events {
		switch e.Kind {
		case plan.EventStarted:
			started[e.Step.URN] = true
		case plan.EventFinished:
			assert.True(t, started[e.Step.URN], "%s finished without having started", e.Step.URN)
		}
		assert.Equal(t, "dev", e.Stack)
		assert.False(t, e.Time.IsZero())
	}
	require.NotEmpty(t, events)
	last := events[len(events)-1]
	assert.Equal(t, plan.EventSummary, last.Kind)
	assert.Equal(t, 4, last.Counts[plan.OpCreate])
}

// A later Open of the same stack, from a working folder that knows nothing of the first one, reads its secrets.
func TestReopenFromFreshWorkDir(t *testing.T) {
	t.Parallel()
	_, port := serve(t, 0)
	things := []thing{{name: "a", props: pulumi.Map{"key": pulumi.ToSecret(pulumi.String("k"))}}}
	target := target(t, port, program(&things))
	target.WorkDir = ""
	first := open(t, target)
	_, err := first.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.NoError(t, first.Close())

	second := open(t, target)
	outputs, err := second.Outputs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, plan.Output{Value: "hunter2", Secret: true}, outputs["password"])
	again, err := second.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	assert.Empty(t, again.Changes())
}

func TestFailureNamesResourceAndMessage(t *testing.T) {
	t.Parallel()
	_, port := serve(t, 0)
	things := []thing{
		{name: "bad", props: pulumi.Map{"fail": pulumi.String("VpcLimitExceeded: the maximum number of VPCs has been reached")}},
		{name: "good", props: pulumi.Map{}},
	}
	d := open(t, target(t, port, program(&things)))
	done, err := d.Up(t.Context(), deploy.Options{ContinueOnError: true})

	var failed *deploy.Error
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Failed, 1)
	assert.Equal(t, "bad", failed.Failed[0].Name)
	assert.Equal(t, plan.OpCreate, failed.Failed[0].Op)
	require.Len(t, failed.Failed[0].Messages, 1)
	assert.Contains(t, failed.Failed[0].Messages[0], "VpcLimitExceeded")
	assert.Empty(t, failed.Problems)
	assert.Equal(t, 1, failed.ExitCode())
	assert.Contains(t, err.Error(), "up dev: create slow:index:Thing bad: ")
	assert.Equal(t, plan.OpCreate, stepOf(t, done, "good").Op, "the plan holds what was done")
}

func TestProgramErrorIsTold(t *testing.T) {
	t.Parallel()
	_, port := serve(t, 0)
	d := open(t, target(t, port, func(*pulumi.Context) error { return assert.AnError }))
	_, err := d.Preview(t.Context(), deploy.Options{})
	var failed *deploy.Error
	require.ErrorAs(t, err, &failed)
	assert.ErrorIs(t, err, assert.AnError, "the program's own error is there to be asked for")
	assert.Equal(t, []string{assert.AnError.Error()}, failed.Problems)
	assert.Equal(t, "preview dev: "+assert.AnError.Error(), err.Error())
}

func TestOpenExistingRefusesMissingStack(t *testing.T) {
	t.Parallel()
	target := target(t, 1, func(*pulumi.Context) error { return nil })
	target.Existing = true
	e, err := engine.Find(t.Context(), engine.Options{ToolsDir: "../../tools", Progress: t.Output()})
	require.NoError(t, err)
	_, err = deploy.Open(t.Context(), e, target)
	var failed *deploy.Error
	require.ErrorAs(t, err, &failed)
	assert.True(t, failed.Missing())
	assert.Equal(t, "open stack dev: no stack named 'dev' found", err.Error())
}

// What a stack held before it was taken down is known after several destroys, and forgotten with the next up.
func TestWhatWasTakenDownIsKnown(t *testing.T) {
	t.Parallel()
	_, port := serve(t, 0)
	things := []thing{{name: "a", props: pulumi.Map{}}, {name: "b", props: pulumi.Map{}}}
	d := open(t, target(t, port, program(&things)))
	held := func() (names []string) {
		whole, err := d.Whole(t.Context())
		require.NoError(t, err)
		for _, r := range whole.Resources {
			if r.Type == thingType {
				names = append(names, r.Name)
			}
		}
		return names
	}
	require.Empty(t, held())
	done, err := d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"a", "b"}, held())
	_, err = d.Destroy(t.Context(), deploy.Options{Targets: []string{stepOf(t, done, "a").URN}})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"a", "b"}, held())
	_, err = d.Destroy(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"a", "b"}, held())
	things = things[1:]
	_, err = d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, held())
}

// What somebody said yes to is done to the checkpoint that they saw, and to no other.
func TestOnlyWhatWasJudgedIsTouched(t *testing.T) {
	t.Parallel()
	cloud, port := serve(t, 0)
	things := []thing{{name: "a", props: pulumi.Map{}}}
	target := target(t, port, program(&things))
	first := open(t, target)
	target.WorkDir = t.TempDir()
	second := open(t, target)
	judged, err := first.Checkpoint(t.Context())
	require.NoError(t, err)
	_, err = second.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	there := cloud.ids()
	things = nil
	o := deploy.Options{Judged: judged}
	for verb, run := range map[string]func() (plan.Plan, error){
		"up":      func() (plan.Plan, error) { return first.Up(t.Context(), o) },
		"destroy": func() (plan.Plan, error) { return first.TakeDown(t.Context(), o) },
	} {
		_, err := run()
		var failed *deploy.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, verb+" dev: the state has changed meanwhile: another operation ran on this stack", err.Error())
		assert.Equal(t, 4, failed.ExitCode())
		assert.Equal(t, "Nothing was touched. Run it again: it begins with what there is now.", failed.Advice())
	}
	assert.Equal(t, there, cloud.ids())

	o.Judged, err = first.Checkpoint(t.Context())
	require.NoError(t, err)
	_, err = first.TakeDown(t.Context(), o)
	require.NoError(t, err)
	assert.Empty(t, cloud.ids())
}

func TestLockedStack(t *testing.T) {
	t.Parallel()
	slowCloud, port := serve(t, 3*time.Second)
	things := []thing{{name: "a", props: pulumi.Map{}}}
	target := target(t, port, program(&things))
	first := open(t, target)
	target.WorkDir = t.TempDir()
	second := open(t, target)

	running := make(chan error, 1)
	go func() {
		_, err := first.Up(context.WithoutCancel(t.Context()), deploy.Options{})
		running <- err
	}()
	<-slowCloud.began
	_, err := second.Up(t.Context(), deploy.Options{})
	var failed *deploy.Error
	require.ErrorAs(t, err, &failed)
	assert.True(t, failed.Locked())
	assert.Equal(t, 4, failed.ExitCode())
	assert.Contains(t, failed.Advice(), "Wait for it")
	assert.Regexp(t, `held by .+@.+, process \d+, for 0 s .*, up; it runs on this machine`, err.Error())
	require.NoError(t, <-running)
}
