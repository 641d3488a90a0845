package conformance

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// respelt are other spellings of a JSON document. Some say the same to the provider that reads it, some do not.
func respelt(text string) []any {
	var doc any
	if json.Unmarshal([]byte(text), &doc) != nil {
		return nil
	}
	indented, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil
	}
	out := []any{string(indented)}
	for _, change := range []func(any) any{
		func(v any) any { return each(v, bare) },
		func(v any) any { return each(v, listed) },
		func(v any) any { return each(v, turned) },
		func(v any) any { return each(v, doubled) },
		func(v any) any { return each(v, conditioned) },
		func(v any) any { return each(v, lowered) },
		func(v any) any { return each(v, textual) },
		func(v any) any { return each(v, numbered) },
		without("Sid"), without("Version"), without("Effect"), without("essential"), without("protocol"), without("hostPort"),
	} {
		changed, err := json.Marshal(change(doc))
		if err == nil && string(changed) != text && !slices.Contains(out, any(string(changed))) {
			out = append(out, string(changed))
		}
	}
	return out
}

// each returns a value with f applied to all in it, from the inside out.
func each(v any, f func(any) any) any {
	switch w := v.(type) {
	case map[string]any:
		o := cloud.Map{}
		for k, e := range w {
			o[k] = each(e, f)
		}
		return f(map[string]any(o))
	case []any:
		l := make([]any, len(w))
		for i, e := range w {
			l[i] = each(e, f)
		}
		return f(l)
	}
	return f(v)
}

// without takes a field away wherever it stands.
func without(field string) func(any) any {
	return func(v any) any {
		return each(v, func(v any) any {
			if m, is := v.(map[string]any); is {
				delete(m, field)
			}
			return v
		})
	}
}

// bare takes a single text out of its list.
func bare(v any) any {
	if l, is := v.([]any); is && len(l) == 1 {
		if s, text := l[0].(string); text {
			return s
		}
	}
	return v
}

// listed puts what a policy may have one or several of into a list.
func listed(v any) any {
	if m, is := v.(map[string]any); is {
		for _, k := range []string{"Action", "Resource", "NotAction", "NotResource", "AWS", "Service", "Federated", "Statement"} {
			switch m[k].(type) {
			case string, map[string]any:
				m[k] = []any{m[k]}
			}
		}
	}
	return v
}

func turned(v any) any {
	if l, is := v.([]any); is {
		slices.Reverse(l)
	}
	return v
}

func doubled(v any) any {
	if l, is := v.([]any); is && len(l) > 0 {
		return append(l, l[0])
	}
	return v
}

// conditioned gives every object an empty condition.
func conditioned(v any) any {
	if m, is := v.(map[string]any); is {
		m["Condition"] = map[string]any{}
	}
	return v
}

func lowered(v any) any {
	if s, is := v.(string); is {
		return strings.ToLower(s)
	}
	return v
}

// textual writes numbers and truths as texts.
func textual(v any) any {
	switch v.(type) {
	case float64, bool:
		text, err := json.Marshal(v)
		if err == nil {
			return string(text)
		}
	}
	return v
}

// numbered writes an account's root as the account's number.
func numbered(v any) any {
	if s, is := v.(string); is && strings.HasPrefix(s, "arn:aws:iam::") && strings.HasSuffix(s, ":root") {
		return strings.TrimSuffix(strings.TrimPrefix(s, "arn:aws:iam::"), ":root")
	}
	return v
}
