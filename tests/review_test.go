package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/prcomment"
	"github.com/deepstreamhub/platform/tests/harness"
)

// What a reviewer reads in a pull request, from a production region and the real engine: four changes that differ in what
// they do to clients and data, and one that is blocked.
func TestPreviewAsAComment(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Deploy()

	p.Edit("Pulumi.prod-eu.yaml", "owner: platform-eu", "owner: platform-europe")
	p.Edit("Pulumi.prod-eu.yaml", "ami: placeholder:ami-0a1b2c3d4e5f60718", "ami: placeholder:ami-0ffffffffffff0001\n    instanceType: c6g.2xlarge")
	p.Edit("Pulumi.prod-eu.yaml", "  deepstreamhub:edge:", "  deepstreamhub:database:\n    engineVersion: \"16.9\"\n  deepstreamhub:edge:")
	preview := p.Hub(nil, "preview", "prod-eu", "--offline", "--markdown")
	require.Zero(t, preview.Code, preview.Stderr)
	for _, class := range []string{"disconnects clients: up to 20,000 clients", "interrupts the database", "in place", "nothing"} {
		require.Regexp(t, `(?m)^\| . \| `+class, preview.Stdout)
	}
	comment, diff, folded := strings.Cut(preview.Stdout, "\n<details><summary>The engine's own diff</summary>\n") // with ids that AWS chose
	require.True(t, folded)
	for _, line := range []string{`pulumi:pulumi:Stack: \(same\)`, `~ aws:ec2/vpc:Vpc: \(update\)`, `~ owner: "platform-eu" => "platform-europe"`, "\n```\n\n</details>\n$"} {
		require.Regexp(t, line, diff)
	}
	path := filepath.Join("testdata", "comments", "prod-eu.md")
	want, err := os.ReadFile(path)
	if string(want) != comment && *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(comment), 0o600))
	}
	require.NoError(t, err)
	require.Equal(t, strings.Split(string(want), "\n"), strings.Split(comment, "\n"), "run with -update once you meant it")

	deployed := harness.Snapshot(t, filepath.Join(p.Dir, ".hub", "offline", "state"))
	refused := p.Hub(nil, "up", "prod-eu", "--offline", "--yes", "--max-risk", "interrupts")
	require.Equal(t, 3, refused.Code, refused.Stderr)
	require.Contains(t, refused.Stderr, "up prod-eu: refused: disconnects clients")

	// A major version takes other parameter groups, which cannot be replaced while they are protected.
	p.Edit("Pulumi.prod-eu.yaml", `engineVersion: "16.9"`, `engineVersion: "17.5"`)
	preview = p.Hub(nil, "preview", "prod-eu", "--offline", "--markdown")
	require.Equal(t, 3, preview.Code, preview.Stderr)
	_, end, _ := strings.Cut(preview.Stderr, "Error: ")
	require.Contains(t, end, "database.allowMajorVersion to 17")
	require.NotContains(t, end, "program", "the engine's advice is to edit it")
	require.Contains(t, preview.Stdout, "touches protected data: blocked")
	require.Contains(t, preview.Stdout, "<code>database-parameters</code>")
	refused = p.Hub(nil, "up", "prod-eu", "--offline", "--yes", "--max-risk", "blocked")
	require.Equal(t, 3, refused.Code, refused.Stderr)
	require.Contains(t, refused.Stderr, "database.allowMajorVersion to 17")

	// What a deletion takes is blocked as well.
	p.Edit("Pulumi.prod-eu.yaml", `engineVersion: "17.5"`, `engineVersion: "16.8"`)
	p.Edit("Pulumi.prod-eu.yaml", "copyTo: us-east-1", "enabled: false # ")
	refused = p.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Equal(t, 3, refused.Code, refused.Stderr)
	require.Contains(t, refused.Stderr, "delete backup-selection")
	require.Contains(t, refused.Stderr, "two steps")
	require.Empty(t, harness.Differences(deployed, harness.Snapshot(t, filepath.Join(p.Dir, ".hub", "offline", "state"))), "refusals touch nothing")
}

// A whole new region with twenty services is a comment that GitHub takes.
func TestCommentOfANewRegion(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	services := "  deepstreamhub:services:\n"
	for i := range 20 {
		name := "service-" + string(rune('a'+i))
		services += "    " + name + ": {image: \"placeholder:111122223333.dkr.ecr.us-east-1.amazonaws.com/orders@sha256:" + strings.Repeat("a", 64) +
			"\", port: 8080, healthPath: /health, path: /" + name + "}\n"
	}
	p.Edit("Pulumi.prod-us.yaml", "  deepstreamhub:edge:", ""+services+"  deepstreamhub:edge:")
	p.Edit("Pulumi.prod-us.yaml", "  deepstreamhub:service:\n", "  deepstreamhub:service:\n    scaleOn: cpu\n")
	preview := p.Hub(nil, "preview", "prod-us", "--offline", "--markdown")
	require.Zero(t, preview.Code, preview.Stderr)
	require.Less(t, len(preview.Stdout), prcomment.Limit)
	require.NotContains(t, preview.Stdout, "left out", "it fits as a whole")
	require.Contains(t, preview.Stdout, "<code>prod-us</code>: in place")
	for _, name := range []string{"service-t-service", "database-cluster", "edge-lb"} {
		require.Contains(t, preview.Stdout, "<code>"+name+"</code>")
	}
	t.Logf("%d resources are created in a comment of %d bytes", strings.Count(preview.Stdout, "<code>"), len(preview.Stdout))
}
