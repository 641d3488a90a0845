package progress

import (
	"bufio"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files; the tests that differed still fail")

// golden compares text with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatalf("read golden file: %v", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		}
		t.Errorf("%s differs (-want +got); run with -update and review the change:\n%s", path, diff)
	}
}

// recorded reads a file of events as the JSON renderer writes them.
func recorded(t *testing.T, name string) []plan.Event {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	var out []plan.Event
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e plan.Event
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		out = append(out, e)
	}
	require.NotEmpty(t, out)
	return out
}

// play sends events to the view with a tick every 200 ms between them, as the command line does.
func play(v *View, all []plan.Event, until time.Duration) time.Time {
	now := all[0].Time
	end := now.Add(until)
	for _, e := range all {
		if e.Time.After(end) {
			break
		}
		for ; now.Before(e.Time); now = now.Add(200 * time.Millisecond) {
			v.Tick(now)
		}
		v.Event(e)
	}
	for ; now.Before(end); now = now.Add(200 * time.Millisecond) {
		v.Tick(now)
	}
	return now
}
