package harness

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	bootstrap "github.com/deepstreamhub/platform/bootstrap/program"
	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/state"
)

// NewBlankAWS starts an offline AWS whose account holds nothing yet.
func NewBlankAWS(t testing.TB) *AWS {
	t.Helper()
	s, err := awssim.Start(awssim.Options{Account: cloud.BlankAccount(), Log: io.Discard})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return &AWS{Server: s, Dir: t.TempDir()}
}

// Account is the bootstrap of an account, with its state on disk.
type Account struct {
	AWS      *AWS
	Settings settings.Settings // what the next Up uses; tests change it in place

	t      testing.TB
	adopt  bool
	target deploy.Target
	driver *deploy.Driver
}

// AccountSettings returns the tracked settings, without protection.
func AccountSettings(t testing.TB) settings.Settings {
	t.Helper()
	s, err := settings.Read(filepath.Join(Root(t), "bootstrap"), settings.Stack, config.Options{Offline: true})
	require.NoError(t, err)
	no := false
	s.Account.Protect = &no
	return s
}

// NewAccount prepares the bootstrap of an account. Nothing is deployed yet.
func NewAccount(t testing.TB, aws *AWS, s settings.Settings) *Account {
	t.Helper()
	a := &Account{AWS: aws, Settings: s, t: t}
	root := t.TempDir()
	text, err := os.ReadFile(filepath.Join(Root(t), "bootstrap", "Pulumi.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "Pulumi.yaml"), text, 0o600))
	backend := state.Folder(filepath.Join(aws.Dir, "bootstrap"))
	a.target = deploy.Target{
		Stack: settings.Stack, Project: s.Organisation.Bootstrap(), Root: root, Backend: backend,
		Program: func(ctx *pulumi.Context) error {
			return bootstrap.Account(a.Settings, bootstrap.Options{Adopt: a.adopt})(ctx)
		},
		Env: append(engine.OfflineEnvironment(os.Environ(), engine.Offline{
			Dir: aws.Dir, Backend: backend, Passphrase: "bootstrap", Providers: map[string]int{"aws": aws.Port()}, AWS: aws.Environment(),
		}), engine.Unwatched...),
	}
	a.driver, err = deploy.Open(t.Context(), Engine(t), a.target)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.driver.Close()) })
	return a
}

// Backend is where the account keeps everybody's state.
func (a *Account) Backend() Backend {
	return Backend{URL: state.Backend(a.Settings.Organisation, a.Settings.Account.ID, a.Settings.Region), Secrets: state.Secrets(a.Settings.Organisation, a.Settings.Region)}
}

// inBucket is where the bootstrap's state is once it was moved.
func (a *Account) inBucket() deploy.Target {
	to := a.target
	to.Backend, to.Secrets = a.Backend().URL, a.Backend().Secrets
	return to
}

// OpenInBucket opens the bootstrap in the bucket, as somebody does who has no state on disk.
func (a *Account) OpenInBucket() error {
	a.t.Helper()
	d, err := deploy.Open(a.t.Context(), Engine(a.t), a.inBucket())
	if err != nil {
		return err
	}
	return d.Close()
}

// Move moves the bootstrap's own state into the bucket that it made, and works on it there from then on.
func (a *Account) Move() (resources int, err error) {
	a.t.Helper()
	to := a.inBucket()
	resources, err = deploy.Move(a.t.Context(), Engine(a.t), a.target, to)
	if err != nil {
		return 0, err
	}
	require.NoError(a.t, a.driver.Close())
	a.target = to
	a.driver, err = deploy.Open(a.t.Context(), Engine(a.t), to)
	require.NoError(a.t, err)
	return resources, nil
}

// Adopt deploys with whatever the account has already taken over as it is.
func (a *Account) Adopt() plan.Plan {
	a.t.Helper()
	a.adopt = true
	defer func() { a.adopt = false }()
	return a.Up()
}

// Up deploys the settings and fails the test if they cannot be.
func (a *Account) Up() plan.Plan {
	a.t.Helper()
	p, err := a.TryUp()
	require.NoError(a.t, err)
	return p
}

// TryUp deploys the settings and returns what went wrong.
func (a *Account) TryUp() (plan.Plan, error) { return a.driver.Up(a.t.Context(), deploy.Options{}) }

// Preview returns what Up would do.
func (a *Account) Preview() plan.Plan {
	a.t.Helper()
	p, err := a.driver.Preview(a.t.Context(), deploy.Options{})
	require.NoError(a.t, err)
	return p
}

// Destroy removes everything.
func (a *Account) Destroy() plan.Plan {
	a.t.Helper()
	p, err := a.driver.Destroy(a.t.Context(), deploy.Options{})
	require.NoError(a.t, err)
	return p
}

// TryDestroy tries to remove everything and returns what went wrong.
func (a *Account) TryDestroy() (plan.Plan, error) {
	return a.driver.Destroy(a.t.Context(), deploy.Options{PreviewOnly: true})
}

// State returns the checkpoint.
func (a *Account) State() plan.State {
	a.t.Helper()
	s, err := a.driver.State(a.t.Context())
	require.NoError(a.t, err)
	return s
}
