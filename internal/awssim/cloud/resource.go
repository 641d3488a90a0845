package cloud

import (
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// Map is one object of a property tree.
type Map = map[string]any

// unknown is the type of Unknown.
type unknown struct{}

// Unknown stands for a value that is not known yet, as inputs hold in a preview. Checks skip it; states never hold it.
var Unknown any = unknown{}

// IsUnknown reports whether v is Unknown itself. It does not look inside maps and lists.
func IsUnknown(v any) bool { _, is := v.(unknown); return is }

// Resource is one thing that exists in the account.
type Resource struct {
	Type   string `json:"type"`             // type token, such as aws:ec2/vpc:Vpc
	Region string `json:"region,omitempty"` // empty for services that are global
	ID     string `json:"id"`               // what the provider uses as id, and what an import takes
	Serial int    `json:"serial"`           // order of creation in the account
	Inputs Map    `json:"inputs"`           // as last asked for; nobody changes them in place
	State  Map    `json:"state"`            // as AWS holds it: inputs, defaults and what AWS computed

	Born time.Time `json:"born,omitzero"` // when AWS accepted its creation; zero: before the account was opened
	Gone time.Time `json:"gone,omitzero"` // when AWS will have deleted it; zero: nobody has asked for that
	Busy time.Time `json:"busy,omitzero"` // until when AWS is at work on it, whether or not somebody still waits for that

	// Hidden is what AWS knows of the resource and no output shows, such as a launch template's earlier versions or
	// the data in a database.
	Hidden Map `json:"hidden,omitempty"`

	// Owner is the id of the resource along with which AWS made this one, such as a VPC's default security group. It goes
	// with its owner and keeps nothing in use; no deployment knows it.
	Owner string `json:"owner,omitempty"`

	// Declared is set for what the account has before anything is deployed. Nothing deletes it.
	Declared bool `json:"declared,omitempty"`
}

// Str returns the string at path in the state, or "" when there is none.
func (r *Resource) Str(path string) string { return Str(r.State, path) }

// Strs returns all strings at path in the state; a "[]" in the path stands for every element.
func (r *Resource) Strs(path string) []string { return Strs(r.State, path) }

// Int returns the number at path in the state, or 0 when there is none.
func (r *Resource) Int(path string) int { return Int(r.State, path) }

// Bool returns the bool at path in the state, or false when there is none.
func (r *Resource) Bool(path string) bool { return Bool(r.State, path) }

// Name returns the resource's name, or its id when it has none, for messages.
func (r *Resource) Name() string {
	if n := r.Str("name"); n != "" {
		return n
	}
	return r.ID
}

// At returns every value at path in m. A path is property names joined by dots; "[]" after a name stands for every
// element of a list: "networkConfiguration.subnets[]". Absent values are not returned, unknown ones are.
func At(m Map, path string) []any {
	values := []any{m}
	for path != "" {
		var name string
		name, path, _ = strings.Cut(path, ".")
		name, each := strings.CutSuffix(name, "[]")
		var next []any
		for _, v := range values {
			m, ok := v.(Map)
			if !ok {
				continue
			}
			v, ok = m[name]
			if !ok || v == nil {
				continue
			}
			if list, ok := v.([]any); ok && each {
				next = append(next, list...)
			} else {
				next = append(next, v)
			}
		}
		values = next
	}
	return values
}

// Str returns the first string at path in m, or "".
func Str(m Map, path string) string { return First[string](m, path) }

// Bool returns the first bool at path in m, or false.
func Bool(m Map, path string) bool { return First[bool](m, path) }

// Int returns the first number at path in m as an int, or 0.
func Int(m Map, path string) int { return int(First[float64](m, path)) }

// Has reports whether there is a value at path in m, Unknown included.
func Has(m Map, path string) bool {
	if plain(path) {
		return m[path] != nil
	}
	return len(At(m, path)) > 0
}

// plain reports whether a path is the name of one property.
func plain(path string) bool {
	return strings.IndexByte(path, '.') < 0 && !strings.HasSuffix(path, "[]")
}

// Strs returns all strings at path in m.
func Strs(m Map, path string) []string {
	var out []string
	for _, v := range At(m, path) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Maps returns all objects at path in m.
func Maps(m Map, path string) []Map {
	var out []Map
	for _, v := range At(m, path) {
		if o, ok := v.(Map); ok {
			out = append(out, o)
		}
	}
	return out
}

// First returns the first value of a type at path in m.
func First[T any](m Map, path string) (zero T) {
	if plain(path) { // most are, and need no list
		t, _ := m[path].(T)
		return t
	}
	for _, v := range At(m, path) {
		if t, ok := v.(T); ok {
			return t
		}
	}
	return zero
}

// Clone returns a deep copy of a property tree.
func Clone[T any](v T) T { c, _ := facts.Clone(any(v)).(T); return c }

// List turns strings into a list of a property tree.
func List[T any](values ...T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
