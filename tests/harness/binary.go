package harness

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Binaries holds what is made once for all tests of a package: the project's commands, and a region. Its zero value is ready.
type Binaries struct {
	once sync.Once
	dir  string
	err  error

	deploy   sync.Once
	deployed *Project // in which prod-eu is up; nil: that failed
}

// Build compiles the commands and returns the folder that holds them: hub, and program, which is the top level's main. In the folder
// cache beside them hub finds an engine that writes no checkpoints.
func (b *Binaries) Build(t testing.TB) string {
	t.Helper()
	root := Root(t)
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "hub-binaries-"); b.err != nil {
			return
		}
		e := Engine(t)
		if _, b.err = e.Unwatched(filepath.Join(b.dir, "cache", "deepstreamhub", "pulumi-"+e.Version.String())); b.err != nil {
			return
		}
		var all sync.WaitGroup
		failed := make(chan error, 2)
		for name, pkg := range map[string]string{"hub": "./cmd/hub", "program": "."} {
			all.Go(func() {
				cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", filepath.Join(b.dir, name), pkg) // as go test links, for no debugger
				cmd.Dir = root
				if out, err := cmd.CombinedOutput(); err != nil {
					failed <- errors.Join(err, errors.New(string(out)))
				}
			})
		}
		all.Wait()
		close(failed)
		for err := range failed {
			b.err = errors.Join(b.err, err)
		}
	})
	require.NoError(t, b.err)
	return b.dir
}

// Remove deletes what Build made; for TestMain.
func (b *Binaries) Remove() error {
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}

// Project is a copy of the project's own files, in which commands can run without touching the repository.
type Project struct {
	Dir   string
	Bin   string
	t     testing.TB
	built *Binaries
}

// NewProject copies Pulumi.yaml and the stack files, those of the account too, and links the tools that say which engine
// to take.
func NewProject(t testing.TB, b *Binaries) *Project {
	t.Helper()
	return newProject(t, b, t.TempDir())
}

func newProject(t testing.TB, b *Binaries, dir string) *Project {
	t.Helper()
	p := &Project{Dir: dir, Bin: b.Build(t), t: t, built: b}
	require.NoError(t, os.MkdirAll(filepath.Join(p.Dir, "bootstrap"), 0o700))
	for _, pattern := range []string{"Pulumi*.yaml", "bootstrap/Pulumi*.yaml"} {
		files, err := filepath.Glob(filepath.Join(Root(t), pattern))
		require.NoError(t, err)
		for _, f := range files {
			text, err := os.ReadFile(f)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(p.Dir, filepath.Dir(pattern), filepath.Base(f)), text, 0o600))
		}
	}
	require.NoError(t, os.Symlink(filepath.Join(Root(t), "tools"), filepath.Join(p.Dir, "tools")))
	return p
}

// Deploy brings prod-eu up in the declared offline account, as the committed files say, in the place of what was in the
// offline accounts. The first test of a package that asks runs hub; the others get a copy of what that made.
func (p *Project) Deploy() {
	p.t.Helper()
	b := p.built
	b.deploy.Do(func() {
		like := newProject(p.t, b, filepath.Join(b.dir, "region"))
		up := like.Hub(nil, "up", "prod-eu", "--offline", "--yes")
		require.Zero(p.t, up.Code, up.Stderr)
		b.deployed = like
	})
	require.NotNil(p.t, b.deployed, "another test could not bring it up")
	kept := filepath.Join(p.Dir, ".hub")
	require.NoError(p.t, os.RemoveAll(kept))
	require.NoError(p.t, os.CopyFS(kept, os.DirFS(filepath.Join(b.deployed.Dir, ".hub"))))
}

// Edit replaces text in one of the project's files; text that is not there fails the test.
func (p *Project) Edit(file, old, new string) {
	p.t.Helper()
	path := filepath.Join(p.Dir, file)
	text, err := os.ReadFile(path)
	require.NoError(p.t, err)
	require.Contains(p.t, string(text), old, "%s", file)
	require.NoError(p.t, os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o600))
}

// Result is how a command ended.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Hub runs the operator CLI in the project. env is added to the test's own environment. Nothing cuts it off, so its engine writes
// the checkpoint at the end alone, unless a pulumi on PATH goes before the one that the tests built, and both collect memory rarely.
func (p *Project) Hub(env []string, args ...string) Result {
	p.t.Helper()
	own := []string{"XDG_CACHE_HOME=" + filepath.Join(p.Bin, "cache"), "GOGC=400"}
	return p.run(slices.Concat(os.Environ(), own, env), filepath.Join(p.Bin, "hub"), args...)
}

// Pulumi runs the stock CLI in the project with exactly the environment given.
func (p *Project) Pulumi(env []string, args ...string) Result {
	p.t.Helper()
	return p.run(env, Engine(p.t).Path, args...)
}

// patience is how long a command of a test may take.
const patience = 10 * time.Minute

func (p *Project) run(env []string, binary string, args ...string) Result {
	p.t.Helper()
	return p.runWithin(patience, env, binary, args...)
}

func (p *Project) runWithin(most time.Duration, env []string, binary string, args ...string) Result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), most)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Env = p.Dir, env
	// A process that the command left running must not keep the test waiting for its output.
	cmd.WaitDelay = 30 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(p.t, err)
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
}

// Differences returns the paths that two snapshots do not have alike, sorted.
func Differences(before, after map[string]string) []string {
	var out []string
	for path, text := range before {
		if now, kept := after[path]; !kept || now != text {
			out = append(out, path)
		}
	}
	for path := range after {
		if _, was := before[path]; !was {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// Snapshot returns the content of every file below a folder, by path, for comparing byte by byte.
func Snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir)] = string(text)
		return err
	})
	require.NoError(t, err)
	return files
}
