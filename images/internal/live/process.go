package live

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Process is one that a test has started. It ends with the test.
type Process struct {
	t      testing.TB
	name   string
	cmd    *exec.Cmd
	output *output
	exited chan struct{}
}

// output keeps what a process says.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start starts a command as the user, or as whoever runs the test where that is not root or uid is negative. Its standard
// output is kept, or goes where lines say.
func start(t testing.TB, name string, cmd *exec.Cmd, uid, gid int, lines ...io.Writer) *Process {
	t.Helper()
	p := &Process{t: t, name: name, cmd: cmd, output: &output{}, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	if len(lines) > 0 {
		cmd.Stdout = lines[0]
	}
	cmd.SysProcAttr = as(uid, gid)
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	require.NoError(t, cmd.Start(), name)
	go func() {
		defer close(p.exited)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, tail(p.Output(), 6000))
		}
	})
	return p
}

func as(uid, gid int) *syscall.SysProcAttr {
	if os.Getuid() != 0 || uid < 0 {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func tail(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return "..." + text[len(text)-n:]
}

// Output is what the process has written so far.
func (p *Process) Output() string { return p.output.String() }

// Signal sends a signal to the process alone.
func (p *Process) Signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// signalAll sends one to its children too, which may have left its group, as PostgreSQL's do. The number of a process that has
// ended may be another's by now.
func (p *Process) signalAll(s syscall.Signal) {
	if !p.Running() {
		return
	}
	for _, pid := range append(children(p.cmd.Process.Pid), p.cmd.Process.Pid) {
		_ = syscall.Kill(pid, s)
	}
}

// children are the processes that a process has started and that have not ended.
func children(of int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// "pid (command) state ppid", and the command may hold anything.
		_, rest, _ := strings.Cut(string(text[bytes.LastIndexByte(text, ')')+1:]), " ")
		fields := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(of) {
			found = append(found, pid)
		}
	}
	return found
}

// Kill ends the process, and what it started, and waits for it.
func (p *Process) Kill() {
	p.signalAll(syscall.SIGCONT)
	p.signalAll(syscall.SIGKILL)
	<-p.exited
}

// Freeze stops the process, and what it started, without closing anything; Thaw lets it go on.
func (p *Process) Freeze() { p.signalAll(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (p *Process) Thaw() { p.signalAll(syscall.SIGCONT) }

// Running says whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// WaitExit waits until the process has ended, at most so long, and returns its exit code.
func (p *Process) WaitExit(most time.Duration) int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(most):
		p.t.Fatalf("%s has not ended within %s", p.name, most)
	}
	return p.cmd.ProcessState.ExitCode()
}

// WaitOutput waits until the process has written text, at most so long.
func (p *Process) WaitOutput(text string, most time.Duration) {
	p.t.Helper()
	Eventually(p.t, most, p.name+" says "+text, func() bool { return strings.Contains(p.Output(), text) })
}

// MemoryMiB is the resident memory of the process.
func (p *Process) MemoryMiB() int {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	require.NoError(p.t, err)
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	require.NoError(p.t, err)
	return pages * os.Getpagesize() >> 20
}

// Eventually waits until something holds, and fails the test if it has not for so long.
func Eventually(t testing.TB, most time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(most); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %s: %s", most, what)
}

// ports are below those that the kernel gives to outgoing connections (32768 and up: ip-sysctl, ip_local_port_range), so
// that a server which is started again finds its port free. Each is handed out once, from where this process begins.
var ports = func() *atomic.Int64 {
	var next atomic.Int64
	next.Store(int64(20000 + os.Getpid()%100*100))
	return &next
}()

// FreePort is a port of loopback that nobody listens on, and that no other test of this process gets.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := int(ports.Add(1))
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
	t.Fatal("no free port in a thousand")
	return 0
}

// Directory is a new directory that every user can reach, gone at the end of the test.
func Directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "deepstream-live-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}
