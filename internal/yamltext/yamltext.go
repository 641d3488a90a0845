// Package yamltext says in plain words what is wrong with a YAML file that somebody wrote: without the names of Go's types,
// which are the decoder's words.
package yamltext

import (
	"errors"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	kind    = regexp.MustCompile("^(line \\d+: )?cannot unmarshal !!(\\w+)( `[^`]*`)? into (.*)$")
	unknown = regexp.MustCompile(`^(line \d+: )?field (\S+) not found in type .+$`)
	twice   = regexp.MustCompile(`^(line \d+: )?field (\S+) already set in type .+$`)
)

// names are what people call YAML's own types.
var names = map[string]string{"seq": "a list", "map": "a map", "str": "text", "int": "a number", "float": "a number", "bool": "true or false", "null": "nothing", "timestamp": "a time"}

// Explain returns what the decoder's error says, on one line. Other errors stay as they are.
func Explain(err error) error {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return err
	}
	lines := make([]string, len(wrong.Errors))
	for i, line := range wrong.Errors {
		if m := kind.FindStringSubmatch(line); m != nil {
			is := names[m[2]]
			if is == "" {
				is = m[2]
			}
			line = m[1] + "it is " + is + m[3] + ", and must be " + wanted(m[4])
		} else if m := unknown.FindStringSubmatch(line); m != nil {
			line = m[1] + "there is no such key: " + m[2]
		} else if m := twice.FindStringSubmatch(line); m != nil {
			line = m[1] + "it is given twice: " + m[2]
		}
		lines[i] = line
	}
	return errors.New(strings.Join(lines, "; "))
}

// wanted is what a Go type is written as.
func wanted(typ string) string {
	switch {
	case strings.HasPrefix(typ, "["):
		return "a list"
	case typ == "string":
		return "text"
	case typ == "bool":
		return "true or false"
	case strings.HasPrefix(typ, "int"), strings.HasPrefix(typ, "uint"):
		return "a whole number"
	case strings.HasPrefix(typ, "float"):
		return "a number"
	}
	return "a map"
}
