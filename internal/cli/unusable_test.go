package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

// A stack file that cannot be used ends every command alike: with exit code 2, the file, and what to do. None writes into it.
func TestUnusableStackFile(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"health prod-eu --offline", "health prod-eu", "reap --offline --yes", "new it-x --like prod-eu --for 1h --offline",
		"outputs prod-eu --offline", "drift prod-eu --offline", "status --offline",
	} {
		for name, file := range map[string]string{"a tab": "config:\n\taws:region: x\n", "a list": "- config\n"} {
			w := newWorld(t)
			w.states["prod-eu"] = plan.State{}
			path := filepath.Join(w.Dir, "Pulumi.prod-eu.yaml")
			require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
			text, code := w.run(line)
			if line == "status --offline" { // one stack hides no other
				require.Zero(t, code, text)
				continue
			}
			require.Equal(t, 2, code, "%s, %s: %s", line, name, text)
			require.Contains(t, text, "Correct the stack files", line)
			require.NotContains(t, text, "struct", line)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, file, string(after), line)
		}
	}
}
