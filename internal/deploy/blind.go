package deploy

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/blind"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// errBlind is why a driver of a copy changes nothing.
var errBlind = errors.New("the driver works on a copy of the state without its secrets, which is only to be looked at")

// foreign are variables, by how their names begin, that would lead an engine away from a copy and its key.
var foreign = []string{"PULUMI_BACKEND_URL=", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CLOUD_SECRET_OVERRIDE=", "VAULT_"}

// openBlind opens a copy of the stack's state without its secrets: the checkpoint is read from where it is, blinded, and put
// where an engine finds it that has a state of its own, with a key of its own. The engine never hears of the real state or of
// its key, and nothing is written to either.
func (d *Driver) openBlind(ctx context.Context, e engine.Engine) error {
	data, err := d.readCheckpoint(ctx)
	if err != nil {
		return err
	}
	if data == nil && d.target.Existing {
		return &Error{Verb: "open stack", Stack: d.target.Stack, missing: true,
			Cause: fmt.Errorf("no stack named '%s' found", d.target.Stack)}
	}
	d.undeployed = d.found == nil || d.found.New
	d.target.Backend = state.Folder(filepath.Join(d.target.WorkDir, "state"))
	d.target.Secrets, d.target.Existing = HubKey, false
	if d.key, err = serveNewKey(); err != nil {
		return err
	}
	d.target.Env = slices.DeleteFunc(slices.Clone(d.target.Env), func(kv string) bool {
		return slices.ContainsFunc(foreign, func(name string) bool { return strings.HasPrefix(kv, name) })
	})
	if data == nil {
		data = state.NewCheckpoint(d.target.Project, d.target.Stack)
	}
	copied, err := blind.Checkpoint(data)
	if err != nil {
		return fmt.Errorf("read state of %s: %w", d.target.Stack, err)
	}
	if d.store, err = d.writeCopy(ctx, copied.Text); err != nil {
		return fmt.Errorf("copy state of %s: %w", d.target.Stack, err)
	}
	d.found, d.blinded = &state.Checkpoint{Keys: d.key.keys()}, copied.Secrets
	return d.open(ctx, e)
}

// writeCopy makes the state of a copy. It is written here, since an engine takes three processes for it.
func (d *Driver) writeCopy(ctx context.Context, checkpoint []byte) (*store.Store, error) {
	if err := makeFileBackend(d.target.Backend); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, d.target.Backend, nil)
	if err != nil {
		return nil, err
	}
	if err := s.WriteLayout(ctx); err != nil {
		return nil, err
	}
	return s, s.Write(ctx, state.StackFile(d.target.Project, d.target.Stack), checkpoint)
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
	return d.stored(ctx)
}

// stored is the stack's checkpoint as it is stored, its secrets encrypted; nil where there is none, and on a backend of a kind
// that hub cannot look into.
func (d *Driver) stored(ctx context.Context) ([]byte, error) {
	if d.store == nil {
		return nil, nil
	}
	text, err := d.store.Text(ctx, d.target.Project, d.target.Stack)
	if err != nil {
		return nil, fmt.Errorf("read state of %s: %w", d.target.Stack, err)
	}
	return text, nil
}

// Blinded are the places in the state whose values the driver does not know, because the target asked for that.
func (d *Driver) Blinded() []blind.Secret { return d.blinded }
