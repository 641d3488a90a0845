package crashtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// project is a copy of the project in which hub's processes run.
type project struct {
	*bases
	dir      string
	apart    bool
	provider *exec.Cmd // of a process of its own, while it runs
	serves   []string  // by which hub finds it
	said     string    // file of what it says
}

// mark is in the environment of every process of a project, so that they can be found when their parents are gone.
const mark = "HUB_EXPLORE_KILL="

// project makes a copy: of another project with its state and cloud, or of the files alone.
func (b *bases) project(dir, from string) (*project, error) {
	if from == "" {
		from = b.Files
	}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			return nil, err
		}
	}
	return &project{bases: b, dir: dir}, nil
}

func (p *project) base() string { return filepath.Join(p.dir, ".hub", "offline") }

// output is what a command said.
type output struct {
	code int
	text string
}

// tail is the end of it.
func (o output) tail() string {
	const most = 600
	text := strings.TrimSpace(o.text)
	return text[max(0, len(text)-most):]
}

// command starts hub with a verb and a PATH. The stack file says the update where that is the verb.
func (p *project) command(verb, scale, path string) (*exec.Cmd, *os.File, error) {
	text, err := os.ReadFile(filepath.Join(p.Files, "Pulumi."+p.Stack+".yaml"))
	if err != nil {
		return nil, nil, err
	}
	switch verb {
	case "update":
		verb, text = "up", p.Changed
	case "restore":
		verb = "up"
	}
	if err := os.WriteFile(filepath.Join(p.dir, "Pulumi."+p.Stack+".yaml"), text, 0o600); err != nil {
		return nil, nil, err
	}
	args := []string{verb, p.Stack, "--yes"}
	if !p.apart {
		args = append(args, "--offline=declared", "--time-scale", scale)
	} else if err := p.serve(scale); err != nil {
		return nil, nil, err
	}
	return p.start(path, args...)
}

// start starts hub as the leader of a group of its own. What it says goes to a file, which outlives it.
func (p *project) start(path string, args ...string) (*exec.Cmd, *os.File, error) {
	said, err := os.CreateTemp(p.dir, "said-")
	if err != nil {
		return nil, nil, err
	}
	c := exec.Command(p.Hub, args...)
	c.Dir, c.Env = p.dir, slices.Concat(p.Environ, p.serves, []string{path, mark + p.dir})
	c.Stdout, c.Stderr = said, said
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		return nil, nil, errors.Join(err, said.Close())
	}
	return c, said, nil
}

// run runs hub to its end, with a PATH of one of the two kinds.
func (p *project) run(ctx context.Context, verb, scale, path string) (output, error) {
	c, said, err := p.command(verb, scale, path)
	if err != nil {
		return output{}, err
	}
	defer func() { _ = said.Close() }() // only read from here on
	if err := p.wait(ctx, c); err != nil {
		return output{}, err
	}
	text, err := os.ReadFile(said.Name())
	return output{c.ProcessState.ExitCode(), string(text)}, err
}

// patience is how long a process may take that nothing is killed of any more. The engine's own writes are repeated for
// minutes when its storage is gone.
const patience = 10 * time.Minute

// wait waits for a process, and for those that it leaves behind.
func (p *project) wait(ctx context.Context, c *exec.Cmd) error {
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Wait() }() // how it ended is in its ProcessState
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-ended:
	case <-late.C:
		p.end()
		<-ended
		return fmt.Errorf("%s has not ended after %s", strings.Join(c.Args[1:], " "), patience)
	case <-ctx.Done():
		p.end()
		<-ended
		return context.Cause(ctx)
	}
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		left := p.processes()
		switch {
		case len(left) == 0:
			return nil
		case ctx.Err() != nil || time.Since(began) > patience:
			p.end()
			return errors.Join(context.Cause(ctx), fmt.Errorf("processes %v have not ended", left))
		}
	}
}

// kill runs hub and kills a victim at a moment, then waits for what is left to end. It reports whether the moment came.
func (p *project) kill(ctx context.Context, verb, scale, victim string, at moment) (bool, error) {
	c, said, err := p.command(verb, scale, p.watched)
	if err != nil {
		return false, err
	}
	defer func() { _ = said.Close() }()
	came := p.await(ctx, c.Process.Pid, said.Name(), at)
	if came {
		p.strike(c, victim)
	}
	return came, p.wait(ctx, c)
}

// await waits for a moment of a command, and reports whether it came before the command ended.
func (p *project) await(ctx context.Context, pid int, said string, at moment) bool {
	running := func() bool {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err == nil && !bytes.Contains(state, []byte(") Z ")) && ctx.Err() == nil
	}
	for {
		text, err := os.ReadFile(said)
		if err != nil || !running() {
			return false
		}
		if bytes.Count(text, []byte("\n")) >= at.lines {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(at.after)
	return running()
}

// strike kills. The engine is every process of the project that is neither hub nor the provider.
func (p *project) strike(hub *exec.Cmd, victim string) {
	if victim == killProvider {
		p.endProvider(syscall.SIGKILL)
		return
	}
	var engines []int
	for _, pid := range p.processes() {
		if pid != hub.Process.Pid {
			engines = append(engines, pid)
		}
	}
	if victim != killEngine {
		_ = hub.Process.Kill() // it may have ended
	}
	if victim != killHub {
		for _, pid := range engines {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// processes are those of the project that run, but for the provider: their environment has its folder in it.
func (p *project) processes() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var out []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() || p.provider != nil && pid == p.provider.Process.Pid {
			continue
		}
		env, err := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		if err == nil && (bytes.Contains(env, []byte(mark+p.dir+"\x00")) || bytes.Contains(env, []byte("PULUMI_HOME="+p.base()+"/"))) {
			out = append(out, pid)
		}
	}
	return out
}

// end ends all processes of the project.
func (p *project) end() {
	p.endProvider(syscall.SIGTERM)
	for len(p.processes()) > 0 {
		for _, pid := range p.processes() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// serve starts the provider as a process of its own, unless it runs.
func (p *project) serve(scale string) error {
	if p.provider != nil {
		return nil
	}
	p.serves = nil
	c, said, err := p.start(p.watched, "offline-aws", "--time-scale", scale)
	if err != nil {
		return err
	}
	defer func() { _ = said.Close() }()
	p.provider, p.said = c, said.Name()
	for range 600 {
		text, err := os.ReadFile(said.Name())
		if err != nil {
			return err
		}
		if bytes.Contains(text, []byte("Press Ctrl-C to end.")) {
			for line := range strings.Lines(string(text)) {
				if kv, is := strings.CutPrefix(strings.TrimSpace(line), "export "); is {
					name, value, _ := strings.Cut(kv, "=")
					p.serves = append(p.serves, name+"="+strings.Trim(value, "'"))
				}
			}
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	text, _ := os.ReadFile(said.Name())
	p.endProvider(syscall.SIGKILL)
	return fmt.Errorf("the offline AWS does not serve: %s", text)
}

// served is what became of a provider of its own, in words; empty while it runs, and where there is none.
func (p *project) served() string {
	if p.provider == nil {
		return ""
	}
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.provider.Process.Pid))
	if err == nil && !bytes.Contains(state, []byte(") Z ")) {
		return ""
	}
	return "\nthe provider's process has ended: " + output{text: p.providerSaid()}.tail()
}

func (p *project) providerSaid() string {
	text, err := os.ReadFile(p.said)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (p *project) endProvider(by syscall.Signal) {
	if p.provider == nil {
		return
	}
	_ = p.provider.Process.Signal(by)
	_ = p.provider.Wait()
	p.provider = nil
}
