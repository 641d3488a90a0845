package iampolicy

import (
	"slices"
	"strings"
)

// Request is what a policy is asked to decide on.
type Request struct {
	Principal Principal // who asks; compared only with statements that name principals
	Action    string
	Resource  string
	Context   map[string]string // condition keys, in lower case, that the request carries
	// Carries is Context for what is worth working out only once a statement asks for a key; nil: Context is all.
	Carries func() map[string]string
}

// value returns what a request carries under a condition key in lower case, and whether it does.
func (q *Request) value(key string) (string, bool) {
	context := q.Context
	if q.Carries != nil {
		context = q.Carries()
	}
	value, there := context[key]
	return value, there
}

// Allows decides a request by statements alone: some statement allows it and none denies it (IAM User Guide, "Policy
// evaluation logic").
func Allows(statements []Statement, q Request) bool {
	allowed, denied := Decide(statements, q)
	return allowed && !denied
}

// Decide returns whether some statement allows a request and whether one denies it, which is looked for no further than that.
func Decide(statements []Statement, q Request) (allowed, denied bool) {
	action := strings.ToLower(q.Action)
	for i := range statements {
		s := &statements[i]
		switch {
		case s.Deny && s.covers(q, action):
			return allowed, true
		case !s.Deny && !allowed:
			allowed = s.covers(q, action)
		}
	}
	return allowed, false
}

// Covers reports whether a statement, allowing or denying, speaks of a request.
func (s *Statement) Covers(q Request) bool { return s.covers(q, strings.ToLower(q.Action)) }

// covers is Covers with the request's action in lower case.
func (s *Statement) covers(q Request, action string) bool {
	if len(s.Principals) > 0 && slices.ContainsFunc(s.Principals, q.Principal.is) == s.NotPrincipal {
		return false
	}
	if slices.ContainsFunc(s.lower, func(pattern string) bool { return Matches(pattern, action) }) == s.NotAction {
		return false
	}
	resource := func(pattern string) bool {
		pattern, known := expand(pattern, q)
		return known && Matches(pattern, q.Resource)
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
func (p Principal) is(named Principal) bool {
	switch {
	case named.Kind == "*" || named == p || named == Principal{"AWS", "*"}:
		return true
	case named.Kind != "AWS" || p.Kind != "AWS":
		return false
	}
	account := strings.TrimSuffix(strings.TrimPrefix(named.ID, "arn:aws:iam::"), ":root")
	return len(account) == 12 && strings.HasPrefix(p.ID, "arn:aws:iam::"+account+":")
}

// holds decides one condition. A key that the request does not carry fails every comparison but the negated ones and
// those with IfExists (IAM User Guide, "Condition operators").
func (c *Condition) holds(q Request) bool {
	value, there := q.value(c.lower)
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
func (c *Condition) compare(want, got string) bool {
	switch strings.Replace(c.Operator, "Not", "", 1) {
	case "StringEquals":
		return want == got
	case "StringEqualsIgnoreCase", "Bool":
		return strings.EqualFold(want, got)
	case "StringLike", "ArnLike", "ArnEquals":
		return Matches(want, got)
	}
	return false
}

// Matches matches with * for any characters and ? for one.
func Matches(pattern, s string) bool {
	for i := range len(pattern) {
		if pattern[i] == '*' {
			return matchesEnd(pattern[i+1:], s[i:])
		}
		if i == len(s) || pattern[i] != '?' && pattern[i] != s[i] {
			return false
		}
	}
	return len(s) == len(pattern)
}

// matchesEnd reports whether some end of a text, of whatever length, matches.
func matchesEnd(pattern, s string) bool {
	for i := len(s); i >= 0; i-- {
		if Matches(pattern, s[i:]) {
			return true
		}
	}
	return false
}

// expand puts a request's values in the place of variables. A variable that the request has no value for matches nothing
// (IAM User Guide, "IAM policy elements: Variables and tags").
func expand(text string, q Request) (string, bool) {
	for {
		before, rest, found := strings.Cut(text, "${")
		if !found {
			return text, true
		}
		name, after, closed := strings.Cut(rest, "}")
		value, there := q.value(strings.ToLower(name))
		if !closed || !there || strings.ContainsAny(value, "*?$") {
			return "", false
		}
		text = before + value + after
	}
}
