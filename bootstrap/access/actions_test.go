package access

import (
	_ "embed"
	"encoding/json"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/policy"
)

//go:embed operations.txt
var operationsFile string

// otherwise are actions that IAM has under another name than the API's operation, or for no operation of the SDK's at all
// (Service Authorization Reference): the operation, or why there is none.
var otherwise = map[string]string{
	"backup-storage:MountCapsule":         "permission only: AWS Backup mounts its store in the caller's name",
	"elasticloadbalancing:SetWebAcl":      "permission only: what AssociateWebACL does to the load balancer",
	"iam:PassRole":                        "permission only",
	"logs:CreateLogDelivery":              "permission only: for flow logs and the firewall's logs",
	"logs:DeleteLogDelivery":              "permission only: for flow logs and the firewall's logs",
	"s3:DeleteObjectVersion":              "s3:DeleteObject",
	"s3:GetAccelerateConfiguration":       "s3:GetBucketAccelerateConfiguration",
	"s3:GetBucketCORS":                    "s3:GetBucketCors",
	"s3:GetBucketObjectLockConfiguration": "s3:GetObjectLockConfiguration",
	"s3:GetBucketPublicAccessBlock":       "s3:GetPublicAccessBlock",
	"s3:GetEncryptionConfiguration":       "s3:GetBucketEncryption",
	"s3:GetLifecycleConfiguration":        "s3:GetBucketLifecycleConfiguration",
	"s3:GetObjectVersion":                 "s3:GetObject",
	"s3:GetReplicationConfiguration":      "s3:GetBucketReplication",
	"s3:ListBucket":                       "s3:ListObjectsV2",
	"s3:ListBucketVersions":               "s3:ListObjectVersions",
	"s3:PutBucketPublicAccessBlock":       "s3:PutPublicAccessBlock",
	"s3:PutEncryptionConfiguration":       "s3:PutBucketEncryption",
	"s3:PutLifecycleConfiguration":        "s3:PutBucketLifecycleConfiguration",
	"ecs:Poll":                            "the ECS agent's own",
	"ecs:StartTelemetrySession":           "the ECS agent's own",
	"ssm:GetManifest":                     "the SSM agent's own",
	"ssm:PutConfigurePackageResult":       "the SSM agent's own",
	"ssm:UpdateInstanceAssociationStatus": "the SSM agent's own",
	"ssm:UpdateInstanceInformation":       "the SSM agent's own",
	"ssm:ListInstanceAssociations":        "the SSM agent's own",
	"backup:CopyFromBackupVault":          "permission only: copies between vaults",
	"backup:CopyIntoBackupVault":          "permission only: copies between vaults",
}

// Every action exists: in the AWS SDK for Go, or in the Service Authorization Reference under another name.
func TestActionsExist(t *testing.T) {
	t.Parallel()
	operations := map[string]bool{}
	for _, line := range strings.Fields(operationsFile) {
		operations[line] = true
	}
	var documents []policy.Document
	for _, n := range append(account.Deploy(), account.Preview()...) {
		documents = append(documents, n.Document)
	}
	seen := map[string]bool{}
	for _, action := range actionsIn(t, append(documents, Boundary())...) {
		seen[action] = true
		as, known := otherwise[action]
		switch service, _, _ := strings.Cut(action, ":"); {
		case known && strings.HasPrefix(as, service+":"):
			require.True(t, operations[as], "%s stands for %s, which does not exist", action, as)
		case known, service == "ssmmessages", service == "ec2messages": // the agents' channels, which have no SDK
		default:
			require.True(t, exists(operations, action), "%s does not exist", action)
		}
	}
	for action := range otherwise {
		require.True(t, seen[action], "%s is in no policy any more", action)
	}
}

func exists(operations map[string]bool, action string) bool {
	if !strings.Contains(action, "*") {
		return operations[action]
	}
	for o := range operations {
		if ok, err := path.Match(action, o); ok && err == nil {
			return true
		}
	}
	return false
}

// actionsIn returns the actions of documents, each once for every statement.
func actionsIn(t *testing.T, documents ...policy.Document) []string {
	t.Helper()
	var out []string
	for _, d := range documents {
		text, err := d.JSON()
		require.NoError(t, err)
		var doc struct{ Statement []struct{ Action []string } }
		require.NoError(t, json.Unmarshal([]byte(text), &doc))
		for _, s := range doc.Statement {
			out = append(out, s.Action...)
		}
	}
	return out
}
