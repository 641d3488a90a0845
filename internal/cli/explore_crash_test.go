package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/crash"
)

func TestCrashesAreCounted(t *testing.T) {
	t.Parallel()
	point := crash.Point{Verb: "up", When: "after", Call: "create", Type: "aws:ec2/vpc:Vpc", Name: "network-vpc", Number: 7}
	report := crashesOf("prod-eu", 3, crash.Report{
		Points: map[string]int{"up": 400, "destroy": 390},
		Results: []crash.Result{
			{Point: point, By: "up"},
			{Point: point, By: "up", Leaked: []string{"a", "b"}, Lost: []string{"c"}},
			{Point: point, By: "up", Err: errors.New("refused")},
		},
	}, time.Minute)
	require.Equal(t, []int{3, 2, 2, 1, 0, 2}, []int{
		report.Tried, report.Finished, report.Leaked, report.Lost, report.Differ, len(report.Failures),
	})

	var out strings.Builder
	s := &session{App: App{Out: &out}}
	require.ErrorContains(t, s.reportCrashes(report), "2 of 3 crashes left something behind")
	require.Equal(t, "prod-eu: crash points: 400 of up and 390 of destroy; seed 3: tried 3, finished 2, leaked 2, lost 1, differing 0, in 1m0s.\n", out.String())
	require.Equal(t, "killed at 7, up, after create network-vpc (aws:ec2/vpc:Vpc), recovered by up:\n  leaked: a\n  leaked: b\n  lost: c", crashText(report.Failures[0]))
	require.Contains(t, crashText(report.Failures[1]), "not finished: refused")

	report.Failures = nil
	require.NoError(t, s.reportCrashes(report))
}

func TestExplorationRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	require.NoError(t, exploration{orders: 1, crash: true, sample: 20}.check())
	for _, x := range []exploration{{}, {orders: 1, sample: 5}, {orders: 1, step: "up"}, {orders: 1, crash: true, sample: -1}, {orders: 1, crash: true, drop: true}} {
		require.Error(t, x.check(), "%+v", x)
	}
}
