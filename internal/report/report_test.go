package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/report"
	"github.com/deepstreamhub/platform/internal/svg/svgtest"
)

// The page says what was changed, when, what came out and what costs money, hides secrets, escapes what it is told, loads
// nothing, and its timeline can be read.
func TestHTML(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	var r report.Recorder
	p := plan.Plan{Stack: "prod-eu", Outputs: map[string]plan.Output{"url": {Value: "wss://x"}, "password": {Value: "hunter2", Secret: true}}}
	for i := range 40 {
		s := plan.Step{URN: fmt.Sprint(i), Type: "aws:kms/key:Key", Name: fmt.Sprintf("key-%d%s", i, strings.Repeat("x", i)), Op: plan.OpUpdate,
			Changed: []string{"description"}, Old: map[string]any{"description": "a<script>"}, New: map[string]any{"description": "b"}}
		p.Steps = append(p.Steps, s)
		kind := plan.EventFinished
		if i == 7 {
			kind = plan.EventFailed
		}
		r.Event(plan.Event{Time: at.Add(time.Duration(i) * time.Second), Stack: "prod-eu", Kind: plan.EventStarted, Step: s})
		r.Event(plan.Event{Time: at.Add(time.Duration(i*i+1) * time.Second), Stack: "prod-eu", Kind: kind, Step: s})
	}
	run := report.Run{Verb: "up", Began: at, Ended: at.Add(time.Hour), Result: "failed at <key>", Stacks: []report.Stack{{Plan: p, Spans: r.Spans("prod-eu")}}}
	var out bytes.Buffer
	require.NoError(t, run.HTML(&out))
	text := out.String()
	for _, says := range []string{"2026-01-31 12:00:00 UTC, 1h0m0s", "failed at &lt;key&gt;", "description: a&lt;script&gt; → b", "wss://x", "[secret]", "<td>40</td><td>key</td>", "Timeline"} {
		require.Contains(t, text, says)
	}
	for _, never := range []string{"hunter2", "<script", "href", "src=", "url(", "@import", "http-equiv"} {
		require.NotContains(t, text, never)
	}
	from, to := strings.Index(text, "<svg"), strings.Index(text, "</svg>")
	said := svgtest.Legible(t, []byte(text[from:to+len("</svg>")]))
	require.Len(t, said, 80)
	require.Equal(t, 1, strings.Count(text, "#d0342c"), "what failed is red")

	out.Reset()
	require.NoError(t, report.Run{Verb: "up", Stacks: []report.Stack{{Plan: plan.Plan{Stack: "a"}}}}.HTML(&out))
	require.Contains(t, out.String(), "Nothing was changed.")
}
