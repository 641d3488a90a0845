package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
)

// Move copies a stack's state from one backend to another, where it must not exist yet, and from one secrets provider to
// the other's. It reads back what it wrote and compares. What it copied from stays as it was. It returns how many
// resources the state holds.
//
// The checkpoint travels with its secrets in plain text, in this process and the engine's alone, and is encrypted by the
// new stack's own provider on arrival.
func Move(ctx context.Context, e engine.Engine, from, to Target) (resources int, err error) {
	from.Existing, to.Existing = true, false
	source, err := Open(ctx, e, from)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	before, err := source.checkpoint(ctx)
	if err != nil {
		return 0, err
	}
	if len(before.Resources) == 0 {
		return 0, fmt.Errorf("move state of %s: there is nothing to move in %s", from.Stack, from.Backend)
	}
	target, err := Open(ctx, e, to)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	taken, err := target.checkpoint(ctx)
	if err != nil {
		return 0, err
	}
	if len(taken.Resources) > 0 {
		return 0, fmt.Errorf("move state of %s: there is a state with %d resources in %s already", from.Stack, len(taken.Resources), to.Backend)
	}
	if err := target.write(ctx, before); err != nil {
		return 0, err
	}
	after, err := target.checkpoint(ctx)
	if err != nil {
		return 0, err
	}
	if err := sameState(before, after); err != nil {
		return 0, fmt.Errorf("move state of %s: %w; the state in %s is untouched", from.Stack, err, from.Backend)
	}
	return len(after.Resources), nil
}

// checkpoint returns the stack's checkpoint with its secrets in plain text.
func (d *Driver) checkpoint(ctx context.Context) (apitype.DeploymentV3, error) {
	var c apitype.DeploymentV3
	exported, err := d.stack.Export(ctx)
	if err != nil {
		return c, d.failed(ctx, "read state of", err, nil)
	}
	if len(exported.Deployment) == 0 {
		return c, nil
	}
	if exported.Version > apitype.DeploymentSchemaVersionLatest {
		return c, fmt.Errorf("read state of %s: its schema is version %d, the newest one known here is %d",
			d.target.Stack, exported.Version, apitype.DeploymentSchemaVersionLatest)
	}
	if err := json.Unmarshal(exported.Deployment, &c); err != nil {
		return c, fmt.Errorf("read state of %s: %w", d.target.Stack, err)
	}
	return c, nil
}

// write makes a checkpoint the stack's, under the stack's own secrets provider.
func (d *Driver) write(ctx context.Context, c apitype.DeploymentV3) error {
	provider, err := d.secretsProvider()
	if err != nil {
		return fmt.Errorf("write state of %s: %w", d.target.Stack, err)
	}
	c.SecretsProviders = provider // instead of that of where it comes from; the engine encrypts under it
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write state of %s: %w", d.target.Stack, err)
	}
	deployment := apitype.UntypedDeployment{Version: apitype.DeploymentSchemaVersionCurrent, Deployment: text}
	if err := d.stack.Import(ctx, deployment); err != nil {
		return d.failed(ctx, "write state of", err, nil)
	}
	return nil
}

// secretsProvider returns the secrets provider of a stack that was just made, in the form in which a checkpoint names it.
// The engine has written it into the stack file.
func (d *Driver) secretsProvider() (*apitype.SecretsProvidersV1, error) {
	file, err := readSecretKeys(filepath.Join(d.target.WorkDir, "Pulumi."+d.target.Stack+".yaml"))
	if err != nil {
		return nil, err
	}
	return providerOf(file)
}

func readSecretKeys(stackFile string) (keys state.Keys, err error) {
	text, err := os.ReadFile(stackFile)
	if err == nil {
		err = yaml.Unmarshal(text, &keys)
	}
	if err != nil {
		return keys, fmt.Errorf("read stack file: %w", err)
	}
	return keys, nil
}

// providerOf is what a stack file names, in the form in which a checkpoint names it.
func providerOf(file state.Keys) (*apitype.SecretsProvidersV1, error) {
	of := func(typ string, state map[string]string) (*apitype.SecretsProvidersV1, error) {
		text, err := json.Marshal(state)
		return &apitype.SecretsProvidersV1{Type: typ, State: text}, err
	}
	switch {
	case file.Provider != "" && file.Encrypted != "":
		return of("cloud", map[string]string{"url": file.Provider, "encryptedkey": file.Encrypted})
	case file.Salt != "":
		return of("passphrase", map[string]string{"salt": file.Salt})
	}
	return nil, errors.New("the stack file names no secrets provider")
}

// sameState holds that two checkpoints have the same resources, in the same order, with the same inputs and outputs.
func sameState(before, after apitype.DeploymentV3) error {
	texts := func(c apitype.DeploymentV3) (out []string, err error) {
		for _, r := range c.Resources {
			r.Created, r.Modified = nil, nil // times lose their zone on the way
			text, e := json.Marshal(r)
			out, err = append(out, string(text)), errors.Join(err, e)
		}
		return out, err
	}
	a, err := texts(before)
	if err != nil {
		return err
	}
	b, err := texts(after)
	if err != nil {
		return err
	}
	if !slices.Equal(a, b) {
		return errors.New("what was read back is not what was written")
	}
	return nil
}
