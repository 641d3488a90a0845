package progress

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks lines that are wider than width, in characters, at their last space that fits. What follows is indented by
// two more than the line. A word that is wider than a line is left whole, for a copy of it has to be.
func Wrap(text string, width int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if width > 0 && utf8.RuneCountInString(line) > width {
			lines[i] = wrapLine(line, width)
		}
	}
	return strings.Join(lines, "\n")
}

func wrapLine(line string, width int) string {
	rest := strings.TrimLeft(line, " ")
	indent := strings.Repeat(" ", len(line)-len(rest))
	var out []string
	for rest != "" {
		at := breakAt(rest, width-len(indent))
		out = append(out, indent+strings.TrimRight(rest[:at], " "))
		if len(out) == 1 {
			indent += "  "
		}
		rest = strings.TrimLeft(rest[at:], " ")
	}
	return strings.Join(out, "\n")
}

// breakAt is the byte at which a text's first line of at most width characters ends.
func breakAt(text string, width int) int {
	if utf8.RuneCountInString(text) <= width {
		return len(text)
	}
	last, n := 0, 0
	for i, r := range text {
		if r == ' ' {
			if n > width && last > 0 {
				return last
			}
			last = i
			if n > width {
				return last
			}
		}
		n++
	}
	if last > 0 {
		return last
	}
	return len(text)
}
