package cloud

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// vault is a cloud with a versioned bucket encrypted under a key.
func vault(t *testing.T, dir string) (*Cloud, string) {
	t.Helper()
	c, err := Open(Options{Dir: dir, Clock: Wall{Time: time.Now}})
	require.NoError(t, err)
	create := func(typ string, inputs Map) string {
		id, _, err := c.Create(t.Context(), home, typ, inputs)
		require.NoError(t, err)
		return id
	}
	key := create(typeKey, Map{"description": "state"})
	create(typeBucket, Map{"bucket": "vault"})
	create(typeVersioning, Map{"bucket": "vault", "versioningConfiguration": Map{"status": "Enabled"}})
	create(typeEncryption, Map{"bucket": "vault", "rules": []any{
		Map{"applyServerSideEncryptionByDefault": Map{"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}},
	}})
	return c, key
}

func put(t *testing.T, c *Cloud, key, body string) Object {
	t.Helper()
	o, err := c.PutObject("vault", Put{Key: key, Body: []byte(body)})
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
	copied, err := c.CopyObject("vault", "a", "vault", "b", nil)
	require.NoError(t, err)
	require.Equal(t, second.MD5, copied.MD5)
	marker, err := c.DeleteObject("vault", "a")
	require.NoError(t, err)
	require.True(t, marker.Marker)
	require.NoError(t, c.Close())

	log := filepath.Join(dir, "objects.jsonl")
	whole, err := os.ReadFile(log)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(log, append(whole, `{"put":{"bucket":"va`...), 0o600)) // a process killed as it wrote
	c, err = Open(Options{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	var versions []string
	for _, o := range c.ObjectVersions("vault", "a") {
		versions = append(versions, o.Version)
	}
	require.Equal(t, []string{marker.Version, second.Version, first.Version}, versions)
	_, _, err = c.GetObject("vault", "a", "")
	require.Equal(t, "NoSuchKey", Code(err))
	_, body, err := c.GetObject("vault", "a", first.Version)
	require.NoError(t, err)
	require.Equal(t, "one", string(body))
	require.Len(t, c.Objects("vault", ""), 1, "only the copy is current")

	require.Equal(t, "BucketNotEmpty", Code(c.Delete(t.Context(), home, typeBucket, "vault", nil)), "versions count")
	for _, o := range c.ObjectVersions("vault", "") {
		_, err := c.DeleteObjectVersion("vault", o.Key, o.Version)
		require.NoError(t, err)
	}
	require.NoError(t, c.Delete(t.Context(), home, typeBucket, "vault", nil))
	_, err = c.PutObject("vault", Put{Key: "a"})
	require.Equal(t, "NoSuchBucket", Code(err))
}

// Without versioning the last writer wins, and a bucket keeps its versions when versioning is taken away.
func TestUnversionedObjects(t *testing.T) {
	t.Parallel()
	c, _ := vault(t, "")
	kept := put(t, c, "a", "one")
	require.NoError(t, c.Delete(t.Context(), home, typeVersioning, "vault", nil))
	b, _ := c.Bucket("vault")
	require.Equal(t, "Suspended", b.Versioning)
	for _, body := range []string{"two", "three"} {
		require.Equal(t, NullVersion, put(t, c, "a", body).Version)
	}
	require.Len(t, c.ObjectVersions("vault", "a"), 2, "the null version and the one from before")
	_, body, err := c.GetObject("vault", "a", kept.Version)
	require.NoError(t, err)
	require.Equal(t, "one", string(body))
}

// Objects encrypted under a key can be neither written nor read without it.
func TestObjectsNeedTheirKey(t *testing.T) {
	t.Parallel()
	c, key := vault(t, "")
	put(t, c, "a", "one")
	_, err := c.Update(t.Context(), home, typeKey, key, Map{"description": "state", "isEnabled": false})
	require.NoError(t, err)
	_, _, err = c.GetObject("vault", "a", "")
	require.Equal(t, "KMS.DisabledException", Code(err))
	require.NoError(t, c.Delete(t.Context(), home, typeKey, key, nil))
	_, _, err = c.GetObject("vault", "a", "")
	require.Equal(t, "KMS.KMSInvalidStateException", Code(err))
	_, err = c.PutObject("vault", Put{Key: "b"})
	require.Equal(t, "KMS.KMSInvalidStateException", Code(err))
}

func TestEncryptionUnderAKey(t *testing.T) {
	t.Parallel()
	c, key := vault(t, "")
	_, _, err := c.Create(t.Context(), home, typeAlias, Map{"name": "alias/state", "targetKeyId": key})
	require.NoError(t, err)
	here := KeyUse{Region: home, Key: "alias/state"}
	sealed, arn, err := c.Encrypt(here, []byte("secret"))
	require.NoError(t, err)
	require.Contains(t, arn, key)
	require.NotContains(t, string(sealed), "secret")
	plain, _, err := c.Decrypt(KeyUse{Region: home}, sealed)
	require.NoError(t, err)
	require.Equal(t, "secret", string(plain))

	refused := func(code string, u KeyUse, blob []byte) {
		t.Helper()
		_, _, err := c.Decrypt(u, blob)
		require.Equal(t, code, Code(err), "%v", err)
	}
	refused("InvalidCiphertextException", KeyUse{Region: home, Context: map[string]string{"a": "b"}}, sealed)
	refused("InvalidCiphertextException", KeyUse{Region: home}, append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1))
	refused("InvalidCiphertextException", KeyUse{Region: home}, []byte{1, 200})
	refused("AccessDeniedException", KeyUse{Region: "us-east-1"}, sealed)
	other, _, err := c.Create(t.Context(), home, typeKey, Map{})
	require.NoError(t, err)
	refused("IncorrectKeyException", KeyUse{Region: home, Key: other}, sealed)
	_, _, err = c.Encrypt(KeyUse{Region: home, Key: "alias/none"}, []byte("x"))
	require.Equal(t, "NotFoundException", Code(err))
	_, _, err = c.Encrypt(KeyUse{Region: "us-east-1", Key: "alias/state"}, []byte("x"))
	require.Equal(t, "NotFoundException", Code(err), "aliases are regional")
	_, _, err = c.Encrypt(here, make([]byte, longestPlaintext+1))
	require.Equal(t, "ValidationException", Code(err))

	locked, _, err := c.Create(t.Context(), home, typeKey, Map{
		"policy": keyPolicyOf(rootPrincipal, "kms:PutKeyPolicy"), "bypassPolicyLockoutSafetyCheck": true,
	})
	require.NoError(t, err)
	_, _, err = c.Encrypt(KeyUse{Region: home, Key: locked}, []byte("x"))
	require.Equal(t, "AccessDeniedException", Code(err), "the key's policy does not allow it")

	require.NoError(t, c.Delete(t.Context(), home, typeKey, key, nil))
	refused("KMSInvalidStateException", KeyUse{Region: home}, sealed)
	_, status, err := c.DescribeKey(home, key)
	require.NoError(t, err)
	require.Equal(t, "PendingDeletion", status)
}
