package cloud

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	_, key := d.make(typeKey, Map{})
	id, secret := d.make(typeSecret, Map{"name": "db", "kmsKeyId": key["arn"], "tags": Map{"a": "b"}})
	require.Regexp(t, regexp.MustCompile(`^arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-[0-9a-zA-Z]{6}$`), id)
	require.Equal(t, id, secret["arn"])
	require.Equal(t, 30.0, secret["recoveryWindowInDays"])
	require.Equal(t, key["arn"], secret["kmsKeyId"])
	d.refused("ResourceExistsException", typeSecret, Map{"name": "db"})
	d.refused("EncryptionFailure", typeSecret, Map{"name": "x", "kmsKeyId": "none"})
	d.refused("MalformedPolicyDocumentException", typeSecret,
		Map{"name": "x", "policy": keyPolicyOf(`{"AWS":"arn:aws:iam::111122223333:role/none"}`, "secretsmanager:GetSecretValue")})
	d.refused("InvalidParameterException", typeSecret, Map{"name": "x", "replicas": List(Map{"region": home})})
	_, replicated := d.make(typeSecret, Map{"name": "x", "replicas": List(Map{"region": "us-east-1"})})
	require.Equal(t, "InSync", Str(replicated, "replicas[].status"))
	refusesInputs(t, typeSecret, Map{"name": "x"}, []badInput{
		{"name", "a b"}, {"name", strings.Repeat("x", 513)}, {"recoveryWindowInDays", 6.0}, {"recoveryWindowInDays", 31.0}, {"policy", "{"},
	})
	require.Empty(t, problems(typeSecret, Map{"name": "x", "recoveryWindowInDays": 0.0, "policy": "{}"}))
}

func TestSecretRecovery(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	id, _ := d.make(typeSecret, Map{"name": "db", "recoveryWindowInDays": 7.0})
	d.make(typeSecretVersion, Map{"secretId": id, "secretString": "x"})
	require.NoError(t, d.gone(typeSecret, id, Map{"recoveryWindowInDays": 7.0}))
	for _, r := range d.List() {
		require.NotContains(t, r.Type, "secretsmanager", "versions go with their secret")
	}
	d.refused("InvalidRequestException", typeSecret, Map{"name": "db"})
	d.refused("InvalidRequestException", typeSecretVersion, Map{"secretId": id, "secretString": "x"})
	d.clock.now = d.clock.now.Add(7 * 24 * time.Hour)
	id, _ = d.make(typeSecret, Map{"name": "db"})
	require.NoError(t, d.gone(typeSecret, id, Map{"recoveryWindowInDays": 0.0}))
	d.make(typeSecret, Map{"name": "db"})
}

func TestSecretVersion(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	secret, _ := d.make(typeSecret, Map{"name": "db"})
	first, v := d.make(typeSecretVersion, Map{"secretId": secret, "secretString": "one"})
	require.Equal(t, secret, v["arn"])
	require.Equal(t, secret+"|"+v["versionId"].(string), first)
	require.Equal(t, List("AWSCURRENT"), v["versionStages"])
	second, v := d.make(typeSecretVersion, Map{"secretId": "db", "secretString": "two"})
	require.Equal(t, secret, v["arn"])
	require.Equal(t, List("AWSPREVIOUS"), d.read(typeSecretVersion, first)["versionStages"])
	third, _ := d.make(typeSecretVersion, Map{"secretId": secret, "secretBinary": "dHdv"})
	require.Equal(t, List("AWSPREVIOUS"), d.read(typeSecretVersion, second)["versionStages"])
	require.Empty(t, d.read(typeSecretVersion, first)["versionStages"])

	state, err := d.change(typeSecretVersion, first, Map{"secretId": secret, "secretString": "one", "versionStages": List("AWSCURRENT", "mine")})
	require.NoError(t, err)
	require.Equal(t, List("AWSCURRENT", "mine"), state["versionStages"])
	require.Equal(t, List("AWSPREVIOUS"), d.read(typeSecretVersion, third)["versionStages"])
	require.NoError(t, d.gone(typeSecretVersion, first, nil))

	d.refused("ResourceNotFoundException", typeSecretVersion, Map{"secretId": "none", "secretString": "x"})
	d.refused("InvalidRequestException", typeSecretVersion, Map{"secretId": secret})
	d.refused("ValidationException", typeSecretVersion, Map{"secretId": secret, "secretString": strings.Repeat("x", 65537)})
	require.NotEmpty(t, problems(typeSecretVersion, Map{"secretId": secret, "secretString": "x", "secretBinary": "eA=="}))
	require.NotEmpty(t, problems(typeSecretVersion, Map{"secretId": secret, "secretBinary": "?"}))
	for _, p := range []string{"secretId", "secretString", "secretBinary"} {
		require.True(t, kinds[typeSecretVersion].Replaces(p))
	}
}

func TestSecretVersionNeedsItsKey(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	key, state := d.make(typeKey, Map{})
	secret, _ := d.make(typeSecret, Map{"name": "db", "kmsKeyId": state["arn"]})
	require.NoError(t, d.gone(typeKey, key, nil))
	d.refused("EncryptionFailure", typeSecretVersion, Map{"secretId": secret, "secretString": "x"})
}
