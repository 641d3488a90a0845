package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/crashtest"
)

func TestCrashesAreCounted(t *testing.T) {
	t.Parallel()
	point := crashtest.Point{Verb: "up", When: "after", Call: "create", Type: "aws:ec2/vpc:Vpc", Name: "network-vpc", Number: 7}
	report := crashesOf("prod-eu", 3, crashtest.Report{
		Points: map[string]int{"up": 400, "destroy": 390}, Settled: 3, Run: 2,
		Results: []crashtest.Result{
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
	require.Equal(t, "prod-eu: crash points: 400 of up, 390 of destroy; seed 3: tried 3 (3 recoveries and 2 runs unlike each other), finished 2, leaked 2, lost 1, differing 0, in 1m0s.\n", out.String())
	require.Equal(t, "killed at 7, up, after create network-vpc (aws:ec2/vpc:Vpc), recovered by up:\n  leaked: a\n  leaked: b\n  lost: c", crashText(report.Failures[0]))
	require.Contains(t, crashText(report.Failures[1]), "not finished: refused")

	report.Failures = nil
	require.NoError(t, s.reportCrashes(report))
}

func TestExplorationRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	require.NoError(t, exploration{orders: 1, crash: true, sample: 20}.check())
	require.NoError(t, exploration{orders: 1, kill: true, tries: 20}.check())
	for _, x := range []exploration{{orders: 1, kill: true}, {orders: 1, kill: true, tries: 1, crash: true}, {orders: 1, kill: true, tries: 1, drop: true}, {}, {orders: 1, sample: 5}, {orders: 1, step: "up"}, {orders: 1, crash: true, sample: -1}, {orders: 1, crash: true, drop: true}} {
		require.Error(t, x.check(), "%+v", x)
	}
}

func TestKillsAreCounted(t *testing.T) {
	t.Parallel()
	report := killsOf("prod-eu", 3, []crashtest.KillResult{
		{Seed: 3, What: "up, hub killed", Killed: true},
		{Seed: 4, What: "up, engine killed", Killed: true, Lost: []string{"a"}, Leaked: []string{"b", "c"}, Pending: []string{"d"}, Wrong: []string{"e"}, Differ: []string{"f"}},
		{Seed: 5, What: "destroy", Stuck: "exit code 1", Err: errors.New("no process")},
	}, time.Minute)
	var out strings.Builder
	s := &session{App: App{Out: &out}}
	require.ErrorContains(t, s.reportKills(report), "2 of 3 kills left something behind")
	require.Equal(t, "prod-eu: from seed 3 on, tried 3, killed 2: lost 1, leaked 2, stuck 1, pending 1, wrong in the state 1, differing 1, in 1m0s.\n", out.String())
	require.Equal(t, "up, engine killed:\n  lost: a\n  leaked: b\n  leaked: c\n  pending: d\n  wrong: e\n  differs: f\n  again: hub explore prod-eu --kill --tries 1 --seed 4",
		killText("prod-eu", report.Failures[0]))
	require.Equal(t, "destroy:\n  not tried: no process\n  stuck: exit code 1\n  again: hub explore prod-eu --kill --tries 1 --seed 5", killText("prod-eu", report.Failures[1]))

	report.Failures = nil
	require.NoError(t, s.reportKills(report))
}

func TestEditedStackFile(t *testing.T) {
	t.Parallel()
	text, err := edited("deepstreamhub", []byte("secretsprovider: awskms://a\nconfig:\n  aws:region: r\n  deepstreamhub:platform:\n    protect: true\n    owner: o\n  deepstreamhub:cluster: {ami: placeholder:ami-1}\n"),
		map[string]any{"platform.protect": false, "service.memoryMiB": 1})
	require.NoError(t, err)
	require.YAMLEq(t, "config: {aws:region: r, deepstreamhub:platform: {protect: false, owner: o}, deepstreamhub:cluster: {ami: ami-1}, deepstreamhub:service: {memoryMiB: 1}}", string(text))
	for _, bad := range []string{"a: [", "name: x"} {
		_, err := edited("deepstreamhub", []byte(bad), lifted)
		require.Error(t, err, bad)
	}
}
