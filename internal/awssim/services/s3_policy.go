package services

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const longestBucketPolicy = 20 * 1024 // bytes; S3 User Guide, "Bucket policies"

var _ = cloud.Register(bucketSetting(cloud.Kind{
	Type: typeBucketPolicy, Noun: "BucketPolicy",
	Check:  func(c *cloud.Checker) { checkPolicy(c, "policy", iampolicy.Resource) },
	Create: applyBucketPolicy,
	Calls:  cloud.Calls{Create: "s3:PutBucketPolicy", Read: "s3:GetBucketPolicy", Update: "s3:PutBucketPolicy", Remove: "s3:DeleteBucketPolicy"},
}))

// applyBucketPolicy holds what S3 itself refuses in a bucket's policy.
func applyBucketPolicy(t *cloud.Tx, r *cloud.Resource) error {
	text, ok := r.State["policy"].(string)
	if !ok {
		raw, err := json.Marshal(r.State["policy"])
		if err != nil {
			return err
		}
		text = string(raw)
	}
	malformed := func(format string, args ...any) error {
		return cloud.Refuse("MalformedPolicy", "S3 API, PutBucketPolicy", format, args...)
	}
	statements, err := iampolicy.Parse(text, iampolicy.Resource)
	if err != nil {
		return malformed("%v", err)
	}
	if len(text) > longestBucketPolicy {
		return malformed("Policy exceeds the maximum allowed document size of %d bytes", longestBucketPolicy)
	}
	bucket, _ := t.Find(typeBucket, "", r.ID)
	for _, s := range statements {
		if slices.ContainsFunc(s.Actions, func(a string) bool { return a != "*" && !strings.HasPrefix(strings.ToLower(a), "s3:") }) {
			return malformed("Policy has invalid action")
		}
		if !s.NotResource && slices.ContainsFunc(s.Resources, func(a string) bool { return !inBucket(bucket, a) }) {
			return malformed("Policy has invalid resource")
		}
		for _, p := range s.Principals {
			if p.Kind == "AWS" && strings.HasPrefix(p.ID, "arn:aws:iam::"+t.Account()+":role/") {
				if role, exists := roleByARN(t, p.ID); !exists || !t.Visible(role, "S3") {
					return cloud.Refuse("MalformedPolicy", "facts 106", "Invalid principal in policy").For(iamPropagation)
				}
			}
		}
		if s.Public() && blocksPublicPolicies(t, bucket) {
			return cloud.Refuse("AccessDenied", "facts 106", "User: %s is not authorized to perform: s3:PutBucketPolicy on resource: %q because public policies "+
				"are blocked by the BlockPublicPolicy block public access setting.", t.Declared().Principal, bucket.Str("arn"))
		}
	}
	return nil
}

func inBucket(bucket *cloud.Resource, arn string) bool {
	return arn == bucket.Str("arn") || strings.HasPrefix(arn, bucket.Str("arn")+"/")
}

// blocksPublicPolicies reports whether S3 refuses public policies for a bucket: it does from the bucket's creation on
// ("Blocking public access to your Amazon S3 storage": on for new buckets since April 2023), and then as configured.
func blocksPublicPolicies(t *cloud.Tx, bucket *cloud.Resource) bool {
	for _, account := range t.All(typeAccountBlock) { // the account's own setting goes before every bucket's
		if account.Bool("blockPublicPolicy") {
			return true
		}
	}
	block, configured := t.Find(typePublicBlock, "", bucket.ID)
	return !configured || block.Bool("blockPublicPolicy")
}

// bucketAllows reports whether a bucket's policy lets a service or another account do something.
func bucketAllows(t *cloud.Tx, bucket *cloud.Resource, q iampolicy.Request) bool {
	return iampolicy.Allows(bucketStatements(t, bucket), q)
}

// bucketStatements are what a bucket's policy says; none where it has no policy.
func bucketStatements(t *cloud.Tx, bucket *cloud.Resource) []iampolicy.Statement {
	p, ok := t.Find(typeBucketPolicy, "", bucket.ID)
	if !ok {
		return nil
	}
	text, ok := p.State["policy"].(string)
	if !ok {
		raw, err := json.Marshal(p.State["policy"])
		if err != nil {
			return nil
		}
		text = string(raw)
	}
	statements, err := iampolicy.Parse(text, iampolicy.Resource)
	if err != nil {
		return nil // checked when it came in
	}
	return statements
}
