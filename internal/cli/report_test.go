package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
)

// An up leaves a page where it is told to, also one that failed; a page that cannot be written is an error, and hides none.
func TestReportOfAnUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plans["a"] = plan.Plan{Steps: []plan.Step{{URN: keyURN, Type: "aws:kms/key:Key", Name: "bus-key", Op: plan.OpCreate, New: map[string]any{}}}}
	text, code := w.run("up a --yes --no-wait --report run.html")
	require.Zero(t, code, text)
	page, err := os.ReadFile(filepath.Join(w.Dir, "run.html"))
	require.NoError(t, err)
	for _, says := range []string{"hub up a", "All changes were made.", "bus-key", "<td>key</td>"} {
		require.Contains(t, string(page), says)
	}
	w.opErrs["up a"] = &deploy.Error{Stack: "a", Verb: "up", Cause: os.ErrInvalid}
	text, code = w.run("up a --yes --report run.html")
	require.Equal(t, 1, code, text)
	page, err = os.ReadFile(filepath.Join(w.Dir, "run.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "invalid argument")
	text, code = w.run("up a --yes --report nosuch/run.html")
	require.Equal(t, 1, code)
	require.Contains(t, text, "write document")
	require.Contains(t, text, "invalid argument")
}
