package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/stretchr/testify/require"
)

// The role of AWS Backup restores a database within the boundary: what AWSBackupServiceRolePolicyForRestores gives it for
// Aurora, and RDS asks of it ("Restoring from a DB cluster snapshot", Amazon Aurora User Guide), is not cut off. A role that
// backs up and cannot restore shows it on the worst day there is.
func TestRestoresFitTheBoundary(t *testing.T) {
	t.Parallel()
	boundary, err := iampolicy.Parse(cloud.DefaultAccount().Policies[0].Policy, iampolicy.Identity)
	require.NoError(t, err)
	const cluster, snapshot, key = "arn:aws:rds:eu-central-1:111122223333:cluster:restored", "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:awsbackup:job-1",
		"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	asks := func(action, resource string) bool {
		return iampolicy.Allows(boundary, iampolicy.Request{Action: action, Resource: resource, Context: map[string]string{
			"aws:resourcetag/stack": "prod-eu", "aws:principaltag/stack": "prod-eu", "kms:viaservice": "rds.eu-central-1.amazonaws.com",
			"kms:grantisforawsresource": "true", "aws:resourceaccount": "111122223333", "aws:principalaccount": "111122223333",
		}})
	}
	for _, c := range []struct{ action, resource string }{
		{"rds:DescribeDBClusterSnapshots", snapshot}, {"rds:DescribeDBClusters", cluster}, {"rds:ListTagsForResource", snapshot},
		{"rds:RestoreDBClusterFromSnapshot", cluster}, {"rds:RestoreDBClusterFromSnapshot", snapshot}, {"rds:RestoreDBClusterToPointInTime", cluster},
		{"rds:AddTagsToResource", cluster}, {"kms:DescribeKey", key}, {"kms:CreateGrant", key}, {"kms:Decrypt", key}, {"kms:GenerateDataKey", key}, {"kms:ReEncryptFrom", key},
	} {
		require.True(t, asks(c.action, c.resource), "%s on %s", c.action, c.resource)
	}
	for _, action := range []string{"rds:ModifyDBCluster", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "iam:PassRole", "rds:DeleteDBInstance"} {
		require.False(t, asks(action, cluster), action)
	}
}
