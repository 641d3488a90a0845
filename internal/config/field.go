package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// groups returns the names of the top-level groups, in the order of Config.
func groups() []string { return groupsOf(reflect.TypeFor[Config]()) }

// groupsOf returns the names of the top-level groups of a struct of groups, in its order.
func groupsOf(root reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(root) {
		if name := f.Tag.Get("yaml"); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// keysOf returns the names of the keys in a group.
func keysOf(group reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(group) {
		names = append(names, f.Tag.Get("yaml"))
	}
	return names
}

// child returns the field of a struct that has the given yaml name, or the zero Value.
func child(parent reflect.Value, name string) reflect.Value {
	for i, f := range reflect.VisibleFields(parent.Type()) {
		if f.Tag.Get("yaml") == name && name != "-" {
			return parent.Field(i)
		}
	}
	return reflect.Value{}
}

// field returns the part of cfg that a key such as network.cidr names. The key must exist: keys come from the rules.
func field(cfg *Config, key string) reflect.Value {
	if key == regionKey {
		return reflect.ValueOf(&cfg.Region).Elem()
	}
	group, name, _ := strings.Cut(key, ".")
	f := child(child(reflect.ValueOf(cfg).Elem(), group), name)
	if !f.IsValid() {
		panic("config: no key " + key)
	}
	return f
}

// paths returns every key of a Config, groups and what is in them.
func paths() []string { return pathsOf(reflect.TypeFor[Config]()) }

// pathsOf is paths for any struct of groups.
func pathsOf(of reflect.Type) []string {
	var all []string
	root := reflect.Zero(of)
	for _, group := range groupsOf(of) {
		all = append(all, group)
		if child(root, group).Kind() != reflect.Struct {
			continue // its keys are names that the stack chooses
		}
		for _, name := range keysOf(child(root, group).Type()) {
			all = append(all, group+"."+name)
		}
	}
	return all
}

// nearestKey returns the known key that an unknown one most likely stands for: the one spelt most like it beside it, or
// one elsewhere whose last part is spelt so much more like it that it is probably in the wrong group.
func nearestKey(root reflect.Type, unknown string) string {
	const elsewhere = 3 // letters that a key of another group has to be nearer
	parent, name := split(unknown)
	cost := func(path string) int {
		p, n := split(path)
		if p == parent {
			return distance(name, n)
		}
		return distance(name, n) + elsewhere
	}
	return slices.MinFunc(pathsOf(root), func(a, b string) int { return cost(a) - cost(b) })
}

// split cuts the last part off a key.
func split(path string) (parent, last string) {
	i := strings.LastIndex(path, ".")
	return path[:max(i, 0)], path[i+1:]
}

// nearest returns the choice spelt most like the given text.
func nearest(text string, choices []string) string {
	if len(choices) == 0 {
		return ""
	}
	return slices.MinFunc(choices, func(a, b string) int { return distance(text, a) - distance(text, b) })
}

// distance is the number of letters to add, drop or exchange, ignoring case.
func distance(a, b string) int {
	return levenshtein.Distance(strings.ToLower(a), strings.ToLower(b), nil)
}

// show renders a value for a message: as JSON, so that text and numbers can be told apart, without anything that
// could break the line, and shortened. What is not set is empty.
func show(v any) string {
	if v == nil || v == "" || reflect.ValueOf(v).Kind() == reflect.Slice && reflect.ValueOf(v).IsNil() {
		return ""
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "(a value that JSON cannot hold)"
	}
	const most = 100
	text := []rune(printable(strings.TrimSpace(b.String())))
	if len(text) > most {
		text = append(text[:most-1], '…')
	}
	return string(text)
}
