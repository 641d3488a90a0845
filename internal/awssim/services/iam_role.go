package services

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

// typeRole and the others are types that rules of several files ask for.
const (
	typeRole           = "aws:iam/role:Role"
	typeRolePolicy     = "aws:iam/rolePolicy:RolePolicy"
	typeRoleAttachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	typeProfile        = "aws:iam/instanceProfile:InstanceProfile"
)

const (
	trustLimit    = 2048  // characters of a trust policy (IAM User Guide, "IAM and AWS STS quotas")
	inlineLimit   = 10240 // characters of all inline policies of a role together
	attachedLimit = 10    // managed policies of a role
)

var noSuchRole = cloud.Refusal{Code: "NoSuchEntity", Message: "The role with name {value} cannot be found.", Rule: "facts 31", Retry: iamPropagation}

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeRole, Service: "IAM", Noun: "Role", Global: true, UpdateCall: "UpdateRole",
		Name:   &cloud.AutoName{Property: "name", Max: 64, Prefix: "namePrefix"},
		Keys:   []string{"arn"},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "EntityAlreadyExists", Message: "Role with name {value} already exists.", Rule: "facts 29"}}},
		Quota:  &cloud.Quota{Max: 1000, Refusal: cloud.Refusal{Code: "LimitExceeded", Message: "Cannot exceed quota for RolesPerAccount: {value}", Rule: "facts 21"}},
		Check:  checkRole, Create: createRole, Update: updateRole, Delete: deleteRole,
		Timing: cloud.Timing{Create: cloud.Secs(1, 1, 5), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: IAM role, 2 logs"},
		Propagation: cloud.Secs(8, 2, 20), // section 5: "uniform 2-20"; boto3#3206
		Calls: cloud.Calls{Create: "iam:CreateRole iam:TagRole", Read: "iam:GetRole iam:ListRolePolicies iam:ListAttachedRolePolicies",
			Update: "iam:UpdateRole iam:UpdateRoleDescription iam:PutRolePermissionsBoundary iam:TagRole iam:UntagRole", Remove: "iam:ListInstanceProfilesForRole iam:DeleteRole"},
	},
	&cloud.Kind{
		Type: typeRolePolicy, Service: "IAM", Noun: "RolePolicy", Global: true, CreateCall: "PutRolePolicy", UpdateCall: "PutRolePolicy",
		Name: &cloud.AutoName{Property: "name", Max: 128, Prefix: "namePrefix"},
		Refs: []cloud.Ref{{Path: "role", To: typeRole, Missing: noSuchRole}},
		Check: func(c *cloud.Checker) {
			checkRoleName(c, "role")
			checkPolicy(c, "policy", iampolicy.Identity)
		},
		Create: createRolePolicy,
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return checkInlineSize(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(0.5, 0, 1), Update: cloud.Secs(0.5, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
			Source: "facts, section 1: inline policy, 2 logs"},
		Propagation: cloud.Secs(5, 1, 15), // as a role that has become assumable
		Calls:       cloud.Calls{Create: "iam:PutRolePolicy", Read: "iam:GetRolePolicy", Update: "iam:PutRolePolicy", Remove: "iam:DeleteRolePolicy"},
	},
	&cloud.Kind{
		Type: typeRoleAttachment, Service: "IAM", Noun: "RolePolicy", Global: true, CreateCall: "AttachRolePolicy", DeleteCall: "DetachRolePolicy",
		DeleteFirst: true,
		Refs:        []cloud.Ref{{Path: "role", To: typeRole, Missing: noSuchRole}},
		Quota:       &cloud.Quota{Max: attachedLimit, Per: "role", Refusal: cloud.Refusal{Code: "LimitExceeded", Message: "Cannot exceed quota for PoliciesPerRole: {value}", Rule: "facts 30"}},
		Check: func(c *cloud.Checker) {
			checkRoleName(c, "role")
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("role") + "-" + cloud.UniqueSuffix(t)
			return policyExists(t, r.Str("policyArn"))
		},
		Timing: cloud.Timing{Create: cloud.Secs(0.5, 0, 2), Delete: cloud.Secs(0.5, 0, 1),
			Source: "facts, section 1: policy attachment, 3 logs"},
		Propagation: cloud.Secs(5, 1, 15),
		Calls:       cloud.Calls{Create: "iam:AttachRolePolicy", Read: "iam:ListAttachedRolePolicies", Update: "", Remove: "iam:DetachRolePolicy"},
		ImportID:    func(r *cloud.Resource) string { return cloud.Composed(r, "/", "role", "policyArn") },
	},
	&cloud.Kind{
		Type: typeProfile, Service: "IAM", Noun: "InstanceProfile", Global: true, UpdateCall: "AddRoleToInstanceProfile",
		Name:   &cloud.AutoName{Property: "name", Max: 128, Prefix: "namePrefix"},
		Keys:   []string{"arn"},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "EntityAlreadyExists", Message: "Instance Profile {value} already exists.", Rule: "facts 29"}}},
		Refs:   []cloud.Ref{{Path: "role", To: typeRole, Missing: noSuchRole, Unseen: noSuchRole}},
		Check: func(c *cloud.Checker) {
			c.Length("path", 1, 512)
			c.Match("path", iamPathPattern, "must begin and end with /")
			checkRoleName(c, "role")
		},
		Create: createProfile,
		Timing: cloud.Timing{Create: cloud.Secs(1, 1, 3), Update: cloud.Secs(1, 1, 3), Delete: cloud.Secs(1, 0, 1),
			Wait: cloud.WaitSeconds(6, 0, 0), Source: "facts, section 1: instance profile; the wait of 5.76 on is a guess"},
		Propagation: cloud.Secs(12, 4, 34), // eksctl#8039: fails at 3 s, works by 34 s
		Calls: cloud.Calls{Create: "iam:CreateInstanceProfile iam:AddRoleToInstanceProfile iam:TagInstanceProfile", Read: "iam:GetInstanceProfile",
			Update: "iam:AddRoleToInstanceProfile iam:RemoveRoleFromInstanceProfile iam:TagInstanceProfile iam:UntagInstanceProfile", Remove: "iam:RemoveRoleFromInstanceProfile iam:DeleteInstanceProfile"},
		TaggedAs: "iam:instance-profile/",
	},
)

var (
	arnPattern     = regexp.MustCompile(`^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws|):\S+$`)
	iamNamePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	iamPathPattern = regexp.MustCompile(`^/([!-~]+/)?$`)
)

// checkRoleName refuses an ARN where a name belongs.
func checkRoleName(c *cloud.Checker, path string) {
	c.Match(path, iamNamePattern, "must be a role's name")
}

func checkRole(c *cloud.Checker) {
	c.Length("path", 1, 512)
	c.Match("path", iamPathPattern, "must begin and end with /")
	checkPolicy(c, "assumeRolePolicy", iampolicy.Trust)
	for i, p := range cloud.Maps(c.In, "inlinePolicies[]") {
		at := fmt.Sprintf("inlinePolicies[%d]", i)
		if len(p) > 0 && !cloud.Has(p, "name") { // an empty one keeps the role without any (provider, iam/role.go)
			c.Fail(at+".name", "missing")
		}
		for _, text := range cloud.Strs(p, "policy") {
			if _, err := iampolicy.Parse(text, iampolicy.Identity); err != nil {
				c.Fail(at+".policy", "%v", err)
			}
		}
	}
}

func createRole(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = cloud.ApplyName(t, r)
	r.State["arn"] = t.GlobalARN("iam", "role"+r.Str("path")+r.ID)
	r.State["uniqueId"] = "AROA" + strings.ToUpper(t.Hex(17))
	r.State["createDate"] = t.Now().Format(time.RFC3339)
	for _, p := range []string{"inlinePolicies", "managedPolicyArns"} {
		if !cloud.Has(r.State, p) {
			r.State[p] = []any{}
		}
	}
	return applyRole(t, r)
}

func updateRole(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyRole(t, r) }

// applyRole checks what creation and update have in common.
func applyRole(t *cloud.Tx, r *cloud.Resource) error {
	trust := r.Str("assumeRolePolicy")
	if counted(trust) > trustLimit {
		return cloud.Refuse("LimitExceeded", "facts 30", "Cannot exceed quota for ACLSizePerRole: %d", trustLimit)
	}
	statements, err := iampolicy.Parse(trust, iampolicy.Trust)
	if err != nil {
		return cloud.Refuse("MalformedPolicyDocument", "IAM User Guide, Grammar of the IAM JSON policy language", "%v", err)
	}
	if p, bad := invalidPrincipal(t, statements, "IAM"); bad {
		return cloud.Refuse("MalformedPolicyDocument", "facts 28", "Invalid principal in policy: %s", p).For(iamPropagation)
	}
	arns := r.Strs("managedPolicyArns[]")
	if len(arns) > attachedLimit {
		return cloud.Refuse("LimitExceeded", "facts 30", "Cannot exceed quota for PoliciesPerRole: %d", attachedLimit)
	}
	if boundary := r.Str(boundaryOf); boundary != "" {
		if err := boundaryExists(t, boundary); err != nil {
			return err
		}
	}
	for _, arn := range arns {
		if err := policyExists(t, arn); err != nil {
			return err
		}
	}
	return checkInlineSize(t, r)
}

// deleteRole does as the provider: it takes the role out of instance profiles itself (facts 26), policies only when told
// to.
func deleteRole(t *cloud.Tx, r *cloud.Resource) error {
	for _, h := range t.Holders(r) {
		switch h.By.Type {
		case typeProfile:
			t.Repoint(h.By, func() { delete(h.By.State, "role") })
		case typeRolePolicy, typeRoleAttachment:
			if !r.Bool("forceDetachPolicies") {
				return roleInUse(h.By)
			}
			t.Remove(h.By)
		}
	}
	return nil
}

func roleInUse(by *cloud.Resource) error {
	if by.Type == typeRolePolicy {
		return cloud.Refuse("DeleteConflict", "facts 25", "Cannot delete entity, must delete policies first.").For(iamPropagation)
	}
	return cloud.Refuse("DeleteConflict", "facts 24", "Cannot delete entity, must detach all policies first.").For(iamPropagation)
}

func createRolePolicy(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = r.Str("role") + ":" + cloud.ApplyName(t, r)
	return checkInlineSize(t, r)
}

// checkInlineSize holds all inline policies of a role to their common limit. r is the role or one of its policies, as
// they shall be.
func checkInlineSize(t *cloud.Tx, r *cloud.Resource) error {
	role := r
	if r.Type == typeRolePolicy {
		role, _ = t.Find(typeRole, "", r.Str("role"))
	}
	size := 0
	for _, text := range role.Strs("inlinePolicies[].policy") {
		size += counted(text)
	}
	for _, p := range t.All(typeRolePolicy) {
		if p.Str("role") == role.ID && p.ID != r.ID {
			size += counted(p.Str("policy"))
		}
	}
	if r.Type == typeRolePolicy {
		size += counted(r.Str("policy"))
	}
	if size > inlineLimit {
		return cloud.Refuse("LimitExceeded", "facts 30", "Maximum policy size of %d bytes exceeded for role %s", inlineLimit, role.ID)
	}
	return nil
}

// counted returns the size of a policy as IAM counts it: without white space.
func counted(policy string) int {
	return len(strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return c
	}, policy))
}

// policyExists refuses the ARN of a managed policy that neither AWS nor the account has.
func policyExists(t *cloud.Tx, arn string) error {
	if _, ok := iampolicy.Managed(arn); ok {
		return nil
	}
	if _, ok := t.Find(typePolicy, "arn", arn); ok {
		return nil
	}
	if strings.HasPrefix(arn, iampolicy.ManagedPolicyPrefix) {
		return cloud.Refuse("NoSuchEntity", "IAM API, AttachRolePolicy", "Policy %s does not exist or is not attachable, or the offline AWS does not know it.", arn)
	}
	return cloud.Refuse("NoSuchEntity", "IAM API, AttachRolePolicy", "Policy %s does not exist or is not attachable.", arn)
}

// boundaryExists refuses a boundary that there is no such policy for (IAM API, CreateRole: NoSuchEntity).
func boundaryExists(t *cloud.Tx, arn string) error {
	if policyExists(t, arn) == nil {
		return nil
	}
	return cloud.Refuse("NoSuchEntity", "IAM API, CreateRole and PutRolePermissionsBoundary", "Scope ARN: %s does not exist or is not attachable.", arn)
}

func createProfile(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = cloud.ApplyName(t, r)
	r.State["arn"] = t.GlobalARN("iam", "instance-profile"+r.Str("path")+r.ID)
	r.State["uniqueId"] = "AIPA" + strings.ToUpper(t.Hex(17))
	r.State["createDate"] = t.Now().Format(time.RFC3339)
	return nil
}
