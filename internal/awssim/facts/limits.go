package facts

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Takes reports whether the provider takes a text.
func (l *Limits) Takes(s string) bool {
	if l == nil {
		return true
	}
	if len(l.Allowed) > 0 {
		return slices.ContainsFunc(l.Allowed, func(a any) bool {
			text, is := a.(string)
			return is && (text == s || l.Format == "any case" && strings.EqualFold(text, s))
		})
	}
	n := utf8.RuneCountInString(s)
	if n < l.Shortest || l.Longest > 0 && n > l.Longest {
		return false
	}
	if number, err := strconv.ParseFloat(s, 64); err == nil && (l.Least != nil && number < *l.Least || l.Most != nil && number > *l.Most) {
		return false
	}
	if l.Format != "" && !format(l.Format)(s) || l.Pattern != "" && !expression(l.Pattern).MatchString(s) {
		return false
	}
	if s == "" {
		return true
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return !strings.ContainsAny(s, l.Inside) && !strings.ContainsRune(l.First, first) && !strings.ContainsRune(l.Last, last)
}

var expressions sync.Map // of *regexp.Regexp, by their text

func expression(text string) *regexp.Regexp {
	if e, ok := expressions.Load(text); ok {
		return e.(*regexp.Regexp)
	}
	e := regexp.MustCompile(text)
	expressions.Store(text, e)
	return e
}

// TakesNumber reports whether the provider takes a number.
func (l *Limits) TakesNumber(n float64) bool {
	switch {
	case l == nil:
		return true
	case len(l.Allowed) > 0:
		return slices.Contains(l.Allowed, any(n))
	}
	if slices.Contains(l.Barred, n) {
		return false
	}
	return slices.Contains(l.Besides, n) || (l.Least == nil || n >= *l.Least) && (l.Most == nil || n <= *l.Most)
}
