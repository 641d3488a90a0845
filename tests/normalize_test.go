package tests

import (
	"encoding/base64"
	"regexp"
	"strings"
)

// chosen are the parts of a value that AWS or the engine choose at random: ids, name suffixes, ciphertexts, UUIDs.
var chosen = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|v1:[A-Za-z0-9+/=:]+|[0-9a-f]{7,}|-[0-9a-f]{6}\b`)

// anonymous returns a property value with everything chosen at random masked.
func anonymous(v any) any {
	switch v := v.(type) {
	case string:
		if script, err := base64.StdEncoding.DecodeString(v); err == nil && strings.HasPrefix(string(script), "#!") {
			v = string(script) // user data
		}
		return chosen.ReplaceAllString(v, "*")
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = anonymous(e)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = anonymous(e)
		}
		return out
	}
	return v
}
