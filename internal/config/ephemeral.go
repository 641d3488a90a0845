package config

import (
	"bytes"
	"fmt"
	"maps"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/yamltext"
)

// IsShortLived reports whether a stack file is of a stack that ends by itself: one with platform.expires. A file that cannot
// be read is of none.
func IsShortLived(project string, text []byte) bool {
	var file struct {
		Config map[string]any `yaml:"config"`
	}
	if yaml.Unmarshal(text, &file) != nil {
		return false
	}
	for key, value := range file.Config {
		if group, ok := value.(map[string]any); ok && fullKey(project, key) == project+":platform" && group["expires"] != nil {
			return true
		}
	}
	return false
}

// ShortLived returns the stack file of a short-lived stack like the one whose file is given: nothing protected, nothing
// left behind, nobody woken by its alarms, a name of its own, and an end. Who decides who its clients are stays whoever
// does for the model: a region on the internet is none the less for being short-lived.
func ShortLived(project string, like []byte, name string, expires time.Time) ([]byte, error) {
	var file struct {
		SecretsProvider string         `yaml:"secretsprovider,omitempty"`
		Config          map[string]any `yaml:"config"`
	}
	if err := yaml.Unmarshal(like, &file); err != nil {
		return nil, fmt.Errorf("read stack file: %w", yamltext.Explain(err))
	}
	for key, value := range maps.Clone(file.Config) {
		delete(file.Config, key)
		file.Config[fullKey(project, key)] = value
	}
	group := func(name string) map[string]any {
		key := project + ":" + name
		g, ok := file.Config[key].(map[string]any)
		if !ok {
			g = map[string]any{}
			file.Config[key] = g
		}
		return g
	}
	if file.Config == nil {
		file.Config = map[string]any{}
	}
	platform := group("platform")
	platform["protect"], platform["expires"] = false, expires.UTC().Format(time.RFC3339)
	platform["rolePath"] = naming.Of(project).Path() + "it/" // where the role is at home that brings short-lived stacks up
	network := group("network")
	network["nat"], network["endpoints"] = "single", []string{} // they cost by the hour, and one way out will do
	database := group("database")
	database["finalSnapshot"] = false
	delete(database, "restoreFrom")
	file.Config[project+":backup"] = map[string]any{"enabled": false}
	edge := group("edge")
	if zone, ok := edge["zone"].(string); ok { // else there is nothing to be short-lived like, which loading tells
		edge["hostname"] = name + "." + zone
	}
	delete(edge, "globalName")
	delete(edge, "dataScope")
	delete(group("observability"), "notify")

	var out bytes.Buffer
	fmt.Fprintf(&out, "# Short-lived: taken down by hub reap after %s.\n", platform["expires"])
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(file); err != nil {
		return nil, fmt.Errorf("write stack file: %w", err)
	}
	return out.Bytes(), encoder.Close()
}
