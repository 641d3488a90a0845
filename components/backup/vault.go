package backup

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// vaults makes the region's vault and the one that copies go to.
func (b *builder) vaults() error {
	var err error
	b.vault, err = b.vaultNamed(b.name, fmt.Sprintf("Backups of %s", b.args.Stack))
	if err != nil {
		return err
	}
	b.backup.VaultName, b.backup.VaultArn = b.vault.Name, b.vault.Arn

	none := pulumi.String("").ToStringOutput()
	b.backup.CopyVaultName, b.backup.CopyVaultArn = none, none
	if !b.args.copies() {
		return nil
	}
	b.copyVault, err = b.vaultNamed(b.name+"-copy", fmt.Sprintf("Copies of backups of %s in %s", b.args.Stack, b.args.Region),
		pulumi.Provider(b.args.CopyProvider))
	if err != nil {
		return err
	}
	b.backup.CopyVaultName, b.backup.CopyVaultArn = b.copyVault.Name, b.copyVault.Arn
	return nil
}

// vaultNamed makes a vault, its key and what protects it, in the region of the provider among the options, if there is
// one.
//
// What is kept is retained by the engine rather than guarded from it: a region has to go down in one run, and AWS refuses
// to delete a vault that holds anything. Policy and lock are deleted with the vault, which for one that is retained means
// never; taken out of the program while the vault stays, they are deleted.
func (b *builder) vaultNamed(name, description string, where ...pulumi.ResourceOption) (*backup.Vault, error) {
	options := func(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
		return append(append([]pulumi.ResourceOption{b.child}, where...), more...)
	}
	kept := blocks.Kept(b.args.Keep)
	// The key's policy stays AWS's default, which leaves access to the account's IAM policies: AWS Backup uses the key with
	// the rights of its role.
	key, err := kms.NewKey(b.ctx, name+"-key", &kms.KeyArgs{
		Description:          pulumi.String(description),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30), // the longest: without the key every copy is lost
	}, options(kept...)...)
	if err != nil {
		return nil, err
	}
	if _, err := kms.NewAlias(b.ctx, name+"-key-alias", &kms.AliasArgs{
		Name:        pulumi.String("alias/" + blocks.Name(b.ctx, b.args.NamePrefix, b.args.Stack, b.name)),
		TargetKeyId: key.KeyId,
	}, options()...); err != nil {
		return nil, err
	}
	vault, err := backup.NewVault(b.ctx, name+"-vault", &backup.VaultArgs{
		KmsKeyArn:    key.Arn,
		ForceDestroy: pulumi.Bool(!b.args.Keep),
	}, options(kept...)...)
	if err != nil || !b.args.Keep {
		return vault, err
	}
	document, err := keepPoints()
	if err != nil {
		return nil, err
	}
	if _, err := backup.NewVaultPolicy(b.ctx, name+"-vault-policy", &backup.VaultPolicyArgs{
		BackupVaultName: vault.Name,
		Policy:          pulumi.String(document),
	}, options(pulumi.DeletedWith(vault))...); err != nil {
		return nil, err
	}
	return vault, b.lock(name+"-vault-lock", vault, options(pulumi.DeletedWith(vault)))
}

// lock locks a vault. AWS holds one lock for a vault: were a changed lock made before the old one is deleted, as usual, the
// deletion would unlock the vault.
func (b *builder) lock(name string, vault *backup.Vault, options []pulumi.ResourceOption) error {
	if b.args.Lock == nil {
		return nil
	}
	_, err := backup.NewVaultLockConfiguration(b.ctx, name, &backup.VaultLockConfigurationArgs{
		BackupVaultName:   vault.Name,
		MinRetentionDays:  days(b.args.Lock.MinRetentionDays),
		MaxRetentionDays:  days(b.args.Lock.MaxRetentionDays),
		ChangeableForDays: days(b.args.Lock.ChangeableForDays),
	}, append(options, pulumi.DeleteBeforeReplace(true))...)
	return err
}

// days leaves out what is 0: AWS takes no such number.
func days(n int) pulumi.IntPtrInput {
	if n == 0 {
		return nil
	}
	return pulumi.Int(n)
}
