package tests

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

// One stack walks through services and hosts: what is added or removed plans its own resources and no others.
func TestServicesComeAndGo(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "services", harness.Ephemeral(t, "prod-eu"))
	s.Up()
	sizesReachAWS(t, aws, s)

	// service.scaleOn and service.metrics: by which metric the number of tasks follows the clients, and whether servers
	// that do not see each other are noticed.
	no := false
	s.Config.Service.ScaleOn = config.ScaleOnCPU
	require.Equal(t, []string{"delete deepstream-connections"}, harness.Changed(s.Preview()))
	s.Config.Service.ScaleOn, s.Config.Service.Metrics = config.ScaleOnConnections, &no
	require.ElementsMatch(t, []string{
		"update deepstream-connections", "delete observability-deepstream-cluster-size", "delete observability-deepstream-pending-writes",
		"delete observability-deepstream-held-publishes", "delete observability-deepstream-dependencies", "update observability-dashboard",
	}, harness.Changed(s.Preview()))
	yes := true
	s.Config.Service.Metrics = &yes

	image := s.Config.Service.Image
	s.Config.Services = map[string]config.FurtherService{"orders": {
		Image: image, Command: []string{"serve"}, Port: 8080, HealthPath: "/health", Path: "/orders",
		Tasks: 2, MaxTasks: 4, CPU: 256, MemoryMiB: 512, Environment: map[string]string{"MODE": "live"},
	}}
	require.NoError(t, s.Config.Validate())
	// The dashboard shows it, the group may grow by the hosts for it, and its tasks are missed when hosts are replaced.
	shared := []string{"update observability-dashboard", "update cluster-hosts", "update cluster-capacity", "update cluster-refresh"}
	created := harness.Changed(s.Up())
	require.Subset(t, created, shared)
	for _, change := range created {
		if !slices.Contains(shared, change) {
			require.Regexp(t, `^create .*orders`, change)
		}
	}
	require.Len(t, aws.Find("aws:lb/listenerRule:ListenerRule"), 2, "its own, and the one that closes the monitoring path")
	require.Empty(t, harness.Changed(s.Preview()), "up again changes nothing")

	// service.peakConnections is said once, and what follows from it changes with it: how far tasks and hosts scale, the
	// pace of deployments, the alarm on connections. The number of tasks is the scaler's, and nothing of that is a change.
	s.Config.Service.PeakConnections = 24_000
	require.ElementsMatch(t, append(slices.Clone(shared[:3]), "update deepstream-scaling", "update deepstream-connections", "update deepstream-service", "update observability-edge-connections"),
		harness.Changed(s.Up()))

	s.Config.Services = nil
	for _, change := range harness.Changed(s.Up()) {
		if !slices.Contains(shared, change) {
			require.Regexp(t, `^delete .*orders`, change)
		}
	}
	sizesReachAWS(t, aws, s)

	// Warm hosts, then mixed ones in their place: the group is changed and not replaced.
	s.Config.Cluster.WarmPool = 2
	require.ElementsMatch(t, []string{"update cluster-host-template", "update cluster-hosts"}, harness.Changed(s.Up()))
	s.Config.Cluster.WarmPool, s.Config.Cluster.SpotPercent = 0, 50
	s.Config.Cluster.OtherInstanceTypes = []string{"c7g.xlarge"}
	require.ElementsMatch(t, []string{"update cluster-host-template", "update cluster-hosts"}, harness.Changed(s.Up()))

	s.Config.Cluster.Exec = &no
	s.Config.Service.PeakConnections = 100
	changes := harness.Changed(s.Up())
	require.Contains(t, changes, "delete deepstream-exec")
	require.Contains(t, changes, "delete cluster-exec-key")
	require.Contains(t, changes, "delete deepstream-scaling")
	s.Destroy()
}

// sizesReachAWS compares what follows from service.peakConnections and service.reconnectsPerSecond with what AWS was told.
func sizesReachAWS(t *testing.T, aws *harness.AWS, s *harness.Stack) {
	t.Helper()
	cfg, err := s.Config.Sized()
	require.NoError(t, err)
	sizes := cfg.Sizes
	one := func(typ string) *cloud.Resource {
		found := aws.Find(typ)
		require.Len(t, found, 1, typ)
		return &found[0]
	}
	service, scaling := one("aws:ecs/service:Service"), one("aws:appautoscaling/target:Target")
	group, targets := one("aws:autoscaling/group:Group"), one("aws:lb/targetGroup:TargetGroup")
	require.Equal(t, []int{sizes.MinTasks, sizes.Tasks}, []int{scaling.Int("minCapacity"), scaling.Int("maxCapacity")})
	require.Equal(t, []int{100, sizes.MaxPercent}, []int{service.Int("deploymentMinimumHealthyPercent"), service.Int("deploymentMaximumPercent")})
	require.Equal(t, []int{sizes.MinHosts, sizes.MaxHosts}, []int{group.Int("minSize"), group.Int("maxSize")})
	require.Equal(t, sizes.RefreshMaxHealthy, group.Int("instanceRefresh.preferences.maxHealthyPercentage"))
	require.Equal(t, strconv.Itoa(sizes.CheckpointDelay), group.Str("instanceRefresh.preferences.checkpointDelay"))
	require.Equal(t, sizes.DeregistrationDelay, targets.Int("deregistrationDelay"))
	require.Equal(t, sizes.IdleTimeout, one("aws:lb/loadBalancer:LoadBalancer").Int("idleTimeout"))
	containers := one("aws:ecs/taskDefinition:TaskDefinition").Str("containerDefinitions")
	require.Contains(t, containers, fmt.Sprintf(`"stopTimeout":%d`, sizes.StopTimeout))
	require.Contains(t, containers, `"user":"`+deepstream.User+`"`)
	require.Contains(t, containers, `"readonlyRootFilesystem":true`)
	for name, value := range map[string]string{
		deepstream.EnvTargetGroup:    targets.Str("arn"),
		deepstream.EnvPollSeconds:    strconv.Itoa(sizes.PollSeconds),
		deepstream.EnvDrainSeconds:   strconv.Itoa(sizes.DrainSeconds),
		deepstream.EnvDrainPerSecond: strconv.Itoa(sizes.DrainRate),
		deepstream.EnvFlushSeconds:   strconv.Itoa(sizes.FlushSeconds),
	} {
		require.Contains(t, containers, `{"name":"`+name+`","value":"`+value+`"}`)
	}
	limits := cloud.At(one("aws:wafv2/webAcl:WebAcl").State, "rules[].statement.rateBasedStatement.limit")
	require.Equal(t, []any{float64(sizes.RateLimit)}, limits)
}
