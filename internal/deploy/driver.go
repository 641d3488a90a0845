package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/blind"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// DefaultParallel is how many operations the engine may have under way at once. The engine's own default, four times
// the CPU cores, starves a launch that only waits on AWS.
const DefaultParallel = 200

// passphrase is the secrets provider that needs nothing but PULUMI_CONFIG_PASSPHRASE.
const passphrase = "passphrase"

// Target says which stack of which program runs where.
type Target struct {
	Stack    string         // stack name, such as prod-eu
	Project  string         // Pulumi.yaml's name
	Root     string         // folder with Pulumi.yaml and the stack files; never written to
	Program  pulumi.RunFunc // runs in this process
	Env      []string       // the engine's whole environment, KEY=VALUE, nothing is inherited; see engine.Environment and engine.OfflineEnvironment
	Backend  string         // where state lives: file:///..., s3://...; empty leaves it to Env and Pulumi.yaml
	Secrets  string         // secrets provider of a stack that has to be created, such as awskms://... or HubKey; empty: passphrase
	Parallel int            // operations at once; 0: DefaultParallel
	WorkDir  string         // where this stack's copy of Pulumi.yaml and stack file is kept; empty: a temporary folder that Close removes
	Existing bool           // Open refuses a stack that does not exist rather than creating it
	Blind    bool           // look at a copy of the state in which no secret is, and decrypt none: for Preview, and for Refresh with PreviewOnly
	Settled  bool           // another driver's Recover has settled this state: nothing is left over in it
	Offline  bool           // the key that a stack file names is another account's: only the state says which one is this one's
	Run      string         // address of the CI run that this is part of, for whoever finds the stack locked
	Note     func(string)   // told what the driver did on its own account, whole sentences; nil: nobody

	OnError map[string]OnError // error hooks of the program's resources by name, which a destroy has without the program; nil: none

	Grace time.Duration    // how long an interrupted engine may take to finish what it runs before it is killed; 0: as long as it needs
	Force <-chan struct{}  // closing it kills an engine that was interrupted; nil: never
	Now   func() time.Time // clock of events and durations; nil: the engine's own, in whole seconds
}

// Driver runs operations on one stack, one at a time.
type Driver struct {
	target  Target
	stack   auto.Stack
	command *engine.Command
	program *language
	store   *store.Store      // locks and checkpoints; nil where the backend is of a kind that hub cannot look into
	found   *state.Checkpoint // when the stack was opened; nil where it did not exist or is of such a kind
	// undeployed is set for the copy of a stack to which nothing was ever deployed.
	undeployed bool
	// recovered is set once nothing is left over from a killed engine: this driver has looked, and killed none since.
	recovered bool
	// planned are the steps of the last preview of an up: what the program wants.
	planned []plan.Step
	blinded []blind.Secret // what a copy of the state lacks
	key     *KeyService    // where hub itself is the key service; else nil
	cleanup string         // temporary working folder, empty when the caller named one
}

// The engine's command line is what the Automation API runs.
var _ auto.PulumiCommand = (*engine.Command)(nil)

// Open prepares the stack's working folder and selects the stack, or creates it where it does not exist and
// the target does not ask for an existing one. Its errors are those of the file system, those of package store, such as
// a damaged checkpoint or a bucket that is not there, and *Error.
func Open(ctx context.Context, e engine.Engine, t Target) (*Driver, error) {
	if t.Secrets == "" {
		t.Secrets = passphrase
	}
	if t.Parallel == 0 {
		t.Parallel = DefaultParallel
	}
	d := &Driver{target: t, recovered: t.Settled}
	if t.WorkDir == "" || t.Blind {
		dir, err := os.MkdirTemp("", "hub-stack-")
		if err != nil {
			return nil, fmt.Errorf("open stack %s: %w", t.Stack, err)
		}
		d.target.WorkDir, d.cleanup = dir, dir
	}
	open := d.open
	if t.Blind {
		open = d.openBlind
	}
	if err := open(ctx, e); err != nil {
		_ = d.Close() // the first error is the one to tell
		return nil, err
	}
	return d, nil
}

func (d *Driver) open(ctx context.Context, e engine.Engine) error {
	if err := makeFileBackend(d.target.Backend); err != nil {
		return fmt.Errorf("open stack %s: %w", d.target.Stack, err)
	}
	if d.store == nil { // else it is a copy's, which has just been written
		if err := d.openStore(ctx); err != nil {
			return err
		}
	}
	t := d.target
	var found state.Keys
	if d.found != nil {
		found = d.found.Keys
	}
	if err := syncWorkDir(t, found); err != nil {
		return fmt.Errorf("open stack %s: %w", t.Stack, err)
	}
	program, err := serveProgram(t.Program, t.OnError)
	if err != nil {
		return fmt.Errorf("open stack %s: %w", t.Stack, err)
	}
	d.program = program
	if t.Secrets == HubKey && d.key == nil {
		if d.key, err = ServeHubKey(); err != nil {
			return fmt.Errorf("open stack %s: %w", t.Stack, err)
		}
	}
	d.command = &engine.Command{Engine: e, Env: d.environment(), Grace: t.Grace, Force: t.Force, Started: d.hold}
	if d.found == nil && !t.Existing { // to make a stack takes its lock
		if err := d.free(ctx, "open stack"); err != nil {
			return err
		}
	}
	open := auto.UpsertStackLocalSource
	switch {
	case t.Existing:
		open = auto.SelectStackLocalSource
	case d.store != nil && d.found == nil:
		open = auto.NewStackLocalSource
	}
	stack, err := open(ctx, t.Stack, t.WorkDir, auto.Pulumi(shortcut{rereading{d.command, d}, d}), auto.SecretsProvider(t.Secrets))
	if err != nil {
		return d.failed(ctx, "open stack", err, nil)
	}
	d.stack = stack
	return nil
}

// environment adds to the target's environment what the driver itself decides. A stack file without a secrets
// provider takes the one that the state was written with, so that a fresh copy of the file can read it.
func (d *Driver) environment() []string {
	env := append(slices.Clone(d.target.Env), "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true")
	if d.program != nil { // listing stacks runs none
		env = append(env, d.program.variable())
	}
	if d.key != nil {
		env = append(env, d.key.Environment()...)
	}
	if d.store != nil && d.store.Copies {
		env = append(env, "PULUMI_RETAIN_CHECKPOINTS=true") // recovery reads them
	}
	if d.target.Backend != "" {
		env = append(env, "PULUMI_BACKEND_URL="+d.target.Backend)
	}
	return env
}

// makeFileBackend creates the folder of a file backend, which the engine wants to find.
func makeFileBackend(backend string) error {
	u, err := url.Parse(backend)
	if err != nil {
		return fmt.Errorf("read backend URL: %w", err)
	}
	if u.Scheme != "file" {
		return nil
	}
	return os.MkdirAll(u.Host+u.Path, 0o755) // a relative folder, file://./state, parses into both
}

// State returns the stack's checkpoint, secrets in plain text.
func (d *Driver) State(ctx context.Context) (plan.State, error) {
	exported, err := d.stack.Export(ctx)
	if err != nil {
		return plan.State{}, d.failed(ctx, "read state of", err, nil)
	}
	state, err := decodeState(d.target.Stack, exported)
	if err != nil {
		return plan.State{}, d.failed(ctx, "read state of", err, nil)
	}
	return state, nil
}

// Stored returns the checkpoint as it is stored, its secrets encrypted, without starting the engine where hub can read it.
func (d *Driver) Stored(ctx context.Context) (plan.State, error) {
	exported, err := d.deployment(ctx)
	if err != nil || len(exported.Deployment) == 0 {
		return d.State(ctx) // the engine says what is wrong
	}
	return decodeState(d.target.Stack, exported)
}

// Whole is Stored as it was before the destroys that were the last operations to end: what a killed one took is in it.
func (d *Driver) Whole(ctx context.Context) (plan.State, error) {
	var text []byte
	var err error
	if d.store != nil {
		text, err = d.store.Whole(ctx, d.target.Project, d.target.Stack)
	}
	if err != nil {
		return plan.State{}, fmt.Errorf("read what %s held: %w", d.target.Stack, err)
	}
	if text == nil {
		return d.Stored(ctx)
	}
	exported, err := untyped(text)
	if err != nil {
		return plan.State{}, err
	}
	return decodeState(d.target.Stack, exported)
}

// Checkpoint tells one checkpoint of the stack from another; empty on a backend of a kind that hub cannot look into.
func (d *Driver) Checkpoint(ctx context.Context) (string, error) {
	text, err := d.stored(ctx)
	if err != nil || d.store == nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Outputs returns the outputs of the stack's last Up, secret ones in plain text.
func (d *Driver) Outputs(ctx context.Context) (map[string]plan.Output, error) {
	outputs, err := d.stack.Outputs(ctx)
	if err != nil {
		return nil, d.failed(ctx, "read outputs of", err, nil)
	}
	return stackOutputs(outputs), nil
}

// Remove removes the stack with its history. A stack that still holds resources is an error.
func (d *Driver) Remove(ctx context.Context) error {
	if err := d.stack.Workspace().RemoveStack(ctx, d.target.Stack); err != nil {
		return d.failed(ctx, "remove stack", err, nil)
	}
	return nil
}

// Close ends the program and removes the temporary working folder, if there is one. Closing again does nothing.
func (d *Driver) Close() error {
	var err error
	if d.program != nil {
		err = d.program.close()
		d.program = nil
	}
	if d.key != nil {
		err = errors.Join(err, d.key.Close())
		d.key = nil
	}
	if d.cleanup != "" {
		err = errors.Join(err, os.RemoveAll(d.cleanup))
	}
	return err
}

func stackOutputs(from auto.OutputMap) map[string]plan.Output {
	out := make(map[string]plan.Output, len(from))
	for name, o := range from {
		out[name] = plan.Output{Value: o.Value, Secret: o.Secret}
	}
	return out
}
