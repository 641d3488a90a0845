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

// Every claim of README's first table names tests, and those exist.
func TestREADMENamesTestsThatExist(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	_, why, found := strings.Cut(string(text), "## Why\n")
	require.True(t, found)
	why, _, _ = strings.Cut(why, "\n## ")
	list := exec.CommandContext(t.Context(), "git", "grep", "-hoE", `^func Test[A-Za-z0-9_]+`, "--", "*_test.go")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	there := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		there[strings.TrimPrefix(strings.TrimSpace(line), "func ")] = true
	}
	name := regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	rows := regexp.MustCompile(`(?m)^\| .* \|$`).FindAllString(why, -1)
	require.Greater(t, len(rows), 5)
	for _, row := range rows[1:] {
		if strings.HasPrefix(row, "| --- ") {
			continue
		}
		named := name.FindAllStringSubmatch(row, -1)
		require.NotEmpty(t, named, "a claim without a test: %s", row)
		for _, m := range named {
			require.True(t, there[m[1]], "%s does not exist", m[1])
		}
	}
}
