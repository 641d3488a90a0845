package cloud

import (
	"maps"
	"strings"

	"github.com/deepstreamhub/platform/internal/iamdata"
)

// Administrator is the identity of the offline account's own user, whom no identity policy bounds.
const Administrator = ""

// session is the name of every session of a role here.
const session = "offline"

// HasRole reports whether the account has a role of this name, which somebody could take.
func (c *Cloud) HasRole(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := (&Tx{c: c, Region: globalRegion}).roleNamed(name)
	return ok
}

func (t *Tx) roleNamed(name string) (*Resource, bool) {
	for _, r := range t.All(typeRole) {
		if r.Str("name") == name {
			return r, true
		}
	}
	return nil, false
}

// May decides whether an identity, the name of a role or Administrator, may do to a resource what an operation asks of AWS:
// verb is create, update, delete or read. The resource is known by its id, for a creation by its inputs alone. The error is
// AWS's refusal of the first request that no policy of the role allows.
func (c *Cloud) May(as, region, typ, operation, id string, inputs Map) error {
	if as == Administrator {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := kinds[typ]
	if !ok {
		return nil // whoever makes the call says so
	}
	t := &Tx{c: c, Region: region}
	r := &Resource{Type: typ, Region: k.region(region), ID: id, Inputs: inputs, State: withDefaults(k, inputs)}
	if operation != string(verbCreate) {
		if there, err := c.lookup(k, region, id); err == nil {
			r = there
		}
	}
	if k.Calls == (Calls{}) {
		return t.refuse(as, Access{Action: "a call of the account's bootstrap for " + typ, Resource: "*"})
	}
	for _, a := range t.accesses(verb(operation), r, inputs) {
		if err := t.may(as, a); err != nil {
			return err
		}
	}
	return nil
}

// MayInvoke decides whether an identity may call a provider function.
func (c *Cloud) MayInvoke(as, region, token string) error {
	if as == Administrator {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &Tx{c: c, Region: region}
	for _, a := range lookupAccesses(region, token) {
		if err := t.may(as, a); err != nil {
			return err
		}
	}
	return nil
}

// MayCall decides whether an identity may make one request in a region.
func (c *Cloud) MayCall(as, region, action, resource string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &Tx{c: c, Region: region}
	return t.may(as, Access{Action: action, Resource: resource, Context: map[string]string{"aws:requestedregion": region, "aws:resourceaccount": t.Account()}})
}

func (t *Tx) may(as string, a Access) error {
	if as == Administrator {
		return nil
	}
	role, ok := (&Tx{c: t.c, Region: globalRegion}).roleNamed(as)
	if !ok || !roleAllows(&Tx{c: t.c, Region: globalRegion}, role, a.Action, a.Resource, a.Context) {
		return t.refuse(as, a)
	}
	return nil
}

// refuse is AWS's refusal (IAM User Guide, "Troubleshoot access denied error messages"). EC2 has a code of its own (EC2 API,
// "Error codes for the Amazon EC2 API").
func (t *Tx) refuse(as string, a Access) error {
	code := "AccessDenied"
	if strings.HasPrefix(a.Action, "ec2:") {
		code = "UnauthorizedOperation"
	}
	return Refuse(code, "IAM User Guide, Policy evaluation logic",
		"User: arn:aws:sts::%s:assumed-role/%s/%s is not authorized to perform: %s on resource: %s because no identity-based policy allows the action, or one denies it",
		t.Account(), as, session, a.Action, a.Resource)
}

// tagKeys are the tags of a resource, or of what is asked for, as condition keys. Only those of actions that AWS decides by
// them are sent.
func tagKeys(action, prefix string, of Map) map[string]string {
	if !iamdata.Get().Knows(action, prefix+"/x") {
		return nil
	}
	out := map[string]string{}
	for k, v := range tagsIn(of) {
		out[strings.ToLower(prefix+"/"+k)] = v
	}
	return out
}

// tagsIn reads tags in either form: by key, and as a list with key and value.
func tagsIn(of Map) map[string]string {
	out := map[string]string{}
	switch tags := of["tags"].(type) {
	case Map:
		for k, v := range tags {
			if text, ok := v.(string); ok {
				out[k] = text
			}
		}
	case []any:
		for _, e := range tags {
			if tag, ok := e.(Map); ok {
				out[Str(tag, "key")] = Str(tag, "value")
			}
		}
	}
	return out
}

// withTags adds to a request's context what AWS adds when a role asks: the role's tags, and those of a key, secret or role
// that it asks about.
func withTags(t *Tx, role *Resource, action, resource string, context map[string]string) map[string]string {
	out := maps.Clone(context)
	if out == nil {
		out = map[string]string{}
	}
	for k, v := range tagsIn(role.State) {
		out[strings.ToLower("aws:PrincipalTag/"+k)] = v
	}
	for _, typ := range []string{typeKey, typeSecret} {
		for _, r := range t.c.byType[typ] {
			if arn := r.Str("arn"); arn != "" && (arn == resource || strings.HasPrefix(resource, arn+":")) {
				for k, v := range tagKeys(action, "aws:ResourceTag", r.State) {
					if _, given := out[k]; !given {
						out[k] = v
					}
				}
			}
		}
	}
	return out
}

// accesses are the requests that IAM decides on for one operation on a resource.
func (t *Tx) accesses(v verb, r *Resource, inputs Map) []Access {
	var out []Access
	for _, action := range actionsOf(r.Type, v) {
		out = append(out, Access{Action: action, Resource: t.target(action, r), Context: t.contextOf(action, v, r, inputs), For: string(v) + " " + r.Type})
	}
	if v == verbCreate || v == verbUpdate {
		for _, p := range t.passed(r) {
			keys := map[string]string{"aws:requestedregion": globalRegion, "iam:passedtoservice": p.service}
			if role, ok := roleByARN(&Tx{c: t.c, Region: globalRegion}, p.role); ok {
				maps.Copy(keys, tagKeys("iam:PassRole", "aws:ResourceTag", role.State))
			}
			out = append(out, Access{Action: "iam:PassRole", Resource: p.role, For: string(v) + " " + r.Type, Context: keys})
		}
	}
	return out
}

// lookupAccesses are those of a provider function.
func lookupAccesses(region, token string) []Access {
	var out []Access
	for _, action := range strings.Fields(functions[token].calls) {
		resource, at := "*", region
		if action == "route53:GetHostedZone" || action == "route53:ListTagsForResource" {
			resource = "arn:aws:route53:::hostedzone/*"
		}
		if strings.HasPrefix(action, "route53:") {
			at = globalRegion
		}
		out = append(out, Access{Action: action, Resource: resource, Context: map[string]string{"aws:requestedregion": at}, For: "look up " + token})
	}
	return out
}
