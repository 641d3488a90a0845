//go:build unix

package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/blang/semver"
)

// failedToRun is the exit code of a command that gave none: it did not start, or a signal ended it.
const failedToRun = -2

// Command runs the engine's command line; it is an auto.PulumiCommand.
//
// It differs from the Automation API's own in three ways. The process gets the environment given here and what the
// Automation API adds for the call, and inherits nothing. An interrupt is exactly one SIGINT, after which the engine
// has all the time it needs to finish the operations under way, where the Automation API kills it ten seconds later
// and leaves them pending. And its output goes to files, not pipes: should this process be killed, the engine does
// not die of writing to a broken pipe with the stack still locked.
type Command struct {
	Engine Engine
	Env    []string        // the whole environment, KEY=VALUE; of a name given twice the last counts
	Grace  time.Duration   // from the interrupt to SIGKILL; 0: no limit
	Force  <-chan struct{} // closing it after the interrupt kills the engine's process group; nil: never

	// Started is called when a process has started, and what it returns, unless that is nil, when that process has ended, with
	// how. nil: nobody listens.
	Started func(pid int, args []string) (ended func(error))

	killed atomic.Bool
}

// Version is the engine's version.
func (c *Command) Version() semver.Version { return c.Engine.Version }

// Killed reports whether an engine was killed before it had finished: an interrupted one for Force or for Grace, or any by
// somebody else. The stack is locked then, with operations pending.
func (c *Command) Killed() bool { return c.killed.Load() }

// Run runs pulumi with args in the folder workdir and returns its output and exit code. The process leads a process
// group of its own, so that a terminal's Ctrl-C reaches this process only. When ctx ends it is interrupted as Command
// says; when ctx has ended already it is not started and the error is ctx's cause.
func (c *Command) Run(ctx context.Context, workdir string, stdin io.Reader, stdout, stderr []io.Writer, env []string, args ...string,
) (string, string, int, error) {
	if ctx.Err() != nil {
		return "", "", failedToRun, context.Cause(ctx)
	}
	out, err := newCapture(stdout)
	if err != nil {
		return "", "", failedToRun, err
	}
	defer out.close()
	errOut, err := newCapture(stderr)
	if err != nil {
		return "", "", failedToRun, err
	}
	defer errOut.close()

	cmd := exec.Command(c.Engine.Path, nonInteractive(args)...)
	cmd.Dir = workdir
	cmd.Env = slices.Concat(c.Env, env, []string{"PULUMI_AUTOMATION_API=true"})
	keepNoLog(cmd.Env)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, out.file, errOut.file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}

	runErr := c.wait(ctx, cmd)
	if signalled(runErr) {
		c.killed.Store(true)
	}
	outText, outErr := out.text()
	errText, errErr := errOut.text()
	return outText, errText, exitCode(runErr), errors.Join(runErr, outErr, errErr)
}

// wait runs cmd to its end, interrupting it once when ctx ends and killing it only when told to.
func (c *Command) wait(ctx context.Context, cmd *exec.Cmd) (err error) {
	if err := cmd.Start(); err != nil {
		return err
	}
	if c.Started != nil {
		if told := c.Started(cmd.Process.Pid, cmd.Args[1:]); told != nil {
			defer func() { told(err) }()
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// A process that has just ended needs no signal, and Signal says so; there is nothing else to do about it.
	_ = cmd.Process.Signal(os.Interrupt)

	var limit <-chan time.Time
	if c.Grace > 0 {
		timer := time.NewTimer(c.Grace)
		defer timer.Stop()
		limit = timer.C
	}
	select {
	case err := <-ended:
		return err
	case <-c.Force:
	case <-limit:
	}
	c.killed.Store(true)
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	return <-ended
}

// signalled reports whether a signal ended a process, other than the interrupt, which an engine that has just started takes so.
func signalled(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() != syscall.SIGINT
}

func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return failedToRun
}

// nonInteractive makes the engine fail rather than wait for an answer that nobody gives.
func nonInteractive(args []string) []string {
	if slices.Contains(args, "--non-interactive") {
		return args
	}
	return append([]string{"--non-interactive"}, args...)
}

// capture is a file without a name that takes a process's output.
type capture struct {
	file *os.File
	also []io.Writer // get a copy when the process has ended
}

func newCapture(also []io.Writer) (*capture, error) {
	f, err := os.CreateTemp("", "hub-engine-")
	if err != nil {
		return nil, fmt.Errorf("capture engine output: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("capture engine output: %w", err), f.Close())
	}
	return &capture{file: f, also: also}, nil
}

// text is what the process wrote.
func (c *capture) text() (string, error) {
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("read engine output: %w", err)
	}
	data, err := io.ReadAll(c.file)
	if err != nil {
		return "", fmt.Errorf("read engine output: %w", err)
	}
	for _, w := range c.also {
		if _, err := w.Write(data); err != nil {
			return "", fmt.Errorf("copy engine output: %w", err)
		}
	}
	return string(data), nil
}

func (c *capture) close() { _ = c.file.Close() }
