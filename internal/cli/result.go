package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/deepstreamhub/platform/internal/cost"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/progress"
	"github.com/deepstreamhub/platform/internal/remains"
	"github.com/deepstreamhub/platform/internal/risk"
	"github.com/deepstreamhub/platform/internal/values"
)

// hidden stands for a secret value wherever values are shown.
const hidden = "[secret]"

// result is the last line of JSON that an operation writes for a stack.
type result struct {
	Kind    string             `json:"kind"` // always "result"
	Stack   string             `json:"stack"`
	Preview bool               `json:"preview"`
	OK      bool               `json:"ok"`                // the operation succeeded on all stacks
	Counts  map[plan.Op]int    `json:"counts"`            // components left out
	Changes []change           `json:"changes"`           // components left out
	Failed  []deploy.Explained `json:"failed,omitempty"`  // resources that it failed at, with cause and fix
	Risk    *verdict           `json:"risk,omitempty"`    // of a preview or an up
	Seconds float64            `json:"seconds"`           //
	Outputs map[string]any     `json:"outputs"`           // secrets hidden, unknown values null
	Remains *remains.Remains   `json:"remains,omitempty"` // of a destroy: what survives it
	Cost    *cost.Bill         `json:"cost,omitempty"`    // of a preview with prices: what it adds in a month
	Health  *wellness          `json:"health,omitempty"`  // of an up: how the stack was once it had settled
}

// change is a step with the class that it was given.
type change struct {
	plan.Step
	Values []values.Change `json:"values,omitempty"` // of an update or a replacement: old and new, secrets hidden
	Class  string          `json:"class,omitempty"`
	Reason string          `json:"reason,omitempty"`
}

// verdict is how bad a plan is.
type verdict struct {
	Class   risk.Class `json:"class"`
	Clients int        `json:"clients"` // that lose their connection at least once, at the peak
	AtOnce  int        `json:"atOnce"`  // of them together, at most
	Rounds  int        `json:"rounds"`  // how often one may lose it
}

// report closes an operation that ended with failure, or nil: one line a stack for people, or one result a stack as
// JSON. The outputs follow where the plans have some.
func (s *session) report(plans []plan.Plan, failure error) error {
	return s.reportWith(plans, failure, func(int, *result) {})
}

// reportWith is report with more in the JSON of the plan with an index.
func (s *session) reportWith(plans []plan.Plan, failure error, more func(int, *result)) error {
	ok, failures := failure == nil, byStack(failure)
	for i, p := range plans {
		if !s.json {
			if ok || len(p.Steps) > 0 { // else it never began, which the error tells
				s.say("%s", progress.Summary(p))
			}
			continue
		}
		if why := failures[p.Stack]; neverBegan(p, why) {
			if err := writeFailure(s.Out, p.Stack, s.guided(why)); err != nil {
				return err
			}
			continue
		}
		r := result{
			Kind: "result", Stack: p.Stack, Preview: p.Preview, OK: ok, Counts: progress.Total(p), Changes: []change{},
			Seconds: p.Took.Seconds(), Outputs: outputValues(p.Outputs, false),
		}
		r.Failed = failedAt(failure, p.Stack)
		for i := range r.Failed {
			r.Failed[i].Fix = guide(s.App.root(), s.flags, s.around(), r.Failed[i].Fix)
		}
		s.addChanges(&r, p)
		more(i, &r)
		if err := json.NewEncoder(s.Out).Encode(r); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
	}
	return nil
}

// neverBegan reports whether an operation with that plan failed, for some reason or nil, before it came to its first step.
func neverBegan(p plan.Plan, why error) bool { return why != nil && len(p.Steps)+len(p.Failed) == 0 }

// failedAt returns the resources of a stack that an operation failed at.
func failedAt(failure error, stack string) []deploy.Explained {
	var all stackErrors
	if !errors.As(failure, &all) {
		all = stackErrors{failure}
	}
	for _, err := range all {
		var failed *deploy.Error
		if errors.As(err, &failed) && failed.Stack == stack {
			return failed.Explain()
		}
	}
	return nil
}

// addChanges lists a plan's changes in a result; those of a preview or an up with how bad they are.
func (s *session) addChanges(r *result, p plan.Plan) {
	if s.fleets == nil {
		for _, step := range p.Changes() {
			if !step.Component() {
				r.Changes = append(r.Changes, change{Step: step, Values: values.Of(step)})
			}
		}
		return
	}
	a := s.assess(p)
	r.Risk = &verdict{a.Class, a.Clients, a.AtOnce, a.Rounds}
	for _, f := range a.Findings {
		r.Changes = append(r.Changes, change{f.Step, values.Of(f.Step), f.Class.String(), f.Reason})
	}
}

// writeOutputs writes the outputs of all stacks as data: a table, or one JSON object by stack and name.
func (s *session) writeOutputs(outputs []map[string]plan.Output, showSecrets bool) error {
	if s.json {
		byStack := map[string]map[string]any{}
		for i, o := range outputs {
			byStack[s.stacks[i]] = outputValues(o, showSecrets)
		}
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		if err := e.Encode(byStack); err != nil {
			return fmt.Errorf("write outputs: %w", err)
		}
		return nil
	}
	w := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for i, o := range outputs {
		all := outputValues(o, showSecrets)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", s.stacks[i], name, text(all[name])); err != nil {
				return fmt.Errorf("write outputs: %w", err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write outputs: %w", err)
	}
	return nil
}

func outputValues(outputs map[string]plan.Output, showSecrets bool) map[string]any {
	out := make(map[string]any, len(outputs))
	for name, o := range outputs {
		out[name] = o.Value
		if o.Secret && !showSecrets {
			out[name] = hidden
		}
	}
	return out
}

// text is a value on one line: text as it is, all else as JSON.
func text(v any) string {
	if s, ok := v.(string); ok && !strings.ContainsAny(s, "\n\t") {
		return s
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}
