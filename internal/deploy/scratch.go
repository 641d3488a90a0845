package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/recovery"
	"github.com/deepstreamhub/platform/internal/state"
)

// scratch is a stack of its own in a temporary folder, through which the cloud is read without touching the real state:
// by provider functions in a preview, and by a refresh of what may exist. It makes and deletes nothing.
//
// It has the real one's name, since the engine takes no state of another stack's, and what is secret in its state is encrypted
// as it is in the real one: nothing has to be decrypted to write it here, nor to take over what was read.
type scratch struct {
	*Driver
	of    *inquiry       // whose state says how this one's is encrypted
	calls pulumi.RunFunc // what a preview runs
}

// openScratch makes a scratch stack whose state is empty but for how it is encrypted.
func (r *inquiry) openScratch(ctx context.Context) (*scratch, error) {
	dir, err := os.MkdirTemp("", "hub-scratch-")
	if err != nil {
		return nil, err
	}
	s := &scratch{of: r}
	t := r.driver.target
	t.Program = func(ctx *pulumi.Context) error { return s.calls(ctx) }
	t.Backend, t.Existing, t.WorkDir = state.Folder(filepath.Join(dir, "state")), true, dir
	s.Driver = &Driver{target: t, cleanup: dir}
	if err = s.put(ctx, []recovery.Resource{}); err == nil {
		err = s.open(ctx, r.driver.command.Engine)
	}
	if err != nil {
		_ = s.Close() // the first error is the one to tell
		return nil, err
	}
	return s, nil
}

// put makes resources all that is in the state.
func (s *scratch) put(ctx context.Context, resources []recovery.Resource) error {
	latest, err := s.of.checkpoint.With(resources).Encode()
	if err != nil {
		return err
	}
	checkpoint, err := json.Marshal(map[string]any{
		"stack": "organization/" + s.target.Project + "/" + s.target.Stack, "latest": latest,
	})
	if err != nil {
		return err
	}
	before := s.of.before
	text, err := json.Marshal(apitype.VersionedCheckpoint{Version: before.Version, Features: before.Features, Checkpoint: checkpoint})
	if err != nil {
		return err
	}
	_, err = s.writeCopy(ctx, text)
	return err
}

// read returns what the provider says of resources, by URN. What does not exist is not in the result.
func (s *scratch) read(ctx context.Context, resources []recovery.Resource) (map[string]recovery.Resource, error) {
	if err := s.put(ctx, resources); err != nil {
		return nil, err
	}
	if _, err := s.stack.Refresh(ctx, option[optrefresh.Options](func(v *optrefresh.Options) { v.RunProgram = new(bool) })); err != nil {
		return nil, err
	}
	read, err := s.deployment(ctx)
	if err != nil {
		return nil, err
	}
	c, err := recovery.Decode(read.Deployment)
	if err != nil {
		return nil, err
	}
	found := map[string]recovery.Resource{}
	for _, r := range c.Resources {
		found[r.URN()] = r
	}
	return found, nil
}

// question is a call of a provider function. One whose error absent accepts has no answer.
type question struct {
	provider recovery.Resource
	region   string // where to ask instead of in the provider's region; empty: there
	token    string
	args     map[string]any
	absent   func(error) bool

	answer map[string]any
	err    error
}

// configuration are the inputs of the question's provider, none of which may be a secret: what is encrypted stays so.
func (q *question) configuration() (map[string]any, error) {
	inputs := map[string]any{}
	for k, v := range q.provider.Inputs() {
		if inputs[k] = recovery.Plain(v); inputs[k] == nil {
			return nil, fmt.Errorf("ask %s: its %s is a secret, which recovery does not decrypt", q.provider.Name(), k)
		}
	}
	return inputs, nil
}

// ask answers questions by a preview in which a program calls the functions.
func (s *scratch) ask(ctx context.Context, questions []*question) error {
	if len(questions) == 0 {
		return nil
	}
	var own error
	finished := false
	s.calls = func(ctx *pulumi.Context) error {
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
	inputs, err := q.configuration()
	if err != nil {
		return err
	}
	props := pulumi.Map{}
	var opts []pulumi.ResourceOption
	for k, v := range inputs {
		switch k {
		case "__internal":
		case "version":
			if version, ok := v.(string); ok {
				opts = append(opts, pulumi.Version(version))
			}
		default:
			props[k] = pulumi.Any(v)
		}
	}
	if q.region != "" {
		props["region"] = pulumi.String(q.region)
	}
	return ctx.RegisterResource(q.provider.Type(), name, props, p, opts...)
}
