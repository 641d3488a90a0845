package live

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// EnvCheckout names a compiled checkout of the server in the version that the Dockerfile pins. npm has an older one only,
// which the tests run otherwise.
const EnvCheckout = "DEEPSTREAM_CHECKOUT"

// needed are the programs that tests start, with the Debian package of each.
var needed = [][2]string{
	{"node", "nodejs"}, {"npm", "npm"}, {"redis-server", "redis-server"}, {"redis-cli", "redis-tools"},
	{"psql", "postgresql-client"}, {"initdb", "postgresql"},
}

// Need skips the test if the machine lacks a program, and names the command that installs it.
func Need(t testing.TB) {
	t.Helper()
	var packages, programs []string
	for _, n := range needed {
		_, err := exec.LookPath(n[0])
		if missing := err != nil; n[0] == "initdb" && postgresBin() == "" || n[0] != "initdb" && missing {
			programs, packages = append(programs, n[0]), append(packages, n[1])
		}
	}
	if len(packages) > 0 {
		t.Skipf("%s missing: apt-get install -y %s", strings.Join(programs, ", "), strings.Join(packages, " "))
	}
}

var installed struct {
	once sync.Once
	dir  string
	err  error
}

// Modules is the directory of npm packages in which lock file and packages agree: installed once for each lock file, in
// the user's cache. It needs npm's registry the first time, and skips the test without.
func Modules(t testing.TB, image string) string {
	t.Helper()
	Need(t)
	installed.once.Do(func() { installed.dir, installed.err = install(image) })
	if installed.err != nil {
		t.Skipf("npm packages missing: %v; run npm ci --ignore-scripts in images/deepstream", installed.err)
	}
	return installed.dir
}

func install(image string) (string, error) {
	lock, err := os.ReadFile(filepath.Join(image, "package-lock.json"))
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(lock)
	home := filepath.Join(cache, "deepstreamhub", "npm-"+hex.EncodeToString(sum[:6]))
	modules := filepath.Join(home, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules, nil
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(home), "npm-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.CopyFS(filepath.Join(work, "testdata", "uws"), os.DirFS(filepath.Join(image, "testdata", "uws"))); err != nil {
		return "", err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(image, name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(work, name), text, 0o644); err != nil {
			return "", err
		}
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w: %s", err, bytes.TrimSpace(out))
	}
	// Whoever is first wins; both are the same.
	if err := os.Rename(work, home); err != nil {
		if _, there := os.Stat(modules); there != nil {
			return "", err
		}
	}
	return modules, os.Chmod(home, 0o755)
}

// Version is a server that the tests can run.
type Version struct {
	Name string // its version
	Dist string // the directory of its compiled files, with bin and src
}

// Versions are the servers at hand: that of npm, and the pinned one if EnvCheckout names it.
func Versions(t testing.TB, image string) []Version {
	t.Helper()
	npm := Version{"7.0.2", filepath.Join(Modules(t, image), "@deepstream", "server", "dist")}
	if pinned, ok := Pinned(t); ok {
		return []Version{npm, pinned}
	}
	return []Version{npm}
}

// Pinned is the server in the version that the Dockerfile pins, if EnvCheckout names it.
func Pinned(t testing.TB) (Version, bool) {
	t.Helper()
	checkout := os.Getenv(EnvCheckout)
	if checkout == "" {
		return Version{}, false
	}
	dist := filepath.Join(checkout, "dist")
	require.FileExists(t, filepath.Join(dist, "bin", "deepstream.js"), "%s names no compiled checkout: npm install, npx tsc", EnvCheckout)
	return Version{"pinned", dist}, true
}
