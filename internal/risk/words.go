package risk

import (
	"fmt"
	"strconv"
)

// Headline is an assessment in one line: the class, and for clients how many and how many together.
func (a Assessment) Headline() string {
	switch losses := a.Losses(); {
	case losses == "":
		return a.Class.Title()
	case a.Class == Disconnects:
		return a.Class.Title() + ": " + losses
	default:
		return a.Class.Title() + "; " + Disconnects.Title() + ": " + losses
	}
}

// Losses says how many clients lose their connections; empty when none do.
func (a Assessment) Losses() string {
	if a.Rounds == 0 {
		return ""
	}
	text := "an unknown number of clients"
	if a.Clients > 0 {
		text = fmt.Sprintf("up to %s clients at the peak, %s at once", Grouped(a.Clients), Grouped(a.AtOnce))
	}
	switch {
	case a.Rounds == 2:
		text += ", each up to twice"
	case a.Rounds > 2:
		text += fmt.Sprintf(", each up to %d times", a.Rounds)
	}
	return text
}

// Grouped writes a number with its digits in threes: 20,000.
func Grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Counted is a number with its noun: 1 change, 2,000 changes.
func Counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Grouped(n) + " " + noun
}
