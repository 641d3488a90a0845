package cli

import (
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files; the tests that differed still fail")

// The help of every command fits a terminal of 80 columns.
func TestHelpFits(t *testing.T) {
	t.Parallel()
	var visit func(path string, c *cobra.Command)
	visit = func(path string, c *cobra.Command) {
		w := newWorld(t)
		text, code := w.run(strings.TrimSpace(path + " --help"))
		require.Zero(t, code, text)
		for line := range strings.Lines(w.out.String()) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), helpWidth, "%s: %s", path, line)
		}
		require.Contains(t, w.out.String(), "Usage:", path)
		for _, sub := range c.Commands() {
			visit(path+" "+sub.Name(), sub)
		}
	}
	visit("", App{}.root())
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for line, file := range map[string]string{"--help": "testdata/help.txt", "up --help": "testdata/help-up.txt", "destroy --help": "testdata/help-destroy.txt"} {
		w := newWorld(t)
		text, code := w.run(line)
		require.Zero(t, code, text)
		want, err := os.ReadFile(file)
		if !*update {
			require.NoError(t, err)
		}
		if diff := cmp.Diff(string(want), w.out.String()); diff != "" {
			if *update {
				require.NoError(t, os.WriteFile(file, w.out.Bytes(), 0o644))
			}
			t.Errorf("%s differs (-want +got); run with -update and review the change:\n%s", file, diff)
		}
	}
}
