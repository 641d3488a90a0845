package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/state"
)

// deployed puts the record of a deployment into the state of dev.
func deployed(write func(key, text string), at time.Time, kind, result, message string) string {
	name := fmt.Sprintf("dev-%d", at.UnixNano())
	dir := state.HistoryDir("deepstreamhub", "dev")
	write(dir+name+".history.json", fmt.Sprintf(`{"kind":%q,"result":%q,"message":%q,"startTime":%d,"endTime":%d,"resourceChanges":{"create":3,"same":9}}`,
		kind, result, strconv.Quote(message), at.Unix()-61, at.Unix()))
	write(dir+name+".checkpoint.json", sound("urn:then"))
	return name + ".checkpoint.json"
}

// Every verb that changes something leaves word of who did it from what; a preview does not.
func TestDeploymentsAreSigned(t *testing.T) {
	t.Parallel()
	for _, verb := range changing {
		w := newWorld(t)
		w.Environ = append(w.Environ, "GITHUB_ACTOR=anna", "GITHUB_SERVER_URL=https://github.com", "GITHUB_REPOSITORY=o/r", "GITHUB_RUN_ID=7")
		_, code := w.run(verb + " a --yes")
		require.Zero(t, code)
		require.True(t, w.did(`message `+verb+` {"command":"`+verb+`","by":"anna","commit":"0123abcd","changed":true,"run":"https://github.com/o/r/actions/runs/7"}`), "%v", w.calls)
		require.False(t, w.did("message preview"))
	}
	w := newWorld(t)
	require.Regexp(t, `.@.`, (&session{App: w.App}).deployment(t.Context()).By)
}

func TestNotes(t *testing.T) {
	t.Parallel()
	n := state.Note{Command: "up", By: "a@b", Commit: "0123"}
	require.Equal(t, n, state.ReadNote(n.String()))
	for _, other := range []string{"", "fix the thing", "{", `{"by":1}`, "[]", "null"} {
		require.Zero(t, state.ReadNote(other), other)
	}
}

func TestHistoryIsOneRowADeployment(t *testing.T) {
	t.Parallel()
	w, write, _ := withState(t, "dev")
	first := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	note := state.Note{Command: "up", By: "anna@desk", Commit: "0123456789abcdef0123", Changed: true}
	old := deployed(write, first, "update", "succeeded", note.String())
	by := deployed(write, first.Add(time.Hour), "destroy", "failed", "by hand")
	for _, line := range []string{"history dev --offline", "state versions dev --offline"} {
		w.out.Reset()
		text, code := w.run(line)
		require.Zero(t, code, text)
		require.Regexp(t, by+` .* 1 resources +after destroy, failed +steps: 3 create +no known commit`, w.out.String(), line)
		require.Regexp(t, old+` .* 1 resources +after up, succeeded +steps: 3 create +0123456789ab, changed +by anna@desk`, w.out.String(), line)
	}
	w.out.Reset()
	_, code := w.run("history dev --offline")
	require.Zero(t, code)
	require.Equal(t, 2, strings.Count(w.out.String(), "\n"), "what lies between deployments is no deployment")
	w.out.Reset()
	_, code = w.run("history dev --offline --json")
	require.Zero(t, code)
	require.Contains(t, w.out.String(), `"note":{"command":"up","by":"anna@desk","commit":"0123456789abcdef0123","changed":true},"seconds":61,"counts":{"create":3,"same":9}`)
	w.err.Reset()
	text, code := w.run("state restore dev --offline --yes --version " + old)
	require.Zero(t, code, text)
	require.Contains(t, w.err.String(), "after up, succeeded, steps: 3 create, 0123456789ab, changed, by anna@desk")

	text, code = w.run("history nosuch --offline")
	require.Equal(t, 2, code)
	require.Contains(t, text, "Stacks with a state: dev")
}

func TestStatus(t *testing.T) {
	t.Parallel()
	w, write, _ := withState(t, "dev")
	w.Now = func() time.Time { return time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC) }
	write(state.StackFile("deepstreamhub", "dev"), `{"version":3,"checkpoint":{"stack":"dev","latest":{"resources":[
		{"urn":"urn:stack","type":"pulumi:pulumi:Stack"},{"urn":"urn:vpc","type":"aws:ec2/vpc:Vpc","inputs":{"tags":{"expires":"2026-11-28T00:00:00Z"}}},
		{"urn":"urn:odd","type":"aws:ec2/vpc:Vpc","inputs":{"tags":"none"}},
		{"urn":"urn:p::t::database-secret-version","type":"aws:secretsmanager/secretVersion:SecretVersion","inputs":{"versionStages":["AWSCURRENT","rotated"]}},
		{"urn":"urn:p::t::bus-secret-version","type":"aws:secretsmanager/secretVersion:SecretVersion","inputs":{"versionStages":["AWSCURRENT","rotating"]}}]}}}`)
	deployed(write, time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC), "update", "succeeded", state.Note{By: "anna@desk", Commit: "0123456789abcdef"}.String())
	require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.prod-eu.yaml"), nil, 0o600))

	text, code := w.run("status --offline")
	require.Zero(t, code, text)
	require.Equal(t, `dev: 4 resources
  last     2026-11-01 10:00:00 UTC after up, succeeded, steps: 3 create, 0123456789ab, by anna@desk
  rotates  the password of the bus, half way: hub rotate bus dev --offline
  health   unknown: it holds no service
  expires  2026-11-28 00:00:00 UTC, which is over: hub reap --offline
  file     none here
prod-eu: nothing is deployed
`, w.out.String())

	write(state.StackFile("deepstreamhub", "dev-2"), sound("urn:vpc"))
	w.calls = nil
	_, code = w.run("status --offline")
	require.Zero(t, code)
	require.Equal(t, 1, strings.Count(strings.Join(w.calls, " "), "engine"), "one engine serves all stacks: %v", w.calls)
	require.NoError(t, os.Remove(filepath.Join(w.Dir, ".hub", "offline", "state", state.StackFile("deepstreamhub", "dev-2"))))

	w.out.Reset()
	w.calls = nil
	_, code = w.run("status prod-eu dev --offline --json --quick")
	require.Zero(t, code)
	require.Equal(t, 2, strings.Count(w.out.String(), "\n"))
	require.Contains(t, w.out.String(), `{"stack":"prod-eu","file":true,"resources":0}`)
	require.Contains(t, w.out.String(), `"expires":"2026-11-28T00:00:00Z","expired":true}`)
	require.Contains(t, w.out.String(), `"rotating":["bus"]`)
	require.False(t, w.did("engine"), "a quick look needs none")

	text, code = w.run("status nosuch --offline")
	require.Equal(t, 2, code)
	require.Contains(t, text, "Stacks with a state: dev. Stacks with a file here: prod-eu.")

	w.out.Reset()
	write(state.StackFile("deepstreamhub", "dev"), "{")
	_, code = w.run("status dev --offline")
	require.Zero(t, code, "what is wrong with one stack is told, and hides no other")
	require.Contains(t, w.out.String(), "state    damaged: ")
}

func TestStandingTellsHealth(t *testing.T) {
	t.Parallel()
	ill := standing{Stack: "dev", Resources: 3, File: true, Locks: []string{"anna"}, Pending: []string{"creating x"}, Health: &wellness{Problems: []health.Problem{{What: "service x runs 0 of 2 tasks"}}}}
	require.Equal(t, "dev: 3 resources\n  pending  creating x\n  health   does not work: service x runs 0 of 2 tasks\n  locks    anna", ill.String())
	ill.Pending, ill.Health, ill.Locks = slices.Repeat([]string{"creating x"}, 12), nil, nil
	require.Equal(t, "dev: 3 resources\n  pending  creating x\n"+strings.Repeat("           creating x\n", 9)+"           and 2 more", ill.String())
	require.Contains(t, standing{Stack: "dev", Resources: 3, File: true, Health: &wellness{Healthy: true, Looked: "services 1"}}.String(), "health   works: services 1")
}
