package backup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/backup"
	"github.com/deepstreamhub/platform/components/componenttest"
)

// change alters the arguments of a test. The provider for copies can only come from the program.
type change func(a *backup.Args, second *aws.Provider)

func withCopies(a *backup.Args, second *aws.Provider) {
	a.CopyProvider, a.CopyRegion, a.CopyRetentionDays = second, "eu-west-1", 90
}

func kept(a *backup.Args, _ *aws.Provider) { a.Keep = true }

func locked(a *backup.Args, _ *aws.Provider) {
	a.Keep, a.Lock = true, &backup.Lock{MinRetentionDays: 7, MaxRetentionDays: 400, ChangeableForDays: 3}
}

func args() *backup.Args {
	return &backup.Args{
		Stack: "prod-eu", Region: "eu-central-1", TagKey: "stack", TagValue: "prod-eu",
		Schedule: "cron(0 5 * * ? *)", RetentionDays: 35,
	}
}

func newRecorder() *componenttest.Recorder {
	r := componenttest.New()
	region := func(name string) string {
		if strings.Contains(name, "copy") {
			return "eu-west-1"
		}
		return "eu-central-1"
	}
	r.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:kms/key:Key":   func(r componenttest.Resource) resource.PropertyMap { return named("keyId", r) },
		"aws:iam/role:Role": func(r componenttest.Resource) resource.PropertyMap { return named("name", r) },
		"aws:backup/vault:Vault": func(r componenttest.Resource) resource.PropertyMap {
			out := named("name", r)
			out["arn"] = resource.NewProperty(fmt.Sprintf("arn:aws:backup:%s:111122223333:backup-vault:%s", region(r.Name), r.Name))
			return out
		},
	}
	return r
}

func named(property resource.PropertyKey, r componenttest.Resource) resource.PropertyMap {
	return resource.PropertyMap{property: resource.NewProperty(r.Name + "-made")}
}

func program(changes []change, look func(*backup.Backup)) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		home, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		second, err := aws.NewProvider(ctx, "second", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		a := args()
		for _, c := range changes {
			c(a, second)
		}
		b, err := backup.New(ctx, "backup", a, pulumi.Providers(home), pulumi.Protect(true))
		if err == nil && look != nil {
			look(b)
		}
		return err
	}
}

func run(t *testing.T, changes ...change) []componenttest.Resource {
	t.Helper()
	resources, err := newRecorder().Run(program(changes, nil))
	require.NoError(t, err)
	return resources
}

func TestResources(t *testing.T) {
	t.Parallel()
	common := []string{
		"aws:backup/plan:Plan backup-plan",
		"aws:backup/selection:Selection backup-selection",
		"aws:backup/vault:Vault backup-vault",
		"aws:iam/role:Role backup-role",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment backup-role-backup",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment backup-role-restores",
		"aws:kms/alias:Alias backup-key-alias",
		"aws:kms/key:Key backup-key",
		"deepstreamhub:backup:Backup backup",
		"pulumi:providers:aws aws",
		"pulumi:providers:aws second",
	}
	for name, tc := range map[string]struct {
		changes []change
		more    []string
	}{
		"alone": {nil, nil},
		"copied": {[]change{withCopies}, []string{
			"aws:backup/vault:Vault backup-copy-vault", "aws:kms/alias:Alias backup-copy-key-alias", "aws:kms/key:Key backup-copy-key",
		}},
		"kept": {[]change{kept}, []string{"aws:backup/vaultPolicy:VaultPolicy backup-vault-policy"}},
		"copied, kept and locked": {[]change{withCopies, locked}, []string{
			"aws:backup/vault:Vault backup-copy-vault", "aws:kms/alias:Alias backup-copy-key-alias", "aws:kms/key:Key backup-copy-key",
			"aws:backup/vaultPolicy:VaultPolicy backup-vault-policy", "aws:backup/vaultPolicy:VaultPolicy backup-copy-vault-policy",
			"aws:backup/vaultLockConfiguration:VaultLockConfiguration backup-vault-lock",
			"aws:backup/vaultLockConfiguration:VaultLockConfiguration backup-copy-vault-lock",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resources := run(t, tc.changes...)
			require.ElementsMatch(t, append(tc.more, common...), componenttest.Names(resources))
			for _, r := range resources {
				if !strings.HasPrefix(r.Type, "aws:") {
					continue
				}
				require.Equal(t, "backup", r.Parent, r.Name)
				require.True(t, r.Protect, "%s must inherit the component's protection", r.Name)
				provider := "::aws::"
				if strings.HasPrefix(r.Name, "backup-copy-") {
					provider = "::second::"
				}
				require.Contains(t, r.Provider, provider, r.Name)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	rule := map[string]any{
		"ruleName":         "daily",
		"targetVaultName":  "backup-vault-made",
		"schedule":         "cron(0 5 * * ? *)",
		"startWindow":      60.0,
		"completionWindow": 720.0,
		"lifecycle":        map[string]any{"deleteAfter": 35.0},
	}
	plan := componenttest.Find(t, run(t), "aws:backup/plan:Plan", "backup-plan").Plain()
	require.Empty(t, cmp.Diff(map[string]any{"rules": []any{rule}}, plan))

	rule["copyActions"] = []any{map[string]any{
		"destinationVaultArn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:backup-copy-vault",
		"lifecycle":           map[string]any{"deleteAfter": 90.0},
	}}
	plan = componenttest.Find(t, run(t, withCopies), "aws:backup/plan:Plan", "backup-plan").Plain()
	require.Empty(t, cmp.Diff(map[string]any{"rules": []any{rule}}, plan))
}

func TestSelectionTakesTaggedClustersOnly(t *testing.T) {
	t.Parallel()
	selection := componenttest.Find(t, run(t), "aws:backup/selection:Selection", "backup-selection")
	require.Empty(t, cmp.Diff(map[string]any{
		"planId":     "backup-plan-id",
		"iamRoleArn": "arn:aws:mock:::backup-role",
		"resources":  []any{"arn:aws:rds:*:*:cluster:*"},
		"conditions": []any{map[string]any{
			"stringEquals": []any{map[string]any{"key": "aws:ResourceTag/stack", "value": "prod-eu"}},
		}},
	}, selection.Plain()), "selection tags would add what else carries the tag")
	require.Contains(t, selection.Dependencies, "backup-role-backup", "AWS refuses a role without its rights")
}

func TestRole(t *testing.T) {
	t.Parallel()
	resources := run(t)
	role := componenttest.Find(t, resources, "aws:iam/role:Role", "backup-role").Plain()
	require.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["backup.amazonaws.com"]},
		"Action":["sts:AssumeRole"],"Condition":{"StringEqualsIfExists":{"aws:SourceAccount":["111122223333"]}}}]}`, role["assumeRolePolicy"].(string))
	for suffix, policy := range map[string]string{"backup": "ForBackup", "restores": "ForRestores"} {
		in := componenttest.Find(t, resources, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "backup-role-"+suffix).Plain()
		require.Equal(t, "backup-role-made", in["role"])
		require.Equal(t, "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicy"+policy, in["policyArn"])
	}
}

func TestVaultsHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	resources := run(t, withCopies)
	for _, name := range []string{"backup", "backup-copy"} {
		vault := componenttest.Find(t, resources, "aws:backup/vault:Vault", name+"-vault").Plain()
		require.Equal(t, "arn:aws:mock:::"+name+"-key", vault["kmsKeyArn"])
		key := componenttest.Find(t, resources, "aws:kms/key:Key", name+"-key").Plain()
		require.Equal(t, true, key["enableKeyRotation"])
		require.Equal(t, 30.0, key["deletionWindowInDays"])
		alias := componenttest.Find(t, resources, "aws:kms/alias:Alias", name+"-key-alias").Plain()
		require.Equal(t, "alias/deepstreamhub/prod-eu/backup", alias["name"], "aliases are per region")
		require.Equal(t, name+"-key-made", alias["targetKeyId"])
	}
}

// What is kept outlives the stack; all else, the alias that the next stack of the name needs above all, goes with it.
func TestKeep(t *testing.T) {
	t.Parallel()
	for keep, changes := range map[bool][]change{true: {withCopies, locked}, false: {withCopies}} {
		for _, r := range run(t, changes...) {
			stays := keep && (r.Type == "aws:backup/vault:Vault" || r.Type == "aws:kms/key:Key")
			require.Equal(t, stays, r.RPC.GetRetainOnDelete(), r.Name)
			require.Equal(t, stays, r.RPC.RetainOnDelete != nil, "%s: a false would win over the RetainOnDelete of the component", r.Name)
			if r.Type == "aws:backup/vault:Vault" {
				require.Equal(t, !keep, r.Plain()["forceDestroy"], r.Name)
			}
		}
	}
}

// Policy and lock stay with a vault that is retained, and can be taken off one that is in use.
func TestPolicyAndLockGoWithTheVault(t *testing.T) {
	t.Parallel()
	resources := run(t, withCopies, locked)
	for _, vault := range []string{"backup-vault", "backup-copy-vault"} {
		policy := componenttest.Find(t, resources, "aws:backup/vaultPolicy:VaultPolicy", vault+"-policy")
		require.Contains(t, policy.RPC.GetDeletedWith(), "::"+vault)
		require.Equal(t, vault+"-made", policy.Plain()["backupVaultName"])
		require.JSONEq(t, `{"Version":"2012-10-17","Statement":[{"Sid":"KeepRecoveryPoints","Effect":"Deny","Principal":"*",
			"Action":["backup:DeleteRecoveryPoint","backup:UpdateRecoveryPointLifecycle"],"Resource":["*"]}]}`, policy.Plain()["policy"].(string))

		lock := componenttest.Find(t, resources, "aws:backup/vaultLockConfiguration:VaultLockConfiguration", vault+"-lock")
		require.Contains(t, lock.RPC.GetDeletedWith(), "::"+vault)
		require.True(t, lock.RPC.GetDeleteBeforeReplace(), "deleting the old lock last would leave the vault unlocked")
		require.Empty(t, cmp.Diff(map[string]any{
			"backupVaultName": vault + "-made", "minRetentionDays": 7.0, "maxRetentionDays": 400.0, "changeableForDays": 3.0,
		}, lock.Plain()))
	}
	open := run(t, locked, func(a *backup.Args, _ *aws.Provider) { a.Lock = &backup.Lock{} })
	lock := componenttest.Find(t, open, "aws:backup/vaultLockConfiguration:VaultLockConfiguration", "backup-vault-lock")
	require.Equal(t, map[string]any{"backupVaultName": "backup-vault-made"}, lock.Plain(), "AWS takes no zero")
}

func TestHandedOn(t *testing.T) {
	t.Parallel()
	outputs := func(changes ...change) []string {
		var got []string
		_, err := newRecorder().Run(program(changes, func(b *backup.Backup) {
			done := make(chan struct{})
			pulumi.All(b.VaultName, b.VaultArn, b.PlanID, b.RoleArn, b.CopyVaultName, b.CopyVaultArn).ApplyT(func(values []any) int {
				defer close(done)
				for _, v := range values {
					got = append(got, v.(string))
				}
				return 0
			})
			<-done
		}))
		require.NoError(t, err)
		return got
	}
	home := []string{"backup-vault-made", "arn:aws:backup:eu-central-1:111122223333:backup-vault:backup-vault", "backup-plan-id", "arn:aws:mock:::backup-role"}
	require.Equal(t, append(home, "", ""), outputs())
	require.Equal(t, append(home, "backup-copy-vault-made", "arn:aws:backup:eu-west-1:111122223333:backup-vault:backup-copy-vault"), outputs(withCopies))
}

func TestPreviewKnowsNothingOfTheVaults(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	r.Preview = true
	resources, err := r.Run(program([]change{withCopies}, nil))
	require.NoError(t, err)
	for _, p := range []struct {
		typ, name string
		property  resource.PropertyKey
	}{
		{"aws:iam/role:Role", "backup-role", "assumeRolePolicy"},
		{"aws:backup/plan:Plan", "backup-plan", "rules"},
		{"aws:backup/selection:Selection", "backup-selection", "resources"},
	} {
		require.True(t, componenttest.Find(t, resources, p.typ, p.name).Inputs[p.property].ContainsUnknowns(), p.name)
	}
}
