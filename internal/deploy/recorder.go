package deploy

import (
	"slices"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/recovery"
)

// stackType is the type token of the stack itself.
const stackType = "pulumi:pulumi:Stack"

// recorder turns the engine's events into the plan's, hands them to the listener and keeps what the plan and the
// error are made of. All methods but newRecorder run on one goroutine, or after it ended.
type recorder struct {
	stack    string
	listener func(plan.Event)
	now      func() time.Time
	began    time.Time
	begun    chan struct{} // closed at the engine's first event
	over     chan struct{} // closed at its summary, after which it only puts away what it did
	first    sync.Once
	last     sync.Once

	result    plan.Plan
	index     map[string]int  // of the result's step, by URN
	finished  map[string]bool // URNs with a finished step
	replacing map[string]bool // URNs with a replacement of this operation
	leftovers []plan.Step     // deletions of what was replaced, now or in an earlier operation
	messages  map[string][]string
	failures  []plan.Step
	seen      map[string]bool      // plugin downloads already told of
	cutOff    []recovery.Operation // failures that leave open what became of the call
}

func newRecorder(t Target, preview bool, listener func(plan.Event)) *recorder {
	if listener == nil {
		listener = func(plan.Event) {}
	}
	r := &recorder{
		stack: t.Stack, listener: listener, now: t.Now, begun: make(chan struct{}), over: make(chan struct{}),
		result:    plan.Plan{Stack: t.Stack, Preview: preview},
		index:     map[string]int{},
		finished:  map[string]bool{},
		replacing: map[string]bool{},
		messages:  map[string][]string{},
		seen:      map[string]bool{},
	}
	if r.now != nil {
		r.began = r.now()
	}
	return r
}

// listen records until the stream ends or, because some engines fail before they open it, finished is closed.
func (r *recorder) listen(from <-chan events.EngineEvent, finished <-chan struct{}) {
	for {
		select {
		case e, open := <-from:
			if !open {
				return
			}
			if e.Error == nil { // a broken stream is told by the engine's exit
				r.record(e.EngineEvent)
			}
		case <-finished:
			return
		}
	}
}

func (r *recorder) record(e apitype.EngineEvent) {
	r.first.Do(func() { close(r.begun) })
	at := time.Unix(int64(e.Timestamp), 0)
	if r.now != nil {
		at = r.now()
	}
	out := plan.Event{Time: at, Stack: r.stack}
	switch {
	case e.ResourcePreEvent != nil:
		r.resource(out, plan.EventStarted, e.ResourcePreEvent.Metadata)
	case e.ResOutputsEvent != nil:
		r.resource(out, plan.EventFinished, e.ResOutputsEvent.Metadata)
	case e.ResOpFailedEvent != nil:
		r.resource(out, plan.EventFailed, e.ResOpFailedEvent.Metadata)
		if op, open := unanswered(*e.ResOpFailedEvent, r.messages[e.ResOpFailedEvent.Metadata.URN]); open {
			r.cutOff = append(r.cutOff, op)
		}
	case e.DiagnosticEvent != nil:
		r.diagnostic(out, *e.DiagnosticEvent)
	case e.ErrorEvent != nil:
		r.diagnostic(out, apitype.DiagnosticEvent{Message: e.ErrorEvent.Error, Severity: "error"})
	case e.ProgressEvent != nil:
		r.progress(out, *e.ProgressEvent)
	case e.SummaryEvent != nil:
		r.last.Do(func() { close(r.over) })
		if r.now == nil {
			r.result.Took = time.Duration(e.SummaryEvent.DurationSeconds) * time.Second
		}
		out.Kind, out.Counts = plan.EventSummary, counts(e.SummaryEvent.ResourceChanges)
		r.listener(out)
	}
}

// resource records one step's event. The logical step of a replacement only enters the plan: nothing happens in it.
func (r *recorder) resource(e plan.Event, kind plan.EventKind, m apitype.StepEventMetadata) {
	e.Kind, e.Step = kind, step(m)
	switch {
	case m.Op == apitype.OpDeleteReplaced || m.Op == apitype.OpDiscardReplaced:
		r.leftovers = append(r.leftovers, e.Step)
	case e.Step.Op == plan.OpReplace:
		r.replacing[m.URN] = true
		r.keep(e.Step)
	default:
		r.keep(e.Step)
	}
	if m.Type == stackType && m.New != nil && kind == plan.EventFinished {
		r.result.Outputs = outputs(m.New.Outputs)
	}
	if kind == plan.EventFinished {
		r.finished[m.URN] = true
	}
	if kind == plan.EventFailed {
		r.failures = append(r.failures, e.Step)
	}
	if m.Op != apitype.OpReplace || kind == plan.EventFailed {
		r.listener(e)
	}
}

// keep puts a step into the plan, or merges it into what is known of its URN: later events know the operation better,
// earlier ones of a replacement know what forced it.
func (r *recorder) keep(s plan.Step) {
	i, known := r.index[s.URN]
	if !known {
		r.index[s.URN] = len(r.result.Steps)
		r.result.Steps = append(r.result.Steps, s)
		return
	}
	before := r.result.Steps[i]
	if s.Op == before.Op {
		s.Changed = union(before.Changed, s.Changed)
		s.Replaces = union(before.Replaces, s.Replaces)
		if s.Old == nil {
			s.Old = before.Old
		}
		if s.New == nil {
			s.New = before.New
		}
	}
	r.result.Steps[i] = s
}

func (r *recorder) diagnostic(e plan.Event, d apitype.DiagnosticEvent) {
	level, shown := severity(d.Severity)
	message := plain(d.Prefix + d.Message)
	if !shown || d.Ephemeral || message == "" {
		return
	}
	if level == "error" {
		message = plain(d.Message) // the prefix only repeats the severity
		r.messages[d.URN] = union(r.messages[d.URN], []string{message})
	}
	e.Kind, e.Severity, e.Message = plan.EventDiagnostic, level, message
	if d.URN != "" {
		e.Step = plan.Step{URN: d.URN, Type: plan.Type(d.URN), Name: plan.Name(d.URN)}
	}
	r.listener(e)
}

// progress tells once that a plugin is being fetched, which can take minutes.
func (r *recorder) progress(e plan.Event, p apitype.ProgressEvent) {
	if r.seen[p.ID] {
		return
	}
	r.seen[p.ID] = true
	e.Kind, e.Severity, e.Message = plan.EventDiagnostic, "info", plain(p.Message)
	r.listener(e)
}

// plan returns what was recorded. Steps that failed, or that an interrupt kept from starting, did not happen.
func (r *recorder) plan() plan.Plan {
	r.result.Failed = r.attempted()
	r.result.Steps = slices.DeleteFunc(r.result.Steps, func(s plan.Step) bool { return !r.finished[s.URN] })
	for _, s := range r.leftovers {
		if !r.replacing[s.URN] {
			s.Op, s.Changed, s.Replaces = plan.OpDelete, nil, nil
			r.result.Steps = append(r.result.Steps, s)
			r.replacing[s.URN] = true // its other events are the same deletion
		}
	}
	if r.now != nil {
		r.result.Took = r.now().Sub(r.began)
	}
	return r.result
}

// attempted returns the steps that failed. Of those that it refuses, such as the deletion of something protected, the
// engine says no more than that they began, and why they may not be; a preview lets them end all the same.
func (r *recorder) attempted() []plan.Step {
	all := slices.Clone(r.failures)
	for _, s := range r.result.Steps {
		if (!r.finished[s.URN] || r.result.Preview) && len(r.messages[s.URN]) > 0 {
			all = append(all, s)
		}
	}
	var out []plan.Step
	for _, s := range all {
		if !slices.ContainsFunc(out, func(f plan.Step) bool { return f.URN == s.URN }) {
			out = append(out, s)
		}
	}
	return out
}

// failed returns the resources that failed, each with the messages its provider or the engine gave.
func (r *recorder) failed() []Failure {
	var out []Failure
	for _, s := range r.failures {
		same := func(f Failure) bool { return f.URN == s.URN }
		if !slices.ContainsFunc(out, same) {
			out = append(out, Failure{URN: s.URN, Type: s.Type, Name: s.Name, Op: s.Op, Messages: r.messages[s.URN]})
		}
	}
	return out
}

// union appends to a what b has and a has not.
func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
