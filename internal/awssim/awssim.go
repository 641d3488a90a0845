// Package awssim puts the offline AWS in the place of the real one: a provider server in this process, over a cloud
// that is kept in a directory between commands.
package awssim

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"google.golang.org/grpc"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/provider"
)

// Options say which cloud is served, and how.
type Options struct {
	Dir  string                   // where the cloud is kept; empty: in memory, gone at Close
	Port int                      // loopback port; 0 takes a free one
	Slow map[string]time.Duration // real time added to the creation of a type, by type token

	Scale     float64       // seconds that one second of the cloud takes; 0: nothing takes time
	Seed      uint64        // decides ids, lengths, delays and faults
	Faults    []cloud.Fault // what goes wrong on purpose
	FaultRate float64       // share of calls that AWS throttles or fails by itself for a moment, 0 to 1
	Log       io.Writer     // takes the account's declared list at start; nil for silence
}

// Server is a running offline AWS.
type Server struct {
	cloud    *cloud.Cloud
	grpc     *grpc.Server
	listener net.Listener
	done     chan error
}

// Start opens the cloud and serves it on the loopback interface until Close.
func Start(opts Options) (*Server, error) {
	s := &Server{done: make(chan error, 1)}
	c, err := cloud.Open(opts.cloud(s.die))
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", opts.Port))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("serve the offline AWS: %w", err), c.Close())
	}
	if opts.Log != nil {
		if _, err := fmt.Fprintf(opts.Log, "Offline AWS: %s", c.Account()); err != nil {
			return nil, errors.Join(err, l.Close(), c.Close())
		}
	}
	s.cloud, s.grpc, s.listener = c, provider.New(c).GRPC(), l
	go func() { s.done <- s.grpc.Serve(l) }()
	return s, nil
}

// cloud returns the options of the cloud that is served.
func (o Options) cloud(die func()) cloud.Options {
	c := cloud.Options{Dir: o.Dir, Slow: o.Slow, Seed: o.Seed}
	if o.Scale > 0 {
		c.Clock = cloud.NewWall(time.Now, o.Scale)
	}
	if len(o.Faults) > 0 || o.FaultRate > 0 {
		c.Faults = &cloud.Faults{List: o.Faults, Rate: o.FaultRate, Seed: o.Seed, Die: die}
	}
	return c
}

// die ends the provider as if its process had been killed: calls under way get no answer.
func (s *Server) die() { s.grpc.Stop() }

// Port returns the loopback port to which engines attach.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Cloud returns what is served, for tests that look behind the engine.
func (s *Server) Cloud() *cloud.Cloud { return s.cloud }

// Close ends the calls under way, stops serving and releases the cloud's directory.
func (s *Server) Close() error {
	s.grpc.Stop()
	err := <-s.done
	return errors.Join(err, s.cloud.Close())
}
