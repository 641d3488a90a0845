package services

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
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
var unseenByWAF = cloud.Refusal{Code: "WAFUnavailableEntityException", Message: "AWS WAF couldn't retrieve the resource that you requested. Retry your request.", Rule: "facts 74", Retry: 5 * time.Minute}

var noSuchACL = cloud.Refusal{Code: "WAFNonexistentItemException", Message: "AWS WAF couldn't perform the operation because your resource doesn't exist.", Rule: "WAFV2 API, AssociateWebACL"}

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeWebACL, Service: "WAFV2", Noun: "WebACL", UpdateCall: "UpdateWebACL",
		Name: &cloud.AutoName{Property: "name", Max: 128, Prefix: "namePrefix"},
		Keys: []string{"arn"}, Recomputed: []string{"lockToken", "capacity"},
		Unique: []cloud.Unique{{Props: []string{"name", "scope"}, Refusal: cloud.Refusal{Code: "WAFDuplicateItemException",
			Message: "AWS WAF couldn't perform the operation because some resource in your request is a duplicate of an existing one.", Rule: "facts 75"}}},
		InUse: cloud.Refusal{Code: "WAFAssociatedItemException", Message: "AWS WAF couldn't perform the operation because your resource is being used by another " +
			"resource or it's associated with another resource.", Rule: "facts 75", Retry: 5 * time.Minute},
		Quota: &cloud.Quota{Max: 100, Refusal: cloud.Refusal{Code: "WAFLimitsExceededException", Message: "AWS WAF couldn't perform the operation because you exceeded your resource limit.", Rule: "facts 21"}},
		Check: checkWebACL,
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = t.UUID()
			r.State["arn"] = t.ARN("wafv2", strings.ToLower(r.Str("scope"))+"/webacl/"+cloud.ApplyName(t, r)+"/"+r.ID)
			return applyWebACL(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyWebACL(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(2, 1, 4), Update: cloud.Secs(2, 1, 4), Delete: cloud.Secs(2, 1, 30),
			Source: "facts, section 1: WAFv2 web ACL, 1 log"},
		Propagation: cloud.Secs(5, 0, 120),
		Calls:       cloud.Calls{Create: "wafv2:CreateWebACL wafv2:TagResource", Read: "wafv2:GetWebACL wafv2:ListTagsForResource", Update: "wafv2:UpdateWebACL wafv2:TagResource wafv2:UntagResource", Remove: "wafv2:DeleteWebACL"},
		TaggedAs:    "wafv2:regional/webacl/",
		ImportID:    func(r *cloud.Resource) string { return r.ID + "/" + r.Str("name") + "/" + r.Str("scope") },
	},
	&cloud.Kind{
		Type: typeWebAssociation, Service: "WAFV2", Noun: "WebACLAssociation", CreateCall: "AssociateWebACL", DeleteCall: "DisassociateWebACL",
		Refs: []cloud.Ref{
			{Path: "webAclArn", To: typeWebACL, Key: "arn", Missing: noSuchACL, Unseen: unseenByWAF},
			{Path: "resourceArn", To: typeLoadBalancer, Free: true, Missing: noSuchACL, Unseen: unseenByWAF}, // goes with its load balancer
		},
		Unique: []cloud.Unique{{Props: []string{"resourceArn"}, Refusal: cloud.Refusal{Code: "WAFAssociatedItemException",
			Message: "{value} has a web ACL of another resource, which this one would replace", Rule: "WAFV2 API, AssociateWebACL"}}},
		Create: func(_ *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("webAclArn") + "," + r.Str("resourceArn")
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(5, 2, 15), Delete: cloud.Secs(3, 1, 10),
			Source: "facts, section 1: WAFv2 association (guess)"},
		Calls: cloud.Calls{Create: "wafv2:AssociateWebACL elasticloadbalancing:SetWebAcl", Read: "wafv2:GetWebACLForResource", Update: "", Remove: "wafv2:DisassociateWebACL elasticloadbalancing:SetWebAcl"},
	},
	&cloud.Kind{
		Type: typeWebLogging, Service: "WAFV2", Noun: "LoggingConfiguration", CreateCall: "PutLoggingConfiguration", UpdateCall: "PutLoggingConfiguration",
		Refs: []cloud.Ref{{Path: "resourceArn", To: typeWebACL, Key: "arn", Free: true, Missing: noSuchACL, Unseen: unseenByWAF}}, // goes with its ACL
		Unique: []cloud.Unique{{Props: []string{"resourceArn"}, Refusal: cloud.Refusal{Code: "WAFDuplicateItemException",
			Message: "the logging of {value} is another resource's, which this one would replace", Rule: "WAFV2 API, PutLoggingConfiguration"}}},
		Check: checkWebLogging,
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("resourceArn")
			return applyWebLogging(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyWebLogging(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
			Source: "as the web ACL (guess)"},
		Calls: cloud.Calls{Create: "wafv2:PutLoggingConfiguration logs:CreateLogDelivery logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups",
			Read: "wafv2:GetLoggingConfiguration", Update: "wafv2:PutLoggingConfiguration", Remove: "wafv2:DeleteLoggingConfiguration logs:DeleteLogDelivery"},
	},
)

var (
	webName    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)
	webActions = []string{"allow", "block", "count", "captcha", "challenge"}
)

// given returns which of the properties an object has.
func given(m cloud.Map, properties ...string) []string {
	var out []string
	for _, p := range properties {
		if cloud.Has(m, p) {
			out = append(out, p)
		}
	}
	return out
}

// checkWebACL holds what the provider checks (wafv2/web_acl.go and schemas.go).
func checkWebACL(c *cloud.Checker) {
	for _, p := range []string{"visibilityConfig.metricName", "rules[].visibilityConfig.metricName", "rules[].name"} {
		c.Match(p, webName, "letters, digits, hyphens and underscores, at most 128")
	}
	if d, ok := c.In["defaultAction"].(cloud.Map); ok && len(given(d, "allow", "block")) != 1 {
		c.Fail("defaultAction", "exactly one of allow and block must be set")
	}
	c.Unmodelled("ruleJson", "captchaConfig", "challengeConfig", "customResponseBodies", "associationConfig", "dataProtectionConfig", "tokenDomains")
	const rate = "rules[].statement.rateBasedStatement."
	c.Between(rate+"limit", 10, 2_000_000_000)
	c.OneOf(rate+"aggregateKeyType", "IP", "FORWARDED_IP", "CUSTOM_KEYS", "CONSTANT")
	for _, v := range cloud.At(c.In, rate+"evaluationWindowSec") {
		if n, ok := v.(float64); ok && !slices.Contains([]float64{60, 120, 300, 600}, n) {
			c.Fail(rate+"evaluationWindowSec", "expected to be one of [60 120 300 600], got %v", n)
		}
	}
	c.Between("rules[].action.block.customResponse.responseCode", 200, 600)
	for i, rule := range cloud.Maps(c.In, "rules[]") {
		path := fmt.Sprintf("rules[%d]", i)
		if statement, ok := rule["statement"].(cloud.Map); ok {
			checkStatement(c, path+".statement", statement)
		}
		for _, p := range []string{"action", "overrideAction"} {
			if a, ok := rule[p].(cloud.Map); ok && len(given(a, append(webActions, "none")...)) != 1 {
				c.Fail(path+"."+p, "exactly one action must be set")
			}
		}
	}
}

// textTransformations are what WAF can do to a part of a request before it looks at it (AWS WAF API, TextTransformation: Type).
const textTransformations = "NONE COMPRESS_WHITE_SPACE HTML_ENTITY_DECODE LOWERCASE CMD_LINE URL_DECODE BASE64_DECODE HEX_DECODE MD5 " +
	"REPLACE_COMMENTS ESCAPE_SEQ_DECODE SQL_HEX_DECODE CSS_DECODE JS_DECODE NORMALIZE_PATH NORMALIZE_PATH_WIN REMOVE_NULLS REPLACE_NULLS " +
	"BASE64_DECODE_EXT URL_DECODE_UNI UTF8_TO_UNICODE"

// checkStatement checks a statement and those in it. Kinds that nothing here weighs are refused.
func checkStatement(c *cloud.Checker, path string, s cloud.Map) {
	kinds := slices.Sorted(maps.Keys(s))
	if len(kinds) != 1 {
		c.Fail(path, "exactly one kind of statement must be set, %d are", len(kinds))
		return
	}
	switch inner, _ := s[kinds[0]].(cloud.Map); kinds[0] {
	case "andStatement", "orStatement":
		nested := cloud.Maps(inner, "statements[]")
		if len(nested) < 2 {
			c.Fail(path+"."+kinds[0], "at least two statements are needed, not %d", len(nested))
		}
		for i, n := range nested {
			checkStatement(c, fmt.Sprintf("%s.%s.statements[%d]", path, kinds[0], i), n)
		}
	case "byteMatchStatement":
		if len(slices.Sorted(maps.Keys(mapOf(inner["fieldToMatch"])))) != 1 {
			c.Fail(path+".byteMatchStatement.fieldToMatch", "exactly one part of the request must be named")
		}
		if how := cloud.Str(inner, "positionalConstraint"); !documents.OneOf(how, "EXACTLY STARTS_WITH ENDS_WITH CONTAINS CONTAINS_WORD") {
			c.Fail(path+".byteMatchStatement.positionalConstraint", "%q is none", how)
		}
		if n := len(cloud.Str(inner, "searchString")); n < 1 || n > 200 {
			c.Fail(path+".byteMatchStatement.searchString", "1 to 200 characters, not %d", n)
		}
		if header := cloud.Str(inner, "fieldToMatch.singleHeader.name"); header != strings.ToLower(header) {
			c.Fail(path+".byteMatchStatement.fieldToMatch.singleHeader.name", "must be in lower case: %q", header)
		}
		if len(cloud.Maps(inner, "textTransformations[]")) == 0 {
			c.Fail(path+".byteMatchStatement.textTransformations", "at least one is needed, NONE if the text is compared as it is")
		}
		for i, t := range cloud.Maps(inner, "textTransformations[]") {
			if kind, known := t["type"].(string); known && !documents.OneOf(kind, textTransformations) {
				c.Fail(fmt.Sprintf("%s.byteMatchStatement.textTransformations[%d].type", path, i), "expected type to be one of [%s], got %s", textTransformations, kind)
			}
		}
	case "managedRuleGroupStatement", "rateBasedStatement":
	default:
		c.Fail(path+"."+kinds[0], "the offline AWS does not know this kind of statement")
	}
}

func mapOf(v any) cloud.Map { m, _ := v.(cloud.Map); return m }
