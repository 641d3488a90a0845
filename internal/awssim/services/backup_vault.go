package services

import (
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const (
	typeBackupVault  = "aws:backup/vault:Vault"
	typeBackupPolicy = "aws:backup/vaultPolicy:VaultPolicy"
	typeBackupLock   = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
)

var noSuchVault = cloud.Refusal{Code: "ResourceNotFoundException", Message: "Backup vault {value} not found", Rule: "AWS Backup API, DescribeBackupVault"}

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeBackupVault, Service: "Backup", Noun: "BackupVault", UpdateCall: "TagResource",
		Name:       &cloud.AutoName{Property: "name", Max: 50},
		DeleteOnly: []string{"forceDestroy"},
		Keys:       []string{"arn"},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
			Code: "AlreadyExistsException", Message: "Backup vault with the same name already exists", Rule: "facts 120",
		}}},
		Quota: &cloud.Quota{Max: 300, Refusal: cloud.Refusal{
			Code: "LimitExceededException", Message: "You have reached the maximum of {value} backup vaults", Rule: "AWS Backup Developer Guide, \"AWS Backup quotas\"",
		}},
		Create: createBackupVault,
		Delete: deleteBackupVault,
		Read:   func(t *cloud.Tx, r *cloud.Resource) { countPoints(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
			Source: "facts, section 1: backup vault (guess)"},
		Calls: cloud.Calls{Create: "backup:CreateBackupVault backup:TagResource backup-storage:MountCapsule kms:CreateGrant kms:DescribeKey kms:GenerateDataKey kms:Decrypt kms:RetireGrant",
			Read: "backup:DescribeBackupVault backup:ListTags", Update: "backup:TagResource backup:UntagResource", Remove: "backup:ListRecoveryPointsByBackupVault backup:DeleteRecoveryPoint backup:DescribeRecoveryPoint backup:DeleteBackupVault"},
		TaggedAs: "backup:backup-vault:",
	},
	&cloud.Kind{
		Type: typeBackupPolicy, Service: "Backup", Noun: "BackupVaultAccessPolicy",
		CreateCall: "PutBackupVaultAccessPolicy", UpdateCall: "PutBackupVaultAccessPolicy",
		Overwrites: true,
		Refs:       []cloud.Ref{{Path: "backupVaultName", To: typeBackupVault, Missing: noSuchVault, Free: true}},
		Check:      checkBackupPolicy,
		Create:     createBackupPolicy,
		Update:     updateBackupPolicy,
		Delete:     deleteBackupPolicy,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
			Source: "as the backup vault (guess)"},
		Calls: cloud.Calls{Create: "backup:PutBackupVaultAccessPolicy", Read: "backup:GetBackupVaultAccessPolicy",
			Update: "backup:PutBackupVaultAccessPolicy", Remove: "backup:DeleteBackupVaultAccessPolicy"},
	},
	&cloud.Kind{
		Type: typeBackupLock, Service: "Backup", Noun: "BackupVaultLockConfiguration", CreateCall: "PutBackupVaultLockConfiguration",
		Refs:   []cloud.Ref{{Path: "backupVaultName", To: typeBackupVault, Missing: noSuchVault, Free: true}},
		Create: createBackupLock,
		Delete: deleteBackupLock,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
			Source: "as the backup vault (guess)"},
		Calls: cloud.Calls{Create: "backup:PutBackupVaultLockConfiguration", Read: "backup:DescribeBackupVault",
			Update: "backup:PutBackupVaultLockConfiguration", Remove: "backup:DeleteBackupVaultLockConfiguration"},
	},
)

func createBackupVault(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = r.Str("name")
	r.State["arn"] = t.ARN("backup", "backup-vault:"+r.ID)
	r.State["recoveryPoints"] = 0.0
	if key := r.Str("kmsKeyArn"); key != "" && !mayEncrypt(t, key) {
		return cloud.Refuse("AccessDeniedException", "AWS Backup Developer Guide, \"Create a backup vault\"", "Insufficient privileges to "+
			"create a backup vault. Creating a backup vault requires backup-storage and KMS permissions.")
	}
	cloud.Computed(r, cloud.Map{"kmsKeyArn": t.ARN("kms", "key/"+awsManagedKey(t, "backup"))})
	return nil
}

// mayEncrypt asks the key of a vault for what its creator needs of it.
func mayEncrypt(t *cloud.Tx, arn string) bool {
	key, problem := usableKey(t, arn)
	if key == nil || problem != "" {
		return problem == ""
	}
	statements, err := iampolicy.Parse(key.Str("policy"), iampolicy.Resource)
	for _, action := range strings.Fields("kms:CreateGrant kms:Decrypt kms:DescribeKey kms:GenerateDataKey kms:RetireGrant") {
		asked := iampolicy.Request{
			Principal: iampolicy.Principal{Kind: "AWS", ID: t.Declared().Principal}, Action: action, Resource: arn,
			Context: map[string]string{
				"kms:calleraccount": t.Account(), "kms:grantisforawsresource": "true", "kms:viaservice": "backup." + t.Region + ".amazonaws.com",
			},
		}
		if err != nil || !iampolicy.Allows(statements, asked) {
			return false
		}
	}
	return true
}

// deleteBackupVault empties the vault first if it was told to, as the provider does. Policy and lock go with the vault.
func deleteBackupVault(t *cloud.Tx, r *cloud.Resource) error {
	if err := refusedByVault(t, r, "backup:DeleteBackupVault"); err != nil {
		return err
	}
	if points := recoveryPoints(t, r); len(points) > 0 {
		if !r.Bool("forceDestroy") {
			return cloud.Refuse("InvalidRequestException", "facts 117", "Backup vault cannot be deleted because it contains recovery points.")
		}
		if err := refusedByVault(t, r, "backup:DeleteRecoveryPoint"); err != nil {
			return err
		}
		if _, locked := t.Find(typeBackupLock, "", r.ID); locked {
			return cloud.Refuse("InvalidRequestException", "AWS Backup Developer Guide, \"AWS Backup Vault Lock\"",
				"Recovery points of a locked backup vault cannot be deleted: %s", r.ID)
		}
		t.RemoveRemnants(func(m cloud.Remnant) bool { return isPointOf(m, r) })
	}
	for _, typ := range []string{typeBackupPolicy, typeBackupLock} {
		if part, ok := t.Find(typ, "", r.ID); ok {
			t.Remove(part)
		}
	}
	return nil
}

// recoveryPoints returns what a vault holds. A point is a remnant of the resource that it was taken of: it stays when
// the resource goes.
func recoveryPoints(t *cloud.Tx, vault *cloud.Resource) []cloud.Remnant {
	var out []cloud.Remnant
	for _, m := range t.Remnants() {
		if isPointOf(m, vault) && (m.Until.IsZero() || t.Now().Before(m.Until)) {
			out = append(out, m)
		}
	}
	return out
}

func isPointOf(m cloud.Remnant, vault *cloud.Resource) bool {
	return m.Region == vault.Region && cloud.Str(m.State, "backupVaultName") == vault.ID
}

func countPoints(t *cloud.Tx, vault *cloud.Resource) {
	vault.State["recoveryPoints"] = float64(len(recoveryPoints(t, vault)))
}

// checkBackupPolicy holds a vault's policy to the grammar, and to AWS Backup's own rule on actions (AWS Backup Developer
// Guide, "Vault access policies": unlike other policies they support no wildcard in the Action key).
func checkBackupPolicy(c *cloud.Checker) {
	checkPolicy(c, "policy", iampolicy.Resource)
	text, _ := c.String("policy")
	statements, _ := iampolicy.Read(text, iampolicy.Resource)
	for _, s := range statements {
		for _, action := range s.Actions {
			if !strings.HasPrefix(action, "backup:") || strings.ContainsAny(action, "*?") {
				c.Fail("policy", "%q: a vault's policy takes actions of AWS Backup only, without wildcards", action)
			}
		}
	}
}

func createBackupPolicy(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = r.Str("backupVaultName")
	r.State["backupVaultArn"] = t.ARN("backup", "backup-vault:"+r.ID)
	vault, _ := t.Find(typeBackupVault, "", r.ID)
	if err := refusedByVault(t, vault, "backup:PutBackupVaultAccessPolicy"); err != nil { // by a policy nobody could take away
		return err
	}
	return applyBackupPolicy(t, r)
}

func updateBackupPolicy(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	vault, _ := t.Find(typeBackupVault, "", r.ID)
	if err := refusedByPolicy(t, cloud.Str(old, "policy"), vault, "backup:PutBackupVaultAccessPolicy"); err != nil {
		return err
	}
	return applyBackupPolicy(t, r)
}

func applyBackupPolicy(t *cloud.Tx, r *cloud.Resource) error {
	statements, err := iampolicy.Parse(r.Str("policy"), iampolicy.Resource)
	if err != nil {
		return cloud.Refuse("InvalidParameterValueException", "AWS Backup API, PutBackupVaultAccessPolicy", "Provided policy is not valid: %v", err)
	}
	if _, bad := invalidPrincipal(t, statements, "Backup"); bad {
		return cloud.Refuse("InvalidParameterValueException", "facts 120", "Provided principal is not valid").For(iamPropagation)
	}
	return nil
}

// leftPolicy is what AWS keeps of a policy that forbids its own deletion.
const leftPolicy = "backupVaultPolicy"

// deleteBackupPolicy does as the provider: it takes a refusal for success (backup/vault_policy.go), since AWS answers
// so for a vault that is gone. The policy then stays in force.
func deleteBackupPolicy(t *cloud.Tx, r *cloud.Resource) error {
	vault, ok := t.Find(typeBackupVault, "", r.ID)
	if ok && refusedByVault(t, vault, "backup:DeleteBackupVaultAccessPolicy") != nil {
		t.Leave(leftPolicy, r, r.ID, never, cloud.Clone(r.State))
	}
	return nil
}

// refusedByVault returns AWS's answer when the policy of a vault forbids an action to whoever calls, or nil.
func refusedByVault(t *cloud.Tx, vault *cloud.Resource, action string) error {
	if p, ok := t.Find(typeBackupPolicy, "", vault.ID); ok {
		return refusedByPolicy(t, p.Str("policy"), vault, action)
	}
	if left, ok := t.Remnant(leftPolicy, vault.ID); ok {
		return refusedByPolicy(t, cloud.Str(left.State, "policy"), vault, action)
	}
	return nil
}

func refusedByPolicy(t *cloud.Tx, policy string, vault *cloud.Resource, action string) error {
	statements, _ := iampolicy.Parse(policy, iampolicy.Resource) // checked when it came in
	caller := t.Declared().Principal
	asked := iampolicy.Request{Principal: iampolicy.Principal{Kind: "AWS", ID: caller}, Action: action, Resource: vault.Str("arn"), Context: map[string]string{
		"aws:principalarn": caller, "aws:principalaccount": t.Account(), "aws:sourceaccount": t.Account(),
	}}
	for _, s := range statements {
		if s.Deny && s.Covers(asked) {
			return cloud.Refuse("AccessDeniedException", "AWS Backup Developer Guide, \"Vault access policies\"",
				"User: %s is not authorized to perform: %s on resource: %s with an explicit deny in a resource-based policy", caller, action, vault.Str("arn"))
		}
	}
	return nil
}

const longestRetention = 36500 // days: 100 years (AWS Backup API, Lifecycle and PutBackupVaultLockConfiguration)

func createBackupLock(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = r.Str("backupVaultName")
	r.State["backupVaultArn"] = t.ARN("backup", "backup-vault:"+r.ID)
	refuse := func(format string, args ...any) error {
		return cloud.Refuse("InvalidParameterValueException", "AWS Backup API, PutBackupVaultLockConfiguration", format, args...)
	}
	for _, p := range []string{"minRetentionDays", "maxRetentionDays", "changeableForDays"} {
		if n := r.Int(p); cloud.Has(r.State, p) && (n < 1 || n > longestRetention) {
			return refuse("%s must be between 1 and %d days, got %d", p, longestRetention, n)
		}
	}
	if most := r.Int("maxRetentionDays"); most > 0 && r.Int("minRetentionDays") > most {
		return refuse("MinRetentionDays cannot be greater than MaxRetentionDays")
	}
	if days := r.Int("changeableForDays"); days > 0 {
		r.Hidden = cloud.Map{"lockDate": t.Now().AddDate(0, 0, days).Format(time.RFC3339)}
	}
	return nil
}

// deleteBackupLock refuses from the lock date on: the lock is there for good.
func deleteBackupLock(t *cloud.Tx, r *cloud.Resource) error {
	locked, err := time.Parse(time.RFC3339, cloud.Str(r.Hidden, "lockDate"))
	if err == nil && !t.Now().Before(locked) {
		return cloud.Refuse("InvalidRequestException", "AWS Backup API, DeleteBackupVaultLockConfiguration",
			"Vault Lock configuration is immutable and cannot be deleted")
	}
	return nil
}

// lockAllows refuses to take a recovery point whose retention is outside the window of the vault's lock. Zero days means
// for ever, and a window without an end is zero.
func lockAllows(t *cloud.Tx, vault *cloud.Resource, days int) error {
	lock, ok := t.Find(typeBackupLock, "", vault.ID)
	if !ok {
		return nil
	}
	least, most := lock.Int("minRetentionDays"), lock.Int("maxRetentionDays")
	if days > 0 && days < least || most > 0 && (days == 0 || days > most) {
		return cloud.Refuse("InvalidRequestException", `AWS Backup Developer Guide, "AWS Backup Vault Lock"`,
			"Retention of %d days is outside the lock of backup vault %s: %d to %d days", days, vault.ID, least, most)
	}
	return nil
}
