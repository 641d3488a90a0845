package documents

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// SameContainers reports whether two lists of container definitions are one to the provider: written in another way, in another
// order where AWS has none, or with what AWS assumes written out (provider, ecs/task_definition_equivalency.go). awsvpc: in that
// network mode a port of the host is that of the container.
func SameContainers(a, b string, awsvpc bool) bool {
	x, y := reduced(a, awsvpc), reduced(b, awsvpc)
	return x != nil && bytes.Equal(x, y)
}

// reduced writes container definitions in the one way in which they say what they say; nil: they are none.
func reduced(text string, awsvpc bool) []byte {
	var all []types.ContainerDefinition
	if json.Unmarshal([]byte(text), &all) != nil {
		return nil
	}
	slices.SortStableFunc(all, func(a, b types.ContainerDefinition) int {
		return cmp.Compare(aws.ToString(a.Name), aws.ToString(b.Name))
	})
	for i := range all {
		c := &all[i]
		slices.SortStableFunc(c.Environment, func(a, b types.KeyValuePair) int { return cmp.Compare(aws.ToString(a.Name), aws.ToString(b.Name)) })
		slices.SortStableFunc(c.Secrets, func(a, b types.Secret) int { return cmp.Compare(aws.ToString(a.Name), aws.ToString(b.Name)) })
		if c.Essential == nil {
			c.Essential = aws.Bool(true)
		}
		for j := range c.PortMappings {
			assumed(&c.PortMappings[j], awsvpc)
		}
	}
	return compact(all)
}

// assumed brings a port mapping to what AWS makes of it.
func assumed(p *types.PortMapping, awsvpc bool) {
	if p.Protocol == types.TransportProtocolTcp {
		p.Protocol = ""
	}
	if aws.ToInt32(p.HostPort) == 0 {
		p.HostPort = nil
	}
	if awsvpc && p.HostPort == nil {
		p.HostPort = p.ContainerPort
	}
}

// compact writes containers without what is not there, and lists without what there is nothing in.
func compact(all []types.ContainerDefinition) []byte {
	out, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	var plain []map[string]any
	if json.Unmarshal(out, &plain) != nil {
		return nil
	}
	for _, c := range plain {
		for field, v := range c {
			if list, is := v.([]any); is {
				list = slices.DeleteFunc(list, zero)
				if c[field] = list; len(list) == 0 {
					delete(c, field)
				}
			} else if v == nil {
				delete(c, field)
			}
		}
	}
	if out, err = json.Marshal(plain); err != nil {
		return nil
	}
	return out
}

// zero reports whether there is nothing in what a list holds.
func zero(v any) bool {
	if m, is := v.(map[string]any); is {
		for _, e := range m {
			if !zero(e) {
				return false
			}
		}
		return true
	}
	return v == nil || v == "" || v == 0.0 || v == false
}
