package prcomment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/risk"
	"github.com/deepstreamhub/platform/internal/values"
)

// How much a row may hold.
const (
	rowValues = 12 // changed inputs
	rowNames  = 40 // resources that change alike
)

// row is one line of a table: one resource, or several that change alike.
type row struct {
	what    string   // operation and, for one resource, its type
	names   []string // logical names
	details []string // changed inputs, old and new
	why     string
	changes int
}

// rows makes the rows of findings. Resources that change alike, as by a new value of a tag, are one row; so are
// created and deleted ones of a type. They are in the order of their names: the engine's own differs from run to run.
func rows(findings []risk.Finding, verbs map[plan.Op]string) []row {
	var out []row
	byKey := map[string]int{}
	byName := slices.Clone(findings)
	slices.SortStableFunc(byName, func(a, b risk.Finding) int {
		return cmp.Or(strings.Compare(a.Step.Name, b.Step.Name), strings.Compare(a.Step.Type, b.Step.Type))
	})
	for _, f := range byName {
		s := f.Step
		details := details(s)
		key := strings.Join(append([]string{string(s.Op), f.Reason, fmt.Sprint(f.Failed)}, details...), "\x00")
		if len(details) == 0 && s.Op != plan.OpSame {
			key += "\x00" + s.Type
		}
		i, known := byKey[key]
		if !known {
			i = len(out)
			byKey[key] = i
			out = append(out, row{what: what(s, verbs), details: details, why: why(f)})
		}
		out[i].names = append(out[i].names, s.Name)
		out[i].changes++
		if known && out[i].what != what(s, verbs) { // of several types
			out[i].what = verbs[s.Op]
		}
	}
	return out
}

// verbs are the operations as a reader asks for them.
var verbs = map[plan.Op]string{
	plan.OpCreate: "create", plan.OpUpdate: "update", plan.OpReplace: "**replace**", plan.OpDelete: "**delete**",
	plan.OpImport: "import", plan.OpSame: "keep",
}

func what(s plan.Step, verbs map[plan.Op]string) string {
	verb, ok := verbs[s.Op]
	if !ok {
		verb = plain(string(s.Op))
	}
	return verb + " " + plain(s.Type)
}

func why(f risk.Finding) string {
	text := f.Reason
	if n := len(f.Step.Replaces); n > 0 {
		because := "replaced because of " + strings.Join(f.Step.Replaces, ", ")
		if text != "" {
			because = text + "; " + because
		}
		text = because
	}
	if f.Failed {
		text += "; refused by the engine"
	}
	return plain(strings.TrimPrefix(text, "; "))
}

// String is the row as Markdown.
func (r row) String() string {
	names := r.names
	slices.Sort(names)
	more := ""
	if len(names) > rowNames {
		more = fmt.Sprintf(" and %d more", len(names)-rowNames)
		names = names[:rowNames]
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = code(n)
	}
	resource := r.what + " " + strings.Join(quoted, ", ") + more
	if len(r.names) > 1 {
		resource = fmt.Sprintf("%s, %d times: %s%s", r.what, len(r.names), strings.Join(quoted, ", "), more)
	}
	details := r.details
	if len(details) > rowValues {
		details = append(slices.Clone(details[:rowValues]), fmt.Sprintf("and %d more inputs", len(details)-rowValues))
	}
	return "| " + resource + " | " + strings.Join(details, "<br>") + " | " + r.why + " |\n"
}

// details are a step's changed inputs, one each with its old and new value.
func details(s plan.Step) []string {
	var out []string
	for _, c := range values.Of(s) {
		out = append(out, change(c))
	}
	return out
}
