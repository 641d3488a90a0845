package deepstream_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/internal/live"
)

// startWebhook asks who a client is by what the client says of itself. It answers with what comes back; nil lets nobody in.
func startWebhook(t *testing.T, who func(said map[string]any) any) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			AuthData map[string]any `json:"authData"`
		}
		answer := any(nil)
		if json.NewDecoder(r.Body).Decode(&asked) == nil {
			answer = who(asked.AuthData)
		}
		if answer == nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/login"
}

// rest is every request that the REST API knows, for a record, an event and an RPC.
var rest = []map[string]any{
	{"topic": "record", "action": "write", "recordName": "r", "data": map[string]any{"n": 1}},
	{"topic": "record", "action": "write", "recordName": "r", "path": "n", "data": 1, "version": 1},
	{"topic": "record", "action": "read", "recordName": "r"},
	{"topic": "record", "action": "head", "recordName": "r"},
	{"topic": "record", "action": "delete", "recordName": "r"},
	{"topic": "event", "action": "emit", "eventName": "e", "data": 1},
	{"topic": "rpc", "action": "make", "rpcName": "f", "data": 1},
	{"topic": "presence", "action": "query"},
}

// holders are let in who have the token "good".
func holders(said map[string]any) any {
	if said["token"] != "good" {
		return nil
	}
	return map[string]any{"id": "ada"}
}

// An anonymous client on the configuration as it is can do nothing, whether the webhook turns it away or authentication
// is open.
func TestAnonymousCanDoNothing(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]string{"webhook": startWebhook(t, holders), "open": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := live.StartRegion(t)
			env := map[string]string{}
			if auth != "" {
				env["DEEPSTREAM_AUTH_TYPE"], env["DEEPSTREAM_AUTH_URL"] = "http", auth
			}
			s := r.Server(version(t), env, func(o *live.ServerOptions) { o.Open = false })
			requireNothingOverREST(t, s, auth != "", nil)
			c := live.StartClients(t)
			if auth != "" {
				require.Error(t, c.Go("connect", map[string]any{"client": "a", "url": s.URL()}).Wait(time.Minute, nil))
				require.NoError(t, c.Go("connect", map[string]any{"client": "ada", "url": s.URL(), "auth": map[string]any{"token": "good"}}).Wait(time.Minute, nil))
				requireNothingOverREST(t, s, false, map[string]any{"token": "good"})
				requireNothingOverWebSocket(t, c, "ada")
			} else {
				c.Connect("a", s.URL())
				requireNothingOverWebSocket(t, c, "a")
			}
			require.Equal(t, "0", r.Postgres.Query(`SELECT count(*) FROM information_schema.tables WHERE table_schema = 'ds'`), "nothing was ever stored")
		})
	}
}

func requireNothingOverREST(t *testing.T, s *live.Server, turnedAway bool, authData map[string]any) {
	t.Helper()
	for _, request := range rest {
		body := map[string]any{"body": []any{request}}
		if authData != nil {
			body["authData"] = authData
		}
		status, answer := s.Post("/api", body)
		if turnedAway {
			require.Equal(t, http.StatusUnauthorized, status, "%v: %s", request, answer)
			continue
		}
		require.NotContains(t, answer, `"SUCCESS"`, "%v", request)
		require.Contains(t, answer, "denied", "%v", request)
	}
}

func requireNothingOverWebSocket(t *testing.T, c *live.Clients, client string) {
	t.Helper()
	var tried map[string]string
	c.Do("tryAll", map[string]any{"client": client}, &tried)
	require.Len(t, tried, 11)
	for what, came := range tried {
		require.Contains(t, came, "DENIED", what)
	}
}

// The script of the image's build stage takes the configuration as it is, and names the key that is wrong in another.
func TestBuildStageRefusesWrongConfigurations(t *testing.T) {
	t.Parallel()
	v := version(t)
	out, err := checked(t, v, "", "")
	require.NoError(t, err, out)
	for name, c := range map[string]struct{ old, new, key string }{
		"level":         {"logLevel: 1", "logLevel: 7", "logLevel"}, // words: TestDifferencesOfVersions
		"unknown key":   {"showLogo: false", "showLego: false", "showLego"},
		"timeout":       {"dependencyInitializationTimeout: 120000", "dependencyInitializationTimeout: soon", "dependencyInitializationTimeout"},
		"name":          {"serverName: UUID", "serverName: 7", "serverName"},
		"storage":       {"./plugins/storage.js", "./plugins/storaje.js", "storaje.js"},
		"bus":           {"./plugins/bus.js", "./plugins/buss.js", "buss.js"},
		"webhook":       {`endpointUrl: "${DEEPSTREAM_AUTH_URL}"`, "endpointUrl: nowhere", "endpointUrl"},
		"webhook rules": {"retryAttempts: 2", "retryAttempt: 2", "retryAttempts"},
		"endpoints":     {"type: ws-binary", "type: ws-binari", "connectionEndpoints"},
		"permissions":   {"fileLoad(permissions.yml)", "fileLoad(permission.yml)", "permission.yml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := checked(t, v, c.old, c.new)
			require.Error(t, err, out)
			require.Contains(t, out, c.key)
		})
	}
}

// checked runs the script of the image's build stage on the configuration, with some of its text replaced.
func checked(t *testing.T, v live.Version, old, text string) (said string, err error) {
	t.Helper()
	dir := live.Lay(t, live.ServerOptions{Version: v, Edit: func(config string) string {
		require.Contains(t, config, old)
		config = strings.Replace(config, "port: 6020", fmt.Sprintf("port: %d", live.FreePort(t)), 1)
		return strings.Replace(config, old, text, 1)
	}})
	script, err := os.ReadFile("check.js")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "check.js"), script, 0o600))
	cmd := exec.CommandContext(t.Context(), "node", "check.js")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}
