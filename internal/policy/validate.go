package policy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	sidPattern = regexp.MustCompile(`^[A-Za-z0-9]+$`) // IAM User Guide, "IAM JSON policy elements: Sid"
	// The service prefix may not hold a wildcard, the name may: ssmmessages:Create* is fine, *:* is not.
	actionPattern = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9*?]+$`)
	// partition, service, region, account; the resource part is free text.
	arnPattern       = regexp.MustCompile(`^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9*-]*:([0-9]{12}|aws|\*|):.+$`)
	accountPattern   = regexp.MustCompile(`^[0-9]{12}$`)
	servicePattern   = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)
	conditionPattern = regexp.MustCompile(`^[A-Za-z0-9.-]+:[^\s]+$`) // an identity provider's keys begin with its host name
)

// operators are those of the IAM User Guide, "IAM JSON policy elements: Condition operators", without the prefixes
// and the suffix that knownOperator takes off.
var operators = []string{
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
	"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike",
	"Null",
}

func knownOperator(operator string) bool {
	base := operator
	for _, prefix := range []string{"ForAllValues:", "ForAnyValue:"} {
		base = strings.TrimPrefix(base, prefix)
	}
	if base != "Null" && base != "NullIfExists" { // Null asks whether the key exists, so IfExists makes no sense on it
		base = strings.TrimSuffix(base, "IfExists")
	}
	return slices.Contains(operators, base)
}

func (d Document) validate() error {
	if !slices.Contains([]Kind{Identity, Resource, Trust}, d.Kind) {
		return fmt.Errorf("kind %q is not one of identity, resource and trust", d.Kind)
	}
	if len(d.Statements) == 0 {
		return errors.New("the document has no statement")
	}
	var errs []error
	seen := map[string]bool{}
	for i, s := range d.Statements {
		name := fmt.Sprintf("statement %d", i+1)
		if s.Sid != "" {
			name += " (" + s.Sid + ")"
		}
		if seen[s.Sid] {
			errs = append(errs, fmt.Errorf("%s: another statement has the same Sid", name))
		}
		seen[s.Sid] = s.Sid != ""
		for _, err := range s.problems(d.Kind) {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func (s Statement) problems(kind Kind) []error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if s.Sid != "" && !sidPattern.MatchString(s.Sid) {
		refuse("Sid %q must hold letters and digits only", s.Sid)
	}
	if s.Effect != Allow && s.Effect != Deny {
		refuse("effect %q must be Allow or Deny", s.Effect)
	}
	if len(s.Actions) == 0 {
		refuse("it has no action")
	}
	for _, action := range s.Actions {
		switch {
		case !actionPattern.MatchString(action):
			refuse("action %q must be service:Name; a wildcard may stand in the name only", action)
		case kind == Identity && s.Effect == Allow && strings.HasSuffix(action, ":*"):
			refuse("action %q gives the role all of a service: name the actions it needs", action)
		}
	}
	errs = append(errs, s.Resources.problems(kind)...)
	errs = append(errs, s.principalProblems(kind)...)
	return append(errs, conditionProblems(s.Conditions)...)
}

func (r Resources) problems(kind Kind) []error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case kind == Trust && (r.any || len(r.arns) > 0):
		refuse("a trust document names no resource: it is the role itself")
	case kind != Trust && !r.any && len(r.arns) == 0:
		refuse("it has no resource")
	case r.any && strings.TrimSpace(r.reason) == "":
		refuse("AnyResource needs a reason")
	}
	for _, arn := range r.arns {
		switch {
		case arn == "*":
			refuse(`resource "*" must be given as AnyResource with a reason`)
		case !arnPattern.MatchString(arn):
			refuse("resource %q is not an ARN", arn)
		}
	}
	return errs
}

func (s Statement) principalProblems(kind Kind) []error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if kind == Identity && len(s.Principals) > 0 {
		refuse("an identity document names no principal: it is the role it is attached to")
	}
	if kind != Identity && len(s.Principals) == 0 {
		refuse("it has no principal")
	}
	for _, p := range s.Principals {
		errs = append(errs, s.problemsWith(p)...)
	}
	return errs
}

func (s Statement) problemsWith(p Principal) []error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if p.kind != "*" && len(p.ids) == 0 {
		refuse("a principal names nobody")
	}
	if p.kind == "*" {
		if strings.TrimSpace(p.reason) == "" {
			refuse("AnyPrincipal needs a reason")
		}
		if len(s.Principals) > 1 {
			refuse("AnyPrincipal makes the other principals meaningless")
		}
		if s.Effect == Allow && len(s.Conditions) == 0 {
			refuse("it allows everybody without a condition")
		}
	}
	if p.kind == "Federated" && s.Effect == Allow && len(s.Conditions) == 0 {
		refuse("it allows everybody whom an identity provider knows")
	}
	for _, id := range p.ids {
		switch {
		case p.kind == "Federated" && !arnPattern.MatchString(id):
			refuse("principal %q is not an identity provider's ARN", id)
		case p.kind == "Service" && !servicePattern.MatchString(id):
			refuse("principal %q is not a service's name such as ecs-tasks.amazonaws.com", id)
		case p.kind == "AWS" && !arnPattern.MatchString(id) && !accountPattern.MatchString(id):
			refuse("principal %q is neither an ARN nor an account id", id)
		}
	}
	return errs
}

func conditionProblems(conditions []Condition) []error {
	var errs []error
	seen := map[[2]string]bool{}
	for _, c := range conditions {
		if !knownOperator(c.Operator) {
			errs = append(errs, fmt.Errorf("condition operator %q is unknown to IAM", c.Operator))
		}
		if !conditionPattern.MatchString(c.Key) {
			errs = append(errs, fmt.Errorf("condition key %q must be service:name", c.Key))
		}
		if len(c.Values) == 0 {
			errs = append(errs, fmt.Errorf("condition %s %s has no value", c.Operator, c.Key))
		}
		for _, v := range c.Values {
			if v == "" {
				errs = append(errs, fmt.Errorf("condition %s %s has an empty value", c.Operator, c.Key))
			}
		}
		id := [2]string{c.Operator, c.Key}
		if seen[id] {
			errs = append(errs, fmt.Errorf("condition %s %s is given twice: give one with all its values", c.Operator, c.Key))
		}
		seen[id] = true
	}
	return errs
}
