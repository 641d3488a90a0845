package services

import (
	"regexp"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const typeTrail = "aws:cloudtrail/trail:Trail"

// trailName is what CloudTrail takes (CloudTrail User Guide, "Naming requirements").
var trailName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$`)

var _ = cloud.Register(&cloud.Kind{
	Type: typeTrail, Service: "CloudTrail", Noun: "Trail", UpdateCall: "UpdateTrail",
	Name: &cloud.AutoName{Property: "name", Max: 128},
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "TrailAlreadyExistsException",
		Message: "Trail {value} already exists", Rule: "CloudTrail API, CreateTrail"}}},
	Quota: &cloud.Quota{Max: 5, Refusal: cloud.Refusal{Code: "MaximumNumberOfTrailsExceededException",
		Message: "User already has {value} trails", Rule: "CloudTrail User Guide, Quotas in AWS CloudTrail"}},
	Check: func(c *cloud.Checker) {
		c.Match("name", trailName, "3 to 128 letters, digits, periods, underscores and hyphens, beginning and ending with a letter or digit")
		c.Unmodelled("advancedEventSelectors", "eventSelectors", "insightSelectors", "snsTopicName", "cloudWatchLogsGroupArn", "cloudWatchLogsRoleArn", "isOrganizationTrail")
	},
	Create: createTrail,
	Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyTrail(t, r) },
	Timing: cloud.Timing{Create: cloud.Secs(2, 1, 5), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(1, 0, 2),
		Source: "guess"},
	TaggedAs: "cloudtrail:trail/",
})

// createTrail gives the trail its ARN, which is the provider's id since version 5 (version 5 upgrade guide, aws_cloudtrail),
// and writes what CloudTrail writes at once: the folder of its logs.
func createTrail(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = t.ARN("cloudtrail", "trail/"+r.Str("name"))
	r.State["arn"], r.State["homeRegion"] = r.ID, t.Region
	cloud.Computed(r, cloud.Map{"snsTopicArn": ""})
	if err := applyTrail(t, r); err != nil {
		return err
	}
	bucket, _ := anyBucket(t, r.Str("s3BucketName"))
	return putObject(t, bucket, logFolder(r, t))
}

func logFolder(r *cloud.Resource, t *cloud.Tx) string {
	prefix := r.Str("s3KeyPrefix")
	if prefix != "" {
		prefix += "/"
	}
	return prefix + "AWSLogs/" + t.Account() + "/CloudTrail/"
}

// applyTrail asks the bucket's and the key's policies for what CloudTrail does with them (CloudTrail User Guide, "Amazon
// S3 bucket policy for CloudTrail" and "Configure AWS KMS key policies for CloudTrail").
func applyTrail(t *cloud.Tx, r *cloud.Resource) error {
	if r.Bool("isMultiRegionTrail") && !r.Bool("includeGlobalServiceEvents") {
		return cloud.Refuse("InvalidParameterCombinationException", "CloudTrail API, CreateTrail", "Multi-Region trail must include global service events.")
	}
	bucket, ok := anyBucket(t, r.Str("s3BucketName"))
	if !ok {
		return cloud.Refuse("S3BucketDoesNotExistException", "CloudTrail API, CreateTrail", "S3 bucket %s does not exist!", r.Str("s3BucketName"))
	}
	service := iampolicy.Principal{Kind: "Service", ID: "cloudtrail.amazonaws.com"}
	context := map[string]string{"aws:sourcearn": r.ID, "aws:sourceaccount": t.Account(), "aws:securetransport": "true", "s3:x-amz-acl": "bucket-owner-full-control"}
	reads := bucketAllows(t, bucket, iampolicy.Request{Principal: service, Action: "s3:GetBucketAcl", Resource: bucket.Str("arn"), Context: context})
	writes := bucketAllows(t, bucket, iampolicy.Request{Principal: service, Action: "s3:PutObject", Resource: bucket.Str("arn") + "/" + logFolder(r, t) + "x", Context: context})
	if !reads || !writes {
		return cloud.Refuse("InsufficientS3BucketPolicyException", "github.com/hashicorp/terraform issue 6388", "Incorrect S3 bucket policy is detected for bucket: %s", bucket.ID)
	}
	arn := r.Str("kmsKeyId")
	if arn == "" {
		return nil
	}
	key, problem := usableKey(t, arn)
	context["kms:encryptioncontext:aws:cloudtrail:arn"] = r.ID
	if problem != "" || !keyAllows(key, iampolicy.Request{Principal: service, Action: "kms:GenerateDataKey", Context: context}) {
		return cloud.Refuse("InsufficientEncryptionPolicyException", "github.com/trussworks/terraform-aws-cloudtrail issue 186",
			"Insufficient permissions to access S3 bucket %s or KMS key %s.", bucket.ID, arn)
	}
	return nil
}

// anyBucket finds a bucket of any region by its name.
func anyBucket(t *cloud.Tx, name string) (*cloud.Resource, bool) {
	for _, b := range t.Anywhere(typeBucket) {
		if b.ID == name {
			return b, true
		}
	}
	return nil, false
}
