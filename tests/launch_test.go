package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/explore"
	"github.com/deepstreamhub/platform/tests/harness"
)

// Production's first client waits for what it needs and for what AWS refuses to do without, and for hardly anything else.
func TestLaunchIsNearItsBound(t *testing.T) {
	t.Parallel()
	g := recorded(t, "prod-eu", nil)
	l, err := g.Launch(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, l.FirstClient, 1.02*l.Bounds.FirstClient)
	require.LessOrEqual(t, l.Complete, 1.02*l.Bounds.Complete)
	require.GreaterOrEqual(t, l.FirstClient, l.Bounds.FirstClient)
	require.GreaterOrEqual(t, l.Complete, l.Bounds.Complete)
	require.GreaterOrEqual(t, l.Down, l.Bounds.Down)
	require.Less(t, l.FirstClient, l.Complete)
	require.Equal(t, len(g.Nodes), l.Resources)

	for _, p := range []struct {
		path  []explore.Step
		total float64
	}{{l.ToFirstClient, l.FirstClient}, {l.ToComplete, l.Complete}, {l.ToDown, l.Down}} {
		require.NotEmpty(t, p.path)
		at := 0.0
		for i, s := range p.path {
			require.InDelta(t, at, s.Begins, 1e-6, "%s begins when what it waits for is over", s.Resource)
			require.NotEmpty(t, s.Source)
			if i > 0 {
				require.Equal(t, p.path[i-1].Resource, s.After)
				require.NotEmpty(t, s.Why)
			}
			at += s.Takes
		}
		require.InDelta(t, p.total, at, 1e-6)
	}
	for i, s := range l.ToComplete {
		require.InDelta(t, 0, s.Slack, 1e-6, "%s is critical, step %d", s.Resource, i)
	}
	for _, s := range append(l.Created, l.Deleted...) {
		require.GreaterOrEqual(t, s.Slack, -1e-6, s.Resource)
	}
	require.Equal(t, explore.TargetHealth, l.ToFirstClient[len(l.ToFirstClient)-1].Resource, "tasks that run serve nobody yet")
	for _, s := range l.ToFirstClient {
		require.NotContains(t, s.Resource, "database-2", "one instance is enough")
	}
}

// A stack of the time when the instances were called by their roles keeps both.
func TestNumberedInstancesReplaceNothing(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "renamed", harness.Ephemeral(t, "prod-eu"))
	s.Up()
	before := aws.Find("aws:rds/clusterInstance:ClusterInstance")
	require.Len(t, before, 2)

	files, err := filepath.Glob(filepath.Join(aws.Dir, "state", ".pulumi", "stacks", "*", "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	old := strings.NewReplacer("ClusterInstance::database-1\"", "ClusterInstance::database-writer\"", "ClusterInstance::database-2\"", "ClusterInstance::database-reader\"").Replace(string(text))
	require.NotEqual(t, string(text), old)
	require.NoError(t, os.WriteFile(files[0], []byte(old), 0o600))

	require.Empty(t, harness.Changed(s.Preview()))
	s.Up()
	require.Equal(t, before, aws.Find("aws:rds/clusterInstance:ClusterInstance"))
}
