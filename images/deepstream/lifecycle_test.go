package deepstream_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/internal/live"
)

const targetGroup = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/edge/0123456789abcdef"

// taskAWS is what a task sees of AWS: its metadata, credentials, and the state of its target. Forms are those of the task
// metadata endpoint version 4 (Amazon ECS Developer Guide) and of DescribeTargetHealth in botocore's model
// elbv2/2015-12-01.
type taskAWS struct {
	*httptest.Server
	mu     sync.Mutex
	state  string
	asked  int
	port   string
	signed bool
}

func startTaskAWS(t *testing.T) *taskAWS {
	t.Helper()
	a := &taskAWS{state: "healthy"}
	mux := http.NewServeMux()
	mux.HandleFunc("/v4", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"DockerId":"a","Name":"deepstream","Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":["10.16.0.10"]}]}`)
	})
	mux.HandleFunc("/credentials", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "secret", "Token": "token",
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.asked++
		a.signed = strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") &&
			strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/elasticloadbalancing/aws4_request") && r.Header.Get("X-Amz-Security-Token") == "token"
		if r.FormValue("Action") != "DescribeTargetHealth" || r.FormValue("TargetGroupArn") != targetGroup ||
			r.FormValue("Targets.member.1.Id") != "10.16.0.10" || len(r.Form["Targets.member.2.Id"]) > 0 {
			http.Error(w, "unexpected "+r.Form.Encode(), http.StatusBadRequest)
			return
		}
		a.port = r.FormValue("Targets.member.1.Port")
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, `<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult>
<TargetHealthDescriptions><member><HealthCheckPort>6020</HealthCheckPort><TargetHealth><State>%s</State></TargetHealth>
<Target><Port>6020</Port><Id>10.16.0.10</Id></Target></member></TargetHealthDescriptions></DescribeTargetHealthResult>
<ResponseMetadata><RequestId>a</RequestId></ResponseMetadata></DescribeTargetHealthResponse>`, a.state)
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

func (a *taskAWS) environment() map[string]string {
	return map[string]string{
		"ECS_CONTAINER_METADATA_URI_V4": a.URL + "/v4", "AWS_CONTAINER_CREDENTIALS_FULL_URI": a.URL + "/credentials",
		"AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2": a.URL, "DEEPSTREAM_TARGET_GROUP_ARN": targetGroup,
	}
}

func (a *taskAWS) drain() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = "draining"
}

// gap is one client's absence.
type gap struct {
	Longest int
	Closes  []int64
	Open    bool
}

// mostPerSecond is the most closes in any second.
func mostPerSecond(gaps []gap) int {
	most := 0
	for _, g := range gaps {
		for _, from := range g.Closes {
			n := 0
			for _, other := range gaps {
				for _, at := range other.Closes {
					if at >= from && at < from+1000 {
						n++
					}
				}
			}
			most = max(most, n)
		}
	}
	return most
}

// A server whose target turns draining hands its clients over at its pace, and loses none of their events and writes; the
// load balancer, which cuts when the delay ends, finds nothing left to cut.
func TestDrainingHandsClientsOver(t *testing.T) {
	t.Parallel()
	const clients, perSecond, drainSeconds = 120, 15, 14
	r := live.StartRegion(t)
	v := version(t)
	aws := startTaskAWS(t)
	env := aws.environment()
	env["DEEPSTREAM_DRAIN_PER_SECOND"], env["DEEPSTREAM_DRAIN_SECONDS"] = fmt.Sprint(perSecond), fmt.Sprint(drainSeconds)
	old, next := r.Server(v, env), r.Server(v, nil)
	balancer := live.StartProxy(t, old.Port)
	c := live.StartClients(t)
	url := fmt.Sprintf("ws://127.0.0.1:%d/deepstream", balancer.Port)
	c.Do("connectMany", map[string]any{"prefix": "c", "count": clients, "url": url}, nil)
	c.Connect("stays", next.URL())
	c.Do("subscribe", map[string]any{"client": "stays", "event": "tick"}, nil)
	time.Sleep(time.Second)

	chatter := c.Go("chatter", map[string]any{"prefix": "c", "count": clients, "event": "tick", "perSecond": 40, "seconds": 16})
	load := c.Go("load", map[string]any{"client": "c0", "prefix": "r", "perSecond": 10, "seconds": 16})
	since := time.Now()
	balancer.Lead(next.Port) // newcomers go elsewhere as soon as a target is draining
	aws.drain()
	old.WaitOutput("the load balancer drains this server", 20*time.Second)
	status, body := old.Health()
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, `"state":"draining"`)
	requireRefused(t, old.Port)
	old.WaitOutput("closed all sockets within", time.Duration(drainSeconds+5)*time.Second)
	require.Zero(t, balancer.Cut(old.Port), "the load balancer finds nothing to cut")
	require.True(t, aws.signed)
	require.Equal(t, fmt.Sprint(old.Port), aws.port)

	old.Signal(syscall.SIGTERM)
	require.Zero(t, old.WaitExit(20*time.Second))
	var said chattered
	require.NoError(t, chatter.Wait(time.Minute, &said))
	var l loaded
	require.NoError(t, load.Wait(time.Minute, &l))
	l.requireStored(t, r)
	var gaps []gap
	c.Do("gaps", map[string]any{"prefix": "c", "count": clients, "since": since.UnixMilli()}, &gaps)
	longest := 0
	for i, g := range gaps {
		require.True(t, g.Open, "client %d is back", i)
		longest = max(longest, g.Longest)
	}
	require.LessOrEqual(t, mostPerSecond(gaps), 2*perSecond+5, "closed in one second, with jitter")
	live.Eventually(t, 20*time.Second, "every event is heard", func() bool { return len(said.lost(c, "stays", "tick")) == 0 })
	t.Logf("%d clients: at most %d closed in a second, longest absence %d ms; %d events, and %d into a closing socket; %d writes acknowledged, %d failed",
		clients, mostPerSecond(gaps), longest, len(said.Sent), len(said.Dropped), len(l.Acked), len(l.Failed))
	require.LessOrEqual(t, len(said.Dropped), 5, "a socket is not closing for long")
}

// chattered is what became of a chatter's events in the clients: sent, or dropped there since the socket was closing.
type chattered struct{ Sent, Dropped []float64 }

// lost are the events that were sent and that a subscriber has not heard.
func (e chattered) lost(c *live.Clients, client, event string) []float64 {
	heard := heardNumbers(c, client, event)
	return slices.DeleteFunc(slices.Clone(e.Sent), func(n float64) bool { return heard[n] })
}

func heardNumbers(c *live.Clients, client, event string) map[float64]bool {
	var heard [][]float64
	c.Do("heard", map[string]any{"client": client, "event": event}, &heard)
	got := map[float64]bool{}
	for _, h := range heard {
		got[h[1]] = true
	}
	return got
}

// requireRefused holds a server to taking no new WebSocket.
func requireRefused(t *testing.T, port int) {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "GET /deepstream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	answer, _ := io.ReadAll(conn)
	require.True(t, strings.HasPrefix(string(answer), "HTTP/1.1 503 "), "%q", answer)
}

// A server that is told to stop stores first what it has not acknowledged yet.
func TestStopFlushes(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	s := r.Server(version(t), map[string]string{"DEEPSTREAM_DRAIN_SECONDS": "3", "DEEPSTREAM_FLUSH_SECONDS": "20"})
	c := live.StartClients(t)
	c.Connect("a", s.URL())
	require.NoError(t, c.Write("a", "hello", map[string]any{"n": 1}))
	r.Postgres.Stop()
	write := c.Go("write", map[string]any{"client": "a", "record": "hello", "data": map[string]any{"n": 2}})
	s.WaitOutput("the database is away", 20*time.Second)
	s.Signal(syscall.SIGTERM)
	s.WaitOutput("closed all sockets", 20*time.Second)
	r.Postgres.Start()
	require.Zero(t, s.WaitExit(40*time.Second))
	require.Error(t, write.Wait(time.Second, nil), "its client was gone, and was told nothing")
	require.Equal(t, `2 {"n":2}`, r.Row("default", "hello"))
}

// Without a database it gives up in time, says what it could not store, and has acknowledged none of it.
func TestStopGivesUp(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	s := r.Server(version(t), map[string]string{"DEEPSTREAM_DRAIN_SECONDS": "3", "DEEPSTREAM_FLUSH_SECONDS": "2"})
	c := live.StartClients(t)
	c.Connect("a", s.URL())
	r.Postgres.Stop()
	r.Redis.Process.Kill()
	write := c.Go("write", map[string]any{"client": "a", "record": "hello", "data": map[string]any{"n": 2}})
	time.Sleep(time.Second)
	s.Signal(syscall.SIGTERM)
	require.Zero(t, s.WaitExit(30*time.Second))
	require.Error(t, write.Wait(time.Second, nil))
}

// An idle connection is ended by the load balancer, which waits for 61 s at least, and not by the server in the moment in
// which a request is on its way.
func TestIdleConnectionsAreKept(t *testing.T) {
	t.Parallel()
	s := live.StartRegion(t).Server(version(t), nil)
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	answers := bufio.NewReader(conn)
	for _, idle := range []time.Duration{0, 20 * time.Second} {
		time.Sleep(idle)
		_, err = io.WriteString(conn, "GET /health-check HTTP/1.1\r\nHost: a\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
		answer, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode)
	}
}

// A client that does not read what it is sent is cut before it fills the server's memory; others hear everything.
func TestClientThatDoesNotReadIsCut(t *testing.T) {
	t.Parallel()
	s := live.StartRegion(t).Server(version(t), nil)
	c, stuck := live.StartClients(t), live.StartClients(t)
	c.Connect("a", s.URL())
	c.Connect("b", s.URL())
	stuck.Connect("stuck", s.URL())
	c.Do("subscribe", map[string]any{"client": "b", "event": "large"}, nil)
	stuck.Do("subscribe", map[string]any{"client": "stuck", "event": "large"}, nil)
	time.Sleep(time.Second)
	stuck.Freeze()
	const events = 50
	c.Do("emitLarge", map[string]any{"client": "a", "event": "large", "count": events, "bytes": large}, nil)
	s.WaitOutput("open is cut: ", 30*time.Second)
	live.Eventually(t, 30*time.Second, "the other hears all", func() bool { return len(heardNumbers(c, "b", "large")) == events })
	stuck.Thaw()
	live.Eventually(t, 60*time.Second, "it comes back", func() bool {
		c.Do("emit", map[string]any{"client": "a", "event": "large", "data": 99}, nil)
		return heardNumbers(stuck, "stuck", "large")[99]
	})
	require.Equal(t, 1, strings.Count(s.Output(), " is cut: "))
}
