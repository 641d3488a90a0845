package deepstream_test

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/internal/live"
)

// version is the server that a test runs: the pinned one where it is at hand.
func version(t *testing.T) live.Version {
	t.Helper()
	all := live.Versions(t, live.Image(t))
	return all[len(all)-1]
}

// loaded is what the clients' load answers: [record, number, when] of each write.
type loaded struct{ Acked, Failed [][]any }

// requireStored holds the database to what was acknowledged.
func (l loaded) requireStored(t *testing.T, r *live.Region) {
	t.Helper()
	lost := l.lost(r)
	require.Empty(t, lost, "%d of %d", len(lost), len(l.Acked))
}

// lost are the acknowledged writes, each of a record of its own, that the database does not have.
func (l loaded) lost(r *live.Region) []string {
	stored := map[string]string{}
	for row := range strings.Lines(r.Postgres.Query(`SELECT id || '|' || val FROM ds."default"`)) {
		id, val, _ := strings.Cut(strings.TrimSpace(row), "|")
		stored[id] = val
	}
	var lost []string
	for _, a := range l.Acked {
		if want := fmt.Sprintf(`{"n":%v}`, a[1]); stored[a[0].(string)] != want {
			lost = append(lost, fmt.Sprintf("%s: acknowledged %s, stored %q", a[0], want, stored[a[0].(string)]))
		}
	}
	return lost
}

// Both versions start on the configuration as it is, serve, and leave in peace.
func TestServerStartsAndStores(t *testing.T) {
	t.Parallel()
	for _, v := range live.Versions(t, live.Image(t)) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := live.StartRegion(t)
			s := r.Server(v, nil)
			c := live.StartClients(t)
			c.Connect("a", s.URL())
			require.NoError(t, c.Write("a", "hello", map[string]any{"n": 1}))
			require.Equal(t, `1 {"n":1}`, r.Row("default", "hello"), "acknowledged, so stored")
			require.JSONEq(t, `{"n":1}`, c.Read("a", "hello"))
			status, body := s.Health()
			require.Equal(t, http.StatusOK, status)
			require.JSONEq(t, `{"state":"ready","down":[]}`, body)
			require.NotContains(t, s.Output(), "WILL BE ACKNOWLEDGED")
			s.Signal(syscall.SIGTERM)
			require.Zero(t, s.WaitExit(30*time.Second))
		})
	}
}

// Names that the stock connector pastes into SQL, cuts, strips or mixes up.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	s := r.Server(version(t), nil)
	c := live.StartClients(t)
	c.Connect("a", s.URL())
	long := strings.Repeat("t", 63)
	names := []string{
		"secret", "default/secret", "o'brien", "o'brien/o'brien", `a"b`, "ab", `a;b`, `q"uo/te"d`, "x' OR '1'='1", "x/' OR '1'='1' --",
		`x' UNION SELECT val, version FROM ds."default" WHERE id='secret' --`, `t"."x/y`, `t"; DROP TABLE ds."default"; --/x`,
		"$1", "%s", "back\\slash", "tab\t", "ümlaut/日本", "emoji/😀", "/leading", "//", "a/b/c", "trailing/",
		long + "/x", long + "t/x", long + "u/x", "pg_catalog/x", "Secret", "secret ", " secret", "SELECT", "null", "__proto__",
	}
	for _, name := range names {
		require.NoError(t, c.Write("a", name, map[string]any{"n": name}), "%q", name)
	}
	r.Redis.Do("FLUSHALL") // so that reads come from the database
	for _, name := range names {
		require.JSONEq(t, fmt.Sprintf(`{"n":%q}`, name), c.Read("a", name), "%q", name)
	}
	for _, name := range []string{"y' OR '1'='1", "z/' OR '1'='1' --", `z' UNION SELECT val, version FROM ds."default" --`, "b/c", "x/' OR"} {
		require.Equal(t, "null", c.Read("a", name), "%q reads another record", name)
	}
	for _, name := range names {
		c.Do("delete", map[string]any{"client": "a", "record": name}, nil)
	}
	require.Equal(t, "0", r.Postgres.Query(`SELECT count(*) FROM ds."default"`))

	// Names that no row can have are refused, and what comes after them is stored.
	for _, name := range []string{"zero\x00", "zero/\x00"} {
		require.ErrorContains(t, c.Write("a", name, map[string]any{"n": 1}), "RECORD_UPDATE_ERROR", "%q", name)
	}
	require.ErrorContains(t, c.Write("a", randomText(t, 20000), map[string]any{"n": 1}), "RECORD_UPDATE_ERROR", "larger than an index takes")
	status, body := s.Post("/api", map[string]any{"body": []any{map[string]any{
		"topic": "record", "action": "write", "recordName": "half\\ud800", "data": map[string]any{}}}})
	require.Equal(t, http.StatusOK, status, body)
	require.NoError(t, c.Write("a", "after", map[string]any{"n": 1}))
	require.True(t, s.Running())
}

// randomText does not compress, as an index would.
func randomText(t *testing.T, n int) string {
	t.Helper()
	text := make([]byte, n/2)
	_, err := rand.Read(text)
	require.NoError(t, err)
	return hex.EncodeToString(text)
}

// What was acknowledged is stored, through outages of the kinds that PostgreSQL knows.
func TestOutagesOfTheDatabaseLoseNothing(t *testing.T) {
	t.Parallel()
	standby := func(r *live.Region) func() { // made before there is any load: on a busy machine it takes long
		next := r.Postgres.Standby()
		return func() {
			r.Postgres.Process.Kill()
			r.ToDB.Lead(next.Port) // the name moves before the role
			time.Sleep(3 * time.Second)
			next.Query("SELECT pg_promote()")
			r.Postgres = next
		}
	}
	during := func(outage func(r *live.Region)) func(*live.Region) func() {
		return func(r *live.Region) func() { return func() { outage(r) } }
	}
	for name, prepare := range map[string]func(r *live.Region) (outage func()){
		"stopped": during(func(r *live.Region) {
			r.Postgres.Stop()
			time.Sleep(4 * time.Second)
			r.Postgres.Start()
		}),
		"frozen": during(func(r *live.Region) {
			r.Postgres.Freeze()
			time.Sleep(12 * time.Second)
			r.Postgres.Thaw()
		}),
		"failed over": during(func(r *live.Region) {
			r.Postgres.Process.Kill()
			time.Sleep(3 * time.Second)
			r.Postgres = r.Postgres.Successor()
			r.ToDB.Lead(r.Postgres.Port)
		}),
		"failed over to a standby": standby,
		"read-only": during(func(r *live.Region) { // as a primary that was demoted, while its name still leads to it
			r.Postgres.Query("ALTER SYSTEM SET default_transaction_read_only = on")
			r.Postgres.Query("SELECT pg_reload_conf()")
			time.Sleep(4 * time.Second)
			r.Postgres.Query("ALTER SYSTEM RESET default_transaction_read_only")
			r.Postgres.Query("SELECT pg_reload_conf()")
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := live.StartRegion(t)
			outage := prepare(r)
			s := r.Server(version(t), nil)
			c := live.StartClients(t)
			c.Connect("a", s.URL())
			require.NoError(t, c.Write("a", "first", map[string]any{"n": 0}))
			load := c.Go("load", map[string]any{"client": "a", "prefix": "r", "perSecond": 60, "seconds": 16})
			time.Sleep(time.Second)
			outage()
			var l loaded
			require.NoError(t, load.Wait(2*time.Minute, &l))
			require.Empty(t, l.Failed)
			require.Len(t, l.Acked, 16*60)
			l.requireStored(t, r)
			require.Contains(t, s.Output(), "the database is away")
			require.Contains(t, s.Output(), "the database is back")
			status, _ := s.Health()
			require.Equal(t, http.StatusOK, status)
		})
	}
}

// A record that is deleted on one server while another has a write of it waiting stays deleted.
func TestDeletionElsewhereDuringAnOutage(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	v := version(t)
	a, b := r.Server(v, nil), r.Server(v, nil)
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	c.Connect("b", b.URL())
	require.NoError(t, c.Write("a", "doomed", map[string]any{"n": 1}))
	require.JSONEq(t, `{"n":1}`, c.Read("b", "doomed"))
	r.Postgres.Stop()
	write := c.Go("write", map[string]any{"client": "a", "record": "doomed", "data": map[string]any{"n": 2}})
	a.WaitOutput("the database is away", 20*time.Second)
	deletion := c.Go("delete", map[string]any{"client": "b", "record": "doomed"})
	time.Sleep(2 * time.Second)
	r.Postgres.Start()
	require.NoError(t, deletion.Wait(time.Minute, nil))
	assert.Error(t, write.Wait(time.Minute, nil), "it was overtaken")
	time.Sleep(2 * time.Second)
	require.Empty(t, r.Row("default", "doomed"))
	require.Equal(t, "null", c.Read("a", "doomed"))
	require.Equal(t, "null", c.Read("b", "doomed"))
	require.NoError(t, c.Write("a", "doomed", map[string]any{"n": 3}))
	require.JSONEq(t, `{"n":3}`, c.Read("b", "doomed"))
}

// Clients of two servers write one record at once, in bursts: what is acknowledged to either is stored, and both are served
// the same. One acknowledged write of a thousand or so is still lost in bursts like these; without the comparison, every fourth.
func TestWritersOnTwoServers(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	v := version(t)
	c := live.StartClients(t)
	c.Connect("a", r.Server(v, nil).URL())
	c.Connect("b", r.Server(v, nil).URL())
	acked, refused, lost := 0, 0, 0
	for round := range 40 {
		record := fmt.Sprintf("shared%d", round)
		require.NoError(t, c.Write("a", record, map[string]any{"n": 0}))
		writes := map[string]*live.Pending{}
		for i := range 4 {
			for _, client := range []string{"a", "b"} {
				field := fmt.Sprintf("%s%d", client, i)
				writes[field] = c.Go("patch", map[string]any{"client": client, "record": record, "path": field, "value": i})
			}
		}
		var kept []string
		for field, w := range writes {
			if err := w.Wait(time.Minute, nil); err != nil {
				require.ErrorContains(t, err, "RECORD_UPDATE_ERROR")
				refused++
				continue
			}
			kept = append(kept, field)
			acked++
		}
		row := r.Row("default", record)
		for _, field := range kept {
			if !strings.Contains(row, `"`+field+`"`) {
				lost++
			}
		}
		_, stored, _ := strings.Cut(row, " ")
		for _, client := range []string{"a", "b"} {
			live.Eventually(t, 10*time.Second, client+" is served what is stored", func() bool { return c.Read(client, record) == stored })
		}
	}
	t.Logf("%d acknowledged, %d of those lost, %d refused", acked, lost, refused)
	require.LessOrEqual(t, lost, 3)
	require.Positive(t, acked)
	require.Positive(t, refused, "they met")
}

// A record that is written again after its deletion, before either could be stored, is what was written last, though its
// version is below that of the row which is still there.
func TestRecordMadeAnewDuringAnOutage(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	s := r.Server(version(t), nil)
	c := live.StartClients(t)
	c.Connect("a", s.URL())
	c.Connect("b", s.URL())
	for i := range 5 {
		require.NoError(t, c.Write("a", "phoenix", map[string]any{"n": i}))
	}
	r.Postgres.Stop()
	deletion := c.Go("delete", map[string]any{"client": "a", "record": "phoenix"})
	s.WaitOutput("the database is away", 20*time.Second)
	time.Sleep(time.Second)
	write := c.Go("write", map[string]any{"client": "b", "record": "phoenix", "data": map[string]any{"n": "new"}})
	time.Sleep(time.Second)
	r.Postgres.Start()
	require.NoError(t, deletion.Wait(time.Minute, nil))
	require.NoError(t, write.Wait(time.Minute, nil))
	require.Equal(t, `1 {"n":"new"}`, r.Row("default", "phoenix"))
	require.NoError(t, c.Write("b", "phoenix", map[string]any{"n": "newer"}))
	require.Equal(t, `2 {"n":"newer"}`, r.Row("default", "phoenix"))
}

// A record that is written again on one server, while another that has lost the database still has to delete it, keeps
// its new row.
func TestRecordMadeAnewWhileAnotherServerDeletesIt(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	v := version(t)
	way := live.StartProxy(t, r.Postgres.Port)
	a, b := r.Server(v, nil), r.Server(v, map[string]string{"DEEPSTREAM_POSTGRES_PORT": strconv.Itoa(way.Port)})
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	c.Connect("b", b.URL())
	c.Do("subscribe", map[string]any{"client": "a", "event": "mark"}, nil)
	for i := range 3 {
		require.NoError(t, c.Write("a", "phoenix", map[string]any{"n": i}))
	}
	require.NoError(t, c.Write("b", "other", map[string]any{"n": 0}))
	way.Lead(live.FreePort(t)) // where nobody is
	way.Cut(0)
	deletion := c.Go("delete", map[string]any{"client": "b", "record": "phoenix"})
	b.WaitOutput("the database is away", time.Minute)
	// The first server knows of the deletion once it has passed on what was said after it.
	c.Do("emit", map[string]any{"client": "b", "event": "mark", "data": 1}, nil)
	live.Eventually(t, time.Minute, "what was said after the deletion is heard", func() bool { return len(heardNumbers(c, "a", "mark")) == 1 })
	write := c.Go("write", map[string]any{"client": "a", "record": "phoenix", "data": map[string]any{"n": "new"}})
	read := c.Go("read", map[string]any{"client": "a", "record": "phoenix"})
	time.Sleep(35 * time.Second)
	require.NoError(t, c.Write("a", "other", map[string]any{"n": 1}), "no other record waits")
	way.Lead(r.Postgres.Port)
	require.NoError(t, deletion.Wait(time.Minute, nil))
	if err := write.Wait(time.Minute, nil); err != nil { // the news of the deletion came before the answer of the database
		require.ErrorContains(t, err, "RECORD_UPDATE_ERROR")
		require.Empty(t, r.Row("default", "phoenix"), "refused, so not stored")
		require.NoError(t, c.Write("a", "phoenix", map[string]any{"n": "new"}))
	}
	require.Equal(t, `1 {"n":"new"}`, r.Row("default", "phoenix"), "acknowledged, so stored")
	var seen any
	require.NoError(t, read.Wait(time.Minute, &seen))
	require.NotEqual(t, map[string]any{"n": 2.0}, seen, "what is deleted is not read from the database")
	r.Redis.Do("FLUSHALL")
	require.JSONEq(t, `{"n":"new"}`, c.Read("b", "phoenix"))

	// A server that ends before it could delete holds nobody up for long.
	way.Lead(live.FreePort(t))
	way.Cut(0)
	c.Go("delete", map[string]any{"client": "b", "record": "other"})
	live.Eventually(t, time.Minute, "it is away again", func() bool { return strings.Count(b.Output(), "the database is away") == 2 })
	time.Sleep(time.Second)
	b.Kill()
	require.NoError(t, c.Write("a", "other", map[string]any{"n": 2}))
}

// What does not fit into the bound is refused, and told so; what does is stored.
func TestWritesBeyondTheBoundAreRefused(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	s := r.Server(version(t), nil, func(o *live.ServerOptions) {
		o.Edit = func(config string) string {
			return strings.Replace(config, "    max: 10\n", "    max: 10\n    maxPendingBytes: 20000\n", 1)
		}
	})
	c := live.StartClients(t)
	c.Connect("a", s.URL())
	require.NoError(t, c.Write("a", "first", map[string]any{"n": 0}))
	r.Postgres.Stop()
	load := c.Go("load", map[string]any{"client": "a", "prefix": "r", "perSecond": 100, "seconds": 2})
	time.Sleep(3 * time.Second)
	r.Postgres.Start()
	var l loaded
	require.NoError(t, load.Wait(time.Minute, &l))
	require.NotEmpty(t, l.Acked)
	require.NotEmpty(t, l.Failed)
	require.Len(t, append(l.Acked, l.Failed...), 200)
	l.requireStored(t, r)
	for _, f := range l.Failed {
		require.Contains(t, f[3], "RECORD_UPDATE_ERROR")
		require.Equal(t, "null", c.Read("a", f[0].(string)), "a refused value is not served")
	}
}

// crossing is how long in milliseconds an answer that a server has given may be under way while one of another server
// overtakes it: they come by two sockets to one busy process.
const crossing = 500.0

// A full cache drops records while the database is away: nothing that was acknowledged is lost, and once a write is
// acknowledged no server serves what was before it.
func TestFullMemoryDuringAnOutage(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t, "--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru")
	v := version(t)
	a, b := r.Server(v, nil), r.Server(v, nil)
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	c.Connect("b", b.URL())
	for i := range 20 {
		require.NoError(t, c.Write("a", fmt.Sprintf("r%d", i), map[string]any{"n": "old"}))
	}
	r.Postgres.Stop()
	load := c.Go("load", map[string]any{"client": "a", "prefix": "r", "perSecond": 20, "seconds": 1})
	time.Sleep(2 * time.Second)
	fill := 0
	live.Eventually(t, 30*time.Second, "the cache has dropped all of them", func() bool { // which ones it drops, it picks by chance
		fill++
		r.Redis.Do("EVAL", fmt.Sprintf("for i = 1, 20000 do redis.call('SET', 'fill%d-' .. i, string.rep('x', 500)) end return 1", fill), "0")
		names := []string{"EXISTS"}
		for i := range 20 {
			names = append(names, fmt.Sprintf("r%d_v", i))
		}
		return r.Redis.Do(names...) == "0"
	})
	reads := make([]*live.Pending, 20)
	for i := range reads {
		reads[i] = c.Go("readWhen", map[string]any{"client": "b", "record": fmt.Sprintf("r%d", i)})
	}
	r.Postgres.Start()
	var l loaded
	require.NoError(t, load.Wait(time.Minute, &l))
	require.Len(t, l.Acked, 20)
	l.requireStored(t, r)
	for i, read := range reads {
		var got [2]any
		require.NoError(t, read.Wait(time.Minute, &got))
		if value := got[0].(map[string]any)["n"]; value != float64(i) {
			require.Equal(t, "old", value)
			require.Less(t, got[1].(float64), l.Acked[i][2].(float64)+crossing, "r%d: once a write is acknowledged nobody reads what was before", i)
		}
	}
	for i := range 20 {
		require.JSONEq(t, fmt.Sprintf(`{"n":%d}`, i), c.Read("b", fmt.Sprintf("r%d", i)))
		require.JSONEq(t, fmt.Sprintf(`{"n":%d}`, i), c.Read("a", fmt.Sprintf("r%d", i)))
	}
}
