// Package report writes what one run did as an HTML page that loads nothing: changes with their values, a timeline, outputs,
// and quantities that cost money. Secrets are hidden. It works on plain values.
package report

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/cost"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/svg"
	"github.com/deepstreamhub/platform/internal/values"
)

// Run is one run of hub.
type Run struct {
	Verb   string
	Began  time.Time
	Ended  time.Time
	Result string // in words: done, or what it failed at
	Stacks []Stack
}

// Stack is what a run did to one stack.
type Stack struct {
	Plan  plan.Plan
	Spans []Span
}

// Span is how long one resource was being worked on.
type Span struct {
	Name         string // type and name
	Began, Ended time.Time
	Failed       bool
}

// Recorder collects spans from the events of a run. It may be told of many stacks at once.
type Recorder struct {
	mu    sync.Mutex
	began map[string]time.Time // by stack and URN
	spans map[string][]Span    // by stack
}

// Event takes note of one event.
func (r *Recorder) Event(e plan.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.began == nil {
		r.began, r.spans = map[string]time.Time{}, map[string][]Span{}
	}
	at := e.Stack + " " + e.Step.URN
	switch e.Kind {
	case plan.EventStarted:
		r.began[at] = e.Time
	case plan.EventFinished, plan.EventFailed:
		began, ok := r.began[at]
		if !ok || e.Step.Component() || e.Step.Op == plan.OpSame {
			return
		}
		name := e.Step.Type[strings.LastIndex(e.Step.Type, ":")+1:] + " " + e.Step.Name
		r.spans[e.Stack] = append(r.spans[e.Stack], Span{name, began, e.Time, e.Kind == plan.EventFailed})
	}
}

// Spans returns those of a stack, in the order in which they began.
func (r *Recorder) Spans(stack string) []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.spans[stack])
	slices.SortStableFunc(out, func(a, b Span) int { return a.Began.Compare(b.Began) })
	return out
}

// HTML writes the page.
func (r Run) HTML(w io.Writer) error {
	if err := page.Execute(w, r); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// When is when the run was and how long it took.
func (r Run) When() string {
	return fmt.Sprintf("%s, %s", r.Began.UTC().Format(time.DateTime+" MST"), r.Ended.Sub(r.Began).Round(time.Second))
}

// Changes are the steps that changed something in AWS.
func (s Stack) Changes() []plan.Step {
	return slices.DeleteFunc(s.Plan.Changes(), plan.Step.Component)
}

// Values are the old and new values of a step, secrets hidden.
func (s Stack) Values(step plan.Step) []string {
	var out []string
	for _, c := range values.Of(step) {
		out = append(out, c.String())
	}
	return out
}

// Outputs are those of the stack, secrets hidden.
func (s Stack) Outputs() map[string]string {
	out := map[string]string{}
	for name, o := range s.Plan.Outputs {
		if out[name] = fmt.Sprint(o.Value); o.Secret {
			out[name] = string(plan.Secret)
		}
	}
	return out
}

// Quantities are what there is afterwards that is paid by the hour or month.
func (s Stack) Quantities() []cost.Quantity {
	_, after := cost.Planned(s.Plan)
	return after
}

// LeftOut is what the quantities leave out.
func (s Stack) LeftOut() string { return cost.LeftOut }

// Measures of the timeline, in pixels.
const (
	letterSize = 10
	rowHeight  = 14
	chartWidth = 600
	margin     = 8
)

// Timeline draws a row for each resource.
func (s Stack) Timeline() template.HTML {
	if len(s.Spans) == 0 {
		return ""
	}
	from, to, names, notes := s.Spans[0].Began, s.Spans[0].Ended, 0.0, 0.0
	for _, span := range s.Spans {
		if span.Ended.After(to) {
			to = span.Ended
		}
		names, notes = max(names, svg.Width(span.Name, letterSize)), max(notes, svg.Width(span.took(), letterSize))
	}
	left, scale := margin+names+margin, chartWidth/math.Max(to.Sub(from).Seconds(), 0.001)
	p := &svg.Picture{Width: left + chartWidth + margin + notes + margin, Height: 2*margin + rowHeight*float64(len(s.Spans)), Size: letterSize}
	for i, span := range s.Spans {
		y, colour := margin+rowHeight*float64(i), svg.Plain
		if span.Failed {
			colour = svg.Loud
		}
		x, width := left+span.Began.Sub(from).Seconds()*scale, math.Max(span.Ended.Sub(span.Began).Seconds()*scale, 1)
		p.Text(margin, y+letterSize, svg.Ink, span.Name)
		p.Rect(svg.Rect{X: x, Y: y + 1, W: width, H: rowHeight - 4, Fill: colour})
		p.Text(x+width+margin/2, y+letterSize, svg.Ink, span.took())
	}
	return template.HTML(p.SVG()) //nolint:gosec // package svg escapes every text
}

func (s Span) took() string {
	return fmt.Sprintf("%.1f s", s.Ended.Sub(s.Began).Seconds())
}

var page = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>hub {{.Verb}}{{range .Stacks}} {{.Plan.Stack}}{{end}}</title>
<style>body{font-family:sans-serif;margin:2em;color:#1d2433}table{border-collapse:collapse}td,th{border:1px solid #c5cede;padding:.3em .6em;text-align:left;vertical-align:top}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}svg{max-width:100%;height:auto}</style></head><body>
<h1>hub {{.Verb}}{{range .Stacks}} {{.Plan.Stack}}{{end}}</h1>
<p>{{.When}}</p>
<pre>{{.Result}}</pre>
{{range $s := .Stacks}}<h2>{{.Plan.Stack}}</h2>
<h3>Changes</h3>
{{with .Changes}}<table><tr><th>Change</th><th>Resource</th><th>Values</th></tr>
{{range .}}<tr><td>{{.Op}}</td><td>{{.Name}}<br>{{.Type}}</td><td>{{range $s.Values .}}<pre>{{.}}</pre>{{end}}</td></tr>
{{end}}</table>{{else}}<p>Nothing was changed.</p>{{end}}
{{with .Plan.Failed}}<h3>Failed</h3><table>{{range .}}<tr><td>{{.Name}}</td><td>{{.Type}}</td></tr>{{end}}</table>{{end}}
{{with .Timeline}}<h3>Timeline</h3>
{{.}}{{end}}
{{with .Outputs}}<h3>Outputs</h3><table>{{range $name, $value := .}}<tr><td>{{$name}}</td><td><pre>{{$value}}</pre></td></tr>
{{end}}</table>{{end}}
{{with .Quantities}}<h3>Quantities that cost money</h3><table><tr><th>Part</th><th>Count</th><th>Item</th></tr>
{{range .}}<tr><td>{{.Part}}</td><td>{{.Count}}</td><td>{{.Item}}</td></tr>
{{end}}</table><p>{{$s.LeftOut}}</p>{{end}}
{{end}}</body></html>
`))
