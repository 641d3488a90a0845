package remains_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/remains"
)

// What went leaves what it leaves, and what is still in the state and protected stays.
func TestOf(t *testing.T) {
	t.Parallel()
	r := func(typ, name string, inputs map[string]any) plan.Resource {
		return plan.Resource{URN: name, Type: typ, Name: name, ID: name + "-1", Custom: true, Inputs: inputs}
	}
	cluster := r("aws:rds/cluster:Cluster", "cluster", map[string]any{"finalSnapshotIdentifier": "s-final-1"})
	skips := r("aws:rds/cluster:Cluster", "cluster", map[string]any{"finalSnapshotIdentifier": "s-final-1", "skipFinalSnapshot": true})
	replaced := cluster
	replaced.Delete = true
	vault := r("aws:backup/vault:Vault", "vault", nil)
	vault.Retain, vault.Outputs = true, map[string]any{"arn": "arn:aws:backup:eu-central-1:1:backup-vault:vault-1"}
	bus := r("aws:elasticache/replicationGroup:ReplicationGroup", "bus", nil)
	bus.Protect = true
	gone := []plan.Resource{
		r("aws:kms/key:Key", "key", map[string]any{"deletionWindowInDays": 30.0}), r("aws:secretsmanager/secret:Secret", "secret", map[string]any{"recoveryWindowInDays": 0.0}),
		cluster, vault, r("aws:ec2/vpc:Vpc", "vpc", nil),
	}
	for name, tt := range map[string]struct {
		before, after []plan.Resource
		want          []string
		restore       string
	}{
		"everything": {before: gone, restore: "s-final-1", want: []string{
			"final snapshot: s-final-1, all that cluster-1 held at the end",
			"recovery points: vault-1, listed by: aws backup list-recovery-points-by-backup-vault --backup-vault-name vault-1 --region eu-central-1",
			"left: vault vault-1 (aws:backup/vault:Vault), nobody may delete from it what is not due",
			"pending: key key-1 (aws:kms/key:Key), deleted by AWS in 30 days",
		}},
		"all but the data":        {before: append(gone[:1:1], bus), after: []plan.Resource{bus}, want: []string{"pending: key key-1 (aws:kms/key:Key), deleted by AWS in 30 days", "kept: bus bus-1 (aws:elasticache/replicationGroup:ReplicationGroup), protected in the state"}},
		"without a snapshot":      {before: []plan.Resource{skips}},
		"one that was on its way": {before: []plan.Resource{replaced}},
		"nothing":                 {before: gone, after: gone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := remains.Of(plan.State{Resources: tt.before}, plan.State{Resources: tt.after})
			var lines []string
			for _, thing := range got.Things {
				lines = append(lines, thing.String())
			}
			if diff := cmp.Diff(tt.want, lines); diff != "" || got.RestoreFrom != tt.restore {
				t.Errorf("restoreFrom %q: %s", got.RestoreFrom, diff)
			}
		})
	}
}
