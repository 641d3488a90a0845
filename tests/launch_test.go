package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/explore"
	"github.com/deepstreamhub/platform/internal/plan"
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

// BenchmarkLaunchModel shows the model of a launch beside the real engine, which brings prod-eu up and down at five scales of time,
// everything taking its typical time. What the engine needs itself is the same at each scale: a line through the five figures has it
// where nothing takes time, and rises by the seconds that AWS takes. It requires nothing of them: chance says which of two database
// instances comes first, and the engine deletes a level of what depends on each other at a time, each after the whole of the one
// before (pkg/resource/deploy, ScheduleDeletes), which the model does not play.
func BenchmarkLaunchModel(b *testing.B) {
	cfg := harness.Ephemeral(b, "prod-eu")
	model, err := recordedIn(b, harness.NewAWS(b, nil), cfg).Launch(b.Context())
	require.NoError(b, err)
	for b.Loop() {
		var scales, up, down []float64
		for _, scale := range []float64{0.005, 0.01, 0.015, 0.02, 0.025} {
			s := harness.NewStack(b, harness.StartAWS(b, awssim.Options{Scale: scale, Length: cloud.Typical}), "launch", cfg)
			took := func(do func() plan.Plan) float64 {
				began := time.Now()
				do()
				return time.Since(began).Seconds()
			}
			scales, up, down = append(scales, scale), append(up, took(s.Up)), append(down, took(s.Destroy))
			b.Logf("scale %v: up %.2f s, down %.2f s", scale, up[len(up)-1], down[len(down)-1])
		}
		for what, of := range map[string]struct {
			seconds []float64
			model   float64
		}{"up": {up, model.Complete}, "down": {down, model.Down}} {
			engine, aws := line(scales, of.seconds)
			b.ReportMetric(engine, what+"-engine-s")
			b.ReportMetric(aws, what+"-aws-s")
			b.ReportMetric(of.model, what+"-model-s")
		}
	}
}

// line is the straight line through points that has the least squares: where it begins, and how it rises.
func line(x, y []float64) (at0, rise float64) {
	var sx, sy, sxx, sxy float64
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	n := float64(len(x))
	rise = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return (sy - rise*sx) / n, rise
}
