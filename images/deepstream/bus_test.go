package deepstream_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/internal/live"
)

// Events and writes outlive what can happen to the bus, on servers that go on running.
func TestOutagesOfTheBusLoseNothing(t *testing.T) {
	t.Parallel()
	for name, outage := range map[string]func(t *testing.T, r *live.Region){
		"killed": func(_ *testing.T, r *live.Region) {
			r.Redis.Process.Kill()
			time.Sleep(5 * time.Second)
			r.Redis.Start()
		},
		"frozen": func(_ *testing.T, r *live.Region) {
			r.Redis.Freeze()
			time.Sleep(6 * time.Second)
			r.Redis.Thaw()
		},
		"connected and not answered": func(_ *testing.T, r *live.Region) {
			r.Redis.Do("CLIENT", "PAUSE", "10000", "ALL")
			time.Sleep(12 * time.Second)
		},
		"failed over": func(t *testing.T, r *live.Region) {
			replica := live.StartRedis(t, r.Authority, "--replicaof", "127.0.0.1 "+strconv.Itoa(r.Redis.Port))
			live.Eventually(t, 30*time.Second, "the replica follows", func() bool {
				return strings.Contains(replica.Do("INFO", "replication"), "master_link_status:up")
			})
			time.Sleep(time.Second)
			r.Redis.Process.Kill()
			r.ToBus.Lead(replica.Port) // a replica still, as long as the name moves faster than the role
			time.Sleep(2 * time.Second)
			replica.Do("REPLICAOF", "NO", "ONE")
			r.Redis = replica
		},
		"demoted": func(t *testing.T, r *live.Region) {
			// The old primary lives on as a replica, and its connections stay.
			replica := live.StartRedis(t, r.Authority)
			r.Redis.Do("REPLICAOF", "127.0.0.1", strconv.Itoa(replica.Port))
			r.ToBus.Lead(replica.Port)
			r.Redis = replica
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := live.StartRegion(t)
			v := version(t)
			a, b := r.Server(v, nil), r.Server(v, nil)
			c := live.StartClients(t)
			c.Connect("a", a.URL())
			c.Connect("b", b.URL())
			c.Do("subscribe", map[string]any{"client": "b", "event": "tick"}, nil)
			time.Sleep(time.Second)
			chatter := c.Go("chatter", map[string]any{"client": "a", "event": "tick", "perSecond": 20, "seconds": 14})
			load := c.Go("load", map[string]any{"client": "a", "prefix": "r", "perSecond": 10, "seconds": 14})
			time.Sleep(time.Second)
			outage(t, r)
			var said chattered
			require.NoError(t, chatter.Wait(time.Minute, &said))
			require.Empty(t, said.Dropped)
			var l loaded
			require.NoError(t, load.Wait(time.Minute, &l))
			require.Empty(t, l.Failed)
			require.Len(t, l.Acked, 140)
			l.requireStored(t, r)

			live.Eventually(t, 20*time.Second, "every event is heard, once at least", func() bool { return len(said.lost(c, "b", "tick")) == 0 })
			for _, s := range []*live.Server{a, b} {
				require.True(t, s.Running(), "no process ends")
				status, body := s.Health()
				require.Equal(t, http.StatusOK, status)
				require.JSONEq(t, `{"state":"ready","down":[]}`, body)
			}
			for i := range 140 {
				if i%20 == 0 {
					require.JSONEq(t, fmt.Sprintf(`{"n":%d}`, i), c.Read("b", fmt.Sprintf("r%d", i)))
				}
			}
		})
	}
}

// A server that stood still, as on a busy host, tells that from a bus that is silent: what waits in its sockets is heard.
func TestServerThatStoodStillCutsNothing(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	v := version(t)
	a, b := r.Server(v, nil), r.Server(v, nil)
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	c.Connect("b", b.URL())
	c.Do("subscribe", map[string]any{"client": "b", "event": "tick"}, nil)
	time.Sleep(time.Second)
	chatter := c.Go("chatter", map[string]any{"client": "a", "event": "tick", "perSecond": 20, "seconds": 8})
	time.Sleep(time.Second)
	b.Freeze()
	time.Sleep(5 * time.Second)
	b.Thaw()
	var said chattered
	require.NoError(t, chatter.Wait(time.Minute, &said))
	require.Empty(t, said.Dropped)
	live.Eventually(t, 20*time.Second, "every event is heard", func() bool { return len(said.lost(c, "b", "tick")) == 0 })
	require.NotContains(t, b.Output(), "the connection is lost")
}

// large is what an event or a record holds in the tests of bounds: of 20, somewhat more than half fit into 16 MiB, at two
// bytes in memory for each letter.
const large = 600_000

// What is published while the bus is away waits in order up to the bound; what does not fit is dropped and said, and the
// server lives.
func TestPublishesBeyondTheBoundAreDropped(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	v := version(t)
	// On a busy machine the other may need longer to come back than the bus's own 3 s, which this test is not about.
	patient := edited(t, "path: ./plugins/bus.js\n  options:\n", "path: ./plugins/bus.js\n  options:\n    settle: 15000\n")
	a, b := r.Server(v, nil, patient), r.Server(v, nil, patient)
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	c.Connect("b", b.URL())
	c.Do("subscribe", map[string]any{"client": "b", "event": "large"}, nil)
	time.Sleep(time.Second)
	before := a.MemoryMiB()
	r.Redis.Process.Kill()
	a.WaitOutput("publishing: the connection is lost", 20*time.Second)
	c.Do("emitLarge", map[string]any{"client": "a", "event": "large", "count": 60, "bytes": large}, nil)
	a.WaitOutput("there is no room for more", 30*time.Second)
	time.Sleep(2 * time.Second)
	require.Less(t, a.MemoryMiB()-before, 200, "MiB, for 36 MB of events")
	r.Redis.Start()
	a.WaitOutput("messages were dropped while the bus was away", 2*time.Minute)
	var heard [][]float64
	live.Eventually(t, time.Minute, "those that waited are heard", func() bool {
		c.Do("heard", map[string]any{"client": "b", "event": "large"}, &heard)
		return len(heard) >= 13
	})
	time.Sleep(time.Second)
	c.Do("heard", map[string]any{"client": "b", "event": "large"}, &heard)
	require.Len(t, heard, 13, "16 MiB hold 13 of 1.2 MB")
	for i, h := range heard {
		require.Equal(t, float64(i), h[1], "the first, in order")
	}
	c.Do("emit", map[string]any{"client": "a", "event": "large", "data": 99}, nil)
	live.Eventually(t, 20*time.Second, "and what comes after", func() bool {
		c.Do("heard", map[string]any{"client": "b", "event": "large"}, &heard)
		return heard[len(heard)-1][1] == 99
	})
}

// Commands for a cache that is away wait up to the bound. A write beyond it is refused, and nobody is served the value that
// the cache still has of such a record.
func TestCacheCommandsBeyondTheBoundAreRefused(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	v := version(t)
	hot := edited(t, "record:\n", hotPath)
	a, b := r.Server(v, nil, hot), r.Server(v, nil, hot)
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	c.Connect("b", b.URL())
	const records = 20
	for i := range records {
		require.NoError(t, c.Write("a", fmt.Sprintf("hot/r%d", i), map[string]any{"n": "old"}))
	}
	r.Redis.Freeze()
	a.WaitOutput("cache: the connection is lost", 20*time.Second)
	writes := make([]*live.Pending, records)
	for i := range writes { // one by one, since the database's own bound is lower
		writes[i] = c.Go("writeLarge", map[string]any{"client": "a", "record": fmt.Sprintf("hot/r%d", i), "n": i, "bytes": large})
		live.Eventually(t, 30*time.Second, "it is stored", func() bool {
			return r.Postgres.Query(`SELECT count(*) FROM ds.hot WHERE length(val) > 1000`) == fmt.Sprint(i+1)
		})
	}
	time.Sleep(time.Second)
	r.Redis.Thaw()
	refused := 0
	for i, w := range writes {
		if err := w.Wait(time.Minute, nil); err != nil {
			require.ErrorContains(t, err, "RECORD_UPDATE_ERROR", "r%d", i)
			refused++
		}
	}
	require.Equal(t, records-13, refused, "16 MiB hold 13 of 1.2 MB")
	time.Sleep(time.Second)
	for i := range records {
		for _, client := range []string{"a", "b"} {
			require.Contains(t, c.Read(client, fmt.Sprintf("hot/r%d", i)), fmt.Sprintf(`"n":%d,`, i), "%s reads what is stored", client)
		}
	}
	require.True(t, a.Running())
}

// A server that is told to stop while the bus is away passes on first what waits for it.
func TestStopPassesOnWhatWaits(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	v := version(t)
	a, b := r.Server(v, map[string]string{"DEEPSTREAM_DRAIN_SECONDS": "3"}), r.Server(v, nil)
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	c.Connect("b", b.URL())
	c.Do("subscribe", map[string]any{"client": "b", "event": "last"}, nil)
	time.Sleep(time.Second)
	r.Redis.Process.Kill()
	a.WaitOutput("publishing: the connection is lost", 20*time.Second)
	c.Do("emit", map[string]any{"client": "a", "event": "last", "data": 7}, nil)
	time.Sleep(time.Second)
	a.Signal(syscall.SIGTERM)
	a.WaitOutput("closed all sockets", 20*time.Second)
	r.Redis.Start()
	require.Zero(t, a.WaitExit(time.Minute))
	var heard [][]float64
	c.Do("heard", map[string]any{"client": "b", "event": "last"}, &heard)
	require.Len(t, heard, 1)
}

// A server that starts while both dependencies are away waits for them, unhealthy, and is ready soon after.
func TestStartDuringAnOutage(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	r.Postgres.Stop()
	r.Redis.Process.Kill()
	s := r.Server(version(t), nil, func(o *live.ServerOptions) { o.NoWait = true })
	s.WaitOutput("the database cannot be used yet", 2*time.Minute)
	live.Eventually(t, 30*time.Second, "it answers that it starts", func() bool {
		status, body := s.Health()
		return status == http.StatusServiceUnavailable && body == `{"state":"starting","down":["bus","database"]}`
	})
	time.Sleep(5 * time.Second)
	require.True(t, s.Running())
	r.Redis.Start()
	r.Postgres.Start()
	s.WaitHealthy(20 * time.Second)
	c := live.StartClients(t)
	c.Connect("a", s.URL())
	require.NoError(t, c.Write("a", "hello", map[string]any{"n": 1}))
	require.Equal(t, `1 {"n":1}`, r.Row("default", "hello"))

	// Lost when it was ready, a dependency is told and changes nothing.
	r.Postgres.Stop()
	write := c.Go("write", map[string]any{"client": "a", "record": "hello", "data": map[string]any{"n": 2}})
	live.Eventually(t, 30*time.Second, "the body says so", func() bool {
		status, body := s.Health()
		return status == http.StatusOK && body == `{"state":"ready","down":["database"]}`
	})
	require.JSONEq(t, `{"n":2}`, c.Read("a", "hello"), "read from what waits, or the cache")
	r.Postgres.Start()
	require.NoError(t, write.Wait(time.Minute, nil))
}
