package services

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const (
	typeKey   = "aws:kms/key:Key"
	typeAlias = "aws:kms/alias:Alias"
)

// keySpecs are the key specs and what a key of each can be used for (KMS API, CreateKey). The first is the only one
// that KMS rotates.
var keySpecs = map[string][]string{
	"SYMMETRIC_DEFAULT": {"ENCRYPT_DECRYPT"},
	"RSA_2048":          {"ENCRYPT_DECRYPT", "SIGN_VERIFY"},
	"RSA_3072":          {"ENCRYPT_DECRYPT", "SIGN_VERIFY"},
	"RSA_4096":          {"ENCRYPT_DECRYPT", "SIGN_VERIFY"},
	"ECC_NIST_P256":     {"SIGN_VERIFY", "KEY_AGREEMENT"},
	"ECC_NIST_P384":     {"SIGN_VERIFY", "KEY_AGREEMENT"},
	"ECC_NIST_P521":     {"SIGN_VERIFY", "KEY_AGREEMENT"},
	"ECC_SECG_P256K1":   {"SIGN_VERIFY"},
	"HMAC_224":          {"GENERATE_VERIFY_MAC"},
	"HMAC_256":          {"GENERATE_VERIFY_MAC"},
	"HMAC_384":          {"GENERATE_VERIFY_MAC"},
	"HMAC_512":          {"GENERATE_VERIFY_MAC"},
}

const symmetric = "SYMMETRIC_DEFAULT"

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeKey, Service: "KMS", Noun: "Key", UpdateCall: "PutKeyPolicy", DeleteCall: "ScheduleKeyDeletion",
		DeleteOnly: []string{"deletionWindowInDays"},
		Keys:       []string{"arn"},
		Check:      checkKey,
		Create:     createKey,
		Update:     updateKey,
		Delete:     deleteKey,
		Timing: cloud.Timing{Create: cloud.Secs(4, 1, 7), Update: cloud.Secs(3, 1, 7), Delete: cloud.Secs(2, 1, 3),
			Wait: cloud.WaitSeconds(10, 5, 0), Source: "facts, section 1: KMS key, 2 logs; kms/wait.go"},
		Propagation: cloud.Secs(1, 0, 3),
		Calls: cloud.Calls{Create: "kms:CreateKey kms:PutKeyPolicy kms:EnableKeyRotation kms:TagResource", Read: "kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListResourceTags",
			Update: "kms:PutKeyPolicy kms:UpdateKeyDescription kms:EnableKeyRotation kms:DisableKeyRotation kms:TagResource kms:UntagResource", Remove: "kms:ScheduleKeyDeletion"},
		TaggedAs: "kms:key/",
	},
	&cloud.Kind{
		Type: typeAlias, Service: "KMS", Noun: "Alias", UpdateCall: "UpdateAlias",
		Keys: []string{"arn"},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
			Code: "AlreadyExistsException", Message: "An alias with the name {value} already exists", Rule: "facts 35",
		}}},
		Check:  checkAlias,
		Create: createAlias,
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return aimAlias(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: KMS alias, 1 log"},
		Calls: cloud.Calls{Create: "kms:CreateAlias", Read: "kms:ListAliases", Update: "kms:UpdateAlias", Remove: "kms:DeleteAlias"},
	},
)

func checkKey(c *cloud.Checker) {
	c.Between("rotationPeriodInDays", 90, 2560)
	c.Length("xksKeyId", 1, 128)
	checkPolicy(c, "policy", iampolicy.Resource)
}

func createKey(t *cloud.Tx, r *cloud.Resource) error {
	if store := r.Str("customKeyStoreId"); store != "" {
		return cloud.Refuse("CustomKeyStoreNotFoundException", "KMS API, CreateKey", "Custom key store %s not found", store)
	}
	spec, usage := r.Str("customerMasterKeySpec"), r.Str("keyUsage")
	if !slices.Contains(keySpecs[spec], usage) {
		return cloud.Refuse("ValidationException", "KMS API, CreateKey", "KeyUsage %s is not compatible with KeySpec %s", usage, spec)
	}
	r.ID = t.UUID()
	if r.Bool("multiRegion") {
		r.ID = "mrk-" + t.Hex(32)
	}
	r.State["keyId"], r.State["arn"] = r.ID, t.ARN("kms", "key/"+r.ID)
	cloud.Computed(r, cloud.Map{"description": "", "multiRegion": false})
	return applyKey(t, r)
}

func updateKey(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	// The provider enables a key before its other changes and disables it after them.
	changed := r.Bool("enableKeyRotation") != cloud.Bool(old, "enableKeyRotation") ||
		r.Bool("enableKeyRotation") && r.Int("rotationPeriodInDays") != cloud.Int(old, "rotationPeriodInDays")
	if changed && !r.Bool("isEnabled") && !cloud.Bool(old, "isEnabled") {
		return cloud.Refuse("DisabledException", "KMS API, EnableKeyRotation", "%s is disabled.", r.Str("arn"))
	}
	return applyKey(t, r)
}

// applyKey checks and computes what creation and update have in common.
func applyKey(t *cloud.Tx, r *cloud.Resource) error {
	if r.Bool("enableKeyRotation") {
		if spec := r.Str("customerMasterKeySpec"); spec != symmetric {
			return cloud.Refuse("UnsupportedOperationException", "KMS API, EnableKeyRotation", "%s has key spec %s, which is not rotated", r.Str("arn"), spec)
		}
		if !cloud.Has(r.State, "rotationPeriodInDays") {
			r.State["rotationPeriodInDays"] = 365.0
		}
	} else {
		delete(r.State, "rotationPeriodInDays")
	}
	if policy, given := r.Inputs["policy"].(string); given {
		return checkKeyPolicy(t, r, policy)
	}
	if !cloud.Has(r.State, "policy") {
		r.State["policy"] = defaultKeyPolicy(t)
	}
	return nil
}

// checkKeyPolicy refuses a policy that names somebody who does not exist, or that nobody could change any more.
func checkKeyPolicy(t *cloud.Tx, r *cloud.Resource, text string) error {
	const code = "MalformedPolicyDocumentException"
	statements, err := iampolicy.Parse(text, iampolicy.Resource)
	if err != nil {
		return cloud.Refuse(code, "KMS API, PutKeyPolicy", "%v", err)
	}
	if _, invalid := invalidPrincipal(t, statements, "KMS"); invalid {
		return cloud.Refuse(code, "facts 33", "Policy contains a statement with one or more invalid principals.").For(iamPropagation)
	}
	caller := iampolicy.Principal{Kind: "AWS", ID: t.Declared().Principal}
	change := iampolicy.Request{Principal: caller, Action: "kms:PutKeyPolicy", Resource: r.Str("arn")}
	if !r.Bool("bypassPolicyLockoutSafetyCheck") && !iampolicy.Allows(statements, change) {
		return cloud.Refuse(code, "facts 34", "The new key policy will not allow you to update the key policy in the future.").For(iamPropagation)
	}
	return nil
}

// defaultKeyPolicy is the policy KMS gives a key made through its API: access is left to the account's IAM policies.
func defaultKeyPolicy(t *cloud.Tx) string {
	text, _ := json.Marshal(cloud.Map{ // a tree of strings: always encodable
		"Id": "key-default-1", "Version": "2012-10-17",
		"Statement": cloud.List(cloud.Map{
			"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
			"Principal": cloud.Map{"AWS": t.GlobalARN("iam", "root")},
		}),
	})
	return string(text)
}

func deleteKey(t *cloud.Tx, r *cloud.Resource) error {
	days := r.Int("deletionWindowInDays")
	if days == 0 {
		days = 30 // KMS API, ScheduleKeyDeletion
	}
	t.Leave("key", r, r.ID, t.Now().Add(time.Duration(days)*24*time.Hour), cloud.Clone(r.State))
	return nil
}

// aliasPattern is the provider's (kms/alias.go).
var aliasPattern = regexp.MustCompile(`^alias/[0-9A-Za-z_/-]+$`)

func checkAlias(c *cloud.Checker) {
	for _, p := range []string{"name", "namePrefix"} {
		c.Match(p, aliasPattern, `must begin with 'alias/' and be comprised of only [0-9A-Za-z_/-]`)
	}
	c.ExactlyOne("name", "namePrefix")
	if strings.HasPrefix(cloud.Str(c.In, "targetKeyId"), "alias/") {
		c.Fail("targetKeyId", "an alias cannot lead to another alias: expected a key id or key ARN")
	}
}

func createAlias(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = cloud.NameOrPrefixed(t, r, "name", "namePrefix")
	if strings.HasPrefix(r.ID, "alias/aws/") {
		return cloud.Refuse("NotAuthorizedException", "KMS API, CreateAlias", "Alias names that begin with alias/aws/ are reserved: %s", r.ID)
	}
	r.State["arn"] = t.ARN("kms", r.ID)
	return aimAlias(t, r)
}

// aimAlias resolves what an alias leads to. KMS answers with the key's id, whichever form was asked for.
func aimAlias(t *cloud.Tx, r *cloud.Resource) error {
	ref := r.Str("targetKeyId")
	k, problem := usableKey(t, ref)
	switch {
	case problem == keyPending:
		return cloud.Refuse("KMSInvalidStateException", "facts 36", "%s is pending deletion.", ref)
	case problem == keyMissing || k == nil || !t.Visible(k, "KMS"):
		return cloud.Refuse("NotFoundException", "facts 35; KMS API, CreateAlias", "Key '%s' does not exist", ref).For(10 * time.Minute)
	}
	r.State["targetKeyId"], r.State["targetKeyArn"] = k.ID, k.Str("arn")
	return nil
}

// What makes a key unusable.
const (
	keyMissing  = "does not exist"
	keyPending  = "is pending deletion"
	keyDisabled = "is disabled"
)

// usableKey finds the key that a reference leads to: a key's id or ARN, or an alias's name or ARN, of the call's
// region. A key that cannot encrypt now comes with the problem. A key managed by AWS is nil without a problem.
func usableKey(t *cloud.Tx, ref string) (k *cloud.Resource, problem string) {
	name := ref
	if strings.HasPrefix(ref, "arn:") {
		var here bool
		if name, here = strings.CutPrefix(ref, t.ARN("kms", "")); !here {
			return nil, keyMissing
		}
	}
	if strings.HasPrefix(name, "alias/aws/") {
		return nil, ""
	}
	if strings.HasPrefix(name, "alias/") {
		alias, ok := t.Find(typeAlias, "", name)
		if !ok {
			return nil, keyMissing
		}
		name = alias.Str("targetKeyId")
	}
	name = strings.TrimPrefix(name, "key/")
	k, ok := t.Find(typeKey, "", name)
	if !ok {
		k, ok = t.Find(typeReplicaKey, "", name)
	}
	if !ok {
		if _, pending := t.Remnant("key", name); pending {
			return nil, keyPending
		}
		return nil, keyMissing
	}
	if !k.Bool("isEnabled") && !k.Bool("enabled") { // a key's, a replica's
		return k, keyDisabled
	}
	return k, ""
}

// encryptsUnder resolves the property that names a resource's key to the key's ARN, which is how the service answers.
// A key that cannot be used is refused by the service's code.
func encryptsUnder(t *cloud.Tx, r *cloud.Resource, property, code, rule string) error {
	ref := r.Str(property)
	if ref == "" {
		return nil
	}
	k, problem := usableKey(t, ref)
	if problem != "" {
		return cloud.Refuse(code, rule, "The specified KMS key [%s] %s, or you do not have permissions to access it.", ref, problem)
	}
	if k != nil {
		if spec := k.Str("customerMasterKeySpec") + k.Str("keySpec"); spec != symmetric { // a key's, a replica's
			return cloud.Refuse(code, rule, "The specified KMS key [%s] is asymmetric: its key spec is %s.", ref, spec)
		}
		r.State[property] = k.Str("arn")
	}
	return nil
}
