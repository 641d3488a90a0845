package recovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// How a checkpoint's JSON marks special values (pulumi/sdk/go/common/resource/sig).
const (
	signature       = "4dabf18193072939515e22adb298388d"
	secretSignature = "1b47061264138c4ac30d75fd1eb44270"
)

// providerPrefix begins the type tokens of providers.
const providerPrefix = "pulumi:providers:"

// Resource is one entry of a checkpoint as the engine wrote it. Whatever this package does not know stays as it is.
type Resource map[string]any

// URN is the engine's name of the resource.
func (r Resource) URN() string { return r.text("urn") }

// Type is the type token.
func (r Resource) Type() string { return r.text("type") }

// ID is the provider's id.
func (r Resource) ID() string { return r.text("id") }

// Provider is the reference to the provider that made it: the provider's URN and id.
func (r Resource) Provider() string { return r.text("provider") }

// Name is the logical name.
func (r Resource) Name() string { urn := r.URN(); return urn[strings.LastIndex(urn, ":")+1:] }

// Inputs is what the provider was asked for.
func (r Resource) Inputs() map[string]any { m, _ := r["inputs"].(map[string]any); return m }

// Outputs is what the provider answered.
func (r Resource) Outputs() map[string]any { m, _ := r["outputs"].(map[string]any); return m }

// Custom reports whether a provider makes it, and it is no provider itself.
func (r Resource) Custom() bool {
	custom, _ := r["custom"].(bool)
	return custom && !strings.HasPrefix(r.Type(), providerPrefix)
}

func (r Resource) text(field string) string { s, _ := r[field].(string); return s }
func (r Resource) flag(field string) bool   { b, _ := r[field].(bool); return b }

func (r Resource) tags() map[string]string { return texts(r.Inputs()["tags"]) }

func (r Resource) outputTags() map[string]string {
	all := texts(r.Outputs()["tagsAll"])
	if len(all) == 0 {
		return texts(r.Outputs()["tags"])
	}
	return all
}

func texts(v any) map[string]string {
	m, _ := v.(map[string]any)
	out := map[string]string{}
	for k, v := range m {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// urns are the URNs in a list field.
func (r Resource) urns(field string) []string {
	list, _ := r[field].([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// needs are the URNs that have to come before the resource in the checkpoint.
func (r Resource) needs() []string {
	all := append(r.urns("dependencies"), r.urns("replaceWith")...)
	for _, field := range []string{"parent", "deletedWith", "viewOf"} {
		all = append(all, r.text(field))
	}
	if provider := r.Provider(); provider != "" {
		all = append(all, provider[:max(strings.LastIndex(provider, "::"), 0)])
	}
	of, _ := r["propertyDependencies"].(map[string]any)
	for property := range of {
		all = append(all, Resource(of).urns(property)...)
	}
	return all
}

// Operation is one that was under way.
type Operation struct {
	Kind     string   // creating, updating, deleting, reading, importing
	Resource Resource // as the engine knew it when it began
	// Loose is set for what is known from a failure instead of the state: its dependencies are not known.
	Loose bool
	// Beside are the ids that the state had for the resource when the operation began, where that is another state than the
	// one at hand; nil: it is the same. What was made since for the same resource took its place.
	Beside []string
}

// of says what an operation was on, where its note does not: that of an update is first written before the engine has put
// the id in. id is that of the resource that has the place: of one name, the state has it first.
func (op *Operation) of(id string) {
	if op.Kind != creating && op.Resource != nil && op.Resource.ID() == "" {
		op.Resource = maps.Clone(op.Resource)
		op.Resource["id"] = id
	}
}

// creating is the kind of a creation.
const creating = "creating"

// Checkpoint is a stack's deployment as the engine exports it.
type Checkpoint struct {
	Resources []Resource
	Pending   []Operation
	rest      map[string]any // whatever else is in it
}

// Decode reads an exported deployment; an empty one is a stack that was never deployed.
func Decode(deployment json.RawMessage) (*Checkpoint, error) {
	c := &Checkpoint{rest: map[string]any{}}
	if len(deployment) == 0 {
		return c, nil
	}
	d := json.NewDecoder(bytes.NewReader(deployment))
	d.UseNumber()
	if err := d.Decode(&c.rest); err != nil {
		return nil, fmt.Errorf("decode checkpoint: %w", err)
	}
	for _, r := range entries(c.rest["resources"]) {
		c.Resources = append(c.Resources, Resource(r))
	}
	for _, op := range entries(c.rest["pending_operations"]) {
		resource, _ := op["resource"].(map[string]any)
		noted := Operation{Kind: Resource(op).text("type"), Resource: resource}
		if there := slices.IndexFunc(c.Resources, func(r Resource) bool { return r.URN() == noted.Resource.URN() }); there >= 0 {
			noted.of(c.Resources[there].ID())
		}
		c.Pending = append(c.Pending, noted)
	}
	return c, nil
}

func entries(v any) []map[string]any {
	list, _ := v.([]any)
	var out []map[string]any
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// Encode returns the deployment for import. It has no pending operations: an import drops them.
func (c *Checkpoint) Encode() (json.RawMessage, error) {
	all := maps.Clone(c.rest)
	delete(all, "pending_operations")
	all["resources"] = c.Resources
	return json.Marshal(all)
}

// With returns the checkpoint with other resources in place of its own. What was under way is not in it.
func (c *Checkpoint) With(resources []Resource) *Checkpoint {
	return &Checkpoint{Resources: resources, rest: c.rest}
}

// Known returns the ids and ARNs of everything in the state.
func (c *Checkpoint) Known() map[string]bool {
	known := map[string]bool{}
	for _, r := range c.Resources {
		known[r.ID()] = true
		if arn, ok := r.Outputs()["arn"].(string); ok {
			known[arn] = true
		}
	}
	return known
}

// ProviderOf returns the provider that a reference names.
func (c *Checkpoint) ProviderOf(reference string) (Resource, bool) {
	for _, r := range c.Resources {
		if r.URN()+"::"+r.ID() == reference {
			return r, true
		}
	}
	return nil, false
}

// Find returns the entry with that URN and id.
func (c *Checkpoint) Find(urn, id string) (Resource, bool) {
	for _, r := range c.Resources {
		if r.URN() == urn && r.ID() == id {
			return r, true
		}
	}
	return nil, false
}

// Holds reports whether something that was found is in the state already, as what an operation on that resource made.
func (c *Checkpoint) Holds(op Operation, found Resource) bool {
	arn, _ := found.Outputs()["arn"].(string)
	return slices.ContainsFunc(c.Resources, func(r Resource) bool {
		known, _ := r.Outputs()["arn"].(string)
		return r.Type() == op.Resource.Type() && r.ID() == found.ID() && known == arn &&
			r.Provider() == op.Resource.Provider() && !r.flag("pendingReplacement")
	})
}

// Adopt puts what an interrupted creation made into the state: read is what the provider says of it. What it was to
// replace becomes what the engine takes away next; so does it itself where something younger has its place.
func (c *Checkpoint) Adopt(op Operation, read Resource) {
	made := maps.Clone(op.Resource)
	delete(made, "delete")
	delete(made, "pendingReplacement")
	made["id"] = read.ID()
	made["inputs"] = merged(op.Resource, read)
	made["outputs"] = veiled(op.Resource, read)
	c.Resources = slices.DeleteFunc(c.Resources, func(r Resource) bool {
		return r.URN() == made.URN() && r.flag("pendingReplacement")
	})
	if c.outlived(op) {
		made["delete"] = true
	} else {
		for _, r := range c.Resources {
			if r.URN() == made.URN() {
				r["delete"] = true
			}
		}
	}
	at := 0
	if op.Loose {
		made["dependencies"] = c.everything()
		at = len(c.Resources)
	}
	needs := made.needs()
	for i, r := range c.Resources {
		if slices.Contains(needs, r.URN()) && r.URN() != made.URN() {
			at = max(at, i+1)
		}
		if made.flag("delete") && r.URN() == made.URN() { // of one name, the engine takes the one that stays first
			at = max(at, i+1)
		}
	}
	c.Resources = slices.Insert(c.Resources, at, made)
}

// TakeBack gives a resource's place back to what was replaced there and is still to be deleted, if the resource, with inputs
// as it is wanted now, is known to AWS by that one's id: making it would clash with what is there. What has its place now is
// to be deleted instead. It reports whether anything changed. Only what AWS knows by what is asked for can clash.
func (c *Checkpoint) TakeBack(urn string, wanted map[string]any) bool {
	old := slices.IndexFunc(c.Resources, func(r Resource) bool { return r.URN() == urn && r.flag("delete") })
	live := slices.IndexFunc(c.Resources, func(r Resource) bool { return r.URN() == urn && !r.flag("delete") })
	if old < 0 || live < 0 {
		return false
	}
	row, ok := Of(c.Resources[old].Type())
	if !ok || row.By != ByKey {
		return false
	}
	id, err := expand(row.Import, wanted)
	if err != nil || id != c.Resources[old].ID() || id == c.Resources[live].ID() {
		return false
	}
	back, gone := c.Resources[old], c.Resources[live]
	rest := slices.DeleteFunc(slices.Clone(c.Resources), func(r Resource) bool {
		return r.URN() == urn && (r.ID() == back.ID() || r.ID() == gone.ID())
	})
	at, needs := 0, append(back.needs(), gone.needs()...)
	for i, r := range rest {
		if slices.Contains(needs, r.URN()) && !r.flag("delete") {
			at = i + 1
		}
	}
	if slices.ContainsFunc(rest[:at], func(r Resource) bool { return slices.Contains(r.needs(), urn) }) {
		return false // what depends on it would come before it
	}
	delete(back, "delete")
	delete(back, "pendingReplacement")
	gone["delete"] = true
	c.Resources = slices.Insert(rest, at, back, gone) // of one name, the engine takes the one that stays first
	return true
}

// outlived reports whether the state has something for the resource that was made after the operation began.
func (c *Checkpoint) outlived(op Operation) bool {
	return op.Beside != nil && slices.ContainsFunc(c.Resources, func(r Resource) bool {
		return r.URN() == op.Resource.URN() && !r.flag("delete") && !slices.Contains(op.Beside, r.ID())
	})
}

// everything stands in for the dependencies of what was made last and nothing depends on: it goes before all others. The
// next up puts the program's own in their place.
func (c *Checkpoint) everything() []any {
	var all []any
	for _, r := range c.Resources {
		if r.Custom() && !r.flag("delete") && !slices.Contains(all, any(r.URN())) {
			all = append(all, r.URN())
		}
	}
	return all
}

// Renew takes in what the provider says of something that was being changed.
func (c *Checkpoint) Renew(urn, id string, read Resource) {
	if r, ok := c.Find(urn, id); ok {
		before := maps.Clone(r)
		r["inputs"], r["outputs"] = merged(before, read), veiled(before, read)
	}
}

// Drop takes out what is gone, and with it what others say of depending on it. What something is a child of stays: the
// engine deletes what is gone without complaint.
func (c *Checkpoint) Drop(urn, id string) {
	if slices.ContainsFunc(c.Resources, func(r Resource) bool { return r.text("parent") == urn }) {
		return
	}
	c.Resources = slices.DeleteFunc(c.Resources, func(r Resource) bool { return r.URN() == urn && r.ID() == id })
	if slices.ContainsFunc(c.Resources, func(r Resource) bool { return r.URN() == urn }) {
		return // its successor answers to the name
	}
	for _, r := range c.Resources {
		without(r, "dependencies", urn)
		without(r, "replaceWith", urn)
		if r.text("deletedWith") == urn {
			delete(r, "deletedWith")
		}
		of, _ := r["propertyDependencies"].(map[string]any)
		for property := range of {
			without(of, property, urn)
		}
	}
}

func without(m map[string]any, field, urn string) {
	list, ok := m[field].([]any)
	if ok {
		m[field] = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == urn })
	}
}

// merged returns the inputs of the state: what the call had asked for, as far as the provider can say it the way it came
// out, so that the next up sees what is still to do. What no read shows, such as passwords, is taken at the call's word.
func merged(asked, read Resource) map[string]any {
	out := maps.Clone(asked.Inputs())
	for k, v := range out {
		got, ok := read.Inputs()[k]
		switch {
		case !ok || k == "__defaults":
		case !secret(v):
			out[k] = got
		case Plain(v) == "": // known to be a secret and no more
			out[k] = hidden(got)
		}
	}
	return out
}

// veiled returns the outputs of the state, with those hidden that were hidden in what the engine knew.
func veiled(asked, read Resource) map[string]any {
	out := maps.Clone(read.Outputs())
	hide := asked.urns("additionalSecretOutputs")
	for _, known := range []map[string]any{asked.Inputs(), asked.Outputs()} {
		for k, v := range known {
			if secret(v) {
				hide = append(hide, k)
			}
		}
	}
	for _, k := range hide {
		if v, ok := out[k]; ok {
			out[k] = hidden(v)
		}
	}
	return out
}

// hidden makes a secret of a value that is none.
func hidden(v any) any {
	if secret(v) {
		return v
	}
	return Hide(v)
}

// Hide makes a secret of a value, in the plain text form that an import takes.
func Hide(v any) any {
	text, _ := json.Marshal(v) // it came out of JSON
	return map[string]any{signature: secretSignature, "plaintext": string(text)}
}

// Plain returns a value without the marks of secrets in it. A secret that is encrypted is nil.
func Plain(v any) any {
	return replaced(v, func(secret map[string]any) any {
		var plain any
		text, _ := secret["plaintext"].(string)
		if json.Unmarshal([]byte(text), &plain) != nil {
			return nil
		}
		return plain
	})
}

// replaced returns a copy of a value with something else in the place of each secret in it.
func replaced(v any, by func(secret map[string]any) any) any {
	switch v := v.(type) {
	case map[string]any:
		if v[signature] == secretSignature {
			return by(v)
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = replaced(e, by)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = replaced(e, by)
		}
		return out
	}
	return v
}

// secret reports whether there is a secret anywhere in a value.
func secret(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return v[signature] == secretSignature || slices.ContainsFunc(slices.Collect(maps.Values(v)), secret)
	case []any:
		return slices.ContainsFunc(v, secret)
	}
	return false
}
