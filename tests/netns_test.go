package tests

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// envIsolated makes this test binary, started in a new network namespace, run its arguments there.
const envIsolated = "HUB_TEST_ISOLATED"

// withoutNetwork returns a command that runs in a network namespace of its own, in which only loopback is up. The test
// binary starts itself there first, since somebody inside has to bring loopback up.
func withoutNetwork(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), envIsolated+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Getuid() != 0 { // the kernel gives others a network of their own with a user namespace only
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// runIsolated brings loopback up, makes sure that nothing else is there, and becomes the command.
func runIsolated(args []string) error {
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	routes, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return err
	}
	if lines := strings.Split(strings.TrimSpace(string(routes)), "\n"); len(lines) > 1 {
		return errors.New("there is a route out: " + lines[1])
	}
	if err := os.Unsetenv(envIsolated); err != nil {
		return err
	}
	return syscall.Exec(args[0], args, os.Environ())
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	request, err := unix.NewIfreq("lo")
	if err == nil {
		request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
		err = unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
	}
	return errors.Join(err, unix.Close(fd))
}
