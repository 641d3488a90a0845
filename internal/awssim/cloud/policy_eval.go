package cloud

import (
	"slices"
	"strings"
)

// request is what a policy is asked to decide on.
type request struct {
	Principal principal // who asks; compared only with statements that name principals
	Action    string
	Resource  string
	Context   map[string]string // condition keys, in lower case, that the request carries
}

// allows decides a request by statements alone: some statement allows it and none denies it (IAM User Guide, "Policy
// evaluation logic").
func allows(statements []statement, q request) bool {
	allowed := false
	for _, s := range statements {
		if !s.covers(q) {
			continue
		}
		if s.Deny {
			return false
		}
		allowed = true
	}
	return allowed
}

func (s *statement) covers(q request) bool {
	if len(s.Principals) > 0 && slices.ContainsFunc(s.Principals, q.Principal.is) == s.NotPrincipal {
		return false
	}
	asked := strings.ToLower(q.Action)
	if slices.ContainsFunc(s.lower, func(pattern string) bool { return wildcard(pattern, asked) }) == s.NotAction {
		return false
	}
	resource := func(pattern string) bool {
		pattern, known := expand(pattern, q)
		return known && wildcard(pattern, q.Resource)
	}
	if len(s.Resources) > 0 && slices.ContainsFunc(s.Resources, resource) == s.NotResource {
		return false
	}
	for _, c := range s.Conditions {
		if !c.holds(q) {
			return false
		}
	}
	return true
}

// lowered is a list in lower case.
func lowered(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}

// is reports whether a principal of a statement means p. An account, by number or root ARN, means everybody in it
// whom the account's own policies allow.
func (p principal) is(named principal) bool {
	switch {
	case named.Kind == "*" || named == p || named == principal{"AWS", "*"}:
		return true
	case named.Kind != "AWS" || p.Kind != "AWS":
		return false
	}
	account := strings.TrimSuffix(strings.TrimPrefix(named.ID, "arn:aws:iam::"), ":root")
	return len(account) == 12 && strings.HasPrefix(p.ID, "arn:aws:iam::"+account+":")
}

// holds decides one condition. A key that the request does not carry fails every comparison but the negated ones and
// those with IfExists (IAM User Guide, "Condition operators").
func (c *condition) holds(q request) bool {
	value, there := q.Context[c.lower]
	if c.Operator == "Null" {
		return slices.Contains(c.Values, "true") == !there
	}
	negated := strings.Contains(c.Operator, "Not")
	if !there {
		return c.IfExists || negated || c.Set == "ForAllValues"
	}
	return slices.ContainsFunc(c.Values, func(v string) bool {
		v, known := expand(v, q)
		return known && c.compare(v, value)
	}) != negated
}

// compare decides what the offline AWS's own requests are compared by; nothing else is ever equal.
func (c *condition) compare(want, got string) bool {
	switch strings.Replace(c.Operator, "Not", "", 1) {
	case "StringEquals":
		return want == got
	case "StringEqualsIgnoreCase", "Bool":
		return strings.EqualFold(want, got)
	case "StringLike", "ArnLike", "ArnEquals":
		return wildcard(want, got)
	}
	return false
}

// wildcard matches with * for any characters and ? for one.
func wildcard(pattern, s string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return len(s) == len(pattern) && sameBut(pattern, s)
	}
	if len(s) < len(before) || !sameBut(before, s[:len(before)]) {
		return false
	}
	for i := len(before); i <= len(s); i++ {
		if wildcard(after, s[i:]) {
			return true
		}
	}
	return false
}

// sameBut compares two strings of one length, in the first of which ? stands for any character.
func sameBut(pattern, s string) bool {
	for i := range len(pattern) {
		if pattern[i] != '?' && pattern[i] != s[i] {
			return false
		}
	}
	return true
}

// roleByARN finds a role of the account.
func roleByARN(t *Tx, arn string) (*Resource, bool) { return t.Find("aws:iam/role:Role", "arn", arn) }

// roleStatements returns what a role's policies say, inline and attached.
func roleStatements(t *Tx, role *Resource) []statement {
	var out []statement
	add := func(text string) {
		s, err := parsePolicy(text, identityPolicy)
		if err == nil { // checked when it came in
			out = append(out, s...)
		}
	}
	for _, text := range role.Strs("inlinePolicies[].policy") {
		add(text)
	}
	arns := role.Strs("managedPolicyArns[]")
	for _, p := range t.All("aws:iam/rolePolicy:RolePolicy") {
		if p.Str("role") == role.ID {
			add(p.Str("policy"))
		}
	}
	for _, a := range t.All("aws:iam/rolePolicyAttachment:RolePolicyAttachment") {
		if a.Str("role") == role.ID {
			arns = append(arns, a.Str("policyArn"))
		}
	}
	for _, arn := range arns {
		out = append(out, managedStatements(t, arn)...)
	}
	return out
}

// roleAllows reports whether a role may do something: its own policies allow it, and so does its permissions boundary
// if it has one (IAM User Guide, "Permissions boundaries for IAM entities").
func roleAllows(t *Tx, role *Resource, action, resource string, context map[string]string) bool {
	q := request{Action: action, Resource: resource, Context: withTags(t, role, action, resource, context)}
	boundary, bounded := boundedBy(t, role)
	return allows(roleStatements(t, role), q) && (!bounded || allows(boundary, q))
}

// trusts reports whether a role lets a service assume it.
func trusts(t *Tx, role *Resource, service string) bool {
	return trustsFor(t, role, service, t.ARN(strings.SplitN(service, "-", 2)[0], "*"))
}

// unsaid are services of which AWS does not say whether they name a source when they assume a role: AWS Backup's page on
// the confused deputy speaks of policies of other services' resources only ("Cross-service confused deputy prevention", AWS
// Backup Developer Guide), and the trust that S3's guide gives for replication has no condition ("Setting up permissions for
// live replication"). A role has to let them in either way.
var unsaid = []string{"backup.amazonaws.com", "s3.amazonaws.com"}

// trustsFor reports whether a role lets a service assume it on behalf of the resource with the ARN.
func trustsFor(t *Tx, role *Resource, service, source string) bool {
	statements, err := parsePolicy(role.Str("assumeRolePolicy"), trustPolicy)
	if err != nil {
		return false
	}
	lets := func(context map[string]string) bool {
		return allows(statements, request{
			Principal: principal{"Service", service}, Action: "sts:AssumeRole", Resource: role.Str("arn"), Context: context,
		})
	}
	named := lets(map[string]string{"aws:sourceaccount": t.Account(), "aws:sourcearn": source})
	return named && (!slices.Contains(unsaid, service) || lets(nil))
}
