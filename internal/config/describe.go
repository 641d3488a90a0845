package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/deepstreamhub/platform/internal/naming"
)

// Field is one key of a stack file as the tables of rules describe it.
type Field struct {
	Key      string // such as network.cidr; services.<name>.port for what each further service is told
	Default  string // as JSON; empty for none
	Required bool   // whether it has no default and must be given
	Allowed  string // which values it takes by itself, and why; empty where only its type limits it
}

// anyService is how Field names a service that the stack names.
const anyService = "services.<name>"

// Fields returns every key there is, in the order of Config, with the defaults of an organisation.
func Fields(o naming.Organisation) []Field {
	fields := []Field{describe(regionKey, reflect.ValueOf(""))}
	for _, name := range pluginKeys(reflect.TypeFor[Config]()) {
		fields = append(fields, describe(awsNamespace+name, child(reflect.ValueOf(AWS{}), name)))
	}
	defaults := reflect.ValueOf(Defaults(o))
	for _, group := range groups() {
		of, key := child(defaults, group), group
		if of.Kind() == reflect.Map {
			of, key = reflect.ValueOf(furtherService()), anyService
		}
		for _, name := range keysOf(of.Type()) {
			fields = append(fields, describe(key+"."+name, child(of, name)))
		}
	}
	return fields
}

func describe(key string, value reflect.Value) Field {
	f := Field{Key: key, Allowed: allowed(key)}
	if value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	// A number that a rule lets be 0 is set to it; anything else that is zero is not set.
	zero := value.IsZero() && (value.Kind() != reflect.Int || strings.HasPrefix(key, anyService))
	if value.Kind() != reflect.Pointer && !zero {
		f.Default = show(value.Interface())
	}
	f.Required = f.Default == "" && mustBeGiven(key)
	if f.Allowed == "" && (value.Kind() == reflect.Bool || value.Kind() == reflect.Pointer) {
		f.Allowed = "true or false"
	}
	return f
}

// allowed says in words what the tables of rules say of a key.
func allowed(key string) string {
	if rule := pluginRules[strings.TrimPrefix(key, awsNamespace)]; rule != "" {
		return strings.TrimPrefix(rule, "must be ")
	}
	if text := strings.TrimPrefix(numberRange(key), " "); text != "" {
		return strings.TrimPrefix(text, "from ")
	}
	for _, n := range furtherNumbers(furtherService()) {
		if key == anyService+"."+n.name {
			return strings.TrimPrefix(strings.TrimPrefix(n.rule(), "must be a whole number "), "from ")
		}
	}
	for _, w := range windowPairs {
		switch key {
		case w.daily:
			return fmt.Sprintf("a daily window in UTC, hh24:mi-hh24:mi, of %d minutes or more", w.shortest)
		case w.weekly:
			return fmt.Sprintf("a weekly window in UTC, ddd:hh24:mi-ddd:hh24:mi, of %d minutes to a day, apart from %s", w.shortest, w.daily)
		}
	}
	if group, is := parameterGroups[key]; is {
		return "values by name, each as text, of " + group.engine + "'s parameters that take effect at once"
	}
	for _, c := range choices {
		if c.key == key {
			return strings.TrimPrefix(c.rule, "must be ")
		}
	}
	for _, t := range texts {
		if t.key == key {
			return strings.TrimPrefix(t.rule, "must be ")
		}
	}
	for _, r := range required {
		if r.key == key {
			return strings.TrimPrefix(r.rule, "must be ")
		}
	}
	return ""
}
