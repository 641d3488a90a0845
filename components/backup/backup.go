package backup

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:backup:Backup"

// Backup is a daily plan and the vaults that it fills.
type Backup struct {
	pulumi.ResourceState

	VaultName pulumi.StringOutput // dimension BackupVaultName of the region's AWS/Backup metrics
	VaultArn  pulumi.StringOutput
	PlanID    pulumi.StringOutput
	RoleArn   pulumi.StringOutput // what AWS Backup acts with, for restores as well

	CopyVaultName pulumi.StringOutput // in Args.CopyRegion; empty without copies
	CopyVaultArn  pulumi.StringOutput // empty without copies
}

// builder holds what the steps of New hand to each other.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   *Args
	child  pulumi.ResourceOption // makes a resource a child of the backup
	backup *Backup

	vault     *backup.Vault
	copyVault *backup.Vault // nil without copies
	role      *iam.Role
	rights    []pulumi.Resource // what gives the role its rights
	plan      *backup.Plan
}

// New registers a Backup. It refuses invalid arguments before registering anything.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Backup, error) {
	if err := args.Validate(name); err != nil {
		return nil, fmt.Errorf("create backup %s: %w", name, err)
	}
	k := &Backup{}
	if err := blocks.Register(ctx, Type, name, args, args.Tags, k, opts); err != nil {
		return nil, fmt.Errorf("create backup %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(k), backup: k}
	for _, step := range []func() error{b.vaults, b.serviceRole, b.daily, b.selection} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("create backup %s: %w", name, err)
		}
	}
	return k, ctx.RegisterResourceOutputs(k, pulumi.Map{
		"vaultName":     k.VaultName,
		"vaultArn":      k.VaultArn,
		"planId":        k.PlanID,
		"roleArn":       k.RoleArn,
		"copyVaultName": k.CopyVaultName,
		"copyVaultArn":  k.CopyVaultArn,
	})
}
