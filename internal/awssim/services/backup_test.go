package services

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const (
	secondRegion = "us-east-1"
	backupTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"backup.amazonaws.com"},` +
		`"Action":"sts:AssumeRole","Condition":{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}}]}`
	backupRights = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup"
)

// vaultPolicyOf is a vault's policy that denies everybody an action.
func vaultPolicyOf(action string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":%q,"Resource":"*"}]}`, action)
}

// elsewhere creates a resource in the second region.
func (d *dataCloud) elsewhere(typ string, inputs cloud.Map) cloud.Map {
	d.Helper()
	_, state, err := d.Create(context.Background(), secondRegion, typ, inputs)
	require.NoError(d, err)
	return state
}

// dailyRule keeps a recovery point 35 days in the vault home.
func dailyRule(changes cloud.Map) cloud.Map {
	return with(cloud.Map{
		"ruleName": "daily", "targetVaultName": "home", "schedule": "cron(0 5 * * ? *)", "lifecycle": cloud.Map{"deleteAfter": 35.0},
	}, changes)
}

// withVault is an account with a vault.
func withVault(t *testing.T) *dataCloud {
	d := newDataCloud(t)
	d.make(typeBackupVault, cloud.Map{"name": "home"})
	return d
}

func TestBackupVault(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	_, key := d.make(typeKey, cloud.Map{})
	id, vault := d.make(typeBackupVault, cloud.Map{"name": "home", "kmsKeyArn": key["arn"], "tags": cloud.Map{"a": "b"}})
	require.Equal(t, cloud.Map{
		"id": "home", "name": "home", "arn": "arn:aws:backup:eu-central-1:111122223333:backup-vault:home", "kmsKeyArn": key["arn"],
		"forceDestroy": false, "recoveryPoints": 0.0, "tags": cloud.Map{"a": "b"}, "tagsAll": cloud.Map{"a": "b"},
	}, vault)
	_, plain := d.make(typeBackupVault, cloud.Map{"name": "plain"})
	require.Contains(t, plain["kmsKeyArn"], "arn:aws:kms:eu-central-1:111122223333:key/", "AWS's own key")
	d.refused("AlreadyExistsException", typeBackupVault, cloud.Map{"name": "home"})
	d.elsewhere(typeBackupVault, cloud.Map{"name": "home"})
	changed, err := d.change(typeBackupVault, id, cloud.Map{"name": "home", "kmsKeyArn": key["arn"], "forceDestroy": true})
	require.NoError(t, err)
	require.Equal(t, cloud.Map{}, changed["tagsAll"])
	require.NoError(t, d.gone(typeBackupVault, id, cloud.Map{}))
}

func TestBackupVaultNeedsItsKey(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	d.refused("AccessDeniedException", typeBackupVault, cloud.Map{"name": "home", "kmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/none"})
	far := d.elsewhere(typeKey, cloud.Map{})
	d.refused("AccessDeniedException", typeBackupVault, cloud.Map{"name": "home", "kmsKeyArn": far["arn"]})
	_, off := d.make(typeKey, cloud.Map{"isEnabled": false})
	d.refused("AccessDeniedException", typeBackupVault, cloud.Map{"name": "home", "kmsKeyArn": off["arn"]})
	_, closed := d.make(typeKey, cloud.Map{"policy": keyPolicyOf(rootPrincipal, "kms:Put*")})
	d.refused("AccessDeniedException", typeBackupVault, cloud.Map{"name": "home", "kmsKeyArn": closed["arn"]})
}

func TestBackupVaultChecks(t *testing.T) {
	t.Parallel()
	refusesInputs(t, typeBackupVault, cloud.Map{"name": "home"}, []badInput{
		{"name", "a"}, {"name", strings.Repeat("a", 51)}, {"name", "a.b"}, {"kmsKeyArn", "alias/backup"},
	})
	require.True(t, cloud.KindOf(typeBackupVault).Replaces("kmsKeyArn"))
	require.True(t, cloud.KindOf(typeBackupVault).Replaces("name"))
	require.False(t, cloud.KindOf(typeBackupVault).Replaces("forceDestroy"))
	require.False(t, cloud.KindOf(typeBackupVault).Replaces("tags.a"))
}

func TestBackupVaultPolicy(t *testing.T) {
	t.Parallel()
	d := withVault(t)
	policy := cloud.Map{"backupVaultName": "home", "policy": vaultPolicyOf("backup:DeleteRecoveryPoint")}
	d.refused("ResourceNotFoundException", typeBackupPolicy, with(policy, cloud.Map{"backupVaultName": "none"}))
	d.refused("InvalidParameterValueException", typeBackupPolicy, with(policy, cloud.Map{
		"policy": strings.Replace(vaultPolicyOf("backup:DeleteRecoveryPoint"), `"*","Action"`, `{"AWS":"arn:aws:iam::111122223333:role/none"},"Action"`, 1),
	}))
	id, state := d.make(typeBackupPolicy, policy)
	require.Equal(t, "home", id)
	require.Equal(t, "arn:aws:backup:eu-central-1:111122223333:backup-vault:home", state["backupVaultArn"])

	refusesInputs(t, typeBackupPolicy, policy, []badInput{
		{"policy", "{}"}, {"policy", vaultPolicyOf("backup:*")}, {"policy", vaultPolicyOf("s3:DeleteObject")},
	})
	require.True(t, cloud.KindOf(typeBackupPolicy).Replaces("backupVaultName"))
	again, _ := d.make(typeBackupPolicy, cloud.Map{"backupVaultName": "home", "policy": vaultPolicyOf("backup:DeleteBackupVault")})
	require.Equal(t, id, again, "putting it again writes over it")
	now, _, err := d.Read(home, typeBackupPolicy, id)
	require.NoError(t, err)
	require.Contains(t, now["policy"], "DeleteBackupVault")
	_, err = d.change(typeBackupPolicy, id, policy)
	require.NoError(t, err)

	require.NoError(t, d.gone(typeBackupVault, "home", cloud.Map{}))
	_, _, err = d.Read(home, typeBackupPolicy, id)
	require.IsType(t, &cloud.NotFound{}, err, "a policy goes with its vault")
}

// A policy holds for whoever deploys as well.
func TestBackupVaultPolicyLocksOut(t *testing.T) {
	t.Parallel()
	d := withVault(t)
	put := func(action string) cloud.Map {
		return cloud.Map{"backupVaultName": "home", "policy": vaultPolicyOf(action)}
	}

	id, _ := d.make(typeBackupPolicy, put("backup:PutBackupVaultAccessPolicy"))
	_, err := d.change(typeBackupPolicy, id, put("backup:DeleteRecoveryPoint"))
	require.Equal(t, "AccessDeniedException", cloud.Code(err))
	require.NoError(t, d.gone(typeBackupPolicy, id, cloud.Map{}))

	id, _ = d.make(typeBackupPolicy, put("backup:DeleteBackupVault"))
	require.Equal(t, "AccessDeniedException", cloud.Code(d.gone(typeBackupVault, "home", cloud.Map{})))
	_, err = d.change(typeBackupPolicy, id, put("backup:DeleteRecoveryPoint"))
	require.NoError(t, err)
}

// The provider takes AWS's refusal to delete a policy for success, so the policy is out of its hands and still there.
func TestBackupVaultPolicyThatForbidsItsDeletionStays(t *testing.T) {
	t.Parallel()
	d := withVault(t)
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Resource":"*",` +
		`"Action":["backup:DeleteBackupVaultAccessPolicy","backup:DeleteBackupVault","backup:PutBackupVaultAccessPolicy"]}]}`
	id, _ := d.make(typeBackupPolicy, cloud.Map{"backupVaultName": "home", "policy": policy})
	require.NoError(t, d.gone(typeBackupPolicy, id, cloud.Map{}))
	require.Equal(t, "AccessDeniedException", cloud.Code(d.gone(typeBackupVault, "home", cloud.Map{})))
	d.refused("AccessDeniedException", typeBackupPolicy, cloud.Map{"backupVaultName": "home", "policy": vaultPolicyOf("backup:DeleteRecoveryPoint")})
}

func TestBackupVaultLock(t *testing.T) {
	t.Parallel()
	d := withVault(t)
	lock := cloud.Map{"backupVaultName": "home", "minRetentionDays": 1.0, "maxRetentionDays": 36500.0, "changeableForDays": 3.0}
	d.refused("ResourceNotFoundException", typeBackupLock, with(lock, cloud.Map{"backupVaultName": "none"}))
	for _, bad := range []cloud.Map{
		{"minRetentionDays": 0.0}, {"maxRetentionDays": 36501.0}, {"changeableForDays": 36501.0}, {"minRetentionDays": 8.0, "maxRetentionDays": 7.0},
	} {
		d.refused("InvalidParameterValueException", typeBackupLock, with(lock, bad))
	}
	refusesInputs(t, typeBackupLock, lock, []badInput{
		{"changeableForDays", 2.0}, {"backupVaultName", "a vault"}, {"backupVaultName", strings.Repeat("a", 51)},
	})
	require.True(t, cloud.KindOf(typeBackupLock).Replaces("maxRetentionDays"))

	id, state := d.make(typeBackupLock, lock)
	require.Equal(t, "arn:aws:backup:eu-central-1:111122223333:backup-vault:home", state["backupVaultArn"])
	d.clock.now = d.clock.now.AddDate(0, 0, 2)
	require.NoError(t, d.gone(typeBackupLock, id, cloud.Map{}), "within the cooling-off period")

	id, _ = d.make(typeBackupLock, lock)
	d.clock.now = d.clock.now.AddDate(0, 0, 3)
	require.Equal(t, "InvalidRequestException", cloud.Code(d.gone(typeBackupLock, id, cloud.Map{})), "for good")
	require.NoError(t, d.gone(typeBackupVault, "home", cloud.Map{}), "an empty vault can go, locked or not")

	d.make(typeBackupVault, cloud.Map{"name": "open"})
	id, _ = d.make(typeBackupLock, cloud.Map{"backupVaultName": "open"})
	d.clock.now = d.clock.now.AddDate(10, 0, 0)
	require.NoError(t, d.gone(typeBackupLock, id, cloud.Map{}), "a lock without a date")
}

func TestBackupPlan(t *testing.T) {
	t.Parallel()
	d := withVault(t)
	far := d.elsewhere(typeBackupVault, cloud.Map{"name": "far"})
	copies := cloud.Map{"copyActions": cloud.List[any](cloud.Map{"destinationVaultArn": far["arn"], "lifecycle": cloud.Map{"deleteAfter": 90.0}})}
	id, plan := d.make(typeBackupPlan, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(copies)), "tags": cloud.Map{"a": "b"}})
	require.Equal(t, "arn:aws:backup:eu-central-1:111122223333:backup-plan:"+id, plan["arn"])
	require.Equal(t, cloud.Map{"a": "b"}, plan["tagsAll"])
	require.Equal(t, dailyRule(cloud.Map{
		"startWindow": 60.0, "completionWindow": 180.0, "enableContinuousBackup": false, "scheduleExpressionTimezone": "Etc/UTC",
		"lifecycle": cloud.Map{"deleteAfter": 35.0, "coldStorageAfter": 0.0, "optInToArchiveForSupportedResources": false},
		"copyActions": cloud.List[any](cloud.Map{"destinationVaultArn": far["arn"], "lifecycle": cloud.Map{
			"deleteAfter": 90.0, "coldStorageAfter": 0.0, "optInToArchiveForSupportedResources": false,
		}}),
	}), plan["rules"].([]any)[0])
	inputs, _, err := d.Read(home, typeBackupPlan, id)
	require.NoError(t, err)
	require.NotContains(t, inputs["rules"].([]any)[0], "startWindow", "inputs stay as they were given")

	d.refused("AlreadyExistsException", typeBackupPlan, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(copies))})
	changed, err := d.change(typeBackupPlan, id, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(nil))})
	require.NoError(t, err)
	require.NotEqual(t, plan["version"], changed["version"])
	_, err = d.change(typeBackupPlan, id, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(cloud.Map{"startWindow": 59.0}))})
	require.Equal(t, "InvalidParameterValueException", cloud.Code(err))
	require.NoError(t, d.gone(typeBackupPlan, id, cloud.Map{}))
}

func TestBackupRules(t *testing.T) {
	t.Parallel()
	d := withVault(t)
	lifecycle := func(cold, remove float64) cloud.Map {
		return cloud.Map{"coldStorageAfter": cold, "deleteAfter": remove}
	}
	copyTo := func(arn string, lifecycle cloud.Map) cloud.Map {
		return cloud.Map{"copyActions": cloud.List[any](cloud.Map{"destinationVaultArn": arn, "lifecycle": lifecycle})}
	}
	here := "arn:aws:backup:eu-central-1:111122223333:backup-vault:home"
	for text, bad := range map[string]cloud.Map{
		"no such vault":              {"targetVaultName": "none"},
		"starts too soon":            {"startWindow": 59.0},
		"ends too soon":              {"startWindow": 121.0, "completionWindow": 180.0},
		"never deleted":              {"lifecycle": lifecycle(0, 36501)},
		"deleted before":             {"lifecycle": lifecycle(0, -1)},
		"cold too late":              {"lifecycle": lifecycle(36501, 0)},
		"cold too short":             {"lifecycle": lifecycle(7, 96)},
		"continuous for ever":        {"enableContinuousBackup": true, "lifecycle": nil},
		"continuous without end":     {"enableContinuousBackup": true, "lifecycle": lifecycle(0, 0)},
		"continuous for too long":    {"enableContinuousBackup": true, "lifecycle": lifecycle(0, 36)},
		"continuous and cold":        {"enableContinuousBackup": true, "lifecycle": lifecycle(1, 35)},
		"no cron":                    {"schedule": "rate(1 day)"},
		"too often":                  {"schedule": "cron(0/30 * * * ? *)"},
		"no timezone":                {"scheduleExpressionTimezone": "Berlin time"},
		"copy to nowhere":            copyTo("arn:aws:backup:us-east-1:111122223333:backup-vault:home", lifecycle(0, 7)),
		"copy to a stranger":         copyTo("arn:aws:backup:eu-central-1:999999999999:backup-vault:home", lifecycle(0, 7)),
		"copy to no vault":           copyTo("arn:aws:s3:::home", lifecycle(0, 7)),
		"copy cold for a short time": copyTo(here, lifecycle(7, 96)),
	} {
		_, _, err := d.Create(context.Background(), home, typeBackupPlan, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(bad))})
		require.Equal(t, "InvalidParameterValueException", cloud.Code(err), "%s: %v", text, err)
		require.ErrorContains(t, err, "Error in some rules due to : ", text)
	}
	d.refused("InvalidParameterValueException", typeBackupPlan, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(nil), dailyRule(nil))})
	d.refused("InvalidParameterValueException", typeBackupPlan, cloud.Map{"name": "a plan", "rules": cloud.List[any](dailyRule(nil))})

	var rules, actions []any
	for i := range 11 {
		rules = append(rules, dailyRule(cloud.Map{"ruleName": strconv.Itoa(i)}))
	}
	for range 6 {
		actions = append(actions, cloud.Map{"destinationVaultArn": here})
	}
	d.refused("LimitExceededException", typeBackupPlan, cloud.Map{"name": "daily", "rules": rules})
	d.refused("LimitExceededException", typeBackupPlan, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(cloud.Map{"copyActions": actions}))})

	for i, good := range []cloud.Map{
		{"lifecycle": nil}, {"lifecycle": lifecycle(7, 97)}, {"lifecycle": lifecycle(7, 0)}, {"schedule": nil},
		{"enableContinuousBackup": true}, {"startWindow": 120.0}, copyTo(here, lifecycle(0, 7)), {"copyActions": actions[:5]},
	} {
		d.make(typeBackupPlan, cloud.Map{"name": "plan" + strconv.Itoa(i), "rules": cloud.List[any](dailyRule(good))})
	}
}

func TestBackupPlanChecks(t *testing.T) {
	t.Parallel()
	rules := func(changes cloud.Map) []any { return cloud.List[any](dailyRule(changes)) }
	refusesInputs(t, typeBackupPlan, cloud.Map{"name": "daily", "rules": rules(nil)}, []badInput{
		{"rules", rules(cloud.Map{"ruleName": ""})}, {"rules", rules(cloud.Map{"ruleName": strings.Repeat("a", 51)})}, {"rules", rules(cloud.Map{"ruleName": "a rule"})},
		{"rules", rules(cloud.Map{"targetVaultName": "a"})}, {"rules", rules(cloud.Map{"targetVaultName": "a.b"})},
		{"rules", rules(cloud.Map{"copyActions": cloud.List[any](cloud.Map{"destinationVaultArn": "home"})})},
		{"advancedBackupSettings", cloud.List[any](cloud.Map{"resourceType": "RDS"})},
	})
	require.Equal(t, []cloud.Problem{{Path: "rules", Reason: "missing required property"}}, cloud.KindOf(typeBackupPlan).Problems("eu-central-1", cloud.Map{"name": "a"}))
	require.True(t, cloud.KindOf(typeBackupPlan).Replaces("name"))
	require.False(t, cloud.KindOf(typeBackupPlan).Replaces("rules[0].schedule"))
}
