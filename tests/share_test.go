package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// Hubs work on stacks of one offline account at once. The one that serves it waits for the others, and where it is killed
// they lose what is under way as with any provider that goes away, and no more.
func TestHubsShareAnOfflineAccount(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	host := begin(t, p, "up", "prod-eu", "--offline", "--yes", "--no-wait", "--time-scale", "0.01")
	host.await("created")
	guest := begin(t, p, "up", "prod-us", "--offline", "--yes", "--no-wait", "--parallel", "1") // takes longer, so that it is waited for
	guest.await("created")

	other := p.Hub(nil, "preview", "prod-us", "--offline", "--time-scale", "0.5")
	require.Equal(t, 4, other.Code, other.Stderr)
	require.Contains(t, other.Stderr, "with another --time-scale")
	same := p.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Equal(t, 4, same.Code, same.Stderr)
	require.Contains(t, same.Stderr, "prod-eu")
	alone := p.Hub(nil, "offline", "heal", "prod-eu")
	require.Equal(t, 4, alone.Code, alone.Stderr)
	require.Contains(t, alone.Stderr, "in use by process")

	require.Zero(t, guest.end(), guest.said.String())
	require.Zero(t, host.end(), host.said.String())
	require.Contains(t, host.said.String(), "Waiting for another hub that works on this offline account.")
	agree(t, p)

	p.Edit("Pulumi.prod-us.yaml", "  deepstreamhub:cluster:", "  deepstreamhub:cluster:\n    instanceType: c6g.2xlarge")
	host = begin(t, p, "offline-aws", "--time-scale", "0.02")
	host.await("Press Ctrl-C to end.")
	guest = begin(t, p, "up", "prod-us", "--offline", "--yes", "--no-wait")
	guest.await("updated cluster-host-template")
	require.NoError(t, host.cmd.Process.Kill())
	host.end()
	require.Equal(t, 1, guest.end(), guest.said.String())
	again := p.Hub(nil, "up", "prod-us", "--offline", "--yes")
	require.Zero(t, again.Code, again.Stderr)
	agree(t, p)
	require.NoFileExists(t, filepath.Join(p.Dir, ".hub", "offline", "cloud", "serving.json"))
}

// agree holds the states of both regions and their offline account against each other.
func agree(t *testing.T, p *harness.Project) {
	t.Helper()
	var known []string
	for _, stack := range []string{"prod-eu", "prod-us"} {
		pending, ids := checkpoint(t, p, stack)
		require.Empty(t, pending)
		known = append(known, ids...)
	}
	var made []string
	for _, thing := range openCloud(t, p).made {
		made = append(made, revision.ReplaceAllString(thing, "$1")) // the state knows a family
	}
	slices.Sort(made)
	slices.Sort(known)
	require.Empty(t, cmp.Diff(made, known), "states and cloud hold the same")
}

var revision = regexp.MustCompile(`arn:\S+:task-definition/(\S+):\d+$`)

// running is hub at work.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	said *screen
	over chan struct{}
}

// begin starts hub. The test ends it where it has not ended itself.
func begin(t *testing.T, p *harness.Project, args ...string) *running {
	t.Helper()
	r := &running{t: t, cmd: exec.Command(filepath.Join(p.Bin, "hub"), args...), said: &screen{}, over: make(chan struct{})}
	r.cmd.Dir, r.cmd.Stderr, r.cmd.Cancel = p.Dir, r.said, nil
	r.cmd.WaitDelay = 30 * time.Second
	require.NoError(t, r.cmd.Start())
	go func() { defer close(r.over); _ = r.cmd.Wait() }() // how it ended is in its ProcessState
	t.Cleanup(func() { _ = r.cmd.Process.Signal(os.Kill); <-r.over })
	return r
}

// await waits until it has said something.
func (r *running) await(text string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return strings.Contains(r.said.String(), text) }, 5*time.Minute, 20*time.Millisecond, "%s: %s", text, r.said)
}

// end waits until it has ended, and returns its exit code.
func (r *running) end() int {
	<-r.over
	return r.cmd.ProcessState.ExitCode()
}
