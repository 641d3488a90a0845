// Package tagging gives everything below a component its tags.
package tagging

import (
	"maps"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// All makes a component and everything below it carry the stack's tags, its own name, and each resource a Name for
// AWS's consoles. It is one transformation for all types: whatever has an input called Tags takes them, so a new
// resource cannot be forgotten. Auto scaling groups list their tags in a form of their own and take them as arguments.
func All(stack, component string, base map[string]string) pulumi.ResourceOption {
	return pulumi.Transformations([]pulumi.ResourceTransformation{
		func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
			field, ok := tagsField(args.Props)
			if !ok {
				return nil
			}
			own := maps.Clone(base)
			own["component"] = component
			own["Name"] = stack + "-" + args.Name
			field.Set(reflect.ValueOf(pulumi.ToStringMap(own)))
			return &pulumi.ResourceTransformationResult{Props: args.Props, Opts: args.Opts}
		},
	})
}

// Add gives tags to a component and to everything below it that takes tags, beside those that a resource has: its own win.
func Add(tags map[string]string) pulumi.ResourceOption {
	return pulumi.Transformations([]pulumi.ResourceTransformation{
		func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
			field, ok := tagsField(args.Props)
			if !ok || len(tags) == 0 {
				return nil
			}
			all := pulumi.ToStringMap(tags)
			if own, is := field.Interface().(pulumi.StringMap); is {
				maps.Copy(all, own)
			} else if !field.IsNil() {
				return nil // not known yet: a resource that says all of its tags itself
			}
			field.Set(reflect.ValueOf(all))
			return &pulumi.ResourceTransformationResult{Props: args.Props, Opts: args.Opts}
		},
	})
}

var stringMap = reflect.TypeFor[pulumi.StringMapInput]()

// tagsField returns the Tags input of a resource's arguments, if the type has one.
func tagsField(props pulumi.Input) (reflect.Value, bool) {
	v := reflect.ValueOf(props)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return reflect.Value{}, false
	}
	f := v.Elem().FieldByName("Tags")
	return f, f.IsValid() && f.Type() == stringMap
}
