package setup_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/setup"
)

// tracked is what the tracked files were written from.
var tracked = setup.Platform{
	Organisation: "deepstreamhub", Domain: "deepstreamhub.com", Account: "placeholder:111122223333", Replica: "us-east-1",
	Owner: "platform", CostCentre: "realtime", Repository: "deepstreamhub/platform", BudgetUSD: 6000, Notify: []string{"platform@deepstreamhub.com"},
	Regions: []setup.Region{
		{Stack: "prod-eu", Name: "eu-central-1", Hostname: "eu.deepstreamhub.com", CIDR: "10.16.0.0/16", Zones: []string{"euc1-az1", "euc1-az2", "euc1-az3"},
			CopyTo: "us-east-1", AMI: "ami-0a1b2c3d4e5f60718", Owner: "platform-eu", CostCentre: "realtime-eu"},
		{Stack: "prod-us", Name: "us-east-1", Hostname: "us.deepstreamhub.com", CIDR: "10.17.0.0/16", Zones: []string{"use1-az1", "use1-az2", "use1-az4"},
			CopyTo: "eu-central-1", AMI: "ami-0b2c3d4e5f6071829", Owner: "platform-us", CostCentre: "realtime-us"},
	},
}

// The tracked files are what would be written for the organisation whose they are: what is right in one is right in all.
func TestTrackedFilesAreAsWritten(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	is := func(path string, text []byte, err error) {
		t.Helper()
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		require.Equal(t, string(want), string(text), path)
	}
	for _, r := range tracked.Regions {
		text, err := tracked.StackFile(r)
		is("Pulumi."+r.Stack+".yaml", text, err)
	}
	text, err := tracked.Settings()
	is("bootstrap/Pulumi.production.yaml", text, err)
	files, err := tracked.Files(root, "s3://deepstreamhub-state-111122223333?region=eu-central-1")
	require.NoError(t, err)
	require.Len(t, files, 6, "two stacks, two projects, settings, owners")
	is(".github/CODEOWNERS", files[".github/CODEOWNERS"], nil)
	require.Contains(t, string(files["Pulumi.yaml"]), "\nbackend:\n  url: s3://deepstreamhub-state-111122223333?region=eu-central-1\n")
}

func TestIn(t *testing.T) {
	t.Parallel()
	p := setup.Platform{Domain: "acme.example"}
	require.NoError(t, p.In([]string{"eu-west-1", "eu-north-1", "sa-east-1"}, ""))
	require.Equal(t, []string{"prod-eu-west-1", "prod-eu-north-1", "prod-sa"}, p.Stacks())
	require.Equal(t, "eu-west-1.acme.example", p.Regions[0].Hostname)
	require.Equal(t, []string{"eu-north-1", "sa-east-1", "eu-west-1"}, []string{p.Regions[0].CopyTo, p.Regions[1].CopyTo, p.Regions[2].CopyTo})
	require.Equal(t, "10.18.0.0/16", p.Regions[2].CIDR)
	require.Equal(t, []string{"eu-north-1", "", "eu-west-1"}, []string{p.Replica, p.Copies(), p.Home()})

	require.NoError(t, p.In([]string{"sa-east-1"}, "us-east-2"))
	require.Equal(t, []string{"us-east-2", "us-east-2", "us-east-2"}, []string{p.Replica, p.Copies(), p.Regions[0].CopyTo})

	err := p.In([]string{"mars-1", "sa-east-1", "sa-east-1", "us-west-1"}, "")
	require.ErrorContains(t, err, `"mars-1": must be a commercial region`)
	require.ErrorContains(t, err, `"sa-east-1": stands there twice`)
	require.ErrorContains(t, err, `"us-west-1": must be`)
}
