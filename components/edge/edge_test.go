package edge_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/edge"
	"github.com/deepstreamhub/platform/internal/plan"
)

const getZone = "aws:route53/getZone:getZone"

func args() *edge.Args {
	return &edge.Args{
		Stack:                      "test",
		Region:                     "eu-central-1",
		ZoneName:                   "deepstreamhub.com",
		Hostname:                   "eu.deepstreamhub.com",
		VpcID:                      pulumi.String("vpc-1"),
		PublicSubnetIDs:            pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
		TargetPort:                 6020,
		HealthPath:                 "/health-check",
		IdleTimeoutSeconds:         120,
		DeregistrationDelaySeconds: 300,
		ClosedPaths:                []string{"/monitoring"},
		LogRetentionDays:           90,
		RateLimit:                  2000,
	}
}

func withGlobalName() *edge.Args {
	a := args()
	a.GlobalName = "live.deepstreamhub.com"
	return a
}

// recorder answers as AWS would: ACM lists its validation options in an order of its own, names last first here.
func recorder() *componenttest.Recorder {
	r := componenttest.New()
	r.Functions = map[string]func(resource.PropertyMap) (resource.PropertyMap, error){
		getZone: func(args resource.PropertyMap) (resource.PropertyMap, error) {
			if args["name"].StringValue() != "deepstreamhub.com" {
				return nil, errors.New("no matching Route 53 Hosted Zone found")
			}
			return resource.PropertyMap{"zoneId": resource.NewProperty("Z1")}, nil
		},
	}
	r.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:acm/certificate:Certificate": func(c componenttest.Resource) resource.PropertyMap {
			var options []resource.PropertyValue
			if names := c.Inputs["subjectAlternativeNames"]; names.IsArray() {
				for _, name := range names.ArrayValue() {
					options = append(options, option(name.StringValue()))
				}
			}
			options = append(options, option(c.Inputs["domainName"].StringValue()))
			return resource.PropertyMap{"domainValidationOptions": resource.NewProperty(options)}
		},
		"aws:ec2/securityGroup:SecurityGroup": func(r componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"arn": resource.NewProperty("arn:aws:ec2:eu-central-1:111122223333:security-group/" + r.Name)}
		},
		"aws:s3/bucketV2:BucketV2": func(r componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"bucket": resource.NewProperty(r.Name + "-1"), "arn": resource.NewProperty("arn:aws:s3:::" + r.Name + "-1")}
		},
		"aws:lb/loadBalancer:LoadBalancer": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"dnsName": resource.NewProperty("edge-1.elb.amazonaws.com"), "zoneId": resource.NewProperty("ZLB")}
		},
		"aws:route53/record:Record": func(r componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"fqdn": resource.NewProperty(strings.TrimSuffix(r.Inputs["name"].StringValue(), "."))}
		},
	}
	return r
}

func option(domain string) resource.PropertyValue {
	return resource.NewProperty(resource.PropertyMap{
		"domainName":          resource.NewProperty(domain),
		"resourceRecordName":  resource.NewProperty("_a." + domain + "."),
		"resourceRecordType":  resource.NewProperty("CNAME"),
		"resourceRecordValue": resource.NewProperty("_b.acm-validations.aws."),
	})
}

// run registers an edge behind an explicit provider and an internet gateway.
func run(t *testing.T, r *componenttest.Recorder, a *edge.Args, look func(*edge.Edge)) []componenttest.Resource {
	t.Helper()
	resources, err := r.Run(func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		gateway, err := ec2.NewInternetGateway(ctx, "igw", nil, pulumi.Provider(provider))
		if err != nil {
			return err
		}
		a.Ingress = []pulumi.Resource{gateway}
		e, err := edge.New(ctx, "edge", a, pulumi.Providers(provider))
		if err == nil && look != nil {
			look(e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

var local = []string{
	"aws:acm/certificate:Certificate edge-certificate",
	"aws:acm/certificateValidation:CertificateValidation edge-issued",
	"aws:ec2/securityGroup:SecurityGroup edge-lb",
	"aws:ec2/securityGroup:SecurityGroup edge-targets",
	"aws:cloudwatch/logGroup:LogGroup edge-waf-logs",
	"aws:kms/alias:Alias edge-waf-logs-key-alias",
	"aws:kms/key:Key edge-waf-logs-key",
	"aws:lb/listener:Listener edge-http",
	"aws:lb/listener:Listener edge-https",
	"aws:lb/listenerRule:ListenerRule edge-closed",
	"aws:lb/loadBalancer:LoadBalancer edge-lb",
	"aws:lb/targetGroup:TargetGroup edge-targets",
	"aws:route53/healthCheck:HealthCheck edge-health",
	"aws:route53/record:Record edge-hostname",
	"aws:route53/record:Record edge-validation",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2 edge-logs",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls edge-logs",
	"aws:s3/bucketPolicy:BucketPolicy edge-logs",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock edge-logs",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2 edge-logs",
	"aws:s3/bucketV2:BucketV2 edge-logs",
	"aws:s3/bucketVersioningV2:BucketVersioningV2 edge-logs",
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule edge-lb-to-targets",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule edge-lb-http",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule edge-lb-https",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule edge-targets-from-lb",
	"aws:wafv2/webAcl:WebAcl edge-waf",
	"aws:wafv2/webAclAssociation:WebAclAssociation edge-waf",
	"aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration edge-waf",
}

var global = []string{
	"aws:route53/record:Record edge-global",
	"aws:route53/record:Record edge-global-validation",
}

// TestChildren pins what is registered: names are part of URNs, so a rename replaces the resource.
func TestChildren(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args *edge.Args
		want []string
	}{
		"own name":    {args(), local},
		"shared name": {withGlobalName(), append(slices.Clone(local), global...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := recorder()
			resources := slices.DeleteFunc(run(t, r, test.args, nil), func(r componenttest.Resource) bool {
				return plan.IsComponent(r.Type) || r.Name == "igw"
			})
			want := slices.Sorted(slices.Values(test.want))
			if d := cmp.Diff(want, componenttest.Names(resources)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			for _, r := range resources {
				if r.Parent != "edge" || !strings.Contains(r.Provider, "::aws::") {
					t.Errorf("%s %s: parent %q, provider %q", r.Type, r.Name, r.Parent, r.Provider)
				}
			}
			if calls := r.Calls(); len(calls) != 1 || !strings.Contains(calls[0].Provider, "::aws::") {
				t.Errorf("calls: %v", calls)
			}
		})
	}
}

func TestInputs(t *testing.T) {
	t.Parallel()
	resources := run(t, recorder(), withGlobalName(), nil)
	alias := []any{map[string]any{"name": "edge-1.elb.amazonaws.com", "zoneId": "ZLB", "evaluateTargetHealth": true}}
	for _, test := range []struct {
		typ, name string
		want      map[string]any
	}{
		{"aws:lb/loadBalancer:LoadBalancer", "edge-lb", map[string]any{
			"loadBalancerType": "application", "ipAddressType": "ipv4", "internal": false, "subnets": []any{"subnet-1", "subnet-2"},
			"securityGroups": []any{"edge-lb-id"}, "idleTimeout": 120.0, "dropInvalidHeaderFields": true,
			"desyncMitigationMode": "defensive", "enableHttp2": true, "enableDeletionProtection": false,
			"accessLogs": map[string]any{"bucket": "edge-logs-1", "enabled": true}}},
		{"aws:lb/targetGroup:TargetGroup", "edge-targets", map[string]any{
			"targetType": "ip", "protocol": "HTTP", "port": 6020.0, "vpcId": "vpc-1", "deregistrationDelay": 300.0,
			"loadBalancingAlgorithmType": "least_outstanding_requests",
			"healthCheck": map[string]any{"protocol": "HTTP", "path": "/health-check", "matcher": "200", "interval": 10.0,
				"timeout": 5.0, "healthyThreshold": 2.0, "unhealthyThreshold": 3.0}}},
		{"aws:lb/listener:Listener", "edge-https", map[string]any{
			"loadBalancerArn": "arn:aws:mock:::edge-lb", "port": 443.0, "protocol": "HTTPS",
			"sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "certificateArn": "arn:aws:mock:::edge-certificate",
			"defaultActions": []any{map[string]any{"type": "forward", "targetGroupArn": "arn:aws:mock:::edge-targets"}}}},
		{"aws:lb/listener:Listener", "edge-http", map[string]any{
			"loadBalancerArn": "arn:aws:mock:::edge-lb", "port": 80.0, "protocol": "HTTP",
			"defaultActions": []any{map[string]any{"type": "redirect",
				"redirect": map[string]any{"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}}}}},
		{"aws:acm/certificate:Certificate", "edge-certificate", map[string]any{
			"domainName": "eu.deepstreamhub.com", "subjectAlternativeNames": []any{"live.deepstreamhub.com"}, "validationMethod": "DNS"}},
		{"aws:acm/certificateValidation:CertificateValidation", "edge-issued", map[string]any{
			"certificateArn":        "arn:aws:mock:::edge-certificate",
			"validationRecordFqdns": []any{"_a.eu.deepstreamhub.com", "_a.live.deepstreamhub.com"}}},
		{"aws:route53/record:Record", "edge-validation", map[string]any{
			"zoneId": "Z1", "name": "_a.eu.deepstreamhub.com.", "type": "CNAME", "ttl": 60.0, "records": []any{"_b.acm-validations.aws."}}},
		{"aws:route53/record:Record", "edge-global-validation", map[string]any{
			"zoneId": "Z1", "name": "_a.live.deepstreamhub.com.", "type": "CNAME", "ttl": 60.0,
			"records": []any{"_b.acm-validations.aws."}, "allowOverwrite": true}},
		{"aws:route53/record:Record", "edge-hostname", map[string]any{
			"zoneId": "Z1", "name": "eu.deepstreamhub.com", "type": "A", "aliases": alias}},
		{"aws:route53/record:Record", "edge-global", map[string]any{
			"zoneId": "Z1", "name": "live.deepstreamhub.com", "type": "A", "aliases": alias, "setIdentifier": "eu-central-1",
			"healthCheckId":          "edge-health-id",
			"latencyRoutingPolicies": []any{map[string]any{"region": "eu-central-1"}}}},
	} {
		if d := cmp.Diff(test.want, componenttest.Find(t, resources, test.typ, test.name).Plain()); d != "" {
			t.Errorf("%s %s: -want +got\n%s", test.typ, test.name, d)
		}
	}
}

// TestOnlyTheSharedRecordOutlivesTheStack: regions share that record, so none may delete it; what is a region's own goes.
func TestOnlyTheSharedRecordOutlivesTheStack(t *testing.T) {
	t.Parallel()
	var kept []string
	for _, r := range run(t, recorder(), withGlobalName(), nil) {
		if r.RPC.GetRetainOnDelete() {
			kept = append(kept, r.Name)
		}
	}
	if d := cmp.Diff([]string{"edge-global-validation"}, kept); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestReachability: the internet reaches the load balancer on 80 and 443; the load balancer reaches targets on their
// port; nothing else is open in any direction.
func TestReachability(t *testing.T) {
	t.Parallel()
	var got []string
	for _, r := range run(t, recorder(), args(), nil) {
		in := r.Plain()
		peer := func() string {
			if cidr, ok := in["cidrIpv4"]; ok {
				return cidr.(string)
			}
			return in["referencedSecurityGroupId"].(string)
		}
		switch r.Type {
		case "aws:ec2/securityGroup:SecurityGroup":
			if in["ingress"] != nil || in["egress"] != nil {
				t.Errorf("%s has rules of its own", r.Name)
			}
		case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
			if in["ipProtocol"] != "tcp" || in["fromPort"] != in["toPort"] {
				t.Errorf("%s opens more than a port: %v", r.Name, in)
			}
			got = append(got, fmt.Sprintf("%s -> %s %v", peer(), in["securityGroupId"], in["fromPort"]))
		case "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
			if in["ipProtocol"] != "tcp" || in["fromPort"] != in["toPort"] {
				t.Errorf("%s opens more than a port: %v", r.Name, in)
			}
			got = append(got, fmt.Sprintf("%s => %s %v", in["securityGroupId"], peer(), in["fromPort"]))
		}
	}
	slices.Sort(got)
	if d := cmp.Diff([]string{
		"0.0.0.0/0 -> edge-lb-id 443",
		"0.0.0.0/0 -> edge-lb-id 80",
		"edge-lb-id -> edge-targets-id 6020",
		"edge-lb-id => edge-targets-id 6020",
	}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestDescriptions: EC2 takes only these characters, at most 255 ("Description", CreateSecurityGroup).
func TestDescriptions(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`^[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}$`)
	n := 0
	for _, r := range run(t, recorder(), args(), nil) {
		if !strings.Contains(r.Type, "ecurityGroup") {
			continue
		}
		n++
		if description, _ := r.Plain()["description"].(string); !allowed.MatchString(description) {
			t.Errorf("%s is described as %q", r.Name, description)
		}
	}
	if n != 6 {
		t.Errorf("%d groups and rules", n)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	resources := run(t, recorder(), args(), nil)
	balancer := componenttest.Find(t, resources, "aws:lb/loadBalancer:LoadBalancer", "edge-lb")
	if !slices.Contains(balancer.Dependencies, "igw") {
		t.Errorf("the load balancer waits for %v only", balancer.Dependencies)
	}
	listener := componenttest.Find(t, resources, "aws:lb/listener:Listener", "edge-https")
	if !slices.Contains(listener.Dependencies, "edge-issued") {
		t.Errorf("the listener waits for %v only", listener.Dependencies)
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args   *edge.Args
		global string
	}{
		"own name":    {args(), ""},
		"shared name": {withGlobalName(), "live.deepstreamhub.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			var listener string
			var rules []string
			run(t, recorder(), test.args, func(e *edge.Edge) {
				listener = e.Listener.PulumiResourceName()
				rules = []string{e.TargetRules[0].PulumiResourceName(), e.TargetRules[1].PulumiResourceName()}
				done := make(chan struct{})
				keys := []string{"hostname", "global", "dns", "lb", "targets", "group"}
				pulumi.All(e.Hostname, e.GlobalName, e.DNSName, e.LoadBalancerArn, e.TargetGroupArn, e.TargetSecurityGroupID).ApplyT(
					func(values []any) int {
						defer close(done)
						for i, key := range keys {
							got[key] = values[i].(string)
						}
						return 0
					})
				<-done // the run does not wait for what nobody registers
			})
			want := map[string]string{
				"hostname": "eu.deepstreamhub.com", "global": test.global, "dns": "edge-1.elb.amazonaws.com",
				"lb": "arn:aws:mock:::edge-lb", "targets": "arn:aws:mock:::edge-targets", "group": "edge-targets-id",
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if listener != "edge-https" {
				t.Errorf("services would wait for %s", listener)
			}
			if d := cmp.Diff([]string{"edge-lb-to-targets", "edge-targets-from-lb"}, rules); d != "" {
				t.Errorf("without them no target is healthy: -want +got\n%s", d)
			}
		})
	}
}

// TestPreview: what AWS computes is unknown, and the program runs through nevertheless.
func TestPreview(t *testing.T) {
	t.Parallel()
	r := recorder()
	r.Preview = true
	resources := run(t, r, withGlobalName(), nil)
	record := componenttest.Find(t, resources, "aws:route53/record:Record", "edge-global-validation")
	if !record.Inputs["name"].IsComputed() {
		t.Errorf("the validation record is known before the certificate: %v", record.Inputs["name"])
	}
}

func TestUnknownZone(t *testing.T) {
	t.Parallel()
	a := args()
	a.ZoneName, a.Hostname = "example.org", "eu.example.org"
	_, err := recorder().Run(func(ctx *pulumi.Context) error {
		_, err := edge.New(ctx, "edge", a)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "create edge edge: look up hosted zone example.org: ") {
		t.Errorf("error %v", err)
	}
}
