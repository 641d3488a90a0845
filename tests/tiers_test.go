package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/generated"
	"github.com/deepstreamhub/platform/tests/handbook"
	"github.com/deepstreamhub/platform/tests/harness"
)

// docs/tiers.md is generated, and says something of every resource that a stack can have.
func TestTiersDocument(t *testing.T) {
	t.Parallel()
	var lists [][]handbook.Resource
	for _, name := range tracked {
		text, err := os.ReadFile(filepath.Join("testdata", "golden", name+".txt"))
		require.NoError(t, err)
		lists = append(lists, handbook.FromGolden(string(text)))
	}
	everything := harness.NewStack(t, harness.NewAWS(t, nil), "tiers", everyOption(t))
	resources := handbook.Merge(append(lists, handbook.FromPlan(everything.Preview()))...)
	why, err := handbook.Reasons()
	require.NoError(t, err)
	require.Empty(t, strings.Join(handbook.Agree(resources, why), "\n"))

	got, err := handbook.Tiers(harness.Root(t), resources)
	require.NoError(t, err)
	generated.Hold(t, filepath.Join(harness.Root(t), "docs", "tiers.md"), got, *update)
}

// everyOption is a production stack with every resource that an option brings.
func everyOption(t *testing.T) config.Config {
	t.Helper()
	src, err := config.ReadFiles(harness.Root(t), "prod-eu")
	require.NoError(t, err)
	cfg, err := config.Load(src, config.Options{Offline: true})
	require.NoError(t, err)
	yes := true
	cfg.Network.Endpoints, cfg.Network.IPv6 = config.EndpointServices(), &yes
	cfg.Database.Readers = 2
	cfg.Database.Parameters["work_mem"], cfg.Bus.Parameters["timeout"] = "65536", "300"
	cfg.Database.BackupWindow, cfg.Database.MaintenanceWindow = "23:45-00:15", "sat:22:00-sat:23:00"
	cfg.Bus.SnapshotWindow, cfg.Bus.MaintenanceWindow = "04:00-05:00", "sun:05:00-sun:06:00"
	cfg.Observability.BusyPercent, cfg.Observability.SlowMilliseconds, cfg.Observability.CertificateDays = 70, 250, 45
	cfg.Backup.Lock = "governance"
	cfg.Edge.GlobalName, cfg.Edge.DataScope = "global.deepstreamhub.com", "perRegion"
	cfg.Service.ScaleOn = config.ScaleOnCPU
	cfg.Services = map[string]config.FurtherService{"orders": {
		Image: cfg.Service.Image, Port: 8080, HealthPath: "/orders/health", Path: "/orders", Tasks: 2, MaxTasks: 4, CPU: 256, MemoryMiB: 512,
	}}
	cfg.Observability.Notify = []string{
		"mailto:watch@deepstreamhub.com", "https://watch.deepstreamhub.com/alarms", "arn:aws:sqs:eu-central-1:111122223333:alarms",
	}
	return cfg
}
