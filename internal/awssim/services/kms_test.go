package services

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/stretchr/testify/require"
)

func keyPolicyOf(principal, action string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":%s,"Action":%q,"Resource":"*"}]}`, principal, action)
}

const rootPrincipal = `{"AWS":"arn:aws:iam::111122223333:root"}`

func TestKey(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	id, key := d.make(typeKey, cloud.Map{"enableKeyRotation": true, "tags": cloud.Map{"a": "b"}, "deletionWindowInDays": 10.0})
	require.Equal(t, "arn:aws:kms:eu-central-1:111122223333:key/"+id, key["arn"])
	require.Equal(t, id, key["keyId"])
	require.Equal(t, 365.0, key["rotationPeriodInDays"])
	require.Equal(t, cloud.Map{"a": "b"}, key["tagsAll"])
	require.Contains(t, key["policy"], "arn:aws:iam::111122223333:root")
	_, err := iampolicy.Parse(key["policy"].(string), iampolicy.Resource)
	require.NoError(t, err)

	state, err := d.change(typeKey, id, cloud.Map{"enableKeyRotation": true, "rotationPeriodInDays": 90.0})
	require.NoError(t, err)
	require.Equal(t, 90.0, state["rotationPeriodInDays"])
	require.Equal(t, key["policy"], state["policy"])
}

func TestKeyPolicies(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	id, _ := d.make(typeKey, cloud.Map{"policy": keyPolicyOf(rootPrincipal, "kms:*")})
	d.refused("MalformedPolicyDocumentException", typeKey, cloud.Map{"policy": keyPolicyOf(`{"AWS":"arn:aws:iam::111122223333:role/none"}`, "kms:*")})
	d.refused("MalformedPolicyDocumentException", typeKey, cloud.Map{"policy": keyPolicyOf(rootPrincipal, "kms:Decrypt")})
	d.make(typeKey, cloud.Map{"policy": keyPolicyOf(rootPrincipal, "kms:Decrypt"), "bypassPolicyLockoutSafetyCheck": true})
	_, err := d.change(typeKey, id, cloud.Map{"policy": keyPolicyOf(rootPrincipal, "kms:Decrypt")})
	require.Equal(t, "MalformedPolicyDocumentException", cloud.Code(err))
	require.Contains(t, d.read(typeKey, id)["policy"], "kms:*")
}

func TestKeyChecks(t *testing.T) {
	t.Parallel()
	refusesInputs(t, typeKey, cloud.Map{"enableKeyRotation": true}, []badInput{
		{"deletionWindowInDays", 6.0}, {"deletionWindowInDays", 31.0}, {"rotationPeriodInDays", 89.0},
		{"keyUsage", "SIGN"}, {"customerMasterKeySpec", "AES"}, {"description", strings.Repeat("x", 8193)},
		{"policy", `{"Statement":[]}`},
	})
	require.NotEmpty(t, problems(typeKey, cloud.Map{"rotationPeriodInDays": 90.0}))
	d := newDataCloud(t)
	d.refused("ValidationException", typeKey, cloud.Map{"customerMasterKeySpec": "HMAC_256"})
	d.refused("UnsupportedOperationException", typeKey, cloud.Map{"customerMasterKeySpec": "RSA_2048", "enableKeyRotation": true})
	d.refused("CustomKeyStoreNotFoundException", typeKey, cloud.Map{"customKeyStoreId": "cks-1"})
	id, _ := d.make(typeKey, cloud.Map{"isEnabled": false})
	_, err := d.change(typeKey, id, cloud.Map{"isEnabled": false, "enableKeyRotation": true})
	require.Equal(t, "DisabledException", cloud.Code(err))
}

func TestKeyPendingDeletion(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	id, key := d.make(typeKey, cloud.Map{})
	d.make(typeAlias, cloud.Map{"name": "alias/x", "targetKeyId": id})
	require.NoError(t, d.gone(typeKey, id, cloud.Map{"deletionWindowInDays": 7.0}))
	remnants := d.Remnants()
	require.Len(t, remnants, 1)
	require.Equal(t, "key", remnants[0].What)
	require.Equal(t, 7*24*time.Hour, remnants[0].Until.Sub(remnants[0].Since))
	for _, ref := range []any{id, key["arn"]} {
		d.refused("KMSInvalidStateException", typeAlias, cloud.Map{"name": "alias/y", "targetKeyId": ref})
	}
	for _, ref := range []any{id, key["arn"], "alias/x", "arn:aws:kms:eu-central-1:111122223333:alias/x"} {
		d.refused("EncryptionFailure", typeSecret, cloud.Map{"name": "s", "kmsKeyId": ref})
	}
	d.clock.now = d.clock.now.Add(8 * 24 * time.Hour)
	d.refused("NotFoundException", typeAlias, cloud.Map{"name": "alias/y", "targetKeyId": id})
}

func TestAlias(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	first, key := d.make(typeKey, cloud.Map{})
	second, _ := d.make(typeKey, cloud.Map{})
	id, alias := d.make(typeAlias, cloud.Map{"name": "alias/deepstreamhub/x/database", "targetKeyId": key["arn"]})
	require.Equal(t, "alias/deepstreamhub/x/database", id)
	require.Equal(t, "arn:aws:kms:eu-central-1:111122223333:alias/deepstreamhub/x/database", alias["arn"])
	require.Equal(t, first, alias["targetKeyId"])
	require.Equal(t, key["arn"], alias["targetKeyArn"])
	state, err := d.change(typeAlias, id, cloud.Map{"name": id, "targetKeyId": second})
	require.NoError(t, err)
	require.Equal(t, second, state["targetKeyId"])

	d.refused("AlreadyExistsException", typeAlias, cloud.Map{"name": id, "targetKeyId": first})
	d.refused("NotAuthorizedException", typeAlias, cloud.Map{"name": "alias/aws/rds", "targetKeyId": first})
	d.refused("NotFoundException", typeAlias, cloud.Map{"name": "alias/z", "targetKeyId": "none"})
	d.refused("NotFoundException", typeAlias, cloud.Map{"name": "alias/z", "targetKeyId": strings.Replace(key["arn"].(string), "eu-central-1", "us-east-1", 1)})
	refusesInputs(t, typeAlias, cloud.Map{"name": "alias/x", "targetKeyId": first}, []badInput{
		{"name", "x"}, {"name", "alias/x y"}, {"targetKeyId", "alias/y"},
	})
}
