package iampolicy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// Use is where a policy document stands, which decides what its statements must and must not name.
type Use int

const (
	Identity Use = iota // attached to a role: no principals
	Trust               // a role's assume-role policy: no resources
	Resource            // of a key, secret, bucket, queue or VPC endpoint: both
)

// Statement is one statement of a policy.
type Statement struct {
	Sid          string
	Deny         bool
	Principals   []Principal
	NotPrincipal bool // Principals are those it does not speak of
	Actions      []string
	NotAction    bool
	lower        []string // Actions in lower case, as they are compared
	Resources    []string
	NotResource  bool
	Conditions   []Condition
}

// Principal is one of those a statement speaks of.
type Principal struct {
	Kind string // AWS, Service, Federated or CanonicalUser; * for everybody
	ID   string // ARN, account number, service name; * for everybody of the kind
}

// Condition is one comparison of a statement.
type Condition struct {
	Operator string // without set prefix and IfExists
	Set      string // ForAllValues, ForAnyValue or nothing
	IfExists bool
	Key      string
	lower    string // Key in lower case, as it is looked up
	Values   []string
}

// Parse reads a policy document strictly (IAM User Guide, "Grammar of the IAM JSON policy language"). The error
// joins every problem, each with its path in the document.
func Parse(text string, use Use) ([]Statement, error) {
	statements, problems := Read(text, use)
	var errs []error
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("%s: %s", p.Path, p.Reason))
	}
	return statements, errors.Join(errs...)
}

// Read is parsePolicy with the problems apart.
func Read(text string, use Use) ([]Statement, []facts.Problem) {
	p := policies.Of(policyKey{use, text}, func() (p readDocument) {
		p.statements, p.problems = readPolicyAnew(text, use)
		return p
	})
	return p.statements, p.problems
}

type (
	policyKey struct {
		use  Use
		text string
	}
	readDocument struct {
		statements []Statement
		problems   []facts.Problem
	}
)

var policies documents.Memo[policyKey, readDocument]

func readPolicyAnew(text string, use Use) ([]Statement, []facts.Problem) {
	v, err := documents.ReadJSON(text)
	if err != nil {
		return nil, []facts.Problem{{Path: "policy", Reason: err.Error()}}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, []facts.Problem{{Path: "policy", Reason: "expected an object, got " + documents.KindOf(v)}}
	}
	r := &policyReader{use: use, sids: map[string]bool{}}
	statements := r.document(object)
	return statements, r.problems
}

type policyReader struct {
	use      Use
	sids     map[string]bool
	problems []facts.Problem
}

func (r *policyReader) fail(path, format string, args ...any) {
	r.problems = append(r.problems, facts.Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

func (r *policyReader) document(object map[string]any) []Statement {
	var list []any
	for _, k := range slices.Sorted(maps.Keys(object)) {
		switch v := object[k]; k {
		case "Version":
			if v != "2012-10-17" && v != "2008-10-17" {
				r.fail(k, "expected 2012-10-17 or 2008-10-17, got %s", documents.KindOf(v))
			}
		case "Id":
			if _, ok := v.(string); !ok {
				r.fail(k, "expected a string, got %s", documents.KindOf(v))
			}
		case "Statement":
			if one, ok := v.(map[string]any); ok {
				v = []any{one}
			}
			var ok bool
			if list, ok = v.([]any); !ok {
				r.fail(k, "expected statements, got %s", documents.KindOf(v))
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
	var out []Statement
	for i, v := range list {
		path := fmt.Sprintf("Statement[%d]", i)
		if o, ok := v.(map[string]any); ok {
			out = append(out, r.statement(path, o))
		} else {
			r.fail(path, "expected an object, got %s", documents.KindOf(v))
		}
	}
	return out
}

var sidPattern = regexp.MustCompile(`^[A-Za-z0-9]*$`)

func (r *policyReader) statement(path string, object map[string]any) Statement {
	var s Statement
	for _, k := range slices.Sorted(maps.Keys(object)) {
		at, v := path+"."+k, object[k]
		switch k {
		case "Sid":
			s.Sid = r.sid(at, v)
		case "Effect":
			s.Deny = v == "Deny"
			if v != "Allow" && v != "Deny" {
				r.fail(at, "expected Allow or Deny, got %s", documents.KindOf(v))
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
func (r *policyReader) elements(path string, object map[string]any) {
	if _, ok := object["Effect"]; !ok {
		r.fail(path+".Effect", "missing")
	}
	r.exactlyOne(path, object, "Action", true)
	r.exactlyOne(path, object, "Principal", r.use != Identity)
	r.exactlyOne(path, object, "Resource", r.use != Trust)
}

func (r *policyReader) exactlyOne(path string, object map[string]any, name string, wanted bool) {
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
		r.fail(path, "expected a string, got %s", documents.KindOf(v))
	case r.use != Resource && !sidPattern.MatchString(sid):
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
		r.fail(path, "expected a string or strings, got %s", documents.KindOf(v))
		return nil
	}
	var out []string
	for i, e := range list {
		s, ok := e.(string)
		if !ok {
			r.fail(fmt.Sprintf("%s[%d]", path, i), "expected a string, got %s", documents.KindOf(e))
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
		if r.use == Trust && !strings.HasPrefix(a, "sts:") {
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

func (r *policyReader) principals(path string, v any) []Principal {
	if v == "*" {
		return []Principal{{"*", "*"}}
	}
	object, ok := v.(map[string]any)
	if !ok || len(object) == 0 {
		r.fail(path, "expected * or an object of %s, got %s", principalKinds, documents.KindOf(v))
		return nil
	}
	var out []Principal
	for _, kind := range slices.Sorted(maps.Keys(object)) {
		pattern, known := principalPatterns[kind]
		if !known {
			r.fail(path+"."+kind, "no such kind of principal; there are %s", principalKinds)
			continue
		}
		for _, id := range r.texts(path+"."+kind, object[kind]) {
			if !pattern.MatchString(id) {
				r.fail(path+"."+kind, "%q is not a principal of this kind", id)
			}
			out = append(out, Principal{kind, id})
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

func (r *policyReader) conditions(path string, v any) []Condition {
	object, ok := v.(map[string]any)
	if !ok {
		r.fail(path, "expected an object of operators, got %s", documents.KindOf(v))
		return nil
	}
	var out []Condition
	for _, operator := range slices.Sorted(maps.Keys(object)) {
		at := path + "." + operator
		c, ok := parseOperator(operator)
		if !ok {
			r.fail(at, "no such condition operator")
		}
		keys, ok := object[operator].(map[string]any)
		if !ok {
			r.fail(at, "expected an object of condition keys, got %s", documents.KindOf(object[operator]))
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !conditionKeyPattern.MatchString(key) {
				r.fail(at+"."+key, "a condition key has the form service:key")
			}
			c.Key, c.lower, c.Values = key, strings.ToLower(key), r.scalars(at+"."+key, keys[key])
			out = append(out, c)
		}
	}
	return out
}

func parseOperator(text string) (Condition, bool) {
	c := Condition{Operator: text}
	for _, set := range []string{"ForAllValues", "ForAnyValue"} {
		if rest, ok := strings.CutPrefix(text, set+":"); ok {
			c.Set, c.Operator = set, rest
		}
	}
	c.Operator, c.IfExists = strings.CutSuffix(c.Operator, "IfExists")
	return c, documents.OneOf(c.Operator, conditionOperators) || c.Operator == "Null" && !c.IfExists
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
