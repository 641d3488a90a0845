package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/blang/semver"
	"golang.org/x/sys/unix"
)

// How often a build tells how far it is, and how often a waiting process looks whether another's build is over.
const (
	reportEvery = 5 * time.Second
	lookEvery   = 500 * time.Millisecond
)

// build compiles the pinned CLI to path unless it is there already. The binary appears whole or not at all.
func (o Options) build(ctx context.Context, path string, version semver.Version) error {
	if exists(path) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("create cache folder: %w", err)
	}
	unlock, err := o.lock(ctx, path+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if exists(path) { // another process built it while this one waited
		return nil
	}
	unfinished := path + ".unfinished"
	if err := o.compile(ctx, unfinished, version); err != nil {
		return fmt.Errorf("build Pulumi %s: %w", version, err)
	}
	if err := os.Rename(unfinished, path); err != nil {
		return fmt.Errorf("build Pulumi %s: %w", version, err)
	}
	return nil
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// lock waits until no other process holds the lock on path. The kernel drops the lock of a process that dies.
func (o Options) lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock engine build: %w", err)
	}
	for told := false; ; told = true {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil // closing releases
		}
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			_ = f.Close()
			return nil, fmt.Errorf("lock engine build: %w", err)
		}
		if !told {
			fmt.Fprintln(o.Progress, "another process is building the Pulumi engine; waiting for it")
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("wait for engine build: %w", context.Cause(ctx))
		case <-time.After(lookEvery):
		}
	}
}

// compile runs the Go toolchain. The module proxy's downloads are checked against the go.sum beside the pin.
func (o Options) compile(ctx context.Context, path string, version semver.Version) error {
	toolchain, err := o.LookPath("go")
	if err != nil {
		return advised{
			error: fmt.Errorf("find go: %w", err),
			advice: fmt.Sprintf("Install Go (https://go.dev/dl), with which the engine is built once, or Pulumi %s or later "+
				"(https://www.pulumi.com/docs/install), and make sure it is on PATH.", version),
		}
	}
	tools, err := filepath.Abs(o.ToolsDir)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Progress, "building the Pulumi engine %s; this happens once and takes a few minutes\n", version)
	cmd := exec.CommandContext(ctx, toolchain, "build", "-C", tools, "-v", "-mod=readonly",
		"-ldflags", "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v"+version.String(),
		"-o", path, command)
	cmd.Env = append(slices.Clone(o.Env), "GOWORK=off")
	log := &buildLog{}
	cmd.Stderr = log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // lets go remove its temporary files
	cmd.WaitDelay = 10 * time.Second

	stop := report(o.Progress, log)
	err = cmd.Run()
	stop()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, log.complaints())
	}
	fmt.Fprintln(o.Progress, "the Pulumi engine is built")
	return nil
}

// report writes at intervals how far a build is, until the function it returns is called.
func report(to io.Writer, log *buildLog) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		for elapsed := reportEvery; ; elapsed += reportEvery {
			select {
			case <-done:
				return
			case <-tick.C:
				fmt.Fprintf(to, "building the Pulumi engine: %s, %d modules fetched, %d packages compiled\n",
					elapsed, log.modules.Load(), log.packages.Load())
			}
		}
	}()
	return func() { close(done); <-ended }
}

// buildLog counts what go build -v tells: a line for a module it fetches, a line for a package it compiles.
type buildLog struct {
	modules, packages atomic.Int64
	partial           []byte   // a line not ended yet
	other             []string // everything else, such as compile errors
}

// Write takes the toolchain's standard error. It is called from one goroutine.
func (l *buildLog) Write(p []byte) (int, error) {
	l.partial = append(l.partial, p...)
	for {
		line, rest, ended := bytes.Cut(l.partial, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		l.line(string(line))
		l.partial = rest
	}
}

func (l *buildLog) line(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		l.modules.Add(1)
	case line != "" && !strings.ContainsAny(line, " \t:#"):
		l.packages.Add(1)
	default:
		l.other = append(l.other, line)
	}
}

// complaints are the lines that say why a build failed, at most the last twenty.
func (l *buildLog) complaints() string {
	lines := append(l.other, string(l.partial))
	return strings.TrimSpace(strings.Join(lines[max(0, len(lines)-20):], "\n"))
}
