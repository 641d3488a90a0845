package services

import (
	"maps"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/iamdata"
)

// Administrator is the identity of the offline account's own user, whom no identity policy bounds.
const Administrator = ""

// session is the name of every session of a role here.
const session = "offline"

// HasRole reports whether the account has a role of this name, which somebody could take.
func HasRole(c *cloud.Cloud, name string) bool {
	t, leave := c.Enter(globalRegion)
	defer leave()
	_, ok := roleNamed(t, name)
	return ok
}

func roleNamed(t *cloud.Tx, name string) (*cloud.Resource, bool) {
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
func May(c *cloud.Cloud, as, region, typ, operation, id string, inputs cloud.Map) error {
	if as == Administrator {
		return nil
	}
	t, leave := c.Enter(region)
	defer leave()
	k, ok := cloud.Lookup(typ)
	if !ok {
		return nil // whoever makes the call says so
	}
	r := t.Began(k, id, inputs)
	if operation != string(cloud.Creating) {
		if there, err := t.Lookup(k, id); err == nil {
			r = there
		}
	}
	if k.Calls == (cloud.Calls{}) {
		return deny(t, as, cloud.Access{Action: "a call of the account's bootstrap for " + typ, Resource: "*"})
	}
	for _, a := range accesses(t, cloud.Verb(operation), r, inputs) {
		if err := may(t, as, a); err != nil {
			return err
		}
	}
	return nil
}

// MayInvoke decides whether an identity may call a provider function.
func MayInvoke(c *cloud.Cloud, as, region, token string) error {
	if as == Administrator {
		return nil
	}
	t, leave := c.Enter(region)
	defer leave()
	for _, a := range lookupAccesses(region, token) {
		if err := may(t, as, a); err != nil {
			return err
		}
	}
	return nil
}

// MayCall decides whether an identity may make one request in a region.
func MayCall(c *cloud.Cloud, as, region, action, resource string) error {
	t, leave := c.Enter(region)
	defer leave()
	return may(t, as, cloud.Access{Action: action, Resource: resource, Context: map[string]string{"aws:requestedregion": region, "aws:resourceaccount": t.Account()}})
}

func may(t *cloud.Tx, as string, a cloud.Access) error {
	if as == Administrator {
		return nil
	}
	there := t.In(globalRegion)
	role, ok := roleNamed(there, as)
	if !ok || !roleAllows(there, role, a.Action, a.Resource, a.Context) {
		return deny(t, as, a)
	}
	return nil
}

// deny is AWS's refusal (IAM User Guide, "Troubleshoot access denied error messages"). EC2 has a code of its own (EC2 API,
// "Error codes for the Amazon EC2 API").
func deny(t *cloud.Tx, as string, a cloud.Access) error {
	code := "AccessDenied"
	if strings.HasPrefix(a.Action, "ec2:") {
		code = "UnauthorizedOperation"
	}
	return cloud.Refuse(code, "IAM User Guide, Policy evaluation logic",
		"User: arn:aws:sts::%s:assumed-role/%s/%s is not authorized to perform: %s on resource: %s because no identity-based policy allows the action, or one denies it",
		t.Account(), as, session, a.Action, a.Resource)
}

// tagKeys are the tags of a resource, or of what is asked for, as condition keys. Only those of actions that AWS decides by
// them are sent.
func tagKeys(action, prefix string, of cloud.Map) map[string]string {
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
func tagsIn(of cloud.Map) map[string]string {
	out := map[string]string{}
	switch tags := of["tags"].(type) {
	case cloud.Map:
		for k, v := range tags {
			if text, ok := v.(string); ok {
				out[k] = text
			}
		}
	case []any:
		for _, e := range tags {
			if tag, ok := e.(cloud.Map); ok {
				out[cloud.Str(tag, "key")] = cloud.Str(tag, "value")
			}
		}
	}
	return out
}

// askedByTags are the types whose tags are looked at, by the service in their ARNs.
var askedByTags = map[string]string{"kms": typeKey, "secretsmanager": typeSecret}

// withTags adds to a request's context what AWS adds when a role asks: the role's tags, and those of a key, secret or role
// that it asks about.
func withTags(t *cloud.Tx, role *cloud.Resource, action, resource string, context map[string]string) map[string]string {
	out := maps.Clone(context)
	if out == nil {
		out = map[string]string{}
	}
	for k, v := range tagsIn(role.State) {
		out[strings.ToLower("aws:PrincipalTag/"+k)] = v
	}
	service, _, _ := strings.Cut(strings.TrimPrefix(resource, "arn:aws:"), ":")
	if typ, is := askedByTags[service]; is {
		for _, r := range t.Anywhere(typ) {
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
func accesses(t *cloud.Tx, v cloud.Verb, r *cloud.Resource, inputs cloud.Map) []cloud.Access {
	var out []cloud.Access
	for _, action := range actionsOf(r.Type, v) {
		out = append(out, cloud.Access{Action: action, Resource: targetOf(t, action, r), Context: contextOf(t, action, v, r, inputs), For: string(v) + " " + r.Type})
	}
	if v == cloud.Creating || v == cloud.Updating {
		for _, p := range passedRoles(t, r) {
			keys := map[string]string{"aws:requestedregion": globalRegion, "iam:passedtoservice": p.service}
			if role, ok := roleByARN(t.In(globalRegion), p.role); ok {
				maps.Copy(keys, tagKeys("iam:PassRole", "aws:ResourceTag", role.State))
			}
			out = append(out, cloud.Access{Action: "iam:PassRole", Resource: p.role, For: string(v) + " " + r.Type, Context: keys})
		}
	}
	return out
}

// lookupAccesses are those of a provider function.
func lookupAccesses(region, token string) []cloud.Access {
	var out []cloud.Access
	for _, action := range strings.Fields(cloud.FunctionCalls(token)) {
		resource, at := "*", region
		if action == "route53:GetHostedZone" || action == "route53:ListTagsForResource" {
			resource = "arn:aws:route53:::hostedzone/*"
		}
		if strings.HasPrefix(action, "route53:") {
			at = globalRegion
		}
		out = append(out, cloud.Access{Action: action, Resource: resource, Context: map[string]string{"aws:requestedregion": at}, For: "look up " + token})
	}
	return out
}
