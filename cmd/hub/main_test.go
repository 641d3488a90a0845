package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be hub itself, so that tests run the real process without building it again.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_HUB") == "1" {
		main()
	}
	os.Exit(m.Run())
}

func hub(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), "RUN_AS_HUB=1", "TERM=xterm-256color")
	c.Dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "Pulumi.yaml"), []byte("name: deepstreamhub\nruntime: go\n"), 0o600))
	return c
}

// A terminal that answers no questions must not be asked any: the answer would be waited for, seconds in which an
// interrupt is not caught.
func TestNothingIsAskedOfTheTerminal(t *testing.T) {
	t.Parallel()
	c := hub(t, "--help")
	terminal, err := pty.Start(c)
	require.NoError(t, err)
	defer func() { _ = terminal.Close() }()
	var out bytes.Buffer
	_, err = io.Copy(&out, terminal)
	if err != nil { // Linux ends a pseudo terminal with EIO
		require.ErrorIs(t, err, syscall.EIO)
	}
	require.NoError(t, c.Wait())
	require.Contains(t, out.String(), "Usage:")
	require.NotContains(t, out.String(), "\x1b")
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	c := hub(t, "fly")
	var stderr, stdout bytes.Buffer
	c.Stderr, c.Stdout = &stderr, &stdout
	err := c.Run()
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit))
	require.Equal(t, 2, exit.ExitCode())
	require.Contains(t, stderr.String(), `unknown command "fly"`)
	require.Empty(t, stdout.String())
}

// An interrupt is how serving is meant to end, from the keyboard and from a supervisor.
func TestInterruptsEndServing(t *testing.T) {
	t.Parallel()
	for name, interrupt := range map[string]func(*exec.Cmd, io.Writer) error{
		"Ctrl-C":  func(_ *exec.Cmd, keys io.Writer) error { _, err := keys.Write([]byte{3}); return err },
		"SIGTERM": func(c *exec.Cmd, _ io.Writer) error { return c.Process.Signal(syscall.SIGTERM) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := hub(t, "offline-aws")
			terminal, err := pty.Start(c)
			require.NoError(t, err)
			defer func() { _ = terminal.Close() }()
			var seen strings.Builder
			buf := make([]byte, 4096)
			for !strings.Contains(seen.String(), "Press Ctrl-C to end.") {
				n, err := terminal.Read(buf)
				require.NoError(t, err, seen.String())
				seen.Write(buf[:n])
			}
			require.NoError(t, interrupt(c, terminal))
			go func() { _, _ = io.Copy(io.Discard, terminal) }()
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			select {
			case err := <-ended:
				require.NoError(t, err)
			case <-time.After(20 * time.Second):
				_ = c.Process.Kill()
				t.Fatal("still running 20 s after the interrupt")
			}
		})
	}
}
