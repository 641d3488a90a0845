package program

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
	"github.com/deepstreamhub/platform/internal/state"
)

// state makes the bucket with everybody's state and its copy in another region, each under a key of its own.
func (a *account) state() error {
	parent, err := a.part("State")
	if err != nil {
		return err
	}
	id, home, replica := a.cfg.Account.ID, a.cfg.Region, a.cfg.State.ReplicaRegion
	key, err := a.key("state-key", "state of the platform's stacks", a.in(home, parent, a.protected()))
	if err != nil {
		return err
	}
	copyKey, err := a.key("state-copy-key", "copy of the state of the platform's stacks", a.in(replica, parent, a.protected()))
	if err != nil {
		return err
	}
	a.stateKey = key.Arn
	rules := tidy(a.cfg.State.OldVersionDays)
	bucket, err := a.vault(vault{name: "state", bucket: a.cfg.Organisation.StateBucket(id), region: home, key: key.Arn, rules: rules}, parent)
	if err != nil {
		return err
	}
	copied, err := a.vault(vault{name: "state-copy", bucket: a.cfg.Organisation.ReplicaBucket(id), region: replica, key: copyKey.Arn, rules: rules}, parent)
	if err != nil {
		return err
	}
	if err := a.replicate(parent, bucket, copied, key.Arn, copyKey.Arn); err != nil {
		return err
	}
	a.ctx.Export("stateBucket", bucket.bucket.Bucket)
	a.ctx.Export("backend", pulumi.String(state.Backend(a.cfg.Organisation, id, home)))
	a.ctx.Export("secretsProvider", pulumi.String(state.Secrets(a.cfg.Organisation, home)))
	return a.secrets(parent, a.cfg.Organisation.StateKey())
}

// replicate has S3 copy every new version, deletions included, into the other region. Versions stay there when the
// original's are removed.
func (a *account) replicate(parent pulumi.ResourceOption, from, to vaulted, fromKey, toKey pulumi.StringOutput) error {
	home := a.cfg.Region
	trust, err := policy.TrustService("s3.amazonaws.com", policy.Source{Account: a.cfg.Account.ID, ARN: "arn:aws:s3:::" + a.cfg.Organisation.StateBucket(a.cfg.Account.ID)})
	if err != nil {
		return err
	}
	trustText, err := trust.JSON()
	if err != nil {
		return err
	}
	role, err := iam.NewRole(a.ctx, "state-replication", &iam.RoleArgs{
		Description:      pulumi.String("copies the state into another region"),
		AssumeRolePolicy: pulumi.String(trustText),
	}, a.in(home, parent)...)
	if err != nil {
		return err
	}
	text := pulumi.All(from.bucket.Arn, to.bucket.Arn, fromKey, toKey).ApplyT(func(v []any) (string, error) {
		return replication(v[0].(string), v[1].(string), v[2].(string), v[3].(string)).JSON()
	}).(pulumi.StringOutput)
	rolePolicy, err := iam.NewRolePolicy(a.ctx, "state-replication", &iam.RolePolicyArgs{Role: role.Name, Policy: text}, a.in(home, parent)...)
	if err != nil {
		return err
	}
	_, err = s3.NewBucketReplicationConfig(a.ctx, "state-replication", &s3.BucketReplicationConfigArgs{
		Bucket: from.bucket.ID(),
		Role:   role.Arn,
		Rules: s3.BucketReplicationConfigRuleArray{&s3.BucketReplicationConfigRuleArgs{
			Id:                      pulumi.String("everything"),
			Status:                  pulumi.String("Enabled"),
			Priority:                pulumi.Int(0),
			Filter:                  &s3.BucketReplicationConfigRuleFilterArgs{Prefix: pulumi.String("")},
			DeleteMarkerReplication: &s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs{Status: pulumi.String("Enabled")},
			SourceSelectionCriteria: &s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs{
				SseKmsEncryptedObjects: &s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs{Status: pulumi.String("Enabled")},
			},
			Destination: &s3.BucketReplicationConfigRuleDestinationArgs{
				Bucket: to.bucket.Arn,
				EncryptionConfiguration: &s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs{
					ReplicaKmsKeyId: toKey,
				},
			},
		}},
	}, a.in(home, parent, pulumi.DependsOn([]pulumi.Resource{rolePolicy, from.versioning, to.versioning}))...)
	return err
}

// replication is what S3 needs to copy encrypted objects (S3 User Guide, "Setting up permissions for live replication" and
// "Replicating encrypted objects").
func replication(from, to, fromKey, toKey string) policy.Document {
	return policy.Document{Statements: []policy.Statement{
		{Sid: "Source", Actions: []string{"s3:GetReplicationConfiguration", "s3:ListBucket"}, Resources: policy.On(from)},
		{
			Sid:       "Versions",
			Actions:   []string{"s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"},
			Resources: policy.On(from + "/*"),
		},
		{Sid: "Copies", Actions: []string{"s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"}, Resources: policy.On(to + "/*")},
		{Sid: "Decrypt", Actions: []string{"kms:Decrypt"}, Resources: policy.On(fromKey)},
		{Sid: "Encrypt", Actions: []string{"kms:Encrypt", "kms:GenerateDataKey"}, Resources: policy.On(toKey)},
	}}
}
