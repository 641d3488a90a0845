package cloud

import (
	"slices"
	"time"
)

// assumable finds a role that a service can take on behalf of the resource with the ARN: it exists, the service has heard
// of it, and it trusts the service.
func assumable(t *Tx, arn, principal, by, source string) (*Resource, bool) {
	role, ok := roleByARN(t, arn)
	if !ok || !t.Visible(role, by) || !trustsFor(t, role, principal, source) {
		return nil, false
	}
	return role, true
}

// settledRights reports whether a service has heard of all policies of a role.
func settledRights(t *Tx, role *Resource, by string) bool {
	unheard := func(p *Resource) bool { return p.Str("role") == role.ID && !t.Visible(p, by) }
	return !slices.ContainsFunc(t.All(typeRolePolicy), unheard) && !slices.ContainsFunc(t.All(typeRoleAttachment), unheard)
}

// leaving returns what AWS is still deleting under an id.
func (t *Tx) leaving(typ, id string) (*Resource, bool) {
	r := t.c.resources[key{typ, kinds[typ].region(t.Region), id}]
	return r, r != nil && !r.Gone.IsZero()
}

// releases keeps a name taken for the moments that AWS needs to give it up after a deletion. Where nothing takes time it
// is free at once.
func (t *Tx) releases(what string, r *Resource, name string, after time.Duration) {
	if !t.c.timeless {
		t.Leave(what, r, name, t.Now().Add(after), nil)
		t.c.remnants[len(t.c.remnants)-1].Brief = true
	}
}

// serviceLogs records a log group that a service makes when it first logs, unless somebody has made it before. Nothing
// deletes it along with what logged (facts, section 5), and a program that wants to make it then finds it there.
func serviceLogs(t *Tx, r *Resource, name string) {
	if _, exists := t.Find(typeLogGroup, "", name); exists {
		return
	}
	if _, kept := t.Remnant("logGroup", name); !kept {
		t.Leave("logGroup", r, name, never, Map{"name": name, "arn": t.ARN("logs", "log-group:"+name)})
	}
}
