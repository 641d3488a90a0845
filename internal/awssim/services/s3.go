package services

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeBucket       = "aws:s3/bucketV2:BucketV2"
	typeBucketPolicy = "aws:s3/bucketPolicy:BucketPolicy"
	typePublicBlock  = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	typeVersioning   = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	typeEncryption   = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
)

// inlineBucketInputs are deprecated in favour of resources of their own, which overwrite them and are overwritten by
// them (provider, "aws_s3_bucket").
var inlineBucketInputs = []string{
	"accelerationStatus", "acl", "corsRules", "grants", "lifecycleRules", "loggings", "policy", "replicationConfigurations",
	"requestPayer", "serverSideEncryptionConfigurations", "versionings", "websites",
}

var (
	bucketName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{1,61})[a-z0-9]$`)
	bucketPrefix = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,36}$`) // the provider appends 26 characters
)

var _ = cloud.Register(&cloud.Kind{
	Type: typeBucket, Service: "S3", Noun: "Bucket", UpdateCall: "PutBucketTagging",
	Unmodelled: strings.Fields("objectLockConfiguration"),
	Name:       &cloud.AutoName{Property: "bucket", Max: 63, Prefix: "bucketPrefix", Lower: true},
	Keys:       []string{"arn"},
	Unique: []cloud.Unique{{Props: []string{"bucket"}, Anywhere: true, Refusal: cloud.Refusal{Code: "BucketAlreadyOwnedByYou",
		Message: "Your previous request to create the named bucket succeeded and you already own it.", Rule: "facts 104"}}},
	Quota: &cloud.Quota{Max: 10000, Refusal: cloud.Refusal{Code: "TooManyBuckets", Message: "You have attempted to create more buckets than allowed", Rule: "facts 21"}},
	Check: checkBucket, Create: createBucket,
	Delete: deleteBucket,
	Timing: cloud.Timing{Create: cloud.Secs(9, 2, 10), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
		Limit: cloud.LimitMinutes(20, 20, 60), Source: "facts, section 1: S3 bucket, 1 log"},
	Propagation: cloud.Secs(1, 0, 2),
	Calls: cloud.Calls{Create: "s3:CreateBucket s3:PutBucketTagging",
		Read: "s3:ListBucket s3:GetAccelerateConfiguration s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLocation s3:GetBucketLogging s3:GetBucketObjectLockConfiguration s3:GetBucketPolicy " +
			"s3:GetBucketRequestPayment s3:GetBucketTagging s3:GetBucketVersioning s3:GetBucketWebsite s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:GetReplicationConfiguration",
		Update: "s3:PutBucketTagging", Remove: "s3:DeleteBucket s3:ListBucketVersions s3:DeleteObject s3:DeleteObjectVersion"},
	TaggedAs: "s3:",
})

// checkBucket holds the general purpose bucket naming rules (S3 User Guide) and refuses the deprecated inputs.
func checkBucket(c *cloud.Checker) {
	c.Match("bucketPrefix", bucketPrefix, "up to 37 lower case letters, digits, periods and hyphens")
	for _, p := range inlineBucketInputs {
		if cloud.Has(c.In, p) {
			c.Fail(p, "is deprecated on a bucket; the resource of its own is what the offline AWS has")
		}
	}
	name, ok := c.String("bucket")
	if !ok {
		return
	}
	_, notIP := netip.ParseAddr(name)
	bad := func(affix string) bool { return strings.HasPrefix(name, affix) || strings.HasSuffix(name, affix) }
	if !bucketName.MatchString(name) || strings.Contains(name, "..") || notIP == nil || bad("xn--") || bad("sthree-") || bad("-s3alias") || bad("--ol-s3") {
		c.Fail("bucket", "%q is not a bucket's name: 3 to 63 lower case letters, digits, periods and hyphens", name)
	}
}

// websiteZones are the hosted zone ids of S3's website endpoints (AWS General Reference, "Amazon S3 endpoints and quotas").
var websiteZones = map[string]string{"eu-central-1": "Z21DNDUVLTQW6Q", "us-east-1": "Z3AQBSTGFYJSTF", "eu-west-1": "Z1BKCTXD74EZPE", "us-west-2": "Z3BJ6K6RIION7M"}

func createBucket(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = cloud.NameOrPrefixed(t, r, "bucket", "bucketPrefix")
	if _, held := t.Remnant("bucket", r.ID); held {
		return cloud.Refuse("OperationAborted", "facts 104", "A conflicting conditional operation is currently in progress against this resource. Please try again.").For(20 * time.Minute)
	}
	cloud.Computed(r, cloud.Map{
		"arn": "arn:aws:s3:::" + r.ID, "region": t.Region, "hostedZoneId": websiteZones[t.Region], "objectLockEnabled": false,
		"bucketDomainName": r.ID + ".s3.amazonaws.com", "bucketRegionalDomainName": r.ID + ".s3." + t.Region + ".amazonaws.com",
		"requestPayer": "BucketOwner", "accelerationStatus": "", "policy": "", "corsRules": cloud.List[any](), "lifecycleRules": cloud.List[any](),
		"loggings": cloud.List[any](), "replicationConfigurations": cloud.List[any](), "websites": cloud.List[any](),
		"grants":      cloud.List[any](cloud.Map{"id": ownerID(t), "type": "CanonicalUser", "permissions": cloud.List("FULL_CONTROL"), "uri": ""}),
		"versionings": cloud.List[any](cloud.Map{"enabled": false, "mfaDelete": false}),
		"serverSideEncryptionConfigurations": cloud.List[any](cloud.Map{"rules": cloud.List[any](cloud.Map{"bucketKeyEnabled": false,
			"applyServerSideEncryptionByDefaults": cloud.List[any](cloud.Map{"sseAlgorithm": "AES256", "kmsMasterKeyId": ""})})}),
	})
	return nil
}

// ownerID is the account's canonical user id, 64 hexadecimal digits.
func ownerID(t *cloud.Tx) string { return strings.Repeat("0", 64-12) + t.Account() }

// deleteBucket refuses a bucket with objects, versions of them or delete markers unless the provider is to empty it
// first. What configures the bucket goes with it.
func deleteBucket(t *cloud.Tx, r *cloud.Resource) error {
	filled := len(t.Contents().Keys(r.ID, "")) > 0
	if filled && !r.Bool("forceDestroy") {
		return cloud.Refuse("BucketNotEmpty", "facts 103", "The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
	}
	t.Releases("bucket", r, r.ID, 10*time.Second)
	if !filled {
		return nil
	}
	return t.Contents().RemoveAll(r.ID)
}

// putObject stores an object without content, as a service does that tries whether it may.
func putObject(t *cloud.Tx, bucket *cloud.Resource, name string) error {
	content, err := t.Contents().Keep(nil)
	if err != nil {
		return err
	}
	_, err = storeObject(t, cloud.Object{Bucket: bucket.ID, Key: name, MD5: emptyMD5, Content: content}, nil)
	return err
}

const emptyMD5 = "d41d8cd98f00b204e9800998ecf8427e"
