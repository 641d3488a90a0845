package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Key     string // below the project's namespace, such as network.cidr or network.zones[1]; with namespace where it is not one of ours
	Value   string // what was given, as JSON and shortened; empty if nothing was
	Rule    string // what is allowed, and why
	Nearest string // the valid choice, or the known key, nearest to what was given; empty if none is
}

// String is the problem on one line.
func (p Problem) String() string {
	line := p.Key + " is not set"
	if p.Value != "" {
		line = p.Key + " = " + p.Value
	}
	line += ": " + p.Rule
	if p.Nearest != "" {
		line += "; nearest: " + p.Nearest
	}
	return line
}

// Problems is everything that is wrong with a configuration, sorted by key.
type Problems []Problem

// Error says how many problems there are and then each on a line of its own.
func (ps Problems) Error() string { return enumerate(ps, "in its configuration") }

func enumerate(ps []Problem, where string) string {
	noun := "problems"
	if len(ps) == 1 {
		noun = "problem"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %s", len(ps), noun, where)
	for _, p := range ps {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// sorted returns the problems by key, those of one key in the order they were found, in characters that a terminal or the
// log of a job shows and does not obey: keys are what somebody wrote, and rules and choices may hold what somebody gave.
func (ps Problems) sorted() Problems {
	out := slices.Clone(ps)
	for i, p := range out {
		out[i] = Problem{printable(p.Key), printable(p.Value), printable(p.Rule), printable(p.Nearest)}
	}
	slices.SortStableFunc(out, func(a, b Problem) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// printable writes what is no letter, sign or space of a line as JSON does: controls, what turns the direction of writing,
// and all else that is not seen.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
