// Package blind takes the secrets out of a checkpoint without decrypting any: a constant stands in the place of each
// ciphertext. An engine that works on the result plans what it would plan on the real one, as long as a constant that
// comes out of one place of the checkpoint is the one that stands in the other. So all are the same.
package blind

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The engine marks values that are not plain JSON by this key, and secrets by that value of it
// (pulumi/sdk/go/common/resource/sig).
const (
	signature = "4dabf18193072939515e22adb298388d"
	secret    = "1b47061264138c4ac30d75fd1eb44270"
)

// The constants. A password of letters and digits, 32 characters long, is allowed to a database (8 to 41) and a bus (16
// to 128), and the program takes it out of the text of a secret as it takes out the real one.
const (
	User     = "deepstream"
	Password = "hiddenHiddenHiddenHiddenHidden00"
	Text     = `{"username":"` + User + `","password":"` + Password + `"}`
)

// Secret is a place in a checkpoint where a ciphertext was.
type Secret struct {
	URN    string `json:"urn"`
	Type   string `json:"type"`
	Name   string `json:"name"`
	Output bool   `json:"output"` // among the outputs; else among the inputs
	Path   string `json:"path"`   // such as masterPassword or list[0].token
}

// Copy is a checkpoint without its secrets.
type Copy struct {
	Text    []byte   // as the engine stores it, of the same stack
	Secrets []Secret // what was taken out, in the checkpoint's order
}

// Checkpoint blinds a checkpoint. The copy names no secrets provider, so that an engine which reads it asks none for a key: it
// takes what stands there in plain, and refuses a ciphertext. Checkpoint fails on what is no checkpoint, and when a ciphertext
// would be left.
func Checkpoint(data []byte) (Copy, error) {
	var file struct {
		Version    int      `json:"version"`
		Features   []string `json:"features,omitempty"`
		Checkpoint *struct {
			Stack  string                     `json:"stack"`
			Latest map[string]json.RawMessage `json:"latest,omitempty"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return Copy{}, fmt.Errorf("blind checkpoint: %w", err)
	}
	if file.Checkpoint == nil || file.Version == 0 {
		return Copy{}, errors.New("blind checkpoint: it lacks version and checkpoint")
	}
	var c Copy
	latest := file.Checkpoint.Latest
	delete(latest, "secrets_providers")
	for _, name := range slices.Sorted(maps.Keys(latest)) {
		var err error
		if latest[name], err = c.section(name, latest[name]); err != nil {
			return Copy{}, fmt.Errorf("blind checkpoint: %w", err)
		}
	}
	text, err := json.Marshal(file)
	if err != nil {
		return Copy{}, fmt.Errorf("blind checkpoint: %w", err)
	}
	if bytes.Contains(text, []byte(`"ciphertext"`)) {
		return Copy{}, errors.New("blind checkpoint: a ciphertext stands where none is expected")
	}
	c.Text = text
	return c, nil
}

// section blinds one part of a deployment: its resources one by one, so that what is taken out has an owner.
func (c *Copy) section(name string, text json.RawMessage) (json.RawMessage, error) {
	var list []json.RawMessage
	if name != "resources" || json.Unmarshal(text, &list) != nil || list == nil {
		return changed(text, func(v any) any { return c.value(Secret{}, v) })
	}
	for i := range list {
		var err error
		if list[i], err = changed(list[i], c.resource); err != nil {
			return nil, err
		}
	}
	return joined(list), nil
}

// joined is a list of what is JSON already, which need not be gone through again as by json.Marshal.
func joined(list []json.RawMessage) json.RawMessage {
	out := json.RawMessage("[")
	for i, e := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, e...)
	}
	return append(out, ']')
}

// resource blinds one entry of a deployment.
func (c *Copy) resource(entry any) any {
	r, _ := entry.(map[string]any)
	for part, v := range r {
		if part != "inputs" && part != "outputs" {
			r[part] = c.value(owner(r, false).below(part), v)
		}
	}
	for _, part := range []string{"inputs", "outputs"} { // in this order
		if v, ok := r[part]; ok {
			r[part] = c.value(owner(r, part == "outputs"), v)
		}
	}
	return entry
}

// changed is JSON with what takes secrets out of it. Most of a checkpoint has none, and is not even decoded: the mark of a secret
// is not in it, nor an escape that could spell the mark in another way.
func changed(text json.RawMessage, blind func(any) any) (json.RawMessage, error) {
	if !bytes.Contains(text, []byte(signature)) && !bytes.Contains(text, []byte(`\u00`)) {
		return text, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // numbers stay as they are written
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(blind(v))
}

func owner(r map[string]any, output bool) Secret {
	urn, _ := r["urn"].(string)
	typ, _ := r["type"].(string)
	return Secret{URN: urn, Type: typ, Name: urn[strings.LastIndex(urn, ":")+1:], Output: output}
}

// value blinds a value that stands at a place.
func (c *Copy) value(at Secret, v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = c.value(at.below("["+strconv.Itoa(i)+"]"), v[i])
		}
	case map[string]any:
		if v[signature] == secret {
			if at.URN != "" { // else it is of an operation that was under way
				c.Secrets = append(c.Secrets, at)
			}
			// Whatever form the secret has, nothing of it is kept: the engine may have written it in plain.
			return map[string]any{signature: secret, "plaintext": at.stand()}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			v[name] = c.value(at.below(name), v[name])
		}
	}
	return v
}

func (s Secret) below(part string) Secret {
	if s.Path != "" && !strings.HasPrefix(part, "[") {
		part = "." + part
	}
	s.Path += part
	return s
}

// stand is what stands for a secret, as JSON: a secret's whole text where that is the property, else a password.
func (s Secret) stand() string {
	value := Password
	if s.Path == "secretString" {
		value = Text
	}
	text, _ := json.Marshal(value) // a string
	return string(text)
}
