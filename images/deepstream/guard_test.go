package deepstream_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/internal/live"
)

// edited is a server's option that replaces text of the configuration, which must be there.
func edited(t *testing.T, old, text string) func(*live.ServerOptions) {
	return func(o *live.ServerOptions) {
		o.Edit = func(config string) string {
			require.Contains(t, config, old)
			return strings.Replace(config, old, text, 1)
		}
	}
}

const hotPath = "record:\n  storageHotPathPrefixes: [hot/]\n"

// A write that the server does not make is not acknowledged, at none of the places where it would be.
func TestWritesThatFailAreNotAcknowledged(t *testing.T) {
	t.Parallel()
	for _, v := range live.Versions(t, live.Image(t)) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := live.StartRegion(t)
			s := r.Server(v, nil, edited(t, "record:\n", hotPath))
			c := live.StartClients(t)
			c.Connect("a", s.URL())
			require.NoError(t, c.Write("a", "known", map[string]any{"n": 1}))
			require.NoError(t, c.Write("a", "hot/known", map[string]any{"n": 1}))
			require.NoError(t, c.Write("a", "hot/known", map[string]any{"n": 2}))
			require.Equal(t, `0 {"n":2}`, r.Row("hot", "known"))

			require.ErrorContains(t, c.Write("a", "zero\x00", map[string]any{"n": 1}), "RECORD_UPDATE_ERROR")
			require.ErrorContains(t, c.Write("a", "hot/zero\x00", map[string]any{"n": 1}), "RECORD_UPDATE_ERROR")
			require.ErrorContains(t, writeVersion(c, 7), "INVALID_VERSION")
			text := c.Go("update", map[string]any{"client": "a", "record": "other", "version": 1, "data": "no object"})
			require.ErrorContains(t, text.Wait(time.Minute, nil), "INVALID_MESSAGE_DATA")
			require.Equal(t, `1 {"n":1}`, r.Row("default", "known"))
			require.JSONEq(t, `{"n":1}`, c.Read("a", "known"))
			require.Equal(t, "null", c.Read("a", "hot/zero\x00"))
			if v.Name == "pinned" { // the older server goes on with nothing that waits behind a refused version
				require.NoError(t, writeVersion(c, 2))
				require.Equal(t, `2 {"n":2}`, r.Row("default", "known"))
			}
		})
	}
}

// writeVersion writes a version of a record, as a client does that has seen the one before it.
func writeVersion(c *live.Clients, n int) error {
	return c.Go("update", map[string]any{"client": "a", "record": "known", "version": n, "data": map[string]any{"n": n}}).Wait(time.Minute, nil)
}

// Each of two clients whose writes of a record wait for the database hears of its own, and not before it is stored.
func TestEachWriterHearsOfItsOwnWrite(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	v := version(t)
	s := r.Server(v, nil)
	c := live.StartClients(t)
	c.Connect("a", s.URL())
	c.Connect("b", s.URL())
	require.NoError(t, c.Write("a", "shared", map[string]any{"n": 0}))
	require.NoError(t, c.Write("b", "other", map[string]any{"n": 0})) // so that both count alike
	r.Postgres.Freeze()
	var writes []*live.Pending
	for i, client := range []string{"a", "b", "a", "b"} {
		writes = append(writes, c.Go("write", map[string]any{"client": client, "record": "shared", "data": map[string]any{"n": i + 1}}))
		time.Sleep(500 * time.Millisecond) // they come over two sockets, and in this order
	}
	require.ErrorContains(t, writes[0].Wait(2*time.Second, nil), "no answer")
	if v.Name != "pinned" { // an older server may refuse those behind the first, see docs/server.md
		r.Postgres.Thaw()
		for i, w := range writes {
			if err := w.Wait(time.Minute, nil); err != nil {
				require.ErrorContains(t, err, "conflict", "write %d", i)
			}
		}
		return
	}
	require.ErrorContains(t, writes[3].Wait(0, nil), "no answer")
	r.Postgres.Thaw()
	for i, w := range writes {
		require.NoError(t, w.Wait(time.Minute, nil), "write %d", i)
	}
	require.Equal(t, `5 {"n":4}`, r.Row("default", "shared"))
}

// A write that is dropped before it begins, since its record is deleted or cannot be read, is refused rather than left
// without an answer.
func TestDroppedWritesAreRefused(t *testing.T) {
	t.Parallel()
	for _, v := range live.Versions(t, live.Image(t)) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := live.StartRegion(t)
			s := r.Server(v, nil, edited(t, "storageRetrievalTimeout: 60000", "storageRetrievalTimeout: 20000"))
			c := live.StartClients(t)
			c.Connect("a", s.URL())
			c.Connect("b", s.URL())
			require.NoError(t, c.Write("a", "phoenix", map[string]any{"n": 1}))
			c.Do("open", map[string]any{"client": "b", "record": "phoenix"}, nil)
			r.Redis.Do("FLUSHALL")
			r.Postgres.Freeze()
			write := c.Go("write", map[string]any{"client": "a", "record": "phoenix", "data": map[string]any{"n": 2}})
			require.ErrorContains(t, write.Wait(time.Second, nil), "no answer")
			deletion := c.Go("delete", map[string]any{"client": "b", "record": "phoenix"})
			require.ErrorContains(t, write.Wait(15*time.Second, nil), "RECORD_UPDATE_ERROR")
			r.Postgres.Thaw()
			require.NoError(t, deletion.Wait(time.Minute, nil))
			require.Empty(t, r.Row("default", "phoenix"))
			require.NoError(t, c.Write("a", "phoenix", map[string]any{"n": 3}))
			require.Equal(t, `1 {"n":3}`, r.Row("default", "phoenix"))

			r.Postgres.Freeze()
			unread := c.Go("write", map[string]any{"client": "a", "record": "another", "data": map[string]any{"n": 1}})
			require.ErrorContains(t, unread.Wait(time.Minute, nil), "RECORD_UPDATE_ERROR")
		})
	}
}

// What the guard is for: stock servers acknowledge a version that they refuse.
func TestStockServersAcknowledgeRefusedVersions(t *testing.T) {
	t.Parallel()
	for _, v := range live.Versions(t, live.Image(t)) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := live.StartRegion(t)
			s := r.Server(v, nil, kind(true))
			c := live.StartClients(t)
			c.Connect("a", s.URL())
			require.NoError(t, c.Write("a", "known", map[string]any{"n": 1}))
			require.NoError(t, writeVersion(c, 7))
			require.Equal(t, `1 {"n":1}`, r.Row("default", "known"))
		})
	}
}

// A server in which a place cannot be patched says so, loudly, for each place, and its image is not built.
func TestPlacesThatCannotBePatchedAreSaid(t *testing.T) {
	t.Parallel()
	places := map[string]string{
		"src/handlers/record/record-transition.js":                           "exports.RecordTransition = class { setUpWriteAcknowledgement () {} handleWriteAcknowledgement () {} destroy () {} onCacheRequestError () {} next () {} }",
		"src/handlers/record/record-handler.js":                              "exports.default = class { handleForceWriteAcknowledgement () {} }",
		"src/connection-endpoint/base/socket-wrapper.js":                     "exports.WSSocketWrapper = class { sendMessage () {} }",
		"src/constants.js":                                                   "exports.TOPIC = {}; exports.RECORD_ACTION = { WRITE_ACKNOWLEDGEMENT: 1, CACHE_RETRIEVAL_TIMEOUT: 2, VERSION_EXISTS: 3, RECORD_UPDATE_ERROR: 4, INVALID_VERSION: 5 }",
		"src/utils/message-processor.js":                                     "exports.default = class { process () {} onBulkPermissionResponse () {} }",
		"src/utils/json-path.js":                                             "exports.setValue = function setValue () {}",
		"src/connection-endpoint/websocket/binary/socket-wrapper-factory.js": "exports.WSBinarySocketWrapper = class { parseData () {} }",
		"src/connection-endpoint/base/connection-endpoint.js":                "exports.default = class { registerAuthenticatedSocket () {} }",
		"src/services/permission/valve/config-permission.js":                 "exports.ConfigPermission = class { canPerformAction () {} }",
		"src/services/cluster-state/distributed-state-registry.js":           "exports.DistributedStateRegistry = class { add () {} }",
		"src/services/authentication/combine/combine-authentication.js":      "exports.CombineAuthentication = class { isValidUser () {} }",
		"src/services/logger/std/std-out-logger.js":                          "exports.StdOutLogger = class { log () {} }",
	}
	said := func(change, text string) string {
		dir := t.TempDir()
		for name, content := range places {
			if name == change {
				content = text
			}
			file := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		}
		out, err := exec.CommandContext(t.Context(), "node", "-e",
			"console.log(require('./plugins/guard.js').install({ error: (...m) => console.log(...m) }, process.argv[1]).length)", dir).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	live.Need(t)
	require.Equal(t, "0\n", said("", ""))
	all := 0
	for _, text := range places {
		all += strings.Count(text, " () {}")
	}
	for name := range places {
		for _, text := range []string{"", "for (const name of ['RecordTransition', 'default', 'WSSocketWrapper', 'WSBinarySocketWrapper', 'ConfigPermission', 'DistributedStateRegistry', 'StdOutLogger', 'CombineAuthentication']) exports[name] = class {}", "syntax error"} {
			out := said(name, text)
			missing := strings.Count(places[name], " () {}")
			if name == "src/constants.js" {
				missing = all // none can be patched
			} else {
				require.Contains(t, out, "cannot patch "+name)
			}
			require.Equal(t, missing, strings.Count(out, "GUARD "), out)
			require.Contains(t, out, fmt.Sprintf("\n%d\n", missing))
		}
	}

	out, err := checked(t, version(t), "    max: 10\n", "    max: 10\n    server: /nowhere\n")
	require.Error(t, err, out)
	require.Contains(t, out, "the server starts and complains")
	require.Contains(t, out, "WRITES THAT FAIL WILL BE ACKNOWLEDGED")
}
