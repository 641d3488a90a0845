package deploy

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/deepstreamhub/platform/internal/blind"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// errBlind is why a driver of a copy changes nothing.
var errBlind = errors.New("the driver works on a copy of the state without its secrets, which is only to be looked at")

// openBlind opens a copy of the stack's state without its secrets: the checkpoint is read from where it is, blinded, and
// given to an engine that has a state of its own, under a passphrase that nobody keeps. The engine never hears of the real
// state or of its key, and nothing is written to either.
func (d *Driver) openBlind(ctx context.Context, e engine.Engine) error {
	data, err := d.readCheckpoint(ctx)
	if err != nil {
		return err
	}
	if data == nil && d.target.Existing {
		return &Error{Verb: "open stack", Stack: d.target.Stack, missing: true,
			Cause: fmt.Errorf("no stack named '%s' found", d.target.Stack)}
	}
	d.target.Backend = "file://" + filepath.ToSlash(filepath.Join(d.target.WorkDir, "state"))
	d.target.Secrets, d.target.Existing = passphrase, false
	d.target.Env = append(slices.DeleteFunc(slices.Clone(d.target.Env), func(kv string) bool {
		return strings.HasPrefix(kv, "PULUMI_CONFIG_PASSPHRASE") || strings.HasPrefix(kv, "PULUMI_BACKEND_URL=")
	}), "PULUMI_CONFIG_PASSPHRASE="+rand.Text())
	if err := d.open(ctx, e); err != nil || data == nil {
		return err
	}
	own, err := d.secretsProvider()
	if err != nil {
		return fmt.Errorf("blind state of %s: %w", d.target.Stack, err)
	}
	copied, err := blind.Checkpoint(data, blind.Provider{Type: own.Type, State: own.State})
	if err != nil {
		return fmt.Errorf("read state of %s: %w", d.target.Stack, err)
	}
	if len(copied.Body) == 0 {
		return nil
	}
	d.blinded = copied.Secrets
	deployment := apitype.UntypedDeployment{Version: copied.Version, Features: copied.Features, Deployment: json.RawMessage(copied.Body)}
	if err := d.stack.Import(ctx, deployment); err != nil {
		return d.failed(ctx, "copy state of", err, nil)
	}
	return nil
}

// readCheckpoint reads the stack's checkpoint from where everybody's is; nil where there is none.
func (d *Driver) readCheckpoint(ctx context.Context) ([]byte, error) {
	t := d.target
	if err := d.openStore(ctx); err != nil {
		return nil, err
	}
	if d.store == nil {
		backend, err := t.backend()
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("read state of %s without its secrets: this is only known for states in s3:// and file://, not in %q", t.Stack, backend)
	}
	return d.checkpointText(ctx)
}

// checkpointText is the stack's checkpoint as it is stored; nil where there is none.
func (d *Driver) checkpointText(ctx context.Context) ([]byte, error) {
	data, err := d.store.Read(ctx, state.StackFile(d.target.Project, d.target.Stack), "")
	if errors.Is(err, store.ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state of %s: %w", d.target.Stack, err)
	}
	return data, nil
}

// stored is the stack's checkpoint as it is stored, where hub can read it: nil on a backend of another kind, and where the
// engine compresses it.
func (d *Driver) stored(ctx context.Context) ([]byte, error) {
	if d.store == nil {
		return nil, nil
	}
	plain, err := d.store.Plain(ctx, d.target.Project, d.target.Stack)
	if err != nil || !plain {
		return nil, err
	}
	return d.checkpointText(ctx)
}

// Blinded are the places in the state whose values the driver does not know, because the target asked for that.
func (d *Driver) Blinded() []blind.Secret { return d.blinded }
