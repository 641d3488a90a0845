package live

import (
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Numbers of processes come round: on a machine with 32,768 of them, within one run of the tests.
func TestKillOfWhatHasEndedReachesNobody(t *testing.T) {
	t.Parallel()
	other := start(t, "other", exec.Command("sleep", "60"), -1, -1)
	ended := &Process{t: t, name: "ended", cmd: other.cmd, output: &output{}, exited: make(chan struct{})}
	close(ended.exited)
	ended.Kill()
	require.NoError(t, other.cmd.Process.Signal(syscall.Signal(0)))
	require.True(t, other.Running())
	other.Kill()
	require.False(t, other.Running())
}
