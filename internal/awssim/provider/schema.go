package provider

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

// documents turns objects into JSON text where the provider does, which is where the SDK takes anything and the resource
// holds a string; what is neither is refused.
func documents(r schema.Resource, t *facts.Type, in cloud.Map) (problems []cloud.Problem) {
	for _, name := range sorted(in) {
		field, out := r.Inputs.Fields[name], r.Outputs.Fields[name]
		if field == nil || field.Type != "any" || out == nil || out.Type != "string" || in[name] == nil || cloud.IsUnknown(in[name]) {
			continue
		}
		object, isObject := in[name].(cloud.Map)
		if text, err := json.Marshal(object); isObject && err == nil && holdsJSON(t.Fields[name]) {
			in[name] = string(text)
		}
		if _, isText := in[name].(string); !isText {
			problems = append(problems, cloud.Problem{Path: name, Reason: "expected string, got " + schema.Describe(in[name])})
		}
	}
	return problems
}

// holdsJSON reports whether the provider reads a text as JSON.
func holdsJSON(p *facts.Property) bool {
	return p != nil && (p.Same == "json" || p.Same == "policy" || p.Limits != nil && (strings.HasPrefix(p.Format, "json") || strings.HasPrefix(p.Format, "policy")))
}

// unnamed refuses an empty string where a resource has to be named: the provider would ask AWS for one without an id.
func unnamed(r schema.Resource, k *cloud.Kind, in cloud.Map) (problems []cloud.Problem) {
	for _, ref := range k.Refs {
		if r.Inputs.Requires(ref.Path) && slices.Contains(cloud.Strs(in, ref.Path), "") {
			problems = append(problems, cloud.Problem{Path: ref.Path, Reason: "must not be empty: it names a resource"})
		}
	}
	return problems
}
