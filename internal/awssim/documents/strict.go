package documents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// ReadJSON decodes the one JSON value that text holds. Objects with the same name twice are refused: AWS's parsers
// differ in which of the two they take.
func ReadJSON(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	v, err := readValue(d)
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not JSON: text after the value")
	}
	return v, nil
}

func readValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return readObject(d)
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := readValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return token, nil
}

func readObject(d *json.Decoder) (any, error) {
	object := map[string]any{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := name.(string)
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("%q stands twice in one object", key)
		}
		if object[key], err = readValue(d); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// Decode fills into, a pointer to a struct or slice with json tags, from JSON text. It returns a problem for
// every field that the type does not have, its name compared with case, and for every value of another type.
func Decode(text string, into any) []facts.Problem {
	v, err := ReadJSON(text)
	if err != nil {
		return []facts.Problem{{Reason: err.Error()}}
	}
	var problems []facts.Problem
	CompareShape("", v, reflect.TypeOf(into).Elem(), &problems)
	if len(problems) > 0 {
		return problems
	}
	d := json.NewDecoder(bytes.NewBufferString(text))
	if err := d.Decode(into); err != nil {
		return []facts.Problem{{Reason: err.Error()}}
	}
	return nil
}

// CompareShape holds a JSON value against a Go type.
func CompareShape(path string, v any, t reflect.Type, problems *[]facts.Problem) {
	wrong := func(want string) {
		*problems = append(*problems, facts.Problem{Path: path, Reason: fmt.Sprintf("expected %s, got %s", want, KindOf(v))})
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		object, ok := v.(map[string]any)
		if !ok {
			wrong("an object")
			return
		}
		compareFields(path, object, t, problems)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			wrong("a list")
			return
		}
		for i, e := range list {
			CompareShape(fmt.Sprintf("%s[%d]", path, i), e, t.Elem(), problems)
		}
	case reflect.Map:
		object, ok := v.(map[string]any)
		if !ok {
			wrong("an object")
			return
		}
		for _, k := range slices.Sorted(maps.Keys(object)) {
			CompareShape(dotted(path, k), object[k], t.Elem(), problems)
		}
	case reflect.String:
		if _, ok := v.(string); !ok {
			wrong("a string")
		}
	case reflect.Bool:
		if _, ok := v.(bool); !ok {
			wrong("a bool")
		}
	case reflect.Int:
		if n, ok := v.(float64); !ok || n != float64(int(n)) {
			wrong("a whole number")
		}
	}
}

func compareFields(path string, object map[string]any, t reflect.Type, problems *[]facts.Problem) {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		fields[name] = t.Field(i).Type
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		field, known := fields[k]
		if !known {
			*problems = append(*problems, facts.Problem{Path: dotted(path, k), Reason: "no such field; there are " + strings.Join(slices.Sorted(maps.Keys(fields)), ", ")})
			continue
		}
		if object[k] != nil { // null is the same as nothing
			CompareShape(dotted(path, k), object[k], field, problems)
		}
	}
}

// KindOf says what a JSON value is, for messages: the string "x", a list, null.
func KindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("the string %q", v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("the %T %v", v, v)
}

func dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// OneOf reports whether s is among the values of a space-separated list.
func OneOf(s, list string) bool {
	for word := range strings.FieldsSeq(list) {
		if word == s {
			return true
		}
	}
	return false
}
