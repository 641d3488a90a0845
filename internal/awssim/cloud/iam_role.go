package cloud

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"

	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
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

var noSuchRole = Refusal{"NoSuchEntity", "The role with name {value} cannot be found.", "facts 31"}

var _ = register(
	&Kind{
		Type: typeRole, Service: "IAM", Noun: "Role", Global: true, UpdateCall: "UpdateRole",
		Kept:   words("maxSessionDuration"),
		Name:   &AutoName{Property: "name", Max: 64, Prefix: "namePrefix"},
		JSON:   []string{"assumeRolePolicy", "inlinePolicies.policy"},
		Keys:   []string{"arn"},
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{"EntityAlreadyExists", "Role with name {value} already exists.", "facts 29"}}},
		Quota:  &Quota{Max: 1000, Refusal: Refusal{"LimitExceeded", "Cannot exceed quota for RolesPerAccount: {value}", "facts 21"}},
		Check:  checkRole, Create: createRole, Update: updateRole, Delete: deleteRole,
		Schema: schema.Of(iam.Role{}, iam.RoleArgs{}),
		Timing: Timing{Create: secs(1, 1, 5), Update: secs(1, 0, 2), Delete: secs(1, 0, 1),
			Source: "facts, section 1: IAM role, 2 logs"},
		Propagation: secs(8, 2, 20), // section 5: "uniform 2-20"; boto3#3206
		Calls: Calls{"iam:CreateRole iam:TagRole", "iam:GetRole iam:ListRolePolicies iam:ListAttachedRolePolicies",
			"iam:UpdateRole iam:UpdateRoleDescription iam:PutRolePermissionsBoundary iam:TagRole iam:UntagRole", "iam:ListInstanceProfilesForRole iam:DeleteRole"},
	},
	&Kind{
		Type: typeRolePolicy, Service: "IAM", Noun: "RolePolicy", Global: true, CreateCall: "PutRolePolicy", UpdateCall: "PutRolePolicy",
		Name: &AutoName{Property: "name", Max: 128, Prefix: "namePrefix"},
		JSON: []string{"policy"},
		Refs: []Ref{{Path: "role", To: typeRole, Missing: noSuchRole}},
		Check: func(c *Checker) {
			checkRoleName(c, "role")
			c.policy("policy", iampolicy.Identity)
		},
		Create: createRolePolicy,
		Update: func(t *Tx, r *Resource, _ Map) error { return checkInlineSize(t, r) },
		Schema: schema.Of(iam.RolePolicy{}, iam.RolePolicyArgs{}),
		Timing: Timing{Create: secs(0.5, 0, 1), Update: secs(0.5, 0, 1), Delete: secs(0.5, 0, 1),
			Source: "facts, section 1: inline policy, 2 logs"},
		Propagation: secs(5, 1, 15), // as a role that has become assumable
		Calls:       Calls{"iam:PutRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"},
	},
	&Kind{
		Type: typeRoleAttachment, Service: "IAM", Noun: "RolePolicy", Global: true, CreateCall: "AttachRolePolicy", DeleteCall: "DetachRolePolicy",
		DeleteFirst: true,
		Refs:        []Ref{{Path: "role", To: typeRole, Missing: noSuchRole}},
		Quota:       &Quota{Max: attachedLimit, Per: "role", Refusal: Refusal{"LimitExceeded", "Cannot exceed quota for PoliciesPerRole: {value}", "facts 30"}},
		Check: func(c *Checker) {
			checkRoleName(c, "role")
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = r.Str("role") + "-" + uniqueSuffix(t)
			return policyExists(t, r.Str("policyArn"))
		},
		Schema: schema.Of(iam.RolePolicyAttachment{}, iam.RolePolicyAttachmentArgs{}),
		Timing: Timing{Create: secs(0.5, 0, 2), Delete: secs(0.5, 0, 1),
			Source: "facts, section 1: policy attachment, 3 logs"},
		Propagation: secs(5, 1, 15),
		Calls:       Calls{"iam:AttachRolePolicy", "iam:ListAttachedRolePolicies", "", "iam:DetachRolePolicy"},
		ImportID:    func(r *Resource) string { return composed(r, "/", "role", "policyArn") },
	},
	&Kind{
		Type: typeProfile, Service: "IAM", Noun: "InstanceProfile", Global: true, UpdateCall: "AddRoleToInstanceProfile",
		Name:   &AutoName{Property: "name", Max: 128, Prefix: "namePrefix"},
		Keys:   []string{"arn"},
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{"EntityAlreadyExists", "Instance Profile {value} already exists.", "facts 29"}}},
		Refs:   []Ref{{Path: "role", To: typeRole, Missing: noSuchRole, Unseen: noSuchRole}},
		Check: func(c *Checker) {
			c.Length("path", 1, 512)
			c.Match("path", iamPathPattern, "must begin and end with /")
			checkRoleName(c, "role")
		},
		Create: createProfile,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
		Schema: schema.Of(iam.InstanceProfile{}, iam.InstanceProfileArgs{}),
		Timing: Timing{Create: secs(1, 1, 3), Update: secs(1, 1, 3), Delete: secs(1, 0, 1),
			Wait: wait(6, 0, 0), Source: "facts, section 1: instance profile; the wait of 5.76 on is a guess"},
		Propagation: secs(12, 4, 34), // eksctl#8039: fails at 3 s, works by 34 s
		Calls: Calls{"iam:CreateInstanceProfile iam:AddRoleToInstanceProfile iam:TagInstanceProfile", "iam:GetInstanceProfile",
			"iam:AddRoleToInstanceProfile iam:RemoveRoleFromInstanceProfile iam:TagInstanceProfile iam:UntagInstanceProfile", "iam:RemoveRoleFromInstanceProfile iam:DeleteInstanceProfile"},
		TaggedAs: "iam:instance-profile/",
	},
)

var (
	arnPattern     = regexp.MustCompile(`^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws|):\S+$`)
	iamNamePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	iamPathPattern = regexp.MustCompile(`^/([!-~]+/)?$`)
)

// checkRoleName refuses an ARN where a name belongs.
func checkRoleName(c *Checker, path string) { c.Match(path, iamNamePattern, "must be a role's name") }

func checkRole(c *Checker) {
	c.Length("path", 1, 512)
	c.Match("path", iamPathPattern, "must begin and end with /")
	c.policy("assumeRolePolicy", iampolicy.Trust)
	for i, p := range Maps(c.In, "inlinePolicies[]") {
		at := fmt.Sprintf("inlinePolicies[%d]", i)
		if !Has(p, "name") {
			c.Fail(at+".name", "missing")
		}
		for _, text := range Strs(p, "policy") {
			if _, err := iampolicy.Parse(text, iampolicy.Identity); err != nil {
				c.Fail(at+".policy", "%v", err)
			}
		}
	}
}

func createRole(t *Tx, r *Resource) error {
	r.ID = applyName(t, r)
	r.State["arn"] = t.GlobalARN("iam", "role"+r.Str("path")+r.ID)
	r.State["uniqueId"] = "AROA" + strings.ToUpper(t.Hex(17))
	r.State["createDate"] = t.Now().Format(time.RFC3339)
	for _, p := range []string{"inlinePolicies", "managedPolicyArns"} {
		if !Has(r.State, p) {
			r.State[p] = []any{}
		}
	}
	return applyRole(t, r)
}

func updateRole(t *Tx, r *Resource, _ Map) error { return applyRole(t, r) }

// applyRole checks what creation and update have in common.
func applyRole(t *Tx, r *Resource) error {
	tagsAll(r)
	trust := r.Str("assumeRolePolicy")
	if counted(trust) > trustLimit {
		return Refuse("LimitExceeded", "facts 30", "Cannot exceed quota for ACLSizePerRole: %d", trustLimit)
	}
	statements, err := iampolicy.Parse(trust, iampolicy.Trust)
	if err != nil {
		return Refuse("MalformedPolicyDocument", "IAM User Guide, Grammar of the IAM JSON policy language", "%v", err)
	}
	if p, bad := invalidPrincipal(t, statements, "IAM"); bad {
		return Refuse("MalformedPolicyDocument", "facts 28", "Invalid principal in policy: %s", p)
	}
	arns := r.Strs("managedPolicyArns[]")
	if len(arns) > attachedLimit {
		return Refuse("LimitExceeded", "facts 30", "Cannot exceed quota for PoliciesPerRole: %d", attachedLimit)
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
func deleteRole(t *Tx, r *Resource) error {
	for _, h := range t.Holders(r) {
		switch h.By.Type {
		case typeProfile:
			t.c.drop(h.By)
			delete(h.By.State, "role")
			t.c.put(t, kinds[typeProfile], h.By)
		case typeRolePolicy, typeRoleAttachment:
			if !r.Bool("forceDetachPolicies") {
				return roleInUse(h.By)
			}
			t.Remove(h.By)
		}
	}
	return nil
}

func roleInUse(by *Resource) error {
	if by.Type == typeRolePolicy {
		return Refuse("DeleteConflict", "facts 25", "Cannot delete entity, must delete policies first.")
	}
	return Refuse("DeleteConflict", "facts 24", "Cannot delete entity, must detach all policies first.")
}

func createRolePolicy(t *Tx, r *Resource) error {
	r.ID = r.Str("role") + ":" + applyName(t, r)
	return checkInlineSize(t, r)
}

// checkInlineSize holds all inline policies of a role to their common limit. r is the role or one of its policies, as
// they shall be.
func checkInlineSize(t *Tx, r *Resource) error {
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
		return Refuse("LimitExceeded", "facts 30", "Maximum policy size of %d bytes exceeded for role %s", inlineLimit, role.ID)
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
func policyExists(t *Tx, arn string) error {
	if _, ok := iampolicy.Managed(arn); ok {
		return nil
	}
	if _, ok := t.Find(typePolicy, "arn", arn); ok {
		return nil
	}
	return Refuse("NoSuchEntity", "IAM API, AttachRolePolicy", "Policy %s does not exist or is not attachable.", arn)
}

// boundaryExists refuses a boundary that there is no such policy for (IAM API, CreateRole: NoSuchEntity).
func boundaryExists(t *Tx, arn string) error {
	if policyExists(t, arn) == nil {
		return nil
	}
	return Refuse("NoSuchEntity", "IAM API, CreateRole and PutRolePermissionsBoundary", "Scope ARN: %s does not exist or is not attachable.", arn)
}

func createProfile(t *Tx, r *Resource) error {
	r.ID = applyName(t, r)
	r.State["arn"] = t.GlobalARN("iam", "instance-profile"+r.Str("path")+r.ID)
	r.State["uniqueId"] = "AIPA" + strings.ToUpper(t.Hex(17))
	r.State["createDate"] = t.Now().Format(time.RFC3339)
	tagsAll(r)
	return nil
}

// uniqueSuffix returns what the provider appends where it makes something unique: the time and a counter, 26
// characters.
func uniqueSuffix(t *Tx) string { return t.Now().Format("20060102150405") + t.Hex(12) }

// applyName fills in name and namePrefix as the provider does.
func applyName(t *Tx, r *Resource) string { return nameOrPrefixed(t, r, "name", "namePrefix") }

// tagsAll fills in the tags as AWS has them: those of the resource, since the offline provider has no default tags.
func tagsAll(r *Resource) {
	tags := Clone(At(r.State, "tags"))
	if len(tags) == 1 {
		r.State["tagsAll"] = tags[0]
		return
	}
	r.State["tagsAll"] = Map{}
}
