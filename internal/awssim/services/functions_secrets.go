package services

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

var (
	_ = cloud.RegisterFunction("aws:secretsmanager/getSecret:getSecret", describeSecret, schema.OfFunction(secretsmanager.LookupSecretArgs{}, secretsmanager.LookupSecretResult{}), "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy")
	_ = cloud.RegisterFunction("aws:kms/getKey:getKey", describeKey, schema.OfFunction(kms.LookupKeyArgs{}, kms.LookupKeyResult{}), "kms:DescribeKey")
)

// describeSecret finds a secret by its name or ARN and says what it is, not what it holds (provider,
// secretsmanager/secret_data_source.go: DescribeSecret and GetResourcePolicy).
func describeSecret(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	ref := cloud.Str(args, "arn")
	if name := cloud.Str(args, "name"); (ref == "") == (name == "") {
		return nil, fmt.Errorf("exactly one of `arn,name` must be specified")
	} else if ref == "" {
		ref = name
	}
	secret, err := findSecret(t, ref)
	if err != nil {
		return nil, cloud.KindOf(typeSecret).Complete(err, "DescribeSecret", ref)
	}
	made := secret.Born.UTC().Format(time.RFC3339)
	return cloud.Map{
		"arn": secret.ID, "id": secret.ID, "name": secret.Str("name"), "description": secret.Str("description"), "policy": secret.Str("policy"),
		"kmsKeyId": secret.Str("kmsKeyId"), "tags": tagMap(secret), "createdDate": made, "lastChangedDate": made,
	}, nil
}

// describeKey finds a key by its id, its ARN or an alias (provider, kms/key_data_source.go: DescribeKey).
func describeKey(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	ref := cloud.Str(args, "keyId")
	result := cloud.Map{
		"keyId": ref, "arn": t.ARN("kms", ref), "id": ref, "awsAccountId": t.Account(), "keyManager": "AWS", "keyState": "Enabled", "enabled": true,
		"keySpec": symmetric, "customerMasterKeySpec": symmetric, "keyUsage": "ENCRYPT_DECRYPT", "origin": "AWS_KMS", "multiRegion": false,
		"cloudHsmClusterId": "", "customKeyStoreId": "", "creationDate": "", "deletionDate": "", "expirationModel": "", "validTo": "",
		"pendingDeletionWindowInDays": 0.0,
	}
	key, problem := usableKey(t, ref)
	switch {
	case problem == keyMissing, problem == keyPending && key == nil:
		return nil, &cloud.Error{Service: "KMS", Operation: "DescribeKey", Code: "NotFoundException",
			Message: fmt.Sprintf("Key '%s' does not exist", ref), Rule: "KMS API, DescribeKey"}
	case key == nil: // AWS's own, which are there once a service has used them
		return result, nil
	case problem == keyDisabled:
		result["keyState"], result["enabled"] = "Disabled", false
	}
	result["keyManager"], result["arn"], result["id"] = "CUSTOMER", key.Str("arn"), key.ID
	result["creationDate"] = key.Born.UTC().Format(time.RFC3339)
	result["description"], result["keyUsage"] = key.Str("description"), key.Str("keyUsage")
	return result, nil
}
