package services

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

// longestPlaintext is what KMS encrypts under a symmetric key at most (KMS API, Encrypt: 4096 bytes).
const longestPlaintext = 4096

// KeyUse is one cryptographic operation: on a key, in a region, with the pairs that encryption and decryption must have
// in common.
type KeyUse struct {
	Region  string
	Key     string // id, ARN, alias or alias ARN; Decrypt takes it from the ciphertext when it is empty
	Context map[string]string
	As      string // who asks: the name of a role, or Administrator
}

// Encrypt encrypts under a key and returns the ciphertext and the key's ARN.
func Encrypt(c *cloud.Cloud, u KeyUse, plaintext []byte) (ciphertext []byte, arn string, err error) {
	t, leave := c.Enter(u.Region)
	defer leave()
	if len(plaintext) == 0 || len(plaintext) > longestPlaintext {
		return nil, "", cloud.Refuse("ValidationException", "KMS API, Encrypt",
			"1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length between 1 and %d", longestPlaintext)
	}
	k, err := keyFor(t, "Encrypt", u)
	if err != nil {
		return nil, "", err
	}
	seal, err := sealer(t, k.ID)
	if err != nil {
		return nil, "", err
	}
	nonce := make([]byte, seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, "", err
	}
	out := append([]byte{1, byte(len(k.ID))}, k.ID...)
	out = append(out, nonce...)
	return seal.Seal(out, nonce, plaintext, associated(u.Context)), k.Str("arn"), nil
}

// Decrypt returns what was encrypted, and the ARN of the key.
func Decrypt(c *cloud.Cloud, u KeyUse, ciphertext []byte) (plaintext []byte, arn string, err error) {
	t, leave := c.Enter(u.Region)
	defer leave()
	invalid := cloud.Refuse("InvalidCiphertextException", "KMS API, Decrypt", "The ciphertext is invalid or was made with another encryption context")
	if len(ciphertext) < 2 || ciphertext[0] != 1 || len(ciphertext) < 2+int(ciphertext[1]) {
		return nil, "", invalid
	}
	id, sealed := string(ciphertext[2:2+ciphertext[1]]), ciphertext[2+ciphertext[1]:]
	if u.Key != "" {
		k, err := keyFor(t, "Decrypt", u)
		if err != nil {
			return nil, "", err
		}
		if k.ID != id {
			return nil, "", cloud.Refuse("IncorrectKeyException", "KMS API, Decrypt", "The key ID in the request does not identify a CMK that can perform this operation.")
		}
	}
	u.Key = id
	k, err := keyFor(t, "Decrypt", u)
	if cloud.Code(err) == "NotFoundException" {
		return nil, "", cloud.Refuse("AccessDeniedException", "KMS Developer Guide, Decrypt: a key that is not there",
			"The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.")
	}
	if err != nil {
		return nil, "", err
	}
	seal, err := sealer(t, k.ID)
	if err != nil {
		return nil, "", err
	}
	if len(sealed) < seal.NonceSize() {
		return nil, "", invalid
	}
	plaintext, err = seal.Open(nil, sealed[:seal.NonceSize()], sealed[seal.NonceSize():], associated(u.Context))
	if err != nil {
		return nil, "", invalid
	}
	return plaintext, k.Str("arn"), nil
}

// DescribeKey returns the state of a key, one that is pending deletion included, and its KMS key state.
func DescribeKey(c *cloud.Cloud, region, ref string) (state cloud.Map, status string, err error) {
	t, leave := c.Enter(region)
	defer leave()
	k, problem := usableKey(t, ref)
	switch {
	case problem == "" && k != nil:
		return cloud.Clone(k.State), "Enabled", nil
	case problem == keyDisabled:
		return cloud.Clone(k.State), "Disabled", nil
	case problem == keyPending:
		gone, _ := t.Remnant("key", keyName(t, ref))
		return cloud.Clone(gone.State), "PendingDeletion", nil
	}
	return nil, "", missingKey(t, ref)
}

// keyFor finds the key of an operation and asks its policy whether the account's caller may use it for that.
func keyFor(t *cloud.Tx, action string, u KeyUse) (*cloud.Resource, error) {
	k, err := cryptoKey(t, u.Key)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, cloud.Refuse("AccessDeniedException", "KMS Developer Guide, AWS managed keys", "The key policy of %s lets only its service use it", u.Key)
	}
	a := cloud.Access{Action: "kms:" + action, Resource: k.Str("arn"), Context: map[string]string{"aws:requestedregion": u.Region}, For: "state"}
	t.Note(a)
	if err := may(t, u.As, a); err != nil {
		return nil, err
	}
	caller := t.Declared().Principal
	statements, err := iampolicy.Parse(k.Str("policy"), iampolicy.Resource)
	if err != nil || !iampolicy.Allows(statements, iampolicy.Request{Principal: iampolicy.Principal{Kind: "AWS", ID: caller}, Action: "kms:" + action, Resource: k.Str("arn")}) {
		return nil, cloud.Refuse("AccessDeniedException", "KMS Developer Guide, Key policies",
			"User: %s is not authorized to perform: kms:%s on resource: %s because no resource-based policy allows the kms:%s action", caller, action, k.Str("arn"), action)
	}
	return k, nil
}

// cryptoKey finds a key that can encrypt and decrypt now. A key that AWS manages is nil without an error.
func cryptoKey(t *cloud.Tx, ref string) (*cloud.Resource, error) {
	k, problem := usableKey(t, ref)
	switch {
	case problem == keyPending:
		return nil, cloud.Refuse("KMSInvalidStateException", "facts 36", "%s is pending deletion.", t.ARN("kms", "key/"+keyName(t, ref)))
	case problem == keyDisabled:
		return nil, cloud.Refuse("DisabledException", "KMS API, Encrypt", "%s is disabled.", k.Str("arn"))
	case problem != "":
		return nil, missingKey(t, ref)
	}
	if k != nil && (k.Str("customerMasterKeySpec") != symmetric || k.Str("keyUsage") != "ENCRYPT_DECRYPT") {
		return nil, cloud.Refuse("InvalidKeyUsageException", "KMS API, Encrypt", "%s key usage is %s which is not valid for this operation.", k.Str("arn"), k.Str("keyUsage"))
	}
	return k, nil
}

// missingKey is KMS's answer for an alias that is not found, in its ARN's form, and for a key.
func missingKey(t *cloud.Tx, ref string) error {
	const rule = "KMS API, Encrypt: NotFoundException"
	if strings.HasPrefix(ref, "alias/") {
		return cloud.Refuse("NotFoundException", rule, "Alias %s is not found.", t.ARN("kms", ref))
	}
	if !strings.HasPrefix(ref, "arn:") {
		ref = t.ARN("kms", "key/"+ref)
	}
	return cloud.Refuse("NotFoundException", rule, "Key '%s' does not exist", ref)
}

// keyName is the id of the key that a reference leads to, whether the key is there or not.
func keyName(t *cloud.Tx, ref string) string {
	name := strings.TrimPrefix(ref, t.ARN("kms", ""))
	if alias, ok := t.Find(typeAlias, "", name); ok {
		name = alias.Str("targetKeyId")
	}
	return strings.TrimPrefix(name, "key/")
}

// sealer is a key's cipher. Its material follows from the key's id, which the replicas of a multi-region key share; it
// protects nothing, as nothing in an offline account is worth it.
func sealer(t *cloud.Tx, id string) (cipher.AEAD, error) {
	mac := hmac.New(sha256.New, []byte(t.Account()))
	mac.Write([]byte(id))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		return nil, fmt.Errorf("use key %s: %w", id, err)
	}
	return cipher.NewGCM(block)
}

// associated is an encryption context as what has to be alike at encryption and decryption.
func associated(context map[string]string) []byte {
	var pairs [][2]string
	for _, name := range slices.Sorted(maps.Keys(context)) {
		pairs = append(pairs, [2]string{name, context[name]})
	}
	text, _ := json.Marshal(slices.Clip(pairs)) // strings: always encodable
	return text
}
