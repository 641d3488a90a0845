package tests

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

// versioned lists the files of the repository.
func versioned(t *testing.T) []string {
	t.Helper()
	list := exec.Command("git", "ls-files")
	list.Dir = harness.Root(t)
	out, err := list.Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

// scalars calls f with every key and text of a YAML document, at whatever depth, in lists too.
func scalars(n *yaml.Node, f func(key, value string, n *yaml.Node)) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i+1].Kind == yaml.ScalarNode {
				f(n.Content[i].Value, n.Content[i+1].Value, n.Content[i+1])
			}
		}
	}
	for _, child := range n.Content {
		scalars(child, f)
	}
}

var (
	byCommit = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}$`)
	byDigest = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
	release  = regexp.MustCompile(`^# v\d+\.\d+\.\d+$`)
	unpinned = regexp.MustCompile(`@(latest|main|master|v\d+)\b|\bnpx\b|\bnpm (i|install)\b|\bpip3? install\b|\b(curl|wget)\b|GONOSUMDB|GONOSUMCHECK|GOFLAGS=-insecure|GOINSECURE|GOSUMDB=off`)
)

// Whatever a workflow or an action takes from elsewhere is one commit or one digest, with the release that it was beside it.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	seen, root := 0, harness.Root(t)
	walk := func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".yml") && !strings.HasSuffix(file, ".yaml") {
			return err
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var doc yaml.Node
		require.NoError(t, yaml.Unmarshal(text, &doc), file)
		scalars(&doc, func(key, value string, n *yaml.Node) {
			switch {
			case strings.HasPrefix(value, "${{") && key != "uses": // what an earlier job printed
			case key == "uses" && strings.HasPrefix(value, "./"):
				require.DirExists(t, filepath.Join(root, filepath.Dir(value)), file)
			case key == "uses" && strings.HasPrefix(value, "docker://"), key == "image", key == "container":
				require.Regexp(t, byDigest, value, "%s:%d", file, n.Line)
			case key == "uses":
				seen++
				require.Regexp(t, byCommit, value, "%s:%d", file, n.Line)
				require.Regexp(t, release, n.LineComment, "%s:%d: the release that the commit was", file, n.Line)
			case key == "run":
				require.NotRegexp(t, unpinned, value, "%s:%d", file, n.Line)
			}
		})
		return nil
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(root, ".github"), walk))
	require.Greater(t, seen, 20)
}

// Every module is required by version and known by its checksum, and none is replaced by a folder or a branch.
func TestModulesArePinned(t *testing.T) {
	t.Parallel()
	root, modules := harness.Root(t), 0
	pseudo := regexp.MustCompile(`^v\d+\.\d+\.\d+`)
	for _, file := range versioned(t) {
		if path.Base(file) != "go.mod" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		mod, err := modfile.Parse(file, text, nil)
		require.NoError(t, err)
		sums, err := os.ReadFile(filepath.Join(root, strings.TrimSuffix(file, "mod")+"sum"))
		require.NoError(t, err)
		replaced := map[string]string{}
		for _, r := range mod.Replace {
			require.Regexp(t, pseudo, r.New.Version, "%s: %s", file, r.New.Path)
			replaced[r.Old.Path] = r.New.Path + " " + r.New.Version
		}
		for _, r := range mod.Require {
			modules++
			line := r.Mod.Path + " " + r.Mod.Version
			if other, is := replaced[r.Mod.Path]; is {
				line = other
			}
			require.Contains(t, string(sums), line+"/go.mod h1:", file)
		}
	}
	require.Greater(t, modules, 50)
	run, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	require.NoError(t, err)
	require.NotRegexp(t, unpinned, string(run))
}

// owner is a line of CODEOWNERS.
type owner struct {
	pattern string
	who     []string
}

func owners(t *testing.T) (all []owner) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(t), ".github", "CODEOWNERS"))
	require.NoError(t, err)
	for _, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		if f := strings.Fields(line); len(f) > 0 {
			all = append(all, owner{f[0], f[1:]})
		}
	}
	return all
}

// covers reports whether a pattern, of the forms that the file has, fits a path (GitHub Docs, "About code owners").
func (o owner) covers(file string) bool {
	pattern := strings.TrimPrefix(o.pattern, "/")
	if strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(file, pattern)
	}
	fits, _ := path.Match(pattern, file) // TestOwners holds that it is well-formed
	return fits
}

// guarded are the paths that decide what happens in the account: nobody changes them alone.
var guarded = regexp.MustCompile(`^(\.github/|\.ci/|tools/|bootstrap/|images/|internal/policy/|internal/gate/)|(^|/)Pulumi[^/]*\.yaml$|^go\.(mod|sum)$`)

func TestOwners(t *testing.T) {
	t.Parallel()
	cfg, err := settings.Read(filepath.Join(harness.Root(t), "bootstrap"), settings.Stack, config.Options{Offline: true})
	require.NoError(t, err)
	organisation, _, _ := strings.Cut(cfg.GitHub.Repository, "/")
	all, used := owners(t), map[string]bool{}
	for _, o := range all {
		_, err := path.Match(o.pattern, "")
		require.NoError(t, err, o.pattern)
		require.True(t, strings.HasPrefix(o.pattern, "/"), "%s: at the root, so that nothing elsewhere is meant", o.pattern)
		require.NotEmpty(t, o.who, "%s: without an owner a path is anybody's", o.pattern)
		for _, who := range o.who {
			require.Regexp(t, `^@`+organisation+`/[\w-]+$`, who, "a team of the repository's organisation: people leave")
		}
	}
	found := 0
	for _, file := range versioned(t) {
		var last *owner // the last line that fits counts
		for i := range all {
			if all[i].covers(file) {
				last, used[all[i].pattern] = &all[i], true
			}
		}
		if guarded.MatchString(file) {
			found++
			require.NotNil(t, last, "%s has no owner", file)
		}
	}
	require.Greater(t, found, 30)
	for _, o := range all {
		require.True(t, used[o.pattern], "%s: fits no file", o.pattern)
	}
}
