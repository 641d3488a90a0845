package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// The page on a third region works as it is written, and what it writes into workflows passes their linter and names the
// region wherever another is named.
func TestThirdRegionAsWritten(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	flows := filepath.Join(p.Dir, ".github")
	require.NoError(t, os.CopyFS(flows, os.DirFS(filepath.Join(harness.Root(t), ".github"))))
	require.NoError(t, exec.Command("git", "-C", p.Dir, "init", "--quiet").Run()) // where the linter looks for workflows
	before := harness.Snapshot(t, flows)
	commands := docCommands(t, "docs/regions.md")
	require.Greater(t, len(commands), 4)
	typed(t, p, commands, "--offline")

	changed := harness.Differences(before, harness.Snapshot(t, flows))
	require.Len(t, changed, 5)
	names := map[string]int{}
	for _, file := range changed {
		text, err := os.ReadFile(filepath.Join(flows, file))
		require.NoError(t, err)
		require.Contains(t, string(text), "prod-ap")
		names[filepath.Base(file)]++
	}
	require.Equal(t, map[string]int{"ci.yml": 1, "deploy.yml": 1, "drift.yml": 1, "image.yml": 1, "preview.yml": 1}, names)
	lint(t, p.Dir)

	// A fourth one goes behind the third, and what cannot be leaves every file as it is.
	require.Zero(t, p.Hub(nil, "region", "add", "sa-east-1", "--like", "prod-ap").Code)
	text, err := os.ReadFile(filepath.Join(flows, "workflows", "drift.yml"))
	require.NoError(t, err)
	require.Contains(t, string(text), "hub drift prod-eu prod-us prod-ap prod-sa --markdown")
	text, err = os.ReadFile(filepath.Join(p.Dir, "Pulumi.prod-sa.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(text), "cidr: 10.19.0.0/16 ")
	lint(t, p.Dir)

	all := harness.Snapshot(t, p.Dir)
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"mars-1", "--like", "prod-eu"}, []string{`region = "mars-1": must be a commercial region with three zones`}},
		{[]string{"us-west-1", "--like", "prod-eu"}, []string{`region = "us-west-1": must be a commercial region`, "Pulumi.prod-us.yaml is there already"}},
		{[]string{"eu-central-1", "--like", "prod-eu", "--name", "prod-more"}, []string{"must be another than that of prod-eu"}},
		{[]string{"eu-west-1", "--like", "prod-eu"}, []string{"Pulumi.prod-eu.yaml is there already; give the new stack another --name"}},
		{[]string{"eu-west-1", "--like", "nosuch"}, []string{"there is no Pulumi.nosuch.yaml", "prod-ap, prod-eu"}},
		{[]string{"eu-west-1", "--like", "prod-eu", "--name", "it--1"}, []string{`stack = "it--1"`}},
		{[]string{"eu-west-1", "--like", "prod-eu", "--name", "prod-west", "--hostname", "x..y"}, []string{"edge.hostname"}},
		{[]string{"eu-west-1"}, []string{"--like"}},
	} {
		r := p.Hub(nil, append([]string{"region", "add"}, c.args...)...)
		require.Equal(t, 2, r.Code, "%v: %s", c.args, r.Stderr)
		for _, text := range c.says {
			require.Contains(t, r.Stderr, text, "%v", c.args)
		}
		require.Empty(t, harness.Differences(all, harness.Snapshot(t, p.Dir)), "%v", c.args)
	}
}
