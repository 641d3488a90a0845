package tests

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/tests/harness"
)

var update = flag.Bool("update", false, "rewrite golden files; the test fails all the same, so that a rewrite is never a pass")

// What identifies every resource of a tracked stack. A line that is gone is a deletion in production, a renamed line is
// a deletion and a creation unless the new one lists the old as alias, and a changed parent changes the URN as well.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range tracked {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src, err := config.ReadFiles(harness.Root(t), name)
			require.NoError(t, err)
			cfg, err := config.Load(src, config.Options{Offline: true})
			require.NoError(t, err)
			s := harness.NewStack(t, harness.NewAWS(t, nil), "golden", cfg)
			s.Up()

			got := identities(s.State())
			path := filepath.Join("testdata", "golden", name+".txt")
			want, err := os.ReadFile(path)
			if string(want) == got {
				return
			}
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
			}
			require.NoError(t, err)
			require.Equal(t, strings.Split(string(want), "\n"), strings.Split(got, "\n"),
				"a line that is gone deletes that resource; run with -update once you meant it")
		})
	}
}

// identities lists a checkpoint's resources, sorted, one a line.
func identities(s plan.State) string {
	var lines []string
	for _, r := range s.Resources {
		line := r.Type + " " + label(r)
		if r.Parent != "" && !strings.HasSuffix(plan.Type(r.Parent), "pulumi:Stack") {
			line += " in " + plan.Name(r.Parent)
		}
		if r.Protect {
			line += " protected"
		}
		if r.Retain {
			line += " retained"
		}
		for _, a := range r.Aliases {
			line += " was " + plan.Name(a)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d resources\n%s\n", len(lines), strings.Join(lines, "\n"))
}

// label is a resource's logical name; the stack's own holds the stack's, which is another in every run.
func label(r plan.Resource) string {
	if r.Type == "pulumi:pulumi:Stack" {
		return "(the stack)"
	}
	return r.Name
}
