package observability

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

func view() View {
	return View{
		Stack: "prod-eu", Region: "eu-central-1",
		AlarmArns:    []string{"arn:aws:cloudwatch:eu-central-1:111122223333:alarm:a", "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:b"},
		LoadBalancer: "app/edge/50dc6c495c0c9188",
		Services: []ServiceView{
			{"api", "api-service-1", "targetgroup/api/1"}, {"deepstream", "deepstream-service-1", "targetgroup/targets/73e2d6bc24d8a067"},
		},
		Cluster: "main", CapacityProvider: "capacity-1", AutoScalingGroup: "hosts-1",
		Database: "database-1", BusNodes: []string{"bus-1-001", "bus-1-002"},
		MaxConnections: 60000, MaxDatabaseConnections: 900,
	}
}

// TestDashboardGolden shows what a person sees, so that a change to it is looked at.
func TestDashboardGolden(t *testing.T) {
	t.Parallel()
	text, err := Dashboard(view())
	require.NoError(t, err)
	var tree any
	require.NoError(t, json.Unmarshal([]byte(text), &tree))
	pretty, err := json.MarshalIndent(tree, "", "  ")
	require.NoError(t, err)
	path := filepath.Join("testdata", "dashboard.json")
	if *update {
		require.NoError(t, os.WriteFile(path, append(pretty, '\n'), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), string(pretty)+"\n"), "look at the dashboard, then run the test with -update")
}

// TestDashboardGrid holds every widget to the grid, without two in one place, and every graph to the region.
func TestDashboardGrid(t *testing.T) {
	t.Parallel()
	text, err := Dashboard(view())
	require.NoError(t, err)
	again, err := Dashboard(view())
	require.NoError(t, err)
	require.Equal(t, text, again)

	var b struct {
		Widgets []struct {
			Type                string
			X, Y, Width, Height int
			Properties          map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &b))
	taken := map[[2]int]string{}
	for _, w := range b.Widgets {
		require.LessOrEqual(t, w.X+w.Width, columns)
		for x := w.X; x < w.X+w.Width; x++ {
			for y := w.Y; y < w.Y+w.Height; y++ {
				require.Empty(t, taken[[2]int{x, y}], "two widgets at %d, %d", x, y)
				taken[[2]int{x, y}] = w.Type
			}
		}
		if w.Type == "metric" {
			require.Equal(t, "eu-central-1", w.Properties["region"])
			require.NotEmpty(t, w.Properties["title"])
		}
	}
}

// A widget shows 100 alarms at most.
func TestManyAlarmsTakeSeveralWidgets(t *testing.T) {
	t.Parallel()
	v := view()
	v.AlarmArns = make([]string, 150)
	text, err := Dashboard(v)
	require.NoError(t, err)
	var b struct {
		Widgets []struct {
			Type       string
			Y          int
			Properties struct{ Alarms []string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &b))
	require.Equal(t, []string{"text", "alarm", "alarm", "text"}, []string{b.Widgets[0].Type, b.Widgets[1].Type, b.Widgets[2].Type, b.Widgets[3].Type})
	require.Equal(t, []int{100, 50}, []int{len(b.Widgets[1].Properties.Alarms), len(b.Widgets[2].Properties.Alarms)})
	require.Less(t, b.Widgets[1].Y, b.Widgets[2].Y)
	require.Less(t, b.Widgets[2].Y, b.Widgets[3].Y)
}
