package program

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// vault is a bucket for what must not be lost or seen: private, encrypted under a key of its own, versioned, reached over
// TLS only.
type vault struct {
	name       string // logical name
	bucket     string // its name in S3
	region     string
	key        pulumi.StringInput // ARN
	statements []policy.Statement // of its policy, besides the demand for TLS
	rules      s3.BucketLifecycleConfigurationV2RuleArray
}

// vaulted is what other resources need of a vault: the bucket, and its settings to wait for.
type vaulted struct {
	bucket     *s3.BucketV2
	versioning *s3.BucketVersioningV2
	policy     *s3.BucketPolicy
}

func (a *account) vault(v vault, parent pulumi.ResourceOption) (made vaulted, err error) {
	opts := a.in(v.region, parent)
	made.bucket, err = s3.NewBucketV2(a.ctx, v.name, &s3.BucketV2Args{Bucket: pulumi.String(v.bucket)}, append(opts, a.protected())...)
	if err != nil {
		return made, err
	}
	id := made.bucket.ID()
	made.versioning, err = s3.NewBucketVersioningV2(a.ctx, v.name+"-versions", &s3.BucketVersioningV2Args{
		Bucket:                  id,
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, append(opts, a.protected())...)
	if err != nil {
		return made, err
	}
	block, err := s3.NewBucketPublicAccessBlock(a.ctx, v.name+"-private", &s3.BucketPublicAccessBlockArgs{
		Bucket: id, BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
		IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
	}, opts...)
	if err != nil {
		return made, err
	}
	if err := a.vaultSettings(v, id, opts); err != nil {
		return made, err
	}
	text, err := v.policy()
	if err != nil {
		return made, err
	}
	made.policy, err = s3.NewBucketPolicy(a.ctx, v.name+"-policy", &s3.BucketPolicyArgs{
		Bucket: id, Policy: pulumi.String(text),
	}, append(opts, pulumi.DependsOn([]pulumi.Resource{block}))...)
	return made, err
}

// vaultSettings makes the settings of a vault for which nothing waits.
func (a *account) vaultSettings(v vault, id pulumi.IDOutput, opts []pulumi.ResourceOption) error {
	_, err := s3.NewBucketOwnershipControls(a.ctx, v.name+"-owner", &s3.BucketOwnershipControlsArgs{
		Bucket: id, Rule: &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, opts...)
	if err != nil {
		return err
	}
	_, err = s3.NewBucketServerSideEncryptionConfigurationV2(a.ctx, v.name+"-encryption", &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: id,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			BucketKeyEnabled: pulumi.Bool(true), // one call to KMS for many objects
			ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm: pulumi.String("aws:kms"), KmsMasterKeyId: v.key.ToStringOutput(),
			},
		}},
	}, opts...)
	if err != nil {
		return err
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(a.ctx, v.name+"-lifecycle", &s3.BucketLifecycleConfigurationV2Args{
		Bucket: id, Rules: v.rules,
	}, opts...)
	return err
}

// policy refuses everything that does not come over TLS 1.2 or later.
func (v vault) policy() (string, error) {
	arn := "arn:aws:s3:::" + v.bucket
	all := policy.On(arn, arn+"/*")
	everybody := []policy.Principal{policy.AnyPrincipal("the account's own roles are not excepted")}
	return policy.Document{Kind: policy.Resource, Statements: append([]policy.Statement{
		{
			Sid: "TLSOnly", Effect: policy.Deny, Principals: everybody, Actions: []string{"s3:*"}, Resources: all,
			Conditions: []policy.Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}}},
		},
		{
			Sid: "ModernTLSOnly", Effect: policy.Deny, Principals: everybody, Actions: []string{"s3:*"}, Resources: all,
			Conditions: []policy.Condition{{Operator: "NumericLessThan", Key: "s3:TlsVersion", Values: []string{"1.2"}}},
		},
	}, v.statements...)}.JSON()
}

// tidy is a lifecycle rule that takes away what an upload left unfinished, what was written over long ago, and the marks of
// deletions behind which nothing is left: each run of the engine deletes its lock, and listings read all marks.
func tidy(oldVersionDays int) s3.BucketLifecycleConfigurationV2RuleArray {
	return s3.BucketLifecycleConfigurationV2RuleArray{&s3.BucketLifecycleConfigurationV2RuleArgs{
		Id:                             pulumi.String("old-versions"),
		Status:                         pulumi.String("Enabled"),
		Filter:                         &s3.BucketLifecycleConfigurationV2RuleFilterArgs{},
		Expiration:                     &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{ExpiredObjectDeleteMarker: pulumi.Bool(true)},
		NoncurrentVersionExpiration:    &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{NoncurrentDays: pulumi.Int(oldVersionDays)},
		AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{DaysAfterInitiation: pulumi.Int(7)},
	}}
}
