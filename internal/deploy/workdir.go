package deploy

import (
	"bytes"
	"encoding/json"
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
func syncWorkDir(t Target, key stateKey) error {
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
	merged, err := mergeStackFile(root, copied, t.Secrets, key)
	if err != nil {
		return fmt.Errorf("merge %s: %w", name, err)
	}
	return writeChanged(filepath.Join(t.WorkDir, name), merged)
}

// trustState has the copy of the stack file name the passphrase's salt that the state names: the copy may be spoilt, and the
// state cannot be read by another salt.
func (d *Driver) trustState() error {
	if d.target.Secrets != passphrase || d.found == nil || d.found.Salt == "" {
		return nil
	}
	path := filepath.Join(d.target.WorkDir, "Pulumi."+d.target.Stack+".yaml")
	var copied struct {
		Salt string `yaml:"encryptionsalt"`
	}
	if text, err := os.ReadFile(path); err == nil && yaml.Unmarshal(text, &copied) == nil && copied.Salt == d.found.Salt {
		return nil
	}
	text, err := yaml.Marshal(map[string]string{"encryptionsalt": d.found.Salt})
	if err == nil {
		err = os.MkdirAll(d.target.WorkDir, 0o755)
	}
	if err == nil {
		err = writeChanged(path, text)
	}
	if err != nil {
		return fmt.Errorf("write copy of stack file: %w", err)
	}
	return nil
}

// mergeStackFile returns the root's stack file with the secrets keys that apply. With a key service they are the
// root's, if it has any; the passphrase provider has keys of its own, kept in the copy, so that a state made with a
// passphrase and one made with a key service never read each other's.
//
// A key service encrypts the key of the state's secrets. A stack file that names the service and not the encrypted key has
// the engine make a new key, and write every secret anew under it; so it gets the key that the state has.
func mergeStackFile(root, copied []byte, secrets string, dataKey stateKey) ([]byte, error) {
	rootNode, err := parseMapping(root)
	if err != nil {
		return nil, fmt.Errorf("read stack file: %w", err)
	}
	copiedNode, err := parseMapping(copied)
	if err != nil { // it is made anew: nothing in it is said nowhere else
		copiedNode = &yaml.Node{Kind: yaml.MappingNode}
	}
	own := takeKeys(rootNode, secretKeys)
	kept := takeKeys(copiedNode, secretKeys)
	keys := kept
	if secrets != passphrase && len(own) > 0 {
		keys = own
	}
	if secrets != passphrase {
		keys = dataKey.addTo(keys)
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

// stateKey is how a state's secrets are encrypted by a key service.
type stateKey struct {
	URL       string `json:"url"`          // of the service's key, such as awskms://alias/x?region=eu-central-1
	Encrypted string `json:"encryptedkey"` // the key of the secrets, encrypted under it, in base64
}

// stateKeyOf reads it from a checkpoint; zero where there is none.
func stateKeyOf(checkpoint []byte) stateKey {
	var file struct {
		Checkpoint struct {
			Latest struct {
				Secrets struct {
					Type  string   `json:"type"`
					State stateKey `json:"state"`
				} `json:"secrets_providers"`
			} `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(checkpoint, &file); err != nil || file.Checkpoint.Latest.Secrets.Type != "cloud" {
		return stateKey{} // the engine says what is wrong
	}
	return file.Checkpoint.Latest.Secrets.State
}

// addTo adds the encrypted key to a stack file's keys that name the same service and no encrypted key.
func (k stateKey) addTo(keys []*yaml.Node) []*yaml.Node {
	same := false
	for pair := range slices.Chunk(keys, 2) {
		switch pair[0].Value {
		case "encryptedkey":
			return keys
		case "secretsprovider":
			same = pair[1].Value == k.URL
		}
	}
	if !same || k.Encrypted == "" {
		return keys
	}
	text := func(v string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: v} }
	return append(keys, text("encryptedkey"), text(k.Encrypted))
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
