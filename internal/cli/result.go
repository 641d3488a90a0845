package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/progress"
)

// hidden stands for a secret value wherever values are shown.
const hidden = "[secret]"

// result is the last line of JSON that an operation writes for a stack.
type result struct {
	Kind    string          `json:"kind"` // always "result"
	Stack   string          `json:"stack"`
	Preview bool            `json:"preview"`
	OK      bool            `json:"ok"`      // the operation succeeded on all stacks
	Counts  map[plan.Op]int `json:"counts"`  // components left out
	Changes []plan.Step     `json:"changes"` // components left out
	Seconds float64         `json:"seconds"` //
	Outputs map[string]any  `json:"outputs"` // secrets hidden, unknown values null
}

// report closes an operation: one line a stack for people, or one result a stack as JSON. The outputs follow where
// the plans have some.
func (s *session) report(plans []plan.Plan, ok bool) error {
	for _, p := range plans {
		if !s.json {
			s.say("%s", progress.Summary(p))
			continue
		}
		r := result{
			Kind: "result", Stack: p.Stack, Preview: p.Preview, OK: ok, Counts: progress.Total(p), Changes: []plan.Step{},
			Seconds: p.Took.Seconds(), Outputs: values(p.Outputs, false),
		}
		for _, step := range p.Changes() {
			if !step.Component() {
				r.Changes = append(r.Changes, step)
			}
		}
		if err := json.NewEncoder(s.Out).Encode(r); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
	}
	return nil
}

// writeOutputs writes the outputs of all stacks as data: a table, or one JSON object by stack and name.
func (s *session) writeOutputs(outputs []map[string]plan.Output, showSecrets bool) error {
	if s.json {
		byStack := map[string]map[string]any{}
		for i, o := range outputs {
			byStack[s.stacks[i]] = values(o, showSecrets)
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
		all := values(o, showSecrets)
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

func values(outputs map[string]plan.Output, showSecrets bool) map[string]any {
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
