package live

import (
	"io"
	"net"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Proxy passes connections on, as a name that can be moved, or a load balancer that cuts.
type Proxy struct {
	Port int

	mu     sync.Mutex
	target int
	conns  map[net.Conn]int // with the port that they lead to
}

// StartProxy starts one that leads to a port of loopback.
func StartProxy(t testing.TB, target int) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{Port: l.Addr().(*net.TCPAddr).Port, target: target, conns: map[net.Conn]int{}}
	t.Cleanup(func() {
		_ = l.Close()
		p.Cut(0)
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

// Lead makes new connections go elsewhere.
func (p *Proxy) Lead(target int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Cut closes the connections that lead to a port, or all with 0, and returns how many.
func (p *Proxy) Cut(target int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for c, to := range p.conns {
		if target == 0 || to == target {
			_ = c.Close()
			delete(p.conns, c)
			n++
		}
	}
	return n
}

func (p *Proxy) serve(c net.Conn) {
	p.mu.Lock()
	target := p.target
	p.conns[c] = target
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
		_ = c.Close()
	}()
	s, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(target))
	if err != nil {
		return
	}
	done := make(chan struct{}, 2)
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		done <- struct{}{}
	}
	go pass(s, c)
	go pass(c, s)
	<-done
	_ = s.Close()
}
