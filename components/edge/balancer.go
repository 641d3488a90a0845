package edge

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// tlsPolicy offers TLS 1.3 and 1.2 and nothing older: "Security policies", User Guide for Application Load Balancers.
const tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"

// loadBalancer makes the load balancer. Nothing in its inputs shows that it needs the internet gateway, and a bucket that
// lets it write.
func (b *builder) loadBalancer() error {
	balancer, err := lb.NewLoadBalancer(b.ctx, b.name+balancerSuffix, &lb.LoadBalancerArgs{
		LoadBalancerType:         pulumi.String("application"),
		Internal:                 pulumi.Bool(false),
		Subnets:                  b.args.PublicSubnetIDs,
		SecurityGroups:           pulumi.StringArray{b.balancerGroup.ID()},
		IdleTimeout:              pulumi.Int(b.args.IdleTimeoutSeconds),
		DropInvalidHeaderFields:  pulumi.Bool(true),
		DesyncMitigationMode:     pulumi.String("defensive"),
		EnableHttp2:              pulumi.Bool(true),
		IpAddressType:            pulumi.String(b.addressType()),
		EnableDeletionProtection: pulumi.Bool(b.args.DeletionProtection),
		AccessLogs: &lb.LoadBalancerAccessLogsArgs{
			Bucket:  b.logs.Bucket,
			Enabled: pulumi.Bool(true),
		},
	}, b.child, pulumi.DependsOn(b.args.Ingress), pulumi.DependsOn(b.logsReady))
	if err != nil {
		return err
	}
	b.balancer = balancer
	b.edge.DNSName = balancer.DnsName
	b.edge.LoadBalancerArn, b.edge.LoadBalancerMetrics = balancer.Arn, balancer.ArnSuffix
	return nil
}

// addressType is by which addresses clients come. Targets are always reached by IPv4.
func (b *builder) addressType() string {
	if b.args.IPv6 {
		return "dualstack"
	}
	return "ipv4"
}

// targetGroup makes the group that tasks are registered in, by address, because each has a network interface of its own.
// Its name is generated: a port or VPC cannot be changed in place, and the replacement has to exist before the listener
// lets go of the old group. It has no stickiness, which is AWS's default: any deepstream node can serve any client.
func (b *builder) targetGroup() error {
	targets, err := lb.NewTargetGroup(b.ctx, b.name+targetsSuffix, &lb.TargetGroupArgs{
		TargetType:          pulumi.String("ip"),
		Protocol:            pulumi.String("HTTP"),
		Port:                pulumi.Int(b.args.TargetPort),
		VpcId:               b.args.VpcID,
		DeregistrationDelay: pulumi.Int(b.args.DeregistrationDelaySeconds),
		// A socket is one request that lasts for hours. Taking turns would leave a new task nearly empty until the old
		// ones lose theirs.
		LoadBalancingAlgorithmType: pulumi.String("least_outstanding_requests"),
		HealthCheck: &lb.TargetGroupHealthCheckArgs{
			Protocol:           pulumi.String("HTTP"),
			Path:               pulumi.String(b.args.HealthPath),
			Matcher:            pulumi.String("200"),
			Interval:           pulumi.Int(10),
			Timeout:            pulumi.Int(5),
			HealthyThreshold:   pulumi.Int(2),
			UnhealthyThreshold: pulumi.Int(3),
		},
	}, b.child)
	if err != nil {
		return err
	}
	b.targets = targets
	b.edge.TargetGroupArn, b.edge.TargetGroupMetrics = targets.Arn, targets.ArnSuffix
	return nil
}

// listeners opens the load balancer's two ports.
func (b *builder) listeners() error {
	https, err := lb.NewListener(b.ctx, b.name+"-https", &lb.ListenerArgs{
		LoadBalancerArn: b.balancer.Arn,
		Port:            pulumi.Int(443),
		Protocol:        pulumi.String("HTTPS"),
		SslPolicy:       pulumi.String(tlsPolicy),
		CertificateArn:  b.certificateArn,
		DefaultActions: lb.ListenerDefaultActionArray{&lb.ListenerDefaultActionArgs{
			Type:           pulumi.String("forward"),
			TargetGroupArn: b.targets.Arn,
		}},
	}, b.child)
	if err != nil {
		return err
	}
	b.edge.Listener, b.edge.ListenerArn = https, https.Arn
	if err := b.closedPaths(https); err != nil {
		return err
	}

	_, err = lb.NewListener(b.ctx, b.name+"-http", &lb.ListenerArgs{
		LoadBalancerArn: b.balancer.Arn,
		Port:            pulumi.Int(80),
		Protocol:        pulumi.String("HTTP"),
		DefaultActions: lb.ListenerDefaultActionArray{&lb.ListenerDefaultActionArgs{
			Type: pulumi.String("redirect"),
			Redirect: &lb.ListenerDefaultActionRedirectArgs{
				Protocol:   pulumi.String("HTTPS"),
				Port:       pulumi.String("443"),
				StatusCode: pulumi.String("HTTP_301"),
			},
		}},
	}, b.child)
	return err
}

// closedPaths answers requests that only operators may make in the server's place, as if there were nothing: 404.
func (b *builder) closedPaths(https *lb.Listener) error {
	if len(b.args.ClosedPaths) == 0 {
		return nil
	}
	patterns := pulumi.StringArray{}
	for _, path := range b.args.ClosedPaths {
		patterns = append(patterns, pulumi.String(path+"*"))
	}
	rule, err := lb.NewListenerRule(b.ctx, b.name+"-closed", &lb.ListenerRuleArgs{
		ListenerArn: https.Arn,
		Priority:    pulumi.Int(1), // before whatever forwards
		Conditions: lb.ListenerRuleConditionArray{&lb.ListenerRuleConditionArgs{
			PathPattern: &lb.ListenerRuleConditionPathPatternArgs{Values: patterns},
		}},
		Actions: lb.ListenerRuleActionArray{&lb.ListenerRuleActionArgs{
			Type: pulumi.String("fixed-response"),
			FixedResponse: &lb.ListenerRuleActionFixedResponseArgs{
				ContentType: pulumi.String("text/plain"),
				MessageBody: pulumi.String("Not found"),
				StatusCode:  pulumi.String("404"),
			},
		}},
	}, b.child)
	b.edge.Rules = []pulumi.Resource{rule}
	return err
}
