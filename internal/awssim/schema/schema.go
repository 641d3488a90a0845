// Package schema reads from the SDK's own Go types which inputs and outputs a resource type has, and holds values to them. So it
// cannot drift from the version that the program is compiled against.
package schema

import (
	"fmt"
	"go/token"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// Schema describes the shape of one property tree.
type Schema struct {
	Type     string             // bool, number, integer, string, list, map, object or any
	Elem     *Schema            // of a list or map
	Fields   map[string]*Schema // of an object
	Required []string           // fields of an object that the SDK's types demand
	Name     string             // of an object's type in the SDK, such as ec2/InstanceRootBlockDevice; empty for a resource's own properties
}

// Resource is the schema of one resource type.
type Resource struct {
	Inputs  *Schema
	Outputs *Schema
}

// argser is what the SDK's XArgs types implement: the plain type behind the inputs.
type argser interface{ ElementType() reflect.Type }

// Function is the schema of one provider function.
type Function struct{ Args, Result *Schema }

// Of reads the schema of a resource from its SDK types, such as ec2.Vpc{} and ec2.VpcArgs{}.
func Of(resource any, args argser) Resource {
	s := structs{}
	return Resource{Inputs: s.plain(args.ElementType()), Outputs: s.outputs(reflect.TypeOf(resource))}
}

// OfFunction reads the schema of a provider function from the SDK types of its arguments and its result.
func OfFunction(args, result any) Function {
	read := structs{}
	return Function{Args: read.plain(reflect.TypeOf(args)), Result: read.plain(reflect.TypeOf(result))}
}

// OfArgs reads the schema of a provider's own configuration.
func OfArgs(args argser) *Schema { return structs{}.plain(args.ElementType()) }

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
	if token.IsExported(t.Name()) {
		s.Name = path.Base(t.PkgPath()) + "/" + t.Name()
	}
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
// missing. Nothing and what is none of JSON's values, as one that is not known yet, fit everywhere.
func (s *Schema) Check(v any) []facts.Problem {
	var problems []facts.Problem
	s.check("", v, &problems)
	return problems
}

func (s *Schema) check(path string, v any, problems *[]facts.Problem) {
	if s.Type == "any" {
		return
	}
	wrong := func() {
		*problems = append(*problems, facts.Problem{Path: path, Reason: fmt.Sprintf("expected %s, got %s", s.Type, Describe(v))})
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
	case map[string]any:
		switch s.Type {
		case "map":
			for _, k := range slices.Sorted(maps.Keys(v)) {
				s.Elem.check(Join(path, k), v[k], problems)
			}
		case "object":
			s.checkFields(path, v, problems)
		default:
			wrong()
		}
	}
}

func (s *Schema) checkFields(path string, v map[string]any, problems *[]facts.Problem) {
	for _, k := range slices.Sorted(maps.Keys(v)) {
		field, ok := s.Fields[k]
		if !ok {
			*problems = append(*problems, facts.Problem{Path: Join(path, k), Reason: "no such property"})
			continue
		}
		field.check(Join(path, k), v[k], problems)
	}
	for _, k := range s.Required {
		if v[k] == nil {
			*problems = append(*problems, facts.Problem{Path: Join(path, k), Reason: "missing required property"})
		}
	}
}

// Describe says what a value is, for messages.
func Describe(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("string %q", v)
	case bool, float64:
		return fmt.Sprintf("%T %v", v, v)
	case []any:
		return "list"
	case map[string]any:
		return "object"
	}
	return fmt.Sprintf("%T", v)
}

// Join is the path of a property. One whose name is empty has to be named as well.
func Join(path, name string) string {
	if name == "" {
		name = `""`
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// Requires reports whether the property at a path has to be given wherever its object is.
func (s *Schema) Requires(path string) bool {
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

// Field returns the schema of what an object or a map has under a name; nil where it has none.
func (s *Schema) Field(name string) *Schema {
	if s.Type == "map" {
		return s.Elem
	}
	return s.Fields[name]
}
