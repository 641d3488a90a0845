// Package security holds a stack against the controls of AWS Foundational Security Best Practices (FSBP, v1.0.0) and of the
// CIS AWS Foundations Benchmark (v3.0.0), as AWS Security Hub lists them, and writes docs/security.md. What a control asks
// for is a predicate over what an offline deployment really made, so that a resource that stops meeting one fails the test
// that bears the control's id.
package security

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// Control is one control and how a stack stands to it.
type Control struct {
	ID    string // as Security Hub has it, such as RDS.3; a word for what is our own
	Title string
	CIS   string // its number in CIS AWS Foundations Benchmark v3.0.0; empty if it is not part of it
	Extra bool   // whether it is in neither standard, and held all the same

	// On are the types of resource that it is about. Where a stack has none of them it does not apply.
	On []string
	// Check returns what does not meet it.
	Check func(*Stack) []string

	Met    string // how the stack meets it
	Except string // why it does not, in place of Met
}

// Stack is what a deployment made.
type Stack struct{ resources []cloud.Resource }

// NewStack takes what an account holds; what it held before anything was deployed is not the stack's.
func NewStack(account []cloud.Resource) *Stack {
	return &Stack{slices.DeleteFunc(slices.Clone(account), func(r cloud.Resource) bool { return r.Declared || r.Owner != "" })}
}

// All returns the resources of a type.
func (s *Stack) All(typ string) []cloud.Resource {
	return slices.DeleteFunc(slices.Clone(s.resources), func(r cloud.Resource) bool { return r.Type != typ })
}

// With returns the resources of a type whose property has a value.
func (s *Stack) With(typ, property, value string) []cloud.Resource {
	return slices.DeleteFunc(s.All(typ), func(r cloud.Resource) bool { return !slices.Contains(r.Strs(property), value) })
}

// Applies reports whether a control is about anything that the stack has.
func (c Control) Applies(s *Stack) bool {
	return slices.ContainsFunc(c.On, func(typ string) bool { return len(s.All(typ)) > 0 })
}

// Problems returns what is wrong between the control and the stack: resources that do not meet it, or an exception that
// nothing needs any more.
func (c Control) Problems(s *Stack) []string {
	switch {
	case (c.Met == "") == (c.Except == ""):
		return []string{"says neither or both of how it is met and why it is not"}
	case !c.Applies(s):
		return nil
	case c.Check == nil:
		return []string{"applies and is not checked"}
	}
	found := c.Check(s)
	if c.Except != "" {
		if len(found) == 0 {
			return []string{"is listed as an exception and is met: " + c.Except}
		}
		return nil
	}
	return found
}

// every is a check that all resources of a type pass.
func every(typ string, passes func(r cloud.Resource) bool) func(*Stack) []string {
	return func(s *Stack) []string {
		var out []string
		for _, r := range s.All(typ) {
			if !passes(r) {
				out = append(out, r.Type+" "+r.ID)
			}
		}
		return out
	}
}

// each is every for checks that look at the whole stack too.
func each(typ string, passes func(s *Stack, r cloud.Resource) bool) func(*Stack) []string {
	return func(s *Stack) []string {
		return every(typ, func(r cloud.Resource) bool { return passes(s, r) })(s)
	}
}

// missing is the check of a control that asks for something no resource of the stack stands for.
func missing(what string) func(*Stack) []string {
	return func(*Stack) []string { return []string{what} }
}

// is tests one string.
func is(path, value string) func(cloud.Resource) bool {
	return func(r cloud.Resource) bool { return r.Str(path) == value }
}

// on tests one switch.
func on(path string) func(cloud.Resource) bool {
	return func(r cloud.Resource) bool { return r.Bool(path) }
}

// statement is one statement of a policy, as far as controls look at it.
type statement struct {
	Effect    string
	Principal any
	Action    list
	Resource  list
	Condition map[string]map[string]list
}

// list is what a policy may write as one string.
type list []string

// UnmarshalJSON takes both forms.
func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// statements reads a policy; what cannot be read is taken for the worst.
func statements(text string) []statement {
	var document struct{ Statement []statement }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return []statement{{Effect: "Allow", Principal: "*", Action: list{"*"}, Resource: list{"*"}}}
	}
	return document.Statement
}

// allows returns the statements of a policy that allow.
func allows(text string) []statement {
	return slices.DeleteFunc(statements(text), func(s statement) bool { return s.Effect != "Allow" })
}

// public reports whether a policy lets in anybody, without a condition on who that is.
func public(text string) bool {
	return slices.ContainsFunc(allows(text), func(s statement) bool {
		aws, _ := s.Principal.(map[string]any)
		return (s.Principal == "*" || aws["AWS"] == "*" || fmt.Sprint(aws["AWS"]) == "[*]") && len(s.Condition) == 0
	})
}

// Controls returns every control, in the order of the document.
func Controls() []Control {
	return slices.Concat(network, compute, services, edge, data, access, watch)
}

// Document returns docs/security.md for a stack.
func Document(s *Stack) string {
	var met, excepted, absent strings.Builder
	for _, c := range Controls() {
		standard := "FSBP"
		switch {
		case c.Extra && c.CIS == "":
			standard = "beyond"
		case c.Extra:
			standard = "CIS " + c.CIS
		case c.CIS != "":
			standard += ", CIS " + c.CIS
		}
		switch {
		case !c.Applies(s):
			fmt.Fprintf(&absent, "| %s | %s | %s | `%s` |\n", c.ID, standard, c.Title, strings.Join(short(c.On), "`, `"))
		case c.Except != "":
			fmt.Fprintf(&excepted, "| %s | %s | %s | %s | `TestSecurity/%s` |\n", c.ID, standard, c.Title, c.Except, c.ID)
		default:
			fmt.Fprintf(&met, "| %s | %s | %s | %s | `TestSecurity/%s` |\n", c.ID, standard, c.Title, c.Met, c.ID)
		}
	}
	return head + "\n## Met\n\n| Control | Standard | Title | How | Test |\n| --- | --- | --- | --- | --- |\n" + met.String() +
		"\n## Not met, and why\n\n| Control | Standard | Title | Why | Test |\n| --- | --- | --- | --- | --- |\n" + excepted.String() +
		"\n## About what a region does not have\n\nThese begin to be checked, and fail until somebody writes down how they are met, " +
		"as soon as a region has such a resource.\n\n| Control | Standard | Title | About |\n| --- | --- | --- | --- |\n" + absent.String()
}

// short returns the names of types without their provider.
func short(types []string) []string {
	var out []string
	for _, t := range types {
		_, rest, _ := strings.Cut(t, ":")
		module, name, _ := strings.Cut(rest, ":")
		module, _, _ = strings.Cut(module, "/")
		out = append(out, module+"."+name)
	}
	return out
}

const head = `# Security controls

How a region's stack stands to the controls of AWS Foundational Security Best Practices (FSBP, v1.0.0) and of the CIS AWS
Foundations Benchmark (v3.0.0) that concern the services in use. Ids and titles are those of AWS Security Hub. A control
marked "beyond" is in neither and is held all the same.

Each is a predicate over what an offline deployment of a tracked stack really made: the test that bears its id fails when
a resource stops meeting it, and when an exception is no longer needed. Controls over an account as a whole (CloudTrail,
Config, GuardDuty, root user, password policy) are none of a region's and are not listed.

This file is generated from tests/security: ` + "`go test ./tests -run TestSecurity -update`" + `.
`
