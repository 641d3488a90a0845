package deepstream_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/internal/live"
)

var measure = flag.Bool("measure", false, "measure the image against the stock one; takes minutes")

// TestMeasureAgainstStock takes the figures of docs/benchmarks.md, stock image and ours in one run.
func TestMeasureAgainstStock(t *testing.T) {
	if !*measure {
		t.Skip("long: go test ./images/deepstream -run TestMeasureAgainstStock -v -timeout 40m -args -measure")
	}
	for _, stock := range []bool{true, false} {
		name := map[bool]string{true: "stock", false: "ours"}[stock]
		t.Run(name, func(t *testing.T) {
			t.Run("database away for 30 s", func(t *testing.T) { measureDatabase(t, stock) })
			t.Run("bus killed for 30 s", func(t *testing.T) { measureBus(t, stock, false) })
			t.Run("bus failed over", func(t *testing.T) { measureBus(t, stock, true) })
			t.Run("500 clients drained", func(t *testing.T) { measureDrain(t, stock) })
			t.Run("10,000 idle sockets", func(t *testing.T) { measureMemory(t, stock) })
		})
	}
}

// patience is how long (milliseconds) a client waits for the answer to a write.
const patience = 60000

func kind(stock bool) func(*live.ServerOptions) {
	return func(o *live.ServerOptions) { o.Stock = stock }
}

func measureDatabase(t *testing.T, stock bool) {
	r := live.StartRegion(t)
	s := r.Server(version(t), nil, kind(stock))
	c := live.StartClients(t)
	c.Connect("a", s.URL())
	require.NoError(t, c.Write("a", "first", map[string]any{"n": 0}))
	load := c.Go("load", map[string]any{"client": "a", "prefix": "r", "perSecond": 100, "seconds": 40, "patience": patience})
	time.Sleep(2 * time.Second)
	r.Postgres.Stop()
	time.Sleep(30 * time.Second)
	r.Postgres.Start()
	back := float64(time.Now().UnixMilli())
	var l loaded
	require.NoError(t, load.Wait(3*time.Minute, &l))
	time.Sleep(2 * time.Second)
	var after []float64 // seconds
	for _, a := range l.Acked {
		if at := a[2].(float64); at >= back {
			after = append(after, (at-back)/1000)
		}
	}
	first := "none"
	if len(after) > 0 {
		first = fmt.Sprintf("%.1f s", slices.Min(after))
	}
	t.Logf("MEASURED %d writes: %d acknowledged, %d failed, %d acknowledged and lost; first acknowledgement after the database is back: %s; server runs: %v",
		len(l.Acked)+len(l.Failed), len(l.Acked), len(l.Failed), len(l.lost(r)), first, s.Running())
}

func measureBus(t *testing.T, stock, failover bool) {
	r := live.StartRegion(t)
	v := version(t)
	a, b := r.Server(v, nil, kind(stock)), r.Server(v, nil, kind(stock))
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	c.Connect("b", b.URL())
	c.Do("subscribe", map[string]any{"client": "b", "event": "tick"}, nil)
	time.Sleep(time.Second)
	seconds := 45
	if failover {
		seconds = 20
	}
	chatter := c.Go("chatter", map[string]any{"client": "a", "event": "tick", "perSecond": 20, "seconds": seconds})
	time.Sleep(2 * time.Second)
	var back time.Time
	if failover {
		replica := live.StartRedis(t, r.Authority, "--replicaof", "127.0.0.1 "+strconv.Itoa(r.Redis.Port))
		live.Eventually(t, 30*time.Second, "the replica follows", func() bool {
			return strings.Contains(replica.Do("INFO", "replication"), "master_link_status:up")
		})
		r.Redis.Process.Kill()
		r.ToBus.Lead(replica.Port)
		time.Sleep(5 * time.Second)
		replica.Do("REPLICAOF", "NO", "ONE")
	} else {
		r.Redis.Process.Kill()
		time.Sleep(30 * time.Second)
		r.Redis.Start()
	}
	back = time.Now()
	var said chattered
	require.NoError(t, chatter.Wait(2*time.Minute, &said))
	time.Sleep(8 * time.Second)
	var heard [][]float64
	c.Do("heard", map[string]any{"client": "b", "event": "tick"}, &heard)
	first := "none"
	for _, h := range heard {
		if h[0] >= float64(back.UnixMilli()) {
			first = fmt.Sprintf("%.1f s", (h[0]-float64(back.UnixMilli()))/1000)
			break
		}
	}
	ended := 0
	for _, s := range []*live.Server{a, b} {
		if !s.Running() {
			ended++
		}
	}
	t.Logf("MEASURED %d events, %d of them lost; first after the bus is back: %s; processes that ended: %d of 2", len(said.Sent), len(said.lost(c, "b", "tick")), first, ended)
}

func measureDrain(t *testing.T, stock bool) {
	const clients, perSecond, delay = 500, 25, 40
	r := live.StartRegion(t)
	v := version(t)
	aws := startTaskAWS(t)
	env := aws.environment()
	env["DEEPSTREAM_DRAIN_PER_SECOND"], env["DEEPSTREAM_DRAIN_SECONDS"] = strconv.Itoa(perSecond), strconv.Itoa(delay-5)
	old, next := r.Server(v, env, kind(stock)), r.Server(v, nil, kind(stock))
	balancer := live.StartProxy(t, old.Port)
	c := live.StartClients(t)
	url := fmt.Sprintf("ws://127.0.0.1:%d/deepstream", balancer.Port)
	c.Do("connectMany", map[string]any{"prefix": "c", "count": clients, "url": url}, nil)
	c.Connect("stays", next.URL())
	c.Do("subscribe", map[string]any{"client": "stays", "event": "tick"}, nil)
	time.Sleep(time.Second)
	chatter := c.Go("chatter", map[string]any{"prefix": "c", "count": clients, "event": "tick", "perSecond": 100, "seconds": delay + 3})
	load := c.Go("load", map[string]any{"client": "c0", "prefix": "r", "perSecond": 20, "seconds": delay + 3, "patience": patience})
	since := time.Now()
	balancer.Lead(next.Port)
	aws.drain()
	time.Sleep(delay * time.Second)
	cut := balancer.Cut(old.Port)
	if stock {
		old.Signal(syscall.SIGINT)
	} else {
		old.Signal(syscall.SIGTERM)
	}
	old.WaitExit(time.Minute)
	var said chattered
	require.NoError(t, chatter.Wait(time.Minute, &said))
	var l loaded
	require.NoError(t, load.Wait(3*time.Minute, &l))
	time.Sleep(15 * time.Second)
	var gaps []gap
	c.Do("gaps", map[string]any{"prefix": "c", "count": clients, "since": since.UnixMilli()}, &gaps)
	longest, away := 0, 0
	for _, g := range gaps {
		longest = max(longest, g.Longest)
		if !g.Open {
			away++
		}
	}
	t.Logf("MEASURED %d cut at once by the load balancer; at most %d closed in a second; longest absence %d ms, %d not back; "+
		"%d events sent, %d of them lost, %d more dropped by clients into a closing socket; %d writes acknowledged, %d of them lost, %d told that they failed",
		cut, mostPerSecond(gaps), longest, away, len(said.Sent), len(said.lost(c, "stays", "tick")), len(said.Dropped), len(l.Acked), len(l.lost(r)), len(l.Failed))
}

func measureMemory(t *testing.T, stock bool) {
	const sockets, each = 10000, 2500
	r := live.StartRegion(t)
	s := r.Server(version(t), nil, kind(stock))
	before := s.MemoryMiB()
	modules := live.Modules(t, live.Image(t))
	for range sockets / each {
		cmd := exec.Command("node", filepath.Join("testdata", "idle.js"), modules, s.URL(), strconv.Itoa(each))
		out, err := os.CreateTemp(t.TempDir(), "idle")
		require.NoError(t, err)
		cmd.Stdout, cmd.Stderr = out, out
		require.NoError(t, cmd.Start())
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		live.Eventually(t, 3*time.Minute, "sockets are open", func() bool {
			text, err := os.ReadFile(out.Name())
			require.NoError(t, err)
			return slices.Contains(strings.Fields(string(text)), "open")
		})
	}
	time.Sleep(5 * time.Second)
	t.Logf("MEASURED %d idle sockets: %d MiB, before %d MiB", sockets, s.MemoryMiB(), before)
}
