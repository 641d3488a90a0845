package deepstream_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/images/internal/live"
)

// everyVersion runs a test on each server at hand.
func everyVersion(t *testing.T, test func(t *testing.T, v live.Version)) {
	for _, v := range live.Versions(t, live.Image(t)) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			test(t, v)
		})
	}
}

// A message that the stock server ends with costs whoever sent it, and nobody else: before the login, after it, and where a
// client does nothing wrong.
func TestNoMessageEndsTheServer(t *testing.T) {
	t.Parallel()
	everyVersion(t, func(t *testing.T, v live.Version) {
		r := live.StartRegion(t)
		s := r.Server(v, nil)
		c := live.StartClients(t)
		c.Connect("bystander", s.URL())
		c.Connect("a", s.URL())
		c.Do("subscribe", map[string]any{"client": "bystander", "event": "tick"}, nil)

		c.Do("knock", map[string]any{"url": s.URL()}, nil)

		require.NoError(t, c.Write("a", "user", map[string]any{"address": nil, "list": []any{nil}}))
		for _, patch := range []map[string]any{
			{"path": "address.city", "value": "Berlin"}, {"path": "list[0].n", "value": 1}, {"path": "list[2].n", "value": 3},
		} {
			patch["client"], patch["record"] = "a", "user"
			c.Do("patch", patch, nil)
		}
		require.Equal(t, `4 {"address":{"city":"Berlin"},"list":[{"n":1},null,{"n":3}]}`, r.Row("default", "user"))
		far := c.Go("patch", map[string]any{"client": "a", "record": "user", "path": "list[4000000000]", "value": 1})
		require.ErrorContains(t, far.Wait(time.Minute, nil), "RECORD_UPDATE_ERROR")

		cut := 0
		for _, message := range []map[string]any{
			{"topic": "RECORD", "action": "UPDATE", "name": "user", "version": 5, "data": "{"},
			{"topic": "RECORD", "action": "CREATEANDPATCH", "name": "user", "version": -1, "path": "a", "data": "{"},
			{"topic": "EVENT", "action": "LISTEN"},
			{"topic": "EVENT", "action": "EMIT", "name": "tick", "data": "{"},
			{"topic": "RPC", "action": "REQUEST", "name": "f", "correlationId": "1", "requestorData": "{", "data": "{"},
		} {
			message["client"] = "a"
			c.Do("say", message, nil)
			cut++
			live.Eventually(t, 20*time.Second, "it is cut, and comes back", func() bool {
				var states [][]any
				c.Do("states", map[string]any{"client": "a"}, &states)
				opened := 0
				for _, state := range states {
					if state[1] == "OPEN" {
						opened++
					}
				}
				return opened == 1+cut
			})
		}
		require.NoError(t, c.Write("bystander", "after", map[string]any{"n": 1}))
		require.NoError(t, c.Write("bystander", "user", map[string]any{"n": 1}), "what was refused holds no record up")
		var states [][]any
		c.Do("states", map[string]any{"client": "bystander"}, &states)
		require.Equal(t, "OPEN", states[len(states)-1][1])
		for _, state := range states {
			require.NotEqual(t, "RECONNECTING", state[1])
		}
		require.Empty(t, heardNumbers(c, "bystander", "tick"))
		require.True(t, s.Running())
	})
}

const rules = `{
"record": {
  "*": {"create": true, "read": true, "write": true, "delete": true, "listen": true, "notify": true},
  "secret": {"create": "user.id === 'owner'", "read": "user.id === 'owner'", "write": "user.id === 'owner'", "delete": "user.id === 'owner'"},
  "account": {"write": "user.id === 'owner' || data.role !== 'admin'"},
  "listed": {"write": "_('editors')[user.id]"}},
"event": {"*": {"publish": true, "subscribe": true, "listen": true}, "secret": {"publish": "user.id === 'owner'", "subscribe": false}},
"rpc": {"*": {"provide": true, "request": true}}, "presence": {"*": {"allow": true}}}`

// What is permitted is what is done: whoever may do something to one name does it to no other.
func TestPermissionsCannotBeEvaded(t *testing.T) {
	t.Parallel()
	everyVersion(t, func(t *testing.T, v live.Version) {
		r := live.StartRegion(t)
		s := r.Server(v, nil, edited(t, "permissions: fileLoad(permissions.yml)", "permissions: "+rules))
		c := live.StartClients(t)
		for _, user := range []string{"owner", "guest", "editor"} {
			c.Do("connect", map[string]any{"client": user, "url": s.URL(), "auth": map[string]any{"username": user}}, nil)
		}
		for _, record := range []string{"secret", "account", "listed"} {
			require.NoError(t, c.Write("editor", "editors", map[string]any{"editor": true, "owner": true}))
			require.NoError(t, c.Write("owner", record, map[string]any{"n": 1}))
		}
		require.ErrorContains(t, c.Write("guest", "secret", map[string]any{"n": 2}), "MESSAGE_DENIED")

		// By other names.
		for _, message := range []map[string]any{
			{"topic": "RECORD", "action": "UPDATE", "name": "secret", "names": []any{"public"}, "version": 2, "data": `{"n":2}`},
			{"topic": "RECORD", "action": "CREATEANDUPDATE", "name": "secret", "names": []any{"public"}, "version": -1, "data": `{"n":2}`},
			{"topic": "RECORD", "action": "DELETE", "name": "secret", "names": []any{"public"}},
			// As something else.
			{"topic": "RECORD", "action": "UPDATE", "name": "account", "version": 2, "path": "role", "data": `"admin"`},
			{"topic": "RECORD", "action": "PATCH", "name": "account", "version": 2, "data": `{"role":"admin"}`},
			{"topic": "RECORD", "action": "PATCH", "name": "account", "version": 2, "path": "", "data": `{"role":"admin"}`},
		} {
			message["client"] = "guest"
			c.Do("say", message, nil)
		}
		// A rule that answers undefined.
		update := map[string]any{"client": "guest", "record": "listed", "version": 2, "data": map[string]any{"n": 2}}
		require.ErrorContains(t, c.Go("update", update).Wait(time.Minute, nil), "MESSAGE_DENIED")
		require.NoError(t, c.Write("editor", "listed", map[string]any{"n": 2}))

		// Among others, of which each is judged by itself.
		for _, event := range []string{"secret", "first", "second"} {
			c.Do("subscribe", map[string]any{"client": "guest", "event": event}, nil)
		}
		time.Sleep(time.Second) // the library says all of them in one message
		for _, event := range []string{"secret", "first", "second"} {
			c.Do("emit", map[string]any{"client": "owner", "event": event, "data": 1}, nil)
		}
		live.Eventually(t, 20*time.Second, "what is permitted is heard", func() bool {
			return heardNumbers(c, "guest", "first")[1] && heardNumbers(c, "guest", "second")[1]
		})
		require.Empty(t, heardNumbers(c, "guest", "secret"))

		require.Equal(t, `1 {"n":1}`, r.Row("default", "secret"))
		require.Equal(t, `1 {"n":1}`, r.Row("default", "account"))
	})
}

// Whoever has left is not present, neither after coming and going beside a connection to another server, nor after leaving
// while the webhook is asked; whoever is still there is.
func TestPresenceIsWhoIsThere(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	answer := make(chan struct{})
	webhook := startWebhook(t, func(said map[string]any) any {
		if said["user"] == "slow" {
			asked <- struct{}{}
			<-answer
		}
		return map[string]any{"id": said["user"]}
	})
	r := live.StartRegion(t)
	v := version(t)
	env := map[string]string{"DEEPSTREAM_AUTH_TYPE": "http", "DEEPSTREAM_AUTH_URL": webhook}
	a, b := r.Server(v, env), r.Server(v, env)
	c := live.StartClients(t)
	connect := func(client, user string, s *live.Server) *live.Pending {
		return c.Go("connect", map[string]any{"client": client, "url": s.URL(), "auth": map[string]any{"user": user}})
	}
	require.NoError(t, connect("watcher", "watcher", a).Wait(time.Minute, nil))
	present := func(want ...string) {
		t.Helper()
		live.Eventually(t, 20*time.Second, "present are "+strings.Join(want, ", "), func() bool {
			var users []string
			c.Do("present", map[string]any{"client": "watcher"}, &users)
			return slices.Equal(users, want)
		})
	}
	leave := func(client string) { c.Do("close", map[string]any{"client": client}, nil) }

	require.NoError(t, connect("elsewhere", "ada", b).Wait(time.Minute, nil))
	present("ada")
	for range 2 {
		require.NoError(t, connect("here", "ada", a).Wait(time.Minute, nil))
		leave("here")
		a.WaitOutput("CLIENT_DISCONNECTED | ada", 20*time.Second)
		time.Sleep(time.Second)
	}
	present("ada")
	leave("elsewhere")
	present()

	connect("slow", "slow", a)
	<-asked
	leave("slow")
	a.WaitOutput("CLIENT_DISCONNECTED | null", 20*time.Second)
	close(answer)
	time.Sleep(time.Second)
	present()
}

// What a client says is never a line of the log, where CloudWatch would take it for a metric, and no request fills the log.
func TestClientsWriteNoLinesOfTheLog(t *testing.T) {
	t.Parallel()
	everyVersion(t, func(t *testing.T, v live.Version) {
		s := live.StartRegion(t).Server(v, nil)
		c := live.StartClients(t)
		c.Connect("a", s.URL())
		id := "id\n{\"_aws\":{},\"OpenSockets\":1e9}\r{}\u2028"
		c.Do("say", map[string]any{"client": "a", "topic": "RPC", "action": "REQUEST", "name": "nobody's", "correlationId": id}, nil)
		s.WaitOutput("nobody's with correlation id: id", 20*time.Second)
		status, _ := s.Post("/api", map[string]any{"body": strings.Repeat("x", 500_000)})
		require.Equal(t, http.StatusBadRequest, status)
		s.WaitOutput("INVALID_MESSAGE | \"xxx", 20*time.Second)
		for line := range strings.Lines(s.Output()) {
			require.False(t, strings.HasPrefix(line, "{"), line)
			require.NotContains(t, line[:len(line)-1], "\r")
			require.Less(t, len(line), 5000)
		}
	})
}

// A webhook's number is the text that rules compare with, over WebSockets and REST; a name that is no name lets nobody in,
// and ends nothing.
func TestNamesOfTheWebhook(t *testing.T) {
	t.Parallel()
	webhook := startWebhook(t, func(said map[string]any) any { return map[string]any{"id": said["id"]} })
	everyVersion(t, func(t *testing.T, v live.Version) {
		own := `{"record": {"*": {"create": false}, "users/$id": {"create": "user.id === $id", "write": "user.id === $id", "read": "user.id === $id"}}, "event": {"*": {"publish": false}}, "rpc": {"*": {"provide": false}}, "presence": {"*": {"allow": true}}}`
		s := live.StartRegion(t).Server(v, map[string]string{"DEEPSTREAM_AUTH_TYPE": "http", "DEEPSTREAM_AUTH_URL": webhook},
			edited(t, "permissions: fileLoad(permissions.yml)", "permissions: "+own))
		c := live.StartClients(t)
		connect := func(client string, id any) error {
			return c.Go("connect", map[string]any{"client": client, "url": s.URL(), "auth": map[string]any{"id": id}}).Wait(time.Minute, nil)
		}
		require.NoError(t, connect("number", 42))
		require.NoError(t, connect("text", "ada"))
		require.NoError(t, c.Write("number", "users/42", map[string]any{"n": 1}))
		require.ErrorContains(t, c.Write("text", "users/42", map[string]any{"n": 2}), "MESSAGE_DENIED")
		var users []string
		c.Do("present", map[string]any{"client": "text"}, &users)
		require.Equal(t, []string{"42"}, users)
		read := []any{map[string]any{"topic": "record", "action": "read", "recordName": "users/42"}}
		_, answer := s.Post("/api", map[string]any{"authData": map[string]any{"id": 42}, "body": read})
		require.Contains(t, answer, `"SUCCESS"`)
		for _, id := range []any{[]any{"x"}, map[string]any{"a": 1}, true} {
			require.Error(t, connect("nobody", id), "%v", id)
			status, _ := s.Post("/api", map[string]any{"authData": map[string]any{"id": id}, "body": read})
			require.Equal(t, http.StatusUnauthorized, status, "%v", id)
		}
		require.True(t, s.Running())
	})
}

// The examples in the permissions do what is said beside them, once they are written under the topic.
func TestExamplesOfThePermissions(t *testing.T) {
	t.Parallel()
	webhook := startWebhook(t, func(said map[string]any) any {
		return map[string]any{"id": said["user"], "serverData": map[string]any{"role": said["user"]}}
	})
	text, err := os.ReadFile("permissions.yml")
	require.NoError(t, err)
	var all strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			all.WriteString(line)
		}
		if line == "record:\n" {
			for example := range strings.Lines(string(text)) {
				if strings.HasPrefix(example, "#   ") {
					all.WriteString(strings.TrimPrefix(example, "# "))
				}
			}
		}
	}
	var permissions map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(all.String()), &permissions))
	require.Len(t, permissions["record"], 3)
	inline, err := json.Marshal(permissions)
	require.NoError(t, err)
	s := live.StartRegion(t).Server(version(t), map[string]string{"DEEPSTREAM_AUTH_TYPE": "http", "DEEPSTREAM_AUTH_URL": webhook},
		edited(t, "permissions: fileLoad(permissions.yml)", "permissions: "+string(inline)))
	c := live.StartClients(t)
	for _, user := range []string{"ada", "feed"} {
		c.Do("connect", map[string]any{"client": user, "url": s.URL(), "auth": map[string]any{"user": user}}, nil)
	}
	require.NoError(t, c.Write("ada", "users/ada", map[string]any{"n": 1}))
	require.ErrorContains(t, c.Write("feed", "users/ada", map[string]any{"n": 2}), "MESSAGE_DENIED")
	require.Error(t, c.Go("read", map[string]any{"client": "feed", "record": "users/ada"}).Wait(time.Minute, nil))
	require.NoError(t, c.Write("feed", "prices/metals/gold", map[string]any{"n": 1}))
	require.ErrorContains(t, c.Write("ada", "prices/metals/gold", map[string]any{"n": 2}), "MESSAGE_DENIED")
	require.JSONEq(t, `{"n":1}`, c.Read("ada", "prices/metals/gold"))
	require.ErrorContains(t, c.Write("feed", "other", map[string]any{"n": 1}), "MESSAGE_DENIED")
}
