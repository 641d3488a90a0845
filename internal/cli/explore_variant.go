package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/config"
)

// lifted are what explorations set in a stack file. A protected stack is taken down in two steps; theirs is in one.
var lifted = map[string]any{"platform.protect": false}

// updated are what the update changes that explorations kill: nearly everything by a tag, the certificate, the region's names
// and the task definition by a replacement, the launch template in place, addresses and gateways by a deletion.
var updated = map[string]any{
	"platform.protect": false, "platform.owner": "explored", "service.memoryMiB": 1664, "cluster.rootVolumeGiB": 60, "network.nat": "single",
}

// updatedHost is the first part of the hostname after the update, in the stack's own zone.
const updatedHost = "updated"

// variants are a stack's configurations as explorations run them.
type variants struct {
	now, next config.Config
	changed   []byte // the stack file of next
}

// variants writes the project with the stack as it is explored into the folder "now" of dir, and as it is after an update
// into "next". Both are checked as any configuration is.
func (s *session) variants(ctx context.Context, dir, stack string) (v variants, err error) {
	for _, one := range []struct {
		name   string
		values map[string]any
		cfg    *config.Config
	}{{"now", lifted, &v.now}, {"next", updated, &v.next}} {
		if one.cfg == &v.next {
			one.values = maps.Clone(one.values)
			one.values["edge.hostname"] = updatedHost + "." + v.now.Edge.Zone
		}
		to := filepath.Join(dir, one.name)
		if err := os.MkdirAll(to, 0o700); err != nil {
			return v, err
		}
		if err := os.Mkdir(filepath.Join(to, "tools"), 0o700); err != nil {
			return v, err
		}
		for _, name := range []string{"Pulumi.yaml", "tools/go.mod", "Pulumi." + stack + ".yaml"} { // tools say which engine
			text, err := os.ReadFile(filepath.Join(s.root, name))
			if err != nil {
				return v, fmt.Errorf("read project: %w", err)
			}
			if name == "Pulumi."+stack+".yaml" {
				if text, err = edited(s.organisation.Project(), text, one.values); err != nil {
					return v, fmt.Errorf("read %s: %w", name, err)
				}
				v.changed = text
			}
			if err := os.WriteFile(filepath.Join(to, name), text, 0o600); err != nil {
				return v, err
			}
		}
		if *one.cfg, err = s.deps.load(to, stack, true); err != nil {
			return v, configError{err}
		}
	}
	return v, s.findEngine(ctx)
}

// edited sets values, by TIER.KEY, in a stack file. Placeholders become what they hold the place of, and the key that
// secrets are encrypted under becomes hub's own: nothing real is touched.
func edited(project string, text []byte, values map[string]any) ([]byte, error) {
	var file map[string]any
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(string(text), "placeholder:", "")), &file); err != nil {
		return nil, err
	}
	for _, key := range []string{"secretsprovider", "encryptedkey", "encryptionsalt"} {
		delete(file, key)
	}
	settings, ok := file["config"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("it has no config")
	}
	for path, value := range values {
		tier, key, _ := strings.Cut(path, ".")
		of, ok := settings[project+":"+tier].(map[string]any)
		if !ok {
			of = map[string]any{}
			settings[project+":"+tier] = of
		}
		of[key] = value
	}
	return yaml.Marshal(file)
}
