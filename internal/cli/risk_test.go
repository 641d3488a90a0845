package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
)

var (
	databaseStep = plan.Step{
		URN: "urn:pulumi:s::p::aws:rds/cluster:Cluster::database-cluster", Type: "aws:rds/cluster:Cluster", Name: "database-cluster",
		Op: plan.OpReplace, Protect: true, Changed: []string{"kmsKeyId"}, Replaces: []string{"kmsKeyId"},
	}
	busStep = plan.Step{
		URN: "urn:pulumi:s::p::aws:elasticache/replicationGroup:ReplicationGroup::bus-group", Op: plan.OpUpdate,
		Type: "aws:elasticache/replicationGroup:ReplicationGroup", Name: "bus-group", Changed: []string{"nodeType"},
		Old: map[string]any{"nodeType": "cache.r7g.large"}, New: map[string]any{"nodeType": "cache.r7g.xlarge"},
	}
)

// One stack above what is allowed keeps all of them as they are.
func TestUpRefusesWhatIsTooRisky(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	w.plans["b"] = plan.Plan{Steps: []plan.Step{busStep}}
	text, code := w.run("up a b --yes --max-risk interrupts")
	require.Equal(t, 3, code, text)
	require.Contains(t, text, "up b: refused: disconnects clients")
	require.Contains(t, text, "update bus-group (aws:elasticache/replicationGroup:ReplicationGroup): every deepstream node exits")
	require.Contains(t, text, "--max-risk disconnects")
	require.False(t, w.did("up"), "%v", w.calls)

	text, code = w.run("up a b --yes --max-risk disconnects")
	require.Zero(t, code, text)
	require.True(t, w.did("up a"))
	require.True(t, w.did("up b"))
}

// What is blocked is refused whatever is allowed, also when the engine itself refuses it first.
func TestUpRefusesWhatIsBlocked(t *testing.T) {
	t.Parallel()
	for name, failed := range map[string]bool{"by the gate": false, "by the engine too": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.plans["a"] = plan.Plan{Steps: []plan.Step{databaseStep}}
			if failed {
				w.plans["a"] = plan.Plan{Failed: []plan.Step{databaseStep}}
				w.opErrs["preview a"] = &deploy.Error{Verb: "preview", Stack: "a", Problems: []string{"run pulumi state unprotect"}, Cause: errBroken}
			}
			w.answer("yes\n")
			text, code := w.run("up a --max-risk blocked")
			require.Equal(t, 3, code, text)
			require.Contains(t, text, "up a: refused: touches protected data: blocked")
			require.Contains(t, text, "two steps")
			require.NotContains(t, text, "state unprotect", "what the engine advises is no reviewed step")
			require.False(t, w.did("up"))
		})
	}
}

// The question says what it is about.
func TestUpAsksWithTheRisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{busStep}}
	w.answer("no\n")
	w.run("up a")
	require.Contains(t, w.err.String(), "a risk: disconnects clients: an unknown number of clients.\nMake these changes?")
}

func TestPreviewMarkdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{busStep}}
	text, code := w.run("preview a b --markdown")
	require.Zero(t, code, text)
	out := w.out.String()
	require.True(t, strings.HasPrefix(out, "<!-- deepstreamhub:preview:a -->\n"), out)
	require.Contains(t, out, "\n<!-- deepstreamhub:preview:b -->\n")
	require.Contains(t, out, "<code>cache.r7g.large</code> → <code>cache.r7g.xlarge</code>")
	require.Contains(t, out, "Nothing changes")
}

// A preview that fails is what a reviewer has to know first, and the command fails all the same.
func TestPreviewMarkdownOfAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opErrs["preview a"] = &deploy.Error{Verb: "preview", Stack: "a", Problems: []string{"no such image"}, Cause: errBroken}
	w.opErrs["preview b"] = &deploy.Error{Verb: "preview", Stack: "b", Problems: []string{"no such zone"}, Cause: errBroken}
	_, code := w.run("preview a b c --markdown")
	require.Equal(t, 1, code)
	for stack, problem := range map[string]string{"a": "no such image", "b": "no such zone", "c": "Nothing changes"} {
		_, own, _ := strings.Cut(w.out.String(), ":"+stack+" -->\n")
		own, _, _ = strings.Cut(own, "<!--")
		require.Contains(t, own, problem)
		require.Equal(t, stack != "c", strings.Contains(own, "The preview failed"), own)
	}
}

func TestJSONCarriesTheClass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{busStep}}
	_, code := w.run("preview a --json")
	require.Zero(t, code)
	lines := bytes.Split(bytes.TrimSpace(w.out.Bytes()), []byte("\n"))
	var last struct {
		Risk    map[string]any
		Changes []map[string]any
	}
	require.NoError(t, json.Unmarshal(lines[len(lines)-1], &last))
	require.Equal(t, "disconnects", last.Risk["class"])
	require.Equal(t, "disconnects", last.Changes[0]["class"])
	require.Equal(t, []any{map[string]any{"path": "nodeType", "old": "cache.r7g.large", "new": "cache.r7g.xlarge"}}, last.Changes[0]["values"])

	secret := busStep
	secret.Changed, secret.Old, secret.New = []string{"authToken"}, map[string]any{"authToken": "correct"}, map[string]any{"authToken": "horse"}
	w = newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{secret}}
	for _, line := range []string{"preview a --json", "preview a", "up a --yes --json"} {
		w.run(line)
	}
	require.Contains(t, w.out.String(), "[secret]")
	require.NotRegexp(t, "correct|horse", w.out.String()+w.err.String())

	w = newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{busStep}}
	_, code = w.run("refresh a --json --yes")
	require.Zero(t, code)
	require.NotContains(t, w.out.String(), `"risk"`, "what the cloud did is no plan")
}
