package cluster

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// exec makes the log of ECS Exec's sessions, and the key for it and for the sessions themselves.
func (b *builder) exec() error {
	if b.args.ExecLogDays == 0 {
		return nil
	}
	logs, err := blocks.NewLogs(b.ctx, blocks.LogsArgs{
		Key: b.name + "-exec-key", Group: b.name + "-exec-logs",
		Prefix: b.args.NamePrefix, Stack: b.args.Stack, Alias: b.name + "-exec", Description: "Sessions of ECS Exec in " + b.args.Stack,
		Name: pulumi.String("/" + blocks.Name(b.ctx, b.args.NamePrefix, b.args.Stack, b.name+"-exec")),
		Days: b.args.ExecLogDays, Region: b.args.Region, Near: b.hostArn,
	}, b.child)
	if err != nil {
		return err
	}
	b.cluster.ExecLogGroupArn, b.cluster.ExecKeyArn = logs.Group.Arn, logs.Key.Arn
	b.sessions = &ecs.ClusterConfigurationExecuteCommandConfigurationArgs{
		KmsKeyId: logs.Key.Arn,
		Logging:  pulumi.String("OVERRIDE"), // not into the container's own log, which applications read
		LogConfiguration: &ecs.ClusterConfigurationExecuteCommandConfigurationLogConfigurationArgs{
			CloudWatchEncryptionEnabled: pulumi.Bool(true),
			CloudWatchLogGroupName:      logs.Group.Name,
		},
	}
	return nil
}

// performanceDays is how long Container Insights' own records are kept: its metrics, which alarms and people look at, are
// made of them within the minute. It is what ECS gives the group when it makes it itself.
const performanceDays = 1

// insights makes the log group in which Container Insights records, before anything does: ECS would make it itself, out of
// the stack's sight and without a key.
func (b *builder) insights() error {
	logs, err := blocks.NewLogs(b.ctx, blocks.LogsArgs{
		Key: b.name + "-insights-key", Group: b.name + "-insights-logs",
		Prefix: b.args.NamePrefix, Stack: b.args.Stack, Alias: b.name + "-insights", Description: "Container Insights of " + b.args.Stack,
		Name: pulumi.Sprintf("/aws/ecs/containerinsights/%s/performance", b.ecs.Name),
		Days: performanceDays, Region: b.args.Region, Near: b.hostArn,
	}, b.child)
	if err != nil {
		return err
	}
	b.boot = append(b.boot, logs.Group)
	return nil
}
