package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	simulated "github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/plan"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, code := w.run("--version")
	require.Zero(t, code, text)
	require.Regexp(t, `^hub .+, go1\.\d+`, w.out.String())
	require.Empty(t, w.err.String())

	settings := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abc"}, {Key: "vcs.time", Value: "2026-11-29T00:00:00Z"}, {Key: "vcs.modified", Value: "true"}}
	require.Equal(t, "hub 0123abc, 2026-11-29T00:00:00Z, changed, go1.26", version(&debug.BuildInfo{GoVersion: "go1.26", Settings: settings}, true))
	settings[2].Value = "false"
	require.Equal(t, "hub 0123abc, 2026-11-29T00:00:00Z, go1.26", version(&debug.BuildInfo{GoVersion: "go1.26", Settings: settings}, true))
	require.Equal(t, "hub of no known commit, go1.26", version(&debug.BuildInfo{GoVersion: "go1.26"}, true))
	require.Equal(t, "hub, built without modules", version(nil, false))
}

// deletes is the plan of a change that the gate never lets through.
func deletes() plan.Plan {
	step := plan.Step{URN: "urn:pulumi:a::p::aws:rds/cluster:Cluster::database-cluster", Type: "aws:rds/cluster:Cluster", Name: "database-cluster", Op: plan.OpDelete, Protect: true}
	return plan.Plan{Steps: []plan.Step{step}, Failed: []plan.Step{step}}
}

func TestBlockedPreviewEndsAsABlockedUp(t *testing.T) {
	t.Parallel()
	var ends []string
	for _, line := range []string{"up a --yes", "preview a", "preview a --json", "preview a --markdown", "up a --yes --json", "up a --yes --max-risk blocked"} {
		w := newWorld(t)
		w.plans["a"] = deletes()
		text, code := w.run(line)
		require.Equal(t, 3, code, "%s: %s", line, text)
		require.Contains(t, text, "delete database-cluster (aws:rds/cluster:Cluster)", line)
		require.Contains(t, text, "two steps", line)
		require.False(t, w.did("up a"), line)
		require.NotContains(t, w.err.String(), "Make these changes", line)
		if strings.Contains(line, "--json") {
			require.Contains(t, w.out.String(), `"kind":"result"`, line)
			require.Contains(t, w.out.String(), `"ok":false`, line)
			require.Contains(t, w.out.String(), `"class":"blocked"`, line)
		}
		ends = append(ends, text)
	}
	require.Equal(t, strings.Replace(ends[0], "Error: up a: refused: ", "Error: preview a: refused: ", 1), ends[1], "but for the verb")
}

// A preview shows what is above --max-risk; only what no flag lets through is refused.
func TestPreviewAllowsWhatUpCanBeAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	step := plan.Step{URN: "urn:pulumi:a::p::aws:rds/cluster:Cluster::database-cluster", Type: "aws:rds/cluster:Cluster", Name: "database-cluster", Op: plan.OpDelete}
	w.plans["a"] = plan.Plan{Steps: []plan.Step{step}}
	text, code := w.run("preview a")
	require.Zero(t, code, text)
}

// Another process at work on the offline account holds it as an operation holds a stack.
func TestOfflineAccountInUse(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"up a --offline --yes", "preview a --offline", "unlock a --offline", "offline-aws"} {
		w := newWorld(t)
		held := func(cloudOptions) (cloud, error) {
			return nil, fmt.Errorf("open offline cloud in x: %w", &simulated.InUse{Process: "77"})
		}
		w.deps.startCloud, w.deps.shareCloud = held, held
		text, code := w.run(line)
		require.Equal(t, 4, code, "%s: %s", line, text)
		require.Contains(t, text, "in use by process 77", line)
		require.Contains(t, text, "once process 77 has ended", line)
	}
}

func TestOfflineAccountIsToldOnItsFirstStart(t *testing.T) {
	t.Parallel()
	told := false
	w := newWorld(t)
	w.deps.shareCloud = func(o cloudOptions) (cloud, error) { told = o.Log != nil; return fakeCloud{w}, nil }
	for _, step := range []struct {
		line string
		told bool
	}{{"preview a --offline", true}, {"preview a --offline", false}, {"preview a --offline -v", true}, {"preview a --offline --verbose", true}} {
		_, code := w.run(step.line)
		require.Zero(t, code)
		require.Equal(t, step.told, told, step.line)
		require.NoError(t, os.MkdirAll(offlineDirs(w.Dir).cloud, 0o700))
	}
}

// What is left of a short-lived stack goes with it. Files that say how a lasting region is to be stay.
func TestRemovedStackTakesItsFileAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	model := []byte("config:\n  deepstreamhub:edge: {zone: example.org}\n")
	short, err := config.ShortLived("deepstreamhub", model, "b", time.Unix(0, 0))
	require.NoError(t, err)
	require.False(t, config.IsShortLived("deepstreamhub", model))
	require.False(t, config.IsShortLived("deepstreamhub", []byte("config: [")))
	require.True(t, config.IsShortLived("deepstreamhub", []byte("config: {platform: {expires: soon}}")))
	for name, text := range map[string][]byte{"a": model, "b": short, "c": short} {
		require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi."+name+".yaml"), text, 0o600))
	}
	text, code := w.run("destroy c --yes")
	require.Zero(t, code, text)
	require.FileExists(t, filepath.Join(w.Dir, "Pulumi.c.yaml"), "the stack is still there")
	text, code = w.run("destroy a b nofile --yes --remove")
	require.Zero(t, code, text)
	require.FileExists(t, filepath.Join(w.Dir, "Pulumi.a.yaml"))
	require.NoFileExists(t, filepath.Join(w.Dir, "Pulumi.b.yaml"))
	require.Contains(t, w.err.String(), "Removed Pulumi.b.yaml.")
}

func TestWordsWrapOnATerminal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 30) + "end"
	w := newWorld(t)
	require.Equal(t, long, w.Terminal.Wrap(long), "a pipe takes lines as they are")
	w.Terminal.Size = func() (int, int) { return 80, 24 }
	for _, line := range strings.Split(w.Terminal.Wrap(long), "\n") {
		require.LessOrEqual(t, len(line), 80)
	}
	w.deps.findEngine = func(_ context.Context, o engine.Options) (engine.Engine, error) {
		_, err := fmt.Fprintln(o.Progress, long)
		return engine.Engine{}, err
	}
	_, code := w.run("preview a")
	require.Zero(t, code)
	require.Contains(t, w.err.String(), "end\n")
	for _, line := range strings.Split(w.err.String(), "\n") {
		require.LessOrEqual(t, len(line), 80, "what is said while the engine is looked for")
	}
}

// What is asked for JSON writes some: where nothing else was written, why not.
func TestJSONOfWhatDoesNotHappen(t *testing.T) {
	t.Parallel()
	world := func() *world {
		w := newWorld(t)
		require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.prod-eu.yaml"), []byte("config:\n  aws:region: eu-central-1\n"), 0o600))
		w.configErrs["b"] = errBroken
		guarded := vpcResource
		guarded.Protect = true
		w.states["a"] = plan.State{Resources: []plan.Resource{guarded}}
		return w
	}
	for line, want := range map[string]int{
		"up b --yes --json": 2, "preview b --json": 2, "up --json": 2, "up a --json --nosuch": 2, "destroy a --yes --json": 3, "new it-1 --json": 2,
	} {
		w := world()
		_, code := w.run(line)
		require.Equal(t, want, code, line)
		var said struct {
			Kind, Error string
			OK          bool
			Code        int
		}
		require.NoError(t, json.Unmarshal(w.out.Bytes(), &said), "%s: %q", line, w.out.String())
		require.Equal(t, "error", said.Kind, line)
		require.False(t, said.OK)
		require.NotEmpty(t, said.Error, line)
		require.Equal(t, want, said.Code, line)
	}
	// Where one stack began and another did not, each says what it came to; a refusal by the plan is one, too.
	w := world()
	w.plans["c"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	w.opErrs["up d"] = &deploy.Error{Verb: "up", Stack: "d", Problems: []string{"the stack is locked"}, Cause: errBroken}
	_, code := w.run("up c d --yes --no-wait --json")
	require.Equal(t, 1, code)
	lines := strings.Split(strings.TrimSpace(w.out.String()), "\n")
	require.Contains(t, lines[len(lines)-2], `{"kind":"result","stack":"c"`)
	require.Equal(t, `{"kind":"error","stack":"d","ok":false,"error":"up d: the stack is locked","code":1}`, lines[len(lines)-1])
	require.NotContains(t, w.out.String(), `"kind":"result","stack":"d"`)
	w = world()
	w.opErrs["up d"] = &deploy.Error{Verb: "up", Stack: "d", Problems: []string{"the stack is locked"}, Cause: errBroken}
	w.run("up d --yes --json")
	lines = strings.Split(strings.TrimSpace(w.out.String()), "\n")
	require.Contains(t, lines[len(lines)-1], `"error":"up d: the stack is locked"`)
	require.NotContains(t, w.out.String(), `"kind":"result"`)
	w = world()
	w.plans["c"] = plan.Plan{Steps: []plan.Step{busStep}}
	_, code = w.run("up c --yes --max-risk in-place --json")
	require.Equal(t, 3, code)
	_, refusal, _ := strings.Cut(w.out.String(), "\n")
	require.True(t, strings.HasPrefix(refusal, `{"kind":"error","ok":false,"error":"up c: refused: disconnects clients`), "%s", w.out.String())

	for _, line := range []string{"up b --yes", "pin a --json"} {
		w := world()
		_, code := w.run(line)
		require.Equal(t, 2, code, line)
		require.Empty(t, w.out.String(), "%s: people read it on stderr, and pin writes no JSON at all", line)
	}
	w = world()
	text, code := w.run("new it-1 --like prod-eu --for 4h --json")
	require.Zero(t, code, text)
	require.JSONEq(t, `{"stack":"it-1","file":"Pulumi.it-1.yaml","expires":"2023-11-15T02:13:20Z"}`, w.out.String())
}
