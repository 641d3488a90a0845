package tests

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// A protected region goes down in two reviewed steps and no other way.
func TestDestroyOfAProtectedRegion(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Deploy()
	// The engine logs its runs beside these; they are what is deployed.
	deployed := func() map[string]string {
		all := harness.Snapshot(t, filepath.Join(p.Dir, ".hub", "offline", "cloud"))
		maps.Copy(all, harness.Snapshot(t, filepath.Join(p.Dir, ".hub", "offline", "state")))
		return all
	}

	held := openCloud(t, p)
	before := deployed()
	refused := p.Hub(nil, "destroy", "prod-eu", "--offline", "--yes")
	require.Equal(t, 3, refused.Code, refused.Stderr)
	for _, name := range []string{"database-cluster", "database-key", "bus-group", "bus-key", "edge-lb"} {
		require.Contains(t, refused.Stderr, "::"+name, "every protected resource is named")
	}
	require.Empty(t, harness.Differences(before, deployed()), "a refused destroy touches nothing")

	p.Edit("Pulumi.prod-eu.yaml", "protect: true", "protect: false")
	refused = p.Hub(nil, "destroy", "prod-eu", "--offline", "--yes")
	require.Equal(t, 3, refused.Code, "what counts is what is deployed, not what is written: %s", refused.Stderr)
	require.Empty(t, harness.Differences(before, deployed()))

	refused = p.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Equal(t, 3, refused.Code, "taking protection off has to be allowed by name: %s", refused.Stderr)
	// The preview that was judged ran in the offline AWS, whose clock went on.
	require.Equal(t, []string{"/cloud.json"}, harness.Differences(before, deployed()))
	require.Equal(t, held, openCloud(t, p), "a refused up touches nothing")
	up := p.Hub(nil, "up", "prod-eu", "--offline", "--yes", "--max-risk", "exposes")
	require.Zero(t, up.Code, up.Stderr)
	down := p.Hub(nil, "destroy", "prod-eu", "--offline", "--yes")
	require.Zero(t, down.Code, down.Stderr)
	left := openCloud(t, p)
	require.Equal(t, []string{"clusterSnapshot", "key", "logGroup", "secret", "taskDefinition"}, left.remnants)
	require.Equal(t, []string{
		"aws:backup/vault:Vault", "aws:backup/vault:Vault", "aws:backup/vaultPolicy:VaultPolicy", "aws:backup/vaultPolicy:VaultPolicy",
		"aws:iam/policy:Policy",
		"aws:kms/key:Key", "aws:kms/key:Key", "aws:kms/key:Key", "aws:route53/zone:Zone",
	}, left.types, "what the account was declared with, and what the data can be restored with")
}
