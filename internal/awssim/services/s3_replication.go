package services

import (
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeBucketReplication = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"

var _ = cloud.Register(bucketSetting(cloud.Kind{
	Type: typeBucketReplication, Noun: "BucketReplication",
	Unmodelled: strings.Fields(`
		rules[].destination.accessControlTranslation rules[].destination.storageClass rules[].existingObjectReplication
		rules[].filter.and rules[].filter.prefix rules[].filter.tag rules[].prefix
		rules[].sourceSelectionCriteria.replicaModifications`),
	Check:  checkBucketReplication,
	Create: applyBucketReplication,
}))

// checkBucketReplication holds what the provider checks (s3/bucket_replication_configuration.go).
func checkBucketReplication(c *cloud.Checker) {
	c.Unmodelled("token", "rules[].destination.replicationTime", "rules[].destination.account", "rules[].destination.accessControlTranslation")
}

// applyBucketReplication holds the rules that S3 has itself (S3 API, PutBucketReplication).
func applyBucketReplication(t *cloud.Tx, r *cloud.Resource) error {
	if !versioned(t, r.ID) {
		return cloud.Refuse("InvalidRequest", "facts 108", "Versioning must be 'Enabled' on the bucket to apply a replication configuration")
	}
	rules := cloud.Maps(r.State, "rules[]")
	if len(rules) == 0 || len(rules) > 1000 {
		return cloud.Refuse("MalformedXML", "S3 API, PutBucketReplication", "The XML you provided was not well-formed or did not validate against our published schema: %d rules", len(rules))
	}
	for i, rule := range rules {
		if err := checkReplicationRule(t, rule); err != nil {
			return err
		}
		if _, named := rule["id"]; !named {
			rule["id"] = fmt.Sprintf("rule-%d", i)
		}
	}
	return nil
}

func checkReplicationRule(t *cloud.Tx, rule cloud.Map) error {
	const api = "S3 API, PutBucketReplication"
	if cloud.Has(rule, "filter") && (!cloud.Has(rule, "priority") || !cloud.Has(rule, "deleteMarkerReplication")) {
		return cloud.Refuse("InvalidRequest", api, "Priority and DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.")
	}
	encrypted := cloud.Str(rule, "sourceSelectionCriteria.sseKmsEncryptedObjects.status") == "Enabled"
	key := cloud.Str(rule, "destination.encryptionConfiguration.replicaKmsKeyId")
	if encrypted != (key != "") {
		return cloud.Refuse("InvalidRequest", api, "SseKmsEncryptedObjects and ReplicaKmsKeyID must be specified together.")
	}
	arn := cloud.Str(rule, "destination.bucket")
	for _, bucket := range t.Anywhere(typeBucket) {
		if bucket.Str("arn") != arn {
			continue
		}
		if !versioned(t, bucket.ID) {
			return cloud.Refuse("InvalidRequest", "facts 108", "Destination bucket must have versioning enabled.")
		}
		return nil
	}
	return cloud.Refuse("InvalidRequest", api, "Destination bucket must exist.")
}

// versioned reports whether a bucket, of any region, keeps old versions.
func versioned(t *cloud.Tx, bucket string) bool {
	for _, v := range t.Anywhere(typeVersioning) {
		if v.ID == bucket && v.Str("versioningConfiguration.status") == "Enabled" {
			return true
		}
	}
	return false
}
