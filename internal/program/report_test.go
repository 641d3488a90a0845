package program_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/report"
	"github.com/deepstreamhub/platform/internal/svg/svgtest"
)

// The page of an up can be read, of both production regions and of the largest there can be: its timeline has a row for each
// resource, which nothing cuts or overlaps, its table a line for each, and it loads nothing.
func TestReportOfRegionsCanBeRead(t *testing.T) {
	t.Parallel()
	largest := minimal(places[1], false)
	largest.set("network.zones", places[1].zones)
	largest.set("network.endpoints", config.EndpointServices())
	largest.set("edge.hostname", strings.Repeat("a", 40)+".deepstreamhub.com")
	largest.set("service.scaleOn", "cpu")
	largest.set("bus.replicas", 5)
	largest.set("backup.copyTo", "eu-central-1")
	for i := range 20 {
		largest.set(fmt.Sprintf("services.service-%02d", i), map[string]any{
			"image": image("us-east-1"), "port": 8080, "healthPath": "/health", "path": fmt.Sprintf("/a/long/path/of/service-%02d", i),
		})
	}
	most, err := largest.load(t)
	require.NoError(t, err)
	for _, region := range []config.Config{stackOf(t, "prod-eu"), stackOf(t, "prod-us"), most} {
		resources, err := account(region.Region).Run(program.RegionWithoutHooks(region))
		require.NoError(t, err)
		at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
		var r report.Recorder
		p := plan.Plan{Stack: "region"}
		for i, made := range resources {
			s := plan.Step{URN: fmt.Sprint(i), Type: made.Type, Name: made.Name, Op: plan.OpCreate, New: made.Plain()}
			if s.Component() {
				continue
			}
			p.Steps = append(p.Steps, s)
			began := at.Add(time.Duration(i) * time.Second)
			r.Event(plan.Event{Time: began, Stack: p.Stack, Kind: plan.EventStarted, Step: s})
			r.Event(plan.Event{Time: began.Add(time.Duration(i%900) * time.Second), Stack: p.Stack, Kind: plan.EventFinished, Step: s})
		}
		require.Greater(t, len(p.Steps), 150)
		var page bytes.Buffer
		run := report.Run{Verb: "up", Began: at, Ended: at.Add(time.Hour), Result: "All changes were made.", Stacks: []report.Stack{{Plan: p, Spans: r.Spans(p.Stack)}}}
		require.NoError(t, run.HTML(&page))
		text := page.String()
		from, to := strings.Index(text, "<svg"), strings.Index(text, "</svg>")
		require.Greater(t, to, from)
		said := svgtest.Legible(t, []byte(text[from:to+len("</svg>")]))
		require.Len(t, said, 2*len(p.Steps), "a name and a time each")
		require.Equal(t, len(p.Steps), strings.Count(text, "<tr><td>create</td>"))
		for _, never := range []string{"<script", "href", "src=", "url(", "@import", "http-equiv"} {
			require.NotContains(t, text, never)
		}
	}
}

// stackOf is the configuration of one of the repository's stack files.
func stackOf(t *testing.T, stack string) config.Config {
	t.Helper()
	src, err := config.ReadFiles("../..", stack)
	require.NoError(t, err)
	cfg, err := config.Load(src, config.Options{Offline: true})
	require.NoError(t, err)
	return cfg
}
