package handbook

import (
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/config"
)

// without says for each resource what fails without it: "type name: text", one a line.
//
//go:embed without.txt
var without string

// Reasons reads without.txt.
func Reasons() (map[string]string, error) { return reasons(without) }

func reasons(text string) (map[string]string, error) {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, why, ok := strings.Cut(line, ": ")
		if !ok || len(strings.Fields(key)) != 2 || why == "" {
			return nil, fmt.Errorf("read without.txt: %q is not \"type name: text\"", line)
		}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("read without.txt: %s stands there twice", key)
		}
		out[key] = why
	}
	return out, nil
}

// Agree returns what is wrong between resources and reasons: one without the other.
func Agree(resources []Resource, why map[string]string) []string {
	var problems []string
	there := map[string]bool{}
	for _, r := range resources {
		there[r.Key()] = true
		if why[r.Key()] == "" {
			problems = append(problems, "without.txt says nothing of "+r.Key())
		}
	}
	for key := range why {
		if !there[key] {
			problems = append(problems, "without.txt speaks of "+key+", which no stack has")
		}
	}
	slices.Sort(problems)
	return problems
}

// tier is one section.
type tier struct {
	heading string
	name    string   // of its component, and of the package below components; stack for what is none
	groups  []string // of configuration
}

var sections = []tier{
	{"The stack", stackTier, []string{"aws", "platform"}},
	{"Network", "network", []string{"network"}},
	{"Database", "database", []string{"database"}},
	{"Bus", "bus", []string{"bus"}},
	{"Backup", "backup", []string{"backup"}},
	{"Hosts", "cluster", []string{"cluster"}},
	{"Services", ServiceTier, []string{"service", "services"}},
	{"Edge", "edge", []string{"edge"}},
	{"Observability", "observability", []string{"observability"}},
}

// preface writes backquotes as ', which raw strings cannot hold otherwise.
var preface = strings.ReplaceAll(`# Tiers

What each tier of a region creates, what it can be told, what it refuses, and what fails without each of its resources.
The identities are those of the tracked stacks and of one that uses every option; '<zone>', '<service>', '<region>' and
'<receiver>' stand for what there is one of each. "Protected" is what no run destroys while platform.protect is true,
"kept" what outlives its stack, "option" what the tracked stacks do without. … stands in a rule for what a message takes
from the configuration.

This file is generated: 'go test ./tests -run TestTiersDocument -update' writes it from the plans of the engine, the
fields and rules of the configuration, and tests/handbook/without.txt.
`, "'", "`")

// Tiers returns docs/tiers.md for what stacks are made of. Root is the repository's.
func Tiers(root string, resources []Resource) (string, error) {
	why, err := Reasons()
	if err != nil {
		return "", err
	}
	comments, err := Comments(filepath.Join(root, "internal/config/config.go"))
	if err != nil {
		return "", err
	}
	var refusals []Refusal
	for _, dir := range []string{"internal/config", "internal/sizing"} {
		found, err := Refusals(filepath.Join(root, dir))
		if err != nil {
			return "", err
		}
		refusals = append(refusals, found...)
	}
	var b strings.Builder
	b.WriteString(preface)
	for _, s := range sections {
		if err := s.write(&b, root); err != nil {
			return "", err
		}
		s.created(&b, resources, why)
		s.configured(&b, comments)
		s.refused(&b, refusals)
	}
	return b.String(), nil
}

// write begins the section with what the component's package says of itself.
func (s tier) write(b *strings.Builder, root string) error {
	fmt.Fprintf(b, "\n## %s\n\n", s.heading)
	if s.name == stackTier {
		b.WriteString("What concerns every tier: the region, who answers for the stack, and whether its data may be destroyed.\n")
		return nil
	}
	paragraphs, err := Doc(filepath.Join(root, "components", s.name, "doc.go"))
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "[`components/%s`](../components/%s): ", s.name, s.name)
	paragraphs = slices.DeleteFunc(paragraphs, func(p string) bool { return strings.HasPrefix(p, "It refuses") }) // the rules follow
	b.WriteString(text(strings.TrimPrefix(strings.Join(paragraphs, "\n\n"), "Package ")) + "\n")
	return nil
}

func (s tier) created(b *strings.Builder, resources []Resource, why map[string]string) {
	b.WriteString("\n| Created | | Without it |\n| --- | --- | --- |\n")
	for _, r := range resources {
		if r.Tier != s.name {
			continue
		}
		var marks []string
		for mark, set := range map[string]bool{"protected": r.Protected, "kept": r.Kept, "option": r.Option} {
			if set {
				marks = append(marks, mark)
			}
		}
		slices.Sort(marks)
		fmt.Fprintf(b, "| `%s` `%s` | %s | %s |\n", r.Type, r.Name, strings.Join(marks, ", "), cell(why[r.Key()]))
	}
}

// organisation is whose defaults the handbook shows.
const organisation = "deepstreamhub"

func (s tier) has(key string) bool {
	return slices.ContainsFunc(s.groups, func(g string) bool { return key == g || strings.HasPrefix(key, g+".") || strings.HasPrefix(key, g+":") })
}

func (s tier) configured(b *strings.Builder, comments map[string]string) {
	b.WriteString("\n| Key | Default | Takes | What it is |\n| --- | --- | --- | --- |\n")
	for _, f := range config.Fields(organisation) {
		if !s.has(f.Key) {
			continue
		}
		given := "none"
		switch {
		case f.Required:
			given = "required"
		case f.Default != "":
			given = "`" + f.Default + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.Key, given, cell(f.Allowed), cell(comments[f.Key]))
	}
}

// refused lists the rules that go beyond one key's own values.
func (s tier) refused(b *strings.Builder, refusals []Refusal) {
	heading := "\nRefused, beside what the table says:\n\n"
	for _, r := range refusals {
		key := strings.ReplaceAll(r.Key, "services."+unknown, "services.<name>")
		if s.has(strings.TrimSuffix(key, "["+unknown+"]")) && known(key) {
			fmt.Fprintf(b, "%s- `%s` %s\n", heading, key, text(r.Rule))
			heading = ""
		}
	}
}

// known reports whether a key, or the list that it is an element of, is one of the configuration's.
func known(key string) bool {
	key = strings.TrimSuffix(key, "["+unknown+"]")
	return key == "services.<name>" || slices.ContainsFunc(config.Fields(organisation), func(f config.Field) bool { return f.Key == key })
}

// text keeps placeholders from being taken for HTML.
func text(s string) string { return strings.ReplaceAll(s, "<", `\<`) }

// cell makes text fit a table.
func cell(s string) string { return strings.ReplaceAll(text(s), "|", `\|`) }
