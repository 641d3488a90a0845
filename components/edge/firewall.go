package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// securityGroups makes the load balancer's group and the one its targets carry. Their rules are resources of their own,
// because the groups name each other. AWS gives a new group an open way out; the provider removes it.
//
// Descriptions of groups cannot be changed without replacing the group, so they say what it is for and nothing else.
func (b *builder) securityGroups() error {
	balancer, err := b.securityGroup(b.name+"-lb", "Load balancer: reachable from the internet")
	if err != nil {
		return err
	}
	targets, err := b.securityGroup(b.name+"-targets", "Targets of the load balancer: reachable from it alone")
	if err != nil {
		return err
	}
	b.balancerGroup = balancer
	b.edge.SecurityGroupID = balancer.ID().ToStringOutput()
	b.edge.TargetSecurityGroupID = targets.ID().ToStringOutput()

	for _, open := range []struct {
		suffix, description string
		port                int
	}{
		{"-lb-http", "HTTP from the internet, to be redirected to HTTPS", 80},
		{"-lb-https", "HTTPS from the internet", 443},
	} {
		rule := func(suffix string, cidr, cidr6 pulumi.StringPtrInput) error {
			_, err := vpc.NewSecurityGroupIngressRule(b.ctx, b.name+open.suffix+suffix, &vpc.SecurityGroupIngressRuleArgs{
				SecurityGroupId: balancer.ID(),
				Description:     pulumi.String(open.description),
				IpProtocol:      pulumi.String("tcp"),
				FromPort:        pulumi.Int(open.port),
				ToPort:          pulumi.Int(open.port),
				CidrIpv4:        cidr,
				CidrIpv6:        cidr6,
			}, b.child)
			return err
		}
		if err := rule("", pulumi.String("0.0.0.0/0"), nil); err != nil {
			return err
		}
		if !b.args.IPv6 {
			continue
		}
		if err := rule("-ipv6", nil, pulumi.String("::/0")); err != nil {
			return err
		}
	}

	port := pulumi.Int(b.args.TargetPort)
	out, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-lb-to-targets", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId:           balancer.ID(),
		Description:               pulumi.String(fmt.Sprintf("Requests and health checks to targets on port %d", b.args.TargetPort)),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  port,
		ToPort:                    port,
		ReferencedSecurityGroupId: targets.ID(),
	}, b.child)
	if err != nil {
		return err
	}
	in, err := vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-targets-from-lb", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           targets.ID(),
		Description:               pulumi.String(fmt.Sprintf("Requests and health checks from the load balancer on port %d", b.args.TargetPort)),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  port,
		ToPort:                    port,
		ReferencedSecurityGroupId: balancer.ID(),
	}, b.child)
	b.edge.TargetRules = []pulumi.Resource{out, in}
	return err
}

func (b *builder) securityGroup(name, description string) (*ec2.SecurityGroup, error) {
	return ec2.NewSecurityGroup(b.ctx, name, &ec2.SecurityGroupArgs{
		VpcId:       b.args.VpcID,
		Description: pulumi.String(description),
	}, b.child)
}
