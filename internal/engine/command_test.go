package engine_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/engine"
)

// script makes an executable shell script. No other test may fork while the file is open for writing: the child would
// hold it open, and running it would fail with ETXTBSY.
func script(t *testing.T, dir, name, body string) string {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o700))
	return path
}

func command(t *testing.T, body string) *engine.Command {
	t.Helper()
	return &engine.Command{
		Engine: engine.Engine{Path: script(t, t.TempDir(), "pulumi", body)},
		Env:    []string{"PATH=" + os.Getenv("PATH"), "GIVEN=once", "GIVEN=twice"},
	}
}

func run(ctx context.Context, t *testing.T, c *engine.Command, args ...string) (stdout, stderr string, code int, err error) {
	t.Helper()
	return c.Run(ctx, t.TempDir(), nil, nil, nil, []string{"ADDED=yes"}, args...)
}

func TestCommandInheritsNothing(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "leak")
	t.Setenv("PULUMI_BACKEND_URL", "s3://real")
	out, _, code, err := run(t.Context(), t, command(t, "env"))
	require.NoError(t, err)
	assert.Zero(t, code)
	var names []string
	for line := range strings.Lines(out) {
		if name, _, _ := strings.Cut(strings.TrimSpace(line), "="); name != "PWD" && name != "SHLVL" && name != "_" && name != "OLDPWD" {
			names = append(names, name)
		}
	}
	assert.ElementsMatch(t, []string{"PATH", "GIVEN", "ADDED", "PULUMI_AUTOMATION_API"}, names)
	assert.Contains(t, out, "GIVEN=twice")
}

func TestCommandReportsOutputAndExitCode(t *testing.T) {
	t.Parallel()
	var also strings.Builder
	c := command(t, `echo "$@"; echo bad >&2; exit 7`)
	stdout, stderr, code, err := c.Run(t.Context(), t.TempDir(), nil, []io.Writer{&also}, nil, nil, "up", "--yes")
	require.Error(t, err)
	assert.Equal(t, "--non-interactive up --yes\n", stdout)
	assert.Equal(t, "bad\n", stderr)
	assert.Equal(t, 7, code)
	assert.Equal(t, stdout, also.String())
}

func TestCommandIsNotStartedAfterTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, _, err := run(ctx, t, &engine.Command{Engine: engine.Engine{Path: "/does/not/exist"}})
	require.ErrorIs(t, err, context.Canceled)
}

// counting runs until it has been quiet for a while after its first interrupt, then says how many it got.
const counting = `
n=0
trap 'n=$((n+1))' INT
trap 'echo term' TERM
echo $$ > pid
while [ $n -eq 0 ]; do sleep 0.05; done
i=0
while [ $i -lt 20 ]; do sleep 0.05; i=$((i+1)); done
echo interrupts=$n
`

// waitForPid waits until a script has written its process id and returns it.
func waitForPid(t *testing.T, dir string) int {
	t.Helper()
	var pid int
	require.Eventually(t, func() bool {
		data, _ := os.ReadFile(filepath.Join(dir, "pid"))
		pid, _ = strconv.Atoi(strings.TrimSpace(string(data)))
		return pid > 0
	}, 10*time.Second, 10*time.Millisecond)
	return pid
}

func TestCommandInterruptsOnceAndWaits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := command(t, counting)
	go func() {
		pid := waitForPid(t, dir)
		group, err := syscall.Getpgid(pid)
		assert.NoError(t, err)
		assert.Equal(t, pid, group, "the engine leads a group of its own")
		cancel()
	}()
	stdout, _, code, err := c.Run(ctx, dir, nil, nil, nil, nil)
	require.NoError(t, err)
	assert.Zero(t, code)
	assert.Equal(t, "interrupts=1\n", stdout)
	assert.False(t, c.Killed())
}

// stubborn takes no notice of an interrupt.
const stubborn = `
trap '' INT TERM
echo $$ > pid
while :; do sleep 0.05; done
`

// An engine that somebody else kills has left what it had under way, as one that was killed after an interrupt has.
func TestCommandKnowsThatItsEngineWasKilled(t *testing.T) {
	t.Parallel()
	c := command(t, "kill -KILL $$")
	_, _, code, err := run(t.Context(), t, c)
	require.Error(t, err)
	assert.Equal(t, -1, code)
	assert.True(t, c.Killed())

	c = command(t, "exit 1")
	_, _, _, err = run(t.Context(), t, c)
	require.Error(t, err)
	assert.False(t, c.Killed())
}

func TestCommandKillsOnlyWhenTold(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*engine.Command){
		"after the grace": func(c *engine.Command) { c.Grace = 300 * time.Millisecond },
		"when forced": func(c *engine.Command) {
			force := make(chan struct{})
			close(force)
			c.Force = force
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := command(t, stubborn)
			prepare(c)
			go func() {
				waitForPid(t, dir)
				cancel()
			}()
			_, _, _, err := c.Run(ctx, dir, nil, nil, nil, nil)
			require.Error(t, err)
			assert.True(t, c.Killed())
		})
	}
}
