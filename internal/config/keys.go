package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/yamltext"
)

// KeysOf reads what a stack file names of the keys of its secrets.
func KeysOf(file []byte) (keys state.Keys, err error) {
	d, err := openDocument(file)
	if err == nil {
		err = yamltext.Explain(d.root.Decode(&keys))
	}
	if err != nil {
		return state.Keys{}, fmt.Errorf("read stack file: %w", err)
	}
	return keys, nil
}

// WithKeys returns a stack file that names other keys of its secrets, and everything else, comments included, as it was. New
// lines go behind the service's URL, or before config.
func WithKeys(file []byte, keys state.Keys) ([]byte, error) {
	d, err := openDocument(file)
	if err != nil {
		return nil, fmt.Errorf("read stack file: %w", err)
	}
	line := map[string]int{} // of each key of the file, from 0
	for i := 0; i < len(d.root.Content); i += 2 {
		line[d.root.Content[i].Value] = d.root.Content[i].Line - 1
	}
	at, ok := line["config"]
	if !ok {
		return nil, errors.New("write keys: the stack file has no config")
	}
	lines := bytes.SplitAfter(file, []byte("\n"))
	var added []byte
	for _, k := range []struct{ name, value string }{
		{"secretsprovider", keys.Provider}, {"encryptedkey", keys.Encrypted}, {"encryptionsalt", keys.Salt},
	} {
		i, there := line[k.name]
		switch {
		case there && k.value == "":
			lines[i] = nil
		case there:
			lines[i] = bytes.Replace(lines[i], []byte(d.at(k.name).Value), []byte(k.value), 1)
			at = i + 1
		case k.value != "":
			added = fmt.Appendf(added, "%s: %s\n", k.name, k.value)
		}
	}
	lines = slices.Insert(lines, at, added)
	changed := bytes.Join(lines, nil)
	if now, err := KeysOf(changed); err != nil || now != keys {
		return nil, errors.New("write keys: a value is not written plainly, such as one that refers to another; write it once by hand")
	}
	return changed, nil
}
