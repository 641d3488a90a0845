package awssim

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// Whoever comes while a cloud is served joins the one that serves it, who does not end before its guests. The next one serves
// it again.
func TestShare(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cloud")
	host, guest, err := Share(Options{Dir: dir, Scale: 0.5})
	require.NoError(t, err)
	require.Nil(t, guest)
	join := func() *Guest {
		t.Helper()
		other, guest, err := Share(Options{Dir: dir})
		require.NoError(t, err)
		require.Nil(t, other)
		require.Equal(t, []any{host.Port(), host.Endpoint(), host.Environment()}, []any{guest.Port(), guest.Endpoint(), guest.Environment()})
		return guest
	}
	first := join()
	require.False(t, host.Alone())
	second := join() // also while the host waits
	require.NoError(t, first.Close())
	require.False(t, host.Alone())
	require.NoError(t, second.Close())
	require.True(t, host.Alone())

	began := time.Now()
	next := make(chan error)
	go func() { // nobody can join a host that is about to end
		s, guest, err := Share(Options{Dir: dir, Scale: 2})
		if err == nil && guest != nil {
			err = fmt.Errorf("joined process %s", guest.host.Process)
		}
		if err == nil {
			err = s.Close()
		}
		next <- err
	}()
	time.Sleep(200 * time.Millisecond)
	require.NoError(t, host.Close())
	require.NoError(t, <-next)
	require.Less(t, time.Since(began), patience)
	require.NoFileExists(t, invitationFile(dir))
}

// A server that is closed before it has begun to serve is closed like any other.
func TestCloseAtOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		s, err := Start(Options{})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
}

// A guest cannot ask for what the host does not do, and is told by which flags it did.
func TestGuestsTakeTheHostsTerms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fault, err := cloud.ParseFault("throttle:create:aws:ec2/vpc:Vpc")
	require.NoError(t, err)
	has := Options{Dir: dir, Scale: 0.5, Seed: 3, Faults: []cloud.Fault{fault}, FaultRate: 0.1, Slow: map[string]time.Duration{"aws:ec2/vpc:Vpc": time.Second}}
	host, err := Start(has)
	require.NoError(t, err)
	defer func() { require.NoError(t, host.Close()) }()
	for _, same := range []Options{{Dir: dir}, has} {
		_, guest, err := Share(same)
		require.NoError(t, err)
		require.NoError(t, guest.Close())
	}
	for flag, other := range map[string]Options{
		"--as":                 {As: "deepstreamhub-preview"},
		"--time-scale":         {Scale: 0.4},
		"--seed":               {Seed: 4},
		"--fault":              {Faults: []cloud.Fault{fault, fault}},
		"--fault-rate":         {FaultRate: 0.2},
		"--offline-slow":       {Slow: map[string]time.Duration{"aws:ec2/vpc:Vpc": 2 * time.Second}},
		"--seed, --fault-rate": {Seed: 4, FaultRate: 0.2, Scale: 0.5},
	} {
		other.Dir = dir
		_, guest, err := Share(other)
		require.Nil(t, guest)
		require.EqualError(t, err, fmt.Sprintf("in use by process %d with another %s", os.Getpid(), flag))
		require.ErrorAs(t, err, new(*cloud.InUse))
	}
	require.True(t, host.Alone(), "nobody who was refused is waited for")
}

// An invitation that a killed host left is nobody's: not while another process has the directory, and not afterwards.
func TestInvitationOfAKilledHost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left := []byte(`{"process":"1","provider":9,"endpoint":"127.0.0.1:9"}`)
	require.NoError(t, os.WriteFile(invitationFile(dir), left, 0o600))
	held, err := cloud.Open(cloud.Options{Dir: dir})
	require.NoError(t, err)
	_, _, err = Share(Options{Dir: dir})
	require.ErrorAs(t, err, new(*cloud.InUse))
	require.NoError(t, held.Close())
	s, guest, err := Share(Options{Dir: dir})
	require.NoError(t, err)
	require.Nil(t, guest)
	_, guest, err = Share(Options{Dir: dir})
	require.NoError(t, err)
	require.Equal(t, s.Port(), guest.Port())
	require.NoError(t, guest.Close())
	require.NoError(t, s.Close())
}
