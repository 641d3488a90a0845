package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

var pasted = regexp.MustCompile(`(?s)put this below "([^"]+)" in (Pulumi\.prod-eu\.yaml), then run: (hub up prod-eu --offline)\n(.*)\n$`)

// A preview says old and new values. A destroy ends with what survives and with the lines by which the data comes back; an
// operator who pastes them and runs the command has it.
func TestDestroyEndsWithTheWayBack(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	hub := func(code int, args ...string) harness.Result {
		t.Helper()
		r := p.Hub(nil, append(args, "--offline")...)
		require.Equal(t, code, r.Code, r.Stderr)
		return r
	}
	p.Deploy()
	before := markers(t, p)
	require.Len(t, before, 1)

	p.Edit("Pulumi.prod-eu.yaml", "protect: true", "protect: false")
	preview := hub(0, "preview", "prod-eu")
	require.Contains(t, preview.Stdout, "(aws:rds/cluster:Cluster) deletionProtection: true → false\n")
	lines := strings.Split(strings.TrimSpace(hub(0, "preview", "prod-eu", "--json").Stdout), "\n")
	require.Contains(t, lines[len(lines)-1], `{"path":"deletionProtection","old":true,"new":false}`)
	hub(0, "up", "prod-eu", "--yes", "--max-risk", "exposes")

	text := hub(0, "destroy", "prod-eu", "--yes").Stdout
	require.Regexp(t, `(?m)^  final snapshot: prod-eu-final-\w+, `, text)
	require.Regexp(t, `(?m)^  left: database-key \S+ \(aws:kms/key:Key\), `, text)
	require.Regexp(t, `(?m)^  recovery points: \S+, listed by: aws backup .* --region (eu-central|us-east)-1$`, text)
	require.Regexp(t, `(?m)^  pending: \S+ \S+ \(aws:secretsmanager/secret:Secret\), deleted by AWS in \d+ days`, text)
	m := pasted.FindStringSubmatch(text)
	require.NotNil(t, m, text)
	require.Empty(t, markers(t, p))

	file := filepath.Join(p.Dir, m[2])
	stack, err := os.ReadFile(file)
	require.NoError(t, err)
	at := regexp.MustCompile(`(?m)^ *` + regexp.QuoteMeta(m[1]) + `.*\n`).FindIndex(stack)
	require.NotNil(t, at, "%s: %s", m[1], stack)
	require.NoError(t, os.WriteFile(file, []byte(string(stack[:at[1]])+m[4]+"\n"+string(stack[at[1]:])), 0o600))
	hub(0, append(strings.Fields(strings.TrimSuffix(m[3], " --offline"))[1:], "--yes")...)
	require.Equal(t, before, markers(t, p), "the data is back")

	last := hub(0, "destroy", "prod-eu", "--yes", "--json").Stdout
	lines = strings.Split(strings.TrimSpace(last), "\n")
	var result struct {
		Remains struct {
			RestoreFrom string
			Things      []struct{ Kind, ID string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &result))
	require.Regexp(t, `^prod-eu-final-`, result.Remains.RestoreFrom)
	require.NotContains(t, text, result.Remains.RestoreFrom, "a snapshot of its own")
	require.Greater(t, len(result.Remains.Things), 4)
}

// markers are what the databases of the project's cloud hold.
func markers(t *testing.T, p *harness.Project) []any {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	var out []any
	for _, r := range c.List() {
		if r.Type == "aws:rds/cluster:Cluster" {
			out = append(out, r.Hidden["marker"])
		}
	}
	return out
}
