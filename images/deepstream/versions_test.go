package deepstream_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/internal/live"
)

// differences are those between the server that npm has and the pinned one, by the name that docs/server.md gives them.
// Each says what a server does, with true for the pinned one.
var differences = map[string]func(t *testing.T, v live.Version, pinned bool){
	"log level in words": func(t *testing.T, v live.Version, pinned bool) {
		out, err := checked(t, v, "logLevel: 1", "logLevel: INFO")
		require.Equal(t, pinned, err != nil, out)
	},
	"-c": func(t *testing.T, v live.Version, pinned bool) {
		r := live.StartRegion(t)
		dir := live.Lay(t, live.ServerOptions{Version: v})
		config, err := os.ReadFile(filepath.Join(dir, "conf", "config.yml"))
		require.NoError(t, err)
		other := filepath.Join(live.Directory(t), "conf")
		require.NoError(t, os.Mkdir(other, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(other, "permissions.yml"), []byte("record: {}"), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(other, "other.yml"), config, 0o644))
		s := r.Server(v, nil, func(o *live.ServerOptions) {
			o.NoWait = true
			o.Command = []string{"node", "./bin/deepstream.js", "start", "-c", filepath.Join(other, "other.yml")}
		})
		live.Eventually(t, time.Minute, "it says which it reads", func() bool {
			return strings.Contains(s.Output(), "configuration file loaded from ") || !s.Running()
		})
		require.Equal(t, pinned, strings.Contains(s.Output(), "loaded from conf/config.yml"), s.Output())
	},
	"after a refused version": func(t *testing.T, v live.Version, pinned bool) {
		c := connected(t, v)
		require.NoError(t, c.Write("a", "known", map[string]any{"n": 1}))
		require.ErrorContains(t, writeVersion(c, 7), "INVALID_VERSION")
		next := c.Go("update", map[string]any{"client": "a", "record": "known", "version": 2, "data": map[string]any{"n": 2}})
		require.Equal(t, pinned, next.Wait(10*time.Second, nil) == nil, "the server goes on with the record")
	},
	"paths into the prototype": func(t *testing.T, v live.Version, pinned bool) {
		c := connected(t, v)
		require.NoError(t, c.Write("a", "known", map[string]any{"n": 1}))
		patched := c.Go("patch", map[string]any{"client": "a", "record": "known", "path": "__proto__.everywhere", "value": 1}).Wait(30*time.Second, nil)
		require.Equal(t, pinned, patched != nil, "it is refused: %v", patched)
		if pinned {
			require.ErrorContains(t, patched, "INVALID_MESSAGE_DATA")
		}
	},
	"writes that wait for one another": func(t *testing.T, v live.Version, pinned bool) {
		r := live.StartRegion(t)
		c := live.StartClients(t)
		c.Connect("a", r.Server(v, nil).URL())
		require.NoError(t, c.Write("a", "known", map[string]any{"n": 0}))
		r.Postgres.Freeze()
		first := c.Go("write", map[string]any{"client": "a", "record": "known", "data": map[string]any{"n": 1}})
		second := c.Go("write", map[string]any{"client": "a", "record": "known", "data": map[string]any{"n": 2}})
		time.Sleep(time.Second)
		r.Postgres.Thaw()
		require.NoError(t, first.Wait(time.Minute, nil))
		err := second.Wait(time.Minute, nil)
		if !pinned && err != nil {
			require.ErrorContains(t, err, "conflict")
			return
		}
		require.NoError(t, err)
		require.Contains(t, r.Row("default", "known"), `{"n":2}`)
	},
}

func connected(t *testing.T, v live.Version) *live.Clients {
	t.Helper()
	c := live.StartClients(t)
	c.Connect("a", live.StartRegion(t).Server(v, nil).URL())
	return c
}

// What differs between the two servers, and matters to this image, is listed, and is so.
func TestDifferencesOfVersions(t *testing.T) {
	t.Parallel()
	versions := live.Versions(t, live.Image(t))
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "server.md"))
	require.NoError(t, err)
	listed := 0
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "`TestDifferencesOfVersions`") && strings.HasPrefix(line, "|") {
			listed++
		}
	}
	require.Equal(t, len(differences), listed, "rows of the table in docs/server.md")
	for name, difference := range differences {
		require.Contains(t, string(text), "| "+name+" |")
		for _, v := range versions {
			t.Run(fmt.Sprintf("%s %s", name, v.Name), func(t *testing.T) {
				t.Parallel()
				difference(t, v, v.Name == "pinned")
			})
		}
	}
}
