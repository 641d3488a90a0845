// Package prcomment writes a preview, or drift, as the text of a pull request's comment or an issue: Markdown as GitHub
// shows it, for a reviewer who has to judge it. It renders plain values and knows no engine.
package prcomment

import (
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/risk"
	"github.com/deepstreamhub/platform/internal/values"
)

// Limit is the most characters that GitHub takes in a comment or an issue ("body is too long (maximum is 65536
// characters)"). Everything here is counted in bytes, of which there are never fewer.
const Limit = 65536

// Marker is the hidden first line by which a later run finds the comment it is to replace.
func Marker(kind, stack string) string {
	return "<!-- deepstreamhub:" + kind + ":" + strings.ReplaceAll(stack, "--", "-") + " -->"
}

// signs tell classes apart at a glance.
var signs = map[risk.Class]string{
	risk.Blocked: "⛔", risk.Exposes: "🟣", risk.Disconnects: "🔴", risk.Interrupts: "🟠", risk.Replaces: "🟡", risk.InPlace: "🟢",
	risk.Nothing: "⚪",
}

// Preview is what a preview's comment is made of.
type Preview struct {
	Plan       plan.Plan
	Assessment risk.Assessment
	Cost       string // what the change adds in a month, in a sentence; empty where nobody has prices
	Error      string // what the engine refused or failed at; empty for a preview that went through
}

// Preview writes the comment of one stack's preview. It is never longer than Limit: what does not fit is left out by
// whole rows, the mildest first, and counted.
func (p Preview) Markdown() string {
	return p.markdown(Limit)
}

func (p Preview) markdown(limit int) string {
	a := p.Assessment
	w := &writer{limit: limit - reserve}
	w.line(Marker("preview", a.Stack))
	w.line(fmt.Sprintf("### %s %s: %s", signs[a.Class], code(a.Stack), a.Headline()))
	if p.Error != "" {
		w.line("\n**The preview failed**, so what follows may not be everything.\n\n" + fence(values.WithoutSecrets(p.Error), errorBytes))
	}
	if a.Class == risk.Nothing && p.Error == "" {
		w.line("\nNothing changes: " + risk.Counted(a.Unchanged, "resource") + " as the configuration says.")
		return w.String()
	}
	w.line("\n" + p.overview())
	if p.Cost != "" {
		w.line(p.Cost)
	}
	for _, class := range risk.Classes() {
		if of := a.Of(class); len(of) > 0 {
			w.section(class, rows(of, verbs))
		}
	}
	w.diff(values.WithoutSecrets(strings.Trim(p.Plan.Diff, "\n")))
	w.closeLeft("hub preview " + a.Stack)
	return w.String()
}

// overview counts the changes by class.
func (p Preview) overview() string {
	a := p.Assessment
	var b strings.Builder
	b.WriteString("| | Class | Changes |\n| --- | --- | ---: |\n")
	for _, class := range risk.Classes() {
		n := len(a.Of(class))
		if class == risk.Nothing {
			n = a.Unchanged
		}
		if n == 0 {
			continue
		}
		title := class.Title()
		if class == risk.Disconnects && a.Losses() != "" {
			title += ": " + a.Losses()
		}
		fmt.Fprintf(&b, "| %s | %s | %d |\n", signs[class], title, n)
	}
	return b.String()
}

// How much room some parts may take.
const (
	reserve    = 512  // for the closing of what is open and the note on what is left out
	errorBytes = 6000 // of what the engine said
	openRows   = 25   // a milder section with more is collapsed
)

// writer writes whole lines and rows as long as there is room.
type writer struct {
	strings.Builder
	limit       int
	left        int // rows that found no room
	leftChanges int // changes in them
}

func (w *writer) line(text string) { w.WriteString(text + "\n") }

// diff folds what the engine itself says under the classes, as much as there is room for.
func (w *writer) diff(text string) {
	const (
		head, foot = "\n<details><summary>The engine's own diff</summary>\n\n", "\n\n</details>\n"
		frame      = len(head) + len(foot) + 50 // with a fence of three backticks and the note that it is shortened
		least      = 1000                       // bytes of it that are worth beginning
	)
	room := w.limit - w.Len() - frame
	if text == "" || room < least {
		return
	}
	if block := fence(text, room); w.Len()+len(block)+frame <= w.limit+50 { // else it is full of backticks
		w.WriteString(head + block + foot)
	}
}

// closeLeft says how much was left out, and by which command it is seen. It is what the reserve is for.
func (w *writer) closeLeft(command string) {
	if w.left > 0 {
		w.line(fmt.Sprintf("\n**%s in %s left out**, because GitHub takes no more. See all with: %s",
			risk.Counted(w.leftChanges, "change"), risk.Counted(w.left, "row"), code(command)))
	}
}

// section writes a class with its rows. Changes that nobody notices are collapsed.
func (w *writer) section(class risk.Class, rows []row) {
	changes := 0
	for _, r := range rows {
		changes += r.changes
	}
	title := fmt.Sprintf("%s %s: %s", signs[class], class.Title(), risk.Counted(changes, "change"))
	head, foot := "\n#### "+title+"\n\n", ""
	if class <= risk.InPlace || class < risk.Disconnects && len(rows) > openRows {
		head, foot = "\n<details><summary>"+title+"</summary>\n\n", "\n</details>\n"
	}
	w.table(head+"| Resource | Change | Why |\n| --- | --- | --- |\n", foot, rows)
}

// table writes rows between head and foot, as many as there is room for.
func (w *writer) table(head, foot string, rows []row) {
	if w.Len()+len(head)+len(foot) > w.limit {
		w.skip(rows)
		return
	}
	w.WriteString(head)
	for i, r := range rows {
		text := r.String()
		if w.Len()+len(text)+len(foot) > w.limit {
			w.skip(rows[i:])
			break
		}
		w.WriteString(text)
	}
	w.WriteString(foot)
}

func (w *writer) skip(rows []row) {
	for _, r := range rows {
		w.left++
		w.leftChanges += r.changes
	}
}
