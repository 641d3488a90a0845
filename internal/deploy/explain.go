package deploy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mitchellh/go-wordwrap"

	"github.com/deepstreamhub/platform/internal/awserrors"
	"github.com/deepstreamhub/platform/internal/plan"
)

// Explained is a resource that an operation failed at, with what its failure means.
type Explained struct {
	Failure
	Tiers []string `json:"tiers"` // the components that it lies in, outermost first
	awserrors.Explanation
}

// Explain returns what the failures of the operation mean, in the order in which they failed. One that the catalogue of
// errors does not know has neither cause nor fix.
func (e *Error) Explain() []Explained {
	out := make([]Explained, len(e.Failed))
	for i, f := range e.Failed {
		out[i] = Explained{Failure: f, Tiers: plan.Tiers(f.URN), Explanation: e.meaning(f)}
	}
	return out
}

// meaning is that of the first message which the catalogue knows, else of the first that is an answer of AWS.
func (e *Error) meaning(f Failure) awserrors.Explanation {
	var best awserrors.Explanation
	for _, said := range f.Messages {
		x := awserrors.Explain(awserrors.Failure{Stack: e.Stack, Type: f.Type, Name: f.Name, Said: said})
		if x.Cause != "" {
			return x
		}
		if best.Answer == nil {
			best = x
		}
	}
	return best
}

// width is how long a line of an explanation may be, for terminals of 80 columns.
const width = 78

// explanation tells of every failed resource where it is, what AWS answered, why, and what to do; empty where no
// resource failed.
func (e *Error) explanation() string {
	if len(e.Failed) == 0 {
		return ""
	}
	var lines []string
	for _, x := range e.Explain() {
		place := ""
		if len(x.Tiers) > 0 {
			place = " in " + strings.Join(x.Tiers, ", ")
		}
		lines = append(lines, fmt.Sprintf("%s (%s)%s", x.Name, x.Type, place))
		if a := x.Answer; a != nil {
			lines = append(lines, row("AWS", fmt.Sprintf("%s: %s", a.Code, a.Message)), row("Call", call(*a)))
		}
		if x.Cause == "" {
			lines = append(lines, row("Cause", "not in the catalogue of errors; what the provider said stands above, whole."))
			continue
		}
		lines = append(lines, row("Cause", x.Cause), row("Fix", x.Fix))
	}
	lines = append(lines, wordwrap.WrapString("All else that was under way has ended and is in the state. The command, run again, goes on from there.", width))
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
}

func call(a awserrors.Answer) string {
	if a.Operation == "" {
		return a.RequestID
	}
	if a.RequestID == "" {
		return a.Service + " " + a.Operation
	}
	return fmt.Sprintf("%s %s, request %s", a.Service, a.Operation, a.RequestID)
}

// row is a text behind its heading, wrapped and indented; empty for an empty text.
func row(heading, text string) string {
	const indent = 9
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return ""
	}
	lines := strings.Split(wordwrap.WrapString(text, width-indent), "\n")
	return fmt.Sprintf("  %-*s%s", indent-2, heading+":", strings.Join(lines, "\n"+strings.Repeat(" ", indent)))
}
