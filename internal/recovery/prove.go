package recovery

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Mismatch says why what was found is not what the interrupted call made; empty when it is. A key alone proves nothing
// where somebody else could have taken it: then the tags have to be the call's, or, for what takes none, the inputs that
// the table names.
func Mismatch(asked, read Resource) string {
	row, _ := Of(asked.Type())
	if want := asked.tags(); len(want) > 0 && row.By == ByKey {
		if !contains(read.outputTags(), want) {
			return "it does not carry the stack's tags"
		}
	}
	for _, property := range row.Proof {
		want, given := asked.Inputs()[property]
		if !given || secret(want) {
			continue
		}
		got, ok := read.Outputs()[property]
		if !ok {
			got = read.Inputs()[property]
		}
		if !covers(want, got) {
			return "its " + property + " is another one"
		}
	}
	return ""
}

// Unfinished names an output that AWS has not filled in yet; empty when all are there.
func Unfinished(read Resource) string {
	row, _ := Of(read.Type())
	for _, property := range row.Ready {
		if s, ok := read.Outputs()[property].(string); !ok || s == "" {
			return property
		}
	}
	return ""
}

// covers reports whether got has everything that want has, whatever the order of lists, the formatting of JSON inside
// strings and the spelling of domain names.
func covers(want, got any) bool {
	switch w := normal(want).(type) {
	case map[string]any:
		g, ok := normal(got).(map[string]any)
		if !ok {
			return false
		}
		for k, v := range w {
			if !covers(v, g[k]) {
				return false
			}
		}
		return true
	case []any:
		g, ok := normal(got).([]any)
		return ok && len(g) == len(w) && !slices.ContainsFunc(w, func(v any) bool {
			return !slices.ContainsFunc(g, func(o any) bool { return covers(v, o) })
		})
	default:
		return fmt.Sprint(w) == fmt.Sprint(normal(got))
	}
}

func normal(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
		var parsed any
		if json.Unmarshal([]byte(s), &parsed) == nil {
			return parsed
		}
	}
	return strings.TrimSuffix(strings.ToLower(s), ".")
}
