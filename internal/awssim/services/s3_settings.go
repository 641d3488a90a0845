package services

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// Types that configure a bucket, beside those that others ask for.
const (
	typeOwnership = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
	typeLifecycle = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
)

var noSuchBucket = cloud.Refusal{Code: "NoSuchBucket", Message: "The specified bucket does not exist", Rule: "facts 105", Retry: 2 * time.Minute}

// bucketSetting makes the kind of something that configures a bucket: there is one of it per bucket, and it goes with
// the bucket. It takes the time of most such things where k says none.
func bucketSetting(k cloud.Kind) *cloud.Kind {
	if k.Timing.Source == "" {
		k.Timing = cloud.Timing{Create: cloud.Secs(1, 1, 2), Update: cloud.Secs(1, 1, 2), Delete: cloud.Secs(1, 0, 1), Source: "facts, section 1: S3 sub-resources, 1 log"}
	}
	k.Service, k.CreateCall, k.UpdateCall = "S3", "Put"+k.Noun, "Put"+k.Noun
	k.Refs = []cloud.Ref{{Path: "bucket", To: typeBucket, Free: true, Missing: noSuchBucket, Unseen: noSuchBucket}}
	k.Unique = []cloud.Unique{{Props: []string{"bucket"}, Refusal: cloud.Refusal{Code: "OperationAborted",
		Message: "another resource configures this of the bucket {value}; they would overwrite each other", Rule: "S3 API: each call replaces the configuration"}}}
	settle := k.Create
	k.Create = func(t *cloud.Tx, r *cloud.Resource) error {
		r.ID = r.Str("bucket")
		if settle == nil {
			return nil
		}
		return settle(t, r)
	}
	if k.Update == nil && settle != nil {
		k.Update = func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return settle(t, r) }
	}
	return &k
}

var _ = cloud.Register(
	bucketSetting(cloud.Kind{
		Type: typePublicBlock, Noun: "PublicAccessBlock",
		Calls: cloud.Calls{Create: "s3:PutBucketPublicAccessBlock", Read: "s3:GetBucketPublicAccessBlock", Update: "s3:PutBucketPublicAccessBlock", Remove: "s3:PutBucketPublicAccessBlock"},
	}),
	bucketSetting(cloud.Kind{
		Type: typeOwnership, Noun: "BucketOwnershipControls",
		Calls: cloud.Calls{Create: "s3:PutBucketOwnershipControls", Read: "s3:GetBucketOwnershipControls", Update: "s3:PutBucketOwnershipControls", Remove: "s3:PutBucketOwnershipControls"},
	}),
	bucketSetting(cloud.Kind{
		Type: typeEncryption, Noun: "BucketEncryption",
		Check: checkEncryption,
		Create: func(_ *cloud.Tx, r *cloud.Resource) error {
			if n := len(cloud.At(r.State, "rules[]")); n != 1 {
				return cloud.Refuse("MalformedXML", "S3 API, PutBucketEncryption", "The XML you provided was not well-formed or did not validate against our published schema: %d rules", n)
			}
			return nil
		},
		Calls: cloud.Calls{Create: "s3:PutEncryptionConfiguration", Read: "s3:GetEncryptionConfiguration", Update: "s3:PutEncryptionConfiguration", Remove: "s3:PutEncryptionConfiguration"},
	}),
	bucketSetting(cloud.Kind{
		Type: typeVersioning, Noun: "BucketVersioning",
		Unmodelled: strings.Fields("mfa"),
		Update: func(_ *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
			was, is := cloud.Str(old, "versioningConfiguration.status"), r.Str("versioningConfiguration.status")
			if is == "Disabled" && was != is {
				return cloud.Refuse("IllegalVersioningConfigurationException", "provider, s3/bucket_versioning.go",
					"versioning_configuration.status cannot be updated from '%s' to 'Disabled'", was)
			}
			return nil
		},
		Calls: cloud.Calls{Create: "s3:PutBucketVersioning", Read: "s3:GetBucketVersioning", Update: "s3:PutBucketVersioning", Remove: "s3:PutBucketVersioning"},
	}),
	bucketSetting(cloud.Kind{
		Type: typeLifecycle, Noun: "BucketLifecycleConfiguration", Unmodelled: strings.Fields("rules[].filter.tag"),
		Required: []string{"rules"},
		Check:    checkLifecycle, Create: applyBucketLifecycle,
		Timing: cloud.Timing{Create: cloud.Secs(32, 5, 45), Update: cloud.Secs(32, 5, 45), Delete: cloud.Secs(1, 0, 1),
			Wait: cloud.WaitSeconds(30, 30, 0), Limit: cloud.LimitMinutes(3, 3, 0), Source: "facts, section 1: S3 lifecycle configuration, 1 log; three good reads 10 s apart"},
		Calls: cloud.Calls{Create: "s3:PutLifecycleConfiguration", Read: "s3:GetLifecycleConfiguration", Update: "s3:PutLifecycleConfiguration", Remove: "s3:PutLifecycleConfiguration"},
	}),
)

func checkEncryption(c *cloud.Checker) {
	for i, rule := range cloud.Maps(c.In, "rules[]") {
		algorithm, ok := cloud.Known[string](rule, "applyServerSideEncryptionByDefault.sseAlgorithm")
		if ok && algorithm == "AES256" && cloud.Str(rule, "applyServerSideEncryptionByDefault.kmsMasterKeyId") != "" {
			c.Fail(fmt.Sprintf("rules[%d]", i), "kmsMasterKeyId goes with sseAlgorithm aws:kms, not with AES256")
		}
	}
}

var ruleID = regexp.MustCompile(`^[ -~]{1,255}$`)

// lifecycleActions are what a rule can do, of which it needs one.
var lifecycleActions = []string{"expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions", "abortIncompleteMultipartUpload"}

// checkLifecycle holds what the provider checks (s3/bucket_lifecycle_configuration.go).
func checkLifecycle(c *cloud.Checker) {
	c.Match("rules[].id", ruleID, "1 to 255 characters")
	for _, p := range []string{"expiration.days", "noncurrentVersionExpiration.noncurrentDays", "abortIncompleteMultipartUpload.daysAfterInitiation"} {
		c.Between("rules[]."+p, 1, 1<<31-1)
	}
	for i, rule := range cloud.Maps(c.In, "rules[]") {
		path := fmt.Sprintf("rules[%d]", i)
		if cloud.Has(rule, "filter") && cloud.Has(rule, "prefix") {
			c.Fail(path+".prefix", "conflicts with filter")
		}
		expires := 0
		for _, p := range []string{"days", "date", "expiredObjectDeleteMarker"} {
			if cloud.Has(rule, "expiration."+p) {
				expires++
			}
		}
		if cloud.Has(rule, "expiration") && !cloud.IsUnknown(rule["expiration"]) && expires != 1 {
			c.Fail(path+".expiration", "exactly one of days, date and expiredObjectDeleteMarker must be set, %d are", expires)
		}
	}
}

// applyBucketLifecycle holds the rules that S3 has itself ("Lifecycle configuration elements", S3 User Guide).
func applyBucketLifecycle(_ *cloud.Tx, r *cloud.Resource) error {
	rules := cloud.Maps(r.State, "rules[]")
	if len(rules) == 0 || len(rules) > 1000 {
		return cloud.Refuse("MalformedXML", "S3 API, PutBucketLifecycleConfiguration", "The XML you provided was not well-formed or did not validate against our published schema: %d rules", len(rules))
	}
	seen := map[string]bool{}
	for _, rule := range rules {
		if seen[cloud.Str(rule, "id")] {
			return cloud.Refuse("InvalidArgument", "S3 API, PutBucketLifecycleConfiguration", "Rule ID must be unique. Found same ID for more than one rule")
		}
		seen[cloud.Str(rule, "id")] = true
		if !slices.ContainsFunc(lifecycleActions, func(p string) bool { return cloud.Has(rule, p) }) {
			return cloud.Refuse("InvalidRequest", "S3 API, PutBucketLifecycleConfiguration", "At least one action needs to be specified in a rule")
		}
	}
	cloud.Computed(r, cloud.Map{"expectedBucketOwner": "", "transitionDefaultMinimumObjectSize": "all_storage_classes_128K"})
	return nil
}
