package tests

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// The page on a third region works as it is written: all three regions are up at once, and what workflows take their matrix
// from names the new one.
func TestThirdRegionAsWritten(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	commands := docCommands(t, "docs/regions.md")
	require.Greater(t, len(commands), 4)
	typed(t, p, commands, "--offline")
	require.Equal(t, "prod-eu  eu-central-1\nprod-us  us-east-1\nprod-ap  ap-southeast-1\n", p.Hub(nil, "stacks").Stdout)

	// A fourth one goes behind the third, and what cannot be leaves every file as it is.
	require.Zero(t, p.Hub(nil, "region", "add", "sa-east-1", "--like", "prod-ap").Code)
	require.Contains(t, p.Hub(nil, "stacks").Stdout, "prod-ap  ap-southeast-1\nprod-sa  sa-east-1\n")
	text, err := os.ReadFile(filepath.Join(p.Dir, "Pulumi.prod-sa.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(text), "cidr: 10.19.0.0/16 ")

	all := harness.Snapshot(t, p.Dir)
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"mars-1", "--like", "prod-eu"}, []string{`region = "mars-1": must be a commercial region with three zones`}},
		{[]string{"us-gov-west-1", "--like", "prod-eu", "--name", "prod-gov"}, []string{`Error: region = "us-gov-west-1": must be a commercial region`, "See: hub region add --help"}},
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
