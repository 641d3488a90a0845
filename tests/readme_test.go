package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// Every claim of README about this project names tests, and those exist. Every claim about another tool names a page of its
// documentation.
func TestREADMENamesTestsThatExist(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	list := exec.CommandContext(t.Context(), "git", "grep", "-hoE", `^func Test[A-Za-z0-9_]+`, "--", "*_test.go")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	there := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		there[strings.TrimPrefix(strings.TrimSpace(line), "func ")] = true
	}
	name := regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	for _, m := range name.FindAllStringSubmatch(string(text), -1) {
		require.True(t, there[m[1]], "%s does not exist", m[1])
	}
	for _, row := range rowsOf(t, string(text), "Why") {
		require.Len(t, row, 5)
		require.Regexp(t, name, row[1], "a claim without a test")
		for _, other := range row[2:] {
			require.Regexp(t, `\]\(https://[^)]+\)`, other, "a claim without a page")
		}
	}
	for _, row := range rowsOf(t, string(text), "What hurt before") {
		require.Regexp(t, name, row[len(row)-1], "a claim without a test")
	}
}

// README says first what it is, why, the two commands, what comes up, and how to make it one's own.
func TestREADMEBeginsWithWhatAStrangerAsks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(harness.Root(t), "README.md"))
	require.NoError(t, err)
	var headings []string
	for _, m := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(string(text), -1) {
		headings = append(headings, m[1])
	}
	require.Equal(t, []string{"Why", "Two commands", "What comes up", "Make it yours"}, headings[:4])
}

// rowsOf are the cells of the table in a section, without its head.
func rowsOf(t *testing.T, text, section string) (rows [][]string) {
	t.Helper()
	_, of, found := strings.Cut(text, "## "+section+"\n")
	require.True(t, found, section)
	of, _, _ = strings.Cut(of, "\n## ")
	for _, line := range regexp.MustCompile(`(?m)^\| .* \|$`).FindAllString(of, -1) {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !strings.HasPrefix(cells[0], "---") {
			rows = append(rows, cells)
		}
	}
	require.Greater(t, len(rows), 4, section)
	return rows[1:]
}
