package plan

import (
	"strconv"
	"strings"
)

// Mark stands in a step's inputs for a value that is not there to be shown.
type Mark string

// The marks.
const (
	Secret  Mark = "[secret]"
	Unknown Mark = "known after the run"
)

// At returns the value that a path such as tags.owner, rule[0].port or tags["a.b"] leads to, and whether there is one.
// What lies inside of a Mark is that Mark.
func At(inputs map[string]any, path string) (any, bool) {
	var at any = inputs
	for _, part := range Split(path) {
		switch v := at.(type) {
		case Mark:
			return v, true
		case map[string]any:
			next, ok := v[part]
			if !ok {
				return nil, false
			}
			at = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			at = v[i]
		default:
			return nil, false
		}
	}
	return at, true
}

// Split returns the parts of a path: its names, and its indexes in decimal.
func Split(path string) []string {
	var parts []string
	for path != "" {
		if path[0] == '.' {
			path = path[1:]
			continue
		}
		if path[0] != '[' {
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			parts, path = append(parts, path[:end]), path[end:]
			continue
		}
		end := closing(path)
		part := path[1:end]
		if name, err := strconv.Unquote(part); err == nil {
			part = name
		}
		parts, path = append(parts, part), path[min(end+1, len(path)):]
	}
	return parts
}

// closing is where the bracket that a path begins with ends; its length where it does not.
func closing(path string) int {
	quoted := false
	for i := 1; i < len(path); i++ {
		switch {
		case path[i] == '\\' && quoted:
			i++
		case path[i] == '"':
			quoted = !quoted
		case path[i] == ']' && !quoted:
			return i
		}
	}
	return len(path)
}
