package program

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// trail records every change in every region, in files that can be proved untouched.
func (a *account) trail() error {
	if !*a.cfg.Baseline.Trail {
		return nil
	}
	parent, err := a.part("Trail")
	if err != nil {
		return err
	}
	id, home := a.cfg.Account.ID, a.cfg.Region
	own := policy.ARN{Partition: "aws", Service: "cloudtrail", Region: home, Account: id, Resource: "trail/" + a.cfg.Organisation.Trail()}.String()
	service := []policy.Principal{policy.Service("cloudtrail.amazonaws.com")}
	mine := policy.Condition{Operator: "StringEquals", Key: "aws:SourceArn", Values: []string{own}}

	// CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"
	key, err := a.key("trail-key", "CloudTrail", a.in(home, parent, a.protected()),
		policy.Statement{
			Sid: "TrailEncrypts", Principals: service, Actions: []string{"kms:GenerateDataKey*"}, Resources: policy.AnyResource(keyIsItself),
			Conditions: []policy.Condition{mine, {
				Operator: "StringLike", Key: "kms:EncryptionContext:aws:cloudtrail:arn", Values: []string{"arn:aws:cloudtrail:*:" + id + ":trail/*"},
			}},
		},
		policy.Statement{
			Sid: "TrailDescribes", Principals: service, Actions: []string{"kms:DescribeKey"}, Resources: policy.AnyResource(keyIsItself),
			Conditions: []policy.Condition{mine},
		},
	)
	if err != nil {
		return err
	}
	// CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail"
	arn := "arn:aws:s3:::" + a.cfg.Organisation.TrailBucket(id)
	rules := append(tidy(a.cfg.Baseline.TrailDays), &s3.BucketLifecycleConfigurationV2RuleArgs{
		Id: pulumi.String("old-logs"), Status: pulumi.String("Enabled"), Filter: &s3.BucketLifecycleConfigurationV2RuleFilterArgs{},
		Expiration: &s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(a.cfg.Baseline.TrailDays)},
	})
	logs, err := a.vault(vault{
		name: "trail", bucket: a.cfg.Organisation.TrailBucket(id), region: home, key: key.Arn, rules: rules,
		statements: []policy.Statement{
			{Sid: "TrailChecks", Principals: service, Actions: []string{"s3:GetBucketAcl"}, Resources: policy.On(arn), Conditions: []policy.Condition{mine}},
			{
				Sid: "TrailWrites", Principals: service, Actions: []string{"s3:PutObject"}, Resources: policy.On(arn + "/AWSLogs/" + id + "/*"),
				Conditions: []policy.Condition{{Operator: "StringEquals", Key: "aws:SourceArn", Values: []string{own}}, {
					Operator: "StringEquals", Key: "s3:x-amz-acl", Values: []string{"bucket-owner-full-control"},
				}},
			},
		},
	}, parent)
	if err != nil {
		return err
	}
	_, err = cloudtrail.NewTrail(a.ctx, "trail", &cloudtrail.TrailArgs{
		Name:                       pulumi.String(a.cfg.Organisation.Trail()),
		S3BucketName:               logs.bucket.ID(),
		KmsKeyId:                   key.Arn,
		IsMultiRegionTrail:         pulumi.Bool(true),
		IncludeGlobalServiceEvents: pulumi.Bool(true),
		EnableLogFileValidation:    pulumi.Bool(true),
	}, a.in(home, parent, pulumi.DependsOn([]pulumi.Resource{logs.policy}))...)
	return err
}
