package services

import (
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

// logKinds are what a load balancer logs to a bucket, each with the file by which ELB tries whether it may.
var logKinds = []struct{ block, testFile string }{
	{"accessLogs", "ELBAccessLogTestFile"},
	{"connectionLogs", "ELBConnectionLogTestFile"},
}

// logsAccess refuses logs into a bucket that ELB cannot write to, when they are switched on or moved. ELB tries by
// writing a file, so the bucket is not empty afterwards.
func logsAccess(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	for _, k := range logKinds {
		logs, _ := r.State[k.block].(cloud.Map)
		before, _ := old[k.block].(cloud.Map)
		if !cloud.Bool(logs, "enabled") {
			continue
		}
		if cloud.Bool(before, "enabled") && cloud.Str(before, "bucket") == cloud.Str(logs, "bucket") && cloud.Str(before, "prefix") == cloud.Str(logs, "prefix") {
			continue
		}
		name := cloud.Str(logs, "bucket")
		bucket, ok := t.Find(typeBucket, "", name)
		if !ok {
			return cloud.Refuse("InvalidConfigurationRequest", "ELB User Guide, Enable access logs: same Region", "S3 bucket '%s' does not exist in %s", name, t.Region)
		}
		if prefix := cloud.Str(logs, "prefix"); strings.Contains(prefix, "AWSLogs") || strings.Trim(prefix, "/") != prefix {
			return cloud.Refuse("InvalidConfigurationRequest", "ELB User Guide, Enable access logs: prefix", "The access logs prefix '%s' is not valid", prefix)
		}
		key := strings.TrimPrefix(cloud.Str(logs, "prefix")+"/AWSLogs/"+t.Account()+"/"+k.testFile, "/")
		if !elbMayWrite(t, bucket, key) {
			return cloud.Refuse("InvalidConfigurationRequest", "ELB User Guide, Enable access logs: bucket policy",
				"Access Denied for bucket: %s. Please check S3bucket permission", name)
		}
		if err := putObject(t, bucket, key); err != nil {
			return err
		}
	}
	return nil
}

// elbMayWrite asks the bucket's policy. With a KMS key of the account's as default encryption ELB cannot write whatever
// the policy says.
func elbMayWrite(t *cloud.Tx, bucket *cloud.Resource, key string) bool {
	encryption, ok := t.Find(typeEncryption, "", bucket.ID)
	if ok && cloud.Str(encryption.State, "rules[].applyServerSideEncryptionByDefault.sseAlgorithm") != "AES256" {
		return false
	}
	for _, p := range []iampolicy.Principal{
		{Kind: "Service", ID: "logdelivery.elasticloadbalancing.amazonaws.com"},
		// Older than the service principal, and still honoured ("Enable access logs for your Application Load Balancer").
		{Kind: "AWS", ID: "arn:aws:iam::" + regionsKnown[t.Region].BalancerWriter + ":root"},
	} {
		if bucketAllows(t, bucket, iampolicy.Request{
			Principal: p, Action: "s3:PutObject", Resource: bucket.Str("arn") + "/" + key,
			Context: map[string]string{"aws:securetransport": "true"},
		}) {
			return true
		}
	}
	return false
}
