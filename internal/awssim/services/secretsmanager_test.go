package services

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	_, key := d.make(typeKey, cloud.Map{})
	id, secret := d.make(typeSecret, cloud.Map{"name": "db", "kmsKeyId": key["arn"], "tags": cloud.Map{"a": "b"}})
	require.Regexp(t, regexp.MustCompile(`^arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-[0-9a-zA-Z]{6}$`), id)
	require.Equal(t, id, secret["arn"])
	require.Equal(t, 30.0, secret["recoveryWindowInDays"])
	require.Equal(t, key["arn"], secret["kmsKeyId"])
	d.refused("ResourceExistsException", typeSecret, cloud.Map{"name": "db"})
	d.refused("EncryptionFailure", typeSecret, cloud.Map{"name": "x", "kmsKeyId": "none"})
	d.refused("MalformedPolicyDocumentException", typeSecret,
		cloud.Map{"name": "x", "policy": keyPolicyOf(`{"AWS":"arn:aws:iam::111122223333:role/none"}`, "secretsmanager:GetSecretValue")})
	d.refused("InvalidParameterException", typeSecret, cloud.Map{"name": "x", "replicas": cloud.List(cloud.Map{"region": home})})
	_, replicated := d.make(typeSecret, cloud.Map{"name": "x", "replicas": cloud.List(cloud.Map{"region": "us-east-1"})})
	require.Equal(t, "InSync", cloud.Str(replicated, "replicas[].status"))
	refusesInputs(t, typeSecret, cloud.Map{"name": "x"}, []badInput{
		{"name", "a b"}, {"name", strings.Repeat("x", 513)}, {"recoveryWindowInDays", 6.0}, {"recoveryWindowInDays", 31.0}, {"policy", "{"},
	})
	require.Empty(t, problems(typeSecret, cloud.Map{"name": "x", "recoveryWindowInDays": 0.0, "policy": "{}"}))
}

func TestSecretRecovery(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	id, _ := d.make(typeSecret, cloud.Map{"name": "db", "recoveryWindowInDays": 7.0})
	d.make(typeSecretVersion, cloud.Map{"secretId": id, "secretString": "x"})
	require.NoError(t, d.gone(typeSecret, id, cloud.Map{"recoveryWindowInDays": 7.0}))
	for _, r := range d.List() {
		require.NotContains(t, r.Type, "secretsmanager", "versions go with their secret")
	}
	d.refused("InvalidRequestException", typeSecret, cloud.Map{"name": "db"})
	d.refused("InvalidRequestException", typeSecretVersion, cloud.Map{"secretId": id, "secretString": "x"})
	d.clock.now = d.clock.now.Add(7 * 24 * time.Hour)
	id, _ = d.make(typeSecret, cloud.Map{"name": "db"})
	require.NoError(t, d.gone(typeSecret, id, cloud.Map{"recoveryWindowInDays": 0.0}))
	d.make(typeSecret, cloud.Map{"name": "db"})
}

func TestSecretVersion(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	secret, _ := d.make(typeSecret, cloud.Map{"name": "db"})
	first, v := d.make(typeSecretVersion, cloud.Map{"secretId": secret, "secretString": "one"})
	require.Equal(t, secret, v["arn"])
	require.Equal(t, secret+"|"+v["versionId"].(string), first)
	require.Equal(t, cloud.List("AWSCURRENT"), v["versionStages"])
	second, v := d.make(typeSecretVersion, cloud.Map{"secretId": "db", "secretString": "two"})
	require.Equal(t, secret, v["arn"])
	require.Equal(t, cloud.List("AWSPREVIOUS"), d.read(typeSecretVersion, first)["versionStages"])
	third, _ := d.make(typeSecretVersion, cloud.Map{"secretId": secret, "secretBinary": "dHdv"})
	require.Equal(t, cloud.List("AWSPREVIOUS"), d.read(typeSecretVersion, second)["versionStages"])
	require.Empty(t, d.read(typeSecretVersion, first)["versionStages"])

	state, err := d.change(typeSecretVersion, first, cloud.Map{"secretId": secret, "secretString": "one", "versionStages": cloud.List("AWSCURRENT", "mine")})
	require.NoError(t, err)
	require.Equal(t, cloud.List("AWSCURRENT", "mine"), state["versionStages"])
	require.Equal(t, cloud.List("AWSPREVIOUS"), d.read(typeSecretVersion, third)["versionStages"])
	require.NoError(t, d.gone(typeSecretVersion, first, nil))

	d.refused("ResourceNotFoundException", typeSecretVersion, cloud.Map{"secretId": "none", "secretString": "x"})
	d.refused("InvalidRequestException", typeSecretVersion, cloud.Map{"secretId": secret})
	d.refused("ValidationException", typeSecretVersion, cloud.Map{"secretId": secret, "secretString": strings.Repeat("x", 65537)})
	require.NotEmpty(t, problems(typeSecretVersion, cloud.Map{"secretId": secret, "secretString": "x", "secretBinary": "eA=="}))
	require.NotEmpty(t, problems(typeSecretVersion, cloud.Map{"secretId": secret, "secretBinary": "?"}))
	for _, p := range []string{"secretId", "secretString", "secretBinary"} {
		require.True(t, cloud.KindOf(typeSecretVersion).Replaces(p))
	}
}

func TestSecretVersionNeedsItsKey(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	key, state := d.make(typeKey, cloud.Map{})
	secret, _ := d.make(typeSecret, cloud.Map{"name": "db", "kmsKeyId": state["arn"]})
	require.NoError(t, d.gone(typeKey, key, nil))
	d.refused("EncryptionFailure", typeSecretVersion, cloud.Map{"secretId": secret, "secretString": "x"})
}
