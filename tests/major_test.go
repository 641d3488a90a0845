package tests

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// A protected region goes to the next major version of its database by the steps that the handbook has, with its data, and is
// protected again; the steps are those that a blocked preview names.
func TestMajorVersionAsWritten(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	hub := func(code int, args ...string) harness.Result {
		t.Helper()
		r := p.Hub(nil, append(args, "--offline")...)
		require.Equal(t, code, r.Code, "%v\n%s%s", args, r.Stdout, r.Stderr)
		return r
	}
	p.Deploy()
	held := markers(t, p)
	require.Len(t, held, 1)
	before := databases(t, p)
	require.Equal(t, "16.8", before.cluster.Str("engineVersionActual"))

	const edge = "  deepstreamhub:edge:"
	wants := func(from, to string) { p.Edit("Pulumi.prod-eu.yaml", from, to) }
	versions := func(text string) string { return "  deepstreamhub:database: {engineVersion: " + text + "}\n" + edge }
	wants(edge, versions(`"17.5"`))
	blocked := hub(3, "preview", "prod-eu").Stderr
	at := 0
	for _, step := range []string{"take a snapshot", "protect to false", "hub up prod-eu --offline --max-risk exposes", "allowMajorVersion to 17", "hub health prod-eu", "protect to true again"} {
		i := strings.Index(blocked[at:], step)
		require.GreaterOrEqual(t, i, 0, "%q is missing, or not in its place: %s", step, blocked)
		at += i
	}
	require.Equal(t, blocked[strings.Index(blocked, "Nothing was touched"):], func() string {
		said := hub(3, "up", "prod-eu", "--yes", "--max-risk", "blocked").Stderr
		return said[strings.Index(said, "Nothing was touched"):]
	}())
	wants(versions(`"17.5"`), versions(`"18.3"`))
	skipped := hub(3, "preview", "prod-eu").Stderr
	require.Contains(t, skipped, "version 16 to 18 skips a major version: go to 17 first")
	require.Contains(t, skipped, "nothing lets this through")
	wants(versions(`"18.3"`), versions(`"17.50"`))
	require.Contains(t, hub(2, "preview", "prod-eu").Stderr, `database.engineVersion = "17.50": must be a version of Aurora PostgreSQL`)
	wants(versions(`"17.50"`), versions(`"17.5", allowMajorVersion: 17`))
	require.Contains(t, hub(2, "up", "prod-eu", "--yes").Stderr, "must be left out with platform.protect: true")
	wants(versions(`"17.5", allowMajorVersion: 17`), edge)

	typed(t, p, commandsOf(t, "docs/operations.md", "Another major version of the database"), "--offline")
	require.Equal(t, held, markers(t, p), "the data is there")
	after := databases(t, p)
	require.Equal(t, before.cluster.ID, after.cluster.ID)
	require.Equal(t, "17.5", after.cluster.Str("engineVersionActual"))
	require.True(t, after.cluster.Bool("deletionProtection"))
	require.False(t, after.cluster.Bool("allowMajorVersionUpgrade"), "it is allowed for exactly that change")
	require.Len(t, after.instances, 2)
	for i, instance := range after.instances {
		require.Equal(t, before.instances[i].ID, instance.ID)
		require.Equal(t, "17.5", instance.Str("engineVersionActual"))
	}
	require.Equal(t, []string{"aurora-postgresql17", "aurora-postgresql17"}, after.families, "the groups of the version before are gone")
	require.Regexp(t, `^prod-eu: \d+ unchanged, in`, hub(0, "preview", "prod-eu").Stdout)
	hub(0, "drift", "prod-eu") // 5 where there is some
	require.Equal(t, 3, p.Hub(nil, "destroy", "prod-eu", "--yes", "--offline").Code, "it is protected again")

	// There is no way back, whatever is allowed.
	wants(`{engineVersion: "17.5"}`, `{engineVersion: "16.11"}`)
	require.Contains(t, hub(3, "preview", "prod-eu").Stderr, "AWS takes no database back from version 17 to 16")
	wants(`{engineVersion: "16.11"}`, `{engineVersion: "17.4"}`)
	back := hub(3, "up", "prod-eu", "--yes", "--max-risk", "blocked").Stderr
	require.Contains(t, back, "AWS takes no database back from 17.5 to 17.4")
	require.Contains(t, back, "nothing lets this through")
	require.Equal(t, "17.5", databases(t, p).cluster.Str("engineVersionActual"))
}

// An unprotected region is not taken there unless that is allowed.
func TestMajorVersionIsAllowedByName(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Edit("Pulumi.prod-eu.yaml", "protect: true", "protect: false")
	hub := func(code int, args ...string) harness.Result {
		t.Helper()
		r := p.Hub(nil, append(args, "--offline", "--yes", "--no-wait")...)
		require.Equal(t, code, r.Code, "%v\n%s%s", args, r.Stdout, r.Stderr)
		return r
	}
	hub(0, "up", "prod-eu")
	p.Edit("Pulumi.prod-eu.yaml", "  deepstreamhub:edge:", "  deepstreamhub:database: {engineVersion: \"17.5\"}\n  deepstreamhub:edge:")
	said := hub(3, "up", "prod-eu").Stderr
	require.Contains(t, said, "another major version has to be allowed: database.allowMajorVersion: 17")
	p.Edit("Pulumi.prod-eu.yaml", `"17.5"`, `"17.5", allowMajorVersion: 17`)
	hub(0, "up", "prod-eu")
	require.Equal(t, "17.5", databases(t, p).cluster.Str("engineVersionActual"))
}

// deployedDatabase is what the project's cloud has of the only database in it.
type deployedDatabase struct {
	cluster   *cloud.Resource
	instances []*cloud.Resource
	families  []string // of the parameter groups, sorted as the cloud lists them
}

func databases(t *testing.T, p *harness.Project) (found deployedDatabase) {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	for _, r := range c.List() {
		switch r.Type {
		case "aws:rds/cluster:Cluster":
			found.cluster = &r
		case "aws:rds/clusterInstance:ClusterInstance":
			found.instances = append(found.instances, &r)
		case "aws:rds/parameterGroup:ParameterGroup", "aws:rds/clusterParameterGroup:ClusterParameterGroup":
			found.families = append(found.families, r.Str("family"))
		}
	}
	return found
}
