package services

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

// ruleGroup is a managed rule group: its capacity and its rules.
type ruleGroup struct {
	capacity int
	rules    []string
}

// managedGroups are those of vendor AWS that the offline AWS knows ("AWS Managed Rules rule groups list", AWS WAF
// Developer Guide).
var managedGroups = map[string]ruleGroup{
	"AWSManagedRulesCommonRuleSet": {700, strings.Fields(`NoUserAgent_HEADER UserAgent_BadBots_HEADER SizeRestrictions_QUERYSTRING
		SizeRestrictions_Cookie_HEADER SizeRestrictions_BODY SizeRestrictions_URIPATH EC2MetaDataSSRF_BODY EC2MetaDataSSRF_COOKIE
		EC2MetaDataSSRF_URIPATH EC2MetaDataSSRF_QUERYARGUMENTS GenericLFI_QUERYARGUMENTS GenericLFI_URIPATH GenericLFI_BODY
		RestrictedExtensions_URIPATH RestrictedExtensions_QUERYARGUMENTS GenericRFI_QUERYARGUMENTS GenericRFI_BODY GenericRFI_URIPATH
		CrossSiteScripting_COOKIE CrossSiteScripting_QUERYARGUMENTS CrossSiteScripting_BODY CrossSiteScripting_URIPATH`)},
	"AWSManagedRulesKnownBadInputsRuleSet": {200, strings.Fields(`JavaDeserializationRCE_HEADER JavaDeserializationRCE_BODY
		JavaDeserializationRCE_URIPATH JavaDeserializationRCE_QUERYSTRING Host_localhost_HEADER PROPFIND_METHOD ExploitablePaths_URIPATH
		Log4JRCE_HEADER Log4JRCE_QUERYSTRING Log4JRCE_BODY Log4JRCE_URIPATH`)},
	"AWSManagedRulesAmazonIpReputationList": {25, strings.Fields(`AWSManagedIPReputationList AWSManagedReconnaissanceList AWSManagedIPDDoSList`)},
}

func invalidWeb(format string, args ...any) error {
	return cloud.Refuse(wafInvalid, "WAFV2 API, CreateWebACL", "Error reason: "+format, args...)
}

// applyWebACL holds what WAF itself refuses, and weighs the rules.
func applyWebACL(t *cloud.Tx, r *cloud.Resource) error {
	if r.Str("scope") == "CLOUDFRONT" && t.Region != "us-east-1" {
		return invalidWeb("The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT")
	}
	names, priorities, capacity := map[string]bool{}, map[int]bool{}, 0
	for _, rule := range cloud.Maps(r.State, "rules[]") {
		name, priority := cloud.Str(rule, "name"), cloud.Int(rule, "priority")
		if names[name] || priorities[priority] {
			return invalidWeb("You have used a name or priority of another rule., field: RULE, parameter: %s", name)
		}
		names[name], priorities[priority] = true, true
		managed := cloud.Has(rule, "statement.managedRuleGroupStatement")
		if managed != cloud.Has(rule, "overrideAction") || managed == cloud.Has(rule, "action") {
			return invalidWeb("A rule must have an action, or if it references a rule group an override action, and not both., field: RULE, parameter: %s", name)
		}
		weight, err := weigh(mapOf(rule["statement"]))
		if err != nil {
			return err
		}
		capacity += weight
	}
	if capacity > wafCapacityLimit {
		return cloud.Refuse("WAFLimitsExceededException", "AWS WAF quotas", "AWS WAF couldn't perform the operation because you exceeded your resource limit: %d of %d WCU", capacity, wafCapacityLimit)
	}
	r.State["capacity"], r.State["lockToken"] = float64(capacity), t.UUID()
	cloud.Computed(r, cloud.Map{"applicationIntegrationUrl": ""})
	return nil
}

// weigh returns a statement's capacity units ("Rule statements list", AWS WAF Developer Guide).
func weigh(s cloud.Map) (int, error) {
	if group := mapOf(s["managedRuleGroupStatement"]); group != nil {
		g, ok := managedGroups[cloud.Str(group, "name")]
		if !ok || cloud.Str(group, "vendorName") != "AWS" {
			return 0, noSuchACL.AsError()
		}
		for _, name := range cloud.Strs(group, "ruleActionOverrides[].name") {
			if !slices.Contains(g.rules, name) {
				return 0, invalidWeb("The rule group has no such rule., field: RULE_ACTION_OVERRIDE, parameter: %s", name)
			}
		}
		return g.capacity, nil
	}
	if cloud.Has(s, "rateBasedStatement") {
		return 2, nil
	}
	if match := mapOf(s["byteMatchStatement"]); match != nil {
		weight := 2
		if documents.OneOf(cloud.Str(match, "positionalConstraint"), "CONTAINS CONTAINS_WORD") {
			weight = 10
		}
		for _, kind := range cloud.Strs(match, "textTransformations[].type") {
			if kind != "NONE" {
				weight += 10
			}
		}
		return weight, nil
	}
	sum := 1
	for _, p := range []string{"andStatement", "orStatement"} {
		for _, n := range cloud.Maps(s, p+".statements[]") {
			weight, err := weigh(n)
			if err != nil {
				return 0, err
			}
			sum += weight
		}
	}
	return sum, nil
}

// checkWebLogging holds what the provider checks (wafv2/web_acl_logging_configuration.go).
func checkWebLogging(c *cloud.Checker) {
	const filters = "loggingFilter.filters[]"
	for i, f := range cloud.Maps(c.In, "redactedFields[]") {
		if n := len(given(f, "method", "queryString", "singleHeader", "uriPath")); n != 1 {
			c.Fail(fmt.Sprintf("redactedFields[%d]", i), "exactly one field must be named, %d are", n)
		}
	}
	for i, f := range cloud.Maps(c.In, filters+".conditions[]") {
		if n := len(given(f, "actionCondition", "labelNameCondition")); n != 1 {
			c.Fail(fmt.Sprintf("%s.conditions[%d]", filters, i), "exactly one condition must be set, %d are", n)
		}
	}
}

var logGroupArn = regexp.MustCompile(`^arn:aws:logs:([a-z0-9-]+):(\d{12}):log-group:(aws-waf-logs-[^:]*)(:\*)?$`)

// applyWebLogging refuses destinations that WAF cannot write to. The right to write it gives log delivery itself
// ("Sending web ACL traffic logs to a CloudWatch Logs log group").
func applyWebLogging(t *cloud.Tx, r *cloud.Resource) error {
	destinations := r.Strs("logDestinationConfigs[]")
	if len(destinations) != 1 {
		return invalidWeb("A web ACL has one logging destination., field: LOG_DESTINATION, parameter: %d", len(destinations))
	}
	m := logGroupArn.FindStringSubmatch(destinations[0])
	if m == nil || m[1] != t.Region || m[2] != t.Account() {
		return invalidWeb("The ARN isn't valid: a log group of this region and account whose name begins with aws-waf-logs- is needed., field: LOG_DESTINATION, parameter: %s", destinations[0])
	}
	if _, ok := t.Find(typeLogGroup, "", m[3]); !ok {
		return cloud.Refuse("WAFLogDestinationPermissionIssueException", "WAFV2 API, PutLoggingConfiguration",
			"The operation failed because you don't have the permissions that your logging configuration requires: log group %s does not exist", m[3])
	}
	return nil
}
