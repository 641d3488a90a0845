package progress

import (
	"fmt"
	"io"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/values"
)

// marks are the signs by which a listing tells operations apart at a glance.
var marks = map[plan.Op]string{
	plan.OpCreate: "+", plan.OpImport: "=", plan.OpUpdate: "~", plan.OpReplace: "!", plan.OpDelete: "-",
}

// WriteChanges lists what a plan changes, tier by tier, with the old and the new value of each input that
// differs; a summary line closes it. With brief, the resources that a tier only creates are one line: a new region is a hundred of them.
func WriteChanges(w io.Writer, p plan.Plan, brief bool) error {
	var b strings.Builder
	for _, t := range changesByTier(p) {
		fmt.Fprintf(&b, "%s %s\n", p.Stack, t.name)
		created := 0
		for _, s := range t.steps {
			if brief && s.Op == plan.OpCreate {
				created++
				continue
			}
			b.WriteString("  " + describe(s) + "\n")
		}
		if created > 0 {
			fmt.Fprintf(&b, "  + %d resources\n", created)
		}
	}
	b.WriteString(Summary(p) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

type tierChanges struct {
	name  string
	steps []plan.Step
}

func changesByTier(p plan.Plan) []*tierChanges {
	s := NewTree(p.Stack).Stack(p.Stack)
	for _, step := range p.Steps {
		s.know(step)
	}
	var out []*tierChanges
	byName := map[string]*tierChanges{}
	for _, step := range p.Changes() {
		if step.Component() {
			continue
		}
		name := s.tierName(step)
		t := byName[name]
		if t == nil {
			t = &tierChanges{name: name}
			byName[name] = t
			out = append(out, t)
		}
		t.steps = append(t.steps, step)
	}
	return out
}

// describe is a change: "~ network-vpc (aws:ec2/vpc:Vpc) tags.owner: platform → data", with a line for each input where
// several differ.
func describe(s plan.Step) string {
	mark, ok := marks[s.Op]
	if !ok {
		mark = string(s.Op)
	}
	line := fmt.Sprintf("%s %s (%s)", mark, s.Name, s.Type)
	if s.Protect {
		line += " protected"
	}
	if len(s.Replaces) > 0 {
		line += ", replaced because of " + strings.Join(s.Replaces, ", ")
	}
	changed := values.Of(s)
	if len(changed) == 1 && len(s.Replaces) == 0 {
		return line + " " + changed[0].String()
	}
	for _, c := range changed {
		line += "\n      " + c.String()
	}
	return line
}
