package facts

import (
	"maps"
	"slices"
	"strings"
)

// Spelled gives words the spelling in which the provider passes them on, where it takes others for the same: "http" is HTTP. Inputs
// in which there is nothing to spell come back as they are.
func (t *Type) Spelled(inputs map[string]any) map[string]any {
	out, _ := spelledObject(t.Fields, inputs)
	return out
}

func spelledObject(fields map[string]*Property, in map[string]any) (out map[string]any, changed bool) {
	out = in
	for name, v := range in {
		if c, differs := fields[name].spelled(v); differs {
			if !changed {
				out, changed = maps.Clone(in), true
			}
			out[name] = c
		}
	}
	return out, changed
}

func (p *Property) spelled(v any) (out any, changed bool) {
	if p == nil {
		return v, false
	}
	switch v := v.(type) {
	case string:
		s := p.spelling(v)
		return s, s != v
	case map[string]any:
		if p.Fields != nil {
			return spelledObject(p.Fields, v)
		}
	case []any:
		list := v
		for i, e := range v {
			if c, differs := p.Elem.spelled(e); differs {
				if !changed {
					list, changed = slices.Clone(v), true
				}
				list[i] = c
			}
		}
		return list, changed
	}
	return v, false
}

// spelling is the word of the allowed ones that a text is in another case.
func (p *Property) spelling(s string) string {
	if p.Same != "case" || p.Limits == nil {
		return s
	}
	if strings.HasPrefix(p.Format, "bool") {
		return strings.ToLower(s)
	}
	for _, a := range p.Allowed {
		if word, is := a.(string); is && strings.EqualFold(word, s) {
			return word
		}
	}
	return s
}
