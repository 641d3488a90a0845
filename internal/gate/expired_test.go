package gate_test

import (
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/gate"
	"github.com/deepstreamhub/platform/internal/plan"
)

func TestExpired(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	tagged := func(values ...any) plan.State {
		s := plan.State{Resources: []plan.Resource{{Type: "deepstreamhub:network:Network"}, {Inputs: map[string]any{"tags": map[string]any{"owner": "x"}}}}}
		for _, v := range values {
			s.Resources = append(s.Resources, plan.Resource{Inputs: map[string]any{"tags": map[string]any{"expires": v}}})
		}
		return s
	}
	for name, tt := range map[string]struct {
		state plan.State
		want  bool
	}{
		"says nothing":       {tagged(), false},
		"empty":              {plan.State{}, false},
		"over":               {tagged("2026-11-25T11:59:59Z"), true},
		"to come":            {tagged("2026-11-25T12:00:01Z"), false},
		"now":                {tagged("2026-11-25T12:00:00Z"), false},
		"the latest counts":  {tagged("2026-11-25T11:00:00Z", "2026-11-25T13:00:00Z"), false},
		"unreadable":         {tagged("2026-11-25T11:00:00Z", "soon"), false},
		"unknown":            {tagged("2026-11-25T11:00:00Z", plan.Unknown), false},
		"in another place's": {tagged("2026-11-25T12:30:00+01:00"), true},
	} {
		if _, got := gate.Expired(tt.state, now); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
