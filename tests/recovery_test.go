package tests

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/tests/harness"
)

// What was in the database comes back from its final snapshot, and in the other region from the copy of its backup, after
// the stack that made them is gone.
func TestDataComesBack(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	cfg := harness.Ephemeral(t, "prod-eu")
	yes := true
	cfg.Database.FinalSnapshot = &yes
	s := harness.NewStack(t, aws, "recover", cfg)
	s.Up()
	marker := database(t, aws, "eu-central-1").Hidden["marker"]
	require.NotEmpty(t, marker)
	plans := aws.Find("aws:backup/plan:Plan")
	require.Len(t, plans, 1)
	points, err := services.RunBackupPlan(aws.Cloud(), "eu-central-1", plans[0].ID)
	require.NoError(t, err)
	require.Len(t, points, 2, "a recovery point of this stack's cluster, and its copy")
	point, copied := points[0], points[1]
	require.Equal(t, []string{"eu-central-1", "us-east-1"}, []string{point.Region, copied.Region})

	s.Destroy()
	require.Empty(t, aws.Find("aws:rds/cluster:Cluster"))
	require.Empty(t, aws.Find("aws:kms/alias:Alias"), "the next stack of the name takes them")
	require.Len(t, aws.Find("aws:backup/vault:Vault"), 2)
	require.Len(t, aws.Find("aws:kms/key:Key"), 3, "those of the database and of both vaults: without them nothing could be restored")
	final := finalSnapshots(aws)
	require.Len(t, final, 1)

	s.Config.Database.RestoreFrom = final[0].Name
	s.Up()
	restored := database(t, aws, "eu-central-1")
	require.Equal(t, marker, restored.Hidden["marker"], "from the final snapshot")
	requireLogin(t, aws, restored)
	for _, from := range []string{"", "some-other-snapshot"} {
		s.Config.Database.RestoreFrom = from
		require.Empty(t, harness.Changed(s.Preview()), "restoreFrom is for the creation only: %q", from)
	}
	s.Destroy()
	require.Len(t, finalSnapshots(aws), 2, "the second incarnation's snapshot has a name of its own")

	s.Config.Database.RestoreFrom = point.Name
	s.Up()
	restored = database(t, aws, "eu-central-1")
	require.Equal(t, marker, restored.Hidden["marker"], "from the recovery point")
	requireLogin(t, aws, restored)

	us := harness.Ephemeral(t, "prod-us")
	us.Database.RestoreFrom = "arn:aws:rds:us-east-1:" + aws.Cloud().Account().ID + ":cluster-snapshot:" + copied.Name
	other := harness.NewStack(t, aws, "recovered", us)
	other.Up()
	restored = database(t, aws, "us-east-1")
	require.Equal(t, marker, restored.Hidden["marker"], "from the copy in the other region")
	requireLogin(t, aws, restored)
	require.Empty(t, harness.Changed(other.Preview()))

	us.Edge.Hostname, us.Network.CIDR = "again.deepstreamhub.com", "10.18.0.0/16"
	us.Network.NAT = "single" // the account has five addresses in a region
	us.Database.RestoreFrom = restored.ID + "@latest"
	beside := harness.NewStack(t, aws, "beside", us)
	beside.Up()
	for _, cluster := range clusters(aws, "us-east-1") {
		require.Equal(t, marker, cluster.Hidden["marker"], "from the other cluster's backups")
	}
	for _, from := range []string{"", restored.ID + "@2026-01-31T12:00:00Z", "some-snapshot"} {
		beside.Config.Database.RestoreFrom = from
		require.Empty(t, harness.Changed(beside.Preview()), "restoreFrom is for the creation only: %q", from)
	}
}

// database returns the one cluster of a region.
func database(t *testing.T, aws *harness.AWS, region string) cloud.Resource {
	t.Helper()
	found := clusters(aws, region)
	require.Len(t, found, 1)
	return found[0]
}

func clusters(aws *harness.AWS, region string) []cloud.Resource {
	return slices.DeleteFunc(aws.Find("aws:rds/cluster:Cluster"), func(r cloud.Resource) bool { return r.Region != region })
}

func finalSnapshots(aws *harness.AWS) []cloud.Remnant {
	return slices.DeleteFunc(aws.Cloud().Remnants(), func(m cloud.Remnant) bool {
		return m.What != "clusterSnapshot" || !strings.Contains(m.Name, "-final-")
	})
}

// requireLogin holds what the region's service is given against the cluster: the host, the user, and the password in the
// secret that its container names.
func requireLogin(t *testing.T, aws *harness.AWS, cluster cloud.Resource) {
	t.Helper()
	in := func(typ string) []cloud.Resource {
		return slices.DeleteFunc(aws.Find(typ), func(r cloud.Resource) bool { return r.Region != cluster.Region })
	}
	services := in("aws:ecs/service:Service")
	require.Len(t, services, 1)
	definitions := slices.DeleteFunc(in("aws:ecs/taskDefinition:TaskDefinition"), func(r cloud.Resource) bool {
		return r.Str("arn") != services[0].Str("taskDefinition")
	})
	require.Len(t, definitions, 1)
	var containers []struct {
		Environment []struct{ Name, Value string }
		Secrets     []struct{ Name, ValueFrom string }
	}
	require.NoError(t, json.Unmarshal([]byte(definitions[0].Str("containerDefinitions")), &containers))
	given := map[string]string{}
	for _, e := range containers[0].Environment {
		given[e.Name] = e.Value
	}
	for _, s := range containers[0].Secrets {
		given[s.Name] = s.ValueFrom
	}
	require.Equal(t, cluster.Str("endpoint"), given["DEEPSTREAM_POSTGRES_HOST"])
	require.Equal(t, cluster.Str("masterUsername"), given["DEEPSTREAM_POSTGRES_USER"])
	require.Equal(t, cluster.Str("databaseName"), given["DEEPSTREAM_POSTGRES_DATABASE"])

	arn, field, _ := strings.Cut(given["DEEPSTREAM_POSTGRES_PASSWORD"], ":password:")
	require.Equal(t, ":", field, given["DEEPSTREAM_POSTGRES_PASSWORD"])
	versions := slices.DeleteFunc(in("aws:secretsmanager/secretVersion:SecretVersion"), func(r cloud.Resource) bool { return r.Str("arn") != arn })
	require.Len(t, versions, 1)
	var held struct{ Username, Password string }
	require.NoError(t, json.Unmarshal([]byte(versions[0].Str("secretString")), &held))
	require.NotEmpty(t, held.Password)
	require.Equal(t, cluster.Str("masterPassword"), held.Password)
	require.Equal(t, cluster.Str("masterUsername"), held.Username)
}
