package progress

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/deepstreamhub/platform/internal/plan"
)

// longWait is how long a step is under way before plain output says so. It says so again whenever the time has doubled,
// so that ten minutes of waiting are five lines.
const longWait = 30 * time.Second

// plain writes a line for what happened, for logs and pipes.
type plain struct {
	w       io.Writer
	preview bool                     // finished steps are not worth a line: a listing follows
	started map[string]time.Time     // stack and URN -> start of the step under way
	told    map[string]time.Duration // the same -> how long the wait was when it was last told
}

func (r *plain) event(t *Tree, e plan.Event, failed []Failure) {
	key := e.Stack + " " + e.Step.URN
	switch e.Kind {
	case plan.EventStarted:
		r.started[key] = e.Time
	case plan.EventFinished:
		if s := t.Stack(e.Stack); !r.preview && tells(e.Step) && s.halves[e.Step.URN] < 2 {
			r.line("%s %s: %s %s (%s)%s", e.Stack, s.tierName(e.Step),
				wordFor(e.Step.Op).done, e.Step.Name, e.Step.Type, r.took(key, e.Time))
		}
	}
	if e.Kind == plan.EventFinished || e.Kind == plan.EventFailed {
		delete(r.started, key)
		delete(r.told, key)
	}
	for _, f := range failed {
		for _, l := range f.lines() {
			r.line("%s", l)
		}
	}
	if text := warning(e); text != "" {
		r.line("%s", text)
	}
}

// tells reports whether a finished step is worth a line: it changed something outside the state.
func tells(s plan.Step) bool {
	return !s.Component() && s.Op != plan.OpSame && s.Op != plan.OpRead && s.Op != plan.OpRefresh
}

func (r *plain) took(key string, now time.Time) string {
	since, ok := r.started[key]
	if !ok || now.Sub(since) < time.Second {
		return ""
	}
	return ", " + Elapsed(now.Sub(since))
}

func (r *plain) tick(t *Tree, now time.Time) {
	for _, s := range t.Stacks {
		for _, i := range s.Active() {
			key := s.Name + " " + i.Step.URN
			waited := now.Sub(i.Since)
			if waited >= max(longWait, 2*r.told[key]) {
				r.told[key] = waited
				r.line("%s %s: still %s %s (%s), %s", s.Name, s.tierName(i.Step),
					wordFor(i.Step.Op).doing, i.Step.Name, i.Step.Type, Elapsed(waited))
			}
		}
	}
}

func (r *plain) note(text string) { r.line("%s", text) }

func (r *plain) close(*Tree, time.Time) {}

func (r *plain) line(format string, args ...any) {
	_, _ = fmt.Fprintf(r.w, format+"\n", args...) // a log that is gone must not stop a deployment
}

// jsonLines writes every event as it is.
type jsonLines struct{ data, talk io.Writer }

func (r *jsonLines) event(_ *Tree, e plan.Event, _ []Failure) {
	_ = json.NewEncoder(r.data).Encode(e) // plan.Event holds nothing that JSON cannot
}

func (r *jsonLines) tick(*Tree, time.Time) {}

func (r *jsonLines) note(text string) { _, _ = fmt.Fprintln(r.talk, text) }

func (r *jsonLines) close(*Tree, time.Time) {}
