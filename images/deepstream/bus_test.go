package deepstream_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
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

// A server that starts while both dependencies are away waits for them, unhealthy, and is ready soon after.
func TestStartDuringAnOutage(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	r.Postgres.Stop()
	r.Redis.Process.Kill()
	s := r.Server(version(t), nil, func(o *live.ServerOptions) { o.NoWait = true })
	s.WaitOutput("the database cannot be used yet", 30*time.Second)
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
