package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

// One stack walks through services and hosts: what is added or removed plans its own resources and no others.
func TestServicesComeAndGo(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "services", harness.Ephemeral(t, "prod-eu"))
	s.Config.Service.ScaleOn = config.ScaleOnCPU
	s.Up()

	image := s.Config.Service.Image
	s.Config.Services = map[string]config.FurtherService{"orders": {
		Image: image, Command: []string{"serve"}, Port: 8080, HealthPath: "/health", Path: "/orders",
		Tasks: 2, MaxTasks: 4, CPU: 256, MemoryMiB: 512, Environment: map[string]string{"MODE": "live"},
	}}
	require.NoError(t, s.Config.Validate())
	created := harness.Changed(s.Up())
	require.NotEmpty(t, created)
	for _, change := range created {
		op, name, _ := strings.Cut(change, " ")
		if op == "update" && name == "observability-dashboard" {
			continue // which shows it
		}
		require.Equal(t, "create", op, change)
		require.Contains(t, name, "orders", change)
	}
	require.Len(t, aws.Find("aws:lb/listenerRule:ListenerRule"), 2, "its own, and the one that closes the monitoring path")
	require.Empty(t, harness.Changed(s.Preview()), "up again changes nothing")

	// The scaler sets the number of tasks, in the cloud and not in the program: nothing of that is a change.
	s.Config.Service.Tasks++
	require.Equal(t, []string{"update deepstream-scaling"}, harness.Changed(s.Up()))

	s.Config.Services = nil
	for _, change := range harness.Changed(s.Up()) {
		if change != "update observability-dashboard" {
			require.Regexp(t, `^delete .*orders`, change)
		}
	}

	// Warm hosts, then mixed ones in their place: the group is changed and not replaced.
	s.Config.Cluster.WarmPool = 2
	require.ElementsMatch(t, []string{"update cluster-host-template", "update cluster-hosts"}, harness.Changed(s.Up()))
	s.Config.Cluster.WarmPool, s.Config.Cluster.SpotPercent = 0, 50
	s.Config.Cluster.OtherInstanceTypes = []string{"c7g.xlarge"}
	require.ElementsMatch(t, []string{"update cluster-host-template", "update cluster-hosts"}, harness.Changed(s.Up()))

	no := false
	s.Config.Cluster.Exec = &no
	s.Config.Service.MaxTasks = s.Config.Service.Tasks
	changes := harness.Changed(s.Up())
	require.Contains(t, changes, "delete deepstream-exec")
	require.Contains(t, changes, "delete cluster-exec-key")
	require.Contains(t, changes, "delete deepstream-scaling")
	s.Destroy()
}
