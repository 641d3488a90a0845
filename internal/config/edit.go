package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/yamltext"
)

// document is a YAML file that is edited where its values stand, so that all else, comments included, stays as it was.
type document struct {
	text  []byte
	root  *yaml.Node
	edits []edit
}

// edit puts text in the place of a scalar, or adds an item behind the last one of a list.
type edit struct {
	node   *yaml.Node
	text   string
	behind bool
	flow   bool // whether the list is written [a, b]
}

func openDocument(text []byte) (*document, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, errors.New("it is empty")
	}
	var whole any
	if err := doc.Decode(&whole); err != nil { // a key that is there twice: an edit of the first one would say nothing
		return nil, yamltext.Explain(err)
	}
	return &document{text: text, root: doc.Content[0]}, nil
}

// at returns the node below a path of keys, nil for none.
func (d *document) at(keys ...string) *yaml.Node {
	node := d.root
	for _, key := range keys {
		node = entry(node, key)
	}
	return node
}

// group returns the node of a project's group of keys, or below it, by whichever name the file has it; nil for none.
func (d *document) group(project, name string, keys ...string) *yaml.Node {
	config := d.at("config")
	if config == nil || config.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(config.Content); i += 2 {
		if fullKey(project, config.Content[i].Value) != project+":"+name {
			continue
		}
		node := config.Content[i+1]
		for _, key := range keys {
			node = entry(node, key)
		}
		return node
	}
	return nil
}

// set replaces a scalar.
func (d *document) set(node *yaml.Node, text string) {
	d.edits = append(d.edits, edit{node: node, text: text})
}

// add appends an item to a list that has one already.
func (d *document) add(list *yaml.Node, text string) {
	d.edits = append(d.edits, edit{node: list.Content[len(list.Content)-1], text: text, behind: true, flow: list.Style&yaml.FlowStyle != 0})
}

// apply returns the file with all edits. The error names a value that does not stand on one line as it is.
func (d *document) apply() ([]byte, error) {
	lines := bytes.SplitAfter(d.text, []byte("\n"))
	slices.SortFunc(d.edits, func(a, b edit) int { // from the end, so that what is before does not move
		return cmp.Or(cmp.Compare(b.node.Line, a.node.Line), cmp.Compare(b.node.Column, a.node.Column))
	})
	for _, e := range d.edits {
		line := string(lines[e.node.Line-1])
		before, rest := line[:e.node.Column-1], line[e.node.Column-1:]
		if !strings.Contains(rest, e.node.Value) || e.node.Kind != yaml.ScalarNode || e.node.Value == "" {
			return nil, fmt.Errorf("line %d: a value is not written plainly on one line; write it once by hand", e.node.Line)
		}
		switch {
		case !e.behind:
			rest = strings.Replace(rest, e.node.Value, e.text, 1)
		case e.flow:
			end := strings.Index(rest, e.node.Value) + len(e.node.Value)
			if end < len(rest) && (rest[end] == '"' || rest[end] == '\'') {
				end++
			}
			rest = rest[:end] + ", " + e.text + rest[end:]
		default:
			indent := before[:len(before)-len(strings.TrimLeft(before, " "))]
			rest = strings.TrimSuffix(rest, "\n") + "\n" + indent + "- " + e.text + "\n"
		}
		lines[e.node.Line-1] = []byte(before + rest)
	}
	return bytes.Join(lines, nil), nil
}
