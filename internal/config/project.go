package config

import (
	"errors"
	"fmt"
)

// Project is what Pulumi.yaml says of whose project it is.
type Project struct {
	Name, Description string
	Backend           string // address of the state; empty: what the file says, if it says any
}

// In returns a Pulumi.yaml with that in it, and everything else, comments included, as it was.
func (p Project) In(file []byte) ([]byte, error) {
	d, err := openDocument(file)
	if err != nil {
		return nil, fmt.Errorf("read Pulumi.yaml: %w", err)
	}
	name, description, backend := d.at("name"), d.at("description"), d.at("backend", "url")
	if name == nil || description == nil || p.Backend != "" && backend == nil {
		return nil, errors.New("read Pulumi.yaml: it has no name, no description or no backend.url")
	}
	d.set(name, p.Name)
	d.set(description, p.Description)
	if p.Backend != "" {
		d.set(backend, p.Backend)
	}
	return d.apply()
}
