package cloud

import (
	"fmt"
	"hash/crc32"
	"net/netip"
	"regexp"
	"strings"
)

const (
	typeLoadBalancer = "aws:lb/loadBalancer:LoadBalancer"
	typeTargetGroup  = "aws:lb/targetGroup:TargetGroup"
	typeListener     = "aws:lb/listener:Listener"
)

var (
	balancerName = regexp.MustCompile(`^[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?$`)
	healthPath   = regexp.MustCompile(`^/[ -~]*$`)
	matcherCodes = regexp.MustCompile(`^\d{3}([,-]\d{3})*$`)
)

var _ = register(
	&Kind{
		Type: typeLoadBalancer, Service: "Elastic Load Balancing v2", Noun: "LoadBalancer", UpdateCall: "ModifyLoadBalancerAttributes",
		Name:    &AutoName{Property: "name", Max: 32, Prefix: "namePrefix"},
		Replace: []string{"name", "namePrefix", "internal", "loadBalancerType", "customerOwnedIpv4Pool"},
		Defaults: Map{
			"loadBalancerType": "application", "desyncMitigationMode": "defensive", "dropInvalidHeaderFields": false,
			"enableDeletionProtection": false, "enableHttp2": true, "enableWafFailOpen": false, "enableXffClientPort": false,
			"enableTlsVersionAndCipherSuiteHeaders": false, "idleTimeout": 60.0, "preserveHostHeader": false,
			"xffHeaderProcessingMode": "append", "clientKeepAlive": 3600.0, "enableZonalShift": false,
		},
		Refs: []Ref{
			{Path: "subnets[]", To: typeSubnet, Missing: Refusal{"SubnetNotFound", "The subnet ID '{value}' does not exist", "ELB API, CreateLoadBalancer"}},
			{Path: "securityGroups[]", To: typeSecurityGroup, Missing: Refusal{"InvalidSecurityGroup", "Security group '{value}' is not valid", "ELB API, CreateLoadBalancer"}},
		},
		// The provider looks the name up before it calls, since AWS would answer with the existing one.
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{"DuplicateLoadBalancerName", "ELBv2 Load Balancer ({value}) already exists", "facts 65"}}},
		Quota:  &Quota{Max: 50, Refusal: Refusal{"TooManyLoadBalancers", "The maximum number of load balancers has been reached.", "facts 21"}},
		Check:  checkBalancer, Create: createBalancer, Update: updateBalancer,
		Delete: func(_ *Tx, r *Resource) error {
			if r.Bool("enableDeletionProtection") {
				return Refuse("OperationNotPermitted", "facts 66", "Load balancer '%s' cannot be deleted because deletion protection is enabled", r.ID)
			}
			return nil
		},
	},
	&Kind{
		Type: typeTargetGroup, Service: "Elastic Load Balancing v2", Noun: "TargetGroup",
		Name:     &AutoName{Property: "name", Max: 32, Prefix: "namePrefix"},
		Replace:  []string{"name", "namePrefix", "port", "protocol", "protocolVersion", "targetType", "vpcId", "ipAddressType"},
		Defaults: Map{"targetType": "instance", "deregistrationDelay": 300.0, "slowStart": 0.0, "proxyProtocolV2": false, "lambdaMultiValueHeadersEnabled": false},
		Keys:     []string{"arn"},
		Refs:     []Ref{{Path: "vpcId", To: typeVPC, Missing: Refusal{"ValidationError", "The VPC ID '{value}' is not found", "ELB API, CreateTargetGroup"}}},
		Unique:   []Unique{{Props: []string{"name"}, Refusal: Refusal{"DuplicateTargetGroupName", "ELBv2 Target Group ({value}) already exists", "facts 65"}}},
		InUse:    Refusal{"ResourceInUse", "Target group '{id}' is currently in use by a listener or a rule", "facts 67"},
		Quota:    &Quota{Max: 3000, Refusal: Refusal{"TooManyTargetGroups", "The maximum number of target groups has been reached.", "facts 21"}},
		Check:    checkTargetGroup, Create: createTargetGroup,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
		Read:   func(t *Tx, r *Resource) { r.State["loadBalancerArns"] = balancersOf(t, r.ID) },
	},
)

func checkBalancer(c *Checker) {
	c.OneOf("loadBalancerType", "application", "network", "gateway")
	c.OneOf("desyncMitigationMode", "monitor", "defensive", "strictest")
	c.OneOf("xffHeaderProcessingMode", "append", "preserve", "remove")
	c.OneOf("ipAddressType", "ipv4", "dualstack", "dualstack-without-public-ipv4")
	c.Between("idleTimeout", 1, 4000)
	c.Between("clientKeepAlive", 60, 604800)
	c.elbName()
	c.Conflict("subnets", "subnetMappings")
	if !Has(c.In, "subnets") && !Has(c.In, "subnetMappings") {
		c.Fail("subnets", "one of \"subnets\", \"subnetMappings\" must be specified")
	}
	if kind, _ := c.String("loadBalancerType"); kind == "network" || kind == "gateway" {
		c.Fail("loadBalancerType", "the offline AWS has application load balancers only")
	}
	if len(Maps(c.In, "subnetMappings[]")) > 0 {
		c.Fail("subnetMappings", "the offline AWS takes subnets only")
	}
}

// elbName holds the provider's rules for names of load balancers and target groups (facts 62).
func (c *Checker) elbName() {
	name, ok := c.String("name")
	if !ok {
		c.Length("namePrefix", 1, 6)
		return
	}
	if len(name) > 32 {
		c.Fail("name", "%q cannot be longer than 32 characters: %q", "name", name)
	}
	if !balancerName.MatchString(name) {
		c.Fail("name", "only alphanumeric characters and hyphens allowed in %q, not at its ends: %q", "name", name)
	}
	if strings.HasPrefix(name, "internal-") {
		c.Fail("name", "%q cannot begin with \"internal-\": %q", "name", name)
	}
}

// elbZones are the hosted zone ids of application load balancers' names (AWS General Reference, "Elastic Load
// Balancing endpoints and quotas").
var elbZones = map[string]string{"eu-central-1": "Z215JYRZR1TBD5", "us-east-1": "Z35SXDOTRQ7X7K", "eu-west-1": "Z32O12XQLNTSW2", "us-west-2": "Z1H1FL5HABSF5"}

func createBalancer(t *Tx, r *Resource) error {
	vpc, err := balancerSubnets(t, r)
	if err != nil {
		return err
	}
	if _, ok := gatewayOf(t, vpc); !ok && !r.Bool("internal") {
		return Refuse("InvalidSubnet", "facts 64", "VPC %s has no internet gateway", vpc)
	}
	name := nameOrPrefixed(t, r, "name", "namePrefix")
	suffix := fmt.Sprintf("app/%s/%s", name, t.Hex(16))
	r.ID = t.ARN("elasticloadbalancing", "loadbalancer/"+suffix)
	public := name
	if r.Bool("internal") {
		public = "internal-" + name
	}
	computed(r, Map{
		"arn": r.ID, "arnSuffix": suffix, "vpcId": vpc, "zoneId": elbZones[t.Region], "internal": false, "ipAddressType": "ipv4",
		"dnsName":        fmt.Sprintf("%s-%d.%s.elb.amazonaws.com", public, crc32.ChecksumIEEE([]byte(r.ID)), t.Region),
		"subnetMappings": mappings(r), "enableCrossZoneLoadBalancing": true,
	})
	computed(r, Map{"securityGroups": defaultGroup(t, vpc)})
	tagsAll(r)
	return logsAccess(t, r, nil)
}

// defaultGroup is the security group of a load balancer that names none: the VPC's default one ("Security groups for
// your Application Load Balancer").
func defaultGroup(t *Tx, vpc string) []any {
	v, ok := t.Find(typeVPC, "", vpc)
	if !ok {
		return List[any]()
	}
	return List[any](v.Str("defaultSecurityGroupId"))
}

func mappings(r *Resource) []any {
	out := List[any]()
	for _, s := range r.Strs("subnets[]") {
		out = append(out, Map{"subnetId": s})
	}
	return out
}

func updateBalancer(t *Tx, r *Resource, old Map) error {
	if _, err := balancerSubnets(t, r); err != nil {
		return err
	}
	keep(r, old, "securityGroups", "ipAddressType")
	r.State["subnetMappings"] = mappings(r)
	tagsAll(r)
	return logsAccess(t, r, old)
}

// smallestALB is the longest prefix of a subnet that takes an application load balancer ("Subnets for your load
// balancer", User Guide for Application Load Balancers: a /27 with eight free addresses).
const smallestALB = 27

func balancerSubnets(t *Tx, r *Resource) (vpc string, err error) {
	zones := map[string]bool{}
	for _, id := range r.Strs("subnets[]") {
		s, _ := t.Find(typeSubnet, "", id)
		if zones[s.Str("availabilityZone")] {
			return "", Refuse("InvalidConfigurationRequest", "facts 63", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		zones[s.Str("availabilityZone")] = true
		if vpc != "" && vpc != s.Str("vpcId") {
			return "", Refuse("InvalidConfigurationRequest", "ELB API, CreateLoadBalancer", "All subnets must belong to the same VPC: '%s'", id)
		}
		vpc = s.Str("vpcId")
		if p, err := netip.ParsePrefix(s.Str("cidrBlock")); err == nil && p.Bits() > smallestALB {
			return "", Refuse("InvalidSubnet", "ELB User Guide, subnets for your load balancer", "Not enough IP space available in %s. ELB requires at least 8 free IP addresses in each subnet.", id)
		}
	}
	if len(zones) < 2 {
		return "", Refuse("ValidationError", "facts 63", "At least two subnets in two different Availability Zones must be specified")
	}
	for _, id := range r.Strs("securityGroups[]") {
		if g, _ := t.Find(typeSecurityGroup, "", id); g.Str("vpcId") != vpc {
			return "", Refuse("InvalidConfigurationRequest", "ELB API, CreateLoadBalancer", "One or more security groups are invalid")
		}
	}
	return vpc, nil
}

func checkTargetGroup(c *Checker) {
	c.elbName()
	c.OneOf("targetType", "instance", "ip", "lambda", "alb")
	c.OneOf("protocol", "HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE")
	c.OneOf("protocolVersion", "HTTP1", "HTTP2", "GRPC")
	c.OneOf("loadBalancingAlgorithmType", "round_robin", "least_outstanding_requests", "weighted_random")
	c.OneOf("loadBalancingAnomalyMitigation", "on", "off")
	c.Between("port", 1, 65535)
	c.Between("deregistrationDelay", 0, 3600)
	if slow, ok := c.Number("slowStart"); ok && slow != 0 {
		c.Between("slowStart", 30, 900)
		if a, ok := c.String("loadBalancingAlgorithmType"); ok && a != "round_robin" {
			c.Fail("slowStart", "slow start mode needs the algorithm round_robin, not %s", a)
		}
	}
	c.Between("healthCheck.interval", 5, 300)
	c.Between("healthCheck.timeout", 2, 120)
	c.Between("healthCheck.healthyThreshold", 2, 10)
	c.Between("healthCheck.unhealthyThreshold", 2, 10)
	c.Length("healthCheck.path", 1, 1024)
	c.Match("healthCheck.path", healthPath, "must begin with '/' and have at most 1024 characters")
	c.Match("healthCheck.matcher", matcherCodes, "HTTP codes such as 200, 200,202 or 200-299")
	c.OneOf("healthCheck.protocol", "HTTP", "HTTPS", "TCP")
	interval, okInterval := c.Number("healthCheck.interval")
	timeout, okTimeout := c.Number("healthCheck.timeout")
	if okInterval && okTimeout && timeout >= interval {
		c.Fail("healthCheck.timeout", "health check timeout %v must be smaller than the interval %v", timeout, interval)
	}
	if kind, _ := c.String("targetType"); kind != "lambda" {
		for _, p := range []string{"port", "protocol", "vpcId"} {
			if !Has(c.In, p) {
				c.Fail(p, "must be set when targetType is %q", kind)
			}
		}
	}
	c.OneOf("stickiness.type", "lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto")
}

func createTargetGroup(t *Tx, r *Resource) error {
	name := nameOrPrefixed(t, r, "name", "namePrefix")
	suffix := fmt.Sprintf("targetgroup/%s/%s", name, t.Hex(16))
	r.ID = t.ARN("elasticloadbalancing", suffix)
	check, _ := r.State["healthCheck"].(Map)
	complete := Map{"enabled": true, "healthyThreshold": 3.0, "interval": 30.0, "matcher": "200", "path": "/", "port": "traffic-port", "protocol": "HTTP", "timeout": 5.0, "unhealthyThreshold": 3.0}
	for k, v := range check {
		complete[k] = v
	}
	r.State["healthCheck"] = complete
	computed(r, Map{
		"arn": r.ID, "arnSuffix": suffix, "protocolVersion": "HTTP1", "ipAddressType": "ipv4", "loadBalancingAlgorithmType": "round_robin",
		"loadBalancingAnomalyMitigation": "off", "loadBalancingCrossZoneEnabled": "use_load_balancer_configuration",
		"stickiness": Map{"enabled": false, "type": "lb_cookie", "cookieDuration": 86400.0, "cookieName": ""}, "loadBalancerArns": List[any](),
	})
	tagsAll(r)
	return nil
}
