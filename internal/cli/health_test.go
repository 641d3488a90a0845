package cli

import (
	"encoding/json"
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
	_, code = w.run("health a --wait -1s")
	require.Equal(t, 2, code)
}
