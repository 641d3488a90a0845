package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
)

// environment is the whole environment of an engine on the session's AWS, offline or not.
func (s *session) environment() []string {
	switch {
	case !s.offline:
		return engine.Environment(s.Environ)
	case s.cloud == nil:
		return s.dirs().environment(s.Environ, 0)
	}
	return s.dirs().environment(s.Environ, s.cloud.Port(), s.cloud.Environment()...)
}

// share puts a stack's state where everybody's is: in the bucket of the account that bootstrap/ names, secrets under the
// account's key. Where the caller's environment names a backend, that one goes first, with the secrets provider that the
// stack file names.
func (s *session) share(t *deploy.Target) error {
	t.Env = s.environment()
	secrets, err := config.SecretsProvider(t.Root, t.Stack)
	if err != nil {
		return configError{err}
	}
	if secrets == deploy.HubKey { // hub state key --offline writes it into the file
		return refused(
			fmt.Sprintf("Pulumi.%s.yaml: secretsprovider: %s is the key of offline states, which everybody has: nothing of an account is encrypted under it", t.Stack, secrets),
			"Take the key of the account back into the file: git checkout Pulumi."+t.Stack+".yaml",
		)
	}
	t.Secrets = secrets
	chosen := slices.ContainsFunc(s.Environ, func(kv string) bool { return strings.HasPrefix(kv, "PULUMI_BACKEND_URL=") })
	if chosen && !s.offline {
		return nil
	}
	cfg, err := s.deps.settings(filepath.Join(s.root, bootstrapDir), s.offline)
	if err != nil {
		return fmt.Errorf("find the account's state: %w", err)
	}
	t.Backend = state.Backend(s.organisation, cfg.Account.ID, cfg.Region)
	if err := sameBackend(t.Root, t.Backend); err != nil {
		return err
	}
	if t.Secrets == "" {
		t.Secrets = state.Secrets(s.organisation, cfg.Region)
	}
	return nil
}

// sameBackend holds a project that names a place for its state, by which a stock pulumi goes, to the place where the
// account has it.
func sameBackend(root, backend string) error {
	named, err := deploy.ProjectBackend(root)
	if err != nil || named == "" || named == backend {
		return err
	}
	return refused(
		fmt.Sprintf("find the account's state: Pulumi.yaml names %s, the account of %s has it in %s",
			named, filepath.Join(bootstrapDir, "Pulumi."+settings.Stack+".yaml"), backend),
		"Write the account's into Pulumi.yaml, as backend.url: a stock pulumi goes by it.",
	)
}

// bootstrapped is the file that says that the blank account is blank no longer.
const bootstrapped = "bootstrapped"

func (d dirs) isBootstrapped() bool {
	_, err := os.Stat(filepath.Join(d.base, bootstrapped))
	return err == nil
}

func (d dirs) setBootstrapped() error {
	return os.WriteFile(filepath.Join(d.base, bootstrapped), []byte("hub up --offline works on this account from now on\n"), 0o600)
}

// hasState reports whether there is a state in the folder.
func (d dirs) hasState() bool {
	entries, err := os.ReadDir(d.state)
	return err == nil && len(entries) > 0
}
