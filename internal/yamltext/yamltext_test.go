package yamltext_test

import (
	"errors"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/yamltext"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"- a\n":                     "line 1: it is a list, and must be a map",
		"text\n":                    "line 1: it is text `text`, and must be a map",
		"name: x\nnames: y\n":       "line 2: there is no such key: names",
		"name: x\nname: y\n":        `line 2: mapping key "name" already defined at line 1`,
		"name: [a]\nlist: x\n":      "line 1: it is a list, and must be text; line 2: it is text `x`, and must be a list",
		"n: large\nmap: [1]\nf: {}": "line 1: it is text `large`, and must be a whole number; line 2: it is a list, and must be a map; line 3: it is a map, and must be a number",
		"\ta: b\n":                  "yaml: found character that cannot start any token",
	} {
		var into struct {
			Name string
			List []string
			N    int
			F    float64
			Map  map[string]string
		}
		d := yaml.NewDecoder(strings.NewReader(text))
		d.KnownFields(true)
		if err := yamltext.Explain(d.Decode(&into)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if other := errors.New("other"); !errors.Is(yamltext.Explain(other), other) || yamltext.Explain(nil) != nil {
		t.Error("what is no decoder's error is changed")
	}
}
