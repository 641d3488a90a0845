package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// docCommand is a line of a document that a new user types.
type docCommand struct {
	line string
	code int    // that it is said to end with
	says string // the words after the code
}

var (
	block    = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")
	exitCode = regexp.MustCompile(` *# exit code (\d+): (.*)$`)
	asks     = []string{"up", "rotate", "destroy", "refresh", "reap", "bootstrap"}
)

func docCommands(t *testing.T, file string) []docCommand {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(t), file))
	require.NoError(t, err)
	return commandsIn(t, string(text))
}

// commandsOf are those of one section of a document.
func commandsOf(t *testing.T, file, heading string) []docCommand {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(t), file))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n### "+heading+"\n")
	require.True(t, found, heading)
	section, _, _ = strings.Cut(section, "\n### ")
	return commandsIn(t, section)
}

func commandsIn(t *testing.T, text string) []docCommand {
	t.Helper()
	var out []docCommand
	for _, b := range block.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(b[1]) {
			c := docCommand{line: strings.TrimSpace(line)}
			if m := exitCode.FindStringSubmatch(c.line); m != nil {
				c.line = strings.TrimSuffix(c.line, m[0])
				c.says = m[2]
				code, err := strconv.Atoi(m[1])
				require.NoError(t, err)
				c.code = code
			}
			out = append(out, c)
		}
	}
	return out
}

// The handbook works as it is written: a new user who types its commands, in order, against a blank offline account gets
// from nothing to two regions, through a reviewed change and a day of work, and one region down again.
func TestOperationsAsWritten(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	require.NoError(t, os.MkdirAll(filepath.Join(p.Dir, "bootstrap"), 0o755))
	files, err := filepath.Glob(filepath.Join(harness.Root(t), "bootstrap", "Pulumi*.yaml"))
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "bootstrap", filepath.Base(f)), text, 0o600))
	}

	commands := docCommands(t, "docs/operations.md")
	require.Greater(t, len(commands), 30)
	version := typed(t, p, commands, "--offline=blank")
	require.NotEmpty(t, version)

	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "blank", "cloud")})
	require.NoError(t, err)
	var regions []string
	for _, r := range c.List() {
		if r.Type == "aws:ecs/service:Service" {
			regions = append(regions, r.Region)
		}
	}
	require.NoError(t, c.Close())
	require.Equal(t, []string{"eu-central-1"}, regions)
}

// typed runs commands of a document in order, the first of hub with this flag, and returns the version of the state before the
// newest that a list showed, which commands name as VERSION. Pairs of words say what somebody types in the place of what the
// document says.
func typed(t *testing.T, p *harness.Project, commands []docCommand, first string, instead ...string) (version string) {
	t.Helper()
	offline, own := first, strings.NewReplacer(instead...)
	for _, c := range commands {
		if !strings.HasPrefix(c.line, "hub ") {
			edit := exec.Command("sh", "-c", own.Replace(c.line))
			edit.Dir = p.Dir
			out, err := edit.CombinedOutput()
			require.NoError(t, err, "%s: %s", c.line, out)
			continue
		}
		args := asTyped(strings.ReplaceAll(c.line, "VERSION", version), offline)
		for i := range args {
			args[i] = own.Replace(args[i])
		}
		r := p.Hub(nil, args...)
		offline = "--offline"
		require.Equal(t, c.code, r.Code, "%s\n%s%s", c.line, r.Stdout, r.Stderr)
		if strings.HasPrefix(c.line, "hub state versions") {
			lines := strings.Split(r.Stdout, "\n")
			require.Greater(t, len(lines), 2, r.Stdout)
			version = strings.Fields(lines[1])[0] // the one before the current
		}
	}
	return version
}

// asTyped are the arguments of a command line of the document, offline and without questions.
func asTyped(line, offline string) []string {
	args := strings.Fields(line)[1:]
	if slices.Contains([]string{"pin", "region", "stacks"}, args[0]) {
		return args // they work on files alone
	}
	args = append(args, offline)
	if slices.Contains(asks, args[0]) || args[0] == "state" && args[1] == "restore" {
		args = append(args, "--yes")
	}
	return args
}
