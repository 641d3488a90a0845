// Package policy writes IAM policy documents from typed statements. It is pure: everything is a plain string, so that a
// component builds its document inside ApplyT once the ARNs in it are known, and a test needs nothing but Go.
//
// A document that IAM would refuse, or that grants more than its author can have meant, does not become JSON: see
// Document.JSON.
package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// version is the current version of the policy language (IAM User Guide, "IAM JSON policy elements: Version").
const version = "2012-10-17"

// Kind is what a document is attached to; it decides which elements a statement must and must not have.
type Kind string

// The kinds of document. The zero Kind is Identity.
const (
	Identity Kind = ""         // attached to a role: who it speaks of is the role itself
	Resource Kind = "resource" // attached to a bucket, key or queue: names its principals
	Trust    Kind = "trust"    // a role's assume-role policy: names its principals, and the resource is the role itself
)

// Effect is what a statement does. The zero Effect is Allow.
type Effect string

// The effects.
const (
	Allow Effect = ""
	Deny  Effect = "Deny"
)

// Document is one policy.
type Document struct {
	Kind       Kind
	Statements []Statement
}

// Statement is one permission or prohibition.
type Statement struct {
	Sid        string // optional; letters and digits, unique within the document
	Effect     Effect
	Principals []Principal // for resource and trust documents only
	Actions    []string    // such as ecs:DescribeTasks
	Resources  Resources   // for identity and resource documents only: On or AnyResource
	Conditions []Condition
}

// Resources is what a statement applies to. It comes from On or AnyResource.
type Resources struct {
	arns   []string
	any    bool
	reason string
}

// On names the ARNs a statement applies to; they may hold wildcards inside, but a bare "*" is refused.
func On(arns ...string) Resources { return Resources{arns: arns} }

// AnyResource is "*". The reason, which is refused when empty, says why no narrower ARN would do: typically that the
// service authorization reference lists no resource type for the action, or that a key policy's "*" is the key itself.
func AnyResource(reason string) Resources { return Resources{any: true, reason: reason} }

// Principal is who a statement in a resource or trust document speaks of.
type Principal struct {
	kind   string // Service, AWS, Federated or *
	ids    []string
	reason string
}

// Service is an AWS service, by its full principal name, such as ecs-tasks.amazonaws.com.
func Service(names ...string) Principal { return Principal{kind: "Service", ids: names} }

// AWS is roles, users or accounts, by ARN or account id.
func AWS(arns ...string) Principal { return Principal{kind: "AWS", ids: arns} }

// Federated is an identity provider of the account, by ARN, whose tokens take a role. The statement must have conditions,
// or everybody whom the provider knows could take it.
func Federated(arns ...string) Principal { return Principal{kind: "Federated", ids: arns} }

// AnyPrincipal is "*": everybody, signed in or not. With Allow the statement must have conditions. The reason is
// refused when empty.
func AnyPrincipal(reason string) Principal { return Principal{kind: "*", reason: reason} }

// Condition is one comparison; all of a statement's conditions have to hold, and each holds if any of its values fits.
type Condition struct {
	Operator string // such as StringEquals, with or without IfExists, ForAnyValue: or ForAllValues:
	Key      string // such as aws:SourceAccount
	Values   []string
}

// JSON returns the document's text, the same for the same document: lists are sorted, statements keep their order.
// The error joins every problem of the document, each with its statement.
func (d Document) JSON() (string, error) {
	if err := d.validate(); err != nil {
		return "", fmt.Errorf("write policy: %w", err)
	}
	out := documentJSON{Version: version}
	for _, s := range d.Statements {
		out.Statement = append(out.Statement, s.json())
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // IAM documents are read by people, and "<" need not be \u003c
	if err := enc.Encode(out); err != nil {
		return "", fmt.Errorf("write policy: %w", err)
	}
	return string(bytes.TrimSpace(b.Bytes())), nil
}

// documentJSON and statementJSON are the wire form, in the order of the IAM grammar.
type documentJSON struct {
	Version   string
	Statement []statementJSON
}

type statementJSON struct {
	Sid       string `json:",omitempty"`
	Effect    string
	Principal any      `json:",omitempty"`
	Action    []string `json:",omitempty"`
	Resource  []string `json:",omitempty"`
	Condition any      `json:",omitempty"`
}

func (s Statement) json() statementJSON {
	out := statementJSON{
		Sid:      s.Sid,
		Effect:   "Allow",
		Action:   sorted(s.Actions),
		Resource: sorted(s.Resources.arns),
	}
	if s.Effect == Deny {
		out.Effect = "Deny"
	}
	if s.Resources.any {
		out.Resource = []string{"*"}
	}
	if len(s.Principals) > 0 {
		out.Principal = principalsJSON(s.Principals)
	}
	if len(s.Conditions) > 0 {
		operators := map[string]map[string][]string{}
		for _, c := range s.Conditions {
			if operators[c.Operator] == nil {
				operators[c.Operator] = map[string][]string{}
			}
			operators[c.Operator][c.Key] = sorted(c.Values)
		}
		out.Condition = operators
	}
	return out
}

func principalsJSON(principals []Principal) any {
	byKind := map[string][]string{}
	for _, p := range principals {
		if p.kind == "*" {
			return "*"
		}
		byKind[p.kind] = append(byKind[p.kind], p.ids...)
	}
	for kind, ids := range byKind {
		byKind[kind] = sorted(ids)
	}
	return byKind
}

// sorted returns the distinct values in order, leaving the caller's slice alone.
func sorted(values []string) []string {
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}
