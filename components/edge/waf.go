package edge

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/wafv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// managedGroup is a rule group that AWS keeps up to date ("AWS Managed Rules rule groups list", AWS WAF Developer Guide).
type managedGroup struct {
	rule, group string
	count       []string // rules of the group that only count, because they would turn away clients of deepstream
}

// managedGroups stand in the order in which they are asked. The firewall sees of a WebSocket no more than the request
// that opens it.
var managedGroups = []managedGroup{
	{rule: "ip-reputation", group: "AWSManagedRulesAmazonIpReputationList"},
	{rule: "known-bad-inputs", group: "AWSManagedRulesKnownBadInputsRuleSet"},
	{rule: "common", group: "AWSManagedRulesCommonRuleSet", count: []string{
		"NoUserAgent_HEADER", // clients in Node.js name none when they open a WebSocket
		// The HTTP API takes up to 1 MiB, and records hold what their owners please.
		"SizeRestrictions_BODY", "CrossSiteScripting_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY",
	}},
}

// checkerAgent is how the user agent of Route 53's checkers begins.
const checkerAgent = "Amazon-Route53-Health-Check-Service"

// windowSeconds is the time over which an address's requests are counted.
const windowSeconds = 300

// firewall puts a web ACL before the load balancer. What no rule refuses is let through.
func (b *builder) firewall() error {
	rules := wafv2.WebAclRuleArray{b.letCheckersIn(), b.limitRate()}
	for _, g := range managedGroups {
		rules = append(rules, b.managed(g, len(rules)))
	}
	acl, err := wafv2.NewWebAcl(b.ctx, b.name+"-waf", &wafv2.WebAclArgs{
		Description:      pulumi.Sprintf("Requests to %s", b.args.Hostname),
		Scope:            pulumi.String("REGIONAL"),
		DefaultAction:    &wafv2.WebAclDefaultActionArgs{Allow: &wafv2.WebAclDefaultActionAllowArgs{}},
		Rules:            rules,
		VisibilityConfig: wafv2.WebAclVisibilityConfigArgs(b.visible("all")),
	}, b.child)
	if err != nil {
		return err
	}
	if _, err := wafv2.NewWebAclAssociation(b.ctx, b.name+"-waf", &wafv2.WebAclAssociationArgs{
		ResourceArn: b.balancer.Arn,
		WebAclArn:   acl.Arn,
	}, b.child); err != nil {
		return err
	}
	return b.firewallLogs(acl)
}

// letCheckersIn keeps every later rule from refusing Route 53's checkers: a region would be taken out of the shared name
// for the firewall's sake. The user agent alone could be anybody's, so it opens the health path and nothing else; what follows
// a ? is no part of what the firewall takes for the path.
func (b *builder) letCheckersIn() *wafv2.WebAclRuleArgs {
	healthPath, _, _ := strings.Cut(b.args.HealthPath, "?")
	field := func(in *wafv2.WebAclRuleStatementByteMatchStatementFieldToMatchArgs, how, text string) *wafv2.WebAclRuleStatementArgs {
		return &wafv2.WebAclRuleStatementArgs{ByteMatchStatement: &wafv2.WebAclRuleStatementByteMatchStatementArgs{
			FieldToMatch:         in,
			PositionalConstraint: pulumi.String(how),
			SearchString:         pulumi.String(text),
			TextTransformations: wafv2.WebAclRuleStatementByteMatchStatementTextTransformationArray{
				&wafv2.WebAclRuleStatementByteMatchStatementTextTransformationArgs{Priority: pulumi.Int(0), Type: pulumi.String("NONE")},
			},
		}}
	}
	agent := &wafv2.WebAclRuleStatementByteMatchStatementFieldToMatchArgs{
		SingleHeader: &wafv2.WebAclRuleStatementByteMatchStatementFieldToMatchSingleHeaderArgs{Name: pulumi.String("user-agent")}}
	path := &wafv2.WebAclRuleStatementByteMatchStatementFieldToMatchArgs{
		UriPath: &wafv2.WebAclRuleStatementByteMatchStatementFieldToMatchUriPathArgs{}}
	return &wafv2.WebAclRuleArgs{
		Name:     pulumi.String("health-checkers"),
		Priority: pulumi.Int(0),
		Action:   &wafv2.WebAclRuleActionArgs{Allow: &wafv2.WebAclRuleActionAllowArgs{}},
		Statement: &wafv2.WebAclRuleStatementArgs{AndStatement: &wafv2.WebAclRuleStatementAndStatementArgs{
			Statements: wafv2.WebAclRuleStatementArray{field(agent, "STARTS_WITH", checkerAgent), field(path, "EXACTLY", healthPath)},
		}},
		VisibilityConfig: b.visible("health-checkers"),
	}
}

// limitRate answers an address that makes too many requests with 429, which clients may take as "later".
func (b *builder) limitRate() *wafv2.WebAclRuleArgs {
	return &wafv2.WebAclRuleArgs{
		Name:     pulumi.String("rate"),
		Priority: pulumi.Int(1),
		Action: &wafv2.WebAclRuleActionArgs{Block: &wafv2.WebAclRuleActionBlockArgs{
			CustomResponse: &wafv2.WebAclRuleActionBlockCustomResponseArgs{ResponseCode: pulumi.Int(429)},
		}},
		Statement: &wafv2.WebAclRuleStatementArgs{RateBasedStatement: &wafv2.WebAclRuleStatementRateBasedStatementArgs{
			Limit:               pulumi.Int(b.args.RateLimit),
			AggregateKeyType:    pulumi.String("IP"),
			EvaluationWindowSec: pulumi.Int(windowSeconds),
		}},
		VisibilityConfig: b.visible("rate"),
	}
}

func (b *builder) managed(g managedGroup, priority int) *wafv2.WebAclRuleArgs {
	var overrides wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArray
	for _, rule := range g.count {
		overrides = append(overrides, &wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs{
			Name: pulumi.String(rule),
			ActionToUse: &wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs{
				Count: &wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs{},
			},
		})
	}
	return &wafv2.WebAclRuleArgs{
		Name:           pulumi.String(g.rule),
		Priority:       pulumi.Int(priority),
		OverrideAction: &wafv2.WebAclRuleOverrideActionArgs{None: &wafv2.WebAclRuleOverrideActionNoneArgs{}},
		Statement: &wafv2.WebAclRuleStatementArgs{ManagedRuleGroupStatement: &wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs{
			VendorName:          pulumi.String("AWS"),
			Name:                pulumi.String(g.group),
			RuleActionOverrides: overrides,
		}},
		VisibilityConfig: b.visible(g.rule),
	}
}

// longestRule is the rule with the longest name.
const longestRule = "known-bad-inputs"

// metric names what a rule of the edge with the name counts.
func (a *Args) metric(name, rule string) string { return a.Stack + "-" + name + "-" + rule }

// visible gives a rule metrics of its own, apart from other stacks' in the account, and samples of what it matched.
func (b *builder) visible(rule string) wafv2.WebAclRuleVisibilityConfigArgs {
	return wafv2.WebAclRuleVisibilityConfigArgs{
		CloudwatchMetricsEnabled: pulumi.Bool(true),
		MetricName:               pulumi.String(b.args.metric(b.name, rule)),
		SampledRequestsEnabled:   pulumi.Bool(true),
	}
}

// firewallLogs keeps what the firewall refused or counted; everything else is in the load balancer's logs. AWS demands
// the beginning of the group's name, and WAF itself gives log delivery the right to write ("Sending web ACL traffic logs
// to a CloudWatch Logs log group").
func (b *builder) firewallLogs(acl *wafv2.WebAcl) error {
	group := "aws-waf-logs-" + blocks.Prefix(b.ctx, b.args.NamePrefix) + "-" + b.args.Stack + "-" + b.name
	logs, err := blocks.NewLogs(b.ctx, blocks.LogsArgs{
		Key: b.name + "-waf-logs-key", Group: b.name + "-waf-logs",
		Prefix: b.args.NamePrefix, Stack: b.args.Stack, Alias: b.name, Description: fmt.Sprintf("Logs of the firewall in %s", b.args.Stack),
		Name: pulumi.String(group), Days: b.args.LogRetentionDays, Region: b.args.Region, Near: b.balancerGroup.Arn,
	}, b.child)
	if err != nil {
		return err
	}
	var redacted wafv2.WebAclLoggingConfigurationRedactedFieldArray
	for _, header := range []string{"authorization", "cookie"} {
		redacted = append(redacted, &wafv2.WebAclLoggingConfigurationRedactedFieldArgs{
			SingleHeader: &wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs{Name: pulumi.String(header)},
		})
	}
	var kept wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionArray
	for _, action := range []string{"BLOCK", "COUNT"} {
		kept = append(kept, &wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionArgs{
			ActionCondition: &wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionActionConditionArgs{Action: pulumi.String(action)},
		})
	}
	_, err = wafv2.NewWebAclLoggingConfiguration(b.ctx, b.name+"-waf", &wafv2.WebAclLoggingConfigurationArgs{
		ResourceArn:           acl.Arn,
		LogDestinationConfigs: pulumi.StringArray{logs.Group.Arn},
		RedactedFields:        redacted,
		LoggingFilter: &wafv2.WebAclLoggingConfigurationLoggingFilterArgs{
			DefaultBehavior: pulumi.String("DROP"),
			Filters: wafv2.WebAclLoggingConfigurationLoggingFilterFilterArray{&wafv2.WebAclLoggingConfigurationLoggingFilterFilterArgs{
				Behavior: pulumi.String("KEEP"), Requirement: pulumi.String("MEETS_ANY"), Conditions: kept,
			}},
		},
		// An ACL has one: made first, the new one would take the old one's place, and the end of the old one would end logging.
	}, b.child, pulumi.DeleteBeforeReplace(true))
	return err
}
