// Package values says what changes in a resource, input by input, with the old and the new value, and keeps out of both
// what may be secret. Comments, listings and JSON all say it by this package. It knows no engine.
package values

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Change is one input, or what differs inside of a document that it holds. Old and New are what may be shown: plan.Secret
// stands for what may be secret, plan.Unknown for what AWS has yet to say, nil for none.
type Change struct {
	Path string `json:"path"`
	Old  any    `json:"old"`
	New  any    `json:"new"`
	// Unseen: neither value is known, as of an output, or of something that a provider computes.
	Unseen bool `json:"unseen,omitempty"`
	// Same: the document says the same, written differently.
	Same bool `json:"same,omitempty"`
}

// Of returns the changes of an update, a replacement or a drift, in the order of their paths; nil for other steps.
func Of(s plan.Step) []Change {
	if s.Op != plan.OpUpdate && s.Op != plan.OpReplace {
		return nil
	}
	var out []Change
	for _, path := range s.Changed {
		before, had := plan.At(s.Old, path)
		after, has := plan.At(s.New, path)
		if !had && !has {
			out = append(out, Change{Path: path, Unseen: true})
			continue
		}
		out = append(out, Compare(path, before, after)...)
	}
	return out
}

// secretNames are what inputs with secrets are called, besides those that the engine knows: a value under such a name
// is never shown. The names are compared without case and separators.
var secretNames = []string{"password", "passwd", "secretstring", "secretbinary", "secretvalue", "clientsecret", "token", "privatekey", "accesskey", "secretkey", "apikey", "credential", "passphrase"}

var (
	// secretVariable is the name of a variable of an environment that holds a secret.
	secretVariable = regexp.MustCompile(`(^|[^A-Za-z0-9])[A-Z0-9_]*SECRET[A-Z0-9_]*($|[^A-Za-z0-9])`)
	// assigned is a secret that a text gives to a name: in a script, a command line, or a document that is cut short. A
	// colon counts only before a space or behind a quote: ARNs have them in names.
	assigned = regexp.MustCompile(`(?i)([A-Z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential)[A-Z0-9_.-]*(?:\\?["']\s*[:=]\s*|\s*=\s*|\s*:\s+))` + assignedValue + `(?:\s*=>\s*` + assignedValue + `)?`)
	// named is what stands as the value beside a secret's name, on the next line, as in the engine's diff of a list.
	named = regexp.MustCompile(`(?i)(\b(?:name|key)"?\s*:\s*"[^"\n]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential)[^"\n]*"[^\n]*\n[^\n]*\bvalue"?\s*:\s*)[^\n]*`)
	// inAddress is the password in an address.
	inAddress = regexp.MustCompile(`(://[^\s/:@]*:)[^\s/@]+@`)
)

// Compare describes the change of one input. Of documents in JSON, such as policies and container definitions, it
// describes what differs inside.
func Compare(path string, before, after any) []Change {
	secret := func(path string) Change { return Change{Path: path, Old: plan.Secret, New: plan.Secret} }
	if hides(path) {
		return []Change{secret(path)}
	}
	was, wasDocument := document(before)
	is, isDocument := document(after)
	if !wasDocument || !isDocument {
		return []Change{{Path: path, Old: Shown(before), New: Shown(after)}}
	}
	var out []Change
	old, now := map[string]any{}, map[string]any{}
	flatten(path, was, old)
	flatten(path, is, now)
	for _, leaf := range slices.Sorted(maps.Keys(merged(old, now))) {
		switch {
		case fmt.Sprint(old[leaf]) == fmt.Sprint(now[leaf]):
		case hides(leaf) && !isName(leaf):
			out = append(out, secret(leaf))
		default:
			out = append(out, Change{Path: leaf, Old: Shown(old[leaf]), New: Shown(now[leaf])})
		}
	}
	if len(out) == 0 {
		out = append(out, Change{Path: path, Same: true})
	}
	return out
}

// hides reports whether a path leads to something that may be secret.
func hides(path string) bool {
	if secretVariable.MatchString(path) {
		return true
	}
	folded := strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(path))
	return slices.ContainsFunc(secretNames, func(name string) bool { return strings.Contains(folded, name) })
}

// document reads a value as JSON: an object or a list in a string, or one that the engine holds as such.
func document(v any) (any, bool) {
	switch v := v.(type) {
	case map[string]any, []any:
		return v, true
	case string:
		var doc any
		if text := strings.TrimSpace(v); !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
			return nil, false
		}
		return doc, json.Unmarshal([]byte(v), &doc) == nil
	}
	return nil, false
}

func flatten(path string, v any, into map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			flatten(path+"."+name, e, into)
		}
	case []any:
		for i, e := range v {
			flatten(fmt.Sprintf("%s[%s]", path, element(e, i)), e, into)
		}
	case string:
		if doc, ok := document(v); ok {
			flatten(path, doc, into)
			return
		}
		into[path] = v
	default:
		into[path] = v
	}
}

// assignedValue is a value, quoted or not.
const assignedValue = `(?:\\?"(?:[^"\\]|\\.)*\\?"?|'[^']*'?|[^\s"',;&]+)`

// elementNames are the properties that tell elements of a list apart.
var elementNames = []string{"name", "Name", "key", "Key", "Sid"}

// element is what a list's element is told by: its name where it has one, as containers and their variables do.
func element(e any, i int) string {
	if m, ok := e.(map[string]any); ok {
		for _, key := range elementNames {
			if name, ok := m[key].(string); ok {
				return name
			}
		}
	}
	return fmt.Sprint(i)
}

func merged(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// Shown is a value without what may be secret inside it, documents in its texts included.
func Shown(v any) any { return redacted("", v) }

// redacted is a value without what may be secret inside it, documents in its texts included. What is in a list is told by
// its name, as in paths.
func redacted(path string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, e := range v {
			out[name] = redacted(path+"."+name, e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = redacted(fmt.Sprintf("%s[%s]", path, element(e, i)), e)
		}
		return out
	case nil:
		return nil
	case string:
		if doc, ok := document(v); ok && !hides(path) {
			if clean := redacted(path, doc); !reflect.DeepEqual(clean, doc) {
				return clean
			}
			return v
		}
		if !hides(path) {
			return WithoutSecrets(v)
		}
	}
	if hides(path) && !isName(path) {
		return plan.Secret
	}
	return v
}

// isName reports whether a path leads to what an element of a list is told by, which names a secret and is none.
func isName(path string) bool {
	return slices.ContainsFunc(elementNames, func(name string) bool { return strings.HasSuffix(path, "]."+name) })
}

// WithoutSecrets is a text without secrets that it gives to a name or holds in an address.
func WithoutSecrets(text string) string {
	text = named.ReplaceAllString(text, "${1}"+string(plan.Secret))
	text = assigned.ReplaceAllString(text, "${1}"+string(plan.Secret))
	return inAddress.ReplaceAllString(text, "${1}"+string(plan.Secret)+"@")
}

// String is the change on one line: "tags.owner: platform → data".
func (c Change) String() string {
	switch {
	case c.Unseen:
		return c.Path
	case c.Same:
		return c.Path + ": the same, written differently"
	}
	return c.Path + ": " + word(c.Old) + " → " + word(c.New)
}

// word is a value on a terminal's line.
func word(v any) string {
	switch v {
	case nil:
		return "none"
	case "":
		return `""`
	}
	return strings.Join(strings.Fields(Text(v)), " ")
}

// Text is a value that may be shown, on one line and shortened: a text as it is, a mark in its words, all else as JSON.
func Text(v any) string {
	switch v := v.(type) {
	case plan.Mark:
		return string(v)
	case string:
		return shorten(v)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return shorten(fmt.Sprint(v))
	}
	return shorten(string(data))
}

// mostShown is how many characters of a value are shown: a container image with its digest fits.
const mostShown = 160

// shorten cuts a text in its middle, on whole characters: what tells two values apart is often at the end.
func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= mostShown {
		return text
	}
	half := mostShown / 2
	return string(runes[:half]) + "…" + string(runes[len(runes)-half:])
}
