package config

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Where an effective value comes from.
const (
	FromFile    = "file"    // the stack file, or Pulumi.yaml
	FromDefault = "default" // Defaults, or what a further service is told where its file says nothing
	FromDerived = "derived" // from other values
)

// Value is one value that a region is made of.
type Value struct {
	Key   string `json:"key"`   // such as network.cidr; sizes.tasks for what the sizes come to
	Value any    `json:"value"` // nil for what is not set
	From  string `json:"from"`  // FromFile, FromDefault or FromDerived
}

// Effective returns every value of a configuration that Load made of a source, in the order of Config, and the sizes that
// follow from it.
func Effective(src Source, cfg Config) []Value {
	out := []Value{{regionKey, cfg.Region, FromFile}}
	plugin := map[string]any{}
	for _, name := range pluginKeys(reflect.TypeFor[Config]()) {
		if raw, given := src.Values[awsNamespace+name]; given {
			plugin[name] = raw
		}
	}
	for _, v := range effective("aws", reflect.ValueOf(cfg.AWS), reflect.ValueOf(AWS{}), plugin) {
		v.Key = strings.Replace(v.Key, ".", ":", 1)
		out = append(out, v)
	}
	now, fallback := reflect.ValueOf(cfg), reflect.ValueOf(Defaults(cfg.Organisation))
	for _, group := range groups() {
		of := child(now, group)
		said, _ := parse(src.Values[src.Project+":"+group]).(map[string]any)
		if of.Kind() != reflect.Map {
			out = append(out, effective(group, of, child(fallback, group), said)...)
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(cfg.Services)) {
			saidOfOne, _ := said[name].(map[string]any)
			out = append(out, effective(group+"."+name, reflect.ValueOf(cfg.Services[name]), reflect.ValueOf(furtherService()), saidOfOne)...)
		}
	}
	sizes := now.FieldByName("Sizes")
	for _, f := range reflect.VisibleFields(sizes.Type()) {
		if kind := f.Type.Kind(); f.IsExported() && !f.Anonymous && len(f.Index) == 1 && (kind == reflect.Int || kind == reflect.Slice) {
			out = append(out, Value{"sizes." + lowerFirst(f.Name), sizes.FieldByIndex(f.Index).Interface(), FromDerived})
		}
	}
	return out
}

// effective are the values of one group.
func effective(group string, now, fallback reflect.Value, said map[string]any) []Value {
	var out []Value
	for _, name := range keysOf(now.Type()) {
		v := Value{Key: group + "." + name, Value: set(child(now, name)), From: FromDerived}
		_, given := said[name]
		switch {
		case given:
			v.From = FromFile
		case reflect.DeepEqual(v.Value, set(child(fallback, name))):
			v.From = FromDefault
		}
		out = append(out, v)
	}
	return out
}

// set is a value as it is, nil where it is not set. Lists and groups are as JSON has them.
func set(v reflect.Value) any {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		if v.IsNil() {
			return nil
		}
	}
	if (v.Kind() == reflect.String || v.Kind() == reflect.Struct) && v.IsZero() {
		return nil
	}
	return v.Interface()
}

// Text is the value on a line, as JSON; a dash for what is not set.
func (v Value) Text() string {
	if v.Value == nil {
		return "-"
	}
	text, err := json.Marshal(v.Value)
	if err != nil {
		return "(a value that JSON cannot hold)"
	}
	return string(text)
}

// lowerFirst is a field's name as a key: RateLimit is rateLimit, CPUTargetPercent is cpuTargetPercent.
func lowerFirst(name string) string {
	runes := []rune(name)
	for i := range runes {
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return strings.TrimSpace(string(runes))
}
