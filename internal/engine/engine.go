package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/blang/semver"
	"golang.org/x/mod/modfile"
)

// The pinned CLI: its module, required in tools/go.mod, and its main package.
const (
	module  = "github.com/pulumi/pulumi/pkg/v3"
	command = module + "/cmd/pulumi"
)

// Engine is a Pulumi command line that can be run.
type Engine struct {
	Path    string         // absolute path of the binary
	Version semver.Version // what it says it is
	Built   bool           // built by Find from the pinned module rather than found on PATH
}

// Options say where Find looks and builds.
type Options struct {
	ToolsDir string                       // folder of the go.mod that pins the CLI: <repository>/tools
	CacheDir string                       // where built engines are kept; empty: os.UserCacheDir()/deepstreamhub
	Progress io.Writer                    // told about a build, which takes minutes; nil: nobody
	LookPath func(string) (string, error) // finds pulumi and go; nil: exec.LookPath
	Env      []string                     // environment of the version check and of the build, KEY=VALUE; nil: os.Environ()
}

// Find returns the pulumi on PATH if it is at least the pinned version, else the pinned one, which it builds on first
// use into CacheDir/pulumi-<version>/pulumi. Two processes that need it at once build it once. The error of a build
// that cannot start for want of a Go toolchain carries advice.
func Find(ctx context.Context, o Options) (Engine, error) {
	e, err := o.withDefaults().find(ctx)
	if err != nil {
		return Engine{}, fmt.Errorf("find Pulumi engine: %w", err)
	}
	return e, nil
}

func (o Options) withDefaults() Options {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.LookPath == nil {
		o.LookPath = exec.LookPath
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	return o
}

func (o Options) find(ctx context.Context) (Engine, error) {
	pinned, err := pinnedVersion(filepath.Join(o.ToolsDir, "go.mod"))
	if err != nil {
		return Engine{}, err
	}
	if e, ok := o.installed(ctx, pinned); ok {
		return e, nil
	}
	if o.CacheDir == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return Engine{}, err
		}
		o.CacheDir = filepath.Join(dir, "deepstreamhub")
	}
	dir, err := filepath.Abs(filepath.Join(o.CacheDir, "pulumi-"+pinned.String()))
	if err != nil {
		return Engine{}, err
	}
	path := filepath.Join(dir, "pulumi")
	if err := o.build(ctx, path, pinned); err != nil {
		return Engine{}, err
	}
	return Engine{Path: path, Version: pinned, Built: true}, nil
}

// installed returns the pulumi on PATH when it answers and is recent enough. One that is not is told of, not an error, and
// so is one that is newer than what the platform is tested with.
func (o Options) installed(ctx context.Context, pinned semver.Version) (Engine, bool) {
	path, err := o.LookPath("pulumi")
	if err != nil {
		return Engine{}, false
	}
	if path, err = filepath.Abs(path); err != nil {
		return Engine{}, false
	}
	version, err := askVersion(ctx, path, o.Env)
	if err != nil {
		fmt.Fprintf(o.Progress, "passing over %s: %v\n", path, err)
		return Engine{}, false
	}
	if version.LT(pinned) || version.Major != pinned.Major {
		fmt.Fprintf(o.Progress, "passing over %s: it is version %s, %s or a later %d.x is needed\n", path, version, pinned, pinned.Major)
		return Engine{}, false
	}
	if version.GT(pinned) {
		fmt.Fprintf(o.Progress, "taking %s: it is version %s, newer than %s, with which the platform is tested; take it off PATH to have that one\n", path, version, pinned)
	}
	return Engine{Path: path, Version: version}, true
}

// askVersion runs pulumi version. The command writes a log below its home whatever it is asked, so it gets one that is
// thrown away: finding an engine must leave no trace in the user's.
func askVersion(ctx context.Context, path string, env []string) (semver.Version, error) {
	home, err := os.MkdirTemp("", "hub-version-")
	if err != nil {
		return semver.Version{}, fmt.Errorf("ask its version: %w", err)
	}
	defer func() { _ = os.RemoveAll(home) }()
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = append(slices.Clone(env), "PULUMI_SKIP_UPDATE_CHECK=true", "PULUMI_HOME="+home)
	out, err := cmd.Output()
	if err != nil {
		return semver.Version{}, fmt.Errorf("ask its version: %w", err)
	}
	version, err := semver.ParseTolerant(string(out))
	if err != nil {
		return semver.Version{}, fmt.Errorf("read its version %q: %w", out, err)
	}
	return version, nil
}

// pinnedVersion reads which version of the CLI's module a go.mod requires.
func pinnedVersion(goMod string) (semver.Version, error) {
	data, err := os.ReadFile(goMod)
	if err != nil {
		return semver.Version{}, fmt.Errorf("read pinned version: %w", err)
	}
	f, err := modfile.ParseLax(goMod, data, nil)
	if err != nil {
		return semver.Version{}, fmt.Errorf("read pinned version: %w", err)
	}
	for _, r := range f.Require {
		if r.Mod.Path == module {
			return semver.ParseTolerant(r.Mod.Version)
		}
	}
	return semver.Version{}, errors.New("read pinned version: " + goMod + " does not require " + module)
}

// advised is an error with advice for the operator.
type advised struct {
	error
	advice string
}

// Unwrap returns the error without the advice.
func (e advised) Unwrap() error { return e.error }

// Advice says what the operator can do about the error.
func (e advised) Advice() string { return e.advice }
