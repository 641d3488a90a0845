// Package blocks holds what several tiers are built from in the same way: resources that belong together, under names that
// the tier gives. It decides nothing that a tier would decide differently, and knows no tier.
package blocks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// LogsArgs is what an encrypted log group is made from.
type LogsArgs struct {
	Key, Group string // logical names of key and group; the alias is the key's with -alias

	Prefix      string             // of the key's alias; empty: the project's name
	Stack       string             // whose it is
	Alias       string             // what the key is called in the stack: alias/<prefix>/<stack>/<alias>
	Description string             // of the key
	Name        pulumi.StringInput // the group's
	Days        int                // how long it is kept, as CloudWatch Logs takes it

	Region string             // where it is
	Near   pulumi.StringInput // ARN of anything in the same account and, if it is of a region, in Region
}

// Logs is an encrypted log group and its key.
type Logs struct {
	Group *cloudwatch.LogGroup
	Key   *kms.Key
}

// NewLogs registers a log group that is kept for some days, and a key of its own that CloudWatch Logs may use for it alone.
func NewLogs(ctx *pulumi.Context, a LogsArgs, opts ...pulumi.ResourceOption) (*Logs, error) {
	key, err := NewLogKey(ctx, a, opts...)
	if err != nil {
		return nil, err
	}
	group, err := NewLogGroup(ctx, a, key, opts...)
	return &Logs{group, key}, err
}

// NewLogKey registers the key alone. The name may hold * where letters of the group's name are not known yet.
func NewLogKey(ctx *pulumi.Context, a LogsArgs, opts ...pulumi.ResourceOption) (*kms.Key, error) {
	document := pulumi.All(a.Near, a.Name).ApplyT(func(values []any) (string, error) {
		near, err := policy.ParseARN(values[0].(string), "", "")
		if err != nil {
			return "", err
		}
		if near.Region != "" && near.Region != a.Region {
			return "", fmt.Errorf("read account: %s is in %s, not in %s", values[0], near.Region, a.Region)
		}
		return policy.LogKey(near.Partition, a.Region, near.Account, values[1].(string)).JSON()
	}).(pulumi.StringOutput)
	return NewKey(ctx, KeyArgs{Name: a.Key, Prefix: a.Prefix, Stack: a.Stack, Alias: a.Alias, Description: a.Description, Policy: document}, opts...)
}

// NewLogGroup registers the group alone.
func NewLogGroup(ctx *pulumi.Context, a LogsArgs, key *kms.Key, opts ...pulumi.ResourceOption) (*cloudwatch.LogGroup, error) {
	return cloudwatch.NewLogGroup(ctx, a.Group, &cloudwatch.LogGroupArgs{
		Name:            a.Name.ToStringOutput(),
		RetentionInDays: pulumi.Int(a.Days),
		KmsKeyId:        key.Arn,
	}, opts...)
}
