package documents

import (
	"fmt"
	"maps"
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// eventFields are what every event has (EventBridge User Guide, "Events"). A pattern for another field would match
// nothing, without a complaint.
const eventFields = "account detail detail-type id region replay-name resources source time version"

// patternReader collects the problems of one event pattern.
type patternReader struct{ problems []facts.Problem }

func (r *patternReader) fail(path, format string, args ...any) {
	r.problems = append(r.problems, facts.Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// CheckEventPattern returns every problem of an event pattern (EventBridge User Guide, "Creating event patterns").
func CheckEventPattern(text string) []facts.Problem {
	return eventPatterns.Of(text, func() []facts.Problem { return readEventPatternAnew(text) })
}

var eventPatterns Memo[string, []facts.Problem]

func readEventPatternAnew(text string) []facts.Problem {
	v, err := ReadJSON(text)
	if err != nil {
		return []facts.Problem{{Reason: err.Error()}}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return []facts.Problem{{Reason: "expected an object, got " + KindOf(v)}}
	}
	r := &patternReader{}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		if k != "$or" && !OneOf(k, eventFields) {
			r.fail(k, "no event has such a field; there are %s", eventFields)
		}
	}
	r.object("", object)
	return r.problems
}

func (r *patternReader) object(path string, object map[string]any) {
	if len(object) == 0 {
		r.fail(path, "Empty objects are not allowed")
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		at := dotted(path, k)
		switch v := object[k].(type) {
		case map[string]any:
			r.object(at, v)
		case []any:
			if k == "$or" {
				r.alternatives(at, v)
			} else {
				r.values(at, v)
			}
		default:
			r.fail(at, "\"%s\" must be an object or an array, got %s", k, KindOf(v))
		}
	}
}

func (r *patternReader) alternatives(path string, list []any) {
	if len(list) < 2 {
		r.fail(path, "expected at least two alternatives, got %d", len(list))
	}
	for i, v := range list {
		if object, ok := v.(map[string]any); ok {
			r.object(fmt.Sprintf("%s[%d]", path, i), object)
		} else {
			r.fail(fmt.Sprintf("%s[%d]", path, i), "expected an object, got %s", KindOf(v))
		}
	}
}

func (r *patternReader) values(path string, list []any) {
	if len(list) == 0 {
		r.fail(path, "Empty arrays are not allowed")
	}
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch v := v.(type) {
		case nil, bool, float64, string:
		case map[string]any:
			r.filter(at, v)
		default:
			r.fail(at, "Match value must be String, number, true, false, or null, got %s", KindOf(v))
		}
	}
}

// filters are the comparisons that stand for a value, with a check of what each takes.
var filters = map[string]func(v any) bool{
	"prefix":             textOrCaseless,
	"suffix":             textOrCaseless,
	"equals-ignore-case": isText,
	"wildcard":           isText,
	"cidr":               isText,
	"exists":             func(v any) bool { _, ok := v.(bool); return ok },
	"numeric":            isNumeric,
	"anything-but":       func(v any) bool { return v != nil },
}

func isText(v any) bool { s, ok := v.(string); return ok && s != "" }

func textOrCaseless(v any) bool {
	m, ok := v.(map[string]any)
	return isText(v) || ok && len(m) == 1 && isText(m["equals-ignore-case"])
}

// isNumeric reports whether v is one comparison with a number, or a lower and an upper one.
func isNumeric(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) != 2 && len(list) != 4 {
		return false
	}
	for i := 0; i < len(list); i += 2 {
		operator, _ := list[i].(string)
		if _, number := list[i+1].(float64); !number || !slices.Contains([]string{"=", "<", "<=", ">", ">="}, operator) {
			return false
		}
	}
	return true
}

func (r *patternReader) filter(path string, object map[string]any) {
	if len(object) != 1 {
		r.fail(path, "Only one key allowed in match expression, got %d", len(object))
		return
	}
	for name, v := range object {
		takes, known := filters[name]
		switch {
		case !known:
			r.fail(path, "Unrecognized match type %s", name)
		case !takes(v):
			r.fail(path, "%s does not take %s", name, KindOf(v))
		}
	}
}
