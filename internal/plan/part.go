package plan

import (
	"slices"
	"strings"
)

// clients is the service that holds the clients' sockets: the part called service. Services beside it are parts of their own.
const clients = "deepstream"

// PartOf returns the part of a region that a resource belongs to: network, database, bus, backup, cluster, edge,
// observability, service for deepstream itself, services/NAME for a service beside it; empty for the stack and for what
// no tier holds. parents are the URNs of parents, by URN.
func PartOf(urn string, parents map[string]string) string {
	part := ""
	for at := urn; at != "" && Type(at) != "pulumi:pulumi:Stack"; at = parents[at] {
		fields := strings.Split(Type(at), ":")
		if !strings.HasPrefix(at, "urn:") || fields[0] != "deepstreamhub" || len(fields) != 3 {
			continue
		}
		part = fields[1] // the outermost component counts
		if part == "service" && Name(at) != clients {
			part = "services/" + Name(at)
		}
	}
	return part
}

// Parts returns, by part, the URNs of what belongs to it, in the order of the plan.
func (p Plan) Parts() map[string][]string {
	parents := map[string]string{}
	for _, s := range p.Steps {
		parents[s.URN] = s.Parent
	}
	urns := make([]string, 0, len(p.Steps))
	for _, s := range p.Steps {
		urns = append(urns, s.URN)
	}
	return group(urns, parents)
}

// Parts returns, by part, the URNs of what belongs to it, in the checkpoint's order.
func (s State) Parts() map[string][]string {
	parents := map[string]string{}
	urns := make([]string, 0, len(s.Resources))
	for _, r := range s.Resources {
		parents[r.URN] = r.Parent
		urns = append(urns, r.URN)
	}
	return group(urns, parents)
}

func group(urns []string, parents map[string]string) map[string][]string {
	parts := map[string][]string{}
	for _, urn := range urns {
		if part := PartOf(urn, parents); part != "" && !slices.Contains(parts[part], urn) {
			parts[part] = append(parts[part], urn)
		}
	}
	return parts
}
