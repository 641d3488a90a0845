// Package blind takes the secrets out of a checkpoint without decrypting any: a constant stands in the place of each
// ciphertext. An engine that works on the result plans what it would plan on the real one, as long as a constant that
// comes out of one place of the checkpoint is the one that stands in the other. So all are the same.
package blind

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

// Provider says how the engine that gets the deployment encrypts, as a checkpoint has it.
type Provider struct {
	Type  string          `json:"type"`
	State json.RawMessage `json:"state,omitempty"`
}

// Deployment is a blinded checkpoint in the form that the engine imports.
type Deployment struct {
	Version  int
	Features []string
	Body     json.RawMessage // empty for a stack without resources
	Secrets  []Secret        // what was taken out, in the checkpoint's order
}

// Checkpoint blinds a checkpoint. What it names as its secrets provider is replaced by provider, since an engine would
// otherwise ask that one for its key. It fails on what is no checkpoint, and when a ciphertext would be left.
func Checkpoint(data []byte, provider Provider) (Deployment, error) {
	var file struct {
		Version    int      `json:"version"`
		Features   []string `json:"features"`
		Checkpoint *struct {
			Latest map[string]json.RawMessage `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return Deployment{}, fmt.Errorf("blind checkpoint: %w", err)
	}
	if file.Checkpoint == nil || file.Version == 0 {
		return Deployment{}, errors.New("blind checkpoint: it lacks version and checkpoint")
	}
	d := Deployment{Version: file.Version, Features: file.Features}
	if file.Checkpoint.Latest == nil {
		return d, nil
	}
	body := map[string]any{"secrets_providers": provider}
	for name, raw := range file.Checkpoint.Latest {
		if name == "secrets_providers" {
			continue
		}
		v, err := decode(raw)
		if err != nil {
			return Deployment{}, fmt.Errorf("blind checkpoint: %s: %w", name, err)
		}
		body[name] = d.section(name, v)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return Deployment{}, fmt.Errorf("blind checkpoint: %w", err)
	}
	if bytes.Contains(text, []byte(`"ciphertext"`)) {
		return Deployment{}, errors.New("blind checkpoint: a ciphertext stands where none is expected")
	}
	d.Body = text
	return d, nil
}

// decode reads JSON and keeps numbers as they are written.
func decode(raw []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return v, d.Decode(&v)
}

// section blinds one part of the deployment: its resources one by one, so that what is taken out has an owner.
func (d *Deployment) section(name string, v any) any {
	list, isList := v.([]any)
	if name != "resources" || !isList {
		return d.value(Secret{}, v)
	}
	for i, e := range list {
		r, _ := e.(map[string]any)
		for part, v := range r {
			if part != "inputs" && part != "outputs" {
				r[part] = d.value(owner(r, false).below(part), v)
			}
		}
		for _, part := range []string{"inputs", "outputs"} { // in this order
			if v, ok := r[part]; ok {
				r[part] = d.value(owner(r, part == "outputs"), v)
			}
		}
		list[i] = e
	}
	return list
}

func owner(r map[string]any, output bool) Secret {
	urn, _ := r["urn"].(string)
	typ, _ := r["type"].(string)
	return Secret{URN: urn, Type: typ, Name: urn[strings.LastIndex(urn, ":")+1:], Output: output}
}

// value blinds a value that stands at a place.
func (d *Deployment) value(at Secret, v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = d.value(at.below("["+strconv.Itoa(i)+"]"), v[i])
		}
	case map[string]any:
		if v[signature] == secret {
			if at.URN != "" { // else it is of an operation that was under way
				d.Secrets = append(d.Secrets, at)
			}
			// Whatever form the secret has, nothing of it is kept: the engine may have written it in plain.
			return map[string]any{signature: secret, "plaintext": at.stand()}
		}
		for _, name := range sortedKeys(v) {
			v[name] = d.value(at.below(name), v[name])
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

func sortedKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
