package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/zclconf/go-cty/cty"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
	"github.com/deepstreamhub/platform/internal/tfplugin"
)

// terraformName finds the provider's resource type behind a token of the SDK: the one whose attributes are the SDK's properties,
// and of several alike the one whose name is most like the token's.
func terraformName(token string, r schema.Resource, schemas map[string]*tfplugin.Block) (string, error) {
	parts := strings.Split(token, ":")
	module, _, _ := strings.Cut(parts[1], "/")
	wanted := snake(parts[2])
	best, bestScore := "", -1.0
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		score := alike(r, schemas[name])
		plain := strings.TrimPrefix(name, "aws_")
		switch plain {
		case module + "_" + wanted:
			score += 0.5
		case wanted:
			score += 0.4
		default:
			if strings.HasSuffix(plain, wanted) || strings.HasPrefix(wanted, plain) {
				score += 0.2
			}
			if strings.HasPrefix(plain, module+"_") {
				score += 0.1
			}
		}
		if score > bestScore {
			best, bestScore = name, score
		}
	}
	const least = 0.9
	if bestScore < least {
		return "", fmt.Errorf("%s: no resource of the provider fits (the best is %s, %.2f)", token, best, bestScore)
	}
	return best, nil
}

// alike is the share of names that an SDK type and a provider's block have in common.
func alike(r schema.Resource, b *tfplugin.Block) float64 {
	common, all := 0, len(r.Outputs.Fields)
	for _, name := range names(b) {
		if name == "id" || name == "timeouts" {
			continue
		}
		if sdkName(name, r.Outputs.Fields) != "" {
			common++
		} else {
			all++
		}
	}
	return float64(common) / float64(max(all, 1))
}

func names(b *tfplugin.Block) []string {
	return append(slices.Sorted(maps.Keys(b.Attributes)), slices.Sorted(maps.Keys(b.Blocks))...)
}

// sdkName returns under which of the names the SDK has what the provider calls so: lists are in the plural, and what can be
// there once is in the singular (pulumi-terraform-bridge, TerraformToPulumiNameV2).
func sdkName(terraform string, fields map[string]*schema.Schema) string {
	name := camel(terraform)
	for _, candidate := range append([]string{name, renamed[terraform]}, inflections(name)...) {
		if _, ok := fields[candidate]; ok {
			return candidate
		}
	}
	return ""
}

// renamed are the names that the bridge does not form by its rule (pulumi-aws, provider/resources.go).
var renamed = map[string]string{"alarm_name": "name", "topic_arn": "topic"}

func inflections(name string) []string {
	out := []string{name + "s", name + "es"}
	if strings.HasSuffix(name, "y") {
		out = append(out, name[:len(name)-1]+"ies")
	}
	if strings.HasSuffix(name, "ies") {
		out = append(out, name[:len(name)-3]+"y")
	}
	return append(out, strings.TrimSuffix(name, "s"), strings.TrimSuffix(name, "es"))
}

func camel(snake string) string {
	var b strings.Builder
	for i, part := range strings.Split(snake, "_") {
		if i > 0 && part != "" {
			part = strings.ToUpper(part[:1]) + part[1:]
		}
		b.WriteString(part)
	}
	return b.String()
}

func snake(camel string) string {
	var b strings.Builder
	for i, c := range camel {
		if unicode.IsUpper(c) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// matcher lays the SDK's types over the provider's.
type matcher struct{ lost []string }

// fields returns the properties of an object that both know. Inputs come first: only at the top of a resource do an SDK's
// outputs hold more.
func (m *matcher) fields(path string, b *tfplugin.Block, inputs, outputs map[string]*schema.Schema) map[string]*facts.Property {
	out := map[string]*facts.Property{}
	for _, name := range names(b) {
		known := inputs
		sdk := sdkName(name, inputs)
		if sdk == "" {
			known = outputs
			sdk = sdkName(name, outputs)
		}
		if sdk == "" {
			if name != "id" && name != "timeouts" {
				m.lost = append(m.lost, path+name)
			}
			continue
		}
		var p *facts.Property
		if n := b.Blocks[name]; n != nil {
			p = m.block(path+name+".", n, known[sdk])
		} else {
			a := b.Attributes[name]
			p = m.attribute(path+name+".", a.Type, known[sdk])
			p.Required, p.Optional, p.Computed = a.Required, a.Optional, a.Computed
		}
		p.Terraform = name
		out[sdk] = p
	}
	return out
}

func (m *matcher) block(path string, n *tfplugin.NestedBlock, s *schema.Schema) *facts.Property {
	object := func(s *schema.Schema) *facts.Property {
		return &facts.Property{Type: "object", Fields: m.fields(path, n.Block, s.Fields, nil)}
	}
	var p *facts.Property
	switch {
	case n.Nesting == tfplugin.NestSingle:
		p = object(s)
	case s.Type == "object":
		p = object(s)
		p.One = true
	case s.Type == "list" && s.Elem.Type == "object":
		p = &facts.Property{Type: collection(n.Nesting == tfplugin.NestSet), Elem: object(s.Elem)}
	default:
		m.lost = append(m.lost, path+" is "+s.Type)
		return &facts.Property{Type: s.Type}
	}
	p.Optional, p.Required = n.MinItems == 0, n.MinItems > 0
	if !p.One && (n.MinItems > 0 || n.MaxItems > 0) {
		p.Limits = &facts.Limits{MinItems: n.MinItems, MaxItems: n.MaxItems}
	}
	return p
}

func collection(set bool) string {
	if set {
		return "set"
	}
	return "list"
}

func (m *matcher) attribute(path string, t cty.Type, s *schema.Schema) *facts.Property {
	switch {
	case t == cty.String:
		return &facts.Property{Type: "string"}
	case t == cty.Bool:
		return &facts.Property{Type: "bool"}
	case t == cty.Number && s.Type == "integer":
		return &facts.Property{Type: "integer"}
	case t == cty.Number:
		return &facts.Property{Type: "number"}
	case t.IsMapType():
		return &facts.Property{Type: "map", Elem: m.attribute(path, t.ElementType(), elem(s))}
	case t.IsListType() || t.IsSetType():
		if s.Type != "list" {
			p := m.attribute(path, t.ElementType(), s)
			p.One = true
			return p
		}
		return &facts.Property{Type: collection(t.IsSetType()), Elem: m.attribute(path, t.ElementType(), elem(s))}
	case t.IsObjectType():
		p := &facts.Property{Type: "object", Fields: map[string]*facts.Property{}}
		for _, name := range slices.Sorted(maps.Keys(t.AttributeTypes())) {
			sdk := sdkName(name, s.Fields)
			if sdk == "" {
				m.lost = append(m.lost, path+name)
				continue
			}
			inner := m.attribute(path+name+".", t.AttributeType(name), s.Fields[sdk])
			inner.Terraform, inner.Optional, inner.Whole = name, true, true
			p.Fields[sdk] = inner
		}
		return p
	}
	m.lost = append(m.lost, path+t.FriendlyName())
	return &facts.Property{Type: "string"}
}

func elem(s *schema.Schema) *schema.Schema {
	if s.Elem != nil {
		return s.Elem
	}
	return &schema.Schema{Type: "any"}
}
