package tests

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/explore"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/teardown"
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

// The engine deletes in the runs and levels that the model plays: all of one is gone before anything of the next goes. So it does
// where data is kept, and then with the rest.
func TestTeardownGoesByLevels(t *testing.T) {
	t.Parallel()
	s := harness.NewStack(t, harness.StartAWS(t, awssim.Options{Scale: 0.001, Length: cloud.Typical}), "levels", harness.Ephemeral(t, "prod-eu"))
	up := s.Up()
	kept := up.Parts()["database"]
	goesByLevels(t, s, kept...)
	state := s.State()
	for _, urn := range kept {
		require.True(t, slices.ContainsFunc(state.Resources, func(r plan.Resource) bool { return r.URN == urn }), urn)
	}
	require.Less(t, len(state.Resources), len(up.Steps)/2)
	goesByLevels(t, s)
	require.Empty(t, s.State().Resources)
}

func goesByLevels(t *testing.T, s *harness.Stack, kept ...string) {
	t.Helper()
	runs := teardown.Runs(s.State(), kept...)
	require.Greater(t, len(runs), 1)
	level, last := map[string]int{}, 0
	for _, run := range runs {
		for _, urns := range run.Levels {
			for _, urn := range urns {
				require.NotContains(t, level, urn)
				level[urn] = last
			}
			last++
		}
	}

	left, at, summaries := make([]int, last), 0, 0
	for _, of := range level {
		left[of]++
	}
	done, err := s.TakeDown(t.Context(), deploy.Options{Exclude: kept, Events: func(e plan.Event) {
		switch {
		case e.Kind == plan.EventSummary:
			summaries++
		case e.Kind == plan.EventStarted && e.Step.Op == plan.OpDelete:
			for at < last && left[at] == 0 {
				at++
			}
			require.Equal(t, at, level[e.Step.URN], "%s goes in its level", e.Step.URN)
		case e.Kind == plan.EventFinished && e.Step.Op == plan.OpDelete:
			left[level[e.Step.URN]]--
		}
	}})
	require.NoError(t, err)
	require.Equal(t, 1, summaries, "several runs are one operation")
	require.Equal(t, len(level), done.Count()[plan.OpDelete])
	require.Empty(t, done.Failed)
	for i, n := range left {
		require.Zero(t, n, "level %d", i)
	}
}

// A teardown that AWS refuses or somebody interrupts stops with the run that it is in, and so does one whose stack somebody else
// takes while its lock is free between two runs. The next one goes on from there.
func TestTeardownGoesOn(t *testing.T) {
	t.Parallel()
	aws := harness.StartAWS(t, awssim.Options{Faults: []cloud.Fault{{
		Kind: cloud.Refused, Call: "delete", Type: "aws:elasticache/replicationGroup:ReplicationGroup", Nth: 1,
		Answer: cloud.Refusal{Code: "InvalidReplicationGroupState", Message: "not today", Rule: "facts 5"},
	}}})
	s := harness.NewStack(t, aws, "cut", harness.Ephemeral(t, "prod-eu"))
	before := aws.Contents()
	s.Up()
	all := s.State().Resources
	first := teardown.Runs(s.State())[0]

	_, err := s.TakeDown(t.Context(), deploy.Options{})
	require.ErrorContains(t, err, "not today")
	left := teardown.Runs(s.State())
	require.Greater(t, len(left), 1)
	require.Equal(t, "bus-group", plan.Name(left[0].Targets[0]), "the rest of its run has gone")
	require.Len(t, s.State().Resources, len(all)-len(slices.Concat(first.Levels...))+1)

	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.TakeDown(ctx, deploy.Options{Events: func(e plan.Event) {
		if e.Kind == plan.EventFinished && e.Step.Op == plan.OpDelete {
			cancel()
		}
	}})
	var stopped *deploy.Error
	require.ErrorAs(t, err, &stopped)
	require.True(t, stopped.Interrupted())
	there := map[string]bool{}
	for _, r := range s.State().Resources {
		there[r.URN] = true
	}
	for _, run := range left[1:] {
		for _, urn := range slices.Concat(run.Levels...) {
			require.True(t, there[urn], "%s is of a run that has not begun", urn)
		}
	}

	_, err = s.TakeDown(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.Equal(t, before, aws.Contents())

	summaries := 0
	_, err = s.TakeDown(t.Context(), deploy.Options{Events: func(e plan.Event) {
		if e.Kind == plan.EventSummary {
			summaries++
		}
	}})
	require.NoError(t, err)
	require.Equal(t, 1, summaries, "that there is nothing is told too")

	s.Up()
	left = teardown.Runs(s.State())
	elsewhere := filepath.Join(aws.Dir, "state", filepath.FromSlash(state.LockDir(harness.Organisation.Project(), s.Name)), "elsewhere.json")
	_, err = s.TakeDown(t.Context(), deploy.Options{Events: func(e plan.Event) {
		if e.Kind == plan.EventFinished && e.Step.Op == plan.OpDelete {
			text := `{"pid":1,"username":"ann","hostname":"elsewhere","timestamp":"` + time.Now().UTC().Format(time.RFC3339Nano) + `"}`
			assert.NoError(t, os.WriteFile(elsewhere, []byte(text), 0o600)) // beside that of the run
		}
	}})
	var held *deploy.Error
	require.ErrorAs(t, err, &held)
	require.True(t, held.Locked())
	require.ErrorContains(t, err, "ann")
	then := teardown.Runs(s.State())
	require.Equal(t, left[1:], then, "one run has ended and no other begun")
	require.NoError(t, os.Remove(elsewhere))
	_, err = s.TakeDown(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.Equal(t, before, aws.Contents())
}

// What is worth a run of its own is what the offline AWS, whose times have their sources, takes longest to delete.
func TestSlowIsWhatTakesLong(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, like := range []string{"prod-eu", "prod-us"} {
		for _, n := range recorded(t, like, nil).Nodes {
			timing := cloud.TimingOf(n.Type, n.Inputs)
			takes := timing.Delete.Typical + timing.Wait.Delete
			if n.Type == "aws:ec2/vpcEndpoint:VpcEndpoint" && n.Inputs["vpcEndpointType"] != "Interface" {
				continue
			}
			seen[n.Type] = true
			if takes >= 30*time.Second {
				require.Equal(t, takes, teardown.Slow[n.Type], n.Type)
			} else {
				require.NotContains(t, teardown.Slow, n.Type)
			}
		}
	}
	for typ := range teardown.Slow {
		require.Contains(t, seen, typ, "of a type that no region has nobody knows how long it takes")
	}
}

// BenchmarkLaunchModel holds the model of a launch to the real engine, which brings prod-eu up and takes it down at five scales of
// time, everything taking its typical time. What the engine needs itself is the same at each scale: a line through the five figures,
// over the seconds that the model says at that scale, has it where nothing takes time, and rises by one where both agree. Which
// database instance writes is chance, and the account says which one does.
func BenchmarkLaunchModel(b *testing.B) {
	const instance = "aws:rds/clusterInstance:ClusterInstance"
	cfg := harness.Ephemeral(b, "prod-eu")
	g := recordedIn(b, harness.NewAWS(b, nil), cfg)
	model, err := g.Launch(b.Context())
	require.NoError(b, err)
	other, err := g.Launch(b.Context(), instance+" database-1")
	require.NoError(b, err)
	b.Logf("first client after %.0f s, or %.0f s where database-2 writes", model.FirstClient, other.FirstClient)
	for b.Loop() {
		up, down := line{}, line{}
		for _, scale := range []float64{0.005, 0.01, 0.015, 0.02, 0.025} {
			aws := harness.StartAWS(b, awssim.Options{Scale: scale, Length: cloud.Typical})
			s := harness.NewStack(b, aws, "launch", cfg)
			took := func(do func()) float64 {
				began := time.Now()
				do()
				return time.Since(began).Seconds()
			}
			rises := took(func() { s.Up() })
			as := model.Complete
			for _, i := range aws.Find(instance) {
				if i.Bool("writer") && strings.HasPrefix(i.ID, "database-2") {
					as = other.Complete
				}
			}
			falls := took(func() { _, err = s.TakeDown(b.Context(), deploy.Options{}) })
			require.NoError(b, err)
			up.add(scale*as, rises)
			down.add(scale*model.Down, falls)
			b.Logf("scale %v: up %.2f s, of which the model says %.2f (%.0f s in AWS); down %.2f s, %.2f (%.0f)",
				scale, rises, scale*as, as, falls, scale*model.Down, model.Down)
		}
		for what, l := range map[string]line{"up": up, "down": down} {
			engine, rise := l.through()
			b.ReportMetric(engine, what+"-engine-s")
			b.ReportMetric(rise, what+"-engine/model")
			require.InDelta(b, 1, rise, 0.05, "%s: the engine agrees with the model", what)
		}
	}
}

// line is the straight line through points that has the least squares.
type line struct{ n, x, y, xx, xy float64 }

func (l *line) add(x, y float64) {
	l.n, l.x, l.y, l.xx, l.xy = l.n+1, l.x+x, l.y+y, l.xx+x*x, l.xy+x*y
}

// through returns where the line begins, and how it rises.
func (l line) through() (at0, rise float64) {
	rise = (l.n*l.xy - l.x*l.y) / (l.n*l.xx - l.x*l.x)
	return (l.y - rise*l.x) / l.n, rise
}
