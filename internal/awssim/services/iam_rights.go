package services

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

// roleByARN finds a role of the account.
func roleByARN(t *cloud.Tx, arn string) (*cloud.Resource, bool) {
	return t.Find("aws:iam/role:Role", "arn", arn)
}

// rolePolicies are what a role's policies say, inline and attached, one after the other.
func rolePolicies(t *cloud.Tx, role *cloud.Resource) iter.Seq[[]iampolicy.Statement] {
	return func(yield func([]iampolicy.Statement) bool) {
		inline := func(text string) bool {
			statements, err := iampolicy.Parse(text, iampolicy.Identity)
			return err != nil || yield(statements) // checked when it came in
		}
		for _, text := range role.Strs("inlinePolicies[].policy") {
			if !inline(text) {
				return
			}
		}
		for p := range t.Holding(role, typeRolePolicy) {
			if !inline(p.Str("policy")) {
				return
			}
		}
		for _, arn := range role.Strs("managedPolicyArns[]") {
			if !yield(managedStatements(t, arn)) {
				return
			}
		}
		for a := range t.Holding(role, typeRoleAttachment) {
			if !yield(managedStatements(t, a.Str("policyArn"))) {
				return
			}
		}
	}
}

// roleAllows reports whether a role may do something: its own policies allow it, and so does its permissions boundary
// if it has one (IAM User Guide, "Permissions boundaries for IAM entities").
func roleAllows(t *cloud.Tx, role *cloud.Resource, action, resource string, context map[string]string) bool {
	var carried map[string]string
	q := iampolicy.Request{Action: action, Resource: resource, Carries: func() map[string]string {
		if carried == nil {
			carried = withTags(t, role, action, resource, context)
		}
		return carried
	}}
	allowed := false
	for statements := range rolePolicies(t, role) {
		allows, denies := iampolicy.Decide(statements, q)
		if denies {
			return false
		}
		allowed = allowed || allows
	}
	if !allowed {
		return false
	}
	boundary, bounded := boundedBy(t, role)
	return !bounded || iampolicy.Allows(boundary, q)
}

// trusts reports whether a role lets a service assume it.
func trusts(t *cloud.Tx, role *cloud.Resource, service string) bool {
	return trustsFor(t, role, service, t.ARN(strings.SplitN(service, "-", 2)[0], "*"))
}

// unsaid are services of which AWS does not say whether they name a source when they assume a role: AWS Backup's page on
// the confused deputy speaks of policies of other services' resources only ("Cross-service confused deputy prevention", AWS
// Backup Developer Guide), and the trust that S3's guide gives for replication has no condition ("Setting up permissions for
// live replication"). A role has to let them in either way.
var unsaid = []string{"backup.amazonaws.com", "s3.amazonaws.com"}

// trustsFor reports whether a role lets a service assume it on behalf of the resource with the ARN.
func trustsFor(t *cloud.Tx, role *cloud.Resource, service, source string) bool {
	statements, err := iampolicy.Parse(role.Str("assumeRolePolicy"), iampolicy.Trust)
	if err != nil {
		return false
	}
	lets := func(context map[string]string) bool {
		return iampolicy.Allows(statements, iampolicy.Request{
			Principal: iampolicy.Principal{Kind: "Service", ID: service}, Action: "sts:AssumeRole", Resource: role.Str("arn"), Context: context,
		})
	}
	named := lets(map[string]string{"aws:sourceaccount": t.Account(), "aws:sourcearn": source})
	return named && (!slices.Contains(unsaid, service) || lets(nil))
}

// iamPropagation is for how long the provider puts up with what a new identity causes, whatever the service (facts,
// section 4: the constants propagationTimeout and iamPropagationTimeout).
const iamPropagation = 2 * time.Minute
