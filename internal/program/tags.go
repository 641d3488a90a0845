package program

import (
	"github.com/deepstreamhub/platform/internal/config"
)

// stackTag is the tag by which what belongs to a stack is told, AWS Backup's selection of the database included.
const stackTag = "stack"

// tags returns what every resource of a stack is tagged with. The names are those under which the bill is broken
// down, so renaming one loses its history there.
func tags(stack string, p config.Platform) map[string]string {
	t := map[string]string{stackTag: stack, "owner": p.Owner, "costCentre": p.CostCentre}
	if p.Expires != "" {
		t["expires"] = p.Expires
	}
	return t
}
