package facts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	awspolicy "github.com/hashicorp/awspolicyequivalence"
)

// Equal reports whether two values are one to the provider: sets in any order, documents and words in any spelling that it takes
// for the same.
func (p *Property) Equal(a, b any) bool {
	if p == nil {
		return reflect.DeepEqual(a, b)
	}
	switch av := a.(type) {
	case []any:
		bv, ok := b.([]any)
		if ok && p.Loose() {
			return (p.Unordered != Bag || len(av) == len(bv)) && sameSet(av, bv, p.Elem.Equal)
		}
		if !ok || len(av) != len(bv) {
			return false
		}
		for i := range av {
			if !p.Elem.Equal(av[i], bv[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		bv, ok := b.(map[string]any)
		if !ok || p.Fields == nil {
			return reflect.DeepEqual(a, b)
		}
		for _, name := range union(av, bv) {
			if !p.Fields[name].equalOrLeft(av[name], bv[name]) {
				return false
			}
		}
		return true
	case string:
		if bv, ok := b.(string); ok {
			return p.sameText(av, bv)
		}
	}
	return reflect.DeepEqual(a, b)
}

// Loose reports whether the order of the elements is nothing to the provider.
func (p *Property) Loose() bool { return p.Type == Set || p.Unordered != "" }

// equalOrLeft also takes what is left open for what the provider puts in its place.
func (p *Property) equalOrLeft(a, b any) bool {
	if a == nil {
		a, b = b, a
	}
	if b == nil && p != nil {
		return p.Nothing(a)
	}
	return p.Equal(a, b)
}

// Nothing reports whether the provider takes a value for none: a block of nothing, the default, or false, 0 or an empty text
// where these are not seen.
func (p *Property) Nothing(v any) bool {
	switch {
	case Blank(v):
		_, isObject := v.(map[string]any)
		return !isObject || p == nil || !p.One || p.Fields == nil // a block of nothing is there all the same
	case p == nil:
		return false
	case p.Default != nil:
		return p.Equal(v, p.Default)
	}
	return p.Zero == None && zero(v) || slices.Contains(p.Lapsed, v)
}

// zero reports whether v is what its type holds when nothing was said.
func zero(v any) bool { return v == false || v == 0.0 || v == "" }

// Unseen reports whether the provider does not see the property beside such siblings: what the inputs say of them, and what
// the state holds where they say nothing.
func (p *Property) Unseen(inputs, state map[string]any) bool {
	for name, words := range p.Idle {
		word, said := inputs[name]
		if !said {
			word = state[name]
		}
		if slices.Contains(words, word) {
			return true
		}
	}
	return false
}

// Blank reports whether there is nothing in a value at all: the provider sees no difference between it and none.
func Blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func (p *Property) sameText(a, b string) bool {
	if a == b {
		return true
	}
	switch p.Same {
	case "policy":
		same, err := awspolicy.PoliciesAreEquivalent(a, b)
		return same && err == nil
	case "json":
		var x, y any
		return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
	case "case":
		return strings.EqualFold(a, b)
	}
	return false
}

// sameSet reports whether every element of one list is in the other; how often does not count.
func sameSet(a, b []any, equal func(a, b any) bool) bool {
	within := func(a, b []any) bool {
		return !slices.ContainsFunc(a, func(x any) bool {
			return !slices.ContainsFunc(b, func(y any) bool { return equal(x, y) })
		})
	}
	return within(a, b) && within(b, a)
}

func union(a, b map[string]any) []string {
	names := slices.Collect(maps.Keys(a))
	for k := range b {
		if _, both := a[k]; !both {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	return names
}

// Terraform turns inputs into the provider's own names and nesting. Values for which convert answers true are taken as it says,
// such as unknown ones.
func (t *Type) TerraformOf(inputs map[string]any, convert func(any) (any, bool)) (map[string]any, error) {
	return rename(t.Fields, inputs, convert)
}

func rename(fields map[string]*Property, inputs map[string]any, convert func(any) (any, bool)) (map[string]any, error) {
	out := map[string]any{}
	for name, v := range inputs {
		p := fields[name]
		if p == nil {
			return nil, fmt.Errorf("%s: the provider has no such property", name)
		}
		c, err := p.terraform(v, convert)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[p.Terraform] = c
	}
	return out, nil
}

func (p *Property) terraform(v any, convert func(any) (any, bool)) (any, error) {
	if c, done := convert(v); done {
		if p.One {
			return []any{c}, nil
		}
		return c, nil
	}
	c := v
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			var err error
			if list[i], err = p.Elem.terraform(e, convert); err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
		}
		c = list
	case map[string]any:
		switch {
		case p.Fields != nil:
			o, err := rename(p.Fields, v, convert)
			if err != nil {
				return nil, err
			}
			c = o
		case p.Elem != nil:
			o := map[string]any{}
			for k, e := range v {
				var err error
				if o[k], err = p.Elem.terraform(e, convert); err != nil {
					return nil, fmt.Errorf("%s: %w", k, err)
				}
			}
			c = o
		case p.Type == "string": // the SDK takes documents as objects
			text := new(bytes.Buffer)
			enc := json.NewEncoder(text)
			if err := enc.Encode(v); err != nil {
				return nil, err
			}
			c = strings.TrimSpace(text.String())
		}
	}
	if p.One {
		return []any{c}, nil
	}
	return c, nil
}

// Fill puts the provider's defaults in the place of what an object leaves out, except where that would break a rule, and returns
// the names of those that it filled at the top.
func (t *Type) Fill(inputs map[string]any) (filled []string) {
	return fill(t.Fields, inputs, func(name string) bool {
		return slices.ContainsFunc(t.Rules, func(r Rule) bool {
			if r.Of != name && !slices.Contains(r.Names, name) || r.Kind == Needs || r.Kind == AtLeastOne {
				return false
			}
			return slices.ContainsFunc(append([]string{r.Of}, r.Names...), func(other string) bool {
				return other != name && inputs[other] != nil
			})
		})
	})
}

// filled is the default as the bridge writes it: what the provider holds as text that has to be a whole number, which may be
// absent, is a number to the bridge.
func (p *Property) filled() any {
	text, is := p.Default.(string)
	if !is || p.Limits == nil || !strings.Contains(p.Limits.Says, "as int") {
		return p.Default
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n
	}
	return p.Default
}

func fill(fields map[string]*Property, inputs map[string]any, excluded func(string) bool) (filled []string) {
	var left []string // that have a default
	for name, p := range fields {
		if v, given := inputs[name]; given {
			p.fillIn(v)
		} else if p.Default != nil && !p.Computed && p.Optional {
			left = append(left, name)
		}
	}
	slices.Sort(left) // what one of them excludes, a later one is
	for _, name := range left {
		if !excluded(name) {
			inputs[name] = fields[name].filled()
			filled = append(filled, name)
		}
	}
	return filled
}

func (p *Property) fillIn(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if p.Elem != nil {
				p.Elem.fillIn(e)
			}
		}
	case map[string]any:
		if p.Fields != nil {
			fill(p.Fields, v, func(string) bool { return false })
		} else if p.Elem != nil {
			for _, e := range v {
				p.Elem.fillIn(e)
			}
		}
	}
}

// Keep gives what new inputs leave open and the provider then leaves as it was: inputs with those values of the state.
func (t *Type) Keep(inputs, state map[string]any) { keep(t.Fields, inputs, state) }

func keep(fields map[string]*Property, inputs, state map[string]any) {
	for name, was := range state {
		p := fields[name]
		if p == nil {
			continue
		}
		v, given := inputs[name]
		if !given {
			if p.Optional && p.Remove == None {
				inputs[name] = Clone(was)
			}
			continue
		}
		if p.One && p.Fields != nil {
			o, isObject := v.(map[string]any)
			s, wasObject := was.(map[string]any)
			if isObject && wasObject {
				keep(p.Fields, o, s)
			}
		}
	}
}

// Clone returns a deep copy of a value of JSON.
func Clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v) // far quicker than putting in one after the other
		for k, e := range v {
			switch e.(type) {
			case map[string]any, []any:
				out[k] = Clone(e)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = Clone(e)
		}
		return out
	}
	return v
}
