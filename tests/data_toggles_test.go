package tests

import (
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
