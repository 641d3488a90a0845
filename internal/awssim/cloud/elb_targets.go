package cloud

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const typeTargetGroup = "aws:lb/targetGroup:TargetGroup"

const createTargets = "ELB API, CreateTargetGroup"

var _ = register(&Kind{
	Type: typeTargetGroup, Service: elbService, Noun: "TargetGroup",
	Kept:   words("deregistrationDelay"),
	Name:   &AutoName{Property: "name", Max: elbNameLimit, Prefix: "namePrefix"},
	Keys:   []string{"arn"},
	Refs:   []Ref{{Path: "vpcId", To: typeVPC, Free: true, Missing: Refusal{"ValidationError", "The VPC ID '{value}' is not found", createTargets}}},
	Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{"DuplicateTargetGroupName", "ELBv2 Target Group ({value}) already exists", "facts 65"}}},
	InUse:  Refusal{"ResourceInUse", "Target group '{id}' is currently in use by a listener or a rule", "facts 67"},
	Quota:  &Quota{Max: 3000, Refusal: Refusal{"TooManyTargetGroups", "The maximum number of target groups has been reached.", "facts 21"}},
	Check:  checkTargetGroup,
	Create: func(t *Tx, r *Resource) error {
		name := nameOrPrefixed(t, r, "name", "namePrefix")
		suffix := fmt.Sprintf("targetgroup/%s/%s", name, t.Hex(16))
		r.ID = t.ARN("elasticloadbalancing", suffix)
		computed(r, Map{"arn": r.ID, "arnSuffix": suffix, "loadBalancerArns": []any{}})
		return applyTargetGroup(t, r)
	},
	Update: func(t *Tx, r *Resource, old Map) error {
		keep(r, old, "connectionTermination", "healthCheck", "ipAddressType", "loadBalancingAlgorithmType", "loadBalancingAnomalyMitigation",
			"loadBalancingCrossZoneEnabled", "protocolVersion", "stickiness", "targetGroupHealth")
		return applyTargetGroup(t, r)
	},
	Read:   func(t *Tx, r *Resource) { r.State["loadBalancerArns"] = balancersOf(t, r.ID) },
	Schema: schema.Of(lb.TargetGroup{}, lb.TargetGroupArgs{}),
	Timing: Timing{Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(0.5, 0, 1),
		Source: "facts, section 1: target group, 2 logs"},
	Propagation: secs(1, 0, 2),
	Calls: Calls{"elasticloadbalancing:CreateTargetGroup elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:AddTags",
		"elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeTargetGroupAttributes elasticloadbalancing:DescribeTags",
		"elasticloadbalancing:ModifyTargetGroup elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags", "elasticloadbalancing:DeleteTargetGroup"},
	TaggedAs: "elasticloadbalancing:targetgroup/",
})

var (
	healthPath   = regexp.MustCompile(`^/[ -~]*$`)
	matcherCodes = regexp.MustCompile(`^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$`)
)

func checkTargetGroup(c *Checker) {
	const suffix = 26 // characters the provider appends to a prefix
	c.elbName(elbNameLimit - suffix)
	if slow, ok := c.Number("slowStart"); ok && slow != 0 {
		c.Between("slowStart", 30, 900)
	}
	kind, known := c.String("targetType")
	protocol, _ := c.String("protocol")
	if known && (kind == "lambda" || kind == "alb") || protocol != "" && protocol != "HTTP" && protocol != "HTTPS" {
		c.Fail("targetType", "the offline AWS has target groups of application load balancers only, with instances or addresses")
		return
	}
	for _, p := range []string{"port", "protocol", "vpcId"} {
		if !Has(c.In, p) {
			c.Fail(p, "Attribute %q must be specified when \"targetType\" is not \"lambda\"", p)
		}
	}
	c.Unmodelled("connectionTermination", "lambdaMultiValueHeadersEnabled", "preserveClientIp", "proxyProtocolV2", "targetFailovers", "targetHealthStates")
	checkHealthCheck(c)
}

func checkHealthCheck(c *Checker) {
	c.Match("healthCheck.path", healthPath, "must begin with /")
	if p, _ := c.String("healthCheck.protocol"); p == "TCP" {
		c.Fail("healthCheck.protocol", "health checks of HTTP and HTTPS target groups are not of protocol TCP")
	}
	if port, ok := c.String("healthCheck.port"); ok && port != "traffic-port" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			c.Fail("healthCheck.port", "must be a valid port number (1-65535) or %q", "traffic-port")
		}
	}
}

// applyTargetGroup fills in what AWS assumes. The provider has assumptions of its own as soon as there is a health
// check block (elbv2/target_group.go).
func applyTargetGroup(t *Tx, r *Resource) error {
	tagsAll(r)
	health, given := r.State["healthCheck"].(Map)
	if !given {
		health = Map{"healthyThreshold": 5.0, "unhealthyThreshold": 2.0}
		r.State["healthCheck"] = health
	}
	code := "200"
	if r.Str("protocolVersion") == "GRPC" {
		code = "12"
	}
	fill(health, Map{
		"enabled": true, "healthyThreshold": 3.0, "interval": 30.0, "matcher": code, "path": "/", "port": "traffic-port",
		"protocol": "HTTP", "timeout": 5.0, "unhealthyThreshold": 3.0,
	})
	computed(r, Map{
		"connectionTermination": false, "ipAddressType": "ipv4", "loadBalancingAlgorithmType": "round_robin",
		"loadBalancingAnomalyMitigation": "off", "loadBalancingCrossZoneEnabled": "use_load_balancer_configuration",
		"preserveClientIp": "", "protocolVersion": "HTTP1", "stickiness": Map{"enabled": false, "type": "lb_cookie"},
		"targetFailovers": []any{}, "targetHealthStates": []any{}, "targetGroupHealth": Map{
			"dnsFailover":           Map{"minimumHealthyTargetsCount": "1", "minimumHealthyTargetsPercentage": "off"},
			"unhealthyStateRouting": Map{"minimumHealthyTargetsCount": 1.0, "minimumHealthyTargetsPercentage": "off"},
		},
	})
	stickiness := first[Map](r.State, "stickiness")
	fill(stickiness, Map{"enabled": true, "cookieDuration": 86400.0, "cookieName": ""})
	return targetGroupProblem(t, r, health, stickiness)
}

var threeDigits = regexp.MustCompile(`\d{3}`)

func targetGroupProblem(t *Tx, r *Resource, health, stickiness Map) error {
	const invalid = "InvalidConfigurationRequest"
	algorithm := r.Str("loadBalancingAlgorithmType")
	switch {
	case Int(health, "timeout") >= Int(health, "interval"):
		return Refuse("ValidationError", createTargets, "Health check interval must be greater than the timeout.")
	case r.Str("protocolVersion") != "GRPC" && !matcherCodes.MatchString(Str(health, "matcher")):
		return Refuse("ValidationError", createTargets, "Health check matcher HTTP code '%s' must be within '200-499' inclusive", Str(health, "matcher"))
	case r.Int("slowStart") > 0 && algorithm != "round_robin":
		return Refuse(invalid, "User Guide for Application Load Balancers, slow start mode", "Slow start mode cannot be enabled with the load balancing algorithm %s", algorithm)
	case r.Str("loadBalancingAnomalyMitigation") == "on" && algorithm != "weighted_random":
		return Refuse(invalid, "User Guide for Application Load Balancers, anomaly mitigation", "Anomaly mitigation needs the load balancing algorithm weighted_random, not %s", algorithm)
	case !strings.HasSuffix(Str(stickiness, "type"), "_cookie"):
		return Refuse(invalid, createTargets, "Stickiness type '%s' is not supported for target groups with the %s protocol", Str(stickiness, "type"), r.Str("protocol"))
	case Str(stickiness, "type") == "app_cookie" && Str(stickiness, "cookieName") == "":
		return Refuse(invalid, createTargets, "Cookie name must be specified for stickiness type 'app_cookie'")
	case r.Str("ipAddressType") != "ipv4" && !hasIPv6(t, r.Str("vpcId")):
		return Refuse(invalid, createTargets, "The VPC '%s' has no IPv6 CIDR block", r.Str("vpcId"))
	}
	for _, code := range threeDigits.FindAllString(Str(health, "matcher"), -1) {
		if n, _ := strconv.Atoi(code); n < 200 || n > 499 {
			return Refuse("ValidationError", createTargets, "Health check matcher HTTP code '%s' must be within '200-499' inclusive", code)
		}
	}
	return nil
}
