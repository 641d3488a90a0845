package edge

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// place is where the edge is, as far as the ARN of its security group tells it.
type place struct{ policy.ARN }

func placeOf(groupArn string) (place, error) {
	arn, err := policy.ParseARN(groupArn, "ec2", "security-group/")
	return place{arn}, err
}

// document writes a policy once the account, and the name or ARN that it is about, are known.
func (b *builder) document(about pulumi.StringInput, write func(place, string) policy.Document) pulumi.StringOutput {
	return pulumi.All(b.balancerGroup.Arn, about).ApplyT(func(values []any) (string, error) {
		p, err := placeOf(values[0].(string))
		if err != nil {
			return "", err
		}
		return write(p, values[1].(string)).JSON()
	}).(pulumi.StringOutput)
}

// logDelivery is who writes access logs, in every region ("Enable access logs for your Application Load Balancer"; the
// accounts of single regions are its predecessors).
const logDelivery = "logdelivery.elasticloadbalancing.amazonaws.com"

// bucketPolicy lets load balancers of this account, and nothing else, write their logs, and lets nobody in without TLS.
// ELB's page gives the account in the object's path as the guard against other accounts' load balancers; it names no
// condition keys, and one that ELB does not send would stop the logs without a word.
func (p place) bucketPolicy(bucketArn string) policy.Document {
	return policy.Document{Kind: policy.Resource, Statements: []policy.Statement{
		{
			Sid:        "WriteLogs",
			Principals: []policy.Principal{policy.Service(logDelivery)},
			Actions:    []string{"s3:PutObject"},
			Resources:  policy.On(fmt.Sprintf("%s/AWSLogs/%s/*", bucketArn, p.Account)),
		},
		{
			Sid:        "OnlyTLS",
			Effect:     policy.Deny,
			Principals: []policy.Principal{policy.AnyPrincipal("nobody may read or write logs in the clear")},
			Actions:    []string{"s3:*"},
			Resources:  policy.On(bucketArn, bucketArn+"/*"),
			Conditions: []policy.Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"false"}}},
		},
	}}
}
