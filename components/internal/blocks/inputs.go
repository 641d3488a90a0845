package blocks

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Inputs are what a component's state shows of its arguments, a pointer to a struct: every exported field that holds something
// plain (text, numbers, switches, and lists, maps and structs of them), under its name with a small letter first.
//
// What another resource hands over is left out, because a component, and with it every child, waits for its inputs; so nothing is
// shown that could be secret. A tag pulumi:"<name>" renames a field, and shows it even so; pulumi:"-" leaves it out.
func Inputs(args any) pulumi.Map {
	return fields(reflect.ValueOf(args).Elem())
}

var (
	outputType   = reflect.TypeFor[pulumi.Output]()
	resourceType = reflect.TypeFor[pulumi.Resource]()
)

// fields are those of a struct.
func fields(v reflect.Value) pulumi.Map {
	shown := pulumi.Map{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		tag, tagged := f.Tag.Lookup("pulumi")
		if !f.IsExported() || tag == "-" {
			continue
		}
		if in := input(v.FieldByIndex(f.Index), tagged); in != nil {
			if !tagged {
				tag = inputName(f.Name)
			}
			shown[tag] = in
		}
	}
	return shown
}

// input is a value as an input, nil for what is not shown.
func input(v reflect.Value, outputs bool) pulumi.Input {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || v.Type().Implements(resourceType) {
		return nil
	}
	if v.Type().Implements(outputType) {
		if outputs {
			return v.Interface().(pulumi.Input)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		return pulumi.String(v.String())
	case reflect.Int:
		return pulumi.Int(int(v.Int()))
	case reflect.Float64:
		return pulumi.Float64(v.Float())
	case reflect.Bool:
		return pulumi.Bool(v.Bool())
	case reflect.Struct:
		return fields(v)
	case reflect.Pointer:
		if v.IsNil() || v.Type().Elem().Kind() != reflect.Struct {
			return nil
		}
		return fields(v.Elem())
	case reflect.Slice:
		return list(v, outputs)
	case reflect.Map:
		return byName(v, outputs)
	}
	return nil
}

// list is what is shown of a list, nil for nothing: all of it or none, since numbers of entries would lie.
func list(v reflect.Value, outputs bool) pulumi.Input {
	shown := pulumi.Array{}
	for i := range v.Len() {
		if in := input(v.Index(i), outputs); in != nil {
			shown = append(shown, in)
		}
	}
	if len(shown) == 0 || len(shown) < v.Len() {
		return nil
	}
	return shown
}

// byName is what is shown of a map, nil for nothing.
func byName(v reflect.Value, outputs bool) pulumi.Input {
	shown := pulumi.Map{}
	for _, name := range v.MapKeys() {
		if in := input(v.MapIndex(name), outputs); in != nil {
			shown[name.String()] = in
		}
	}
	if len(shown) == 0 {
		return nil
	}
	return shown
}

// inputName is a field's name as that of an input: VpcID is vpcId, CIDR is cidr, CPUPercent is cpuPercent.
func inputName(field string) string {
	for _, id := range []string{"ID", "IDs"} {
		if start, is := strings.CutSuffix(field, id); is {
			field = start + "Id" + id[2:]
		}
	}
	runes := []rune(field)
	for i := range runes {
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}
