// Package plan holds the plain types in which a deployment is described: what the engine intends to do, what it is
// doing, and what a stack holds. It knows neither Pulumi nor AWS, so that gates and renderers can be tested on
// values written by hand.
package plan

import (
	"strings"
	"time"
)

// Op is what the engine does to one resource, in the engine's own words.
type Op string

// The operations a step can have. Replace is the pair of a create and a delete seen as one.
const (
	OpSame    Op = "same"
	OpCreate  Op = "create"
	OpUpdate  Op = "update"
	OpReplace Op = "replace"
	OpDelete  Op = "delete"
	OpRead    Op = "read"
	OpRefresh Op = "refresh"
	OpImport  Op = "import"
)

// Step is one resource's part in an operation.
type Step struct {
	URN     string `json:"urn"`
	Type    string `json:"type"`             // type token, such as aws:ec2/vpc:Vpc
	Name    string `json:"name"`             // logical name, the last part of the URN
	Parent  string `json:"parent,omitempty"` // parent's URN; empty for the stack itself
	Op      Op     `json:"op"`
	Protect bool   `json:"protect,omitempty"`
	// Unprotect: the resource is protected in the state and will not be afterwards. A step that changes nothing else is OpSame.
	Unprotect bool `json:"unprotect,omitempty"`

	Changed  []string       `json:"changed,omitempty"`  // paths of the inputs that differ, sorted
	Replaces []string       `json:"replaces,omitempty"` // those of Changed that force a replacement, sorted
	Old      map[string]any `json:"-"`                  // inputs before; nil for a create. What the engine knows to be secret is Secret
	New      map[string]any `json:"-"`                  // inputs after, Unknown where AWS computes them; nil for a delete
}

// Component reports whether the step is about a component, which exists in the state only.
func (s Step) Component() bool { return IsComponent(s.Type) }

// IsComponent reports whether a type token names a component or the stack itself rather than something a provider
// makes. Providers' own tokens (pulumi:providers:aws) count as components: nothing in AWS corresponds to them.
func IsComponent(token string) bool {
	return strings.HasPrefix(token, "deepstreamhub:") || strings.HasPrefix(token, "pulumi:")
}

// Plan is everything one operation did or, for a preview, would do, in the order the engine reported it.
type Plan struct {
	Stack   string            `json:"stack"`
	Preview bool              `json:"preview"`
	Steps   []Step            `json:"steps"`
	Failed  []Step            `json:"failed,omitempty"` // what the engine refused or failed to do; not among Steps unless part of it was done
	Outputs map[string]Output `json:"outputs,omitempty"`
	Diff    string            `json:"-"`    // the engine's own text of a preview that was asked for it
	Took    time.Duration     `json:"took"` // nanoseconds
}

// Output is one stack output. Value is nil while it is unknown, as in the preview of a new stack.
type Output struct {
	Value  any  `json:"value"`
	Secret bool `json:"secret,omitempty"`
}

// Changes returns the steps that are not OpSame, components included.
func (p Plan) Changes() []Step {
	var out []Step
	for _, s := range p.Steps {
		if s.Op != OpSame && s.Op != OpRead && s.Op != OpRefresh {
			out = append(out, s)
		}
	}
	return out
}

// Count returns how many steps have each operation.
func (p Plan) Count() map[Op]int {
	n := map[Op]int{}
	for _, s := range p.Steps {
		n[s.Op]++
	}
	return n
}

// Resource is one entry of a stack's checkpoint.
type Resource struct {
	URN          string         `json:"urn"`
	Type         string         `json:"type"`
	Name         string         `json:"name"`
	ID           string         `json:"id,omitempty"` // provider id; empty for components
	Parent       string         `json:"parent,omitempty"`
	Provider     string         `json:"provider,omitempty"`
	Protect      bool           `json:"protect,omitempty"`
	Retain       bool           `json:"retainOnDelete,omitempty"`
	Custom       bool           `json:"custom"`
	Delete       bool           `json:"delete,omitempty"` // waiting to be deleted after a replacement
	Dependencies []string       `json:"dependencies,omitempty"`
	DeletedWith  string         `json:"deletedWith,omitempty"` // URN of what takes this along when it is deleted
	Aliases      []string       `json:"aliases,omitempty"`
	Inputs       map[string]any `json:"-"` // may hold secrets: not for output
	Outputs      map[string]any `json:"-"` // may hold secrets: not for output

	// PropertyDependencies are, for each input, the URNs of the resources that its value came from.
	PropertyDependencies map[string][]string `json:"propertyDependencies,omitempty"`
}

// State is a stack's checkpoint.
type State struct {
	Stack     string     `json:"stack"`
	Resources []Resource `json:"resources"` // in the checkpoint's order: dependencies first
	Pending   []Pending  `json:"pending,omitempty"`
}

// Pending is an operation that was under way when the engine was last stopped, of unknown outcome.
type Pending struct {
	URN  string `json:"urn"`
	Type string `json:"type"`
	Op   string `json:"op"` // creating, updating, deleting, reading
}

// EventKind tells what an Event is about.
type EventKind string

// The kinds of event.
const (
	EventStarted    EventKind = "started"    // Step is under way
	EventFinished   EventKind = "finished"   // Step is done
	EventFailed     EventKind = "failed"     // Step failed; Message may follow as a diagnostic of its own
	EventDiagnostic EventKind = "diagnostic" // Message, for Step.URN or, when that is empty, for the whole stack
	EventSummary    EventKind = "summary"    // the operation is over; Counts holds what was done
)

// Event is one thing that happened while an operation ran. Step is set for every kind but EventSummary, and for a
// diagnostic only as far as its URN, Type and Name are known.
type Event struct {
	Time     time.Time  `json:"time"`
	Stack    string     `json:"stack"`
	Kind     EventKind  `json:"kind"`
	Step     Step       `json:"step"`
	Severity string     `json:"severity,omitempty"` // info, warning or error; for diagnostics
	Message  string     `json:"message,omitempty"`
	Counts   map[Op]int `json:"counts,omitempty"`
}

// Name returns the logical name in a URN: what follows its last "::".
func Name(urn string) string {
	if i := strings.LastIndex(urn, "::"); i >= 0 {
		return urn[i+2:]
	}
	return urn
}

// Type returns the type token in a URN: the last segment of its qualified type.
func Type(urn string) string {
	parts := strings.Split(urn, "::")
	if len(parts) < 3 {
		return ""
	}
	return parts[2][strings.LastIndex(parts[2], "$")+1:]
}
