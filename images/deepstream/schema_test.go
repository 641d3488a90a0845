package deepstream

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/images/internal/live"
)

// validate holds a configuration to the rules of the pinned server, and returns what they say.
func validate(t *testing.T, config string) (string, error) {
	t.Helper()
	var c map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(config), &c))
	text, err := json.Marshal(c)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "node", "testdata/schema.js", live.Modules(t, "."))
	cmd.Stdin = strings.NewReader(string(text))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The server of npm takes what the pinned one does not, so its rules are recorded (testdata/schema-10.1.4.json).
func TestConfigKeepsTheRulesOfThePinnedServer(t *testing.T) {
	t.Parallel()
	open := sampleEnvironment()
	open[EnvAuthType], open[EnvAuthURL] = AuthOpen, ""
	for _, env := range []map[string]string{sampleEnvironment(), open} {
		out, err := validate(t, substitute(env))
		require.NoError(t, err, out)
	}
	for key, wrong := range map[string][2]string{
		"logLevel":                        {"logLevel: 1", "logLevel: INFO"}, // with which no server could start
		"dependencyInitializationTimeout": {"dependencyInitializationTimeout: 120000", "dependencyInitializationTimeout: 100"},
		"showLego":                        {"showLogo: false", "showLego: false"},
		"heartbeatInterval":               {"heartbeatInterval: 30000", "heartbeatInterval: 0"},
		"endpointUrl":                     {"https://auth.example/login", "nowhere"},
	} {
		text := substitute(sampleEnvironment())
		require.Contains(t, text, wrong[0])
		out, err := validate(t, strings.Replace(text, wrong[0], wrong[1], 1))
		require.Error(t, err, key)
		if key != "showLego" { // an unknown key is said to be one too many
			require.Contains(t, out, key)
		}
	}
}

// The rules are those of the checkout, where there is one.
func TestRecordedRulesAreThePinnedServers(t *testing.T) {
	t.Parallel()
	modules := live.Modules(t, ".")
	checkout := os.Getenv(live.EnvCheckout)
	if checkout == "" {
		t.Skipf("%s names no compiled checkout of the pinned server", live.EnvCheckout)
	}
	out, err := exec.CommandContext(t.Context(), "node", "testdata/schema.js", modules, checkout).Output()
	require.NoError(t, err)
	recorded, err := os.ReadFile("testdata/schema-10.1.4.json")
	require.NoError(t, err)
	require.JSONEq(t, string(out), string(recorded))
}
