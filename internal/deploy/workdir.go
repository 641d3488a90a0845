package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"
)

// secretKeys are what the engine writes into a stack file about its secrets provider.
var secretKeys = []string{"secretsprovider", "encryptedkey", "encryptionsalt"}

// syncWorkDir brings the target's working folder up to date with its root: Pulumi.yaml as it is, the stack file
// merged by mergeStackFile. The engine writes into the stack file it reads, so it never gets the root's own.
func syncWorkDir(t Target) error {
	if err := os.MkdirAll(t.WorkDir, 0o755); err != nil {
		return fmt.Errorf("create working folder: %w", err)
	}
	project, err := os.ReadFile(filepath.Join(t.Root, "Pulumi.yaml"))
	if err != nil {
		return fmt.Errorf("read project: %w", err)
	}
	if err := writeChanged(filepath.Join(t.WorkDir, "Pulumi.yaml"), project); err != nil {
		return err
	}
	name := "Pulumi." + t.Stack + ".yaml"
	root, err := readOptional(filepath.Join(t.Root, name))
	if err != nil {
		return fmt.Errorf("read stack file: %w", err)
	}
	copied, err := readOptional(filepath.Join(t.WorkDir, name))
	if err != nil {
		return fmt.Errorf("read copy of stack file: %w", err)
	}
	merged, err := mergeStackFile(root, copied, t.Secrets)
	if err != nil {
		return fmt.Errorf("merge %s: %w", name, err)
	}
	return writeChanged(filepath.Join(t.WorkDir, name), merged)
}

// mergeStackFile returns the root's stack file with the secrets keys that apply. With a key service they are the
// root's, if it has any; the passphrase provider has keys of its own, kept in the copy, so that a state made with a
// passphrase and one made with a key service never read each other's.
func mergeStackFile(root, copied []byte, secrets string) ([]byte, error) {
	rootNode, err := parseMapping(root)
	if err != nil {
		return nil, fmt.Errorf("read stack file: %w", err)
	}
	copiedNode, err := parseMapping(copied)
	if err != nil {
		return nil, fmt.Errorf("read copy: %w", err)
	}
	own := takeKeys(rootNode, secretKeys)
	kept := takeKeys(copiedNode, secretKeys)
	keys := kept
	if secrets != passphrase && len(own) > 0 {
		keys = own
	}
	rootNode.Content = append(keys, rootNode.Content...)
	if len(rootNode.Content) == 0 {
		return []byte("{}\n"), nil
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(rootNode), encoder.Close()); err != nil {
		return nil, fmt.Errorf("write stack file: %w", err)
	}
	return out.Bytes(), nil
}

// parseMapping reads a YAML document that is a mapping; an empty document is an empty one.
func parseMapping(data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return &yaml.Node{Kind: yaml.MappingNode}, nil
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("not a mapping")
	}
	return doc.Content[0], nil
}

// takeKeys removes the named keys from a mapping and returns them with their values, as a mapping's content.
func takeKeys(mapping *yaml.Node, names []string) []*yaml.Node {
	var taken, rest []*yaml.Node
	for pair := range slices.Chunk(mapping.Content, 2) {
		if slices.Contains(names, pair[0].Value) {
			taken = append(taken, pair...)
		} else {
			rest = append(rest, pair...)
		}
	}
	mapping.Content = rest
	return taken
}

// readOptional reads a file that may be missing, which reads as empty.
func readOptional(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// writeChanged leaves a file that holds data already as it is, down to its modification time.
func writeChanged(path string, data []byte) error {
	before, err := os.ReadFile(path)
	if err == nil && bytes.Equal(before, data) {
		return nil
	}
	return os.WriteFile(path, data, 0o600)
}
