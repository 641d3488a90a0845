package tests

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// contents is what an offline cloud on disk holds.
type contents struct {
	types    []string // type of every resource, sorted
	ids      []string // "type id" of every resource, sorted
	made     []string // those of ids that the account was not declared with
	remnants []string // kinds of what deletions left behind, each once, sorted
}

// openCloud reads a project's offline cloud as the next command would find it.
func openCloud(t *testing.T, p *harness.Project) contents {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	var out contents
	for _, r := range c.List() {
		out.types = append(out.types, r.Type)
		out.ids = append(out.ids, r.Type+" "+r.ID)
		if !r.Declared {
			out.made = append(out.made, r.Type+" "+r.ID)
		}
	}
	for _, r := range c.Remnants() {
		out.remnants = append(out.remnants, r.What)
	}
	slices.Sort(out.types)
	slices.Sort(out.ids)
	slices.Sort(out.made)
	slices.Sort(out.remnants)
	out.remnants = slices.Compact(out.remnants)
	return out
}
