package comment

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
)

// valueBytes is how much of a value is shown: a container image with its digest fits.
const valueBytes = 160

// secretNames are what inputs with secrets are called, besides those that the engine knows: a value under such a name
// is never shown. The names are compared without case and separators.
var secretNames = []string{"password", "passwd", "secretstring", "secretbinary", "secretvalue", "clientsecret", "token", "privatekey", "accesskey", "secretkey", "apikey", "credential", "passphrase"}

var (
	// secretVariable is the name of a variable of an environment that holds a secret.
	secretVariable = regexp.MustCompile(`(^|[^A-Za-z0-9])[A-Z0-9_]*SECRET[A-Z0-9_]*($|[^A-Za-z0-9])`)
	// assigned is a secret that a text gives to a name: in a script, a command line, or a document that is cut short. A
	// colon counts only before a space or behind a quote: ARNs have them in names.
	assigned = regexp.MustCompile(`(?i)([A-Z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential)[A-Z0-9_.-]*(?:\\?["']\s*[:=]\s*|\s*=\s*|:\s+))(\\?"(?:[^"\\]|\\.)*\\?"?|'[^']*'?|[^\s"',;&]+)`)
	// inAddress is the password in an address.
	inAddress = regexp.MustCompile(`(://[^\s/:@]*:)[^\s/@]+@`)
)

// compare describes the change of one input. Of documents in JSON, such as policies and container definitions, it
// describes what differs inside.
func compare(path string, before, after any) []string {
	if hides(path) {
		return []string{code(path) + ": " + show(plan.Secret) + " → " + show(plan.Secret)}
	}
	was, wasDocument := document(before)
	is, isDocument := document(after)
	if !wasDocument || !isDocument {
		return []string{code(path) + ": " + show(before) + " → " + show(after)}
	}
	var out []string
	old, now := map[string]any{}, map[string]any{}
	flatten(path, was, old)
	flatten(path, is, now)
	for _, leaf := range slices.Sorted(maps.Keys(merged(old, now))) {
		if fmt.Sprint(old[leaf]) == fmt.Sprint(now[leaf]) {
			continue
		}
		if hides(leaf) && !isName(leaf) {
			out = append(out, code(leaf)+": "+show(plan.Secret)+" → "+show(plan.Secret))
			continue
		}
		out = append(out, code(leaf)+": "+show(old[leaf])+" → "+show(now[leaf]))
	}
	if len(out) == 0 {
		out = append(out, code(path)+": the same, written differently")
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

// show is a value as it is shown: marks in words, all else as code, shortened.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "*none*"
	case plan.Mark:
		if v == plan.Secret {
			return "*secret*"
		}
		return "*" + string(v) + "*"
	case string:
		if v == "" {
			return "*empty*"
		}
		if doc, ok := document(v); !ok {
			return code(shorten(withoutSecrets(v)))
		} else if clean := redacted("", doc); !reflect.DeepEqual(clean, doc) {
			return show(clean)
		}
		return code(shorten(v))
	}
	data, err := json.Marshal(redacted("", v))
	if err != nil {
		return code(shorten(fmt.Sprint(v)))
	}
	return code(shorten(string(data)))
}

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
			return withoutSecrets(v)
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

// withoutSecrets is a text without secrets that it gives to a name or holds in an address.
func withoutSecrets(text string) string {
	text = assigned.ReplaceAllString(text, "${1}"+string(plan.Secret))
	return inAddress.ReplaceAllString(text, "${1}"+string(plan.Secret)+"@")
}

// shorten cuts a text in its middle, on whole characters: what tells two values apart is often at the end.
func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= valueBytes {
		return text
	}
	half := valueBytes / 2
	return string(runes[:half]) + "…" + string(runes[len(runes)-half:])
}

// code is text as code inside a table's cell, whatever it holds.
func code(text string) string { return "<code>" + plain(text) + "</code>" }

// plain is text inside a table's cell that means nothing but itself.
func plain(text string) string {
	text = html.EscapeString(strings.Join(strings.Fields(text), " "))
	return strings.NewReplacer("|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "@", "&#64;", "#", "&#35;", "\\", "&#92;", "~", "&#126;").
		Replace(text)
}

// fence is text as a block of code, cut to a length, whatever backticks it holds.
func fence(text string, most int) string {
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "\n… shortened"
	}
	ticks := "```"
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	return ticks + "text\n" + text + "\n" + ticks
}
