package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// A project of another name, zone and account is another organisation's: in neither offline account does anything carry the
// name of the one whose the tracked project is.
func TestAnotherOrganisation(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	const account = "444455556666"
	ours := strings.NewReplacer("deepstreamhub", "acme-live", "deepstreamHub", "Acme Live", "111122223333", account)
	for _, pattern := range []string{"Pulumi*.yaml", "bootstrap/Pulumi*.yaml"} {
		files, err := filepath.Glob(filepath.Join(p.Dir, pattern))
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, []byte(ours.Replace(string(text))), 0o600))
		}
	}
	up := func(args ...string) {
		t.Helper()
		r := p.Hub(nil, append(args, "--offline", "--yes")...)
		require.Zero(t, r.Code, "%v\n%s%s", args, r.Stdout, r.Stderr)
	}
	up("up", "prod-eu")
	require.Contains(t, requireNames(t, p, "offline", "acme-live", account), "/acme-live/prod-eu/deepstream")
	up("bootstrap")
	up("bootstrap", "--move-state")
	up("up", "prod-us")
	require.Contains(t, requireNames(t, p, "blank", "acme-live", account), "acme-live-state-"+account)
}

// requireNames holds that nothing in one of a project's offline accounts carries the name of the organisation whose the tracked
// project is, and returns all that is in it as text.
func requireNames(t *testing.T, p *harness.Project, name, organisation, account string) string {
	t.Helper()
	owner := cloud.DefaultAccount()
	owner.Give(organisation, account, nil)
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", name, "cloud"), Account: owner})
	require.NoError(t, err)
	var all strings.Builder
	for _, r := range c.List() {
		text, err := json.Marshal(map[string]any{"type": r.Type, "id": r.ID, "inputs": r.Inputs, "state": r.State})
		require.NoError(t, err)
		require.NotContains(t, strings.ToLower(string(text)), "deepstreamhub")
		require.NotContains(t, string(text), "111122223333")
		all.Write(append(text, '\n'))
	}
	require.NoError(t, c.Close())
	require.Greater(t, strings.Count(all.String(), "\n"), 150)
	return all.String()
}
