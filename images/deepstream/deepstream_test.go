package deepstream

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// substitute does to config.yml what the server does before parsing it (replaceEnvironmentVariables in its loader).
func substitute(env map[string]string) string {
	return regexp.MustCompile(`\${([^}]+)}`).ReplaceAllStringFunc(Config, func(m string) string {
		return env[strings.Trim(m, "${}")]
	})
}

func sampleEnvironment() map[string]string {
	return map[string]string{
		EnvPostgresHost:     "db.example",
		EnvPostgresPort:     "5432",
		EnvPostgresDatabase: "deepstream",
		EnvPostgresUser:     "deepstream",
		EnvPostgresPassword: "0123456789",
		EnvBusHost:          "bus.example",
		EnvBusPort:          "6379",
		EnvBusPassword:      "1e5",
		EnvStack:            "prod-eu",
	}
}

func TestConfigReadsDeclaredVariables(t *testing.T) {
	t.Parallel()
	var used []string
	for _, m := range regexp.MustCompile(`\${(\w+)}`).FindAllStringSubmatch(Config, -1) {
		used = append(used, m[1])
	}
	require.NotEmpty(t, used)
	require.Subset(t, slices.Concat(Environment(), Secrets()), used)
}

func TestConfigAfterSubstitution(t *testing.T) {
	t.Parallel()
	var c struct {
		HTTPServer struct {
			Options struct {
				Port            int    `yaml:"port"`
				HealthCheckPath string `yaml:"healthCheckPath"`
				AllowAllOrigins bool   `yaml:"allowAllOrigins"`
			} `yaml:"options"`
		} `yaml:"httpServer"`
		ConnectionEndpoints []struct {
			Type string `yaml:"type"`
		} `yaml:"connectionEndpoints"`
		Monitoring struct {
			Path    string         `yaml:"path"`
			Options map[string]any `yaml:"options"`
		} `yaml:"monitoring"`
		ClusterNode, Cache, Storage struct {
			Name    string         `yaml:"name"`
			Options map[string]any `yaml:"options"`
		}
	}
	// The struct above has yaml's lower-case default names for the last three, which differ for clusterNode only.
	text := strings.Replace(substitute(sampleEnvironment()), "\nclusterNode:", "\nclusternode:", 1)
	require.NoError(t, yaml.Unmarshal([]byte(text), &c))

	require.Equal(t, Port, c.HTTPServer.Options.Port)
	require.Equal(t, HealthPath, c.HTTPServer.Options.HealthCheckPath)
	require.True(t, c.HTTPServer.Options.AllowAllOrigins, "otherwise health checks are answered with 403")
	for _, e := range c.ConnectionEndpoints {
		require.NotEqual(t, "mqtt", e.Type)
	}
	for name, options := range map[string]map[string]any{"clusterNode": c.ClusterNode.Options, "cache": c.Cache.Options} {
		require.Empty(t, cmp.Diff(map[string]any{
			"host": "bus.example", "port": 6379, "tls": map[string]any{},
			"password": "1e5", // a string even where it looks like a number
		}, options), name)
	}
	require.Equal(t, "/usr/local/deepstream/metrics.js", c.Monitoring.Path, "where the Dockerfile puts it")
	require.Equal(t, map[string]any{"stack": "prod-eu"}, c.Monitoring.Options)
	require.Equal(t, "postgres", c.Storage.Name)
	require.Equal(t, "0123456789", c.Storage.Options["password"])
	require.Equal(t, 5432, c.Storage.Options["port"])
	require.Equal(t, map[string]any{"rejectUnauthorized": true}, c.Storage.Options["ssl"])
	for event, on := range c.Storage.Options["notifications"].(map[string]any) {
		require.Equal(t, false, on, event)
	}
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	instructions := map[string][]string{}
	for line := range strings.Lines(Dockerfile) {
		if word, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(word, "#") {
			instructions[word] = append(instructions[word], rest)
		}
	}
	command, err := json.Marshal(Command())
	require.NoError(t, err)
	require.JSONEq(t, string(command), instructions["CMD"][0])
	require.Equal(t, []string{"SIGINT"}, instructions["STOPSIGNAL"])
	require.Equal(t, []string{fmt.Sprint(Port)}, instructions["EXPOSE"])
	require.Equal(t, []string{"node"}, instructions["USER"], "not root")
	require.Equal(t, []string{"/usr/local/deepstream"}, instructions["WORKDIR"])
	require.Contains(t, instructions["COPY"], "--chmod=0444 metrics.js metrics.js")
	require.Regexp(t, `^[^ :]+:\d+\.\d+\.\d+$`, instructions["FROM"][0], "a pinned version")
	require.NotContains(t, strings.Join(instructions["CMD"], " "), "inspect")
}
