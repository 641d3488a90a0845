package bus

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// access makes the bus's group and the clients' group, each naming the other. Neither has any further rule, so
// that the bus cannot call out and the clients' group opens nothing else.
func (b *builder) access() error {
	var err error
	b.group, err = ec2.NewSecurityGroup(b.ctx, b.name+"-sg", &ec2.SecurityGroupArgs{
		VpcId:       b.args.VpcID,
		Description: pulumi.String("Valkey bus"),
	}, b.child)
	if err != nil {
		return err
	}
	client, err := ec2.NewSecurityGroup(b.ctx, b.name+"-client", &ec2.SecurityGroupArgs{
		VpcId:       b.args.VpcID,
		Description: pulumi.String("May connect to Valkey bus"),
	}, b.child)
	if err != nil {
		return err
	}
	b.bus.ClientSecurityGroupID = client.ID().ToStringOutput()

	ingress, err := vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-from-client", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           b.group.ID(),
		ReferencedSecurityGroupId: client.ID(),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(port),
		ToPort:                    pulumi.Int(port),
		Description:               pulumi.String("Valkey from clients"),
	}, b.child)
	if err != nil {
		return err
	}
	egress, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-client-to", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId:           client.ID(),
		ReferencedSecurityGroupId: b.group.ID(),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(port),
		ToPort:                    pulumi.Int(port),
		Description:               pulumi.String("Valkey"),
	}, b.child)
	if err != nil {
		return err
	}
	b.bus.Ready = append(b.bus.Ready, ingress, egress)
	return nil
}
