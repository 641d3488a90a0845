package services

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// settings are valid inputs of everything that configures a bucket.
func settings() map[string]cloud.Map {
	return map[string]cloud.Map{
		typePublicBlock:  {"bucket": "logs", "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true},
		typeOwnership:    {"bucket": "logs", "rule": cloud.Map{"objectOwnership": "BucketOwnerEnforced"}},
		typeEncryption:   {"bucket": "logs", "rules": []any{cloud.Map{"applyServerSideEncryptionByDefault": cloud.Map{"sseAlgorithm": "AES256"}}}},
		typeVersioning:   {"bucket": "logs", "versioningConfiguration": cloud.Map{"status": "Enabled"}},
		typeLifecycle:    {"bucket": "logs", "rules": []any{cloud.Map{"id": "expire", "status": "Enabled", "filter": cloud.Map{}, "expiration": cloud.Map{"days": 90.0}}}},
		typeBucketPolicy: {"bucket": "logs", "policy": statementsOf(logDelivery)},
	}
}

func TestBucket(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, state := e.make(typeBucket, cloud.Map{"bucket": "logs", "tags": cloud.Map{"a": "b"}})
	require.Equal(t, "logs", id)
	require.Equal(t, "arn:aws:s3:::logs", state["arn"])
	require.Equal(t, "logs.s3.eu-central-1.amazonaws.com", state["bucketRegionalDomainName"])
	require.Equal(t, "Z21DNDUVLTQW6Q", state["hostedZoneId"])
	require.Equal(t, cloud.Map{"a": "b"}, state["tagsAll"])
	_, _, err := e.Create(t.Context(), "us-east-1", typeBucket, cloud.Map{"bucket": "logs"})
	require.Equal(t, "BucketAlreadyOwnedByYou", cloud.Code(err), "names are taken in every region")

	tx := at(e.Cloud, home)
	bucket, _ := tx.Find(typeBucket, "", "logs")
	require.NoError(t, putObject(tx, bucket, "a"))
	require.Equal(t, "BucketNotEmpty", cloud.Code(e.gone(typeBucket, "logs", nil)))
	_, err = e.change(typeBucket, "logs", cloud.Map{"bucket": "logs", "forceDestroy": true})
	require.NoError(t, err)
	require.NoError(t, e.gone(typeBucket, "logs", nil))
}

// A stack that is played again, as hub explore does, has the names that it was recorded with, whenever that is.
func TestPrefixedNamesDependOnNoTime(t *testing.T) {
	t.Parallel()
	name := func(at time.Time) string {
		clock := &cloud.Virtual{}
		clock.Set(at)
		c, err := cloud.Open(cloud.Options{Clock: clock})
		require.NoError(t, err)
		call := c.StartCreate("eu-central-1", typeBucket, "urn:it-1", cloud.Map{"bucketPrefix": "it-1-"})
		for next, done := call.Step(); !done; next, done = call.Step() {
			clock.Set(next)
		}
		id, err := call.Outcome()
		require.NoError(t, err)
		return id
	}
	now := time.Date(2026, 12, 1, 4, 0, 0, 0, time.UTC)
	require.Regexp(t, `^it-1-\w{26}$`, name(now))
	require.Equal(t, name(now), name(now.Add(time.Hour)))
}

func TestBucketChecks(t *testing.T) {
	t.Parallel()
	refusesInputs(t, typeBucket, cloud.Map{"bucket": "logs"}, []badInput{
		{"bucket", "ab"}, {"bucket", strings.Repeat("x", 64)}, {"bucket", "Logs"}, {"bucket", "a..b"}, {"bucket", "192.0.2.1"},
		{"bucket", "-logs"}, {"bucket", "xn--logs"}, {"bucket", "logs-s3alias"},
	})
	for _, p := range inlineBucketInputs {
		require.NotEmpty(t, problems(typeBucket, cloud.Map{"bucket": "logs", p: "x"}), p)
	}
	require.NotEmpty(t, problems(typeBucket, cloud.Map{"bucketPrefix": strings.Repeat("x", 38)}))
	require.NotEmpty(t, problems(typeBucket, cloud.Map{"bucketPrefix": "x", "bucket": "logs"}))
}

func TestBucketSettings(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	for typ, inputs := range settings() {
		e.refused("NoSuchBucket", typ, inputs)
	}
	e.make(typeBucket, cloud.Map{"bucket": "logs"})
	for typ, inputs := range settings() {
		id, _ := e.make(typ, inputs)
		require.Equal(t, "logs", id)
		e.refused("OperationAborted", typ, inputs)
		require.True(t, cloud.KindOf(typ).Replaces("bucket"))
	}
	lifecycle := e.read(typeLifecycle, "logs")
	require.Equal(t, "all_storage_classes_128K", lifecycle["transitionDefaultMinimumObjectSize"])
	require.NoError(t, e.gone(typeBucket, "logs", nil), "settings go with their bucket")
}

func TestBucketSettingChecks(t *testing.T) {
	t.Parallel()
	rule := func(change cloud.Map) []any {
		return []any{with(cloud.Map{"id": "expire", "status": "Enabled", "expiration": cloud.Map{"days": 90.0}}, change)}
	}
	for typ, bad := range map[string][]badInput{
		typeOwnership:  {{"rule", cloud.Map{"objectOwnership": "Nobody"}}},
		typeEncryption: {{"rules", []any{cloud.Map{"applyServerSideEncryptionByDefault": cloud.Map{"sseAlgorithm": "DES"}}}}, {"rules", []any{cloud.Map{"applyServerSideEncryptionByDefault": cloud.Map{"sseAlgorithm": "AES256", "kmsMasterKeyId": "k"}}}}},
		typeVersioning: {{"versioningConfiguration", cloud.Map{"status": "On"}}, {"versioningConfiguration", cloud.Map{"status": "Enabled", "mfaDelete": "On"}}},
		typeLifecycle: {
			{"rules", rule(cloud.Map{"id": ""})}, {"rules", rule(cloud.Map{"status": "On"})}, {"rules", rule(cloud.Map{"expiration": cloud.Map{"days": 0.0}})},
			{"rules", rule(cloud.Map{"expiration": cloud.Map{}})}, {"rules", rule(cloud.Map{"expiration": cloud.Map{"days": 1.0, "expiredObjectDeleteMarker": true}})},
			{"rules", rule(cloud.Map{"expiration": cloud.Map{"date": "tomorrow"}})}, {"rules", rule(cloud.Map{"filter": cloud.Map{}, "prefix": "a"})},
			{"rules", rule(cloud.Map{"noncurrentVersionExpiration": cloud.Map{"noncurrentDays": 0.0}})},
			{"rules", rule(cloud.Map{"transitions": []any{cloud.Map{"storageClass": "TAPE"}}})}, {"transitionDefaultMinimumObjectSize", "1K"},
		},
		typeBucketPolicy: {{"policy", `{"Statement":[]}`}, {"policy", "x"}},
	} {
		refusesInputs(t, typ, settings()[typ], bad)
	}
}

func TestBucketSettingRefusals(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	e.make(typeBucket, cloud.Map{"bucket": "logs"})
	expire := cloud.Map{"id": "a", "status": "Enabled", "expiration": cloud.Map{"days": 1.0}}
	for _, test := range []struct {
		code, typ string
		rules     []any
	}{
		{"MalformedXML", typeEncryption, []any{}},
		{"MalformedXML", typeLifecycle, []any{}},
		{"InvalidArgument", typeLifecycle, []any{expire, expire}},
		{"InvalidRequest", typeLifecycle, []any{with(expire, cloud.Map{"expiration": nil})}},
	} {
		e.refused(test.code, test.typ, cloud.Map{"bucket": "logs", "rules": test.rules})
	}
	e.make(typeVersioning, settings()[typeVersioning])
	e.refusedChange("IllegalVersioningConfigurationException", typeVersioning, "logs", cloud.Map{"bucket": "logs", "versioningConfiguration": cloud.Map{"status": "Disabled"}})
}

func TestBucketPolicyRefusals(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	e.make(typeBucket, cloud.Map{"bucket": "logs"})
	statement := func(principal, action, resource, condition string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":%q,"Resource":%q%s}`, principal, action, resource, condition)
	}
	const here, everybody = "arn:aws:s3:::logs/*", `"*"`
	policy := func(s string) cloud.Map { return cloud.Map{"bucket": "logs", "policy": statementsOf(s)} }
	e.refused("MalformedPolicy", typeBucketPolicy, policy(statement(rootPrincipal, "sqs:SendMessage", here, "")))
	e.refused("MalformedPolicy", typeBucketPolicy, policy(statement(rootPrincipal, "s3:GetObject", "arn:aws:s3:::logs-2/*", "")))
	e.refused("MalformedPolicy", typeBucketPolicy, policy(statement(`{"AWS":"arn:aws:iam::111122223333:role/none"}`, "s3:GetObject", here, "")))
	e.refused("MalformedPolicy", typeBucketPolicy, policy(`{"Sid":"`+strings.Repeat("x", longestBucketPolicy)+`","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs"}`))

	open := policy(statement(everybody, "s3:GetObject", here, ""))
	e.refused("AccessDenied", typeBucketPolicy, open) // new buckets refuse them
	e.make(typePublicBlock, settings()[typePublicBlock])
	e.refused("AccessDenied", typeBucketPolicy, open)
	e.refused("AccessDenied", typeBucketPolicy, policy(statement(everybody, "s3:GetObject", here, `,"Condition":{"StringLike":{"aws:PrincipalOrgID":"*"}}`)))
	e.make(typeBucketPolicy, policy(statement(everybody, "s3:GetObject", here, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`)))
	require.NoError(t, e.gone(typeBucketPolicy, "logs", nil))
	e.make(typeBucketPolicy, policy(strings.Replace(statement(everybody, "s3:*", here, ""), "Allow", "Deny", 1)))
	require.NoError(t, e.gone(typeBucketPolicy, "logs", nil))
	_, err := e.change(typePublicBlock, "logs", cloud.Map{"bucket": "logs"})
	require.NoError(t, err)
	e.make(typeBucketPolicy, open)
}
