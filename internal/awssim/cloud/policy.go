package cloud

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// policyUse is where a policy document stands, which decides what its statements must and must not name.
type policyUse int

const (
	identityPolicy policyUse = iota // attached to a role: no principals
	trustPolicy                     // a role's assume-role policy: no resources
	resourcePolicy                  // of a key, secret, bucket, queue or VPC endpoint: both
)

// statement is one statement of a policy.
type statement struct {
	Sid          string
	Deny         bool
	Principals   []principal
	NotPrincipal bool // Principals are those it does not speak of
	Actions      []string
	NotAction    bool
	lower        []string // Actions in lower case, as they are compared
	Resources    []string
	NotResource  bool
	Conditions   []condition
}

// principal is one of those a statement speaks of.
type principal struct {
	Kind string // AWS, Service, Federated or CanonicalUser; * for everybody
	ID   string // ARN, account number, service name; * for everybody of the kind
}

// condition is one comparison of a statement.
type condition struct {
	Operator string // without set prefix and IfExists
	Set      string // ForAllValues, ForAnyValue or nothing
	IfExists bool
	Key      string
	lower    string // Key in lower case, as it is looked up
	Values   []string
}

// parsePolicy reads a policy document strictly (IAM User Guide, "Grammar of the IAM JSON policy language"). The error
// joins every problem, each with its path in the document.
func parsePolicy(text string, use policyUse) ([]statement, error) {
	statements, problems := readPolicy(text, use)
	var errs []error
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("%s: %s", p.Path, p.Reason))
	}
	return statements, errors.Join(errs...)
}

// readPolicy is parsePolicy with the problems apart.
func readPolicy(text string, use policyUse) ([]statement, []Problem) {
	p := policies.of(policyKey{use, text}, func() (p readDocument) {
		p.statements, p.problems = readPolicyAnew(text, use)
		return p
	})
	return p.statements, p.problems
}

type (
	policyKey struct {
		use  policyUse
		text string
	}
	readDocument struct {
		statements []statement
		problems   []Problem
	}
)

var policies memo[policyKey, readDocument]

func readPolicyAnew(text string, use policyUse) ([]statement, []Problem) {
	v, err := readJSON(text)
	if err != nil {
		return nil, []Problem{{Path: "policy", Reason: err.Error()}}
	}
	object, ok := v.(Map)
	if !ok {
		return nil, []Problem{{Path: "policy", Reason: "expected an object, got " + jsonKind(v)}}
	}
	r := &policyReader{use: use, sids: map[string]bool{}}
	statements := r.document(object)
	return statements, r.problems
}

type policyReader struct {
	use      policyUse
	sids     map[string]bool
	problems []Problem
}

func (r *policyReader) fail(path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

func (r *policyReader) document(object Map) []statement {
	var list []any
	for _, k := range sortedKeys(object) {
		switch v := object[k]; k {
		case "Version":
			if v != "2012-10-17" && v != "2008-10-17" {
				r.fail(k, "expected 2012-10-17 or 2008-10-17, got %s", jsonKind(v))
			}
		case "Id":
			if _, ok := v.(string); !ok {
				r.fail(k, "expected a string, got %s", jsonKind(v))
			}
		case "Statement":
			if one, ok := v.(Map); ok {
				v = []any{one}
			}
			var ok bool
			if list, ok = v.([]any); !ok {
				r.fail(k, "expected statements, got %s", jsonKind(v))
			}
		default:
			r.fail(k, "no such element; a policy has Version, Id and Statement")
		}
	}
	if _, ok := object["Version"]; !ok {
		r.fail("Version", "missing: the grammar would be that of 2008, without policy variables")
	}
	if len(list) == 0 {
		r.fail("Statement", "a policy needs at least one statement")
	}
	var out []statement
	for i, v := range list {
		path := fmt.Sprintf("Statement[%d]", i)
		if o, ok := v.(Map); ok {
			out = append(out, r.statement(path, o))
		} else {
			r.fail(path, "expected an object, got %s", jsonKind(v))
		}
	}
	return out
}

var sidPattern = regexp.MustCompile(`^[A-Za-z0-9]*$`)

func (r *policyReader) statement(path string, object Map) statement {
	var s statement
	for _, k := range sortedKeys(object) {
		at, v := path+"."+k, object[k]
		switch k {
		case "Sid":
			s.Sid = r.sid(at, v)
		case "Effect":
			s.Deny = v == "Deny"
			if v != "Allow" && v != "Deny" {
				r.fail(at, "expected Allow or Deny, got %s", jsonKind(v))
			}
		case "Principal", "NotPrincipal":
			s.Principals, s.NotPrincipal = r.principals(at, v), k == "NotPrincipal"
		case "Action", "NotAction":
			s.Actions, s.NotAction = r.actions(at, v), k == "NotAction"
			s.lower = lowered(s.Actions)
		case "Resource", "NotResource":
			s.Resources, s.NotResource = r.resources(at, v), k == "NotResource"
		case "Condition":
			s.Conditions = r.conditions(at, v)
		default:
			r.fail(at, "no such element of a statement")
		}
	}
	r.elements(path, object)
	return s
}

// elements checks which elements a statement has.
func (r *policyReader) elements(path string, object Map) {
	if _, ok := object["Effect"]; !ok {
		r.fail(path+".Effect", "missing")
	}
	r.exactlyOne(path, object, "Action", true)
	r.exactlyOne(path, object, "Principal", r.use != identityPolicy)
	r.exactlyOne(path, object, "Resource", r.use != trustPolicy)
}

func (r *policyReader) exactlyOne(path string, object Map, name string, wanted bool) {
	_, plain := object[name]
	_, negated := object["Not"+name]
	switch {
	case plain && negated:
		r.fail(path+"."+name, "stands beside Not%s", name)
	case wanted && !plain && !negated:
		r.fail(path+"."+name, "missing")
	case !wanted && (plain || negated):
		r.fail(path+"."+name, "%s", map[string]string{
			"Principal": "a policy attached to a role has no principal",
			"Resource":  "a trust policy has no resource: it is the role itself",
		}[name])
	}
}

func (r *policyReader) sid(path string, v any) string {
	sid, ok := v.(string)
	switch {
	case !ok:
		r.fail(path, "expected a string, got %s", jsonKind(v))
	case r.use != resourcePolicy && !sidPattern.MatchString(sid):
		r.fail(path, "only letters and digits are allowed, got %q", sid)
	case sid != "" && r.sids[sid]:
		r.fail(path, "%q names another statement of the policy as well", sid)
	}
	r.sids[sid] = true
	return sid
}

// texts reads a string or a list of strings, at least one.
func (r *policyReader) texts(path string, v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		r.fail(path, "expected a string or strings, got %s", jsonKind(v))
		return nil
	}
	var out []string
	for i, e := range list {
		s, ok := e.(string)
		if !ok {
			r.fail(fmt.Sprintf("%s[%d]", path, i), "expected a string, got %s", jsonKind(e))
			continue
		}
		out = append(out, s)
	}
	return out
}

// actionPattern takes the service in any case, as IAM does: SNS writes its default policy with SNS:Publish.
var actionPattern = regexp.MustCompile(`^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$`)

func (r *policyReader) actions(path string, v any) []string {
	list := r.texts(path, v)
	for _, a := range list {
		if !actionPattern.MatchString(a) {
			r.fail(path, "%q is neither * nor service:Action", a)
		}
		if r.use == trustPolicy && !strings.HasPrefix(a, "sts:") {
			r.fail(path, "%q: a trust policy may hold only STS actions", a)
		}
	}
	return list
}

var resourcePattern = regexp.MustCompile(`^(\*|arn:[a-z*-]+:[a-z0-9*-]+:[a-z0-9*-]*:[0-9*?]*(aws)?:\S+)$`)

func (r *policyReader) resources(path string, v any) []string {
	list := r.texts(path, v)
	for _, a := range list {
		if !resourcePattern.MatchString(a) && !strings.Contains(a, "${") {
			r.fail(path, "%q is neither * nor an ARN", a)
		}
	}
	return list
}

var (
	principalPatterns = map[string]*regexp.Regexp{
		"AWS":           regexp.MustCompile(`^(\*|\d{12}|arn:aws:(iam|sts)::\d{12}:(root|(role|user|assumed-role)/\S+))$`),
		"Service":       regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$`),
		"Federated":     regexp.MustCompile(`^(arn:aws:iam::\d{12}:(oidc|saml)-provider/\S+|[a-z0-9.-]+\.[a-z]+)$`),
		"CanonicalUser": regexp.MustCompile(`^[0-9a-f]{64}$`),
	}
	principalKinds = "AWS, Service, Federated or CanonicalUser"
)

func (r *policyReader) principals(path string, v any) []principal {
	if v == "*" {
		return []principal{{"*", "*"}}
	}
	object, ok := v.(Map)
	if !ok || len(object) == 0 {
		r.fail(path, "expected * or an object of %s, got %s", principalKinds, jsonKind(v))
		return nil
	}
	var out []principal
	for _, kind := range sortedKeys(object) {
		pattern, known := principalPatterns[kind]
		if !known {
			r.fail(path+"."+kind, "no such kind of principal; there are %s", principalKinds)
			continue
		}
		for _, id := range r.texts(path+"."+kind, object[kind]) {
			if !pattern.MatchString(id) {
				r.fail(path+"."+kind, "%q is not a principal of this kind", id)
			}
			out = append(out, principal{kind, id})
		}
	}
	return out
}

// conditionOperators are those of the IAM User Guide, "IAM JSON policy elements: Condition operators". Null stands
// apart because it takes no IfExists.
const conditionOperators = "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike " +
	"NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals " +
	"DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals " +
	"Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnLike ArnNotEquals ArnNotLike"

var conditionKeyPattern = regexp.MustCompile(`^[A-Za-z0-9.-]+[:/][A-Za-z0-9./:${}_+=@-]+$`)

func (r *policyReader) conditions(path string, v any) []condition {
	object, ok := v.(Map)
	if !ok {
		r.fail(path, "expected an object of operators, got %s", jsonKind(v))
		return nil
	}
	var out []condition
	for _, operator := range sortedKeys(object) {
		at := path + "." + operator
		c, ok := parseOperator(operator)
		if !ok {
			r.fail(at, "no such condition operator")
		}
		keys, ok := object[operator].(Map)
		if !ok {
			r.fail(at, "expected an object of condition keys, got %s", jsonKind(object[operator]))
		}
		for _, key := range sortedKeys(keys) {
			if !conditionKeyPattern.MatchString(key) {
				r.fail(at+"."+key, "a condition key has the form service:key")
			}
			c.Key, c.lower, c.Values = key, strings.ToLower(key), r.scalars(at+"."+key, keys[key])
			out = append(out, c)
		}
	}
	return out
}

func parseOperator(text string) (condition, bool) {
	c := condition{Operator: text}
	for _, set := range []string{"ForAllValues", "ForAnyValue"} {
		if rest, ok := strings.CutPrefix(text, set+":"); ok {
			c.Set, c.Operator = set, rest
		}
	}
	c.Operator, c.IfExists = strings.CutSuffix(c.Operator, "IfExists")
	return c, oneOf(c.Operator, conditionOperators) || c.Operator == "Null" && !c.IfExists
}

// scalars reads condition values, which may be bools and numbers as well.
func (r *policyReader) scalars(path string, v any) []string {
	switch v := v.(type) {
	case bool, float64:
		return []string{fmt.Sprint(v)}
	case []any:
		var out []string
		for i, e := range v {
			if _, nested := e.([]any); nested {
				r.fail(fmt.Sprintf("%s[%d]", path, i), "expected a value, got a list")
				continue
			}
			out = append(out, r.scalars(fmt.Sprintf("%s[%d]", path, i), e)...)
		}
		return out
	}
	return r.texts(path, v)
}
