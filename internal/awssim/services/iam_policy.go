package services

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const typePolicy = "aws:iam/policy:Policy"

// managedLimit is the size of a managed policy (IAM User Guide, "IAM and AWS STS quotas").
const managedLimit = 6144

// boundaryOf is where a role names the managed policy that bounds it.
const boundaryOf = "permissionsBoundary"

var _ = cloud.Register(&cloud.Kind{
	Type: typePolicy, Service: "IAM", Noun: "Policy", Global: true, UpdateCall: "CreatePolicyVersion",
	Name: &cloud.AutoName{Property: "name", Max: 128, Prefix: "namePrefix"},
	Keys: []string{"arn"},
	// A name is unique whatever the path (IAM User Guide, "IAM identifiers": friendly names).
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "EntityAlreadyExists", Message: "A policy called {value} already exists. Duplicate names are not allowed.", Rule: "facts 29"}}},
	Quota:  &cloud.Quota{Max: 1500, Refusal: cloud.Refusal{Code: "LimitExceeded", Message: "Cannot exceed quota for PoliciesPerAccount: {value}", Rule: "IAM User Guide, IAM and AWS STS quotas"}},
	Check: func(c *cloud.Checker) {
		c.Length("path", 1, 512)
		c.Match("path", iamPathPattern, "must begin and end with /")
		c.Length("description", 0, 1000)
		checkPolicy(c, "policy", iampolicy.Identity)
	},
	Create: createPolicy,
	Update: func(_ *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyPolicy(r) },
	Delete: deletePolicy,
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
		Source: "facts, section 1: managed policy, 2 logs"},
})

// createPolicy names a policy by its ARN, as the provider does (iam/policy.go).
func createPolicy(t *cloud.Tx, r *cloud.Resource) error {
	name := cloud.ApplyName(t, r)
	r.ID = t.GlobalARN("iam", "policy"+r.Str("path")+name)
	r.State["arn"] = r.ID
	r.State["policyId"] = "ANPA" + strings.ToUpper(t.Hex(17))
	r.State["attachmentCount"] = 0.0
	return applyPolicy(r)
}

func applyPolicy(r *cloud.Resource) error {
	if counted(r.Str("policy")) > managedLimit {
		return cloud.Refuse("LimitExceeded", "facts 30", "Cannot exceed quota for PolicySize: %d", managedLimit)
	}
	return nil
}

// deletePolicy refuses what a role has, or is bounded by.
func deletePolicy(t *cloud.Tx, r *cloud.Resource) error {
	var used []string
	for _, role := range t.All(typeRole) {
		used = append(append(used, role.Str(boundaryOf)), role.Strs("managedPolicyArns[]")...)
	}
	for _, a := range t.All(typeRoleAttachment) {
		used = append(used, a.Str("policyArn"))
	}
	if slices.Contains(used, r.ID) {
		return cloud.Refuse("DeleteConflict", "facts 27", "Cannot delete a policy attached to entities.")
	}
	return nil
}

// boundedBy returns what a role's permissions boundary says, and whether it has one.
func boundedBy(t *cloud.Tx, role *cloud.Resource) (statements []iampolicy.Statement, bounded bool) {
	arn := role.Str(boundaryOf)
	if arn == "" {
		return nil, false
	}
	return managedStatements(t, arn), true
}

// managedOnes are AWS's own policies.
var managedOnes documents.Memo[string, []iampolicy.Statement]

// managedStatements returns what a managed policy says, AWS's own or the account's.
func managedStatements(t *cloud.Tx, arn string) []iampolicy.Statement {
	if strings.HasPrefix(arn, iampolicy.ManagedPolicyPrefix) {
		return managedOnes.Of(arn, func() []iampolicy.Statement {
			actions, ok := iampolicy.Managed(arn)
			if !ok {
				return nil
			}
			return []iampolicy.Statement{iampolicy.Allowing(actions)}
		})
	}
	p, ok := t.Find(typePolicy, "arn", arn)
	if !ok {
		return nil
	}
	statements, err := iampolicy.Parse(p.Str("policy"), iampolicy.Identity)
	if err != nil { // checked when it came in
		return nil
	}
	return statements
}

// checkPolicy refuses a known string at path that is not a policy for that use.
func checkPolicy(c *cloud.Checker, path string, use iampolicy.Use) {
	c.Document(path, func(text string) []cloud.Problem {
		_, problems := iampolicy.Read(text, use)
		return problems
	})
}
