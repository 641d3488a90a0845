package deploy

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/reclaim"
	"github.com/deepstreamhub/platform/internal/state"
)

// scratch is a stack of its own in a temporary folder, through which the cloud is read without touching the real state:
// by provider functions in a preview, and by a refresh of what may exist. It makes and deletes nothing.
type scratch struct {
	dir     string
	name    string
	stack   auto.Stack
	program pulumi.RunFunc // what a preview runs
}

// openScratch makes a scratch stack. It has the real one's name, since the engine takes no state of another stack's.
func (d *Driver) openScratch(ctx context.Context) (*scratch, error) {
	dir, err := os.MkdirTemp("", "hub-scratch-")
	if err != nil {
		return nil, err
	}
	s := &scratch{dir: dir, name: d.target.Stack}
	if err := s.open(ctx, d); err != nil {
		_ = s.close() // the first error is the one to tell
		return nil, err
	}
	return s, nil
}

func (s *scratch) open(ctx context.Context, d *Driver) error {
	backend := "file://" + filepath.Join(s.dir, "state")
	if err := makeFileBackend(backend); err != nil {
		return err
	}
	project := "name: " + d.target.Project + "\nruntime: go\n"
	if err := os.WriteFile(filepath.Join(s.dir, "Pulumi.yaml"), []byte(project), 0o600); err != nil {
		return err
	}
	env := slices.DeleteFunc(slices.Clone(d.target.Env), func(kv string) bool {
		return strings.HasPrefix(kv, "PULUMI_CONFIG_PASSPHRASE_FILE=")
	})
	// The folder goes again, but what is read meanwhile holds secrets, and a process that is killed leaves it: they are under
	// the key service's key that the stack's own are under, or nobody knows the passphrase.
	env = append(env, "PULUMI_BACKEND_URL="+backend, "PULUMI_CONFIG_PASSPHRASE="+rand.Text())
	provider, err := s.takeKey(d)
	if err != nil {
		return err
	}
	s.program = func(*pulumi.Context) error { return nil }
	command := shortcut{&engine.Command{Engine: d.command.Engine, Env: env, Grace: d.target.Grace, Force: d.target.Force}, &Driver{}}
	s.stack, err = auto.NewStackInlineSource(ctx, d.target.Stack, d.target.Project,
		func(ctx *pulumi.Context) error { return s.program(ctx) },
		auto.WorkDir(s.dir), auto.Pulumi(command), auto.SecretsProvider(provider))
	return err
}

// takeKey takes over the key service's key of the stack's secrets, encrypted as it is, and returns the secrets provider. A
// stack without one gets a passphrase: to make its key takes each process a fifth of a second.
func (s *scratch) takeKey(d *Driver) (provider string, err error) {
	keys, err := readSecretKeys(filepath.Join(d.target.WorkDir, "Pulumi."+d.target.Stack+".yaml"))
	if err != nil {
		return "", err
	}
	if keys.Provider == "" || keys.Provider == passphrase || keys.Encrypted == "" {
		return passphrase, nil
	}
	text, err := yaml.Marshal(state.Keys{Provider: keys.Provider, Encrypted: keys.Encrypted})
	if err != nil {
		return "", err
	}
	return keys.Provider, os.WriteFile(s.stackFile(), text, 0o600)
}

func (s *scratch) stackFile() string { return filepath.Join(s.dir, "Pulumi."+s.name+".yaml") }

func (s *scratch) close() error { return os.RemoveAll(s.dir) }

// read returns what the provider says of resources, by URN. What does not exist is not in the result.
func (s *scratch) read(ctx context.Context, manifest apitype.ManifestV1, resources []reclaim.Resource) (map[string]reclaim.Resource, error) {
	secrets, err := s.secrets()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]any{"manifest": manifest, "secrets_providers": secrets, "resources": resources})
	if err != nil {
		return nil, err
	}
	if err := s.stack.Import(ctx, apitype.UntypedDeployment{Version: 3, Deployment: text}); err != nil {
		return nil, err
	}
	if _, err := s.stack.Refresh(ctx, option[optrefresh.Options](func(*optrefresh.Options) {})); err != nil {
		return nil, err
	}
	exported, err := s.stack.Export(ctx)
	if err != nil {
		return nil, err
	}
	c, err := reclaim.Decode(exported.Deployment)
	if err != nil {
		return nil, err
	}
	found := map[string]reclaim.Resource{}
	for _, r := range c.Resources {
		found[r.URN()] = r
	}
	return found, nil
}

// secrets says how the scratch stack's state is encrypted: the engine takes no secrets without, and has put it into the
// stack's file.
func (s *scratch) secrets() (*apitype.SecretsProvidersV1, error) {
	keys, err := readSecretKeys(s.stackFile())
	if err != nil {
		return nil, err
	}
	return providerOf(keys)
}

// question is a call of a provider function. One whose error absent accepts has no answer.
type question struct {
	provider reclaim.Resource
	region   string // where to ask instead of in the provider's region; empty: there
	token    string
	args     map[string]any
	absent   func(error) bool

	answer map[string]any
	err    error
}

// ask answers questions by a preview in which a program calls the functions.
func (s *scratch) ask(ctx context.Context, questions []*question) error {
	if len(questions) == 0 {
		return nil
	}
	var own error
	finished := false
	s.program = func(ctx *pulumi.Context) error {
		own = askAll(ctx, questions)
		finished = own == nil
		return own
	}
	_, err := s.stack.Preview(ctx, option[optpreview.Options](func(*optpreview.Options) {}))
	if err != nil && !finished { // an engine may count a function's error although the program does not
		return errors.Join(own, err)
	}
	for _, q := range questions {
		if q.err != nil {
			return fmt.Errorf("call %s: %w", q.token, q.err)
		}
	}
	return nil
}

func askAll(ctx *pulumi.Context, questions []*question) error {
	providers := map[string]*pulumi.ProviderResourceState{}
	for _, q := range questions {
		reference := q.provider.Name() + q.region
		p, known := providers[reference]
		if !known {
			p = &pulumi.ProviderResourceState{}
			if err := registerProvider(ctx, reference, q, p); err != nil {
				return err
			}
			providers[reference] = p
		}
		answer := map[string]any{}
		err := ctx.Invoke(q.token, q.args, &answer, pulumi.Provider(p))
		switch {
		case err == nil || len(answer) > 0 && strings.Contains(err.Error(), "unexpected secret result"):
			q.answer = answer // the SDK minds that the value of a secret is among the results; nobody asks for that
		case q.absent == nil || !q.absent(err):
			q.err = err
		}
	}
	return nil
}

// registerProvider makes a provider that is configured as the one in the state.
func registerProvider(ctx *pulumi.Context, name string, q *question, p *pulumi.ProviderResourceState) error {
	like := q.provider
	props := pulumi.Map{}
	var opts []pulumi.ResourceOption
	for k, v := range like.Inputs() {
		plain := reclaim.Plain(v)
		switch k {
		case "__internal":
		case "version":
			if version, ok := plain.(string); ok {
				opts = append(opts, pulumi.Version(version))
			}
		default:
			props[k] = pulumi.Any(plain)
		}
	}
	if q.region != "" {
		props["region"] = pulumi.String(q.region)
	}
	return ctx.RegisterResource(like.Type(), name, props, p, opts...)
}
