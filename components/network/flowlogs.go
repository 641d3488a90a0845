package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
	"github.com/deepstreamhub/platform/internal/policy"
)

const (
	flowsSuffix = "-flows"
	maxName     = 64 - blocks.AutoName - len(flowsSuffix) // IAM's limit for the role
)

// flowLogs makes the record of who talked to whom: a log group with a key of its own, the role that writes to it, and
// the VPC's flow log.
func (b *builder) flowLogs() error {
	if !b.args.flowLogs() {
		return nil
	}
	group, err := b.flowGroup()
	if err != nil {
		return err
	}
	role, err := iam.NewRole(b.ctx, b.name+flowsSuffix, &iam.RoleArgs{
		Description:      pulumi.String("Flow logs of the VPC"),
		AssumeRolePolicy: b.document(place.flowTrust),
	}, b.child)
	if err != nil {
		return err
	}
	write, err := iam.NewRolePolicy(b.ctx, b.name+"-flows", &iam.RolePolicyArgs{
		Role:   role.Name,
		Policy: b.document(func(p place) (string, error) { return p.flowPermissions(b.flowGroupName()) }),
	}, b.child)
	if err != nil {
		return err
	}
	_, err = ec2.NewFlowLog(b.ctx, b.name+"-flows", &ec2.FlowLogArgs{
		VpcId:                  b.vpc.ID(),
		TrafficType:            pulumi.String("ALL"), // accepted traffic is what an investigation asks for
		LogDestinationType:     pulumi.String("cloud-watch-logs"),
		LogDestination:         group.Arn,
		IamRoleArn:             role.Arn,
		MaxAggregationInterval: pulumi.Int(60), // seconds; the other choice is 600, by when an incident has moved on
	}, b.child, pulumi.DependsOn([]pulumi.Resource{write}))
	return err
}

func (b *builder) flowGroupName() string {
	return "/" + blocks.Name(b.ctx, b.args.NamePrefix, b.args.Stack, b.name)
}

// flowGroup makes the log group and its key.
func (b *builder) flowGroup() (*cloudwatch.LogGroup, error) {
	logs, err := blocks.NewLogs(b.ctx, blocks.LogsArgs{
		Key: b.name + "-flows-key", Group: b.name + "-flows",
		Prefix: b.args.NamePrefix, Stack: b.args.Stack, Alias: b.name, Description: fmt.Sprintf("Flow logs of %s in %s", b.name, b.args.Stack),
		Name: pulumi.String(b.flowGroupName()), Days: b.args.FlowLogRetentionDays, Region: b.args.Region, Near: b.vpc.Arn,
	}, b.child)
	if err != nil {
		return nil, err
	}
	return logs.Group, nil
}

// flowTrust lets the flow logs of this account and region use the role, and nobody else's ("IAM role for publishing
// flow logs to CloudWatch Logs", Amazon VPC User Guide).
func (p place) flowTrust() (string, error) {
	document, err := policy.TrustService("vpc-flow-logs.amazonaws.com", policy.Source{
		Account: p.Account, ARN: p.Near("ec2", "vpc-flow-log/*"),
	})
	if err != nil {
		return "", err
	}
	return document.JSON()
}

// flowPermissions is what the same page asks for, on the one group. The group exists, so it need not be created.
func (p place) flowPermissions(group string) (string, error) {
	return policy.Document{Statements: []policy.Statement{
		{
			Sid:       "Write",
			Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"},
			Resources: policy.On(p.Near("logs", "log-group:"+group+":*")),
		},
		{
			Sid:       "Find",
			Actions:   []string{"logs:DescribeLogGroups"},
			Resources: policy.On(p.Near("logs", "log-group:*")), // it lists groups, so it takes no single one
		},
	}}.JSON()
}
