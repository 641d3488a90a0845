package edge

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// noncurrentDays is how long a log that was overwritten or deleted can still be had back.
const noncurrentDays = 7

// accessLogs makes the bucket that the load balancer writes its access logs to. It is encrypted under S3's own keys,
// because ELB can write to no other ("Enable access logs for your Application Load Balancer").
//
// S3 answers OperationAborted to changes of one bucket's access that come at the same time, so those wait for each
// other.
func (b *builder) accessLogs() error {
	name := b.name + "-logs"
	bucket, err := s3.NewBucketV2(b.ctx, name, &s3.BucketV2Args{
		ForceDestroy: pulumi.Bool(!b.args.DeletionProtection), // ELB writes a file at once, so it is never empty
	}, b.child)
	if err != nil {
		return err
	}
	if _, err = s3.NewBucketPublicAccessBlock(b.ctx, name, &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.Bucket,
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, b.child); err != nil {
		return err
	}
	if _, err = s3.NewBucketOwnershipControls(b.ctx, name, &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.Bucket,
		Rule:   &s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, b.child); err != nil {
		return err
	}
	allowed, err := s3.NewBucketPolicy(b.ctx, name, &s3.BucketPolicyArgs{
		Bucket: bucket.Bucket,
		Policy: b.document(bucket.Arn, place.bucketPolicy),
	}, b.child)
	if err != nil {
		return err
	}
	if _, err = s3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, name, &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{&s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			ApplyServerSideEncryptionByDefault: &s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm: pulumi.String("AES256"),
			},
		}},
	}, b.child); err != nil {
		return err
	}
	b.logs = bucket
	b.logsReady = []pulumi.Resource{allowed}
	b.edge.AccessLogBucket = bucket.Bucket
	return b.expireLogs(name, bucket)
}

// expireLogs keeps what was overwritten or deleted for a while, and removes everything in the end.
func (b *builder) expireLogs(name string, bucket *s3.BucketV2) error {
	if _, err := s3.NewBucketVersioningV2(b.ctx, name, &s3.BucketVersioningV2Args{
		Bucket:                  bucket.Bucket,
		VersioningConfiguration: &s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, b.child); err != nil {
		return err
	}
	_, err := s3.NewBucketLifecycleConfigurationV2(b.ctx, name, &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{&s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:         pulumi.String("expire"),
			Status:     pulumi.String("Enabled"),
			Filter:     &s3.BucketLifecycleConfigurationV2RuleFilterArgs{}, // all objects
			Expiration: &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(b.args.LogRetentionDays)},
			NoncurrentVersionExpiration: &s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(noncurrentDays),
			},
			AbortIncompleteMultipartUpload: &s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(noncurrentDays),
			},
		}},
	}, b.child)
	return err
}
