package access

import "github.com/deepstreamhub/platform/internal/policy"

// Named is one managed policy of a role.
type Named struct {
	Name     string
	Document policy.Document
}

// Deploy is what a deployment may do.
func (a Account) Deploy() []Named {
	return []Named{{"state", policy.Document{Statements: append(a.readState(), a.writeState()...)}}}
}

// Preview is what a preview may do: read.
func (a Account) Preview() []Named {
	return []Named{{"state", policy.Document{Statements: a.readState()}}}
}
