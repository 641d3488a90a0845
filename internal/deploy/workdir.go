package deploy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/state"
)

// syncWorkDir brings the target's working folder up to date with its root: Pulumi.yaml as it is, the stack file with the keys
// of its secrets that chooseKeys takes. The engine writes into the stack file it reads, so it never gets the root's own. Found
// are the keys that the checkpoint names.
func syncWorkDir(t Target, found state.Keys) error {
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
	merged, err := mergeStackFile(t, root, copied, found)
	if err != nil {
		return fmt.Errorf("merge %s: %w", name, err)
	}
	return writeChanged(filepath.Join(t.WorkDir, name), merged)
}

// mergeStackFile returns the root's stack file with the keys of its secrets that apply.
func mergeStackFile(t Target, root, copied []byte, found state.Keys) ([]byte, error) {
	var own, kept state.Keys
	file, err := parseMapping(root)
	if err == nil {
		err = file.Decode(&own)
	}
	if err != nil {
		return nil, fmt.Errorf("read stack file: %w", err)
	}
	if yaml.Unmarshal(copied, &kept) != nil { // it is made anew: nothing in it is said nowhere else
		kept = state.Keys{}
	}
	var keys yaml.Node
	if err := keys.Encode(chooseKeys(t, own, kept, found)); err != nil {
		return nil, fmt.Errorf("write keys: %w", err)
	}
	file.Content = append(keys.Content, withoutKeys(file.Content)...)
	if len(file.Content) == 0 {
		return []byte("{}\n"), nil
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(file), encoder.Close()); err != nil {
		return nil, fmt.Errorf("write stack file: %w", err)
	}
	return out.Bytes(), nil
}

// chooseKeys says what the secrets of a target are encrypted under: what the checkpoint names goes before what the stack file
// or its copy does, as the state cannot be read by another key. Only the service's key is the stack file's to choose.
//
// A stack file that names the service and not the encrypted key would have the engine make a new key, and write every secret
// anew under it.
func chooseKeys(t Target, own, kept, found state.Keys) state.Keys {
	if t.Secrets == passphrase || t.Secrets == HubKey { // the stack file's is that of another state
		return cmp.Or(found, kept)
	}
	chosen := state.Keys{Provider: cmp.Or(own.Provider, kept.Provider, found.Provider)}
	from := []state.Keys{found, kept}
	if !t.Offline {
		from = append(from, own)
	}
	for _, k := range from {
		if k.Provider == chosen.Provider && chosen.Encrypted == "" {
			chosen.Encrypted = k.Encrypted
		}
	}
	return chosen
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

// withoutKeys is a stack file's content without what it says of the keys of its secrets.
func withoutKeys(content []*yaml.Node) []*yaml.Node {
	var rest []*yaml.Node
	for pair := range slices.Chunk(content, 2) {
		switch pair[0].Value {
		case "secretsprovider", "encryptedkey", "encryptionsalt":
		default:
			rest = append(rest, pair...)
		}
	}
	return rest
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
