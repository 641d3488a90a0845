package progress

import (
	"io"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/plan"
)

// View shows what several stacks' operations do. It is safe for concurrent use: stacks report at the same time.
type View struct {
	mu     sync.Mutex
	tree   *Tree
	render renderer
}

// renderer draws what a View knows. The View calls it under its lock.
type renderer interface {
	event(t *Tree, e plan.Event, failed []Failure) // e was folded into t and made the failures known
	tick(t *Tree, now time.Time)                   // time has passed
	note(text string)                              // something to say that no event tells
	close(t *Tree, now time.Time)
}

// NewTerminal returns a View that is redrawn in place on a terminal. size is asked on every redraw, as terminals are
// resized; preview makes it speak of what would be done.
func NewTerminal(w io.Writer, size func() (width, height int), preview bool, stacks ...string) *View {
	return &View{tree: NewTree(stacks...), render: &terminal{w: w, size: size, preview: preview}}
}

// NewPlain returns a View that writes a line for every failure, every long wait and, unless it is a preview, every
// finished change.
func NewPlain(w io.Writer, preview bool, stacks ...string) *View {
	return &View{tree: NewTree(stacks...), render: &plain{
		w: w, preview: preview, started: map[string]time.Time{}, told: map[string]time.Duration{},
	}}
}

// NewJSON returns a View that writes every event as a line of JSON to data, and to talk what is said to people.
func NewJSON(data, talk io.Writer, stacks ...string) *View {
	return &View{tree: NewTree(stacks...), render: &jsonLines{data: data, talk: talk}}
}

// Event takes in what happened.
func (v *View) Event(e plan.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.render.event(v.tree, e, v.tree.Fold(e))
}

// Tick tells the view what time it is. A terminal is redrawn on ticks only, so they should come a few times a second.
func (v *View) Tick(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.render.tick(v.tree, now)
}

// Note says something to whoever watches, without spoiling what is drawn.
func (v *View) Note(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.render.note(text)
}

// Close draws the last state, which stays on the screen.
func (v *View) Close(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.render.close(v.tree, now)
}

// Failures returns what failed in the stack, in the order in which it was seen.
func (v *View) Failures(stack string) []Failure {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.tree.Stack(stack); s != nil {
		return append([]Failure(nil), s.Failures...)
	}
	return nil
}
