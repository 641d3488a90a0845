package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/risk"
)

// Guarded is one resource that may not be deleted, and what says so.
type Guarded struct {
	URN  string   `json:"urn"`
	Type string   `json:"type"`
	Name string   `json:"name"`
	By   []string `json:"by"` // "protect" or the inputs that are on, such as deletionProtection; never empty
}

// Protected is the refusal to destroy a stack that holds guarded resources.
type Protected struct {
	Stack     string
	Resources []Guarded // all of them, in the checkpoint's order
}

// Destroy refuses a checkpoint in which any resource is protected, by Pulumi or by an input of its own, and names
// them all. The engine's own protection comes too late: it deletes what depends on a protected resource first and
// fails only then. Resources whose URN is in kept are not to be destroyed and are passed over.
func Destroy(s plan.State, kept ...string) error {
	var guarded []Guarded
	for _, r := range s.Resources {
		if by := guards(r); len(by) > 0 && !slices.Contains(kept, r.URN) {
			guarded = append(guarded, Guarded{URN: r.URN, Type: r.Type, Name: r.Name, By: by})
		}
	}
	if len(guarded) == 0 {
		return nil
	}
	return &Protected{Stack: s.Stack, Resources: guarded}
}

// guards says what keeps a resource from being deleted.
func guards(r plan.Resource) []string {
	var by []string
	if r.Protect {
		by = append(by, "protect")
	}
	return append(by, risk.Guards(r.Inputs)...)
}

// Error names every guarded resource, one a line.
func (p *Protected) Error() string {
	noun := "resources"
	if len(p.Resources) == 1 {
		noun = "resource"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "destroy %s: %d protected %s", p.Stack, len(p.Resources), noun)
	for _, r := range p.Resources {
		fmt.Fprintf(&b, "\n  %s (%s)", r.URN, strings.Join(r.By, ", "))
	}
	return b.String()
}

// Advice names the two reviewed steps that take a protected stack down.
func (p *Protected) Advice() string {
	return fmt.Sprintf("Nothing was touched. Taking %[1]s down is two steps, each to be reviewed:\n"+
		"  1. set platform.protect to false in Pulumi.%[1]s.yaml, change nothing else, and run: hub up %[1]s --max-risk %[2]s\n"+
		"  2. run: hub destroy %[1]s\n"+
		"The protection that counts is the one in the state: changing the file alone does not lift it.", p.Stack, risk.Exposes)
}

// ExitCode is that of a refusal.
func (p *Protected) ExitCode() int { return Refused }
