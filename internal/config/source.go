package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/yamltext"
)

// regionKey is the one key outside the project's namespace that a Config is made of.
const regionKey = "aws:region"

// Source is a stack's raw configuration, as the engine would hand it to the program.
type Source struct {
	Project  string            // the project's name, which is the namespace of its keys
	Stack    string            // short name, such as prod-eu
	Values   map[string]string // by full key, such as deepstreamhub:network; objects as JSON text
	Secrets  map[string]bool   // the full keys that hold a secret, which the engine hands over in the clear
	Complete bool              // whether Values holds every key of the stack, so that an unknown one can be told
}

// Keys returns the full keys that Load reads of a project, sorted: what to ask the engine for where it cannot list a
// stack's keys.
func Keys(project string) []string { return platform.Keys(project, &Config{}) }

// OrganisationOf reads whose project is in a folder: its name in Pulumi.yaml, which has to be one that there can be.
func OrganisationOf(dir string) (naming.Organisation, error) {
	var project struct {
		Name string `yaml:"name"`
	}
	file := filepath.Join(dir, "Pulumi.yaml")
	if err := readYAML(file, &project); err != nil {
		return "", err
	}
	o := naming.Organisation(project.Name)
	if err := o.Check(); err != nil {
		return "", fmt.Errorf("read %s: name = %q: %w", file, project.Name, err)
	}
	return o, nil
}

// ReadFiles reads the configuration of one stack from Pulumi.yaml and Pulumi.<stack>.yaml in dir, as the Pulumi CLI
// does: a key of the stack file replaces the project's value or default for that key as a whole, and a key without
// namespace is the project's. The error names the file and, where the YAML is at fault, the line; for a stack without
// a file it lists those that have one.
func ReadFiles(dir, stack string) (Source, error) { return platform.ReadFiles(dir, stack) }

// ReadFiles is the function of that name for the schema's project.
func (s Schema) ReadFiles(dir, stack string) (Source, error) {
	if err := CheckStacks(stack); err != nil {
		return Source{}, fmt.Errorf("read stack %q: %w", stack, err)
	}
	var project struct {
		Name   string         `yaml:"name"`
		Config map[string]any `yaml:"config"`
	}
	projectFile := filepath.Join(dir, "Pulumi.yaml")
	if err := readYAML(projectFile, &project); err != nil {
		return Source{}, err
	}
	o, isBootstrap := strings.CutSuffix(project.Name, s.Suffix)
	if !isBootstrap {
		return Source{}, fmt.Errorf("read %s: name = %q: must end in %s", projectFile, project.Name, s.Suffix)
	}
	if err := naming.Organisation(o).Check(); err != nil {
		return Source{}, fmt.Errorf("read %s: name = %q: %w", projectFile, project.Name, err)
	}
	var own struct {
		Config      map[string]any `yaml:"config"`
		Environment any            `yaml:"environment"`

		// What the engine keeps there beside: how it encrypts, and with which key.
		SecretsProvider string         `yaml:"secretsprovider"`
		EncryptedKey    string         `yaml:"encryptedkey"`
		EncryptionSalt  string         `yaml:"encryptionsalt"`
		Unknown         map[string]any `yaml:",inline"`
	}
	stackFile := filepath.Join(dir, "Pulumi."+stack+".yaml")
	err := readYAML(stackFile, &own)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return Source{}, fmt.Errorf("%w; stacks with a file here: %s", err, strings.Join(Stacks(dir), ", "))
	case err != nil:
		return Source{}, err
	case own.Environment != nil:
		return Source{}, fmt.Errorf("read %s: environments are not supported: the stack file has to say everything", stackFile)
	case len(own.Unknown) > 0:
		return Source{}, fmt.Errorf("read %s: it has %s beside config, secretsprovider, encryptedkey and encryptionsalt: what a stack is told stands below config",
			stackFile, printable(strings.Join(slices.Sorted(maps.Keys(own.Unknown)), ", ")))
	}

	values, err := rawValues(project.Name, projectValues(project.Config))
	if err != nil {
		return Source{}, fmt.Errorf("read %s: %w", projectFile, err)
	}
	ownValues, err := rawValues(project.Name, own.Config)
	if err != nil {
		return Source{}, fmt.Errorf("read %s: %w", stackFile, err)
	}
	maps.Copy(values, ownValues)
	return Source{Project: project.Name, Stack: stack, Values: values, Complete: true}, nil
}

// readYAML decodes the one document of a file. An empty file decodes to nothing.
func readYAML(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	dec := yaml.NewDecoder(f)
	var doc yaml.Node
	err = dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil && !errors.Is(dec.Decode(&yaml.Node{}), io.EOF) {
		err = errors.New("it holds more than one YAML document, or something after the first that is no YAML")
	}
	if bad := octals(&doc); err == nil && bad != nil {
		err = errors.New(strings.Join(bad, "; ") + ": leave the 0 out, or put the value in quotes where it is text")
	}
	if err == nil {
		err = doc.Decode(into)
	}
	if err == nil {
		return nil
	}
	var typeErr *yaml.TypeError // it repeats what is in the file
	if errors.As(err, &typeErr) {
		err = errors.New(printable(yamltext.Explain(err).Error()))
	}
	return fmt.Errorf("read %s: %w", path, err)
}

// octal is a number that YAML reads to the base of 8, and hardly anybody means so.
var octal = regexp.MustCompile(`^[-+]?0[0-9_]+$`)

// octals says where such numbers are in a document.
func octals(n *yaml.Node) (all []string) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && octal.MatchString(n.Value) {
		all = append(all, fmt.Sprintf("line %d: %s is a number to the base of 8", n.Line, n.Value))
	}
	for _, inside := range n.Content {
		all = append(all, octals(inside)...)
	}
	return all
}

// SecretsProvider reads which secrets provider a stack's file in a folder names; empty where it names none, or there is no file:
// the engine has the last word on stacks without one. What else is in the file is not looked at, but it has to be YAML.
func SecretsProvider(dir, stack string) (string, error) {
	var file struct {
		SecretsProvider string `yaml:"secretsprovider"`
	}
	err := readYAML(filepath.Join(dir, "Pulumi."+stack+".yaml"), &file)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return file.SecretsProvider, err
}

// Stacks returns the names of the stacks that have a file in dir, sorted.
func Stacks(dir string) []string {
	files, _ := filepath.Glob(filepath.Join(dir, "Pulumi.*.yaml")) // the pattern is constant, so it cannot be malformed
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "Pulumi."), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// projectValues takes the values out of Pulumi.yaml's declarations: "value" or "default" of a declaration, or the value
// itself where the declaration is written short.
func projectValues(declared map[string]any) map[string]any {
	values := map[string]any{}
	for key, declaration := range declared {
		long, ok := declaration.(map[string]any)
		if !ok {
			values[key] = declaration
			continue
		}
		for _, field := range []string{"value", "default"} {
			if v := long[field]; v != nil {
				values[key] = v
			}
		}
	}
	return values
}

// rawValues turns decoded YAML into the engine's form of it: scalars as their text, everything else as JSON.
func rawValues(project string, decoded map[string]any) (map[string]string, error) {
	values := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(decoded)) {
		full := fullKey(project, key)
		if _, twice := values[full]; twice {
			return nil, fmt.Errorf("%s is given twice, once without its namespace", printable(full))
		}
		value := asCLI(decoded[key])
		if text, ok := value.(string); ok {
			values[full] = text
			continue
		}
		raw, err := json.Marshal(value)
		var unsupported *json.UnsupportedTypeError
		if errors.As(err, &unsupported) {
			err = errors.New("every key inside it must be text")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", printable(full), err)
		}
		values[full] = string(raw)
	}
	return values, nil
}

// beyond is a number that no key takes.
const beyond = json.Number("1e999")

// asCLI writes the times in a decoded value as the CLI does, which is not how they were written: a time has to stand in
// quotes to stay what it is. Both ways into the program must see the same, or a stack works by one only. The CLI cannot hand
// on .inf and .nan, which JSON does not have; a number that the key's own rule refuses stands for them.
func asCLI(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.String()
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return beyond
		}
	case []any:
		for i := range v {
			v[i] = asCLI(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = asCLI(v[key])
		}
	}
	return v
}

// fullKey adds the project's namespace to a key without one and drops the "config" in the middle of keys of the old
// form, deepstreamhub:config:network.
func fullKey(project, key string) string {
	parts := strings.SplitN(key, ":", 3)
	switch {
	case len(parts) == 1:
		return project + ":" + key
	case len(parts) == 3 && parts[1] == "config":
		return parts[0] + ":" + parts[2]
	}
	return key
}
