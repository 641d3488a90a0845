package facts

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Problem is one input that is refused before anything is created.
type Problem struct{ Path, Reason string }

// Check returns what the released provider refuses in inputs: values outside of what its schema takes, what is missing, and
// properties that do not go together. The inputs have the types of the schema; what is not known yet fits everywhere.
func (t *Type) Check(in map[string]any) []Problem {
	c := measure{}
	c.object("", t.Fields, in)
	for _, r := range t.Rules {
		c.rule(r, t.Fields, in)
	}
	return c.problems
}

// EmptyARNs returns the paths of empty texts in the place of ARNs. The provider takes them for nothing.
func (t *Type) EmptyARNs(in map[string]any) (paths []string) {
	emptyARNs("", t.Fields, in, &paths)
	slices.Sort(paths)
	return paths
}

func emptyARNs(path string, fields map[string]*Property, in map[string]any, paths *[]string) {
	for name, v := range in {
		if p := fields[name]; p != nil {
			p.emptyARNs(join(path, name), v, paths)
		}
	}
}

func (p *Property) emptyARNs(path string, v any, paths *[]string) {
	switch v := v.(type) {
	case string:
		if v == "" && p.Limits != nil && p.Format == "arn" {
			*paths = append(*paths, path)
		}
	case []any:
		for i, e := range v {
			if p.Elem != nil {
				p.Elem.emptyARNs(fmt.Sprintf("%s[%d]", path, i), e, paths)
			}
		}
	case map[string]any:
		emptyARNs(path, p.Fields, v, paths)
	}
}

type measure struct{ problems []Problem }

func (c *measure) fail(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

func (c *measure) object(path string, fields map[string]*Property, in map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(in)) {
		p := fields[name]
		if p == nil {
			continue
		}
		if !p.Required && !p.Optional {
			c.fail(join(path, name), "can't configure a value for %q: its value will be decided automatically based on the result of applying this configuration", name)
			continue
		}
		c.value(join(path, name), p, in[name])
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fields[name].Required && in[name] == nil {
			c.fail(join(path, name), "missing required property")
		}
	}
}

func (c *measure) value(path string, p *Property, v any) {
	switch v := v.(type) {
	case []any:
		if p.Limits != nil && (len(v) < p.MinItems || p.MaxItems > 0 && len(v) > p.MaxItems) {
			c.fail(path, "expected between %d and %d elements, got %d", p.MinItems, p.MaxItems, len(v))
		}
		for i, e := range v {
			if p.Elem != nil {
				c.value(fmt.Sprintf("%s[%d]", path, i), p.Elem, e)
			}
		}
	case map[string]any:
		switch {
		case p.Fields != nil:
			c.object(path, p.Fields, v)
		case p.Elem != nil:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				c.value(join(path, k), p.Elem, v[k])
			}
		}
	case string:
		if p.Type == "string" && !p.Takes(v) {
			c.refuse(path, p.Limits, fmt.Sprintf("%q", v))
		}
	case float64:
		if p.Type == "string" && !p.Takes(strconv.FormatFloat(v, 'f', -1, 64)) || (p.Type == "integer" || p.Type == "number") && !p.TakesNumber(v) {
			c.refuse(path, p.Limits, fmt.Sprint(v))
		}
	}
}

// measuredWith is where the provider's words end in the value that it was measured with.
var measuredWith = regexp.MustCompile(`(: "[^"]*"|,? got.*)$`)

func (c *measure) refuse(path string, l *Limits, v string) {
	switch {
	case len(l.Allowed) > 0:
		c.fail(path, "expected %s to be one of %v, got %s", path, l.Allowed, v)
	case l.Format != "":
		c.fail(path, "invalid value %s: must be a %s", v, l.Format)
	case l.Pattern != "":
		c.fail(path, "invalid value %s: must match %s%s", v, l.Pattern, l.length())
	case l.Least != nil || l.Most != nil:
		c.fail(path, "expected %s to be in the range (%s - %s), got %s", path, bound(l.Least), bound(l.Most), v)
	case l.Says != "":
		c.fail(path, "invalid value %s (the provider says of such: %s)", v, measuredWith.ReplaceAllString(l.Says, ""))
	default:
		c.fail(path, "invalid value: must be a text%s", l.length())
	}
}

func (l *Limits) length() string {
	if l.Longest == 0 {
		return fmt.Sprintf(" of at least %d characters", l.Shortest)
	}
	return fmt.Sprintf(" of %d to %d characters", l.Shortest, l.Longest)
}

func bound(n *float64) string {
	if n == nil {
		return "any"
	}
	return fmt.Sprint(*n)
}

// rule holds inputs against one tie. What is not known yet may turn out to be nothing or something, so that it breaks none (as in
// the plugin SDK's schema.go).
func (c *measure) rule(r Rule, fields map[string]*Property, in map[string]any) {
	given, open := 0, 0
	first := ""
	for _, n := range r.Names {
		switch look(fields, in, n) {
		case known:
			if given++; first == "" {
				first = n
			}
		case pending:
			open++
		case outside: // rules within a block hold where the block is there
			return
		}
	}
	of := absent
	if r.Of != "" {
		if of = look(fields, in, r.Of); of == outside {
			return
		}
	}
	switch r.Kind {
	case Conflicts:
		if of == known && given > 0 {
			c.fail(r.Of, "%q: conflicts with %s", r.Of, first)
		}
	case Needs:
		if of != absent && given+open < len(r.Names) {
			c.fail(r.Of, "all of `%s` must be specified", strings.Join(append([]string{r.Of}, r.Names...), ","))
		}
	case ExactlyOne:
		if given > 1 || given+open == 0 && r.Demands {
			c.fail(r.Names[0], "exactly one of `%s` must be specified, %d are", strings.Join(r.Names, ","), given)
		}
	case AtLeastOne:
		if given+open == 0 {
			c.fail(r.Names[0], "at least one of `%s` must be specified", strings.Join(r.Names, ","))
		}
	}
}

// presence is what inputs hold at a path.
type presence int

const (
	absent  presence = iota
	outside          // the block in which it would be is not there
	pending          // not known yet
	known
)

// look reports what there is at a path, through the first elements of lists. A list of no blocks is nothing, one of no values is there.
func look(fields map[string]*Property, v any, path string) presence {
	for path != "" {
		if list, _ := v.([]any); len(list) > 0 {
			v = list[0]
		}
		object, isObject := v.(map[string]any)
		if !isObject {
			return pending // nothing but a value that is not known stands for a block
		}
		name, rest, nested := strings.Cut(path, ".")
		p := fields[name]
		block := p.object()
		if block != nil {
			fields = block.Fields
		}
		if v, path = object[name], rest; v == nil || empty(v) && (block != nil || p == nil || nested) {
			if nested {
				return outside
			}
			return absent
		}
	}
	switch v.(type) {
	case bool, float64, string, []any, map[string]any:
		return known
	}
	return pending
}

// object is what a property is or is a list of, where that has fields.
func (p *Property) object() *Property {
	for ; p != nil; p = p.Elem {
		if p.Fields != nil {
			return p
		}
	}
	return nil
}

// empty reports whether v is a list of nothing.
func empty(v any) bool {
	list, isList := v.([]any)
	return isList && len(list) == 0
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
