package cli

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files; the tests that differed still fail")

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
