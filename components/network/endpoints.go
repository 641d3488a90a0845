package network

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// service is an AWS service that the private subnets can reach without leaving the VPC.
type service struct {
	action string // prefix of its actions; empty for services whose endpoints take no policy
	// shared services also hand out what belongs to AWS itself, such as Systems Manager's documents and public
	// parameters, so that only who asks is held to the account, not what is asked for.
	shared bool
}

// services are the interface endpoints that a Network can have, by the end of the service's name. The agent's and the
// telemetry endpoint of ECS take no policy.
var services = map[string]service{
	"ec2messages":          {action: "ec2messages", shared: true},
	"ecr.api":              {action: "ecr"},
	"ecr.dkr":              {action: "ecr"},
	"ecs":                  {action: "ecs"},
	"ecs-agent":            {},
	"ecs-telemetry":        {},
	"elasticloadbalancing": {action: "elasticloadbalancing"},
	"kms":                  {action: "kms"},
	"logs":                 {action: "logs"},
	"monitoring":           {action: "cloudwatch"},
	"secretsmanager":       {action: "secretsmanager"},
	"ssm":                  {action: "ssm", shared: true},
	"ssmmessages":          {action: "ssmmessages", shared: true},
	"sts":                  {action: "sts"},
}

// Services returns the names of all interface endpoints that a Network can have, sorted.
func Services() []string { return slices.Sorted(maps.Keys(services)) }

// place is where the network lies, as far as the ARN of its VPC tells it.
type place struct{ policy.ARN }

const vpcResource = "vpc/"

func placeOf(vpcArn string) (place, error) {
	arn, err := policy.ParseARN(vpcArn, "ec2", vpcResource)
	return place{arn}, err
}

// document writes a policy once it is known where the network lies.
func (b *builder) document(write func(place) (string, error)) pulumi.StringOutput {
	return b.vpc.Arn.ApplyT(func(arn string) (string, error) {
		p, err := placeOf(arn)
		if err != nil {
			return "", err
		}
		return write(p)
	}).(pulumi.StringOutput)
}

// endpointPolicy lets the account's own identities use the account's own resources of one service, so that neither
// foreign credentials nor foreign resources can carry data out of the VPC ("Data perimeters on AWS").
func (p place) endpointPolicy(s service) (string, error) {
	conditions := []policy.Condition{{Operator: "StringEquals", Key: "aws:PrincipalAccount", Values: []string{p.Account}}}
	if !s.shared {
		// Actions on no resource, such as ecr:GetAuthorizationToken, need not carry the key.
		conditions = append(conditions, policy.Condition{Operator: "StringEqualsIfExists", Key: "aws:ResourceAccount", Values: []string{p.Account}})
	}
	return policy.Document{Kind: policy.Resource, Statements: []policy.Statement{{
		Sid:        "Account",
		Principals: []policy.Principal{policy.AnyPrincipal("an endpoint's policy grants nothing: it bounds what identities' own policies allow")},
		Actions:    []string{s.action + ":*"},
		Resources:  policy.AnyResource("resources are bounded by the account that owns them"),
		Conditions: conditions,
	}}}.JSON()
}

// s3Policy lets the account's own identities use the account's own buckets, and everybody in the VPC read those buckets
// of AWS that hosts live from: layers of ECR's images come by URLs that ECR signed with an identity of its own
// ("Amazon ECR interface VPC endpoints", minimum bucket permissions), Amazon Linux's packages and Systems Manager's
// agent ("SSM Agent communications with AWS managed S3 buckets") unsigned.
func (p place) s3Policy() (string, error) {
	objects := func(bucket string) string {
		return policy.ARN{Partition: p.Partition, Service: "s3", Resource: bucket + "/*"}.String()
	}
	return policy.Document{Kind: policy.Resource, Statements: []policy.Statement{
		{
			Sid:        "Account",
			Principals: []policy.Principal{policy.AnyPrincipal("an endpoint's policy grants nothing: it bounds what identities' own policies allow")},
			Actions:    []string{"s3:*"},
			Resources:  policy.AnyResource("buckets are bounded by the account that owns them"),
			Conditions: []policy.Condition{
				{Operator: "StringEquals", Key: "aws:PrincipalAccount", Values: []string{p.Account}},
				{Operator: "StringEquals", Key: "aws:ResourceAccount", Values: []string{p.Account}},
			},
		},
		{
			Sid:        "AWS",
			Principals: []policy.Principal{policy.AnyPrincipal("the URLs are signed by AWS's own identities, or not at all")},
			Actions:    []string{"s3:GetObject"},
			Resources: policy.On(
				objects("prod-"+p.Region+"-starport-layer-bucket"),
				objects("al2023-repos-"+p.Region+"-de612dc2"),
				objects("amazon-ssm-"+p.Region),
				objects("amazon-ssm-packages-"+p.Region),
			),
			Conditions: []policy.Condition{{Operator: "StringEquals", Key: "aws:SourceVpc", Values: []string{strings.TrimPrefix(p.Resource, vpcResource)}}},
		},
	}}.JSON()
}

// s3Endpoint lets the private subnets reach S3, where ECR keeps image layers, without NAT.
func (b *builder) s3Endpoint() error {
	endpoint, err := ec2.NewVpcEndpoint(b.ctx, b.name+"-s3", &ec2.VpcEndpointArgs{
		VpcId:           b.vpc.ID(),
		ServiceName:     pulumi.String("com.amazonaws." + b.args.Region + ".s3"),
		VpcEndpointType: pulumi.String("Gateway"),
		RouteTableIds:   b.privateTableIDs,
		Policy:          b.document(place.s3Policy),
	}, b.child)
	if err != nil {
		return err
	}
	b.onlyWay(endpoint)
	return nil
}

// endpoints makes the interface endpoints and the group that lets the VPC in.
func (b *builder) endpoints() error {
	if len(b.args.Endpoints) == 0 {
		return nil
	}
	group, err := ec2.NewSecurityGroup(b.ctx, b.name+"-endpoints", &ec2.SecurityGroupArgs{
		VpcId:       b.vpc.ID(),
		Description: pulumi.String("Interface endpoints of AWS services"),
	}, b.child)
	if err != nil {
		return err
	}
	rule, err := vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-endpoints-https", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: group.ID(),
		CidrIpv4:        pulumi.String(b.args.CIDR),
		IpProtocol:      pulumi.String("tcp"),
		FromPort:        pulumi.Int(https),
		ToPort:          pulumi.Int(https),
		Description:     pulumi.String("AWS APIs for the VPC"),
	}, b.child)
	if err != nil {
		return err
	}
	b.net.Egress = append(b.net.Egress, rule)
	for _, name := range slices.Sorted(slices.Values(b.args.Endpoints)) {
		args := &ec2.VpcEndpointArgs{
			VpcId:             b.vpc.ID(),
			ServiceName:       pulumi.String("com.amazonaws." + b.args.Region + "." + name),
			VpcEndpointType:   pulumi.String("Interface"),
			SubnetIds:         b.privateIDs,
			SecurityGroupIds:  pulumi.StringArray{group.ID()},
			PrivateDnsEnabled: pulumi.Bool(true), // callers use a service's usual name and need not know of the endpoint
		}
		if s := services[name]; s.action != "" {
			args.Policy = b.document(func(p place) (string, error) { return p.endpointPolicy(s) })
		}
		endpoint, err := ec2.NewVpcEndpoint(b.ctx, b.key("endpoint", name), args, b.child)
		if err != nil {
			return err
		}
		b.onlyWay(endpoint)
	}
	return nil
}

// onlyWay makes hosts wait for an endpoint where there is no other way out. Where there is NAT, AWS is reached through it
// until the endpoint answers, and again once it is gone.
func (b *builder) onlyWay(endpoint pulumi.Resource) {
	if b.args.NAT == NATNone {
		b.net.Egress = append(b.net.Egress, endpoint)
	}
}
