package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/blind"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/gate"
	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
)

// world is an App over doubles, which note every call in calls.
type world struct {
	App
	out, err bytes.Buffer

	configErrs map[string]error
	clash      error
	states     map[string]plan.State
	whole      map[string]plan.State // before the destroys that came last
	plans      map[string]plan.Plan
	blinded    []blind.Secret   // what a copy of a state lacks
	opErrs     map[string]error // by "verb stack"
	closed     []string         // stacks whose state may not be read
	openErrs   map[string]error // by backend
	checkpoint func(stack string) string
	looks      []health.Reading  // what AWS says, look by look; the last one stays
	findings   []program.Finding // of the account
	during     func(ctx context.Context, verb, stack string)

	rotation *program.Rotation // the step that the program is told

	adopt *bool // what the account's program is told

	mu      sync.Mutex
	calls   []string
	targets map[string]deploy.Target
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		configErrs: map[string]error{}, states: map[string]plan.State{}, plans: map[string]plan.Plan{},
		opErrs: map[string]error{}, targets: map[string]deploy.Target{}, during: func(context.Context, string, string) {},
		checkpoint: func(string) string { return "" },
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: deepstreamhub\nruntime: go\n"), 0o600))
	w.App = App{
		In: strings.NewReader(""), Out: &w.out, Err: &w.err, Dir: dir, Environ: []string{"AWS_PROFILE=real", "PATH=/bin"},
		Now:   func() time.Time { return time.Unix(1700000000, 0) },
		Every: func(time.Duration) (<-chan time.Time, func()) { return nil, func() {} },
		deps: deps{
			load: func(_, stack string, _ bool) (config.Config, error) {
				w.note("load %s", stack)
				return config.Config{}, w.configErrs[stack]
			},
			clashes: func(c map[string]config.Config) error { w.note("clashes %d", len(c)); return w.clash },
			findEngine: func(context.Context, engine.Options) (engine.Engine, error) {
				w.note("engine")
				return engine.Engine{Path: "/usr/bin/pulumi"}, nil
			},
			open: func(_ context.Context, _ engine.Engine, t deploy.Target) (driver, error) {
				w.note("open %s existing=%t", t.Stack, t.Existing)
				w.mu.Lock()
				defer w.mu.Unlock()
				w.targets[t.Stack] = t
				if err := w.openErrs[t.Backend]; err != nil {
					return nil, err
				}
				return &fakeDriver{w, t.Stack}, nil
			},
			openState: deploy.OpenState,
			judge:     func(s plan.State) error { return gate.Destroy(s) },
			program: func(_ string, _ bool, r *program.Rotation) pulumi.RunFunc {
				w.rotation = r
				return nil
			},
			readHealth: w.readHealth,
			doctor:     func(context.Context, *session, []string) ([]program.Finding, error) { return w.findings, nil },
			commit:     func(context.Context, string, []string) (string, bool) { return "0123abcd", true },
			listStacks: func(context.Context, engine.Engine, deploy.Target) (open, closed []string, err error) {
				w.note("list")
				return slices.Collect(maps.Keys(w.states)), w.closed, nil
			},
			region:     func(config.Config) pulumi.RunFunc { return nil },
			startCloud: func(cloudOptions) (cloud, error) { w.note("cloud"); return fakeCloud{w}, nil },
			shareCloud: func(cloudOptions) (cloud, error) { w.note("cloud"); return fakeCloud{w}, nil },
			settings: func(dir string, offline bool) (settings.Settings, error) {
				w.note("settings %s offline=%t", filepath.Base(dir), offline)
				return settings.Settings{Region: "eu-central-1", Account: settings.Account{ID: "111122223333"}}, w.configErrs["bootstrap"]
			},
			bootstrapped: func(dirs) error { w.note("bootstrapped"); return nil },
			move: func(_ context.Context, _ engine.Engine, from, to deploy.Target) (int, error) {
				w.note("move %s %s", from.Backend, to.Backend)
				return 7, nil
			},
			account: func(_ settings.Settings, adopt *bool) pulumi.RunFunc { w.adopt = adopt; return nil },
		},
	}
	return w
}

func (w *world) readHealth(_ context.Context, offline cloud, region string, _ *health.Part) (health.Reading, error) {
	w.note("health %s offline=%t", region, offline != nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.looks[0]
	if len(w.looks) > 1 {
		w.looks = w.looks[1:]
	}
	return r, nil
}

func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, fmt.Sprintf(format, args...))
}

// did reports whether a call that begins with prefix was made.
func (w *world) did(prefix string) bool {
	return slices.ContainsFunc(w.calls, func(c string) bool { return strings.HasPrefix(c, prefix) })
}

// run runs a command line and returns what main would print and its exit code.
func (w *world) run(line string) (text string, code int) {
	return Report(w.Run(context.Background(), strings.Fields(line)))
}

// answer puts somebody at a terminal.
func (w *world) answer(text string) {
	w.In, w.Terminal.Asks = strings.NewReader(text), true
}

type fakeDriver struct {
	w     *world
	stack string
}

func (d *fakeDriver) op(ctx context.Context, verb string, o deploy.Options) (plan.Plan, error) {
	d.w.note("%s %s", verb, d.stack)
	if o.Message != "" {
		d.w.note("message %s %s", verb, o.Message)
	}
	if verb != "preview" && o.Judged != "" {
		d.w.note("judged %s %s", verb, o.Judged)
	}
	d.w.during(ctx, verb, d.stack)
	p := d.w.plans[d.stack]
	p.Stack, p.Preview = d.stack, verb == "preview"
	for _, s := range p.Steps {
		o.Events(plan.Event{Time: d.w.Now(), Stack: d.stack, Kind: plan.EventFinished, Step: s})
	}
	o.Events(plan.Event{Time: d.w.Now(), Stack: d.stack, Kind: plan.EventSummary})
	return p, d.w.opErrs[verb+" "+d.stack]
}

func (d *fakeDriver) Preview(ctx context.Context, o deploy.Options) (plan.Plan, error) {
	return d.op(ctx, "preview", o)
}

func (d *fakeDriver) Up(ctx context.Context, o deploy.Options) (plan.Plan, error) {
	return d.op(ctx, "up", o)
}

func (d *fakeDriver) Refresh(ctx context.Context, o deploy.Options) (plan.Plan, error) {
	if o.PreviewOnly {
		return d.op(ctx, "preview-refresh", o)
	}
	return d.op(ctx, "refresh", o)
}

func (d *fakeDriver) Destroy(ctx context.Context, o deploy.Options) (plan.Plan, error) {
	return d.op(ctx, "destroy", o)
}

func (d *fakeDriver) TakeDown(ctx context.Context, o deploy.Options) (plan.Plan, error) {
	return d.op(ctx, "destroy", o)
}

func (d *fakeDriver) State(context.Context) (plan.State, error) {
	d.w.note("state %s", d.stack)
	s := d.w.states[d.stack]
	s.Stack = d.stack
	return s, nil
}

func (d *fakeDriver) Stored(ctx context.Context) (plan.State, error) { return d.State(ctx) }

func (d *fakeDriver) Whole(context.Context) (plan.State, error) { return d.w.whole[d.stack], nil }

func (d *fakeDriver) Checkpoint(context.Context) (string, error) {
	return d.w.checkpoint(d.stack), nil
}

func (d *fakeDriver) Outputs(context.Context) (map[string]plan.Output, error) {
	d.w.note("outputs %s", d.stack)
	return d.w.plans[d.stack].Outputs, nil
}

func (d *fakeDriver) Remove(context.Context) error { d.w.note("remove %s", d.stack); return nil }
func (d *fakeDriver) Blinded() []blind.Secret      { return d.w.blinded }
func (d *fakeDriver) Close() error                 { d.w.note("close %s", d.stack); return nil }

type fakeCloud struct{ w *world }

func (c fakeCloud) Port() int { return 4242 }
func (c fakeCloud) Environment() []string {
	return []string{"AWS_ENDPOINT_URL_S3=http://127.0.0.1:4243"}
}
func (c fakeCloud) Close() error     { c.w.note("close cloud"); return nil }
func (c fakeCloud) Alone() bool      { return true }
func (c fakeCloud) Endpoint() string { return "127.0.0.1:4243" }

var (
	errBroken   = errors.New("broken")
	vpcStep     = plan.Step{URN: "urn:pulumi:s::p::aws:ec2/vpc:Vpc::network-vpc", Type: "aws:ec2/vpc:Vpc", Name: "network-vpc", Op: plan.OpCreate}
	vpcResource = plan.Resource{URN: vpcStep.URN, Type: vpcStep.Type, Name: vpcStep.Name, ID: "vpc-1", Custom: true}
)
