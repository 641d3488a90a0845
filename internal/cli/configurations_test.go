package cli

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// configuration is one entry of the table of configurations.
type configuration struct {
	Set     map[string]any `yaml:"set"`
	Refused []string       `yaml:"refused"`
}

// stackFile is the configuration as somebody writes it.
func (c configuration) stackFile(t *testing.T) []byte {
	t.Helper()
	const digest = "7d1f8e0c5b6a49382716f5e4d3c2b1a0998877665544332211ffeeddccbbaa90"
	config := map[string]any{
		"aws:region":             "eu-central-1",
		"deepstreamhub:platform": map[string]any{"protect": false, "owner": "platform", "costCentre": "realtime"},
		"deepstreamhub:network":  map[string]any{"cidr": "10.16.0.0/16", "zones": []string{"euc1-az1", "euc1-az2", "euc1-az3"}},
		"deepstreamhub:cluster":  map[string]any{"ami": "ami-0a1b2c3d4e5f60718"},
		"deepstreamhub:service":  map[string]any{"image": "deepstream@sha256:" + digest, "auth": "open"},
		"deepstreamhub:edge":     map[string]any{"zone": "deepstreamhub.com", "hostname": "eu.deepstreamhub.com"},
	}
	for key, value := range c.Set {
		group, name, inGroup := strings.Cut(key, ".")
		if strings.Contains(key, ":") {
			config[key] = value
			continue
		}
		if !inGroup {
			config["deepstreamhub:"+group] = value
			continue
		}
		in, _ := config["deepstreamhub:"+group].(map[string]any)
		if in == nil {
			in = map[string]any{}
			config["deepstreamhub:"+group] = in
		}
		in[name] = value
	}
	text, err := yaml.Marshal(map[string]any{"config": config})
	require.NoError(t, err)
	return text
}

// problemLine is one of a report's problems. What follows the key is its value, or that there is none.
var problemLine = regexp.MustCompile(`(?m)^  (\S*)(?: = (.*?)| is not set): `)

// Each configuration of the table is refused, with exit code 2, nothing started and every problem named, or rightly taken.
func TestConfigurationsRefusedAndTaken(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "config", "testdata", "configurations.yaml"))
	require.NoError(t, err)
	var table struct{ Cases []configuration }
	require.NoError(t, yaml.Unmarshal(text, &table))
	refused, taken := 0, 0
	now := func() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }
	for _, c := range table.Cases {
		w := newWorld(t)
		w.deps.load = loadConfig(now)
		file := c.stackFile(t)
		require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.case.yaml"), file, 0o600))
		text, code := w.run("preview case")
		named := map[string]bool{}
		for _, m := range problemLine.FindAllStringSubmatch(text, -1) {
			named[m[1]] = true
			if m[2] == `"(not shown)"` {
				requireHidden(t, c.Set, text)
			}
		}
		require.Equal(t, c.Refused, slices.Sorted(maps.Keys(named)), "%s\n%s", file, text)
		if c.Refused == nil {
			taken++
			require.Zero(t, code, "%s\n%s", file, text)
			require.True(t, w.did("preview case"), "%s\n%s", file, text)
			continue
		}
		refused++
		require.Equal(t, 2, code, "%s\n%s", file, text)
		require.False(t, w.did("engine") || w.did("open"), "nothing is started")
	}
	require.GreaterOrEqual(t, refused, 300)
	require.GreaterOrEqual(t, taken, 100)
}

// requireHidden finds nothing of a secret in a message: none of the texts that a case sets below its environment, its
// commands, its receivers and the plugin's namespace.
func requireHidden(t *testing.T, set map[string]any, text string) {
	t.Helper()
	var texts func(value any) []string
	texts = func(value any) (all []string) {
		switch v := value.(type) {
		case string:
			return []string{v}
		case []any:
			for _, inside := range v {
				all = append(all, texts(inside)...)
			}
		case map[string]any:
			for _, inside := range v {
				all = append(all, texts(inside)...)
			}
		}
		return all
	}
	for key, value := range set {
		services, _ := value.(map[string]any)
		if orders, is := services["orders"].(map[string]any); key == "services" && is {
			value = []any{orders["environment"], orders["command"]}
		} else if !strings.HasPrefix(key, "aws:") && key != "observability.notify" {
			continue
		}
		for _, secret := range texts(value) {
			if option := strings.HasPrefix(secret, "--") && !strings.Contains(secret, "="); len(secret) > 5 && !option {
				require.NotContains(t, text, secret)
			}
		}
	}
}
