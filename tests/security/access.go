package security

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// inline is the check that every statement allowed by policies written into roles passes.
func inline(passes func(statement) bool) func(*Stack) []string {
	return every(rolePolicy, func(r cloud.Resource) bool {
		return !slices.ContainsFunc(allows(r.Str("policy")), func(s statement) bool { return !passes(s) })
	})
}

// decrypts reports whether a statement is about decrypting with any key.
func decrypts(s statement) bool {
	action := func(a string) bool { return a == "*" || a == "kms:*" || a == "kms:Decrypt" || a == "kms:ReEncryptFrom" }
	return slices.ContainsFunc(s.Action, action) && slices.ContainsFunc(s.Resource, func(r string) bool { return r == "*" || strings.HasSuffix(r, ":key/*") })
}

var access = []Control{
	{ID: "IAM.1", Title: `IAM policies should not allow full "*" administrative privileges`, On: []string{rolePolicy},
		Check: inline(func(s statement) bool { return !slices.Contains(s.Action, "*") }), Met: "Policies are typed statements, of which none may name *."},
	{ID: "IAM.21", Title: "IAM customer managed policies that you create should not allow wildcard actions for services", On: []string{rolePolicy},
		Check: inline(func(s statement) bool {
			return !slices.ContainsFunc(s.Action, func(a string) bool { return strings.HasSuffix(a, ":*") })
		}),
		Met: "The stack makes no managed policies; those it writes into roles name each action."},
	{ID: "KMS.2", Title: "IAM principals should not have IAM inline policies that allow decryption actions on all KMS keys", On: []string{rolePolicy},
		Check: inline(func(s statement) bool { return !decrypts(s) }), Met: "Each names the keys that it decrypts with."},
	{ID: "KMS.3", Title: "AWS KMS keys should not be deleted unintentionally", On: []string{key},
		Check: every(key, func(r cloud.Resource) bool { return r.Bool("isEnabled") && r.Int("deletionWindowInDays") == 30 }), Met: "Keys wait the longest time before they are deleted, those that data needs are left alone, and the data tiers are protected."},
	{ID: "KMS.4", Title: "AWS KMS key rotation should be enabled", CIS: "3.6", Extra: true, On: []string{key},
		Check: every(key, on("enableKeyRotation")), Met: "Every key rotates, each year."},
	{ID: "KMS.5", Title: "KMS keys should not be publicly accessible", On: []string{key},
		Check: every(key, func(r cloud.Resource) bool { return r.Str("policy") == "" || !public(r.Str("policy")) }), Met: "Keys let in the account, and the services that encrypt with them."},
	{ID: "role-boundary", Title: "Roles have a permissions boundary and a path", Extra: true, On: []string{role},
		Check: every(role, func(r cloud.Resource) bool { return r.Str("permissionsBoundary") != "" && r.Str("path") != "/" }), Met: "A role can never do more than the boundary that bootstrap makes."},
	{ID: "confused-deputy", Title: "Services can take roles for this account only", Extra: true, On: []string{role},
		Check: every(role, func(r cloud.Resource) bool {
			return !slices.ContainsFunc(allows(r.Str("assumeRolePolicy")), func(s statement) bool {
				who, _ := s.Principal.(map[string]any)
				services := fmt.Sprint(who["Service"])
				source := len(s.Condition["StringEquals"]["aws:SourceAccount"]) + len(s.Condition["StringEqualsIfExists"]["aws:SourceAccount"])
				return source == 0 && services != "[ec2.amazonaws.com]"
			})
		}), Met: "Trust policies name the account for which a service may act; EC2 sends none, and hands a role to instances of its own account only."},
	{ID: "KMS.1", Title: "IAM customer managed policies should not allow decryption actions on all KMS keys", On: []string{managedPolicy}, Met: "-"},
	{ID: "IAM.2", Title: "IAM users should not have IAM policies attached", CIS: "1.15", On: []string{user}, Met: "-"},
	{ID: "IAM.3", Title: "IAM users' access keys should be rotated every 90 days or less", On: []string{user}, Met: "-"},
	{ID: "IAM.5", Title: "MFA should be enabled for all IAM users that have a console password", On: []string{user}, Met: "-"},
	{ID: "IAM.8", Title: "Unused IAM user credentials should be removed", On: []string{user}, Met: "-"},
}

var watch = []Control{
	{ID: "SNS.4", Title: "SNS topic access policies should not allow public access", On: []string{topic},
		Check: every(topicPolicy, func(r cloud.Resource) bool { return !public(r.Str("policy")) }), Met: "CloudWatch and EventBridge may publish, and nobody else."},
	{ID: "topic-key", Title: "SNS topics are encrypted under a key of the account's own", Extra: true, On: []string{topic},
		Check: every(topic, func(r cloud.Resource) bool { return strings.HasPrefix(r.Str("kmsMasterKeyId"), "arn:") }), Met: "Under a key that CloudWatch and EventBridge may use."},
	{ID: "log-groups", Title: "Log groups are encrypted under a key of the account's own and expire", Extra: true, On: []string{logGroup},
		Check: every(logGroup, func(r cloud.Resource) bool { return r.Str("kmsKeyId") != "" && r.Int("retentionInDays") > 0 }), Met: "Every log group has a key and a retention."},
	{ID: "alarms-act", Title: "Alarms act", Extra: true, On: []string{alarm},
		Check: each(alarm, func(s *Stack, r cloud.Resource) bool {
			used := slices.ContainsFunc(s.All(ecsService), func(u cloud.Resource) bool { return slices.Contains(u.Strs("alarms.alarmNames[]"), r.Str("name")) }) ||
				slices.ContainsFunc(s.All(hostGroup), func(u cloud.Resource) bool {
					return slices.Contains(u.Strs("instanceRefresh.preferences.alarmSpecification.alarms[]"), r.Str("name"))
				})
			return len(r.Strs("alarmActions[]")) > 0 || used
		}), Met: "Every alarm tells the topic, or takes a deployment or a replacement of hosts back."},
	{ID: "EventBridge.3", Title: "EventBridge custom event buses should have a resource-based policy attached", On: []string{eventBus}, Met: "-"},
}
