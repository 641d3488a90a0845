package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

const stateBucket = "s3://deepstreamhub-state-111122223333?region=eu-central-1"

// unopened is a stack that cannot be opened.
type unopened struct{ noBucket, missing bool }

func (u unopened) Error() string  { return "open stack" }
func (u unopened) NoBucket() bool { return u.noBucket }
func (u unopened) Missing() bool  { return u.missing }

// newAccountWorld is a world whose account has no bucket yet.
func newAccountWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.openErrs = map[string]error{stateBucket: unopened{noBucket: true}}
	return w
}

// Where nothing is there yet, one run makes everything; what is there is adopted by a run of its own, before the run
// that changes it.
func TestBootstrapAdoptsFirst(t *testing.T) {
	t.Parallel()
	for op, want := range map[plan.Op][]bool{plan.OpCreate: {true, false}, plan.OpImport: {true, true, false}} {
		w := newAccountWorld(t)
		w.plans["production"] = plan.Plan{Steps: []plan.Step{{Op: op, URN: vpcStep.URN, Type: vpcStep.Type, Name: vpcStep.Name}}}
		var adopted []bool // at each run of the engine
		w.during = func(context.Context, string, string) { adopted = append(adopted, *w.adopt) }
		text, code := w.run("bootstrap --offline --yes")
		require.Zero(t, code, text)
		require.Equal(t, want, adopted, op)
		require.True(t, w.did("settings bootstrap offline=true"))
		require.True(t, w.did("bootstrapped"))
	}
}

// The account has a project, a state and an offline cloud of its own. The state is on disk as long as there is no bucket.
func TestBootstrapKeepsApart(t *testing.T) {
	t.Parallel()
	w := newAccountWorld(t)
	_, code := w.run("bootstrap --offline --yes")
	require.Zero(t, code)
	target := w.targets["production"]
	require.Equal(t, "deepstreamhub-bootstrap", target.Project)
	require.Equal(t, filepath.Join(w.Dir, "bootstrap"), target.Root)
	require.Contains(t, target.Backend, "/.hub/blank/state")
	require.False(t, w.did("load"), "the region stacks' configuration is none of its business")

	w.openErrs = nil
	_, code = w.run("bootstrap --offline --yes")
	require.Zero(t, code)
	require.Equal(t, stateBucket, w.targets["production"].Backend)
	require.Equal(t, "awskms://alias/deepstreamhub-state?region=eu-central-1", w.targets["production"].Secrets)
	require.True(t, w.targets["production"].Existing)
}

func TestBootstrapRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.configErrs["bootstrap"] = errors.New("account.id is not set")
	text, code := w.run("bootstrap --offline --yes")
	require.Equal(t, 2, code)
	require.Contains(t, text, "check configuration: account.id is not set")
	require.False(t, w.did("engine"))

	w = newAccountWorld(t)
	w.plans["production"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	w.answer("no\n")
	_, code = w.run("bootstrap --offline")
	require.NotZero(t, code)
	require.False(t, w.did("up"))

	w = newWorld(t)
	w.openErrs = map[string]error{stateBucket: unopened{missing: true}}
	text, code = w.run("bootstrap --offline --yes")
	require.Equal(t, 2, code)
	require.Contains(t, text, "the state of what made it is not in it")
	require.Contains(t, text, "--move-state")

	text, code = newWorld(t).run("bootstrap --offline=declared --yes")
	require.Equal(t, 2, code)
	require.Contains(t, text, "works on the blank account")
}

func TestMoveState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, code := w.run("bootstrap --offline --move-state")
	require.Equal(t, 2, code)
	require.Contains(t, text, "there is none on disk")

	disk := blankDirs(w.Dir).state
	require.NoError(t, os.MkdirAll(filepath.Join(disk, ".pulumi"), 0o700))
	text, code = w.run("bootstrap --offline --move-state")
	require.Zero(t, code, text)
	require.True(t, w.did("move "+blankDirs(w.Dir).backend()+" "+stateBucket))
	require.NoDirExists(t, disk)
	kept, err := filepath.Glob(disk + ".moved-*")
	require.NoError(t, err)
	require.Len(t, kept, 1, "what was on disk stays beside its place")
}

// Stacks share the account's bucket, whichever account is real or was bootstrapped; the declared offline account and an
// environment that names another backend are the exceptions.
func TestStacksShareTheBucket(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"up a --yes":                    stateBucket,
		"up a --offline=blank --yes":    stateBucket,
		"up a --offline=declared --yes": "/.hub/offline/state",
		"up a --offline --yes":          "/.hub/offline/state",
	} {
		w := newWorld(t)
		_, code := w.run(line)
		require.Zero(t, code, line)
		require.Contains(t, w.targets["a"].Backend, want, line)
	}
	w := newWorld(t)
	require.NoError(t, os.MkdirAll(blankDirs(w.Dir).base, 0o700))
	require.NoError(t, blankDirs(w.Dir).setBootstrapped())
	_, code := w.run("up a --offline --yes")
	require.Zero(t, code)
	require.Equal(t, stateBucket, w.targets["a"].Backend, "once bootstrapped, it is the account that is meant")
	require.Contains(t, w.targets["a"].Env, "AWS_ENDPOINT_URL_S3=http://127.0.0.1:4243")
	require.Contains(t, w.err.String(), "--offline=declared takes the other")

	text, code := newWorld(t).run("up a --offline=other --yes")
	require.Equal(t, 2, code)
	require.Contains(t, text, "must be declared or blank")
}
