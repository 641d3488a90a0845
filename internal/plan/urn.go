package plan

import "strings"

// Tiers returns the components that a resource lies in, outermost first, by the nouns of their type tokens: network for
// deepstreamhub:network:Network. A resource of the stack itself lies in none.
func Tiers(urn string) []string {
	parts := strings.Split(urn, "::")
	if len(parts) < 3 {
		return nil
	}
	tokens := strings.Split(parts[2], "$")
	var tiers []string
	for _, token := range tokens[:len(tokens)-1] {
		if fields := strings.Split(token, ":"); IsComponent(token) && len(fields) == 3 {
			tiers = append(tiers, fields[1])
		}
	}
	return tiers
}
