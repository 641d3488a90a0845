package risk

import "github.com/deepstreamhub/platform/internal/plan"

// deletionGuards are the inputs by which AWS itself refuses a deletion: deletionProtection of the RDS, Neptune and
// DocumentDB clusters and instances, enableDeletionProtection of load balancers, deletionProtectionEnabled of DynamoDB
// tables (names from the AWS provider's schema, 6.83).
var deletionGuards = []string{"deletionProtection", "enableDeletionProtection", "deletionProtectionEnabled"}

// Guards returns the inputs of a resource by which AWS refuses to delete it.
func Guards(inputs map[string]any) []string {
	var by []string
	for _, input := range deletionGuards {
		if on(inputs[input]) {
			by = append(by, input)
		}
	}
	return by
}

// on reads a boolean as a checkpoint may hold it: the provider schema lets "true" stand for true. What is neither is
// on: a gate that does not understand refuses.
func on(input any) bool {
	switch v := input.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != "false"
	case plan.Mark:
		return true
	}
	return true
}
