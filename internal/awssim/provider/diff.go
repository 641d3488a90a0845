package provider

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// change is one input that differs between two sets of inputs.
type change struct {
	Path     string // property names joined by dots, list indexes in brackets
	Kind     changeKind
	Replaces bool
}

type changeKind int

const (
	added changeKind = iota
	deleted
	updated
)

// compare returns every difference between two sets of inputs, sorted by path. Lists of scalars count as sets unless
// the kind says that their order matters, and strings that hold JSON count as equal when they mean the same.
func compare(k *cloud.Kind, old, new cloud.Map) []change {
	d := differ{kind: k, old: old, new: new}
	d.objects("", old, new)
	slices.SortFunc(d.changes, func(a, b change) int { return strings.Compare(a.Path, b.Path) })
	return d.changes
}

type differ struct {
	kind     *cloud.Kind
	old, new cloud.Map
	changes  []change
}

func (d *differ) add(path string, kind changeKind) {
	replaces := d.kind.Replaces(path) || kind != updated && d.kind.Swapped(path) || d.kind.ReplacesHere(path, d.old, d.new)
	d.changes = append(d.changes, change{path, kind, replaces})
}

func (d *differ) objects(path string, old, new cloud.Map) {
	for _, name := range sorted(old) {
		if _, kept := new[name]; !kept && !empty(old[name]) {
			d.add(join(path, name), deleted)
		}
	}
	for _, name := range sorted(new) {
		p := join(path, name)
		if was, had := old[name]; had {
			d.values(p, was, new[name])
		} else if !empty(new[name]) {
			d.add(p, added)
		}
	}
}

func (d *differ) values(path string, old, new any) {
	switch n := new.(type) {
	case cloud.Map:
		if o, ok := old.(cloud.Map); ok {
			d.objects(path, o, n)
			return
		}
	case []any:
		if o, ok := old.([]any); ok {
			d.lists(path, o, n)
			return
		}
	case string:
		if o, ok := old.(string); ok && d.sameText(path, o, n) {
			return
		}
	}
	if !reflect.DeepEqual(old, new) {
		d.add(path, updated)
	}
}

func (d *differ) lists(path string, old, new []any) {
	if scalars(old) && scalars(new) && !slices.Contains(d.kind.Ordered, path) {
		if !slices.Equal(texts(old), texts(new)) {
			d.add(path, updated)
		}
		return
	}
	for i := range max(len(old), len(new)) {
		p := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(new):
			d.add(p, deleted)
		case i >= len(old):
			d.add(p, added)
		default:
			d.values(p, old[i], new[i])
		}
	}
}

func (d *differ) sameText(path, old, new string) bool {
	if old == new {
		return true
	}
	if !slices.Contains(d.kind.JSON, path) {
		return false
	}
	var a, b any
	return json.Unmarshal([]byte(old), &a) == nil && json.Unmarshal([]byte(new), &b) == nil && reflect.DeepEqual(a, b)
}

// empty reports whether a provider would see no difference between v and nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case cloud.Map:
		return len(v) == 0
	}
	return false
}

func scalars(list []any) bool {
	for _, v := range list {
		switch v.(type) {
		case []any, cloud.Map:
			return false
		}
	}
	return true
}

func texts(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = fmt.Sprintf("%T:%v", v, v)
	}
	slices.Sort(out)
	return out
}
