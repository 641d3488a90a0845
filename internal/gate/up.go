package gate

import (
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/risk"
)

// shown is how many of the changes that a refusal is about it names.
const shown = 10

// TooRisky is the refusal to make changes whose class is above what was allowed.
type TooRisky struct {
	Verb       string // of the command that would make them, or shows them
	Assessment risk.Assessment
	Max        risk.Class
	over       []risk.Finding // the worst first
}

// Up refuses an assessment that holds a change above the given class. What is Blocked is refused whatever the class: only
// an earlier, reviewed change that takes the protection off makes it something else.
func Up(verb string, a risk.Assessment, most risk.Class) error {
	most = min(most, risk.Blocked-1)
	if a.Class <= most {
		return nil
	}
	refused := &TooRisky{Verb: verb, Assessment: a, Max: most}
	for _, class := range risk.Classes() {
		if class > most {
			refused.over = append(refused.over, a.Of(class)...)
		}
	}
	return refused
}

// Error says which class it is about and names the worst changes, one a line.
func (r *TooRisky) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: refused: %s", r.Verb, r.Assessment.Stack, r.Assessment.Headline())
	for i, f := range r.over {
		if i == shown {
			fmt.Fprintf(&b, "\n  and %d more", len(r.over)-shown)
			break
		}
		fmt.Fprintf(&b, "\n  %s %s (%s)", f.Step.Op, f.Step.Name, f.Step.Type)
		if f.Reason != "" {
			b.WriteString(": " + f.Reason)
		}
	}
	return b.String()
}

// Advice says how the change is made all the same.
func (r *TooRisky) Advice() string {
	stack := r.Assessment.Stack
	if len(r.Assessment.Never()) > 0 {
		return "Nothing was touched, and nothing lets this through: change database.engineVersion as said above."
	}
	if to := r.Assessment.Major(); to > 0 && r.Assessment.Class == risk.Blocked {
		return fmt.Sprintf("Nothing was touched. Another major version of the database takes these steps, each to be reviewed\n"+
			"(docs/operations.md, \"Another major version of the database\"):\n"+
			"  1. take a snapshot of the database: there is no other way back\n"+
			"  2. set deepstreamhub:platform.protect to false in Pulumi.%[1]s.yaml, change nothing else, and run: hub up %[1]s --max-risk %[2]s\n"+
			"  3. set database.engineVersion, and with it database.allowMajorVersion to %[3]d, and run: hub up %[1]s\n"+
			"  4. see that it works: hub health %[1]s\n"+
			"  5. take database.allowMajorVersion out, set protect to true again, and run: hub up %[1]s", stack, risk.Exposes, to)
	}
	if r.Assessment.Class == risk.Blocked {
		return fmt.Sprintf("Nothing was touched. Where this is meant, it is two steps, each to be reviewed:\n"+
			"  1. set platform.protect to false in Pulumi.%[1]s.yaml, change nothing else, and run: hub up %[1]s --max-risk %[2]s\n"+
			"  2. make the change and run: hub up %[1]s --max-risk %[2]s\n"+
			"Then set protect to true again.", stack, risk.Exposes)
	}
	return fmt.Sprintf("Nothing was touched. This run allows at most: %s.\n"+
		"Where the change is meant and its time is right, allow it with: --max-risk %s", r.Max, r.Assessment.Class)
}

// ExitCode is that of a refusal.
func (r *TooRisky) ExitCode() int { return Refused }
