package services

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// vault is a cloud with a versioned bucket encrypted under a key.
func vault(t *testing.T, dir string) (*cloud.Cloud, string) {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Dir: dir, Clock: cloud.Wall{Time: time.Now}})
	require.NoError(t, err)
	create := func(typ string, inputs cloud.Map) string {
		id, _, err := c.Create(t.Context(), home, typ, inputs)
		require.NoError(t, err)
		return id
	}
	key := create(typeKey, cloud.Map{"description": "state"})
	create(typeBucket, cloud.Map{"bucket": "vault"})
	create(typeVersioning, cloud.Map{"bucket": "vault", "versioningConfiguration": cloud.Map{"status": "Enabled"}})
	create(typeEncryption, cloud.Map{"bucket": "vault", "rules": []any{
		cloud.Map{"applyServerSideEncryptionByDefault": cloud.Map{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}},
	}})
	return c, key
}

func put(t *testing.T, c *cloud.Cloud, key, body string) cloud.Object {
	t.Helper()
	o, err := PutObject(c, "vault", Put{Key: key, Body: []byte(body)})
	require.NoError(t, err)
	return o
}

// What is written, written over and deleted is there in all its versions, also for the next process.
func TestObjectVersionsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, _ := vault(t, dir)
	first := put(t, c, "a", "one")
	second := put(t, c, "a", "two")
	require.NotEqual(t, first.Version, second.Version)
	copied, err := CopyObject(c, "vault", "a", "vault", "b", nil)
	require.NoError(t, err)
	require.Equal(t, second.MD5, copied.MD5)
	marker, err := DeleteObject(c, "vault", "a")
	require.NoError(t, err)
	require.True(t, marker.Marker)
	require.NoError(t, c.Close())

	log := filepath.Join(dir, "objects.jsonl")
	whole, err := os.ReadFile(log)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(log, append(whole, `{"put":{"bucket":"va`...), 0o600)) // a process killed as it wrote
	c, err = cloud.Open(cloud.Options{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	var versions []string
	for _, o := range ObjectVersions(c, "vault", "a") {
		versions = append(versions, o.Version)
	}
	require.Equal(t, []string{marker.Version, second.Version, first.Version}, versions)
	_, _, err = GetObject(c, "vault", "a", "")
	require.Equal(t, "NoSuchKey", cloud.Code(err))
	_, body, err := GetObject(c, "vault", "a", first.Version)
	require.NoError(t, err)
	require.Equal(t, "one", string(body))
	require.Len(t, ListObjects(c, "vault", ""), 1, "only the copy is current")

	require.Equal(t, "BucketNotEmpty", cloud.Code(c.Delete(t.Context(), home, typeBucket, "vault", nil)), "versions count")
	for _, o := range ObjectVersions(c, "vault", "") {
		_, err := DeleteObjectVersion(c, "vault", o.Key, o.Version)
		require.NoError(t, err)
	}
	require.NoError(t, c.Delete(t.Context(), home, typeBucket, "vault", nil))
	_, err = PutObject(c, "vault", Put{Key: "a"})
	require.Equal(t, "NoSuchBucket", cloud.Code(err))
}

// Without versioning the last writer wins, and a bucket keeps its versions when versioning is taken away.
func TestUnversionedObjects(t *testing.T) {
	t.Parallel()
	c, _ := vault(t, "")
	kept := put(t, c, "a", "one")
	require.NoError(t, c.Delete(t.Context(), home, typeVersioning, "vault", nil))
	b, _ := FindBucket(c, "vault")
	require.Equal(t, "Suspended", b.Versioning)
	for _, body := range []string{"two", "three"} {
		require.Equal(t, cloud.NullVersion, put(t, c, "a", body).Version)
	}
	require.Len(t, ObjectVersions(c, "vault", "a"), 2, "the null version and the one from before")
	_, body, err := GetObject(c, "vault", "a", kept.Version)
	require.NoError(t, err)
	require.Equal(t, "one", string(body))
}

// Objects encrypted under a key can be neither written nor read without it.
func TestObjectsNeedTheirKey(t *testing.T) {
	t.Parallel()
	c, key := vault(t, "")
	put(t, c, "a", "one")
	_, err := c.Update(t.Context(), home, typeKey, key, cloud.Map{"description": "state", "isEnabled": false})
	require.NoError(t, err)
	_, _, err = GetObject(c, "vault", "a", "")
	require.Equal(t, "KMS.DisabledException", cloud.Code(err))
	require.NoError(t, c.Delete(t.Context(), home, typeKey, key, nil))
	_, _, err = GetObject(c, "vault", "a", "")
	require.Equal(t, "KMS.KMSInvalidStateException", cloud.Code(err))
	_, err = PutObject(c, "vault", Put{Key: "b"})
	require.Equal(t, "KMS.KMSInvalidStateException", cloud.Code(err))
}

func TestEncryptionUnderAKey(t *testing.T) {
	t.Parallel()
	c, key := vault(t, "")
	_, _, err := c.Create(t.Context(), home, typeAlias, cloud.Map{"name": "alias/state", "targetKeyId": key})
	require.NoError(t, err)
	here := KeyUse{Region: home, Key: "alias/state"}
	sealed, arn, err := Encrypt(c, here, []byte("secret"))
	require.NoError(t, err)
	require.Contains(t, arn, key)
	require.NotContains(t, string(sealed), "secret")
	plain, _, err := Decrypt(c, KeyUse{Region: home}, sealed)
	require.NoError(t, err)
	require.Equal(t, "secret", string(plain))

	refused := func(code string, u KeyUse, blob []byte) {
		t.Helper()
		_, _, err := Decrypt(c, u, blob)
		require.Equal(t, code, cloud.Code(err), "%v", err)
	}
	refused("InvalidCiphertextException", KeyUse{Region: home, Context: map[string]string{"a": "b"}}, sealed)
	refused("InvalidCiphertextException", KeyUse{Region: home}, append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1))
	refused("InvalidCiphertextException", KeyUse{Region: home}, []byte{1, 200})
	refused("AccessDeniedException", KeyUse{Region: "us-east-1"}, sealed)
	other, _, err := c.Create(t.Context(), home, typeKey, cloud.Map{})
	require.NoError(t, err)
	refused("IncorrectKeyException", KeyUse{Region: home, Key: other}, sealed)
	_, _, err = Encrypt(c, KeyUse{Region: home, Key: "alias/none"}, []byte("x"))
	require.Equal(t, "NotFoundException", cloud.Code(err))
	_, _, err = Encrypt(c, KeyUse{Region: "us-east-1", Key: "alias/state"}, []byte("x"))
	require.Equal(t, "NotFoundException", cloud.Code(err), "aliases are regional")
	_, _, err = Encrypt(c, here, make([]byte, longestPlaintext+1))
	require.Equal(t, "ValidationException", cloud.Code(err))

	locked, _, err := c.Create(t.Context(), home, typeKey, cloud.Map{
		"policy": keyPolicyOf(rootPrincipal, "kms:PutKeyPolicy"), "bypassPolicyLockoutSafetyCheck": true,
	})
	require.NoError(t, err)
	_, _, err = Encrypt(c, KeyUse{Region: home, Key: locked}, []byte("x"))
	require.Equal(t, "AccessDeniedException", cloud.Code(err), "the key's policy does not allow it")

	require.NoError(t, c.Delete(t.Context(), home, typeKey, key, nil))
	refused("KMSInvalidStateException", KeyUse{Region: home}, sealed)
	_, status, err := DescribeKey(c, home, key)
	require.NoError(t, err)
	require.Equal(t, "PendingDeletion", status)
}
