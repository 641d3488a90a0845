package tests

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// What can be switched in the data tiers changes just what belongs to it: backup.copyTo, backup.enabled, backup.lock,
// database.performanceInsights and database.monitoringSeconds.
func TestDataToggles(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "data", harness.Ephemeral(t, "prod-eu"))
	s.Config.Backup.CopyTo, s.Config.Backup.CopyRetentionDays = "", 0
	s.Up()
	require.Len(t, aws.Find("aws:backup/vault:Vault"), 1, "no copies")

	no, yes := false, true
	s.Config.Database.PerformanceInsights, s.Config.Database.MonitoringSeconds = &no, 0
	require.ElementsMatch(t, []string{
		"update database-1", "update database-2", "delete database-monitoring", "delete database-monitoring-rights",
	}, harness.Changed(s.Up()))

	s.Config.Backup.CopyTo, s.Config.Backup.CopyRetentionDays = "us-east-1", 35
	s.Config.Database.FinalSnapshot = &yes
	s.Config.Backup.Lock = "compliance"
	require.ElementsMatch(t, []string{
		"create backup-copy-key", "create backup-copy-key-alias", "create backup-copy-vault",
		"create backup-copy-vault-policy", "create backup-copy-vault-lock",
		"create backup-vault-policy", "create backup-vault-lock", "update backup-vault", "update backup-plan", "update database-cluster",
	}, harness.Changed(s.Up()))
	for _, lock := range aws.Find("aws:backup/vaultLockConfiguration:VaultLockConfiguration") {
		require.Equal(t, 7, lock.Int("minRetentionDays"))
		require.Equal(t, 7, lock.Int("changeableForDays"))
	}

	s.Config.Backup.Lock = "none"
	s.Config.Backup.Enabled = &no
	s.Config.Database.PerformanceInsights, s.Config.Database.MonitoringSeconds = &yes, 60
	s.Up()
	require.Empty(t, aws.Find("aws:backup/plan:Plan"))
	require.Len(t, aws.Find("aws:backup/vault:Vault"), 2, "what holds backups outlives the decision to take no more")
	require.Len(t, aws.Find("aws:backup/vaultPolicy:VaultPolicy"), 2)
	require.Empty(t, harness.Changed(s.Preview()))
}

// What nothing derives can be said and said otherwise while a protected region runs: readers, parameters, windows and from where
// on alarms go off. Readers beyond the first go again, whatever protects the data.
func TestDataOptions(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "options", harness.Ephemeral(t, "prod-eu"))
	yes := true
	s.Config.Platform.Protect, s.Config.Platform.Expires = &yes, ""
	s.Config.Database.FinalSnapshot, s.Config.Network.FlowLogRetentionDays = &yes, 90
	s.Config.Bus.SnapshotRetentionDays = 7
	s.Up()
	require.Len(t, aws.Find("aws:rds/clusterInstance:ClusterInstance"), 2)

	s.Config.Database.Readers = 3
	s.Config.Database.Parameters["work_mem"] = "65536"
	s.Config.Database.BackupWindow, s.Config.Database.MaintenanceWindow = "23:45-00:15", "sat:22:00-sat:23:00"
	s.Config.Bus.Parameters["timeout"] = "300"
	s.Config.Bus.SnapshotWindow, s.Config.Bus.MaintenanceWindow = "04:00-05:00", "sun:05:00-sun:06:00"
	s.Config.Observability.DatabaseLagMilliseconds, s.Config.Observability.BusLagSeconds = 500, 3
	require.ElementsMatch(t, []string{
		"create database-3", "create database-4", "update database-1", "update database-2", "update database-cluster", "update database-parameters",
		"update bus-group", "update bus-parameters",
		"update observability-database-lag", "update observability-bus-lag", "update observability-database-event", "update observability-dashboard",
	}, harness.Changed(s.Up()))
	zones := map[string]int{}
	for _, instance := range aws.Find("aws:rds/clusterInstance:ClusterInstance") {
		zones[instance.Str("availabilityZone")]++
		require.Equal(t, "sat:22:00-sat:23:00", instance.Str("preferredMaintenanceWindow"))
	}
	require.Equal(t, []int{1, 1, 2}, slices.Sorted(maps.Values(zones)), "%v", zones)
	require.Empty(t, harness.Changed(s.Preview()))

	s.Config.Database.Readers = 1
	require.ElementsMatch(t, []string{"delete database-3", "delete database-4", "update observability-database-event"}, harness.Changed(s.Up()))
	require.Len(t, aws.Find("aws:rds/clusterInstance:ClusterInstance"), 2)
}
