package progress

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

func size80x24() (int, int) { return 80, 24 }

func TestTerminal(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{4 * time.Second, 40 * time.Second, 115 * time.Second, 3 * time.Minute} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			s := &screen{}
			v := NewTerminal(s, size80x24, false, "prod-eu", "prod-us")
			v.Close(play(v, recorded(t, "two-regions.jsonl"), after))
			require.LessOrEqual(t, s.highest, maxLines)
			golden(t, fmt.Sprintf("two-regions-%s-80x24.txt", after), s.String())
		})
	}
}

func TestTerminalKeepsNotesAboveTheFrame(t *testing.T) {
	t.Parallel()
	s := &screen{}
	v := NewTerminal(s, size80x24, false, "prod-eu")
	v.Tick(time.Time{})
	v.Note("first\nsecond")
	v.Tick(time.Time{})
	v.Note("third")
	require.Equal(t, "first\nsecond\nthird\nprod-eu  starting\n", s.String())
}

func TestPlain(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	v := NewPlain(&b, false, "prod-eu", "prod-us")
	v.Close(play(v, recorded(t, "two-regions.jsonl"), 3*time.Minute))
	golden(t, "two-regions-plain.txt", b.String())
}

func TestPlainPreviewLeavesChangesToTheListing(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	v := NewPlain(&b, true, "prod-eu", "prod-us")
	play(v, recorded(t, "two-regions.jsonl"), 3*time.Minute)
	require.NotContains(t, b.String(), "created")
	require.Contains(t, b.String(), "FAILED prod-us database")
}

func TestJSONRepeatsEveryEvent(t *testing.T) {
	t.Parallel()
	all := recorded(t, "two-regions.jsonl")
	var data, talk bytes.Buffer
	v := NewJSON(&data, &talk, "prod-eu", "prod-us")
	v.Note("for people")
	play(v, all, 3*time.Minute)
	lines := strings.Split(strings.TrimSpace(data.String()), "\n")
	require.Len(t, lines, len(all))
	for i, line := range lines {
		var e plan.Event
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, all[i], e)
	}
	require.Equal(t, "for people\n", talk.String())
}

func TestFrameFits(t *testing.T) {
	t.Parallel()
	names := make([]string, 30)
	for i := range names {
		names[i] = fmt.Sprintf("stack-%02d", i)
	}
	all := recorded(t, "two-regions.jsonl")
	start := all[0].Time
	many := NewTree(names...)
	two := NewTree("prod-eu", "prod-us")
	for _, e := range all[:len(all)-10] {
		two.Fold(e)
		for _, n := range names {
			e.Stack = n
			many.Fold(e)
		}
	}
	for _, height := range []int{1, 2, 5, 8, 12, 23, 50} {
		for _, width := range []int{10, 40, 79} {
			for _, tree := range []*Tree{two, many} {
				frame := Frame(tree, start.Add(time.Minute), false, width, height)
				require.LessOrEqual(t, len(frame), min(height, maxLines))
				require.NotEmpty(t, frame)
				for _, l := range frame {
					require.LessOrEqual(t, len([]rune(l)), width)
				}
			}
		}
	}
	last := Frame(many, start, false, 79, 23)
	require.Equal(t, "and 8 more stacks", last[len(last)-1])
}
