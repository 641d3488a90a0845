package tests

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/generated"
	"github.com/deepstreamhub/platform/tests/harness"
	"github.com/deepstreamhub/platform/tests/security"
)

// Every control that is about something a region has is met by what a deployment makes, or excepted for a reason that
// still holds.
func TestSecurity(t *testing.T) {
	t.Parallel()
	src, err := config.ReadFiles(harness.Root(t), "prod-eu")
	require.NoError(t, err)
	cfg, err := config.Load(src, config.Options{Offline: true})
	require.NoError(t, err)
	aws := harness.NewAWS(t, nil)
	harness.NewStack(t, aws, "secure", cfg).Up()
	stack := security.NewStack(aws.Cloud().List())

	for _, c := range security.Controls() {
		t.Run(c.ID, func(t *testing.T) { require.Empty(t, strings.Join(c.Problems(stack), "\n"), c.Title) })
	}

	generated.Hold(t, filepath.Join(harness.Root(t), "docs", "security.md"), security.Document(stack), *update)
}
