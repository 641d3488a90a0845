package services

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestAccessLogs(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	logging := func(bucket, prefix string) cloud.Map {
		return with(edgeBalancer(), cloud.Map{"accessLogs": cloud.Map{"bucket": bucket, "prefix": prefix, "enabled": true}})
	}
	const code = "InvalidConfigurationRequest"
	e.refused(code, typeLoadBalancer, logging("none", ""))
	e.make(typeBucket, cloud.Map{"bucket": "logs"})
	e.refused(code, typeLoadBalancer, logging("logs", ""))
	policy, _ := e.make(typeBucketPolicy, cloud.Map{"bucket": "logs", "policy": statementsOf(logDelivery)})
	e.refused(code, typeLoadBalancer, logging("logs", "edge"))
	e.refused(code, typeLoadBalancer, logging("logs", "AWSLogs"))
	e.refused(code, typeLoadBalancer, logging("logs", "/edge"))

	kms := []any{cloud.Map{"applyServerSideEncryptionByDefault": cloud.Map{"sseAlgorithm": "aws:kms"}}}
	encryption, _ := e.make(typeEncryption, cloud.Map{"bucket": "logs", "rules": kms})
	e.refused(code, typeLoadBalancer, logging("logs", ""))
	_, err := e.change(typeEncryption, encryption, cloud.Map{"bucket": "logs", "rules": []any{cloud.Map{"applyServerSideEncryptionByDefault": cloud.Map{"sseAlgorithm": "AES256"}}}})
	require.NoError(t, err)

	id, _ := e.make(typeLoadBalancer, logging("logs", ""))
	require.Equal(t, "BucketNotEmpty", cloud.Code(e.gone(typeBucket, "logs", nil)), "ELB has written a test file")
	require.NoError(t, e.gone(typeBucketPolicy, policy, nil))
	_, err = e.change(typeLoadBalancer, id, with(logging("logs", ""), cloud.Map{"idleTimeout": 90.0}))
	require.NoError(t, err, "ELB tries only when logs are switched on or moved")
	e.refusedChange(code, typeLoadBalancer, id, logging("logs", "edge"))

	// The accounts that delivered logs before there was a service principal.
	legacy := strings.Replace(logDelivery, `"Service":"logdelivery.elasticloadbalancing.amazonaws.com"`, `"AWS":"arn:aws:iam::054676820928:root"`, 1)
	e.make(typeBucketPolicy, cloud.Map{"bucket": "logs", "policy": statementsOf(legacy)})
	e.make(typeLoadBalancer, with(logging("logs", ""), cloud.Map{"name": "legacy"}))
}

func statementsOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}
