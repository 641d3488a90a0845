// Package awssim puts the offline AWS in the place of the real one: a provider server and the endpoints of S3 and KMS in
// this process, over a cloud that is kept in a directory between commands.
package awssim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/endpoint"
	"github.com/deepstreamhub/platform/internal/awssim/provider"
	"github.com/deepstreamhub/platform/internal/awssim/services"
)

// Options say which cloud is served, and how.
type Options struct {
	Dir     string                   // where the cloud is kept; empty: in memory, gone at Close
	AtClose bool                     // Dir is written at Close alone, not after each change: for runs that nobody kills
	Port    int                      // loopback port; 0 takes a free one
	Slow    map[string]time.Duration // real time added to the creation of a type, by type token

	Account   *cloud.Account   // what the account holds at first; nil: cloud.DefaultAccount
	Scale     float64          // seconds that one second of the cloud takes; 0: nothing takes time
	Seed      uint64           // decides ids, lengths, delays and faults
	Length    cloud.LengthFunc // how long AWS takes; nil: by Seed
	Faults    []cloud.Fault    // what goes wrong on purpose
	FaultRate float64          // share of calls that AWS throttles or fails by itself for a moment, 0 to 1
	As        string           // whose the requests are: the name of a role; empty: the account's own user, an administrator
	Log       io.Writer        // takes the account's declared list at start; nil for silence

	Around grpc.UnaryServerInterceptor // sees every call of an engine; nil: nobody does
}

// Server is a running offline AWS.
type Server struct {
	cloud    *cloud.Cloud
	as       string
	grpc     *grpc.Server
	http     *http.Server
	provider net.Listener
	endpoint net.Listener
	done     chan error

	invitation *os.File // by which others join; nil: the cloud is in memory, or nobody can any more
}

// Start opens the cloud and serves it on the loopback interface until Close.
func Start(opts Options) (*Server, error) {
	s := &Server{done: make(chan error, 2)}
	c, err := cloud.Open(opts.cloud(s.die))
	if err != nil {
		return nil, err
	}
	if opts.As != services.Administrator && !services.HasRole(c, opts.As) {
		return nil, errors.Join(fmt.Errorf("act as %s: the offline account has no such role; hub bootstrap makes them", opts.As), c.Close())
	}
	s.cloud, s.as, s.grpc = c, opts.As, provider.As(c, opts.As).GRPC(opts.Around)
	s.http = &http.Server{Handler: endpoint.Handler(c), ReadHeaderTimeout: time.Minute}
	if err := s.listen(opts); err != nil {
		return nil, errors.Join(fmt.Errorf("serve the offline AWS: %w", err), c.Close())
	}
	go func() { s.done <- s.grpc.Serve(s.provider) }()
	go func() { s.done <- s.http.Serve(s.endpoint) }()
	if err := s.invite(opts); err != nil {
		return nil, errors.Join(fmt.Errorf("serve the offline AWS: %w", err), s.Close())
	}
	return s, nil
}

// listen takes the ports and tells what is served.
func (s *Server) listen(opts Options) error {
	var err error
	if s.provider, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", opts.Port)); err != nil {
		return err
	}
	if s.endpoint, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return errors.Join(err, s.provider.Close())
	}
	if opts.Log == nil {
		return nil
	}
	if _, err := fmt.Fprintf(opts.Log, "Offline AWS: %s", s.cloud.Account()); err != nil {
		return errors.Join(err, s.provider.Close(), s.endpoint.Close())
	}
	return nil
}

// cloud returns the options of the cloud that is served.
func (o Options) cloud(die func()) cloud.Options {
	c := cloud.Options{Dir: o.Dir, AtClose: o.AtClose, Account: o.Account, Slow: o.Slow, Seed: o.Seed, Length: o.Length}
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
func (s *Server) Port() int { return s.provider.Addr().(*net.TCPAddr).Port }

// Endpoint returns the loopback address, host and port, of S3 and KMS.
func (s *Server) Endpoint() string { return s.endpoint.Addr().String() }

// Environment is what makes an AWS SDK's clients of S3 and KMS use this account, and no other.
func (s *Server) Environment() []string { return endpoint.EnvironmentOf(s.as, s.Endpoint()) }

// As serves the same account to somebody who has taken a role, by its name, until close is called.
func (s *Server) As(role string) (port int, environment []string, closed func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, nil, err
	}
	g := provider.As(s.cloud, role).GRPC(nil)
	go func() { _ = g.Serve(listener) }() // it ends when closed
	return listener.Addr().(*net.TCPAddr).Port, endpoint.EnvironmentOf(role, s.Endpoint()), g.Stop, nil
}

// Cloud returns what is served, for tests that look behind the engine.
func (s *Server) Cloud() *cloud.Cloud { return s.cloud }

// Close ends the calls under way, stops serving and releases the cloud's directory.
func (s *Server) Close() error {
	s.grpc.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	for range 2 {
		// A server that was stopped before it had begun to serve says so.
		if served := <-s.done; !errors.Is(served, http.ErrServerClosed) && !errors.Is(served, grpc.ErrServerStopped) {
			err = errors.Join(err, served)
		}
	}
	return errors.Join(err, s.withdraw(), s.cloud.Close())
}
