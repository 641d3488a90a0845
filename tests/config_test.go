package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/tests/harness"
)

// Four mistakes in one stack file come back in one message, before anything is touched, whichever way the stack is
// deployed.
func TestFourMistakesInOneMessage(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Edit("Pulumi.prod-eu.yaml", "10.16.0.0/16", "10.16.0.0/24")
	p.Edit("Pulumi.prod-eu.yaml", "[euc1-az1, euc1-az2, euc1-az3]", "[euc1-az1, euc1-az2]")
	p.Edit("Pulumi.prod-eu.yaml", "  deepstreamhub:cluster:\n", "  deepstreamhub:cluster:\n    warmPol: 12\n    rootVolumeGiB: large\n")
	mistakes := []string{"network.cidr", "10.16.0.0/24", "network.zones", "warmPol", "warmPool", "cluster.rootVolumeGiB", "large"}

	r := p.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Equal(t, 2, r.Code, r.Stderr)
	for _, m := range mistakes {
		require.Contains(t, r.Stderr, m)
	}
	require.NoDirExists(t, filepath.Join(p.Dir, ".hub"), "nothing was started")

	aws := harness.NewAWS(t, nil)
	language := harness.NewLanguage(t, filepath.Join(p.Bin, "program"))
	env := stockEnvironment(aws, language)
	before := aws.Contents()
	require.Zero(t, p.Pulumi(env, "stack", "init", "prod-eu", "--non-interactive").Code)
	r = p.Pulumi(env, "up", "--stack", "prod-eu", "--yes", "--skip-preview", "--non-interactive")
	require.NotZero(t, r.Code)
	for _, m := range mistakes {
		require.Contains(t, r.Stdout+r.Stderr, m)
	}
	require.Equal(t, before, aws.Contents(), "nothing was registered")
}

// A real run takes no placeholder, and says which keys hold one.
func TestPlaceholdersAreRefusedForARealRun(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	state := t.TempDir()
	r := p.Hub([]string{"PULUMI_BACKEND_URL=file://" + state, "PULUMI_CONFIG_PASSPHRASE=x"}, "up", "prod-eu", "--yes")
	require.Equal(t, 2, r.Code, r.Stderr)
	require.Contains(t, r.Stderr, "cluster.ami")
	require.Contains(t, r.Stderr, "service.image")
	require.Contains(t, r.Stderr, "service.auth.webhook")
	entries, err := os.ReadDir(state)
	require.NoError(t, err)
	require.Empty(t, entries, "the engine was not started")
}

// The key of offline states, which a stock session writes into a stack file, is taken for no other state.
func TestKeyOfOfflineStatesIsRefusedForARealRun(t *testing.T) {
	t.Parallel()
	p := harness.RealProject(t, &binaries)
	p.Edit("Pulumi.prod-eu.yaml", "awskms://alias/deepstreamhub-state?region=eu-central-1", deploy.HubKey)
	for _, command := range [][]string{{"up", "prod-eu", "--yes"}, {"preview", "prod-eu"}, {"outputs", "prod-eu"}} {
		folder := t.TempDir()
		r := p.Hub([]string{"PULUMI_BACKEND_URL=file://" + folder, "PULUMI_CONFIG_PASSPHRASE=x"}, command...)
		require.Equal(t, 2, r.Code, r.Stderr)
		require.Contains(t, strings.Join(strings.Fields(r.Stderr), " "), "Pulumi.prod-eu.yaml: secretsprovider: hashivault://hub is the key of offline states")
		require.Contains(t, r.Stderr, "git checkout Pulumi.prod-eu.yaml")
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Empty(t, entries, "the engine was not started")
	}
}

// What must not be in a stack's configuration is refused by the program itself, which is told all keys and which of them
// are secret, as well as by hub.
func TestBothDoorsRefuseWhatDoesNotBelongIntoAStack(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Edit("Pulumi.prod-eu.yaml", "  aws:region: eu-central-1\n", "  aws:region: eu-central-1\n  aws:insecure: true\n  aws:secretKey: abcdefghijkl\n  random:seed: x\n")
	p.Edit("Pulumi.prod-eu.yaml", "  deepstreamhub:edge:\n", "  deepstreamhub:observability:\n    notify: ['https://bot:hunter22@example.com']\n  deepstreamhub:edge:\n")
	p.Edit("Pulumi.prod-eu.yaml", "    owner: platform-eu\n", "    owner: 'AWS:platform'\n")
	mistakes := []string{"aws:insecure", "aws:secretKey", "random:seed", "observability.notify[0]", "platform.owner"}

	r := p.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Equal(t, 2, r.Code, r.Stderr)
	for _, m := range mistakes {
		require.Contains(t, r.Stderr, m)
	}
	require.NotContains(t, r.Stderr, "abcdefghijkl")
	require.NotContains(t, r.Stderr, "hunter22")

	aws := harness.NewAWS(t, nil)
	env := stockEnvironment(aws, harness.NewLanguage(t, filepath.Join(p.Bin, "program")))
	before := aws.Contents()
	require.Zero(t, p.Pulumi(env, "stack", "init", "prod-eu", "--non-interactive").Code)
	set := p.Pulumi(env, "config", "set", "--stack", "prod-eu", "--secret", "--path", "deepstreamhub:database.instanceClass", "db.r6g.xlarge")
	require.Zero(t, set.Code, set.Stderr)
	r = p.Pulumi(env, "up", "--stack", "prod-eu", "--yes", "--skip-preview", "--non-interactive")
	require.NotZero(t, r.Code)
	for _, m := range append(mistakes, "database = ", "Secrets Manager") {
		require.Contains(t, r.Stdout+r.Stderr, m)
	}
	for _, secret := range []string{"abcdefghijkl", "hunter22", "db.r6g.xlarge"} {
		require.NotContains(t, r.Stdout+r.Stderr, secret)
	}
	require.Equal(t, before, aws.Contents(), "nothing was registered")
}
