package endpoint

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
)

const home = "eu-central-1"

// served is a cloud with a versioned bucket, and a client of it.
func served(t *testing.T) (*cloud.Cloud, string) {
	t.Helper()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	create(t, c, "aws:s3/bucketV2:BucketV2", cloud.Map{"bucket": "vault"})
	create(t, c, "aws:s3/bucketVersioningV2:BucketVersioningV2", cloud.Map{"bucket": "vault", "versioningConfiguration": cloud.Map{"status": "Enabled"}})
	s := httptest.NewServer(Handler(c))
	t.Cleanup(s.Close)
	return c, s.URL
}

func create(t *testing.T, c *cloud.Cloud, typ string, inputs cloud.Map) cloud.Map {
	t.Helper()
	_, state, err := c.Create(t.Context(), home, typ, inputs)
	require.NoError(t, err)
	return state
}

func client(url, region, key string) *s3.Client {
	return s3.NewFromConfig(aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider(key, SecretKey, "")},
		func(o *s3.Options) { o.BaseEndpoint = &url })
}

func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// A stock SDK client finds versions, pages, conditions and refusals as on S3.
func TestS3Protocol(t *testing.T) {
	t.Parallel()
	c, url := served(t)
	store, bucket := client(url, home, AccessKey), aws.String("vault")
	put := func(key, body string, change ...func(*s3.PutObjectInput)) (string, error) {
		in := &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader(body)}
		for _, f := range change {
			f(in)
		}
		out, err := store.PutObject(t.Context(), in)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.VersionId), nil
	}
	first, err := put("dir/a b", "one")
	require.NoError(t, err)
	_, err = put("dir/a b", "two")
	require.NoError(t, err)
	_, err = put("dir/a b", "three", func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") })
	require.Equal(t, "PreconditionFailed", code(err))
	for _, key := range []string{"dir/c", "dir/sub/d", "dir/sub/e", "top"} {
		_, err := put(key, key)
		require.NoError(t, err)
	}
	got, err := store.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("dir/a b"), VersionId: &first})
	require.NoError(t, err)
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.Equal(t, "one", string(body))
	_, err = store.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("dir/none")})
	require.Equal(t, "NoSuchKey", code(err))
	_, err = store.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: aws.String("top"), VersionId: aws.String("none")})
	require.Equal(t, "NoSuchVersion", code(err))

	var keys, prefixes []string
	pages := s3.NewListObjectsV2Paginator(store, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("dir/"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
		for _, p := range page.CommonPrefixes {
			prefixes = append(prefixes, *p.Prefix)
		}
	}
	require.Equal(t, []string{"dir/a b", "dir/c"}, keys)
	require.Equal(t, []string{"dir/sub/"}, prefixes)

	_, err = store.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("dir/a b")})
	require.NoError(t, err)
	versions := 0
	listed := s3.NewListObjectVersionsPaginator(store, &s3.ListObjectVersionsInput{Bucket: bucket, Prefix: aws.String("dir/a b"), MaxKeys: aws.Int32(1)})
	for listed.HasMorePages() {
		page, err := listed.NextPage(t.Context())
		require.NoError(t, err)
		versions += len(page.Versions) + len(page.DeleteMarkers)
	}
	require.Equal(t, 3, versions, "two versions and the marker of the deletion")
	require.Len(t, services.ListObjects(c, "vault", "dir/"), 3)
}

// What the cloud does not hold or its owner did not allow is refused as S3 refuses it.
func TestS3Refusals(t *testing.T) {
	t.Parallel()
	c, url := served(t)
	list := func(region, key, bucket string) string {
		_, err := client(url, region, key).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
		return code(err)
	}
	require.Empty(t, list(home, AccessKey, "vault"))
	require.Equal(t, "NoSuchBucket", list(home, AccessKey, "another"))
	require.Equal(t, "InvalidAccessKeyId", list(home, "AKIAREALREALREALREAL", "vault"))
	require.Equal(t, "PermanentRedirect", list("us-east-1", AccessKey, "vault"))
	_, err := client(url, home, AccessKey).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("vault")})
	require.Equal(t, "NotImplemented", code(err), "buckets are made through the provider")
	create(t, c, "aws:s3/bucketPolicy:BucketPolicy", cloud.Map{"bucket": "vault", "policy": `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::vault","arn:aws:s3:::vault/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::vault/*","Condition":{"StringEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}]}`})
	put := func(in s3.PutObjectInput) string {
		in.Bucket, in.Key, in.Body = aws.String("vault"), aws.String("a"), strings.NewReader("x")
		_, err := client(url, home, AccessKey).PutObject(t.Context(), &in)
		return code(err)
	}
	require.Empty(t, put(s3.PutObjectInput{}))
	require.Equal(t, "AccessDenied", put(s3.PutObjectInput{ServerSideEncryption: "AES256"}))
	anonymous, err := http.Get(url + "/vault/a")
	require.NoError(t, err)
	require.NoError(t, anonymous.Body.Close())
	require.Equal(t, http.StatusForbidden, anonymous.StatusCode)
}

func TestKMSProtocol(t *testing.T) {
	t.Parallel()
	c, url := served(t)
	key := create(t, c, "aws:kms/key:Key", cloud.Map{})
	call := func(signed, operation, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("X-Amz-Target", kmsPrefix+operation)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+signed+"/20261125/eu-central-1/kms/aws4_request, SignedHeaders=host, Signature=0")
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer func() { require.NoError(t, answer.Body.Close()) }()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(text)
	}
	id := cloud.Str(key, "keyId")
	status, text := call(AccessKey, "GenerateDataKey", `{"KeyId":"`+id+`","KeySpec":"AES_256"}`)
	require.Equal(t, http.StatusOK, status, text)
	require.Contains(t, text, `"CiphertextBlob"`)
	require.Contains(t, text, cloud.Str(key, "arn"))
	_, text = call(AccessKey, "DescribeKey", `{"KeyId":"`+id+`"}`)
	require.Contains(t, text, `"KeyState":"Enabled"`)
	for _, test := range [][4]string{
		{AccessKey, "Encrypt", `{"KeyId":"alias/none","Plaintext":"eA=="}`, "NotFoundException"},
		{AccessKey, "GenerateDataKey", `{"KeyId":"` + id + `"}`, "ValidationException"},
		{AccessKey, "Sign", `{}`, "UnknownOperationException"},
		{AccessKey, "Encrypt", `{`, "SerializationException"},
		{"AKIAREALREALREALREAL", "Encrypt", `{}`, "UnrecognizedClientException"},
	} {
		status, text := call(test[0], test[1], test[2])
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, text, `"__type":"`+test[3]+`"`)
	}
}
