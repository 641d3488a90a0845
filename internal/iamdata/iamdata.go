// Package iamdata is AWS's Service Authorization Reference for the services that the platform's roles speak of: which
// actions there are, on which resources and by which condition keys each is decided, and what else AWS checks in the
// caller's name. It is generated, and the roles are held to it.
package iamdata

import (
	_ "embed"
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./generate

// Reference is the data of one version.
type Reference struct {
	Source    string            `json:"source"`    // npm package and version
	Resources map[string]string `json:"resources"` // by service/type: ARN with ${...} for what differs
	Actions   map[string]Action `json:"actions"`   // by service:Name
}

// Action is what IAM decides on.
type Action struct {
	Access    string   `json:"access"`              // List, Read, Write, Tagging or Permissions management
	Resources []string `json:"resources,omitempty"` // types that it can be scoped to; none: only *
	Required  []string `json:"required,omitempty"`  // those of them that every request names
	Keys      []string `json:"keys,omitempty"`      // condition keys, besides the global ones
	Dependent []string `json:"dependent,omitempty"` // actions that AWS checks as well, depending on what the request asks for
}

//go:embed reference.json
var text []byte

var read = sync.OnceValue(func() Reference {
	var r Reference
	if err := json.Unmarshal(text, &r); err != nil {
		panic("internal/iamdata/reference.json, which is generated, is no JSON: " + err.Error())
	}
	return r
})

// Get returns the reference.
func Get() Reference { return read() }

// Matching returns the actions that a pattern of a policy, such as ecs:Submit*, means, sorted.
func (r Reference) Matching(pattern string) []string {
	var out []string
	for name := range r.Actions {
		if ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(name)); ok && err == nil {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

var variable = regexp.MustCompile(`\\\$\\\{[A-Za-z]+\\\}`)

// Scopes reports whether an ARN of a policy, which may hold wildcards, can mean a resource of one of an action's types.
func (r Reference) Scopes(action, arn string) bool {
	service, _, _ := strings.Cut(action, ":")
	return slices.ContainsFunc(r.Actions[action].Resources, func(name string) bool {
		return overlaps(arn, r.Resources[service+"/"+name])
	})
}

// overlaps compares an ARN with the form of a type's: field by field, either's wildcards standing for anything.
func overlaps(arn, form string) bool {
	if form == "" {
		return false
	}
	a, f := strings.SplitN(arn, ":", 6), strings.SplitN(form, ":", 6)
	if len(a) < 6 || len(f) < 6 {
		return arn == form
	}
	for i := range 6 {
		if !meet(a[i], variable.ReplaceAllString(regexp.QuoteMeta(f[i]), "\x00")) {
			return false
		}
	}
	return true
}

// meet reports whether a pattern with * and a form, quoted and with NUL for what differs, have a text in common. What
// differs may be empty, and hold anything.
func meet(pattern, form string) bool {
	form = strings.NewReplacer("\x00", "*", `\`, "").Replace(form)
	return common(pattern, form)
}

// common reports whether two patterns with * have a text in common.
func common(a, b string) bool {
	switch {
	case a == "" && b == "":
		return true
	case a != "" && a[0] == '*':
		return common(a[1:], b) || b != "" && common(a, b[1:])
	case b != "" && b[0] == '*':
		return common(a, b[1:]) || a != "" && common(a[1:], b)
	case a == "" || b == "" || a[0] != b[0]:
		return false
	}
	return common(a[1:], b[1:])
}

// Knows reports whether an action is decided by a condition key: one of its own, or a global one.
func (r Reference) Knows(action, key string) bool {
	if strings.HasPrefix(strings.ToLower(key), "aws:") && !strings.HasPrefix(strings.ToLower(key), "aws:resourcetag/") &&
		!strings.HasPrefix(strings.ToLower(key), "aws:requesttag/") && !strings.EqualFold(key, "aws:TagKeys") {
		return true
	}
	name, _, _ := strings.Cut(key, "/")
	return slices.ContainsFunc(r.Actions[action].Keys, func(k string) bool {
		known, _, _ := strings.Cut(k, "/")
		return strings.EqualFold(known, name)
	})
}
