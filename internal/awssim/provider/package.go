package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

// spec is a node of a Pulumi package schema (https://www.pulumi.com/docs/iac/extending-pulumi/schema/).
type spec map[string]any

// GetSchema describes the types that the offline AWS knows, as far as the SDK's own Go types tell: names, types, and which
// inputs are required. It is what the engine writes the code of an import by. Functions are not in it.
func (s *Server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	p := packageSpec{types: spec{}}
	resources := spec{}
	for _, token := range cloud.Types() {
		k, _ := cloud.Lookup(token)
		r := k.Schema
		resources[token] = spec{
			"inputProperties": p.fields(r.Inputs), "requiredInputs": r.Inputs.Required, "properties": p.fields(r.Outputs),
		}
	}
	text, err := json.Marshal(spec{
		"name": "aws", "version": Version,
		"meta":      spec{"moduleFormat": "(.*)(?:/[^/]*)"}, // aws:ec2/vpc:Vpc is in the module ec2
		"language":  spec{"go": spec{"importBasePath": "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"}},
		"provider":  spec{"inputProperties": p.fields(providerSchema)},
		"resources": resources, "types": p.types,
	})
	if err != nil {
		return nil, fmt.Errorf("write schema: %w", err)
	}
	return &pulumirpc.GetSchemaResponse{Schema: string(text)}, nil
}

// packageSpec collects the object types that resources refer to, by token.
type packageSpec struct{ types spec }

func (p packageSpec) fields(s *schema.Schema) spec {
	out := spec{}
	for name, field := range s.Fields {
		out[name] = p.of(field)
	}
	return out
}

func (p packageSpec) of(s *schema.Schema) spec {
	switch s.Type {
	case "bool":
		return spec{"type": "boolean"}
	case "number", "integer", "string":
		return spec{"type": s.Type}
	case "list":
		return spec{"type": "array", "items": p.of(s.Elem)}
	case "map":
		return spec{"type": "object", "additionalProperties": p.of(s.Elem)}
	case "object":
		module, name, _ := strings.Cut(s.Name, "/")
		token := "aws:" + module + "/" + name + ":" + name
		if p.types[token] == nil {
			object := spec{"type": "object", "required": s.Required}
			p.types[token] = object // before its fields: some types contain themselves
			object["properties"] = p.fields(s)
		}
		return spec{"$ref": "#/types/" + token}
	}
	return spec{"$ref": "pulumi.json#/Any"}
}
