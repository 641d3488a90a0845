package progress

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deepstreamhub/platform/internal/plan"
)

// maxLines is how tall a frame may be: what fits the smallest terminal people still use.
const maxLines = 24

// Frame draws the tree as it stands at now, in at most height lines (24 where the terminal is taller) of at most width
// columns. What does not fit is left out in this order: tiers in which nothing is under way, then all tiers, then
// stacks; a line says how much is missing.
func Frame(t *Tree, now time.Time, preview bool, width, height int) []string {
	height = min(height, maxLines)
	var out []string
	for _, detail := range []detail{allTiers, busyTiers, noTiers} {
		out = nil
		for _, s := range t.Stacks {
			out = append(out, s.draw(now, preview, detail)...)
		}
		if len(out) <= height {
			break
		}
	}
	if len(out) > height && height > 0 {
		left := len(out) - height + 1
		out = append(out[:height-1], fmt.Sprintf("and %d more stacks", left))
	}
	for i := range out {
		out[i] = clip(out[i], width)
	}
	return out
}

// detail is how much of a stack is drawn.
type detail int

const (
	allTiers detail = iota
	busyTiers
	noTiers
)

func (s *Stack) draw(now time.Time, preview bool, d detail) []string {
	if s.Started.IsZero() {
		return []string{s.Name + "  starting"}
	}
	end := now
	if s.Over {
		end = s.Last
	}
	parts := []string{Elapsed(end.Sub(s.Started))}
	if n := tally(s.Counts(), preview); n != "" {
		parts = append(parts, n)
	}
	if n := len(s.Active()); n > 0 {
		parts = append(parts, fmt.Sprintf("%d under way", n))
	}
	if n := len(s.Failures); n > 0 {
		parts = append(parts, fmt.Sprintf("%d FAILED", n))
	}
	if s.Over {
		parts = append(parts, "done")
	}
	out := []string{s.Name + "  " + strings.Join(parts, ", ")}
	if d == noTiers {
		return out
	}
	wide := 0
	for _, t := range s.Tiers {
		wide = max(wide, utf8.RuneCountInString(t.Name))
	}
	quiet := 0
	for _, t := range s.Tiers {
		if d == busyTiers && len(t.Active) == 0 && t.Failed == 0 {
			quiet++
			continue
		}
		out = append(out, fmt.Sprintf("  %-*s  %s", wide, t.Name, t.draw(now, preview)))
	}
	if quiet > 0 {
		out = append(out, fmt.Sprintf("  and %d with nothing under way", quiet))
	}
	return out
}

// draw says what a tier has done and what it has been busy with for longest.
func (t *Tier) draw(now time.Time, preview bool) string {
	var parts []string
	if n := tally(t.Counts, preview); n != "" {
		parts = append(parts, n)
	}
	if t.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d FAILED", t.Failed))
	}
	if len(t.Active) > 0 {
		i := t.Active[0]
		text := fmt.Sprintf("%s %s %s", wordFor(i.Step.Op).doing, i.Step.Name, Elapsed(now.Sub(i.Since)))
		if n := len(t.Active) - 1; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// clip cuts a line so that the terminal does not wrap it, which would spoil the count of lines to redraw.
func clip(line string, width int) string {
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return line
	}
	if width <= 3 {
		return string([]rune(line)[:width])
	}
	return string([]rune(line)[:width-3]) + "..."
}

// Total counts what was done in a plan, components left out.
func Total(p plan.Plan) map[plan.Op]int {
	n := map[plan.Op]int{}
	for _, s := range p.Steps {
		if !s.Component() {
			n[s.Op]++
		}
	}
	return n
}

// Summary is the one line that closes a stack's operation: what was done and how long it took.
func Summary(p plan.Plan) string {
	text := tally(Total(p), p.Preview)
	if text == "" {
		text = "nothing to do"
	}
	return fmt.Sprintf("%s: %s, in %s.", p.Stack, text, Elapsed(p.Took))
}
