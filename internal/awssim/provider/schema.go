package provider

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// Schema describes one property tree's shape, read from the SDK's own Go types so that it cannot drift from the
// version that the program is compiled against.
type Schema struct {
	Type     string             // bool, number, integer, string, list, map, object or any
	Elem     *Schema            // of a list or map
	Fields   map[string]*Schema // of an object
	Required []string           // fields of an object that the SDK's types demand
}

// Resource is the schema of one resource type.
type Resource struct {
	Inputs  *Schema
	Outputs *Schema
}

// argser is what the SDK's XArgs types implement: the plain type behind the inputs.
type argser interface{ ElementType() reflect.Type }

// schemaOf reads the schema of a resource from its SDK types.
func schemaOf(resource any, args argser) Resource {
	s := structs{}
	return Resource{Inputs: s.plain(args.ElementType()), Outputs: s.outputs(reflect.TypeOf(resource))}
}

// structs are the struct types read so far. Some contain themselves, as the statements of a web ACL's rules do.
type structs map[reflect.Type]*Schema

// plain reads a type of the SDK's unexported xArgs structs: pointers are optional, everything else is plain Go.
func (read structs) plain(t reflect.Type) *Schema {
	switch t.Kind() {
	case reflect.Pointer:
		return read.plain(t.Elem())
	case reflect.Bool:
		return &Schema{Type: "bool"}
	case reflect.Int:
		return &Schema{Type: "integer"}
	case reflect.Float64:
		return &Schema{Type: "number"}
	case reflect.String:
		return &Schema{Type: "string"}
	case reflect.Slice:
		return &Schema{Type: "list", Elem: read.plain(t.Elem())}
	case reflect.Map:
		return &Schema{Type: "map", Elem: read.plain(t.Elem())}
	case reflect.Struct:
		return read.object(t, func(f reflect.StructField) (reflect.Type, bool) {
			required := f.Type.Kind() != reflect.Pointer && f.Type.Kind() != reflect.Slice && f.Type.Kind() != reflect.Map
			return f.Type, required
		})
	}
	return &Schema{Type: "any"}
}

// outputs reads a resource struct, whose fields are outputs.
func (read structs) outputs(t reflect.Type) *Schema {
	return read.object(t, func(f reflect.StructField) (reflect.Type, bool) {
		if out, ok := reflect.Zero(f.Type).Interface().(pulumi.Output); ok {
			return out.ElementType(), false
		}
		return nil, false
	})
}

func (read structs) object(t reflect.Type, field func(reflect.StructField) (reflect.Type, bool)) *Schema {
	if s, ok := read[t]; ok {
		return s
	}
	s := &Schema{Type: "object", Fields: map[string]*Schema{}}
	read[t] = s
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("pulumi"), ",")
		if name == "" {
			continue
		}
		ft, required := field(f)
		if ft == nil {
			continue
		}
		s.Fields[name] = read.plain(ft)
		if required && s.Fields[name].Type != "any" {
			s.Required = append(s.Required, name)
		}
	}
	slices.Sort(s.Required)
	return s
}

// Check returns a problem for every property of v that the schema does not have, that has another type, or that is
// missing. Unknown values fit everywhere.
func (s *Schema) Check(v any) []cloud.Problem {
	var problems []cloud.Problem
	s.check("", v, &problems)
	return problems
}

func (s *Schema) check(path string, v any, problems *[]cloud.Problem) {
	if v == nil || cloud.IsUnknown(v) || s.Type == "any" {
		return
	}
	wrong := func() {
		*problems = append(*problems, cloud.Problem{Path: path, Reason: fmt.Sprintf("expected %s, got %s", s.Type, describe(v))})
	}
	switch v := v.(type) {
	case bool:
		if s.Type != "bool" {
			wrong()
		}
	case float64:
		if s.Type != "number" && (s.Type != "integer" || v != float64(int64(v))) {
			wrong()
		}
	case string:
		if s.Type != "string" {
			wrong()
		}
	case []any:
		if s.Type != "list" {
			wrong()
			return
		}
		for i, e := range v {
			s.Elem.check(fmt.Sprintf("%s[%d]", path, i), e, problems)
		}
	case cloud.Map:
		switch s.Type {
		case "map":
			for _, k := range sorted(v) {
				s.Elem.check(join(path, k), v[k], problems)
			}
		case "object":
			s.checkFields(path, v, problems)
		default:
			wrong()
		}
	default:
		wrong()
	}
}

func (s *Schema) checkFields(path string, v cloud.Map, problems *[]cloud.Problem) {
	for _, k := range sorted(v) {
		field, ok := s.Fields[k]
		if !ok {
			*problems = append(*problems, cloud.Problem{Path: join(path, k), Reason: "no such property"})
			continue
		}
		field.check(join(path, k), v[k], problems)
	}
	for _, k := range s.Required {
		if v[k] == nil {
			*problems = append(*problems, cloud.Problem{Path: join(path, k), Reason: "missing required property"})
		}
	}
}

func describe(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("string %q", v)
	case bool, float64:
		return fmt.Sprintf("%T %v", v, v)
	case []any:
		return "list"
	case cloud.Map:
		return "object"
	}
	return fmt.Sprintf("%T", v)
}

// join is the path of a property. One whose name is empty has to be named as well.
func join(path, name string) string {
	if name == "" {
		name = `""`
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// documents turns objects into JSON text where the provider does, which is where the SDK takes anything and the resource
// holds a string; what is neither is refused.
func (r Resource) documents(k *cloud.Kind, in cloud.Map) (problems []cloud.Problem) {
	for _, name := range sorted(in) {
		field, out := r.Inputs.Fields[name], r.Outputs.Fields[name]
		if field == nil || field.Type != "any" || out == nil || out.Type != "string" || in[name] == nil || cloud.IsUnknown(in[name]) {
			continue
		}
		object, isObject := in[name].(cloud.Map)
		if text, err := json.Marshal(object); isObject && err == nil && slices.Contains(k.JSON, name) {
			in[name] = string(text)
		}
		if _, isText := in[name].(string); !isText {
			problems = append(problems, cloud.Problem{Path: name, Reason: "expected string, got " + describe(in[name])})
		}
	}
	return problems
}

// unnamed refuses an empty string where a resource has to be named: the provider would ask AWS for one without an id.
func (r Resource) unnamed(k *cloud.Kind, in cloud.Map) (problems []cloud.Problem) {
	for _, ref := range k.Refs {
		if r.Inputs.requires(ref.Path) && slices.Contains(cloud.Strs(in, ref.Path), "") {
			problems = append(problems, cloud.Problem{Path: ref.Path, Reason: "must not be empty: it names a resource"})
		}
	}
	return problems
}

// requires reports whether the property at a path has to be given wherever its object is.
func (s *Schema) requires(path string) bool {
	for {
		name, rest, nested := strings.Cut(path, ".")
		field := s.Fields[strings.TrimSuffix(name, "[]")]
		if field == nil || !nested {
			return field != nil && slices.Contains(s.Required, name)
		}
		if field.Elem != nil {
			field = field.Elem
		}
		s, path = field, rest
	}
}
