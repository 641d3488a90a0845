package cloud

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

// Types that configure a bucket, beside those that others ask for.
const (
	typeOwnership = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
	typeLifecycle = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
)

var noSuchBucket = Refusal{"NoSuchBucket", "The specified bucket does not exist", "facts 105"}

// bucketSetting makes the kind of something that configures a bucket: there is one of it per bucket, and it goes with
// the bucket. It takes the time of most such things where k says none.
func bucketSetting(k Kind) *Kind {
	if k.Timing.Source == "" {
		k.Timing = Timing{Create: secs(1, 1, 2), Update: secs(1, 1, 2), Delete: secs(1, 0, 1), Source: "facts, section 1: S3 sub-resources, 1 log"}
	}
	k.Service, k.CreateCall, k.UpdateCall = "S3", "Put"+k.Noun, "Put"+k.Noun
	k.Refs = []Ref{{Path: "bucket", To: typeBucket, Free: true, Missing: noSuchBucket, Unseen: noSuchBucket}}
	k.Unique = []Unique{{Props: []string{"bucket"}, Refusal: Refusal{"OperationAborted",
		"another resource configures this of the bucket {value}; they would overwrite each other", "S3 API: each call replaces the configuration"}}}
	settle := k.Create
	k.Create = func(t *Tx, r *Resource) error {
		r.ID = r.Str("bucket")
		if settle == nil {
			return nil
		}
		return settle(t, r)
	}
	if k.Update == nil && settle != nil {
		k.Update = func(t *Tx, r *Resource, _ Map) error { return settle(t, r) }
	}
	return &k
}

var _ = register(
	bucketSetting(Kind{
		Type: typePublicBlock, Noun: "PublicAccessBlock",
		Kept:   words("blockPublicAcls ignorePublicAcls restrictPublicBuckets"),
		Schema: schema.Of(s3.BucketPublicAccessBlock{}, s3.BucketPublicAccessBlockArgs{}),
		Calls:  Calls{"s3:PutBucketPublicAccessBlock", "s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
	}),
	bucketSetting(Kind{
		Type: typeOwnership, Noun: "BucketOwnershipControls", Kept: words("rule"),
		Schema: schema.Of(s3.BucketOwnershipControls{}, s3.BucketOwnershipControlsArgs{}),
		Calls:  Calls{"s3:PutBucketOwnershipControls", "s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls", "s3:PutBucketOwnershipControls"},
	}),
	bucketSetting(Kind{
		Type: typeEncryption, Noun: "BucketEncryption", Kept: words("expectedBucketOwner rules.bucketKeyEnabled"),
		Check: checkEncryption,
		Create: func(_ *Tx, r *Resource) error {
			if n := len(At(r.State, "rules[]")); n != 1 {
				return Refuse("MalformedXML", "S3 API, PutBucketEncryption", "The XML you provided was not well-formed or did not validate against our published schema: %d rules", n)
			}
			return nil
		},
		Schema: schema.Of(s3.BucketServerSideEncryptionConfigurationV2{}, s3.BucketServerSideEncryptionConfigurationV2Args{}),
		Calls:  Calls{"s3:PutEncryptionConfiguration", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", "s3:PutEncryptionConfiguration"},
	}),
	bucketSetting(Kind{
		Type: typeVersioning, Noun: "BucketVersioning",
		Unmodelled: words("mfa"), Kept: words("expectedBucketOwner versioningConfiguration.mfaDelete"),
		Update: func(_ *Tx, r *Resource, old Map) error {
			was, is := Str(old, "versioningConfiguration.status"), r.Str("versioningConfiguration.status")
			if is == "Disabled" && was != is {
				return Refuse("IllegalVersioningConfigurationException", "provider, s3/bucket_versioning.go",
					"versioning_configuration.status cannot be updated from '%s' to 'Disabled'", was)
			}
			return nil
		},
		Schema: schema.Of(s3.BucketVersioningV2{}, s3.BucketVersioningV2Args{}),
		Calls:  Calls{"s3:PutBucketVersioning", "s3:GetBucketVersioning", "s3:PutBucketVersioning", "s3:PutBucketVersioning"},
	}),
	bucketSetting(Kind{
		Type: typeLifecycle, Noun: "BucketLifecycleConfiguration", Unmodelled: words("rules[].filter.tag"),
		Kept: words(`
			rules.filter.and.objectSizeGreaterThan rules.filter.and.objectSizeLessThan
			rules.filter.objectSizeGreaterThan rules.filter.objectSizeLessThan
			rules.noncurrentVersionExpiration.newerNoncurrentVersions
			rules.noncurrentVersionTransitions.newerNoncurrentVersions rules.status timeouts`),
		Required: []string{"rules"},
		Check:    checkLifecycle, Create: applyBucketLifecycle,
		Schema: schema.Of(s3.BucketLifecycleConfigurationV2{}, s3.BucketLifecycleConfigurationV2Args{}),
		Timing: Timing{Create: secs(32, 5, 45), Update: secs(32, 5, 45), Delete: secs(1, 0, 1),
			Wait: wait(30, 30, 0), Limit: most(3, 3, 0), Source: "facts, section 1: S3 lifecycle configuration, 1 log; three good reads 10 s apart"},
		Calls: Calls{"s3:PutLifecycleConfiguration", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:PutLifecycleConfiguration"},
	}),
)

func checkEncryption(c *Checker) {
	for i, rule := range Maps(c.In, "rules[]") {
		algorithm, ok := known[string](rule, "applyServerSideEncryptionByDefault.sseAlgorithm")
		if ok && algorithm == "AES256" && Str(rule, "applyServerSideEncryptionByDefault.kmsMasterKeyId") != "" {
			c.Fail(fmt.Sprintf("rules[%d]", i), "kmsMasterKeyId goes with sseAlgorithm aws:kms, not with AES256")
		}
	}
}

var ruleID = regexp.MustCompile(`^[ -~]{1,255}$`)

// lifecycleActions are what a rule can do, of which it needs one.
var lifecycleActions = []string{"expiration", "transitions", "noncurrentVersionExpiration", "noncurrentVersionTransitions", "abortIncompleteMultipartUpload"}

// checkLifecycle holds what the provider checks (s3/bucket_lifecycle_configuration.go).
func checkLifecycle(c *Checker) {
	c.Match("rules[].id", ruleID, "1 to 255 characters")
	c.OneOf("transitionDefaultMinimumObjectSize", "varies_by_storage_class", "all_storage_classes_128K")
	c.OneOf("rules[].transitions[].storageClass", "GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR")
	for _, p := range []string{"expiration.days", "noncurrentVersionExpiration.noncurrentDays", "abortIncompleteMultipartUpload.daysAfterInitiation"} {
		c.Between("rules[]."+p, 1, 1<<31-1)
	}
	for i, rule := range Maps(c.In, "rules[]") {
		path := fmt.Sprintf("rules[%d]", i)
		if Has(rule, "filter") && Has(rule, "prefix") {
			c.Fail(path+".prefix", "conflicts with filter")
		}
		expires := 0
		for _, p := range []string{"days", "date", "expiredObjectDeleteMarker"} {
			if Has(rule, "expiration."+p) {
				expires++
			}
		}
		if Has(rule, "expiration") && !IsUnknown(rule["expiration"]) && expires != 1 {
			c.Fail(path+".expiration", "exactly one of days, date and expiredObjectDeleteMarker must be set, %d are", expires)
		}
		if date, ok := known[string](rule, "expiration.date"); ok {
			if _, err := time.Parse(time.RFC3339, date); err != nil {
				c.Fail(path+".expiration.date", "%q is not a time by RFC 3339", date)
			}
		}
	}
}

// applyBucketLifecycle holds the rules that S3 has itself ("Lifecycle configuration elements", S3 User Guide).
func applyBucketLifecycle(_ *Tx, r *Resource) error {
	rules := Maps(r.State, "rules[]")
	if len(rules) == 0 || len(rules) > 1000 {
		return Refuse("MalformedXML", "S3 API, PutBucketLifecycleConfiguration", "The XML you provided was not well-formed or did not validate against our published schema: %d rules", len(rules))
	}
	seen := map[string]bool{}
	for _, rule := range rules {
		if seen[Str(rule, "id")] {
			return Refuse("InvalidArgument", "S3 API, PutBucketLifecycleConfiguration", "Rule ID must be unique. Found same ID for more than one rule")
		}
		seen[Str(rule, "id")] = true
		if !slices.ContainsFunc(lifecycleActions, func(p string) bool { return Has(rule, p) }) {
			return Refuse("InvalidRequest", "S3 API, PutBucketLifecycleConfiguration", "At least one action needs to be specified in a rule")
		}
	}
	computed(r, Map{"expectedBucketOwner": "", "transitionDefaultMinimumObjectSize": "all_storage_classes_128K"})
	return nil
}
