package services

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const (
	typeSecret        = "aws:secretsmanager/secret:Secret"
	typeSecretVersion = "aws:secretsmanager/secretVersion:SecretVersion"
)

const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
	maxSecret     = 65536 // bytes: Secrets Manager quotas
)

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeSecret, Service: "Secrets Manager", Noun: "Secret", UpdateCall: "UpdateSecret",
		Unmodelled: strings.Fields("forceOverwriteReplicaSecret"),
		Name:       &cloud.AutoName{Property: "name", Max: 512, Prefix: "namePrefix"},
		DeleteOnly: []string{"recoveryWindowInDays"},
		Keys:       []string{"arn", "name"},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
			Code: "ResourceExistsException", Message: "The operation failed because the secret {value} already exists.", Rule: "facts 101",
		}}},
		Check:  checkSecret,
		Create: createSecret,
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applySecret(t, r) },
		Delete: deleteSecret,
		Timing: cloud.Timing{Create: cloud.Secs(4, 2, 6), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: Secrets Manager secret, 2 logs"},
		Calls: cloud.Calls{Create: "secretsmanager:CreateSecret secretsmanager:TagResource", Read: "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy",
			Update: "secretsmanager:UpdateSecret secretsmanager:TagResource secretsmanager:UntagResource", Remove: "secretsmanager:DeleteSecret"},
		TaggedAs: "secretsmanager:secret:",
	},
	&cloud.Kind{
		Type: typeSecretVersion, Service: "Secrets Manager", Noun: "SecretVersion",
		CreateCall: "PutSecretValue", UpdateCall: "UpdateSecretVersionStage", DeleteCall: "UpdateSecretVersionStage",
		Create: createSecretVersion,
		Update: updateSecretVersion,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: secret version, 2 logs"},
		Calls: cloud.Calls{Create: "secretsmanager:PutSecretValue kms:GenerateDataKey kms:Decrypt", Read: "secretsmanager:DescribeSecret secretsmanager:GetSecretValue",
			Update: "secretsmanager:UpdateSecretVersionStage", Remove: "secretsmanager:UpdateSecretVersionStage"},
	},
)

func checkSecret(c *cloud.Checker) {
	c.Length("description", 0, 2048)
	// An empty document takes the policy away, as the provider does.
	if text := cloud.Str(c.In, "policy"); text != "" && text != "{}" {
		checkPolicy(c, "policy", iampolicy.Resource)
	}
}

func createSecret(t *cloud.Tx, r *cloud.Resource) error {
	name := cloud.NameOrPrefixed(t, r, "name", "namePrefix")
	if _, scheduled := t.Remnant("secret", name); scheduled {
		return cloud.Refuse("InvalidRequestException", "facts 100",
			"You can't create this secret because a secret with this name is already scheduled for deletion.").For(2 * time.Minute)
	}
	r.ID = t.ARN("secretsmanager", "secret:"+name+"-"+t.Hex(6))
	r.State["arn"] = r.ID
	return applySecret(t, r)
}

func applySecret(t *cloud.Tx, r *cloud.Resource) error {
	cloud.Computed(r, cloud.Map{"policy": ""})
	if text := r.Str("policy"); text != "" && text != "{}" {
		if err := checkSecretPolicy(t, text); err != nil {
			return err
		}
	}
	// Secrets Manager answers with the key as it was asked for, so the reference stays as it is.
	ref := r.State["kmsKeyId"]
	if err := encryptsUnder(t, r, "kmsKeyId", "EncryptionFailure", "Secrets Manager API, CreateSecret"); err != nil {
		return err
	}
	if ref != nil {
		r.State["kmsKeyId"] = ref
	}
	return replicate(t, r)
}

func checkSecretPolicy(t *cloud.Tx, text string) error {
	const code = "MalformedPolicyDocumentException"
	statements, err := iampolicy.Parse(text, iampolicy.Resource)
	if err != nil {
		return cloud.Refuse(code, "Secrets Manager API, PutResourcePolicy", "%v", err)
	}
	if _, invalid := invalidPrincipal(t, statements, "Secrets Manager"); invalid {
		return cloud.Refuse(code, "facts 102", "This resource policy contains an unsupported principal.").For(iamPropagation)
	}
	return nil
}

// replicate fills in the copies in other regions, which hold the secret under the same name.
func replicate(t *cloud.Tx, r *cloud.Resource) error {
	copies := []any{}
	for _, replica := range cloud.Maps(r.State, "replicas[]") {
		region := cloud.Str(replica, "region")
		if _, known := t.Declared().Regions[region]; !known || region == t.Region {
			return cloud.Refuse("InvalidParameterException", "Secrets Manager API, ReplicateSecretToRegions", "Invalid replica region: %s", region)
		}
		replica = cloud.Clone(replica)
		replica["status"], replica["statusMessage"] = "InSync", "Replication succeeded"
		copies = append(copies, replica)
	}
	r.State["replicas"] = copies
	return nil
}

// deleteSecret keeps the name taken while the secret could still be restored. Its versions go with it.
func deleteSecret(t *cloud.Tx, r *cloud.Resource) error {
	for _, v := range versionsOf(t, r) {
		if err := t.Delete(v); err != nil {
			return err
		}
	}
	if days := r.Int("recoveryWindowInDays"); days > 0 {
		t.Leave("secret", r, r.Str("name"), t.Now().Add(time.Duration(days)*24*time.Hour), cloud.Clone(r.State))
	} else {
		t.Releases("secret", r, r.Str("name"), 5*time.Second)
	}
	return nil
}

func createSecretVersion(t *cloud.Tx, r *cloud.Resource) error {
	secret, err := findSecret(t, r.Str("secretId"))
	if err != nil {
		return err
	}
	if err := checkValue(r); err != nil {
		return err
	}
	if ref := secret.Str("kmsKeyId"); ref != "" {
		if _, problem := usableKey(t, ref); problem != "" {
			return cloud.Refuse("EncryptionFailure", "Secrets Manager API, PutSecretValue", "The KMS key [%s] %s.", ref, problem)
		}
	}
	version := "terraform-" + cloud.UniqueSuffix(t) // the provider's request token, which becomes the version's id
	r.ID = r.Str("secretId") + "|" + version
	r.State["versionId"], r.State["arn"] = version, secret.ID
	stages := r.Strs("versionStages[]")
	if len(stages) == 0 {
		stages = []string{stageCurrent}
	}
	r.State["versionStages"] = cloud.List(stages...)
	moveStages(t, secret, r, stages)
	return nil
}

func checkValue(r *cloud.Resource) error {
	const rule = "Secrets Manager API, PutSecretValue"
	text, binary := r.Str("secretString"), r.Str("secretBinary")
	if text == "" && binary == "" {
		return cloud.Refuse("InvalidRequestException", rule, "You must provide either SecretString or SecretBinary.")
	}
	if len(text) > maxSecret || base64.StdEncoding.DecodedLen(len(binary)) > maxSecret+2 {
		return cloud.Refuse("ValidationException", rule, "The secret value must have length less than or equal to %d", maxSecret)
	}
	return nil
}

// findSecret finds a secret by ARN or name.
func findSecret(t *cloud.Tx, ref string) (*cloud.Resource, error) {
	for _, property := range []string{"arn", "name"} {
		if s, ok := t.Find(typeSecret, property, ref); ok {
			return s, nil
		}
	}
	name := strings.TrimPrefix(ref, t.ARN("secretsmanager", "secret:"))
	for _, n := range []string{name, name[:max(0, len(name)-len("-123456"))]} {
		if _, scheduled := t.Remnant("secret", n); scheduled && n != "" {
			return nil, cloud.Refuse("InvalidRequestException", "Secrets Manager API, PutSecretValue",
				"You can't perform this operation on the secret because it was marked for deletion.")
		}
	}
	return nil, cloud.Refuse("ResourceNotFoundException", "moto", "Secrets Manager can't find the specified secret.")
}

func versionsOf(t *cloud.Tx, secret *cloud.Resource) []*cloud.Resource {
	return slices.DeleteFunc(t.All(typeSecretVersion), func(v *cloud.Resource) bool { return v.Str("arn") != secret.ID })
}

// moveStages takes staging labels away from the other versions of a secret: a label is on one version at a time, and
// what loses AWSCURRENT becomes AWSPREVIOUS (Secrets Manager API, PutSecretValue).
func moveStages(t *cloud.Tx, secret, to *cloud.Resource, stages []string) {
	for _, v := range versionsOf(t, secret) {
		if v.ID == to.ID {
			continue
		}
		had := v.Strs("versionStages[]")
		left := slices.DeleteFunc(slices.Clone(had), func(s string) bool {
			return slices.Contains(stages, s) || s == stagePrevious && slices.Contains(stages, stageCurrent)
		})
		if slices.Contains(had, stageCurrent) && slices.Contains(stages, stageCurrent) {
			left = append(left, stagePrevious)
		}
		if !slices.Equal(had, left) {
			v.State["versionStages"] = cloud.List(left...)
			t.Save(v)
		}
	}
}

// updateSecretVersion moves staging labels. AWSCURRENT can be moved but never removed, so the provider leaves it.
func updateSecretVersion(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	secret, err := findSecret(t, r.Str("secretId"))
	if err != nil {
		return err
	}
	stages, had := r.Strs("versionStages[]"), cloud.Strs(old, "versionStages[]")
	if !cloud.Has(r.Inputs, "versionStages") {
		stages = had
	} else if slices.Contains(had, stageCurrent) && !slices.Contains(stages, stageCurrent) {
		stages = append(stages, stageCurrent)
	}
	r.State["versionStages"] = cloud.List(stages...)
	moveStages(t, secret, r, stages)
	return nil
}

// secretVersion finds a secret's version by its id or, without one, by a staging label (provider,
// secretsmanager/secret_version_data_source.go).
func secretVersion(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	secret, err := findSecret(t, cloud.Str(args, "secretId"))
	if err != nil {
		return nil, cloud.KindOf(typeSecret).Complete(err, "GetSecretValue", cloud.Str(args, "secretId"))
	}
	stage := cloud.Str(args, "versionStage")
	if stage == "" {
		stage = stageCurrent
	}
	for _, v := range versionsOf(t, secret) {
		if id := cloud.Str(args, "versionId"); id != "" && v.Str("versionId") != id || id == "" && !slices.Contains(v.Strs("versionStages[]"), stage) {
			continue
		}
		return cloud.Map{
			"arn": secret.ID, "createdDate": t.Now().UTC().Format(time.RFC3339), "id": cloud.Str(args, "secretId") + "|" + v.Str("versionId"),
			"secretBinary": v.Str("secretBinary"), "secretId": cloud.Str(args, "secretId"), "secretString": v.Str("secretString"),
			"versionId": v.Str("versionId"), "versionStage": stage, "versionStages": v.State["versionStages"],
		}, nil
	}
	return nil, &cloud.Error{Service: "Secrets Manager", Operation: "GetSecretValue", Code: "ResourceNotFoundException",
		Message: "Secrets Manager can't find the specified secret value for staging label: " + stage,
		Rule:    "Secrets Manager API, GetSecretValue"}
}
