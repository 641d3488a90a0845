package progress

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/plan"
)

// terminal redraws one frame in place. Failures, warnings and notes are written above it and stay.
type terminal struct {
	w       io.Writer
	size    func() (width, height int)
	preview bool
	drawn   int       // lines of the frame on the screen
	now     time.Time // latest time known, so that the frame can be put back after a note
	tree    *Tree
}

func (r *terminal) event(t *Tree, e plan.Event, failed []Failure) {
	r.tree = t
	if e.Time.After(r.now) {
		r.now = e.Time
	}
	var said []string
	for _, f := range failed {
		said = append(said, f.lines()...)
	}
	if text := warning(e); text != "" {
		said = append(said, text)
	}
	if len(said) > 0 {
		r.say(said)
	}
}

func (r *terminal) tick(t *Tree, now time.Time) {
	r.tree, r.now = t, now
	r.say(nil)
}

func (r *terminal) note(text string) { r.say(strings.Split(text, "\n")) }

func (r *terminal) close(t *Tree, now time.Time) {
	r.tick(t, now)
	r.drawn = 0
}

// say writes lines above the frame and draws the frame anew, all in one write so that it does not flicker.
func (r *terminal) say(lines []string) {
	var b strings.Builder
	if r.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", r.drawn) // up to the frame's first line, clear to the end of the screen
	}
	for _, l := range lines {
		width, _ := r.size()
		b.WriteString(Wrap(l, width) + "\n") // may be several lines: they are not counted and stay
	}
	r.drawn = 0
	if r.tree != nil {
		width, height := r.size()
		frame := Frame(r.tree, r.now, r.preview, width-1, height-1) // the last column and line make terminals scroll
		for _, l := range frame {
			b.WriteString(l + "\n")
		}
		r.drawn = len(frame)
	}
	_, _ = io.WriteString(r.w, b.String()) // a screen that is gone must not stop a deployment
}

// warning is the text of an event that is a warning, else empty.
func warning(e plan.Event) string {
	if e.Kind != plan.EventDiagnostic || e.Severity != "warning" {
		return ""
	}
	text := strings.TrimSpace(e.Message)
	if e.Step.Name != "" && plan.Type(e.Step.URN) != stackType {
		text = e.Step.Name + ": " + text
	}
	return fmt.Sprintf("WARNING %s: %s", e.Stack, text)
}
