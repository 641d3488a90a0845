package harness

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/drift"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
)

// Organisation is whose the tracked project is: Pulumi.yaml's name.
const Organisation naming.Organisation = "deepstreamhub"

// root finds the repository's root folder: the nearest one upwards that has a Pulumi.yaml.
var root = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("find repository root: no Pulumi.yaml above the test")
})

// Root returns the repository's root folder.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := root()
	require.NoError(t, err)
	return dir
}

var found = sync.OnceValues(func() (engine.Engine, error) {
	dir, err := root()
	if err != nil {
		return engine.Engine{}, err
	}
	return engine.Find(context.Background(), engine.Options{ToolsDir: filepath.Join(dir, "tools"), Progress: os.Stderr})
})

// Engine returns the real Pulumi CLI, built first where the machine has none. Without it there is nothing to test, so
// a failure fails the test.
func Engine(t testing.TB) engine.Engine {
	t.Helper()
	e, err := found()
	require.NoError(t, err, "the Pulumi CLI is needed")
	return e
}

// AWS is an offline AWS of a test's own.
type AWS struct {
	*awssim.Server
	Dir string // where state and engine homes of its stacks live
}

// NewAWS starts an offline AWS that ends with the test.
func NewAWS(t testing.TB, slow map[string]time.Duration) *AWS {
	t.Helper()
	return StartAWS(t, awssim.Options{Slow: slow})
}

// StartAWS starts an offline AWS that behaves as opts say and ends with the test.
func StartAWS(t testing.TB, opts awssim.Options) *AWS {
	t.Helper()
	dir := t.TempDir()
	opts.Log = io.Discard
	s, err := awssim.Start(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &AWS{Server: s, Dir: dir}
}

// Contents returns what the account holds, as "type id" in order of creation. Compared before and after, it tells
// what a stack left behind.
func (a *AWS) Contents() []string {
	var out []string
	for _, r := range a.Cloud().List() {
		out = append(out, r.Type+" "+r.ID)
	}
	return out
}

// Find returns the account's resources of a type.
func (a *AWS) Find(typ string) []cloud.Resource {
	var out []cloud.Resource
	for _, r := range a.Cloud().List() {
		if r.Type == typ {
			out = append(out, r)
		}
	}
	return out
}

// Stack is one ephemeral stack.
type Stack struct {
	Name   string
	AWS    *AWS
	Config config.Config                       // what the next Up uses; tests change it in place
	Around func(pulumi.RunFunc) pulumi.RunFunc // changes the program; nil: it runs as it is

	t           testing.TB
	root        string
	backend     Backend
	checkpoints bool // after every step, not only at the end
	engine      engine.Engine
	force       <-chan struct{}
	target      deploy.Target
	driver      *deploy.Driver
}

// Ephemeral turns a tracked stack's configuration into that of a short-lived one: nothing protected, no snapshot
// left behind, an expiry.
func Ephemeral(t testing.TB, like string) config.Config {
	t.Helper()
	src, err := config.ReadFiles(Root(t), like)
	require.NoError(t, err)
	cfg, err := config.Load(src, config.Options{Offline: true})
	require.NoError(t, err)
	no := false
	cfg.Platform.Protect = &no
	cfg.Platform.Expires = "2030-01-01T00:00:00Z"
	cfg.Database.FinalSnapshot = &no
	cfg.Network.Endpoints = []string{} // they cost by the hour; NAT is there
	return cfg
}

// NewStack prepares a stack with a unique name that begins with prefix. Nothing is deployed yet.
func NewStack(t testing.TB, aws *AWS, prefix string, cfg config.Config, opts ...Option) *Stack {
	t.Helper()
	suffix := make([]byte, 3)
	_, err := rand.Read(suffix)
	require.NoError(t, err)
	s := &Stack{Name: prefix + "-" + hex.EncodeToString(suffix), AWS: aws, Config: cfg, t: t, root: t.TempDir(), backend: aws.local(), engine: Engine(t)}
	for _, opt := range opts {
		opt(s)
	}
	text, err := os.ReadFile(filepath.Join(Root(t), "Pulumi.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.root, "Pulumi.yaml"), text, 0o600))
	s.target = deploy.Target{
		Stack: s.Name, Project: Organisation.Project(), Root: s.root, Backend: s.backend.URL, Secrets: s.backend.Secrets, OnError: program.OnError, Force: s.force,
		Program: func(ctx *pulumi.Context) error {
			cfg, err := s.Config.Sized() // a test may have changed what they follow from
			if err != nil {
				return err
			}
			run := program.Region(cfg)
			if s.Around != nil {
				run = s.Around(run)
			}
			return run(ctx)
		},
		Env: engine.OfflineEnvironment(os.Environ(), engine.Offline{
			Dir: aws.Dir, Backend: s.backend.URL, Providers: map[string]int{"aws": aws.Port()},
			AWS: aws.Environment(),
		}),
	}
	if !s.checkpoints {
		s.target.Env = append(s.target.Env, engine.Unwatched...)
	}
	s.driver, err = deploy.Open(t.Context(), s.engine, s.target)
	require.NoError(t, err)
	t.Cleanup(s.tearDown)
	return s
}

// tearDown destroys what is left of the stack. Protection is taken off first, as an operator would.
func (s *Stack) tearDown() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	defer func() { require.NoError(s.t, s.driver.Close()) }()
	state, err := s.driver.Stored(ctx)
	require.NoError(s.t, err)
	if len(state.Resources) == 0 {
		return
	}
	if *s.Config.Platform.Protect {
		no := false
		s.Config.Platform.Protect = &no
		_, err := s.driver.Up(ctx, deploy.Options{})
		require.NoError(s.t, err, "take protection off %s", s.Name)
	}
	_, err = s.driver.Destroy(ctx, deploy.Options{})
	require.NoError(s.t, err, "tear down %s", s.Name)
}

// Up deploys the stack's configuration and fails the test if it cannot be.
func (s *Stack) Up() plan.Plan { return s.must(s.driver.Up(s.t.Context(), deploy.Options{})) }

// TryUp deploys the stack's configuration and returns what went wrong.
func (s *Stack) TryUp() (plan.Plan, error) { return s.TryUpIn(s.t.Context()) }

// TryUpIn is TryUp until the context ends, which interrupts it.
func (s *Stack) TryUpIn(ctx context.Context) (plan.Plan, error) {
	return s.driver.Up(ctx, deploy.Options{})
}

// Preview returns what Up would do.
func (s *Stack) Preview() plan.Plan { return s.must(s.driver.Preview(s.t.Context(), deploy.Options{})) }

// Refresh compares the state with the cloud.
func (s *Stack) Refresh() plan.Plan { return s.must(s.driver.Refresh(s.t.Context(), deploy.Options{})) }

// As is the environment, KEY=VALUE, in which a stack is worked on by somebody who took a role of the account, by its name.
func (a *AWS) As(t testing.TB, role string) []string {
	t.Helper()
	port, env, closed, err := a.Server.As(role)
	require.NoError(t, err)
	t.Cleanup(closed)
	return append(env, fmt.Sprintf("PULUMI_DEBUG_PROVIDERS=aws:%d", port))
}

// Open opens the stack's real state in an environment that is changed so, as Blind does.
func (s *Stack) Open(changes ...string) (*deploy.Driver, error) { return s.open(false, changes) }

// Blind opens the stack's state without its secrets, until the test ends. What changes says of the environment, KEY=VALUE,
// goes before what the stack has.
func (s *Stack) Blind(changes ...string) (*deploy.Driver, error) { return s.open(true, changes) }

// changed is the target with another environment.
func (s *Stack) changed(changes []string) deploy.Target {
	t := s.target
	t.Env = slices.DeleteFunc(slices.Clone(t.Env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.ContainsFunc(changes, func(c string) bool { return strings.HasPrefix(c, name+"=") })
	})
	t.Env = append(t.Env, changes...)
	return t
}

func (s *Stack) open(blind bool, changes []string) (*deploy.Driver, error) {
	t := s.changed(changes)
	t.Blind = blind
	d, err := deploy.Open(s.t.Context(), Engine(s.t), t)
	if err == nil {
		s.t.Cleanup(func() { require.NoError(s.t, d.Close()) })
	}
	return d, err
}

// List returns the stacks where this one's state is: those that can be opened, and those that may not be read.
func (s *Stack) List(changes ...string) (open, closed []string, err error) {
	return deploy.Stacks(s.t.Context(), Engine(s.t), s.changed(changes))
}

// BlindPreview returns what Up would do, as hub preview finds out.
func (s *Stack) BlindPreview() plan.Plan {
	s.t.Helper()
	d, err := s.Blind()
	require.NoError(s.t, err)
	return s.must(d.Preview(s.t.Context(), deploy.Options{}))
}

// BlindDrift returns what differs between state and cloud, as hub drift finds out.
func (s *Stack) BlindDrift() drift.Report {
	s.t.Helper()
	d, err := s.Blind()
	require.NoError(s.t, err)
	return drift.Of(s.must(d.Refresh(s.t.Context(), deploy.Options{PreviewOnly: true, Exclude: drift.Unread})), d.Blinded()...)
}

// Destroy removes everything, without asking any gate.
func (s *Stack) Destroy() plan.Plan {
	return s.must(s.driver.Destroy(s.t.Context(), deploy.Options{}))
}

// TakeDown removes everything as hub destroy does, without asking any gate, and returns what went wrong.
func (s *Stack) TakeDown(ctx context.Context, o deploy.Options) (plan.Plan, error) {
	return s.driver.TakeDown(ctx, o)
}

// State returns the stack's checkpoint.
func (s *Stack) State() plan.State {
	s.t.Helper()
	state, err := s.driver.State(s.t.Context())
	require.NoError(s.t, err)
	return state
}

func (s *Stack) must(p plan.Plan, err error) plan.Plan {
	s.t.Helper()
	require.NoError(s.t, err)
	return p
}

// Changed lists a plan's changes to resources as "operation name", without components and in order, replaces spelt
// out once.
func Changed(p plan.Plan) []string {
	var out []string
	for _, s := range p.Changes() {
		if !s.Component() {
			out = append(out, strings.Join([]string{string(s.Op), s.Name}, " "))
		}
	}
	return out
}
