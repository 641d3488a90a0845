package prcomment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/drift"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/risk"
)

// happened are operations of a refresh: what was done to the resource by somebody else.
var happened = map[plan.Op]string{plan.OpUpdate: "changed", plan.OpDelete: "**gone**", plan.OpCreate: "came back"}

// nothingLeft is the second line of a text by which there is nothing left to do.
const nothingLeft = "<!-- deepstreamhub:settled -->"

// Settled reports whether an issue with this text can be closed.
func Settled(text string) bool {
	_, rest, _ := strings.Cut(text, "\n")
	return strings.HasPrefix(rest, nothingLeft+"\n")
}

// Drift writes the text of the one issue about drift in several stacks. It is never longer than Limit.
func Drift(reports ...drift.Report) string {
	w := &writer{limit: Limit - reserve}
	w.line(Marker("drift", "all"))
	drifted := drift.Judge(reports...)
	if drifted == nil {
		w.line(nothingLeft)
	}
	for _, r := range reports {
		sign := signs[risk.Nothing]
		if len(r.Drifted) > 0 {
			sign = signs[risk.Replaces]
		}
		w.line(fmt.Sprintf("### %s %s: %d of %s drifted", sign, code(r.Stack), len(r.Drifted), risk.Counted(r.Looked, "resource")))
		if r.Scaled > 0 {
			w.line("\n" + risk.Counted(r.Scaled, "resource") + " only of another size, which is scaling's to choose.")
		}
		if len(r.Unknown) > 0 {
			w.line("\nNot judged, since their values are secret: " + code(strings.Join(r.Unknown, ", ")) + ".")
		}
		if len(r.Drifted) > 0 {
			w.table("\n| Resource | Was → is | |\n| --- | --- | --- |\n", "\n", rows(findings(r), happened))
		}
	}
	var advised interface{ Advice() string }
	if errors.As(drifted, &advised) {
		w.line("\n" + fence(advised.Advice(), errorBytes))
	}
	w.closeLeft("hub drift")
	return w.String()
}

func findings(r drift.Report) []risk.Finding {
	var out []risk.Finding
	for _, s := range r.Drifted {
		out = append(out, risk.Finding{Step: s})
	}
	return out
}
