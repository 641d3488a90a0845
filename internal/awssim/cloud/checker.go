package cloud

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// Checker collects the problems of one resource's inputs. Every getter answers "not known" for absent and unknown
// values, so a check that reads through them never refuses what it cannot see.
type Checker struct {
	In       Map
	Region   string
	Problems []Problem
}

// Problem is one input the provider refuses before anything is created.
type Problem = facts.Problem

// Problems returns what the provider refuses in inputs whose types are the schema's: by its own schema, and by what the offline
// AWS knows besides.
func (k *Kind) Problems(region string, in Map) []Problem {
	var out []Problem
	if t := k.facts(); t != nil {
		out = t.Check(in)
		for _, path := range t.EmptyARNs(in) {
			out = append(out, Problem{Path: path, Reason: "must be an ARN and is empty: the program has lost a reference"})
		}
		in = t.Spelled(in)
	}
	for _, p := range k.Required {
		if !Has(in, p) {
			out = append(out, Problem{Path: p, Reason: "missing required property"})
		}
	}
	if k.Check != nil && len(out) == 0 { // a check may then rely on what is there
		c := &Checker{In: in, Region: region}
		k.Check(c)
		out = append(out, c.Problems...)
	}
	c := &Checker{In: in, Region: region}
	c.Unmodelled(k.Unmodelled...)
	return append(out, c.Problems...)
}

// Fail records a problem.
func (c *Checker) Fail(path, format string, args ...any) {
	c.Problems = append(c.Problems, Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// String returns the string at path and whether it is there and known.
func (c *Checker) String(path string) (string, bool) { return Known[string](c.In, path) }

// Number returns the number at path and whether it is there and known.
func (c *Checker) Number(path string) (float64, bool) { return Known[float64](c.In, path) }

// Bool returns the bool at path and whether it is there and known.
func (c *Checker) Bool(path string) (bool, bool) { return Known[bool](c.In, path) }

// Known returns what is at path in m, and whether it is there, known and of the type.
func Known[T any](m Map, path string) (zero T, ok bool) {
	for _, v := range At(m, path) {
		t, ok := v.(T)
		return t, ok
	}
	return zero, false
}

// OneOf refuses a known string at path (every element, with "[]") outside the allowed values.
func (c *Checker) OneOf(path string, allowed ...string) {
	for _, s := range Strs(c.In, path) {
		if !slices.Contains(allowed, s) {
			c.Fail(path, "expected %s to be one of %q, got %s", path, allowed, s)
		}
	}
}

// Between refuses a known number at path outside [low, high].
func (c *Checker) Between(path string, low, high float64) {
	for _, v := range At(c.In, path) {
		if n, ok := v.(float64); ok && (n < low || n > high) {
			c.Fail(path, "expected %s to be in the range (%v - %v), got %v", path, low, high, n)
		}
	}
}

// Length refuses a known string at path whose length is outside [low, high].
func (c *Checker) Length(path string, low, high int) {
	for _, s := range Strs(c.In, path) {
		if len(s) < low || len(s) > high {
			c.Fail(path, "expected length of %s to be in the range (%d - %d), got %s", path, low, high, s)
		}
	}
}

// Pattern is a compiled expression with the words in which the provider states it.
type Pattern interface{ MatchString(string) bool }

// Match refuses a known string at path that the pattern does not match; rule says what is allowed.
func (c *Checker) Match(path string, p Pattern, rule string) {
	for _, s := range Strs(c.In, path) {
		if !p.MatchString(s) {
			c.Fail(path, "invalid value for %s (%s): %q", path, rule, s)
		}
	}
}

// ExactlyOne refuses inputs that set none or several of the given properties.
func (c *Checker) ExactlyOne(paths ...string) {
	n := 0
	for _, p := range paths {
		if Has(c.In, p) {
			n++
		}
	}
	if n != 1 {
		c.Fail(paths[0], "exactly one of %q must be specified, %d are", paths, n)
	}
}

// Conflict refuses inputs that set both properties.
func (c *Checker) Conflict(a, b string) {
	if Has(c.In, a) && Has(c.In, b) {
		c.Fail(a, "%q: conflicts with %s", a, b)
	}
}

// Needs refuses inputs that set path without the other.
func (c *Checker) Needs(path, other string) {
	if Has(c.In, path) && !Has(c.In, other) {
		c.Fail(path, "all of `%s,%s` must be specified", path, other)
	}
}

// Only refuses a known string at path that AWS may take and the offline AWS has not.
func (c *Checker) Only(path string, here ...string) {
	for _, s := range Strs(c.In, path) {
		if !slices.Contains(here, s) {
			c.Fail(path, "the offline AWS has no %s, only %s", s, strings.Join(here, ", "))
		}
	}
}

// Unmodelled refuses inputs whose meaning the offline AWS does not know: taking them would promise what AWS may not do.
// Those that say no to something (false, empty) are taken.
func (c *Checker) Unmodelled(paths ...string) {
	for _, p := range paths {
		for _, v := range At(c.In, p) {
			if !IsUnknown(v) && !blank(v) {
				c.Fail(p, "the offline AWS does not model this input")
				break
			}
		}
	}
}

func blank(v any) bool {
	switch v := v.(type) {
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case Map:
		return len(v) == 0
	}
	return v == nil
}

// Document refuses a known string at path, a property that holds a document, with every problem that parse finds.
func (c *Checker) Document(path string, parse func(text string) []Problem) {
	text, ok := c.String(path)
	if !ok {
		return
	}
	for _, p := range parse(text) {
		reason := p.Reason
		if p.Path != "" {
			reason = p.Path + ": " + p.Reason
		}
		c.Fail(path, "%s", reason)
	}
}

// Joined puts problems into one line, for answers to calls that report them all.
func Joined(problems []Problem) string {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.Path + ": " + p.Reason
	}
	return strings.Join(texts, "; ")
}
