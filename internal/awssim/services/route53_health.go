package services

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeHealthCheck = "aws:route53/healthCheck:HealthCheck"

// healthCheckRegions are where Route 53's checkers are (Route 53 API, HealthCheckConfig: Regions).
var healthCheckRegions = []string{
	"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1",
}

var _ = cloud.Register(&cloud.Kind{
	Type: typeHealthCheck, Service: "Route 53", Noun: "HealthCheck", Global: true, UpdateCall: "UpdateHealthCheck",
	Unmodelled: strings.Fields("childHealthchecks cloudwatchAlarmName cloudwatchAlarmRegion invertHealthcheck"),
	Quota:      &cloud.Quota{Max: 200, Refusal: cloud.Refusal{Code: "TooManyHealthChecks", Message: "Limits Exceeded: MAX_HEALTH_CHECKS_BY_USER - Cannot create more than {value} health checks", Rule: "Route 53 Developer Guide, Quotas"}},
	Check:      checkRoute53HealthCheck,
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		r.ID = t.UUID()
		r.State["arn"] = "arn:aws:route53:::healthcheck/" + r.ID
		return applyHealthCheck(r)
	},
	Update: func(_ *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyHealthCheck(r) },
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
		Source: "facts, section 1: Route 53 health check (guess)"},
	Calls: cloud.Calls{Create: "route53:CreateHealthCheck route53:ChangeTagsForResource", Read: "route53:GetHealthCheck route53:ListTagsForResource",
		Update: "route53:UpdateHealthCheck route53:ChangeTagsForResource", Remove: "route53:DeleteHealthCheck"},
	TaggedAs: "route53:healthcheck/",
})

// checkRoute53HealthCheck holds what the provider checks (route53/health_check.go).
func checkRoute53HealthCheck(c *cloud.Checker) {
	c.OneOf("regions[]", healthCheckRegions...)
	c.Between("childHealthThreshold", 0, 256)
}

// applyHealthCheck holds what Route 53 refuses ("Values that you specify when you create or update health checks")
// and fills in what it chooses.
func applyHealthCheck(r *cloud.Resource) error {
	kind := r.Str("type")
	invalid := func(format string, args ...any) error {
		return cloud.Refuse("InvalidInput", "Route 53 API, HealthCheckConfig", format, args...)
	}
	endpoint := slices.Contains([]string{"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"}, kind)
	path, search := r.Str("resourcePath"), r.Str("searchString")
	switch {
	case !endpoint:
		return invalid("the offline AWS has health checks of an endpoint only, not of type %s", kind)
	case r.Str("fqdn") == "" && r.Str("ipAddress") == "":
		return invalid("Invalid parameter : Either FullyQualifiedDomainName or IPAddress must be specified")
	case kind == "TCP" && r.Int("port") == 0:
		return invalid("Invalid parameter : Port must be specified for TCP health checks")
	case kind == "TCP" && path != "":
		return invalid("Invalid parameter : ResourcePath cannot be specified for TCP health checks")
	case strings.HasSuffix(kind, "_STR_MATCH") != (search != ""):
		return invalid("Invalid parameter : SearchString goes with a type that ends with STR_MATCH, and with no other")
	}
	chosen := cloud.Map{"failureThreshold": 3.0, "enableSni": strings.HasPrefix(kind, "HTTPS"), "triggers": cloud.Map{}}
	if port := map[string]float64{"HTTP": 80, "HTTPS": 443}[strings.TrimSuffix(kind, "_STR_MATCH")]; port != 0 {
		chosen["port"] = port
	}
	if !cloud.Has(r.State, "requestInterval") {
		chosen["requestInterval"] = 30.0
	}
	cloud.Computed(r, chosen)
	return nil
}
