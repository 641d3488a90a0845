package prcomment

import (
	"html"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/values"
)

// change is one changed input with its old and new value.
func change(c values.Change) string {
	switch {
	case c.Unseen:
		return code(c.Path)
	case c.Same:
		return code(c.Path) + ": the same, written differently"
	}
	return code(c.Path) + ": " + show(c.Old) + " → " + show(c.New)
}

// show is a value as it is shown: marks in words, all else as code, shortened.
func show(v any) string {
	switch v {
	case nil:
		return "*none*"
	case "":
		return "*empty*"
	case plan.Secret:
		return "*secret*"
	case plan.Unknown:
		return "*" + string(plan.Unknown) + "*"
	}
	return code(values.Text(v))
}

// code is text as code inside a table's cell, whatever it holds.
func code(text string) string { return "<code>" + plain(text) + "</code>" }

// plain is text inside a table's cell that means nothing but itself.
func plain(text string) string {
	text = html.EscapeString(strings.Join(strings.Fields(text), " "))
	return strings.NewReplacer("|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "@", "&#64;", "#", "&#35;", "\\", "&#92;", "~", "&#126;").
		Replace(text)
}

// fence is text as a block of code, cut to a length at the end of a line if it has any, whatever backticks it holds.
func fence(text string, most int) string {
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
		if end := strings.LastIndexByte(text, '\n'); end > 0 {
			text = text[:end]
		}
		text += "\n… shortened"
	}
	ticks := "```"
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	return ticks + "text\n" + text + "\n" + ticks
}
