package cloud

import (
	"fmt"
	"slices"
)

// eventFields are what every event has (EventBridge User Guide, "Events"). A pattern for another field would match
// nothing, without a complaint.
const eventFields = "account detail detail-type id region replay-name resources source time version"

// patternReader collects the problems of one event pattern.
type patternReader struct{ problems []Problem }

func (r *patternReader) fail(path, format string, args ...any) {
	r.problems = append(r.problems, Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// readEventPattern returns every problem of an event pattern (EventBridge User Guide, "Creating event patterns").
func readEventPattern(text string) []Problem {
	return eventPatterns.of(text, func() []Problem { return readEventPatternAnew(text) })
}

var eventPatterns memo[string, []Problem]

func readEventPatternAnew(text string) []Problem {
	v, err := readJSON(text)
	if err != nil {
		return []Problem{{Reason: err.Error()}}
	}
	object, ok := v.(Map)
	if !ok {
		return []Problem{{Reason: "expected an object, got " + jsonKind(v)}}
	}
	r := &patternReader{}
	for _, k := range sortedKeys(object) {
		if k != "$or" && !oneOf(k, eventFields) {
			r.fail(k, "no event has such a field; there are %s", eventFields)
		}
	}
	r.object("", object)
	return r.problems
}

func (r *patternReader) object(path string, object Map) {
	if len(object) == 0 {
		r.fail(path, "Empty objects are not allowed")
	}
	for _, k := range sortedKeys(object) {
		at := dotted(path, k)
		switch v := object[k].(type) {
		case Map:
			r.object(at, v)
		case []any:
			if k == "$or" {
				r.alternatives(at, v)
			} else {
				r.values(at, v)
			}
		default:
			r.fail(at, "\"%s\" must be an object or an array, got %s", k, jsonKind(v))
		}
	}
}

func (r *patternReader) alternatives(path string, list []any) {
	if len(list) < 2 {
		r.fail(path, "expected at least two alternatives, got %d", len(list))
	}
	for i, v := range list {
		if object, ok := v.(Map); ok {
			r.object(fmt.Sprintf("%s[%d]", path, i), object)
		} else {
			r.fail(fmt.Sprintf("%s[%d]", path, i), "expected an object, got %s", jsonKind(v))
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
		case Map:
			r.filter(at, v)
		default:
			r.fail(at, "Match value must be String, number, true, false, or null, got %s", jsonKind(v))
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
	m, ok := v.(Map)
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

func (r *patternReader) filter(path string, object Map) {
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
			r.fail(path, "%s does not take %s", name, jsonKind(v))
		}
	}
}
