package deepstream

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

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
		EnvMetricsNamespace: "ours",
		EnvPostgresSecret:   "arn:aws:secretsmanager:eu-central-1:1:secret:database",
		EnvBusSecret:        "arn:aws:secretsmanager:eu-central-1:1:secret:bus",
		EnvAuthType:         AuthWebhook,
		EnvAuthURL:          "https://auth.example/login",
		EnvTargetGroup:      "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/a/b",
		EnvPollSeconds:      "10",
		EnvDrainSeconds:     "60",
		EnvDrainPerSecond:   "25",
		EnvFlushSeconds:     "30",
	}
}

func TestConfigReadsExactlyTheDeclaredVariables(t *testing.T) {
	t.Parallel()
	var used []string
	for _, m := range regexp.MustCompile(`\${(\w+)}|passwordFrom: (\w+)`).FindAllStringSubmatch(Config, -1) {
		used = append(used, m[1]+m[2])
	}
	slices.Sort(used)
	declared := slices.Concat(Environment(), Secrets())
	slices.Sort(declared)
	require.Equal(t, declared, slices.Compact(used))
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
		ClusterNode part            `yaml:"clusterNode"`
		Cache       part            `yaml:"cache"`
		Storage     part            `yaml:"storage"`
		Monitoring  part            `yaml:"monitoring"`
		Auth        []part          `yaml:"auth"`
		Plugins     map[string]part `yaml:"plugins"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(substitute(sampleEnvironment())), &c))

	require.Equal(t, Port, c.HTTPServer.Options.Port)
	require.Equal(t, HealthPath, c.HTTPServer.Options.HealthCheckPath)
	require.True(t, c.HTTPServer.Options.AllowAllOrigins, "otherwise health checks are answered with 403")
	for _, e := range c.ConnectionEndpoints {
		require.NotEqual(t, "mqtt", e.Type)
	}
	bus := map[string]any{
		"host": "bus.example", "port": 6379, "tls": map[string]any{},
		"passwordFrom": EnvBusPassword,
		"secret":       "arn:aws:secretsmanager:eu-central-1:1:secret:bus",
	}
	require.Equal(t, part{Path: "./plugins/bus.js", Options: bus}, c.ClusterNode)
	require.Equal(t, part{Path: "./plugins/cache.js", Options: bus}, c.Cache)
	require.Equal(t, part{Path: "./plugins/metrics.js", Options: map[string]any{"stack": "prod-eu", "namespace": "ours"}}, c.Monitoring)
	require.Equal(t, "./plugins/storage.js", c.Storage.Path)
	require.Equal(t, EnvPostgresPassword, c.Storage.Options["passwordFrom"])
	require.Equal(t, "arn:aws:secretsmanager:eu-central-1:1:secret:database", c.Storage.Options["secret"])
	require.Equal(t, 5432, c.Storage.Options["port"])
	require.Equal(t, map[string]any{"rejectUnauthorized": true}, c.Storage.Options["ssl"])
	require.Equal(t, 30, c.Storage.Options["flushSeconds"])
	require.Equal(t, map[string]part{"lifecycle": {Path: "./plugins/lifecycle.js", Options: map[string]any{
		"targetGroup": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/a/b", "pollSeconds": 10, "drainSeconds": 60,
		"drainPerSecond": 25, "flushSeconds": 30,
	}}}, c.Plugins)

	require.Len(t, c.Auth, 1)
	require.Equal(t, AuthWebhook, c.Auth[0].Type)
	for _, option := range []string{ // validateSettings in the server's http-authentication.ts
		"endpointUrl", "permittedStatusCodes", "requestTimeout", "retryStatusCodes", "retryAttempts", "retryInterval",
	} {
		require.Contains(t, c.Auth[0].Options, option)
	}
	require.Equal(t, "https://auth.example/login", c.Auth[0].Options["endpointUrl"])

	env := sampleEnvironment()
	env[EnvAuthType], env[EnvAuthURL] = AuthOpen, ""
	c.Auth = nil
	require.NoError(t, yaml.Unmarshal([]byte(substitute(env)), &c))
	require.Equal(t, AuthOpen, c.Auth[0].Type)
	require.Empty(t, c.Auth[0].Options)

	for _, typ := range []string{"", "open", "htp", "file"} {
		env[EnvAuthType] = typ
		require.Error(t, yaml.Unmarshal([]byte(substitute(env)), &c), "a type that nobody meant is no configuration: %q", typ)
	}
}

// part is a plugin as config.yml names it.
type part struct {
	Type    string         `yaml:"type"`
	Path    string         `yaml:"path"`
	Options map[string]any `yaml:"options"`
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	instructions := instructions(t)
	command, err := json.Marshal(Command())
	require.NoError(t, err)
	require.JSONEq(t, string(command), instructions["CMD"][0])
	require.Equal(t, []string{"SIGTERM"}, instructions["STOPSIGNAL"])
	require.Equal(t, []string{fmt.Sprint(Port)}, instructions["EXPOSE"])
	require.Equal(t, []string{User}, instructions["USER"], "not root")
	require.NotContains(t, Dockerfile, "--inspect")
	require.Contains(t, instructions["RUN"], "node check.js")
}

// TestNothingInTheImageMoves holds every source of the image to something that cannot change under it.
func TestNothingInTheImageMoves(t *testing.T) {
	t.Parallel()
	instructions := instructions(t)
	require.NotRegexp(t, `(?im)^#\s*syntax\s*=`, Dockerfile, "a frontend is fetched by a tag")
	stages := map[string]bool{}
	for _, from := range instructions["FROM"] {
		image, stage, _ := strings.Cut(from, " AS ")
		if !stages[image] {
			require.Regexp(t, `^[a-z0-9./-]+:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$`, image, "a base has a version, to read, and a digest")
		}
		stages[stage] = true
	}
	for _, add := range instructions["ADD"] {
		require.Regexp(t, `^--checksum=sha256:[0-9a-f]{64} `, add)
	}
	for _, c := range instructions["COPY"] {
		words := slices.DeleteFunc(strings.Fields(c), func(w string) bool { return strings.HasPrefix(w, "--chmod=") })
		if from, ok := strings.CutPrefix(words[0], "--from="); ok {
			require.True(t, stages[from], "from a stage of this file, not an image: %s", c)
			continue
		}
		for _, source := range words[:len(words)-1] {
			_, err := os.Stat(source)
			require.NoError(t, err, c)
		}
	}
	require.Equal(t, []string{"npm ci --ignore-scripts --omit=dev --no-audit --no-fund", "node check.js"}, instructions["RUN"],
		"nothing is fetched but what the lock file names")
	for _, argument := range []string{"ARG", "ONBUILD"} {
		require.Empty(t, instructions[argument])
	}
}

// TestLockFile holds each package to a checksum, and the file to no machine and no registry.
func TestLockFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("package-lock.json")
	require.NoError(t, err)
	var lock struct {
		LockfileVersion int
		Packages        map[string]struct {
			Version, Resolved, Integrity string
			Link                         bool
			HasInstallScript             bool
		}
	}
	require.NoError(t, json.Unmarshal(text, &lock))
	require.Equal(t, 3, lock.LockfileVersion)
	for name, p := range lock.Packages {
		if !strings.HasPrefix(name, "node_modules/") {
			continue // this directory's own, and the stub in testdata
		}
		if p.Link {
			require.Equal(t, "testdata/uws", p.Resolved, name)
			continue
		}
		require.NotEmpty(t, p.Version, name)
		require.Regexp(t, `^sha512-`, p.Integrity, name)
		require.Empty(t, p.Resolved, name)
	}
	var wanted struct{ Dependencies, DevDependencies map[string]string }
	own, err := os.ReadFile("package.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(own, &wanted))
	require.NotContains(t, wanted.Dependencies, "@deepstream/server", "the base has it")
	for name, version := range wanted.Dependencies {
		require.Regexp(t, `^\d+\.\d+\.\d+$`, version, name)
	}
}

// instructions are the Dockerfile's, continued lines joined.
func instructions(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for line := range strings.Lines(strings.ReplaceAll(Dockerfile, "\\\n", " ")) {
		if word, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(word, "#") {
			require.Regexp(t, `^[A-Z]+$`, word)
			found[word] = append(found[word], rest)
		}
	}
	return found
}
