package backup

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Windows of a job. AWS gives up a job that has not started within the first, and one that is not done by the end of the
// second.
const (
	startWindowMinutes      = 60 // the shortest that AWS takes: a backup that is hours late is a reason to look
	completionWindowMinutes = 12 * 60
)

// managedPolicies are AWS's own for this role, by the suffix of the attachment's name. They grow with AWS Backup; rights
// written out here would one day be too few, and that shows when a backup is needed.
var managedPolicies = []struct {
	suffix string
	arn    iam.ManagedPolicy
}{
	{"backup", iam.ManagedPolicyAWSBackupServiceRolePolicyForBackup},
	{"restores", iam.ManagedPolicyAWSBackupServiceRolePolicyForRestores},
}

// serviceRole makes the role that AWS Backup takes, copies and restores recovery points with.
func (b *builder) serviceRole() error {
	role, err := iam.NewRole(b.ctx, b.name+"-role", &iam.RoleArgs{
		Description:      pulumi.Sprintf("AWS Backup for %s", b.args.Stack),
		AssumeRolePolicy: b.vault.Arn.ApplyT(trust).(pulumi.StringOutput),
	}, b.child)
	if err != nil {
		return err
	}
	for _, p := range managedPolicies {
		attachment, err := iam.NewRolePolicyAttachment(b.ctx, b.name+"-role-"+p.suffix, &iam.RolePolicyAttachmentArgs{
			Role:      role.Name,
			PolicyArn: p.arn,
		}, b.child)
		if err != nil {
			return err
		}
		if p.arn == iam.ManagedPolicyAWSBackupServiceRolePolicyForBackup {
			b.rights = append(b.rights, attachment)
		}
	}
	b.role, b.backup.RoleArn = role, role.Arn
	return nil
}

// daily makes the plan. It has no continuous backup, which would take over the cluster's own backup settings, and no cold
// storage, which there is none of for Aurora.
func (b *builder) daily() error {
	rule := backup.PlanRuleArgs{
		RuleName:         pulumi.String("daily"),
		TargetVaultName:  b.vault.Name,
		Schedule:         pulumi.String(b.args.Schedule),
		StartWindow:      pulumi.Int(startWindowMinutes),
		CompletionWindow: pulumi.Int(completionWindowMinutes),
		Lifecycle:        backup.PlanRuleLifecycleArgs{DeleteAfter: pulumi.Int(b.args.RetentionDays)},
	}
	if b.args.copies() {
		// Without a lifecycle of its own a copy would be kept for ever.
		rule.CopyActions = backup.PlanRuleCopyActionArray{backup.PlanRuleCopyActionArgs{
			DestinationVaultArn: b.copyVault.Arn,
			Lifecycle:           backup.PlanRuleCopyActionLifecycleArgs{DeleteAfter: pulumi.Int(b.args.CopyRetentionDays)},
		}}
	}
	var err error
	b.plan, err = backup.NewPlan(b.ctx, b.name+"-plan", &backup.PlanArgs{Rules: backup.PlanRuleArray{rule}}, b.child)
	if err != nil {
		return err
	}
	b.backup.PlanID = b.plan.ID().ToStringOutput()
	return nil
}

// selection assigns the tagged database clusters to the plan. Hosts, disks and buckets of a stack carry the same tags, so
// it asks for both: what matches the ARN and carries the tag (AWS Backup API, BackupSelection: conditions narrow the
// resources down; selection tags would add to them).
//
// AWS refuses a role that cannot look for resources yet, and one that lost its rights fails every job: the selection comes
// after them and goes before them.
func (b *builder) selection() error {
	_, err := backup.NewSelection(b.ctx, b.name+"-selection", &backup.SelectionArgs{
		PlanId:     b.plan.ID(),
		IamRoleArn: b.role.Arn,
		Resources:  pulumi.StringArray{b.vault.Arn.ApplyT(clusters).(pulumi.StringOutput)},
		Conditions: backup.SelectionConditionArray{backup.SelectionConditionArgs{
			StringEquals: backup.SelectionConditionStringEqualArray{backup.SelectionConditionStringEqualArgs{
				Key:   pulumi.String("aws:ResourceTag/" + b.args.TagKey),
				Value: pulumi.String(b.args.TagValue),
			}},
		}},
	}, b.child, pulumi.DependsOn(b.rights))
	return err
}
