package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/engine"
)

// Watched is an engine behind a script that notes the arguments of each process, and a function that returns those noted since it
// was called last, a line each.
func Watched(t testing.TB, e engine.Engine) (watched engine.Engine, asked func() []string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	watched, err := e.Behind(dir, fmt.Sprintf("echo \"$@\" >> '%s'", log))
	require.NoError(t, err)
	return watched, func() []string {
		text, err := os.ReadFile(log)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		require.NoError(t, err)
		require.NoError(t, os.Remove(log))
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}

// Verbs are the commands in lines of arguments, such as up or stack import.
func Verbs(lines []string) []string {
	var out []string
	for _, line := range lines {
		words := slices.DeleteFunc(strings.Fields(line), func(word string) bool { return strings.HasPrefix(word, "-") })
		if words[0] == "stack" {
			words[0] += " " + words[1]
		}
		out = append(out, words[0])
	}
	return out
}
