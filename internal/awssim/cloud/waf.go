package cloud

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/wafv2"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	typeWebACL         = "aws:wafv2/webAcl:WebAcl"
	typeWebAssociation = "aws:wafv2/webAclAssociation:WebAclAssociation"
	typeWebLogging     = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
)

const (
	wafInvalid       = "WAFInvalidParameterException"
	wafCapacityLimit = 5000 // web ACL capacity units ("AWS WAF quotas")
)

// unseenByWAF is the answer about something so new that WAF has not heard of it.
var unseenByWAF = Refusal{"WAFUnavailableEntityException", "AWS WAF couldn't retrieve the resource that you requested. Retry your request.", "facts 74"}

var noSuchACL = Refusal{"WAFNonexistentItemException", "AWS WAF couldn't perform the operation because your resource doesn't exist.", "WAFV2 API, AssociateWebACL"}

var _ = register(
	&Kind{
		Type: typeWebACL, Service: "WAFV2", Noun: "WebACL", UpdateCall: "UpdateWebACL",
		Name: &AutoName{Property: "name", Max: 128, Prefix: "namePrefix"},
		JSON: []string{"ruleJson"},
		Keys: []string{"arn"}, Recomputed: []string{"lockToken", "capacity"},
		Unique: []Unique{{Props: []string{"name", "scope"}, Refusal: Refusal{"WAFDuplicateItemException",
			"AWS WAF couldn't perform the operation because some resource in your request is a duplicate of an existing one.", "facts 75"}}},
		InUse: Refusal{"WAFAssociatedItemException", "AWS WAF couldn't perform the operation because your resource is being used by another " +
			"resource or it's associated with another resource.", "facts 75"},
		Quota: &Quota{Max: 100, Refusal: Refusal{"WAFLimitsExceededException", "AWS WAF couldn't perform the operation because you exceeded your resource limit.", "facts 21"}},
		Check: checkWebACL,
		Create: func(t *Tx, r *Resource) error {
			r.ID = t.UUID()
			r.State["arn"] = t.ARN("wafv2", strings.ToLower(r.Str("scope"))+"/webacl/"+applyName(t, r)+"/"+r.ID)
			return applyWebACL(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error { return applyWebACL(t, r) },
		Schema: schema.Of(wafv2.WebAcl{}, wafv2.WebAclArgs{}),
		Timing: Timing{Create: secs(2, 1, 4), Update: secs(2, 1, 4), Delete: secs(2, 1, 30),
			Source: "facts, section 1: WAFv2 web ACL, 1 log"},
		Propagation: secs(5, 0, 120),
		Calls:       Calls{"wafv2:CreateWebACL wafv2:TagResource", "wafv2:GetWebACL wafv2:ListTagsForResource", "wafv2:UpdateWebACL wafv2:TagResource wafv2:UntagResource", "wafv2:DeleteWebACL"},
		TaggedAs:    "wafv2:regional/webacl/",
		ImportID:    func(r *Resource) string { return r.ID + "/" + r.Str("name") + "/" + r.Str("scope") },
	},
	&Kind{
		Type: typeWebAssociation, Service: "WAFV2", Noun: "WebACLAssociation", CreateCall: "AssociateWebACL", DeleteCall: "DisassociateWebACL",
		Refs: []Ref{
			{Path: "webAclArn", To: typeWebACL, Key: "arn", Missing: noSuchACL, Unseen: unseenByWAF},
			{Path: "resourceArn", To: typeLoadBalancer, Free: true, Missing: noSuchACL, Unseen: unseenByWAF}, // goes with its load balancer
		},
		Unique: []Unique{{Props: []string{"resourceArn"}, Refusal: Refusal{"WAFAssociatedItemException",
			"{value} has a web ACL of another resource, which this one would replace", "WAFV2 API, AssociateWebACL"}}},
		Create: func(_ *Tx, r *Resource) error {
			r.ID = r.Str("webAclArn") + "," + r.Str("resourceArn")
			return nil
		},
		Schema: schema.Of(wafv2.WebAclAssociation{}, wafv2.WebAclAssociationArgs{}),
		Timing: Timing{Create: secs(5, 2, 15), Delete: secs(3, 1, 10),
			Source: "facts, section 1: WAFv2 association (guess)"},
		Calls: Calls{"wafv2:AssociateWebACL elasticloadbalancing:SetWebAcl", "wafv2:GetWebACLForResource", "", "wafv2:DisassociateWebACL elasticloadbalancing:SetWebAcl"},
	},
	&Kind{
		Type: typeWebLogging, Service: "WAFV2", Noun: "LoggingConfiguration", CreateCall: "PutLoggingConfiguration", UpdateCall: "PutLoggingConfiguration",
		Kept: words(`
			loggingFilter.defaultBehavior loggingFilter.filters.behavior
			loggingFilter.filters.conditions.actionCondition.action
			loggingFilter.filters.conditions.labelNameCondition.labelName loggingFilter.filters.requirement`),
		Refs: []Ref{{Path: "resourceArn", To: typeWebACL, Key: "arn", Free: true, Missing: noSuchACL, Unseen: unseenByWAF}}, // goes with its ACL
		Unique: []Unique{{Props: []string{"resourceArn"}, Refusal: Refusal{"WAFDuplicateItemException",
			"the logging of {value} is another resource's, which this one would replace", "WAFV2 API, PutLoggingConfiguration"}}},
		Check: checkWebLogging,
		Create: func(t *Tx, r *Resource) error {
			r.ID = r.Str("resourceArn")
			return applyWebLogging(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error { return applyWebLogging(t, r) },
		Schema: schema.Of(wafv2.WebAclLoggingConfiguration{}, wafv2.WebAclLoggingConfigurationArgs{}),
		Timing: Timing{Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2),
			Source: "as the web ACL (guess)"},
		Calls: Calls{"wafv2:PutLoggingConfiguration logs:CreateLogDelivery logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups",
			"wafv2:GetLoggingConfiguration", "wafv2:PutLoggingConfiguration", "wafv2:DeleteLoggingConfiguration logs:DeleteLogDelivery"},
	},
)

var (
	webName    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	webActions = []string{"allow", "block", "count", "captcha", "challenge"}
)

// given returns which of the properties an object has.
func given(m Map, properties ...string) []string {
	var out []string
	for _, p := range properties {
		if Has(m, p) {
			out = append(out, p)
		}
	}
	return out
}

// checkWebACL holds what the provider checks (wafv2/web_acl.go and schemas.go).
func checkWebACL(c *Checker) {
	for _, p := range []string{"visibilityConfig.metricName", "rules[].visibilityConfig.metricName", "rules[].name"} {
		c.Match(p, webName, "letters, digits, hyphens and underscores, at most 128")
	}
	if d, ok := c.In["defaultAction"].(Map); ok && len(given(d, "allow", "block")) != 1 {
		c.Fail("defaultAction", "exactly one of allow and block must be set")
	}
	for _, p := range []string{"ruleJson", "captchaConfig", "challengeConfig", "customResponseBodies", "associationConfig", "dataProtectionConfig", "tokenDomains"} {
		if Has(c.In, p) {
			c.Fail(p, "is not part of the offline AWS's web ACLs")
		}
	}
	const rate = "rules[].statement.rateBasedStatement."
	c.Between(rate+"limit", 10, 2_000_000_000)
	c.OneOf(rate+"aggregateKeyType", "IP", "FORWARDED_IP", "CUSTOM_KEYS", "CONSTANT")
	for _, v := range At(c.In, rate+"evaluationWindowSec") {
		if n, ok := v.(float64); ok && !slices.Contains([]float64{60, 120, 300, 600}, n) {
			c.Fail(rate+"evaluationWindowSec", "expected to be one of [60 120 300 600], got %v", n)
		}
	}
	c.Between("rules[].action.block.customResponse.responseCode", 200, 600)
	for i, rule := range Maps(c.In, "rules[]") {
		path := fmt.Sprintf("rules[%d]", i)
		if statement, ok := rule["statement"].(Map); ok {
			c.statement(path+".statement", statement)
		}
		for _, p := range []string{"action", "overrideAction"} {
			if a, ok := rule[p].(Map); ok && len(given(a, append(webActions, "none")...)) != 1 {
				c.Fail(path+"."+p, "exactly one action must be set")
			}
		}
	}
}

// statement checks a statement and those in it. Kinds that nothing here weighs are refused.
func (c *Checker) statement(path string, s Map) {
	kinds := sortedKeys(s)
	if len(kinds) != 1 {
		c.Fail(path, "exactly one kind of statement must be set, %d are", len(kinds))
		return
	}
	switch inner, _ := s[kinds[0]].(Map); kinds[0] {
	case "andStatement", "orStatement":
		nested := Maps(inner, "statements[]")
		if len(nested) < 2 {
			c.Fail(path+"."+kinds[0], "at least two statements are needed, not %d", len(nested))
		}
		for i, n := range nested {
			c.statement(fmt.Sprintf("%s.%s.statements[%d]", path, kinds[0], i), n)
		}
	case "byteMatchStatement":
		if len(sortedKeys(mapOf(inner["fieldToMatch"]))) != 1 {
			c.Fail(path+".byteMatchStatement.fieldToMatch", "exactly one part of the request must be named")
		}
		if how := Str(inner, "positionalConstraint"); !documents.OneOf(how, "EXACTLY STARTS_WITH ENDS_WITH CONTAINS CONTAINS_WORD") {
			c.Fail(path+".byteMatchStatement.positionalConstraint", "%q is none", how)
		}
		if n := len(Str(inner, "searchString")); n < 1 || n > 200 {
			c.Fail(path+".byteMatchStatement.searchString", "1 to 200 characters, not %d", n)
		}
		if header := Str(inner, "fieldToMatch.singleHeader.name"); header != strings.ToLower(header) {
			c.Fail(path+".byteMatchStatement.fieldToMatch.singleHeader.name", "must be in lower case: %q", header)
		}
		if len(Maps(inner, "textTransformations[]")) == 0 {
			c.Fail(path+".byteMatchStatement.textTransformations", "at least one is needed, NONE if the text is compared as it is")
		}
	case "managedRuleGroupStatement", "rateBasedStatement":
	default:
		c.Fail(path+"."+kinds[0], "the offline AWS does not know this kind of statement")
	}
}

func mapOf(v any) Map { m, _ := v.(Map); return m }
