package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
)

// changing are the commands that ask before they change something.
var changing = []string{"up", "refresh", "destroy"}

func TestConfigurationOfAllStacksComesFirst(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"up --yes", "up", "preview"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.configErrs["a"] = errors.New("stack a: network.cidr = 1")
			w.configErrs["c"] = errors.New("stack c: network.zones = 2")
			w.clash = errors.New("a and b overlap")
			text, code := w.run(verb + " a b c --offline")
			require.Equal(t, 2, code)
			for _, problem := range []string{"stack a: network.cidr = 1", "stack c: network.zones = 2", "a and b overlap", "Nothing was started"} {
				require.Contains(t, text, problem)
			}
			require.Equal(t, []string{"load a", "load b", "load c", "clashes 1"}, w.calls)
			require.Empty(t, w.out.String())
		})
	}
}

// A broken stack file must not keep a region alive.
func TestDestroyGoesByTheState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.configErrs["a"] = errBroken
	w.states["a"] = plan.State{Resources: []plan.Resource{vpcResource}}
	text, code := w.run("destroy a --yes")
	require.Zero(t, code, text)
	require.True(t, w.did("destroy a"))
	require.Contains(t, w.err.String(), "a holds 1 resource.")
	require.False(t, w.did("remove"), "the stack itself stays")
}

func TestDestroyRemovesTheStackWhenTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, code := w.run("destroy a b --yes --remove")
	require.Zero(t, code)
	require.True(t, w.did("remove a"))
	require.True(t, w.did("remove b"))

	w = newWorld(t)
	w.opErrs["destroy a"] = &deploy.Error{Verb: "destroy", Stack: "a", Cause: errBroken}
	_, code = w.run("destroy a b --yes --remove")
	require.Equal(t, 1, code)
	require.False(t, w.did("remove a"), "what failed may still hold resources")
	require.True(t, w.did("remove b"), "nothing finds an empty one again")

	w = newWorld(t)
	w.opErrs["destroy a"] = errBroken
	_, code = w.run("destroy a b --yes --remove")
	require.Equal(t, 1, code)
	require.False(t, w.did("remove"), "which of them failed is not known")
}

// What a destroy leaves is told of those that came to something.
func TestDestroyThatNeverBeganLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deps.judge = func(plan.State) error { return nil }
	kept := vpcResource
	kept.Protect = true
	w.states["a"], w.states["b"] = plan.State{Resources: []plan.Resource{kept}}, plan.State{Resources: []plan.Resource{kept}}
	gone := vpcStep
	gone.Op = plan.OpDelete
	w.plans["b"] = plan.Plan{Steps: []plan.Step{gone}}
	for _, stack := range []string{"a", "b"} {
		w.opErrs["destroy "+stack] = &deploy.Error{Verb: "destroy", Stack: stack, Cause: errBroken}
	}
	_, code := w.run("destroy a b --yes")
	require.Equal(t, 1, code)
	require.Contains(t, w.out.String(), "b leaves:")
	require.NotContains(t, w.out.String(), "a leaves:")
}

// A destroy that goes on after another one tells of the data that the first one took, too.
func TestDestroyTellsWhatEarlierOnesLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cluster := plan.Resource{URN: "c", Type: "aws:rds/cluster:Cluster", Name: "cluster", ID: "c-1", Custom: true, Inputs: map[string]any{"finalSnapshotIdentifier": "a-final-1"}}
	w.states["a"] = plan.State{Resources: []plan.Resource{vpcResource}}
	w.whole = map[string]plan.State{"a": {Resources: []plan.Resource{vpcResource, cluster}}}
	_, code := w.run("destroy a --yes")
	require.Zero(t, code)
	require.Contains(t, w.out.String(), "restoreFrom: a-final-1")

	w = newWorld(t)
	w.whole = map[string]plan.State{"a": {Resources: []plan.Resource{cluster}}}
	_, code = w.run("destroy a --yes")
	require.Zero(t, code)
	require.Empty(t, w.out.String(), "there was nothing to take")
}

// One protected stack keeps all of the named stacks as they are, the cloud not even started.
func TestDestroyRefusesAllForOneProtected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guarded := vpcResource
	guarded.Protect = true
	w.states["b"] = plan.State{Resources: []plan.Resource{guarded}}
	w.states["c"] = plan.State{Resources: []plan.Resource{guarded}}
	text, code := w.run("destroy a b c --offline --yes --remove")
	require.Equal(t, 3, code)
	require.Contains(t, text, "destroy b: 1 protected resource")
	require.Contains(t, text, "destroy c: 1 protected resource")
	require.Contains(t, text, guarded.URN)
	require.Contains(t, text, "Pulumi.c.yaml", "the advice for the second stack too")
	for _, call := range w.calls {
		require.Regexp(t, `^(engine|open . existing=true|state .|close .)$`, call)
	}
}

func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	for _, verb := range changing {
		w := newWorld(t)
		text, code := w.run(verb + " a")
		require.Equal(t, 2, code, verb)
		require.Contains(t, text, "--yes")
		require.False(t, w.did("engine"), verb)
	}
}

func TestAsking(t *testing.T) {
	t.Parallel()
	for _, verb := range changing {
		for answer, goes := range map[string]bool{"yes\n": true, "Y\n": true, "yes": true, "no\n": false, "\n": false, "": false} {
			w := newWorld(t)
			w.plans["a"] = plan.Plan{Steps: []plan.Step{vpcStep}}
			w.answer(answer)
			text, code := w.run(verb + " a")
			require.Equal(t, goes, code == 0, "%s %q: %s", verb, answer, text)
			require.Equal(t, goes, w.did(verb+" a"), "%s %q", verb, answer)
			require.Contains(t, w.err.String(), "Only yes is a yes")
			if !goes {
				require.Contains(t, text, "nothing was changed")
			}
		}
	}
}

// What is done after the question is done to the checkpoint from before it: by then there may be another.
func TestChangesAreMadeToWhatWasJudged(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"up a", "up a --only network", "destroy a", "destroy a --keep-data", "destroy a --only network", "rotate bus a"} {
		w := newWorld(t)
		w.plans["a"], w.states["a"] = parted(), passwords()
		network := plan.Step{URN: "urn:pulumi:a::p::deepstreamhub:network:Network::network", Type: "deepstreamhub:network:Network", Name: "network", Op: plan.OpUpdate}
		p, s := w.plans["a"], w.states["a"]
		p.Steps = append(p.Steps, network, vpcStep)
		s.Resources = append(s.Resources, plan.Resource{URN: network.URN, Type: network.Type, Name: network.Name})
		w.plans["a"], w.states["a"] = p, s
		now := "before"
		w.checkpoint = func(stack string) string { return stack + " " + now }
		w.Terminal.Asks = true
		w.In = meanwhile{strings.NewReader("yes\n"), func() { now = "after" }}
		w.looks = []health.Reading{{}}
		text, code := w.run(line)
		require.Zero(t, code, "%s: %s", line, text)
		require.Equal(t, "after", now, line)
		require.NotContains(t, w.err.String(), "a: a:", line)
		verb, _, _ := strings.Cut(line, " ")
		if verb == "rotate" {
			verb = "up"
		}
		require.True(t, w.did("judged "+verb+" a before"), "%s: %v", line, w.calls)
		require.False(t, w.did("judged "+verb+" a after"), "%s: %v", line, w.calls)
	}
}

func TestUpAsksOnlyAboutChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	same := vpcStep
	same.Op = plan.OpSame
	w.plans["a"] = plan.Plan{Steps: []plan.Step{same}}
	w.answer("")
	_, code := w.run("up a")
	require.Zero(t, code)
	require.NotContains(t, w.err.String(), "Only yes")

	w = newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	_, code = w.run("up a --yes")
	require.Zero(t, code)
	require.True(t, w.did("preview a"), "what nobody is asked about is judged all the same")
	require.NotContains(t, w.err.String(), "Only yes")
}

func TestUpStopsAtAFailedPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opErrs["preview b"] = errBroken
	w.answer("yes\n")
	_, code := w.run("up a b")
	require.Equal(t, 1, code)
	require.False(t, w.did("up"))
}

func TestInterruptedWhileAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	ctx, cancel := context.WithCancel(context.Background())
	w.Terminal.Asks = true
	w.In = blocked{cancel}
	text, code := Report(w.Run(ctx, []string{"up", "a"}))
	require.Equal(t, 130, code)
	require.Contains(t, text, "nothing was changed")
	require.False(t, w.did("up"))
}

// blocked is somebody who presses Ctrl-C instead of answering.
type blocked struct{ interrupt func() }

func (b blocked) Read([]byte) (int, error) { b.interrupt(); select {} }

func TestInterruptedWhileRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	w.during = func(ctx context.Context, verb, _ string) {
		if verb == "up" {
			cancel()
			<-ctx.Done()
		}
	}
	w.opErrs["up a"] = interruptedError{context.Canceled}
	_, code := Report(w.Run(ctx, []string{"up", "a", "b", "--yes"}))
	require.Equal(t, 130, code)
	require.Contains(t, w.err.String(), "finishing what is under way")
	require.Equal(t, 1, strings.Count(w.err.String(), "Press Ctrl-C again"))
}

func TestOneStackFailingLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opErrs["up a"] = errBroken
	w.during = func(ctx context.Context, _, stack string) {
		if stack == "b" {
			select {
			case <-ctx.Done():
				t.Error("b was interrupted because a failed")
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	w.plans["b"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	_, code := w.run("up a b --yes")
	require.Equal(t, 1, code)
	require.Contains(t, w.err.String(), "b: 1 created, in 0s.")
}

func TestEverythingStartedIsClosed(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"up a b --yes", "preview a b", "refresh a b --yes", "destroy a b --yes"} {
		w := newWorld(t)
		w.opErrs["up a"], w.opErrs["preview a"], w.opErrs["destroy a"] = errBroken, errBroken, errBroken
		w.run(line + " --offline")
		count := func(prefix string) (n int) {
			for _, c := range w.calls {
				if strings.HasPrefix(c, prefix) {
					n++
				}
			}
			return n
		}
		require.Equal(t, count("open a"), count("close a"), line)
		require.Equal(t, count("open b"), count("close b"), line)
		require.Equal(t, 1, count("close cloud"), line)
		require.Equal(t, "close cloud", w.calls[len(w.calls)-1], line)
	}
}

// The account's own project lies in the one that is meant.
func TestProjectFromWithinTheAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Dir = filepath.Join(w.Dir, bootstrapDir)
	require.NoError(t, os.Mkdir(w.Dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.yaml"), []byte("name: deepstreamhub-bootstrap\nruntime: go\n"), 0o600))
	text, code := w.run("up a --yes")
	require.Zero(t, code, text)
}

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"up":                                  "name at least one stack",
		"up a a":                              "named twice",
		"up a --nope":                         "unknown flag: --nope",
		"fly a":                               `unknown command "fly"`,
		"up a --offline-slow x=1s":            "--offline-slow needs --offline",
		"up a --time-scale 0.01":              "--time-scale needs --offline",
		"up a --offline --time-scale -1":      "--time-scale -1: must be a number of 0 or more",
		"up a --offline --fault-rate 2":       "--fault-rate 2: must be 0 to 1",
		"up a --offline --fault melt:any:any": `kind "melt"`,
		"up a --offline --offline-slow x":     "must be a type and a duration",
		"up a --offline --offline-slow x=-1s": "must be a type and a duration",
		"up a --parallel -1":                  "must not be negative",
		"up a --max-risk much":                `"much" is none; known: nothing, in-place, replaces, interrupts, disconnects, exposes, blocked`,
		"preview a --markdown --json":         "stdout takes one of them",
		"up a --dir nowhere":                  "has no Pulumi.yaml",
		"outputs":                             "name at least one stack",
		"offline-aws a":                       "unknown command",
		"up a --parallel many":                "--parallel many: must be a whole number",
		"up a --yes=maybe":                    "--yes maybe: must be true or false",
		"up a --offline=mine":                 "--offline mine: must be declared or blank",
		"up a --offline --seed -1":            "--seed -1: must be a whole number of 0 or more",
		"up a --offline --time-scale fast":    "--time-scale fast: must be a number",
		"up a --offline --time-scale NaN":     "--time-scale NaN: must be a number of 0 or more",
		"up a --offline --fault-rate NaN":     "--fault-rate NaN: must be 0 to 1",
		"new a --like b --for 3days":          "--for 3days: must be a duration",
		"new":                                 "name one stack, not 0",
		"history a b":                         "name one stack, not 2",
		"region add --like a":                 "name one region, not 0",
		"region fly":                          `unknown command "fly"; known: add`,
		"publish comment 3":                   "number and at least one file",
		"help fly":                            `unknown command "fly"`,
		"help state fly":                      `unknown command "fly" for "hub state"`,
	} {
		w := newWorld(t)
		text, code := w.run(line)
		require.Equal(t, 2, code, line)
		require.Contains(t, text, want, line)
		require.Contains(t, text, "--help", line)
		require.Empty(t, w.calls, line)
	}
}

func TestOfflineTargetsKeepApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, code := w.run("up a --offline --yes --parallel 7")
	require.Zero(t, code)
	target := w.targets["a"]
	require.Equal(t, 7, target.Parallel)
	require.Contains(t, target.Backend, "/.hub/offline/state")
	require.Contains(t, target.WorkDir, "/.hub/offline/stacks/a")
	require.Contains(t, target.Env, "PULUMI_DEBUG_PROVIDERS=aws:4242")
	require.Contains(t, target.Env, "DEEPSTREAMHUB_OFFLINE=1")
	require.NotContains(t, target.Env, "AWS_PROFILE=real")

	w = newWorld(t)
	w.Environ = append(w.Environ, "PULUMI_BACKEND_URL=file:///elsewhere")
	_, code = w.run("up a --yes")
	require.Zero(t, code)
	target = w.targets["a"]
	require.Empty(t, target.Backend)
	require.Empty(t, target.WorkDir)
	require.Contains(t, target.Env, "AWS_PROFILE=real")
	require.NotContains(t, strings.Join(target.Env, "\n"), "OFFLINE")
	require.False(t, w.did("cloud"))
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	world := func() *world {
		w := newWorld(t)
		w.plans["a"] = plan.Plan{Outputs: map[string]plan.Output{
			"endpoint": {Value: "wss://eu.deepstreamhub.com"}, "password": {Value: "x", Secret: true}, "zones": {Value: []any{"1", "2"}},
		}}
		w.plans["bb"] = plan.Plan{Outputs: map[string]plan.Output{"endpoint": {Value: "wss://us.deepstreamhub.com"}}}
		return w
	}
	for line, want := range map[string]string{
		"outputs a bb": "a   endpoint  wss://eu.deepstreamhub.com\na   password  [secret]\na   zones     [\"1\",\"2\"]\n" +
			"bb  endpoint  wss://us.deepstreamhub.com\n",
		"outputs a --json":                `{"a": {"endpoint": "wss://eu.deepstreamhub.com", "password": "[secret]", "zones": ["1", "2"]}}`,
		"outputs a --json --show-secrets": `{"a": {"endpoint": "wss://eu.deepstreamhub.com", "password": "x", "zones": ["1", "2"]}}`,
	} {
		w := world()
		text, code := w.run(line)
		require.Zero(t, code, text)
		if strings.Contains(line, "--json") {
			require.JSONEq(t, want, w.out.String())
		} else {
			require.Equal(t, want, w.out.String())
		}
		require.True(t, w.did("open a existing=true"))
		require.False(t, w.did("cloud"), "reading the state needs no AWS")
	}
	w := world()
	_, code := w.run("up a bb --yes")
	require.Zero(t, code)
	require.Contains(t, w.out.String(), "a   password  [secret]\n")
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"up", "preview", "refresh", "destroy"} {
		w := newWorld(t)
		w.answer("yes\n")
		w.plans["a"] = plan.Plan{
			Took: 1500 * time.Millisecond, Steps: []plan.Step{vpcStep},
			Outputs: map[string]plan.Output{"password": {Value: "x", Secret: true}, "later": {}},
		}
		_, code := w.run(verb + " a --json")
		require.Zero(t, code)
		var lines []map[string]any
		for scan := bufio.NewScanner(bytes.NewReader(w.out.Bytes())); scan.Scan(); {
			var line map[string]any
			require.NoError(t, json.Unmarshal(scan.Bytes(), &line))
			lines = append(lines, line)
		}
		require.Len(t, lines, 3, "two events and the result; what is asked about first is no data")
		require.Equal(t, "finished", lines[0]["kind"])
		last := lines[2]
		require.Equal(t, "result", last["kind"])
		require.Equal(t, "a", last["stack"])
		require.Equal(t, verb == "preview", last["preview"])
		require.Equal(t, true, last["ok"])
		require.Equal(t, map[string]any{"create": 1.0}, last["counts"])
		require.InDelta(t, 1.5, last["seconds"], 0.001)
		require.Equal(t, map[string]any{"password": "[secret]", "later": nil}, last["outputs"])
		require.Len(t, last["changes"], 1)
	}
}

func TestPreviewListsChangesOnStdout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	_, code := w.run("preview a --offline")
	require.Zero(t, code)
	require.Equal(t, "a stack\n  + network-vpc (aws:ec2/vpc:Vpc)\na: 1 to create, in 0s.\na risk: in place.\n", w.out.String())
	require.Contains(t, w.err.String(), "hub up a --offline\n")
}

func TestOfflineAWS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, w.Run(ctx, []string{"offline-aws"}))
	require.Equal(t, []string{"cloud", "close cloud"}, w.calls)
	for _, line := range strings.Split(strings.TrimSpace(w.out.String()), "\n") {
		require.Regexp(t, `^(# |export [A-Z0-9_]+='[^']*'$)`, line)
	}
	for _, want := range []string{
		"export PULUMI_DEBUG_PROVIDERS='aws:4242'\n", "export DEEPSTREAMHUB_OFFLINE='1'\n", "/.hub/offline/state?metadata=skip'\n", "export PULUMI_HOME=",
	} {
		require.Contains(t, w.out.String(), want)
	}
	require.NotContains(t, w.out.String(), "export HOME=")
	require.DirExists(t, w.Dir+"/.hub/offline/state")
}

func TestQuote(t *testing.T) {
	t.Parallel()
	require.Equal(t, `'it'\''s'`, quote("it's"))
}
