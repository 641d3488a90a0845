package cli

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/plan"
)

func expiring(at string, protect bool) plan.State {
	r := vpcResource
	r.Protect = protect
	r.Inputs = map[string]any{"tags": map[string]any{"expires": at}}
	return plan.State{Resources: []plan.Resource{r}}
}

// Only what has expired is taken down, and of that nothing that is protected.
func TestReap(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // it is 2023-11-14T22:13:20Z
	w.states["old"], w.states["new"] = expiring("2023-11-14T22:00:00Z", false), expiring("2023-11-14T23:00:00Z", false)
	w.states["kept"], w.states["prod"] = expiring("2023-11-14T22:00:00Z", true), plan.State{Resources: []plan.Resource{vpcResource}}
	text, code := w.run("reap --yes")
	require.Zero(t, code, text)
	require.True(t, w.did("destroy old"))
	require.True(t, w.did("remove old"))
	for _, stack := range []string{"new", "kept", "prod"} {
		require.False(t, w.did("destroy "+stack), stack)
	}
	require.Contains(t, w.err.String(), "kept expired at 2023-11-14T22:00:00Z and stays: destroy kept: 1 protected resource")

	w = newWorld(t)
	w.states["new"] = expiring("2023-11-14T23:00:00Z", false)
	_, code = w.run("reap --yes")
	require.Zero(t, code)
	require.False(t, w.did("destroy"))
	require.Contains(t, w.err.String(), "No stack has expired.")

	w = newWorld(t)
	w.states["old"] = expiring("2023-11-14T22:00:00Z", false)
	w.answer("no\n")
	_, code = w.run("reap")
	require.Equal(t, 1, code)
	require.False(t, w.did("destroy"))
}

func TestNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.prod-eu.yaml"), []byte("config:\n  aws:region: eu-central-1\n"), 0o600))
	text, code := w.run("new it-1 --like prod-eu --for 4h")
	require.Zero(t, code, text)
	made, err := os.ReadFile(filepath.Join(w.Dir, "Pulumi.it-1.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(made), `expires: "2023-11-15T02:13:20Z"`)
	text, code = w.run("new it-1 --like prod-eu --for 4h")
	require.Equal(t, 2, code, "a stack file is never written over")
	require.Contains(t, text, "Pulumi.it-1.yaml is there already\n\nNothing was written. Bring that one up with: hub up it-1\n")

	w.configErrs["it-2"] = errBroken
	_, code = w.run("new it-2 --like prod-eu --for 4h")
	require.Equal(t, 2, code)
	require.NoFileExists(t, filepath.Join(w.Dir, "Pulumi.it-2.yaml"), "what cannot be used is not left behind")
	for _, line := range []string{"new it-3 --for 4h", "new it-3 --like prod-eu", "new It_3 --like prod-eu --for 1h", "new"} {
		_, code := w.run(line)
		require.Equal(t, 2, code, line)
	}
}

func TestPin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, stack := range []string{"a", "b"} {
		require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi."+stack+".yaml"),
			[]byte("config:\n  deepstreamhub:cluster:\n    ami: placeholder:ami-1 # why\n  deepstreamhub:service:\n    image: x\n"), 0o600))
	}
	image := "r/d@sha256:" + strings.Repeat("0a", 32)
	text, code := w.run("pin a b --image " + image)
	require.Zero(t, code, text)
	text, code = w.run("pin a --ami ami-01234567")
	require.Zero(t, code, text)
	a, err := os.ReadFile(filepath.Join(w.Dir, "Pulumi.a.yaml"))
	require.NoError(t, err)
	require.Equal(t, "config:\n  deepstreamhub:cluster:\n    ami: ami-01234567 # why\n  deepstreamhub:service:\n    image: "+image+"\n", string(a))
	for _, line := range []string{"pin a", "pin a --image r/d:latest", "pin a b --ami ami-01234567"} {
		_, code := w.run(line)
		require.Equal(t, 2, code, line)
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	var calls []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls = append(calls, r.Method+" "+r.URL.Path)
		_, _ = w.Write([]byte("[]"))
	}))
	t.Cleanup(api.Close)
	w := newWorld(t)
	for name, text := range map[string]string{
		"a.md": "<!-- deepstreamhub:preview:a -->\n", "bad.md": "no marker\n",
		"drift.md": "<!-- deepstreamhub:drift:all -->\n", "none.md": "<!-- deepstreamhub:drift:all -->\n<!-- deepstreamhub:settled -->\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(w.Dir, name), []byte(text), 0o600))
	}
	_, code := w.run("publish comment 7 a.md")
	require.Equal(t, 2, code, "without a token")
	w.Environ = []string{"GITHUB_API_URL=" + api.URL, "GITHUB_REPOSITORY=o/r", "GITHUB_TOKEN=t"}
	_, code = w.run("publish comment 7 bad.md a.md")
	require.Equal(t, 1, code)
	require.Equal(t, []string{"GET /repos/o/r/issues/7/comments", "POST /repos/o/r/issues/7/comments"}, calls, "one that is bad does not hide the other")
	calls = nil
	_, code = w.run("publish issue none.md --title Drift")
	require.Zero(t, code)
	_, code = w.run("publish issue drift.md --title Drift")
	require.Zero(t, code)
	require.Equal(t, []string{"GET /repos/o/r/issues", "GET /repos/o/r/issues", "POST /repos/o/r/issues"}, calls)
	for _, line := range []string{"publish comment x a.md", "publish comment 7", "publish issue drift.md", "publish issue"} {
		_, code := w.run(line)
		require.Equal(t, 2, code, line)
	}
}

// A name is held to the rule before anything is touched, whatever is asked with it.
func TestNamesOfStacksAreCheckedFirst(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"up %s --yes", "up a %s --offline --yes", "preview %s", "refresh %s --yes", "destroy %s --yes --offline", "drift %s", "health %s", "outputs %s", "explore %s",
		"new %s --like a --for 1h", "new a --like %s --for 1h", "pin %s --ami ami-01234567", "unlock %s", "unlock %s --force --offline", "state versions %s",
		"state restore %s --version 1 --yes",
	} {
		for _, name := range []string{"../x", "it--1", "It-1", "a/b", ".", strings.Repeat("a", 101)} {
			w := newWorld(t)
			text, code := w.run(strings.Replace(line, "%s", name, 1))
			require.Equal(t, 2, code, "%s: %s", line, text)
			require.Contains(t, text, `stack = "`, line)
			require.Empty(t, w.calls, line)
			require.NoDirExists(t, filepath.Join(w.Dir, ".hub"), line)
			require.NoFileExists(t, filepath.Join(filepath.Dir(w.Dir), "Pulumi.x.yaml"), line)
		}
	}
}

// Stacks that cannot be listed are an error, as in a fresh clone without credentials.
func TestReapWithoutAList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deps.listStacks = func(ctx context.Context, _ engine.Engine, t deploy.Target) ([]string, []string, error) {
		t.Backend = "gs://elsewhere" // which the engine alone knows
		return deploy.Stacks(ctx, engine.Engine{Path: "/bin/false"}, t)
	}
	text, code := w.run("reap --yes")
	require.Equal(t, 1, code)
	require.Contains(t, text, "look for expired stacks: list stacks")
	require.False(t, w.did("destroy"))
}

// The role of short-lived stacks may read no other stack's state: what it may not read, it leaves alone, and reaps the rest.
func TestReapLeavesWhatItMayNotRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.closed = []string{"prod-eu", "prod-us"}
	text, code := w.run("reap --yes")
	require.Zero(t, code, text)
	require.Contains(t, w.err.String(), "Left alone, because these rights do not reach their state: prod-eu, prod-us.")
}
