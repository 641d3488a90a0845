// Package task_test starts the server as a region registers it.
package task_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/images/internal/live"
	"github.com/deepstreamhub/platform/tests/harness"
)

// container is what a registered task definition says of a container.
type container struct {
	Name                   string
	Command                []string
	User                   string
	Environment            []struct{ Name, Value string }
	Secrets                []struct{ Name, ValueFrom string }
	HealthCheck            struct{ Command []string }
	ReadonlyRootFilesystem bool
}

// The server starts with the environment, secrets, command and user that a region registers. Of the environment only what
// a machine without AWS cannot reach is replaced: addresses of bus, database and webhook.
func TestServerRunsAsItsTaskDefinitionSays(t *testing.T) {
	t.Parallel()
	live.Modules(t, live.Image(t))
	aws := harness.NewAWS(t, nil)
	stack := harness.NewStack(t, aws, "image", harness.Ephemeral(t, "prod-eu"))
	stack.Up()
	var c container
	for _, definition := range aws.Find("aws:ecs/taskDefinition:TaskDefinition") {
		var all []container
		require.NoError(t, json.Unmarshal([]byte(definition.Str("containerDefinitions")), &all))
		for _, each := range all {
			if slices.Equal(each.Command, deepstream.Command()) {
				c = each
			}
		}
	}
	require.NotEmpty(t, c.Name, "the server's container is registered")

	webhook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(webhook.Close)
	r := live.StartRegion(t)
	env := map[string]string{}
	for _, v := range c.Environment {
		env[v.Name] = v.Value
	}
	var secrets []string
	for _, s := range c.Secrets {
		secrets = append(secrets, s.Name)
		require.Contains(t, s.ValueFrom, "arn:aws:secretsmanager:")
		env[s.Name] = live.Password
	}
	require.ElementsMatch(t, deepstream.Secrets(), secrets)
	require.ElementsMatch(t, slices.Concat(deepstream.Environment(), deepstream.Secrets()), slices.Collect(maps.Keys(env)),
		"what a region registers is what the image's configuration reads")
	require.Equal(t, live.User, env[deepstream.EnvPostgresUser])
	require.Equal(t, live.Database, env[deepstream.EnvPostgresDatabase])
	require.True(t, c.ReadonlyRootFilesystem)
	maps.Copy(env, map[string]string{
		deepstream.EnvPostgresHost: "127.0.0.1", deepstream.EnvPostgresPort: strconv.Itoa(r.ToDB.Port),
		deepstream.EnvBusHost: "127.0.0.1", deepstream.EnvBusPort: strconv.Itoa(r.ToBus.Port),
		deepstream.EnvAuthType: deepstream.AuthWebhook, deepstream.EnvAuthURL: webhook.URL,
		"NODE_EXTRA_CA_CERTS": r.Authority.File, // of the image
	})
	uid, gid, ok := strings.Cut(c.User, ":")
	require.True(t, ok)
	var user [2]int
	var err error
	user[0], err = strconv.Atoi(uid)
	require.NoError(t, err)
	user[1], err = strconv.Atoi(gid)
	require.NoError(t, err)

	versions := live.Versions(t, live.Image(t))
	s := live.StartServer(t, live.ServerOptions{Version: versions[len(versions)-1], Env: env, Command: c.Command, User: user})
	status, body := s.Health()
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"state":"ready","down":[]}`, body)
	write := map[string]any{"topic": "record", "action": "write", "recordName": "r", "data": map[string]any{"n": 1}}
	status, body = s.Post("/api", map[string]any{"body": []any{write}})
	require.Equal(t, http.StatusUnauthorized, status, body)
	clients := live.StartClients(t)
	require.Error(t, clients.Go("connect", map[string]any{"client": "nobody", "url": s.URL()}).Wait(time.Minute, nil))
	s.Signal(syscall.SIGTERM)
	require.Zero(t, s.WaitExit(time.Minute))
}
