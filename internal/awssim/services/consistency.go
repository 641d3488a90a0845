package services

import (
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// assumable finds a role that a service can take on behalf of the resource with the ARN: it exists, the service has heard
// of it, and it trusts the service.
func assumable(t *cloud.Tx, arn, principal, by, source string) (*cloud.Resource, bool) {
	role, ok := roleByARN(t, arn)
	if !ok || !t.Visible(role, by) || !trustsFor(t, role, principal, source) {
		return nil, false
	}
	return role, true
}

// settledRights reports whether a service has heard of all policies of a role.
func settledRights(t *cloud.Tx, role *cloud.Resource, by string) bool {
	unheard := func(p *cloud.Resource) bool { return p.Str("role") == role.ID && !t.Visible(p, by) }
	return !slices.ContainsFunc(t.All(typeRolePolicy), unheard) && !slices.ContainsFunc(t.All(typeRoleAttachment), unheard)
}

// serviceLogs records a log group that a service makes when it first logs, unless somebody has made it before. Nothing
// deletes it along with what logged (facts, section 5), and a program that wants to make it then finds it there.
func serviceLogs(t *cloud.Tx, r *cloud.Resource, name string) {
	if _, exists := t.Find(typeLogGroup, "", name); exists {
		return
	}
	if _, kept := t.Remnant("logGroup", name); !kept {
		t.Leave("logGroup", r, name, never, cloud.Map{"name": name, "arn": t.ARN("logs", "log-group:"+name)})
	}
}
