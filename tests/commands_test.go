package tests

import (
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// shownElsewhere are the commands and exit codes that the tables below leave to a test of their own, as what they need is more
// than a region in the offline AWS.
var shownElsewhere = map[string]string{
	"bootstrap":       "tests: TestBootstrapOfABlankAccount",
	"explore":         "tests: TestKilledProcessesLeaveNothing",
	"init":            "tests: TestInit",
	"offline-aws":     "tests: TestStockSession",
	"publish comment": "internal/cli: TestPublish",
	"publish issue":   "internal/cli: TestPublish",
	"region add":      "tests: TestThirdRegionAsWritten",
	"exit code 130":   "tests: TestInterruptDuringACreate",
}

// commandRow is a command line with all that it does: the exit code, what stands on stdout and on stderr as patterns, of which an
// empty one is for nothing at all and "*" for whatever, and the file that it writes.
type commandRow struct {
	line     string
	code     int
	out, err string
	file     string
}

const whatever = "*"

// before are the commands of a project in which nothing is deployed.
var before = []commandRow{
	{line: "status", out: `^prod-eu: nothing is deployed\nprod-us: nothing is deployed\n$`, err: whatever},
	{line: "stacks", out: `^prod-eu +eu-central-1\nprod-us +us-east-1\n$`},
	{line: "new it-x --like prod-eu --for 1h", err: `^Wrote Pulumi.it-x.yaml\. Bring it up with: hub up it-x --offline`, file: "Pulumi.it-x.yaml"},
	{line: "new it-y --like prod-eu --for 1h --json", out: `^\{"stack":"it-y","file":"Pulumi.it-y.yaml","expires":"[0-9TZ:-]+"\}\n$`, err: whatever, file: "Pulumi.it-y.yaml"},
	{line: "new it-x --like prod-eu --for 1h", code: 2, err: `Pulumi\.it-x\.yaml is there already\n\nNothing was written\. Bring that one up with: hub up it-x --offline\n`},
	{line: "pin prod-us --ami ami-0123456789abcdef0", err: whatever},
	{line: "config prod-eu", out: `(?m)^prod-eu  network.cidr +file +"10.16.0.0/16"$`},
	{line: "outputs prod-eu", code: 2, err: `Stacks with a file here: it-x, it-y, prod-eu, prod-us`},
	{line: "outputs prod-eu --json", code: 2, out: `^\{"kind":"error","ok":false,"error":"open stack prod-eu: .*,"code":2\}\n$`, err: whatever},
	{line: "rotate bus prod-eu --yes", code: 2, err: `Stacks with a file here: it-x, it-y, prod-eu, prod-us`},
	{line: "state key prod-eu", code: 2, err: `write key of prod-eu: its state names none`},
	{line: "launch-time prod-eu", out: `if no level waited for another`, err: whatever},
	{line: "preview prod-eu", out: `(?m)^prod-eu: (\d+) to create`, err: whatever},
	{line: "reap --yes", err: whatever},
}

// standing are the commands of a region that is up.
var standing = []commandRow{
	{line: "preview prod-eu", out: `^prod-eu: (\d+) unchanged, in `, err: whatever},
	{line: "up prod-eu --yes --no-wait", out: `(?m)^prod-eu +vpcId +vpc-`, err: `prod-eu: (\d+) unchanged, in `},
	{line: "status", out: `(?m)^prod-eu: (\d+) resources$`, err: whatever},
	{line: "history prod-eu", out: ` (\d+) resources  .*  by \S`},
	{line: "state versions prod-eu", out: ` (\d+) resources  `},
	{line: "state restore prod-eu --version VERSION --yes", err: whatever},
	{line: "state restore prod-eu --version nosuch --yes", code: 2, err: `nosuch`},
	{line: "state key prod-eu", err: `Wrote Pulumi.prod-eu.yaml\.\n$`},
	{line: "refresh prod-eu --yes", err: `prod-eu: (\d+) unchanged, in `},
	{line: "outputs prod-eu", out: `(?m)^prod-eu +url +wss://eu.deepstreamhub.com/deepstream$`, err: whatever},
	{line: "health prod-eu", out: `^prod-eu works: `, err: whatever},
	{line: "doctor prod-eu", out: `0 needed`, err: whatever},
	{line: "cost prod-eu", out: `NAT gateway|load balancer`, err: whatever},
	{line: "graph prod-eu --svg eu.svg", err: whatever, file: "eu.svg"},
	{line: "rotate database prod-eu --yes", out: `(?m)^prod-eu +vpcId +vpc-`, err: `replaced database-secret-version`},
	{line: "rotate cache prod-eu --yes", code: 2, err: `name what has a password, bus or database, and one stack`},
	{line: "unlock prod-eu", err: `prod-eu is not locked`},
	{line: "drift prod-eu", err: whatever},
	{line: "offline drift prod-eu network-vpc tags.owner somebody", out: whatever, err: whatever},
	{line: "drift prod-eu", code: 5, out: `network-vpc`, err: whatever},
	{line: "offline heal prod-eu", out: whatever, err: whatever},
	{line: "drift prod-eu", err: whatever},
	{line: "offline break prod-eu alarm", out: whatever, err: whatever},
	{line: "health prod-eu", code: 6, out: whatever, err: whatever},
	{line: "offline heal prod-eu", out: whatever, err: whatever},
	{line: "health prod-eu", out: `^prod-eu works: `, err: whatever},
	{line: "up prod-eu --yes --max-risk nothing --json", out: `^\{`, err: whatever},
}

// Every command that there is does what it says, through the built binary: exit code, stdout, stderr and files. A command without
// a row fails, and so does an exit code of the handbook that nothing shows. All count the resources of a region alike, and
// nothing that is said in a terminal of 80 columns and 24 lines is wider or higher.
func TestCommands(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Edit("Pulumi.prod-eu.yaml", "protect: true", "protect: false")
	shown, codes, counts := map[string]bool{}, map[int]bool{}, map[string]bool{}
	commands := commandsBelow(t, p, "")
	require.Greater(t, len(commands), 25)
	version := ""
	run := func(rows ...commandRow) {
		t.Helper()
		for _, c := range rows {
			args := strings.Fields(strings.ReplaceAll(c.line, "VERSION", version))
			if !slices.Contains([]string{"launch-time", "pin", "stacks"}, commandOf(commands, c.line)) { // they reach no account
				args = append(args, "--offline")
			}
			r := p.Hub(nil, args...)
			require.Equal(t, c.code, r.Code, "%s\n%s%s", c.line, r.Stdout, r.Stderr)
			for _, stream := range [][2]string{{c.out, r.Stdout}, {c.err, r.Stderr}} {
				want, got := stream[0], stream[1]
				if want == "" {
					require.Empty(t, got, c.line)
				} else if want != whatever {
					require.Regexp(t, want, got, c.line)
				}
				if strings.Contains(want, `(\d+)`) {
					counts[regexp.MustCompile(want).FindStringSubmatch(got)[1]] = true
				}
			}
			if c.line == "state versions prod-eu" {
				version = strings.Fields(strings.Split(r.Stdout, "\n")[1])[0]
			}
			if c.file != "" {
				require.FileExists(t, filepath.Join(p.Dir, c.file), c.line)
			}
			shown[commandOf(commands, c.line)], codes[c.code] = true, true
		}
	}
	for _, path := range commands {
		help := p.Hub(nil, append(strings.Fields(path), "--help")...)
		require.Zero(t, help.Code, path)
		require.Contains(t, help.Stdout, "Usage:\n  hub "+path)
		require.Empty(t, help.Stderr, path)
		wrong := p.Hub(nil, append(strings.Fields(path), "--nosuch")...)
		require.Equal(t, 2, wrong.Code, path)
		require.Empty(t, wrong.Stdout, path)
		require.Contains(t, wrong.Stderr, "unknown flag: --nosuch")
		require.Contains(t, wrong.Stderr, "See: hub "+path+" --help")
	}

	run(before...)
	withCloud(t, p, func(c *cloud.Cloud) {
		for range 3 {
			_, _, err := c.Create(context.Background(), "eu-central-1", "aws:ec2/eip:Eip", cloud.Map{"domain": "vpc"})
			require.NoError(t, err)
		}
		run(commandRow{line: "status", code: 4, out: whatever, err: `in use by process`})
	})
	run(commandRow{line: "doctor prod-eu", code: 7, out: `elastic addresses|Elastic IP|addresses`, err: whatever},
		commandRow{line: "up prod-eu --yes --no-wait", code: 7, err: whatever})
	withCloud(t, p, func(c *cloud.Cloud) {
		for _, r := range c.List() {
			if r.Type == "aws:ec2/eip:Eip" {
				require.NoError(t, c.Delete(context.Background(), r.Region, r.Type, r.ID, r.Inputs))
			}
		}
	})

	screen := inTerminal(t, p, "up", "prod-eu", "--offline", "--yes", "--report", "run.html")
	created := regexp.MustCompile(`prod-eu: (\d+) created, in `).FindStringSubmatch(screen)
	require.NotNil(t, created, screen)
	counts[created[1]] = true
	require.FileExists(t, filepath.Join(p.Dir, "run.html"))
	run(standing...)
	p.Edit("Pulumi.prod-eu.yaml", "  deepstreamhub:cluster:", "  deepstreamhub:cluster:\n    instanceType: c6g.2xlarge")
	run(commandRow{line: "up prod-eu --yes --max-risk in-place", code: 3, err: `up prod-eu: refused: disconnects clients`},
		commandRow{line: "destroy prod-eu --yes", out: whatever, err: `prod-eu: (\d+) deleted, in `},
		commandRow{line: "status", out: `(?m)^prod-eu: nothing is deployed`, err: whatever},
		commandRow{line: "health prod-eu", code: 1, err: `look at prod-eu: it holds no service, as nothing is deployed\n\nBring it up with: hub up prod-eu --offline\n`})
	require.Len(t, counts, 1, "one number of resources: %v", slices.Sorted(maps.Keys(counts)))

	for _, path := range commands {
		require.True(t, shown[path] || shownElsewhere[path] != "", "no row shows hub %s", path)
	}
	for _, code := range documentedCodes(t) {
		require.True(t, codes[code] || shownElsewhere["exit code "+strconv.Itoa(code)] != "", "no row ends with exit code %d", code)
	}
	for what, where := range shownElsewhere {
		folder, name, _ := strings.Cut(where, ": ")
		require.True(t, hasTest(t, folder, name), "%s: there is no %s", what, where)
		require.False(t, shown[what], "%s is shown here", what)
	}
}

var listed = regexp.MustCompile(`(?s)Available Commands:\n(.*?)\n\n`)

// commandsBelow are the commands below one that can be run, by their paths, as the help lists them.
func commandsBelow(t *testing.T, p *harness.Project, path string) (out []string) {
	t.Helper()
	help := p.Hub(nil, append(strings.Fields(path), "--help")...).Stdout
	m := listed.FindStringSubmatch(help)
	if m == nil {
		return []string{path}
	}
	for line := range strings.Lines(m[1]) {
		if name := strings.Fields(line)[0]; name != "help" && strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "   ") {
			out = append(out, commandsBelow(t, p, strings.TrimSpace(path+" "+name))...)
		}
	}
	return out
}

// commandOf is the command of a line.
func commandOf(commands []string, line string) string {
	for _, path := range commands {
		if line == path || strings.HasPrefix(line, path+" ") {
			return path
		}
	}
	return ""
}

// withCloud works on the project's offline cloud, which is held meanwhile.
func withCloud(t *testing.T, p *harness.Project, work func(*cloud.Cloud)) {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")})
	require.NoError(t, err)
	work(c)
	require.NoError(t, c.Close())
}

var (
	upwards = regexp.MustCompile(`\x1b\[(\d+)A`)
	control = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)
)

// inTerminal runs hub with stderr in a terminal of 80 columns and 24 lines, and returns what was said there: nothing wider than it
// but for single words, and nothing drawn over that is higher.
func inTerminal(t *testing.T, p *harness.Project, args ...string) string {
	t.Helper()
	terminal, tty, err := pty.Open()
	require.NoError(t, err)
	require.NoError(t, pty.Setsize(terminal, &pty.Winsize{Cols: 80, Rows: 24}))
	cmd := exec.Command(filepath.Join(p.Bin, "hub"), args...)
	var data bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, &data, tty
	screen, copied := &screen{}, make(chan struct{})
	go func() { defer close(copied); _, _ = io.Copy(screen, terminal) }()
	err = cmd.Run()
	require.NoError(t, tty.Close())
	<-copied
	_ = terminal.Close()
	text := screen.String()
	require.NoError(t, err, text)
	require.Contains(t, data.String(), "vpcId", "outputs are data")
	frames := upwards.FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, frames, "nothing was drawn again: %s", text)
	for _, f := range frames {
		lines, err := strconv.Atoi(f[1])
		require.NoError(t, err)
		require.Less(t, lines, 24)
	}
	for line := range strings.Lines(control.ReplaceAllString(text, "")) {
		line = strings.TrimRight(line[strings.LastIndex(strings.TrimRight(line, "\r\n"), "\r")+1:], "\r\n")
		require.True(t, len([]rune(line)) <= 80 || !strings.Contains(strings.TrimSpace(line), " "), "%d columns: %s", len([]rune(line)), line)
	}
	return text
}

// documentedCodes are the exit codes of the handbook's table.
func documentedCodes(t *testing.T) (out []int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(harness.Root(t), "docs", "operations.md"))
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n## Exit codes\n")
	require.True(t, found)
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(table, -1) {
		code, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		out = append(out, code)
	}
	require.Greater(t, len(out), 7)
	return out
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(harness.Root(t), folder, "*_test.go"))
	require.NoError(t, err)
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return strings.Contains(string(text), "func "+name+"(t *testing.T)")
	})
}
