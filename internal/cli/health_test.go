package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
)

var (
	serviceResource = plan.Resource{
		Type: "aws:ecs/service:Service", ID: "arn:aws:ecs:eu-central-1:1:service/c/s", Custom: true,
		Outputs: map[string]any{"name": "s", "cluster": "c", "taskDefinition": "t:2"},
	}
	quiet  = health.Reading{Alarms: []health.AlarmReading{{Name: "x", State: "OK"}}}
	firing = health.Reading{Alarms: []health.AlarmReading{{Name: "x", State: "ALARM"}}}
	ended  = health.Reading{Groups: []health.GroupReading{{Name: "hosts", Status: "RollbackSuccessful"}}}
)

func TestHealth(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		line  string
		looks []health.Reading
		code  int
		asked int
	}{
		"well":                      {"health a", []health.Reading{quiet}, 0, 1},
		"not well":                  {"health a", []health.Reading{firing, quiet}, 6, 1},
		"gets well":                 {"health a --wait 1h", []health.Reading{firing, firing, quiet}, 0, 4},
		"only seems well":           {"health a --wait 1h", []health.Reading{quiet, firing, quiet, quiet}, 0, 4},
		"waiting cannot help":       {"health a --wait 1h", []health.Reading{firing, ended}, 6, 2},
		"never gets well":           {"health a --wait 1m", []health.Reading{firing}, 6, 7},
		"well without an AWS of it": {"health a --offline --json", []health.Reading{quiet}, 0, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.states["a"] = plan.State{Resources: []plan.Resource{serviceResource}}
			w.looks = tt.looks
			now := w.Now()
			w.App.Now = func() time.Time { return now }
			w.Every = func(d time.Duration) (<-chan time.Time, func()) {
				now = now.Add(d)
				ticks := make(chan time.Time, 1)
				ticks <- now
				return ticks, func() {}
			}
			text, code := w.run(tt.line)
			require.Equal(t, tt.code, code, text)
			asked := 0
			for _, call := range w.calls {
				if call == "health eu-central-1 offline=false" || call == "health eu-central-1 offline=true" {
					asked++
				}
			}
			require.Equal(t, tt.asked, asked)
			require.Equal(t, name == "well without an AWS of it", w.did("cloud"))
			if w.did("cloud") {
				var got wellness
				require.NoError(t, json.Unmarshal(w.out.Bytes(), &got))
				require.True(t, got.Healthy)
			}
		})
	}
}

func TestHealthOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, code := w.run("health a")
	require.Equal(t, 1, code)
	require.Contains(t, text, "it holds no service")
	require.Contains(t, text, "Bring it up with: hub up a\n")
	_, code = w.run("health a --wait -1s")
	require.Equal(t, 2, code)
}

// A region of which an up made only a part does not work, and hides no other.
func TestHealthOfAPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.states["a"] = plan.State{Resources: []plan.Resource{vpcResource}}
	w.states["b"] = plan.State{Resources: []plan.Resource{serviceResource}}
	w.looks = []health.Reading{quiet}
	text, code := w.run("health a b --offline --wait 1h")
	require.Equal(t, 6, code, text)
	require.Contains(t, text, "look at a: it does not work\n  it holds no service, as it was made in part")
	require.Contains(t, text, "hub up a --offline")
	require.Contains(t, w.out.String(), "b works: ")
}

// An up ends with whether the region works, by the judge of health and within a bound that follows from the sizes; the
// zero sizes of these doubles leave it the five minutes of an alarm.
func TestUpVerifies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		line  string
		looks []health.Reading
		code  int
		asked int
		says  string
	}{
		"works":           {"up a --yes", []health.Reading{quiet}, 0, 2, ""},
		"settles":         {"up a --yes", []health.Reading{firing, firing, quiet}, 0, 4, "Waiting: alarm x fires"},
		"was taken back":  {"up a --yes", []health.Reading{firing, ended}, 6, 2, "Waiting does not help any more"},
		"never gets well": {"up a --yes", []health.Reading{firing}, 6, 31, "hub health a --wait 5m0s"},
		"offline":         {"up a --yes --offline", []health.Reading{firing}, 6, 1, "hub health a --offline --wait"},
		"nobody waits":    {"up a --yes --no-wait", []health.Reading{firing}, 0, 0, ""},
		"as JSON":         {"up a --yes --json", []health.Reading{ended}, 6, 1, `"health":{"stack":"a","healthy":false`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.states["a"] = plan.State{Resources: []plan.Resource{serviceResource}}
			w.looks = tt.looks
			now := w.Now()
			w.App.Now = func() time.Time { return now }
			w.Every = func(d time.Duration) (<-chan time.Time, func()) {
				ticks := make(chan time.Time, 1)
				if d == pollEvery { // and not a tick of the display
					now = now.Add(d)
					ticks <- now
				}
				return ticks, func() {}
			}
			text, code := w.run(tt.line)
			require.Equal(t, tt.code, code, text)
			require.Contains(t, text+w.out.String()+w.err.String(), tt.says)
			asked := 0
			for _, call := range w.calls {
				if strings.HasPrefix(call, "health ") {
					asked++
				}
			}
			require.Equal(t, tt.asked, asked, w.calls)
		})
	}
	for line, changes := range map[string]bool{"up a --yes --offline --json": true, "up a --yes --offline": false} {
		w := newWorld(t)
		w.states["a"], w.looks = plan.State{Resources: []plan.Resource{serviceResource}}, []health.Reading{firing}
		if changes {
			w.plans["a"] = plan.Plan{Steps: []plan.Step{vpcStep}}
		}
		text, code := w.run(line)
		require.Equal(t, 6, code, text)
		require.Equal(t, changes, strings.Contains(text, "Way back: revert the change in Pulumi.a.yaml and run: hub up a --offline"), text)
		require.Equal(t, !changes, strings.Contains(text, "hub drift a --offline\nWhere nothing was, AWS has to mend it (docs/incidents.md): wait, and look again: hub health a --offline"), text)
	}
	w := newWorld(t)
	text, code := w.run("up a --yes")
	require.Zero(t, code, text)
	require.False(t, w.did("health"), "a stack without a service has nothing to ask about")
}
