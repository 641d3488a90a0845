// Package generated holds generated documents to their generators.
package generated

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Hold fails the test when the file at path is not what its generator says now, and rewrites it when told to.
func Hold(t testing.TB, path, got string, update bool) {
	t.Helper()
	want, err := os.ReadFile(path)
	if string(want) == got {
		return
	}
	if update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	require.NoError(t, err)
	t.Errorf("%s is out of date, run with -update to rewrite it: %s", path, firstDifference(string(want), got))
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d is\n\t%s\nand should be\n\t%s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("it has %d lines and should have %d", len(w), len(g))
}
