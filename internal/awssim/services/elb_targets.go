package services

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeTargetGroup = "aws:lb/targetGroup:TargetGroup"

const createTargets = "ELB API, CreateTargetGroup"

var _ = cloud.Register(&cloud.Kind{
	Type: typeTargetGroup, Service: elbService, Noun: "TargetGroup",
	Name:   &cloud.AutoName{Property: "name", Max: elbNameLimit, Prefix: "namePrefix"},
	Keys:   []string{"arn"},
	Refs:   []cloud.Ref{{Path: "vpcId", To: typeVPC, Free: true, Missing: cloud.Refusal{Code: "ValidationError", Message: "The VPC ID '{value}' is not found", Rule: createTargets}}},
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "DuplicateTargetGroupName", Message: "ELBv2 Target Group ({value}) already exists", Rule: "facts 65"}}},
	InUse:  cloud.Refusal{Code: "ResourceInUse", Message: "Target group '{id}' is currently in use by a listener or a rule", Rule: "facts 67", Retry: 2 * time.Minute},
	Quota:  &cloud.Quota{Max: 3000, Refusal: cloud.Refusal{Code: "TooManyTargetGroups", Message: "The maximum number of target groups has been reached.", Rule: "facts 21"}},
	Check:  checkTargetGroup,
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		name := cloud.NameOrPrefixed(t, r, "name", "namePrefix")
		suffix := fmt.Sprintf("targetgroup/%s/%s", name, t.Hex(16))
		r.ID = t.ARN("elasticloadbalancing", suffix)
		cloud.Computed(r, cloud.Map{"arn": r.ID, "arnSuffix": suffix, "loadBalancerArns": []any{}})
		return applyTargetGroup(t, r)
	},
	Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyTargetGroup(t, r) },
	Read:   func(t *cloud.Tx, r *cloud.Resource) { r.State["loadBalancerArns"] = balancersOf(t, r.ID) },
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
		Source: "facts, section 1: target group, 2 logs"},
	Propagation: cloud.Secs(1, 0, 2),
	Calls: cloud.Calls{Create: "elasticloadbalancing:CreateTargetGroup elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:AddTags",
		Read:   "elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeTargetGroupAttributes elasticloadbalancing:DescribeTags",
		Update: "elasticloadbalancing:ModifyTargetGroup elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags", Remove: "elasticloadbalancing:DeleteTargetGroup"},
	TaggedAs: "elasticloadbalancing:targetgroup/",
})

var (
	healthPath   = regexp.MustCompile(`^/[ -~]*$`)
	matcherCodes = regexp.MustCompile(`^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$`)
)

func checkTargetGroup(c *cloud.Checker) {
	const suffix = 26 // characters the provider appends to a prefix
	checkELBName(c, elbNameLimit-suffix)
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
		if !cloud.Has(c.In, p) {
			c.Fail(p, "Attribute %q must be specified when \"targetType\" is not \"lambda\"", p)
		}
	}
	c.Unmodelled("connectionTermination", "lambdaMultiValueHeadersEnabled", "preserveClientIp", "proxyProtocolV2", "targetFailovers", "targetHealthStates")
	checkHealthCheck(c)
}

func checkHealthCheck(c *cloud.Checker) {
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
func applyTargetGroup(t *cloud.Tx, r *cloud.Resource) error {
	health, given := r.State["healthCheck"].(cloud.Map)
	if !given {
		health = cloud.Map{"healthyThreshold": 5.0, "unhealthyThreshold": 2.0}
		r.State["healthCheck"] = health
	}
	code := "200"
	if r.Str("protocolVersion") == "GRPC" {
		code = "12"
	}
	fill(health, cloud.Map{
		"enabled": true, "healthyThreshold": 3.0, "interval": 30.0, "matcher": code, "path": "/", "port": "traffic-port",
		"protocol": "HTTP", "timeout": 5.0, "unhealthyThreshold": 3.0,
	})
	cloud.Computed(r, cloud.Map{
		"connectionTermination": false, "ipAddressType": "ipv4", "loadBalancingAlgorithmType": "round_robin",
		"loadBalancingAnomalyMitigation": "off", "loadBalancingCrossZoneEnabled": "use_load_balancer_configuration",
		"preserveClientIp": "", "protocolVersion": "HTTP1", "stickiness": cloud.Map{"enabled": false, "type": "lb_cookie"},
		"targetFailovers": []any{}, "targetHealthStates": []any{}, "targetGroupHealth": cloud.Map{
			"dnsFailover":           cloud.Map{"minimumHealthyTargetsCount": "1", "minimumHealthyTargetsPercentage": "off"},
			"unhealthyStateRouting": cloud.Map{"minimumHealthyTargetsCount": 1.0, "minimumHealthyTargetsPercentage": "off"},
		},
	})
	stickiness := cloud.First[cloud.Map](r.State, "stickiness")
	fill(stickiness, cloud.Map{"enabled": true, "cookieDuration": 86400.0, "cookieName": ""})
	return targetGroupProblem(t, r, health, stickiness)
}

var threeDigits = regexp.MustCompile(`\d{3}`)

func targetGroupProblem(t *cloud.Tx, r *cloud.Resource, health, stickiness cloud.Map) error {
	const invalid = "InvalidConfigurationRequest"
	algorithm := r.Str("loadBalancingAlgorithmType")
	switch {
	case cloud.Int(health, "timeout") >= cloud.Int(health, "interval"):
		return cloud.Refuse("ValidationError", createTargets, "Health check interval must be greater than the timeout.")
	case r.Str("protocolVersion") != "GRPC" && !matcherCodes.MatchString(cloud.Str(health, "matcher")):
		return cloud.Refuse("ValidationError", createTargets, "Health check matcher HTTP code '%s' must be within '200-499' inclusive", cloud.Str(health, "matcher"))
	case r.Int("slowStart") > 0 && algorithm != "round_robin":
		return cloud.Refuse(invalid, "User Guide for Application Load Balancers, slow start mode", "Slow start mode cannot be enabled with the load balancing algorithm %s", algorithm)
	case r.Str("loadBalancingAnomalyMitigation") == "on" && algorithm != "weighted_random":
		return cloud.Refuse(invalid, "User Guide for Application Load Balancers, anomaly mitigation", "Anomaly mitigation needs the load balancing algorithm weighted_random, not %s", algorithm)
	case !strings.HasSuffix(cloud.Str(stickiness, "type"), "_cookie"):
		return cloud.Refuse(invalid, createTargets, "Stickiness type '%s' is not supported for target groups with the %s protocol", cloud.Str(stickiness, "type"), r.Str("protocol"))
	case cloud.Str(stickiness, "type") == "app_cookie" && cloud.Str(stickiness, "cookieName") == "":
		return cloud.Refuse(invalid, createTargets, "Cookie name must be specified for stickiness type 'app_cookie'")
	case r.Str("ipAddressType") != "ipv4" && !hasIPv6(t, r.Str("vpcId")):
		return cloud.Refuse(invalid, createTargets, "The VPC '%s' has no IPv6 CIDR block", r.Str("vpcId"))
	}
	for _, code := range threeDigits.FindAllString(cloud.Str(health, "matcher"), -1) {
		if n, _ := strconv.Atoi(code); n < 200 || n > 499 {
			return cloud.Refuse("ValidationError", createTargets, "Health check matcher HTTP code '%s' must be within '200-499' inclusive", code)
		}
	}
	return nil
}
