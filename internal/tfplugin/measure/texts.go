package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

// listed is the enumeration that a refusal names, with what it does not name and the provider takes all the same.
func (p *prober) listed(at place) (facts.Limits, bool) {
	const odd = "no such value, I hope"
	problem := p.refused(at, odd)
	if problem == nil {
		return facts.Limits{}, false
	}
	allowed := enumeration(problem)
	if len(allowed) == 0 || p.refused(at, allowed[0]) != nil {
		return facts.Limits{}, false
	}
	l := facts.Limits{Allowed: allowed}
	if s, ok := allowed[0].(string); ok && s != strings.ToUpper(s)+"x" {
		for _, other := range []string{strings.ToLower(s), strings.ToUpper(s)} {
			if other != s && !slices.Contains(allowed, any(other)) && p.refused(at, other) == nil {
				l.Format = "any case"
			}
		}
	}
	if p.refused(at, "") == nil && !slices.Contains(allowed, any("")) {
		l.Allowed = append(l.Allowed, "")
	}
	return l, true
}

// tryBattery says which texts are taken, the first of them that is not empty, and the first refusal.
func (p *prober) tryBattery(at place) (taken map[string]bool, good string, refusal *tfplugin.Problem) {
	taken = map[string]bool{}
	for _, s := range battery {
		problem := p.refused(at, s)
		taken[s] = problem == nil
		if problem != nil && refusal == nil {
			refusal = problem
		}
		if problem == nil && good == "" && s != "" {
			good = s
		}
	}
	return taken, good, refusal
}

// told takes the pattern that a refusal states, or the format that takes the same texts, where one explains all of them.
func told(l *facts.Limits, refusal *tfplugin.Problem, taken map[string]bool) bool {
	differs := func(takes func(string) bool) bool {
		return slices.ContainsFunc(battery, func(s string) bool { return taken[s] != takes(s) })
	}
	pattern := stated(refusal)
	fits := func(s string) bool {
		return (l.Longest == 0 || utf8.RuneCountInString(s) <= l.Longest) && pattern.MatchString(s)
	}
	if pattern != nil && !differs(fits) {
		l.Pattern = pattern.String()
		return true
	}
	for _, f := range facts.Formats {
		if !differs(f.Fits) {
			l.Format = f.Name
			return true
		}
	}
	return false
}

// explain widens limits by what is taken beyond them, and counts the texts that they still do not explain.
func explain(l *facts.Limits, taken map[string]bool) (unexplained int) {
	for _, s := range battery {
		if taken[s] && !l.Takes(s) { // what one text may hold in a place, no fact refuses in another
			l.Inside, l.First, l.Last = without(l.Inside, s), without(l.First, s), without(l.Last, s)
			l.Shortest = min(l.Shortest, utf8.RuneCountInString(s))
		}
		if l.Takes(s) != taken[s] {
			unexplained++
		}
	}
	return unexplained
}

func (p *prober) textLimits(at place) (facts.Limits, bool) {
	if l, is := p.listed(at); is {
		return l, true
	}
	if !slices.ContainsFunc(odds, func(s string) bool { return p.refused(at, s) != nil }) {
		long := p.longest(at, "aaaa")
		return facts.Limits{Longest: long}, long > 0
	}
	taken, good, refusal := p.tryBattery(at)
	long := 0
	if good != "" {
		long = p.longest(at, good)
	}
	if refusal == nil && long == 0 {
		return facts.Limits{}, false
	}
	if refusal != nil {
		if allowed := enumeration(refusal); len(allowed) > 0 && !slices.ContainsFunc(battery, func(s string) bool { return taken[s] && s != "" && !slices.Contains(allowed, any(s)) }) {
			return facts.Limits{Allowed: allowed, Says: says(refusal)}, true
		}
		if l, is := p.numeral(at, taken); is {
			l.Says = says(refusal)
			return l, true
		}
	}
	l := facts.Limits{Longest: long}
	if refusal != nil {
		l.Says = says(refusal)
		if told(&l, refusal, taken) {
			return l, true
		}
	}
	if good == "" {
		p.failed = append(p.failed, at.path()+": nothing in the battery is taken: "+l.Says)
		return facts.Limits{}, false
	}
	if prefix := p.prefix(at, taken); prefix != "" {
		l.Pattern = "^" + regexp.QuoteMeta(prefix)
		return l, true
	}
	if strings.Trim(good, "ab") == "" { // in others, such as addresses, a place takes what another does not
		p.characters(at, good, &l)
	}
	for l.Shortest = 0; l.Shortest < 20 && p.refused(at, strings.Repeat("a", l.Shortest)) != nil && taken["aaaaaaaaaaaaaaaaaaaaaaaa"]; l.Shortest++ {
		continue
	}
	if !taken[""] {
		l.Shortest = max(l.Shortest, 1)
	}
	unexplained := explain(&l, taken)
	if unexplained > 0 {
		p.failed = append(p.failed, fmt.Sprintf("%s: limits do not explain %d texts (%s)", at.path(), unexplained, l.Says))
	}
	return l, l.Takes(good)
}

// numeral is the range of a text that has to be a whole number, or nothing.
func (p *prober) numeral(at place, taken map[string]bool) (facts.Limits, bool) {
	some := false
	for s, t := range taken {
		if _, err := strconv.Atoi(s); t && s != "" && err != nil {
			return facts.Limits{}, false
		} else if t && s != "" {
			some = true
		}
	}
	const most = 1 << 31
	takes := func(n int) bool { return p.refused(at, strconv.Itoa(n)) == nil }
	good := slices.IndexFunc([]int{0, 1, 2, 3}, takes)
	if !some || !taken[""] || good < 0 {
		return facts.Limits{}, false
	}
	l := facts.Limits{Format: "integer or nothing"}
	if !takes(-most) {
		low, high := -most, good
		for high-low > 1 {
			if mid := (low + high) >> 1; takes(mid) {
				high = mid
			} else {
				low = mid
			}
		}
		least := float64(high)
		l.Least = &least
	}
	if !takes(most) {
		low, high := good, most
		for high-low > 1 {
			if mid := (low + high) / 2; takes(mid) {
				low = mid
			} else {
				high = mid
			}
		}
		end := float64(low)
		l.Most = &end
	}
	return l, !slices.ContainsFunc(battery, func(s string) bool { return l.Takes(s) != taken[s] })
}

// prefix is what every text that is taken begins with, where nothing else is asked for.
func (p *prober) prefix(at place, taken map[string]bool) string {
	prefix, n := "", 0
	for _, s := range battery {
		if !taken[s] || s == "" {
			continue
		}
		if n++; n == 1 {
			prefix = s
		}
		for !strings.HasPrefix(s, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	if n < 2 || prefix == "" || taken[""] || slices.ContainsFunc(battery, func(s string) bool { return strings.HasPrefix(s, prefix) != taken[s] }) {
		return ""
	}
	return prefix
}

func without(chars, s string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(s, c) {
			return -1
		}
		return c
	}, chars)
}

var restriction = regexp.MustCompile(`(?:doesn't comply with restrictions|must match regular expression pattern|to match regular expression|must match) \(?("(?:[^"\\]|\\.)*")`)

// stated returns the expression that the provider names when it refuses a text; nil when it names none.
func stated(problem *tfplugin.Problem) *regexp.Regexp {
	m := restriction.FindStringSubmatch(problem.Summary + " " + problem.Detail)
	if m == nil {
		return nil
	}
	text, err := strconv.Unquote(m[1])
	if err != nil {
		return nil
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	return pattern
}

// characters measures which characters a text may not hold.
func (p *prober) characters(at place, good string, l *facts.Limits) {
	half := len(good) / 2
	var chars []string
	for _, c := range "aA1 -_./:@+=#%&*()!$'\"<>|~\\{}[],;?^`" {
		chars = append(chars, string(c))
	}
	class := func(c string) string {
		switch {
		case c == "b" || c == "a" || c == "z":
			return "abcdefghijklmnopqrstuvwxyz"
		case c == "B" || c == "A" || c == "Z":
			return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		case c == "0" || c == "1" || c == "9":
			return "0123456789"
		}
		return c
	}
	note := func(into *string, c string) {
		if !strings.Contains(*into, c) {
			*into += class(c)
		}
	}
	for _, c := range append(chars, "é", "\n") {
		if p.refused(at, good[:half]+c+good[half:]) != nil {
			note(&l.Inside, c)
			continue
		}
		if p.refused(at, c+good) != nil {
			note(&l.First, c)
		}
		if p.refused(at, good+c) != nil {
			note(&l.Last, c)
		}
	}
}

// longest measures up to which length a text is taken; 0 when there is no end in sight.
func (p *prober) longest(at place, good string) int {
	fill := good[len(good)-1:]
	text := func(n int) string { return good + strings.Repeat(fill, max(0, n-len(good))) }
	const most = 70000
	if p.refused(at, text(most)) == nil {
		return 0
	}
	if p.refused(at, text(len(good)+1)) != nil {
		return 0 // of a form that cannot be drawn out
	}
	low, high := len(good)+1, most
	for high-low > 1 {
		mid := (low + high) / 2
		if p.refused(at, text(mid)) == nil {
			low = mid
		} else {
			high = mid
		}
	}
	const sure = 20 // a shorter one may be the end of something else, such as a number, but for words
	if low < sure && strings.Trim(good, "ab") != "" {
		return 0
	}
	return low
}
