package tests

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// restoring is the value of a line that a destroy ends with.
var restoring = regexp.MustCompile(`restoreFrom: (\S+)`)

// The page about incidents works as it is written: whoever types it, in order, breaks the region ten times, finds out why by
// the words that the page says, and has a region that works again, with the data that it had.
func TestIncidentsAsWritten(t *testing.T) {
	t.Parallel()
	const page = "docs/incidents.md"
	p := harness.NewProject(t, &binaries)
	p.Deploy()
	data := markers(t, p)
	commands := docCommands(t, page)
	require.Greater(t, len(commands), 45)
	snapshot := ""
	for _, c := range commands {
		line := strings.ReplaceAll(c.line, "SNAPSHOT", snapshot)
		if !strings.HasPrefix(line, "hub ") {
			edit := exec.Command("sh", "-c", line)
			edit.Dir = p.Dir
			out, err := edit.CombinedOutput()
			require.NoError(t, err, "%s: %s", line, out)
			continue
		}
		r := p.Hub(nil, asTyped(line, "--offline")...)
		require.Equal(t, c.code, r.Code, "%s\n%s%s", line, r.Stdout, r.Stderr)
		require.Contains(t, unspaced(r.Stdout+r.Stderr), unspaced(c.says), line)
		if m := restoring.FindStringSubmatch(r.Stdout); m != nil {
			snapshot = m[1]
		}
	}
	require.NotEmpty(t, snapshot)
	require.Equal(t, data, markers(t, p), "the data is back")
}

// unspaced is a text without the blanks by which it may be wrapped.
func unspaced(text string) string { return strings.Join(strings.Fields(text), " ") }
