package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/endpoint"
)

// invitation is the file in a cloud's directory by which the process that serves it lets others join. Guests hold it with a
// shared lock for as long as they work; the host takes an exclusive one before it ends.
type invitation struct {
	Process  string `json:"process"`  // the host's number
	Provider int    `json:"provider"` // loopback port
	Endpoint string `json:"endpoint"` // loopback address, host and port
	Terms    terms  `json:"terms"`
}

// terms are what guests cannot choose any more.
type terms struct {
	As        string                   `json:"as"`
	Scale     float64                  `json:"timeScale"`
	Seed      uint64                   `json:"seed"`
	Faults    []cloud.Fault            `json:"faults"`
	FaultRate float64                  `json:"faultRate"`
	Slow      map[string]time.Duration `json:"slow"`
}

func (o Options) terms() terms { return terms{o.As, o.Scale, o.Seed, o.Faults, o.FaultRate, o.Slow} }

// refused names the flags of hub that ask for something else. What a guest leaves open is as the host has it, but for
// whose rights it has.
func (t terms) refused(asked terms) []string {
	var flags []string
	for _, of := range []struct {
		flag        string
		has, wanted any
		open        bool
	}{
		{"--as", t.As, asked.As, false},
		{"--time-scale", t.Scale, asked.Scale, asked.Scale == 0},
		{"--seed", t.Seed, asked.Seed, asked.Seed == 0},
		{"--fault", t.Faults, asked.Faults, len(asked.Faults) == 0},
		{"--fault-rate", t.FaultRate, asked.FaultRate, asked.FaultRate == 0},
		{"--offline-slow", t.Slow, asked.Slow, len(asked.Slow) == 0},
	} {
		if !of.open && !reflect.DeepEqual(of.has, of.wanted) {
			flags = append(flags, of.flag)
		}
	}
	return flags
}

func invitationFile(dir string) string { return filepath.Join(dir, "serving.json") }

// invite writes the invitation. The directory is locked, so nobody else writes one.
func (s *Server) invite(o Options) error {
	if o.Dir == "" {
		return nil
	}
	text, err := json.Marshal(invitation{fmt.Sprint(os.Getpid()), s.Port(), s.Endpoint(), o.terms()})
	if err != nil {
		return err
	}
	fresh := invitationFile(o.Dir) + ".new" // one that a killed host left stays its guests' until then
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(fresh, invitationFile(o.Dir)); err != nil {
		return err
	}
	s.invitation, err = os.Open(invitationFile(o.Dir))
	return err
}

// Alone reports whether nobody else works on the cloud; then nobody can join any more.
func (s *Server) Alone() bool {
	return s.invitation == nil || syscall.Flock(int(s.invitation.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// withdraw takes the invitation away.
func (s *Server) withdraw() error {
	if s.invitation == nil {
		return nil
	}
	return errors.Join(os.Remove(s.invitation.Name()), s.invitation.Close())
}

// Guest works on a cloud that another process serves.
type Guest struct {
	host invitation
	held *os.File // while it works
}

// patience is how long a host may take between locking a directory and serving it, or between withdrawing its invitation
// and unlocking the directory.
const patience = 5 * time.Second

// Share serves a directory's cloud, or, while another process serves it, joins that one: one of the two results is not nil
// where the error is. Where the other process does not serve, or not on the terms of opts, the error is a *cloud.InUse.
func Share(opts Options) (*Server, *Guest, error) {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		s, err := Start(opts)
		inUse, held := errors.AsType[*cloud.InUse](err)
		if !held {
			return s, nil, err
		}
		g, joinErr := join(opts, inUse)
		if g != nil || joinErr != nil {
			return nil, g, joinErr
		}
		if time.Since(began) > patience {
			return nil, nil, err
		}
	}
}

// join takes up the invitation of a process. There is no guest and no error while there is none that holds.
func join(opts Options, host *cloud.InUse) (*Guest, error) {
	held, err := os.Open(invitationFile(opts.Dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	g := &Guest{held: held}
	holds, err := g.accept(opts.Dir, host.Process)
	if err == nil && holds {
		if flags := g.host.Terms.refused(opts.terms()); len(flags) > 0 {
			err = fmt.Errorf("%w with another %s", host, strings.Join(flags, ", "))
		}
	}
	if err != nil || !holds {
		return nil, errors.Join(err, held.Close())
	}
	return g, nil
}

// accept locks the invitation and reads it, and reports whether it still is that of a host who waits for its guests.
func (g *Guest) accept(dir, host string) (bool, error) {
	if syscall.Flock(int(g.held.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil {
		return false, nil // the host is about to end
	}
	mine, err := g.held.Stat()
	if err != nil {
		return false, err
	}
	if there, err := os.Stat(invitationFile(dir)); err != nil || !os.SameFile(mine, there) {
		return false, nil // withdrawn or replaced meanwhile
	}
	if err := json.NewDecoder(g.held).Decode(&g.host); err != nil {
		return false, fmt.Errorf("%s: %w", g.held.Name(), err)
	}
	return g.host.Process == host, nil // another's: one that was killed left it
}

// Port returns the loopback port to which engines attach.
func (g *Guest) Port() int { return g.host.Provider }

// Endpoint returns the loopback address, host and port, of S3 and KMS.
func (g *Guest) Endpoint() string { return g.host.Endpoint }

// Environment is what makes an AWS SDK's clients of S3 and KMS use this account, and no other.
func (g *Guest) Environment() []string { return endpoint.EnvironmentOf(g.host.Terms.As, g.Endpoint()) }

// Alone is true: the host waits for its guests, not they for it.
func (g *Guest) Alone() bool { return true }

// Close lets the host end.
func (g *Guest) Close() error { return g.held.Close() }
