package cluster

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// hostPolicies are what a host may do, by the suffix of the attachment's name: be a container instance, and let an
// operator in through Session Manager, since no port and no key does.
var hostPolicies = []struct {
	suffix string
	arn    iam.ManagedPolicy
}{
	{"ecs", iam.ManagedPolicyAmazonEC2ContainerServiceforEC2Role},
	{"ssm", iam.ManagedPolicyAmazonSSMManagedInstanceCore},
}

const hostSuffix = "-host"

// role makes the hosts' role and the profile that hands it to them.
func (b *builder) role() error {
	trust, err := policy.TrustService("ec2.amazonaws.com", policy.Source{})
	if err != nil {
		return err
	}
	document, err := trust.JSON()
	if err != nil {
		return err
	}
	role, err := iam.NewRole(b.ctx, b.name+hostSuffix, &iam.RoleArgs{
		Description:      pulumi.String("Container hosts"),
		AssumeRolePolicy: pulumi.String(document),
	}, b.child)
	if err != nil {
		return err
	}
	b.hostArn, b.hostRole = role.Arn, role
	for _, p := range hostPolicies {
		attachment, err := iam.NewRolePolicyAttachment(b.ctx, b.name+"-host-"+p.suffix, &iam.RolePolicyAttachmentArgs{
			Role:      role.Name,
			PolicyArn: p.arn,
		}, b.child)
		if err != nil {
			return err
		}
		if p.arn == iam.ManagedPolicyAmazonEC2ContainerServiceforEC2Role {
			// A host that boots before it may register gives up, and one that loses the right too early never leaves.
			b.boot = append(b.boot, attachment)
		}
	}
	b.profile, err = iam.NewInstanceProfile(b.ctx, b.name+"-host-profile", &iam.InstanceProfileArgs{
		Role: role.Name,
	}, b.child)
	return err
}

// sessionLog lets the hosts write Session Manager's log. It is their agent that writes it, and one that may not refuses
// the session ("Create a custom IAM role for Session Manager", AWS Systems Manager User Guide). The log is encrypted by
// CloudWatch Logs, so that hosts need no right on its key.
func (b *builder) sessionLog() error {
	if b.args.SessionLog == "" {
		return nil
	}
	document := b.hostArn.ApplyT(func(arn string) (string, error) { return sessionRights(arn, b.args.Region, b.args.SessionLog) })
	_, err := iam.NewRolePolicy(b.ctx, b.name+"-host-sessions", &iam.RolePolicyArgs{
		Role: b.hostRole.Name, Policy: document.(pulumi.StringOutput),
	}, b.child)
	return err
}

// sessionRights are the rights to write a log group of the role's own account.
func sessionRights(roleArn, region, group string) (string, error) {
	role, err := policy.ParseARN(roleArn, "iam", "role/")
	if err != nil {
		return "", err
	}
	logs := func(resource string) string {
		return policy.ARN{Partition: role.Partition, Service: "logs", Region: region, Account: role.Account, Resource: "log-group:" + resource}.String()
	}
	return policy.Document{Statements: []policy.Statement{
		{
			Sid:       "Write",
			Actions:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
			Resources: policy.On(logs(group), logs(group+":*")),
		},
		{Sid: "Find", Actions: []string{"logs:DescribeLogGroups"}, Resources: policy.On(logs("*"))},
	}}.JSON()
}

// access makes the hosts' group. Hosts only call AWS and registries; DNS, time and instance metadata are on addresses
// that security groups do not filter. Tasks have network interfaces and groups of their own.
func (b *builder) access() error {
	var err error
	b.group, err = ec2.NewSecurityGroup(b.ctx, b.name+"-host-sg", &ec2.SecurityGroupArgs{
		VpcId:       b.args.VpcID,
		Description: pulumi.String("Container hosts"),
	}, b.child)
	if err != nil {
		return err
	}
	b.cluster.HostSecurityGroupID = b.group.ID().ToStringOutput()
	egress, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-host-https", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: b.group.ID(),
		CidrIpv4:        pulumi.String("0.0.0.0/0"),
		IpProtocol:      pulumi.String("tcp"),
		FromPort:        pulumi.Int(443),
		ToPort:          pulumi.Int(443),
		Description:     pulumi.String("AWS APIs and container registries"),
	}, b.child)
	if err != nil {
		return err
	}
	b.boot = append(b.boot, egress)
	if !b.args.IPv6 {
		return nil
	}
	egress6, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-host-https-ipv6", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: b.group.ID(),
		CidrIpv6:        pulumi.String("::/0"),
		IpProtocol:      pulumi.String("tcp"),
		FromPort:        pulumi.Int(443),
		ToPort:          pulumi.Int(443),
		Description:     pulumi.String("AWS APIs and container registries"),
	}, b.child)
	b.boot = append(b.boot, egress6)
	return err
}
