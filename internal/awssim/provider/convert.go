package provider

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// defaultsKey lists, in checked inputs, the properties whose values the provider chose itself. The AWS provider keeps
// such a list too: it tells an auto-name from a name that the program gave.
const defaultsKey = "__defaults"

// options let unknown values through and reveal secrets; the engine marks as secret what was secret in the inputs.
var options = plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true}

// unmarshal turns the wire's form into a property tree.
func unmarshal(s *structpb.Struct) (cloud.Map, error) {
	props, err := plugin.UnmarshalProperties(s, options)
	if err != nil {
		return nil, err
	}
	m, err := tree(resource.NewObjectProperty(props))
	if err != nil {
		return nil, err
	}
	return m.(cloud.Map), nil
}

func tree(v resource.PropertyValue) (any, error) {
	switch {
	case v.IsNull():
		return nil, nil
	case v.IsComputed() || v.IsOutput() && !v.OutputValue().Known:
		return cloud.Unknown, nil
	case v.IsOutput():
		return tree(v.OutputValue().Element)
	case v.IsSecret():
		return tree(v.SecretValue().Element)
	case v.IsBool():
		return v.BoolValue(), nil
	case v.IsNumber():
		return v.NumberValue(), nil
	case v.IsString():
		return v.StringValue(), nil
	case v.IsArray():
		out := make([]any, len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			var err error
			if out[i], err = tree(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case v.IsObject():
		out := make(cloud.Map, len(v.ObjectValue()))
		for k, e := range v.ObjectValue() {
			t, err := tree(e)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
			if t != nil {
				out[string(k)] = t
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("no AWS property takes a %s", v.TypeString())
}

// marshal turns a property tree into the wire's form.
func marshal(m cloud.Map) (*structpb.Struct, error) {
	return plugin.MarshalProperties(value(m).ObjectValue(), options)
}

func value(v any) resource.PropertyValue {
	switch v := v.(type) {
	case cloud.Map:
		out := make(resource.PropertyMap, len(v))
		for k, e := range v {
			out[resource.PropertyKey(k)] = value(e)
		}
		return resource.NewObjectProperty(out)
	case []any:
		out := make([]resource.PropertyValue, len(v))
		for i, e := range v {
			out[i] = value(e)
		}
		return resource.NewArrayProperty(out)
	case nil:
		return resource.NewNullProperty()
	}
	if cloud.IsUnknown(v) {
		return resource.MakeComputed(resource.NewStringProperty(""))
	}
	return resource.NewPropertyValue(v)
}

// split takes the list of defaults out of checked inputs.
func split(inputs cloud.Map) (plain cloud.Map, defaults []any) {
	plain = make(cloud.Map, len(inputs))
	for k, v := range inputs {
		if k != defaultsKey {
			plain[k] = v
		}
	}
	defaults, _ = inputs[defaultsKey].([]any)
	return plain, defaults
}

// unite puts the list of defaults back.
func unite(inputs cloud.Map, defaults []any) cloud.Map {
	if len(defaults) > 0 {
		inputs[defaultsKey] = defaults
	}
	return inputs
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
