package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/tests/harness"

	"os"
)

// inspect asks an offline AWS what it has left for a stack, through the real engine.
func inspect(t *testing.T, aws *harness.AWS, stack string, cfg config.Config) map[string]program.Finding {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(root+"/Pulumi.yaml", []byte("name: deepstreamhub\nruntime: go\n"), 0o600))
	backend := "file://" + t.TempDir()
	var found []program.Finding
	d, err := deploy.Open(t.Context(), harness.Engine(t), deploy.Target{
		Stack: "doctor", Project: harness.Organisation.Project(), Root: root, Backend: backend, Program: program.Doctor(map[string]config.Config{stack: cfg}, &found),
		Env: engine.OfflineEnvironment(os.Environ(), engine.Offline{
			Dir: aws.Dir, Backend: backend, Passphrase: "doctor", Providers: map[string]int{"aws": aws.Port()}, AWS: aws.Environment(),
		}),
	})
	require.NoError(t, err)
	_, err = d.Preview(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.NoError(t, d.Close())
	byCode := map[string]program.Finding{}
	for _, f := range found {
		require.Empty(t, f.Unknown, f.What)
		byCode[f.Quota] = f
	}
	return byCode
}

// What a region needs is held against what the account has left before it stands, and nothing is needed once it does.
func TestDoctorCountsWhatIsLeft(t *testing.T) {
	t.Parallel()
	account := cloud.DefaultAccount()
	place := account.Regions["eu-central-1"]
	place.VCPUs = 15
	account.Regions["eu-central-1"] = place
	aws := harness.StartAWS(t, awssim.Options{Account: account})
	s := harness.NewStack(t, aws, "doctor", harness.Ephemeral(t, "prod-eu"))

	found := inspect(t, aws, s.Name, s.Config)
	require.Len(t, found, 4)
	cpus := found["L-1216C47A"]
	require.Equal(t, []int{16, 0, 15}, []int{cpus.Needed, cpus.Used, cpus.Limit}, "four hosts of four vCPUs")
	require.False(t, cpus.Enough())
	require.Equal(t, 3, found["L-0263D0A3"].Needed, "an address for each zone's gateway")
	require.True(t, found["L-0263D0A3"].Enough())
	require.True(t, found["L-F678F1CE"].Enough())
	require.Zero(t, found["L-34B43A08"].Needed, "no spot hosts")

	for range 3 {
		_, _, err := aws.Cloud().Create(t.Context(), "eu-central-1", "aws:ec2/eip:Eip", cloud.Map{"domain": "vpc"})
		require.NoError(t, err)
	}
	require.False(t, inspect(t, aws, s.Name, s.Config)["L-0263D0A3"].Enough(), "three needed, and three of five in use")
	s.Config.Network.NAT = "single"
	require.True(t, inspect(t, aws, s.Name, s.Config)["L-0263D0A3"].Enough())

	s.Up() // three hosts run, of twelve vCPUs
	found = inspect(t, aws, s.Name, s.Config)
	require.Equal(t, []int{0, 12}, []int{found["L-1216C47A"].Needed, found["L-1216C47A"].Used}, "the region stands")
	another := inspect(t, aws, "another", s.Config)
	require.False(t, another["L-1216C47A"].Enough())

	s.Config.Cluster.InstanceType = "c6g.2xlarge" // three hosts of eight
	_, err := s.TryUp()
	require.ErrorContains(t, err, "your current vCPU limit of 15", "AWS has the last word")
}
