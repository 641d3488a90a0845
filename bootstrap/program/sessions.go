package program

import (
	"encoding/json"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// sessionPreferences is the document in which Session Manager looks for an account's preferences in a region (Systems
// Manager User Guide, "Update Session Manager preferences using the command line").
const sessionPreferences = "SSM-SessionManagerRunShell"

// sessions has Session Manager log what is typed on hosts and end what nobody uses. There is one document of
// preferences in an account and region, so no stack of a region can own it.
func (a *account) sessions() error {
	if !*a.cfg.Baseline.Sessions {
		return nil
	}
	parent, err := a.part("Sessions")
	if err != nil {
		return err
	}
	for _, region := range a.cfg.Account.Regions {
		if err := a.sessionsOf(region, parent); err != nil {
			return err
		}
	}
	return nil
}

func (a *account) sessionsOf(region string, parent pulumi.ResourceOption) error {
	use, err := policy.LogKey("aws", region, a.cfg.Account.ID, a.cfg.Organisation.SessionsLog()).JSON()
	if err != nil {
		return err
	}
	key, err := a.keyWith("sessions-key-"+region, "sessions on hosts", use, a.in(region, parent))
	if err != nil {
		return err
	}
	_, err = kms.NewAlias(a.ctx, "sessions-alias-"+region, &kms.AliasArgs{Name: pulumi.String(a.cfg.Organisation.SessionsKey()), TargetKeyId: key.KeyId}, a.in(region, parent)...)
	if err != nil {
		return err
	}
	logs, err := cloudwatch.NewLogGroup(a.ctx, "sessions-log-"+region, &cloudwatch.LogGroupArgs{
		Name: pulumi.String(a.cfg.Organisation.SessionsLog()), KmsKeyId: key.Arn, RetentionInDays: pulumi.Int(a.cfg.Baseline.SessionLogDays),
	}, a.in(region, parent)...)
	if err != nil {
		return err
	}
	content, err := json.Marshal(map[string]any{
		"schemaVersion": "1.0", "description": "Sessions on the platform's hosts are logged", "sessionType": "Standard_Stream",
		"inputs": map[string]any{
			"cloudWatchLogGroupName": a.cfg.Organisation.SessionsLog(), "cloudWatchEncryptionEnabled": true, "cloudWatchStreamingEnabled": true,
			"idleSessionTimeout": "20", "maxSessionDuration": "240", "runAsEnabled": false,
		},
	})
	if err != nil {
		return err
	}
	name := "sessions-" + region
	_, err = ssm.NewDocument(a.ctx, name, &ssm.DocumentArgs{
		Name: pulumi.String(sessionPreferences), DocumentType: pulumi.String("Session"), DocumentFormat: pulumi.String("JSON"),
		Content: pulumi.String(content),
	}, a.in(region, parent, append(a.adopted(name), pulumi.DependsOn([]pulumi.Resource{logs}))...)...)
	return err
}
