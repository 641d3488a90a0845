package live

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Clients is a process of deepstream's own JavaScript clients, told what to do line by line (testdata/clients.js).
type Clients struct {
	t    testing.TB
	in   io.WriteCloser
	proc *Process

	mu      sync.Mutex
	next    int
	answers map[int]chan answer
}

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
}

// StartClients starts the process, with no client yet.
func StartClients(t testing.TB) *Clients {
	t.Helper()
	image := Image(t)
	cmd := exec.Command("node", filepath.Join(image, "testdata", "clients.js"), Modules(t, image))
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	c := &Clients{t: t, in: in, answers: map[int]chan answer{}}
	r, w := io.Pipe()
	go c.listen(r)
	c.proc = start(t, "clients", cmd, -1, -1, w)
	return c
}

func (c *Clients) listen(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var a answer
		if json.Unmarshal(lines.Bytes(), &a) != nil || a.ID == 0 {
			continue
		}
		c.mu.Lock()
		ch := c.answers[a.ID]
		delete(c.answers, a.ID)
		c.mu.Unlock()
		if ch != nil {
			ch <- a
		}
	}
}

// Pending is an answer that is still to come.
type Pending struct {
	t    testing.TB
	what string
	ch   chan answer
}

// Go says what to do and does not wait.
func (c *Clients) Go(what string, args map[string]any) *Pending {
	c.t.Helper()
	c.mu.Lock()
	c.next++
	id, ch := c.next, make(chan answer, 1)
	c.answers[id] = ch
	c.mu.Unlock()
	request := map[string]any{"id": id, "do": what}
	for k, v := range args {
		request[k] = v
	}
	text, err := json.Marshal(request)
	require.NoError(c.t, err)
	_, err = c.in.Write(append(text, '\n'))
	require.NoError(c.t, err)
	return &Pending{c.t, what, ch}
}

// Wait waits for the answer, at most so long, reads its result into out, and returns what went wrong.
func (p *Pending) Wait(most time.Duration, out any) error {
	p.t.Helper()
	select {
	case a := <-p.ch:
		if a.Error != "" {
			return fmt.Errorf("%s: %s", p.what, a.Error)
		}
		if out != nil {
			require.NoError(p.t, json.Unmarshal(a.Result, out), "%s", a.Result)
		}
		return nil
	case <-time.After(most):
		return fmt.Errorf("%s: no answer within %s", p.what, most)
	}
}

// Do says what to do, waits for the answer for a minute at most, and fails the test if it went wrong.
func (c *Clients) Do(what string, args map[string]any, out any) {
	c.t.Helper()
	require.NoError(c.t, c.Go(what, args).Wait(time.Minute, out))
}

// Connect logs a client in.
func (c *Clients) Connect(name, url string) {
	c.t.Helper()
	c.Do("connect", map[string]any{"client": name, "url": url}, nil)
}

// Write writes a record and waits for the acknowledgement.
func (c *Clients) Write(client, record string, data any) error {
	c.t.Helper()
	return c.Go("write", map[string]any{"client": client, "record": record, "data": data}).Wait(90*time.Second, nil)
}

// Read reads a record, as text. "null" is none.
func (c *Clients) Read(client, record string) string {
	c.t.Helper()
	var out json.RawMessage
	require.NoError(c.t, c.Go("read", map[string]any{"client": client, "record": record}).Wait(90*time.Second, &out))
	return string(out)
}

// Freeze has the clients read nothing, and close nothing; Thaw lets them go on.
func (c *Clients) Freeze() { c.proc.Freeze() }

// Thaw undoes Freeze.
func (c *Clients) Thaw() { c.proc.Thaw() }
