package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:edge:Edge"

// Edge is a load balancer, ready to take targets, and the names that lead to it.
type Edge struct {
	pulumi.ResourceState

	Hostname              pulumi.StringOutput
	GlobalName            pulumi.StringOutput // empty when regions share no name
	DNSName               pulumi.StringOutput // the load balancer's own name, given by AWS
	LoadBalancerArn       pulumi.StringOutput
	TargetGroupArn        pulumi.StringOutput
	CertificateArn        pulumi.StringOutput // known once the certificate is issued
	LoadBalancerMetrics   pulumi.StringOutput // how metrics name the load balancer: app/<name>/<id>
	TargetGroupMetrics    pulumi.StringOutput // how metrics name the target group: targetgroup/<name>/<id>
	TargetSecurityGroupID pulumi.StringOutput // whoever carries it is reachable from the load balancer
	AccessLogBucket       pulumi.StringOutput // name of the bucket with the load balancer's logs
	HealthCheckID         pulumi.StringOutput // Route 53's check of the region, from outside

	ListenerArn     pulumi.StringOutput // of the listener that clients reach, for rules of further services
	SecurityGroupID pulumi.StringOutput // the load balancer's own
	// Listener ties the target group to the load balancer. ECS refuses services whose target group has none yet.
	Listener pulumi.Resource
	// Rules have priorities of their own. A rule without one takes the next free one, which could be theirs.
	Rules []pulumi.Resource
	// TargetRules let the load balancer reach its targets. Before them no target is healthy.
	TargetRules []pulumi.Resource
}

// builder holds what the steps of New hand to each other.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  *Args
	child pulumi.ResourceOrInvokeOption // makes a resource a child of the edge, and a lookup use the edge's provider
	edge  *Edge

	zoneID         string
	balancerGroup  *ec2.SecurityGroup
	logs           *s3.BucketV2
	logsReady      []pulumi.Resource // what the bucket needs before logs are written to it
	balancer       *lb.LoadBalancer
	targets        *lb.TargetGroup
	certificate    *acm.Certificate
	certificateArn pulumi.StringOutput // known once the certificate is issued
}

// New registers an Edge. It refuses invalid arguments before registering anything; a zone that does not exist it can
// only refuse when it looks.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Edge, error) {
	if err := args.Validate(name); err != nil {
		return nil, fmt.Errorf("create edge %s: %w", name, err)
	}
	e := &Edge{}
	if err := blocks.Register(ctx, Type, name, args, args.Tags, e, opts); err != nil {
		return nil, fmt.Errorf("create edge %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(e), edge: e}
	for _, step := range []func() error{
		b.lookUpZone, b.securityGroups, b.accessLogs, b.loadBalancer, b.targetGroup, b.issueCertificate, b.listeners, b.records,
		b.firewall,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("create edge %s: %w", name, err)
		}
	}
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{
		"hostname":              e.Hostname,
		"globalName":            e.GlobalName,
		"dnsName":               e.DNSName,
		"loadBalancerArn":       e.LoadBalancerArn,
		"targetGroupArn":        e.TargetGroupArn,
		"targetSecurityGroupId": e.TargetSecurityGroupID,
		"accessLogBucket":       e.AccessLogBucket,
		"healthCheckId":         e.HealthCheckID,
	})
}
