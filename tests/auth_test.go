package tests

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

const (
	webhookYAML = "    auth:\n      webhook: placeholder:https://auth.deepstreamhub.com/deepstream\n"
	openYAML    = "    auth: open\n"
)

// Who decides who a client is has to be said, by either door: leaving it out is refused with both choices.
func TestAuthenticationHasToBeSaid(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Edit("Pulumi.prod-eu.yaml", webhookYAML, "")
	both := []string{"service.auth is not set", "{webhook: https://...}", "or open"}
	r := p.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Equal(t, 2, r.Code, r.Stderr)
	for _, said := range both {
		require.Contains(t, r.Stderr, said)
	}
	require.NoDirExists(t, filepath.Join(p.Dir, ".hub"), "nothing was started")

	aws := harness.NewAWS(t, nil)
	env := stockEnvironment(aws, harness.NewLanguage(t, filepath.Join(p.Bin, "program")))
	before := aws.Contents()
	require.Zero(t, p.Pulumi(env, "stack", "init", "prod-eu", "--non-interactive").Code)
	r = p.Pulumi(env, "up", "--stack", "prod-eu", "--yes", "--skip-preview", "--non-interactive")
	require.NotZero(t, r.Code)
	for _, said := range both {
		require.Contains(t, r.Stdout+r.Stderr, said)
	}
	require.Equal(t, before, aws.Contents(), "nothing was registered")
}

// Letting everybody in has to be allowed by name: in the first up of a protected region, of whose task definition a preview
// knows nothing, and where it asked a webhook before. Staying open is no change, and asking again needs no leave.
func TestOpenHasToBeAllowedByName(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Edit("Pulumi.prod-eu.yaml", webhookYAML, openYAML)
	up := func(more ...string) harness.Result {
		return p.Hub(nil, append([]string{"up", "prod-eu", "--offline", "--yes"}, more...)...)
	}
	refused := func(r harness.Result) {
		t.Helper()
		require.Equal(t, 3, r.Code, r.Stderr)
		for _, said := range []string{"refused: takes protection off data, deletes it, or lets everybody in", "deepstream-task", "everybody is let in", "--max-risk exposes"} {
			require.Contains(t, r.Stderr, said)
		}
	}
	refused(up())
	refused(up("--max-risk", "disconnects"))
	require.NotContains(t, openCloud(t, p).types, "aws:ec2/vpc:Vpc", "nothing was made")

	r := up("--max-risk", "exposes")
	require.Zero(t, r.Code, r.Stderr)
	require.Contains(t, containersOf(t, p), `{"name":"`+deepstream.EnvAuthType+`","value":"`+deepstream.AuthOpen+`"}`)
	require.NotContains(t, containersOf(t, p), deepstream.EnvAuthURL)

	p.Edit("Pulumi.prod-eu.yaml", "owner: platform-eu", "owner: platform-europe")
	r = up()
	require.Zero(t, r.Code, "it was open before: %s", r.Stderr)
	p.Edit("Pulumi.prod-eu.yaml", openYAML, webhookYAML)
	r = up()
	require.Zero(t, r.Code, "asking again disconnects at most: %s", r.Stderr)
	require.Contains(t, containersOf(t, p), `{"name":"`+deepstream.EnvAuthURL+`","value":"https://auth.deepstreamhub.com/deepstream"}`)

	p.Edit("Pulumi.prod-eu.yaml", webhookYAML, openYAML)
	preview := p.Hub(nil, "preview", "prod-eu", "--offline", "--markdown")
	require.Zero(t, preview.Code, preview.Stderr)
	require.Contains(t, preview.Stdout, "lets everybody in; disconnects clients: up to 20,000 clients")
	require.Contains(t, preview.Stdout, "everybody is let in who can reach the region")
	refused(up())
}

// containersOf are the container definitions of the newest revision of deepstream's task definition.
func containersOf(t *testing.T, p *harness.Project) string {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	text := ""
	for _, r := range c.List() {
		if r.Type == "aws:ecs/taskDefinition:TaskDefinition" && strings.HasSuffix(r.Str("family"), "-deepstream") {
			text = r.Str("containerDefinitions")
		}
	}
	require.NotEmpty(t, text)
	return text
}
