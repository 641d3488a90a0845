package config

import (
	"errors"
	"fmt"
	"regexp"

	"gopkg.in/yaml.v3"
)

// Pin names what a stack runs on: values that only exist once somebody made them.
type Pin struct {
	Image string // registry/repository@sha256:...; empty leaves it
	AMI   string // empty leaves it
}

var registry = regexp.MustCompile(`^([0-9]{12}\.dkr\.ecr\.)[a-z0-9-]+(\.amazonaws\.com/)`)

// Check refuses what is not pinned, by the configuration's own rules.
func (p Pin) Check() error {
	var problems []error
	if p.Image == "" && p.AMI == "" {
		problems = append(problems, errors.New("name an image or a machine image"))
	}
	if p.Image != "" && !imagePattern.MatchString(p.Image) {
		problems = append(problems, fmt.Errorf("image %s: must be pinned by digest, repository@sha256:<64 hex digits>", p.Image))
	}
	if p.AMI != "" && !amiPattern.MatchString(p.AMI) {
		problems = append(problems, fmt.Errorf("machine image %s: %s, such as ami-0a1b2c3d4e5f60718", p.AMI, amiRule))
	}
	return errors.Join(problems...)
}

// Pinned returns a stack file with other pins, and everything else, comments included, as it was. An image in ECR is taken
// from the stack's own region, where ECR has copied it.
func Pinned(project string, file []byte, p Pin) ([]byte, error) {
	d, err := openDocument(file)
	if err != nil {
		return nil, fmt.Errorf("read stack file: %w", err)
	}
	if region := d.at("config", "aws:region"); region != nil && p.Image != "" {
		p.Image = registry.ReplaceAllString(p.Image, "${1}"+region.Value+"${2}")
	}
	for _, to := range []struct{ group, key, value string }{{"service", "image", p.Image}, {"cluster", "ami", p.AMI}} {
		if to.value == "" {
			continue
		}
		node := d.group(project, to.group, to.key)
		if node == nil {
			return nil, fmt.Errorf("pin %s.%s: the stack file does not set it", to.group, to.key)
		}
		d.set(node, to.value)
	}
	pinned, err := d.apply()
	if err != nil {
		return nil, fmt.Errorf("pin images: %w", err)
	}
	if !p.in(project, pinned) {
		return nil, errors.New("pin images: a value is not written plainly, such as one that is empty or refers to another; write it once by hand")
	}
	return pinned, nil
}

// in reports whether a stack file says what the pin does.
func (p Pin) in(project string, file []byte) bool {
	d, err := openDocument(file)
	if err != nil {
		return false
	}
	says := func(group, key, value string) bool {
		node := d.group(project, group, key)
		return value == "" || node != nil && node.Kind == yaml.ScalarNode && node.Value == value
	}
	return says("service", "image", p.Image) && says("cluster", "ami", p.AMI)
}

// entry returns the value of a mapping's key, nil for none.
func entry(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// HasGroup reports whether a stack file itself has a group of keys, such as database. One that is no YAML has none.
func HasGroup(project string, file []byte, group string) bool {
	d, err := openDocument(file)
	return err == nil && d.group(project, group) != nil
}
