package cluster

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// exec makes the log of ECS Exec's sessions, and the key for it and for the sessions themselves.
func (b *builder) exec() error {
	if b.args.ExecLogDays == 0 {
		return nil
	}
	group := fmt.Sprintf("/deepstreamhub/%s/%s-exec", b.args.Stack, b.name)
	document := b.hostArn.ApplyT(func(arn string) (string, error) {
		return sessionKeyPolicy(arn, b.args.Region, group)
	}).(pulumi.StringOutput)
	key, err := kms.NewKey(b.ctx, b.name+"-exec-key", &kms.KeyArgs{
		Description:          pulumi.Sprintf("Sessions of ECS Exec in %s", b.args.Stack),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30),
		Policy:               document,
	}, b.child)
	if err != nil {
		return err
	}
	if _, err := kms.NewAlias(b.ctx, b.name+"-exec-key-alias", &kms.AliasArgs{
		Name:        pulumi.Sprintf("alias/deepstreamhub/%s/%s-exec", b.args.Stack, b.name),
		TargetKeyId: key.KeyId,
	}, b.child); err != nil {
		return err
	}
	logs, err := cloudwatch.NewLogGroup(b.ctx, b.name+"-exec-logs", &cloudwatch.LogGroupArgs{
		Name:            pulumi.String(group),
		RetentionInDays: pulumi.Int(b.args.ExecLogDays),
		KmsKeyId:        key.Arn,
	}, b.child)
	if err != nil {
		return err
	}
	b.cluster.ExecLogGroupArn, b.cluster.ExecKeyArn = logs.Arn, key.Arn
	b.sessions = &ecs.ClusterConfigurationExecuteCommandConfigurationArgs{
		KmsKeyId: key.Arn,
		Logging:  pulumi.String("OVERRIDE"), // not into the container's own log, which applications read
		LogConfiguration: &ecs.ClusterConfigurationExecuteCommandConfigurationLogConfigurationArgs{
			CloudWatchEncryptionEnabled: pulumi.Bool(true),
			CloudWatchLogGroupName:      logs.Name,
		},
	}
	return nil
}

// sessionKeyPolicy lets the account's IAM policies say who uses the key, and CloudWatch Logs use it for one log group
// ("Encrypt log data in CloudWatch Logs using AWS KMS"). Partition and account are those of the hosts' role.
func sessionKeyPolicy(roleArn, region, group string) (string, error) {
	partition, account, err := ownerOf(roleArn)
	if err != nil {
		return "", err
	}
	return policy.LogKey(partition, region, account, group).JSON()
}

// ownerOf reads partition and account off a role's ARN.
func ownerOf(roleArn string) (partition, account string, err error) {
	parts := strings.SplitN(roleArn, ":", 6)
	if len(parts) != 6 || parts[2] != "iam" {
		return "", "", fmt.Errorf("read account: %q is not the ARN of a role", roleArn)
	}
	return parts[1], parts[4], nil
}
