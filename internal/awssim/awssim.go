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
	Log  io.Writer                // takes the account's declared list at start; nil for silence
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
	c, err := cloud.Open(cloud.Options{Dir: opts.Dir, Slow: opts.Slow})
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
	s := &Server{cloud: c, grpc: provider.New(c).GRPC(), listener: l, done: make(chan error, 1)}
	go func() { s.done <- s.grpc.Serve(l) }()
	return s, nil
}

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
