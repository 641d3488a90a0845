package service

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// document writes a policy once it is known where the service runs.
func (b *builder) document(write func(place) (string, error)) pulumi.StringOutput {
	return b.args.ClusterArn.ToStringOutput().ApplyT(func(clusterArn string) (string, error) {
		p, err := placeOf(clusterArn)
		if err != nil {
			return "", err
		}
		if p.Region != b.args.Region {
			return "", fmt.Errorf("read account: the cluster is in %s, not in %s", p.Region, b.args.Region)
		}
		return write(p)
	}).(pulumi.StringOutput)
}

// logging makes the log group and its key.
func (b *builder) logging() error {
	logs, err := blocks.NewLogs(b.ctx, blocks.LogsArgs{
		Key: b.name + "-logs-key", Group: b.name + "-logs",
		Prefix: b.args.NamePrefix, Stack: b.args.Stack, Alias: b.name, Description: fmt.Sprintf("Logs of %s in %s", b.name, b.args.Stack),
		Name: pulumi.String("/" + blocks.Name(b.ctx, b.args.NamePrefix, b.args.Stack, b.name)),
		Days: b.args.LogRetentionDays, Region: b.args.Region, Near: b.args.ClusterArn,
	}, b.child)
	if err != nil {
		return err
	}
	b.logs = logs.Group
	b.service.LogGroupName = b.logs.Name
	return nil
}

// roles makes the role that ECS runs tasks with and the one that the tasks themselves have.
func (b *builder) roles() error {
	trust := b.document(place.trust)
	var err error
	b.execution, err = iam.NewRole(b.ctx, b.name+"-execution", &iam.RoleArgs{
		Description:      pulumi.Sprintf("ECS starting tasks of %s", b.name),
		AssumeRolePolicy: trust,
	}, b.child)
	if err != nil {
		return err
	}
	// Its only rights are those that ECS Exec, the drain and changed passwords need. Without a role of its own the container
	// could look for others'.
	b.task, err = iam.NewRole(b.ctx, b.name+"-task", &iam.RoleArgs{
		Description:      pulumi.Sprintf("Tasks of %s", b.name),
		AssumeRolePolicy: trust,
	}, b.child)
	if err != nil {
		return err
	}
	b.rights, err = iam.NewRolePolicy(b.ctx, b.name+"-execution", &iam.RolePolicyArgs{
		Role:   b.execution.Name,
		Policy: b.needing(place.executionPolicy),
	}, b.child)
	if err != nil {
		return err
	}
	if err := b.secretRights(); err != nil {
		return err
	}
	if err := b.targetRights(); err != nil {
		return err
	}
	return b.execRights()
}

// needing writes a policy once it is known what a task needs.
func (b *builder) needing(write func(place, needs) (string, error)) pulumi.StringOutput {
	secretArns := pulumi.StringArray{}
	for _, secret := range b.args.Secrets {
		secretArns = append(secretArns, secret.Arn) // in any order: the document sorts them
	}
	return pulumi.All(b.args.ClusterArn, b.logs.Arn, secretArns, pulumi.StringArray(b.args.SecretKeyArns)).ApplyT(
		func(values []any) (string, error) {
			p, err := placeOf(values[0].(string))
			if err != nil {
				return "", err
			}
			return write(p, needs{
				image:       b.args.Image,
				logGroupArn: values[1].(string),
				secretArns:  values[2].([]string),
				keyArns:     values[3].([]string),
			})
		}).(pulumi.StringOutput)
}

// secretRights lets the tasks read their secrets again. Nothing waits for it: they start with what ECS has read.
func (b *builder) secretRights() error {
	if !b.args.ReadsSecrets || len(b.args.Secrets) == 0 {
		return nil
	}
	_, err := iam.NewRolePolicy(b.ctx, b.name+"-secrets", &iam.RolePolicyArgs{
		Role: b.task.Name, Policy: b.needing(place.secretPolicy),
	}, b.child)
	return err
}

// targetRights lets the tasks notice that they leave. Nothing waits for it: they ask again and again.
func (b *builder) targetRights() error {
	if !b.args.WatchesTarget {
		return nil
	}
	_, err := iam.NewRolePolicy(b.ctx, b.name+"-target", &iam.RolePolicyArgs{
		Role: b.task.Name, Policy: b.document(place.targetPolicy),
	}, b.child)
	return err
}

// execRights lets the containers' agent serve ECS Exec.
func (b *builder) execRights() error {
	if b.args.Exec == nil {
		return nil
	}
	rights := pulumi.All(b.args.ClusterArn, b.args.Exec.LogGroupArn, b.args.Exec.KeyArn).ApplyT(func(values []any) (string, error) {
		p, err := placeOf(values[0].(string))
		if err != nil {
			return "", err
		}
		return p.execPolicy(values[1].(string), values[2].(string))
	}).(pulumi.StringOutput)
	attached, err := iam.NewRolePolicy(b.ctx, b.name+"-exec", &iam.RolePolicyArgs{Role: b.task.Name, Policy: rights}, b.child)
	b.first = append(b.first, attached)
	return err
}
