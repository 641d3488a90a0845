package sizing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/sizing"
)

// base is a region of 50,000 connections on the platform's default machines.
var base = sizing.Input{
	PeakConnections: 50_000, ReconnectsPerSecond: 500, Zones: 3,
	InstanceType: "c6g.xlarge", TaskCPU: 1024, TaskMemoryMiB: 1792, DatabaseClass: "db.r6g.large",
}

func derive(t *testing.T, change func(*sizing.Input)) sizing.Plan {
	t.Helper()
	in := base
	if change != nil {
		change(&in)
	}
	p, err := sizing.Derive(in)
	require.NoError(t, err)
	require.NoError(t, p.Check())
	return p
}

func host(t *testing.T, name string) sizing.Host {
	t.Helper()
	h, known := sizing.HostOf(name)
	require.True(t, known)
	return h
}

// TestPlans holds whole plans, computed by hand.
func TestPlans(t *testing.T) {
	t.Parallel()
	small := sizing.Input{
		PeakConnections: 1000, ReconnectsPerSecond: 50, Zones: 3,
		InstanceType: "m6i.large", TaskCPU: 512, TaskMemoryMiB: 1024, DatabaseClass: "db.t4g.medium",
	}
	large := sizing.Input{
		PeakConnections: 1_000_000, ReconnectsPerSecond: 20_000, Zones: 4,
		InstanceType: "c7i.8xlarge", TaskCPU: 1024, TaskMemoryMiB: 1792, DatabaseClass: "db.r6g.2xlarge",
	}
	for name, want := range map[string]sizing.Plan{
		"default": {
			Input: base, Host: sizing.Host{Type: "c6g.xlarge", CPU: 4096, MemoryMiB: 8192, MaxTasks: 20},
			Budget:             20_000, // 500 x 40
			TasksPerHost:       4,      // 4096 / 1024; (8192 - 409) / 1792 = 4.3
			MaxPerTask:         5000,   // 20,000 / 4, below 20,224 of memory and 16,000 of CPU
			Tasks:              15,     // 3 x 50,000 / (5000 x 2)
			MostPerHost:        4,
			MinTasks:           6,                    // 27 percent of 3 is none
			ConnectionsPerTask: 3334,                 // 50,000 / 15
			CPUTargetPercent:   53,                   // 80 x 2/3
			BatchTasks:         4,                    // 20,000 / 5000
			MinHealthyPercent:  100, MaxPercent: 127, // 15 x 1.27 = 19.05
			DrainRate: 125, DrainSeconds: 40, // 500 / 4; 5000 / 125
			PollSeconds: 10, LeaveSeconds: 70, // 3 x 10 + 40
			FlushSeconds:        60,
			DeregistrationDelay: 80, StopTimeout: 120, // 70 + 10; 40 + 60 + 20
			ScaleInCooldown:      300,
			DeploymentTimeout:    4260, // twice 4 rounds of 120 + 210 + 80 + 120
			ServiceDeleteTimeout: 1440, // 1200 + 200
			MinHosts:             3, Hosts: 6, BatchHosts: 1,
			MaxHosts:          7, // 3 x 2 for 19 tasks, and 1
			RefreshMinHealthy: 100, RefreshMaxHealthy: 114, Checkpoints: []int{17, 50, 100},
			CheckpointDelay:  420, // 40 + 40 + 300
			HostDrainSeconds: 530, HookHeartbeat: 540,
			RefreshTimeout:     5400, // 7 x (120 + 530) + 2 x 420
			GroupDeleteTimeout: 1140, IdleTimeout: 120, RateLimit: 1500,
			DatabaseConnections: 238, DatabaseMax: 1594, // 19 x 10 x 1.25; 16 GB x 0.95 / 9,531,392
		},
		"small": {
			Input: small, Host: sizing.Host{Type: "m6i.large", CPU: 2048, MemoryMiB: 8192, MaxTasks: 10},
			Budget: 2000, TasksPerHost: 4, MostPerHost: 4, // 2048 / 512
			MaxPerTask: 500, Tasks: 3, MinTasks: 3, ConnectionsPerTask: 334, CPUTargetPercent: 53,
			BatchTasks: 3, MinHealthyPercent: 100, MaxPercent: 200, // the budget allows 4, but there are 3
			DrainRate: 16, DrainSeconds: 32, // 50 / 3; 500 / 16
			PollSeconds: 10, LeaveSeconds: 62, FlushSeconds: 60,
			DeregistrationDelay: 80, StopTimeout: 120, ScaleInCooldown: 300, // 72 and 112, rounded up
			DeploymentTimeout: 1200, ServiceDeleteTimeout: 1440,
			MinHosts: 3, Hosts: 3, MaxHosts: 4, BatchHosts: 1,
			RefreshMinHealthy: 100, RefreshMaxHealthy: 125, Checkpoints: []int{34, 50, 100},
			CheckpointDelay: 420, HostDrainSeconds: 530, HookHeartbeat: 540,
			RefreshTimeout:     3480, // 4 x 650 + 840 = 3440
			GroupDeleteTimeout: 1140, IdleTimeout: 120, RateLimit: 150,
			DatabaseConnections: 75, DatabaseMax: 398, // 4 GB
		},
		"large": {
			Input: large, Host: sizing.Host{Type: "c7i.8xlarge", CPU: 32_768, MemoryMiB: 65_536, MaxTasks: 90},
			Budget: 800_000, TasksPerHost: 32, MostPerHost: 32, // CPU; (65,536 - 3276) / 1792 = 34.7
			MaxPerTask: 16_000, // the thread: 160,000 / 10; 800,000 / 32 = 25,000
			Tasks:      84,     // 4 x 1,000,000 / 48,000, which is 20.8
			MinTasks:   4, ConnectionsPerTask: 11_905, CPUTargetPercent: 60,
			BatchTasks: 50, MinHealthyPercent: 100, MaxPercent: 160, // 84 x 1.6 = 134.4
			DrainRate: 400, DrainSeconds: 40,
			PollSeconds: 27, LeaveSeconds: 121, FlushSeconds: 60, // 134 tasks / 5; 3 x 27 + 40
			DeregistrationDelay: 140, StopTimeout: 120, ScaleInCooldown: 300,
			DeploymentTimeout: 2400, ServiceDeleteTimeout: 1500, // twice 2 rounds of 590
			MinHosts: 4, Hosts: 4, MaxHosts: 9, BatchHosts: 1, // 4 x 2 for 34 tasks a zone, and 1
			RefreshMinHealthy: 100, RefreshMaxHealthy: 111, Checkpoints: []int{25, 50, 100},
			CheckpointDelay: 420, HostDrainSeconds: 590, HookHeartbeat: 600,
			RefreshTimeout:     7260, // 9 x 710 + 840 = 7230
			GroupDeleteTimeout: 1200, IdleTimeout: 120, RateLimit: 60_000,
			DatabaseConnections: 1675, DatabaseMax: 5000,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := sizing.Derive(want.Input)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(want, got))
			require.NoError(t, got.Check())
		})
	}
}

// TestValues looks at each derived value alone: what changes it, and to what.
func TestValues(t *testing.T) {
	t.Parallel()
	type change = func(*sizing.Input)
	tests := []struct {
		name   string
		change change
		value  func(sizing.Plan) int
		want   int
	}{
		{"budget follows the rate", func(in *sizing.Input) { in.ReconnectsPerSecond = 700 }, func(p sizing.Plan) int { return p.Budget }, 28_000},
		{"a task holds what its memory does", func(in *sizing.Input) { in.TaskMemoryMiB = 256 }, func(p sizing.Plan) int { return p.MaxPerTask }, 1792}, // (192 - 80) x 16; budget 20,000 / 4 = 5000
		{"a task holds what its share of a thread does", func(in *sizing.Input) { in.TaskCPU, in.ReconnectsPerSecond = 256, 5000 }, func(p sizing.Plan) int { return p.MaxPerTask }, 4000},
		{"a second vCPU adds nothing", func(in *sizing.Input) { in.TaskCPU, in.ReconnectsPerSecond = 2048, 5000 }, func(p sizing.Plan) int { return p.MaxPerTask }, 16_000},
		{"fuller hosts mean emptier tasks", func(in *sizing.Input) { in.InstanceType = "c6g.2xlarge" }, func(p sizing.Plan) int { return p.MaxPerTask }, 2500},
		{"tasks grow with the peak", func(in *sizing.Input) { in.PeakConnections = 50_001 }, func(p sizing.Plan) int { return p.Tasks }, 18},
		{"more zones need less in reserve", func(in *sizing.Input) { in.Zones = 6 }, func(p sizing.Plan) int { return p.Tasks }, 12},
		{"one task a zone at least", func(in *sizing.Input) { in.PeakConnections = 1 }, func(p sizing.Plan) int { return p.Tasks }, 3},
		{"the floor is a task a zone", func(in *sizing.Input) { in.PeakConnections = 1000 }, func(p sizing.Plan) int { return p.MinTasks }, 3},
		{"the floor lets a deployment move", func(in *sizing.Input) { in.PeakConnections = 60_000 }, func(p sizing.Plan) int { return p.MinTasks }, 6}, // 23 percent of 5 is one
		{"the largest host bounds a task", func(in *sizing.Input) { in.OtherTypes = []string{"c6g.2xlarge"} }, func(p sizing.Plan) int { return p.MaxPerTask }, 2500},
		{"the smallest host has to do", func(in *sizing.Input) { in.OtherTypes = []string{"c6g.large"} }, func(p sizing.Plan) int { return p.TasksPerHost }, 2},
		{"further services need hosts", func(in *sizing.Input) {
			in.Further = []sizing.Further{{Name: "orders", Tasks: 12, CPU: 1024, MemoryMiB: 512}}
		}, func(p sizing.Plan) int { return p.Hosts }, 9}, // 6, and one a zone for four tasks each
		{"and room for one more", func(in *sizing.Input) {
			in.Further = []sizing.Further{{Name: "orders", Tasks: 12, CPU: 1024, MemoryMiB: 512}}
		}, func(p sizing.Plan) int { return p.MaxHosts }, 13}, // 7, and two a zone for 13
		{"scaling aims at the peak's share", func(in *sizing.Input) { in.PeakConnections = 45_000 }, func(p sizing.Plan) int { return p.ConnectionsPerTask }, 3000},
		{"CPU leaves room for a zone's load", func(in *sizing.Input) { in.Zones = 6 }, func(p sizing.Plan) int { return p.CPUTargetPercent }, 66},
		{"interfaces bound a host", func(in *sizing.Input) {
			in.InstanceType, in.TaskCPU, in.TaskMemoryMiB, in.PeakConnections = "r6i.large", 128, 128, 1000
		}, func(p sizing.Plan) int { return p.TasksPerHost }, 10},
		{"memory bounds a host", func(in *sizing.Input) { in.TaskMemoryMiB = 2048 }, func(p sizing.Plan) int { return p.TasksPerHost }, 3},
		{"hosts fill zone by zone", func(in *sizing.Input) { in.PeakConnections = 40_000 }, func(p sizing.Plan) int { return p.Hosts }, 3}, // 4 tasks a zone
		{"a host a zone at least", func(in *sizing.Input) { in.Zones = 4 }, func(p sizing.Plan) int { return p.MinHosts }, 4},
		{"spare hosts", func(in *sizing.Input) { in.MinHosts = 12 }, func(p sizing.Plan) int { return p.Hosts }, 12},
		{"spare hosts leave a refresh its batch", func(in *sizing.Input) { in.MinHosts = 12 }, func(p sizing.Plan) int { return p.MaxHosts }, 13},
		{"hosts for a deployment and a refresh", func(in *sizing.Input) { in.PeakConnections = 40_000 }, func(p sizing.Plan) int { return p.MaxHosts }, 7},                   // 16 tasks in 6, and 1
		{"a batch is what the budget takes", func(in *sizing.Input) { in.TaskCPU = 512; in.ReconnectsPerSecond = 1000 }, func(p sizing.Plan) int { return p.BatchTasks }, 5}, // 40,000 / 8000
		{"a batch is no more than there are", func(in *sizing.Input) { in.PeakConnections = 1000 }, func(p sizing.Plan) int { return p.BatchTasks }, 3},
		{"a batch leaves the database room", func(in *sizing.Input) {
			in.PeakConnections, in.ReconnectsPerSecond, in.DatabaseClass = 200_000, 5000, "db.t4g.medium"
		}, func(p sizing.Plan) int { return p.BatchTasks }, 10}, // the budget allows 12, but 21 tasks of 31 run already
		{"percent ECS rounds to the batch", func(in *sizing.Input) { in.PeakConnections = 60_000 }, func(p sizing.Plan) int { return p.MaxPercent }, 123}, // 18 x 1.23 = 22.1
		{"a leaving task's share of the rate", func(in *sizing.Input) { in.PeakConnections = 1000 }, func(p sizing.Plan) int { return p.DrainRate }, 166},
		{"a share closes a full task", func(in *sizing.Input) { in.PeakConnections = 1000 }, func(p sizing.Plan) int { return p.DrainSeconds }, 31},
		{"short drains end early", func(in *sizing.Input) { in.TaskMemoryMiB, in.PeakConnections = 128, 1000 }, func(p sizing.Plan) int { return p.DeregistrationDelay }, 50},        // 256 each, 3 at once: 30 + 2 + 10
		{"many tasks ask less often", func(in *sizing.Input) { in.TaskMemoryMiB, in.DatabaseClass = 128, "db.r6g.2xlarge" }, func(p sizing.Plan) int { return p.PollSeconds }, 74},   // (294 + 76) / 5
		{"and have longer to notice", func(in *sizing.Input) { in.TaskMemoryMiB, in.DatabaseClass = 128, "db.r6g.2xlarge" }, func(p sizing.Plan) int { return p.LeaveSeconds }, 265}, // 3 x 74 + 256 / 6
		{"a stop takes a failover", func(in *sizing.Input) { in.TaskMemoryMiB, in.PeakConnections = 128, 1000 }, func(p sizing.Plan) int { return p.StopTimeout }, 90},               // 2 + 60 + 20
		{"a long drain leaves less of the stop", func(in *sizing.Input) { in.ReconnectsPerSecond = 499 }, func(p sizing.Plan) int { return p.FlushSeconds }, 59},                     // 4990 / 124 are 41
		{"scale-in waits for the clients", nil, func(p sizing.Plan) int { return p.ScaleInCooldown }, 300},
		{"a deployment takes its rounds", func(in *sizing.Input) { in.PeakConnections = 60_000 }, func(p sizing.Plan) int { return p.DeploymentTimeout }, 5340},                               // twice 5 x 530
		{"deleting waits for the drain", func(in *sizing.Input) { in.TaskMemoryMiB, in.PeakConnections = 128, 1000 }, func(p sizing.Plan) int { return p.ServiceDeleteTimeout }, 1380},        // 1200 + 50 + 90
		{"several hosts when a batch fills them", func(in *sizing.Input) { in.TaskMemoryMiB, in.DatabaseClass = 128, "db.r6g.2xlarge" }, func(p sizing.Plan) int { return p.BatchHosts }, 19}, // 256 each: 76 of 294 tasks, which 26 percent are
		{"a refresh adds its batch", nil, func(p sizing.Plan) int { return p.RefreshMaxHealthy }, 114},
		{"a checkpoint sees clients back and alarms", func(in *sizing.Input) { in.TaskMemoryMiB, in.PeakConnections = 128, 1000 }, func(p sizing.Plan) int { return p.CheckpointDelay }, 360},
		{"the hook covers the host", nil, func(p sizing.Plan) int { return p.HookHeartbeat }, 540},
		{"a group goes after its hooks", nil, func(p sizing.Plan) int { return p.GroupDeleteTimeout }, 1140},
		{"idle sockets outlive two heartbeats", nil, func(p sizing.Plan) int { return p.IdleTimeout }, 120},
		{"an address has a hundredth", func(in *sizing.Input) { in.ReconnectsPerSecond = 900 }, func(p sizing.Plan) int { return p.RateLimit }, 2700},
		{"an address has a hundred", func(in *sizing.Input) { in.PeakConnections, in.ReconnectsPerSecond = 100, 3 }, func(p sizing.Plan) int { return p.RateLimit }, 100},
		{"pools and a quarter", func(in *sizing.Input) { in.PeakConnections = 1000 }, func(p sizing.Plan) int { return p.DatabaseConnections }, 75},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, test.value(derive(t, test.change)))
		})
	}
}

// TestLongDrain is a host of 96 tasks that leave four by four, because the database has no room for more at once: that
// takes longer than the longest heartbeat, which therefore has to be extended.
func TestLongDrain(t *testing.T) {
	t.Parallel()
	p := derive(t, func(in *sizing.Input) {
		in.InstanceType, in.PeakConnections, in.ReconnectsPerSecond = "m6i.24xlarge", 102_500, 3000
	})
	require.Equal(t, 96, p.TasksPerHost)
	require.Equal(t, 1250, p.MaxPerTask)         // 120,000 / 96
	require.Equal(t, 123, p.Tasks)               // 3 x 102,500 / 2500
	require.Equal(t, 4, p.BatchTasks)            // of 127 that the database serves
	require.Equal(t, 12_240, p.HostDrainSeconds) // 24 x (330 + 90 + 90)
	require.Equal(t, 7200, p.HookHeartbeat)
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]sizing.Host{
		"c5.9xlarge":   {CPU: 36 * 1024, MemoryMiB: 72 * 1024, MaxTasks: 60},
		"c5.18xlarge":  {CPU: 72 * 1024, MemoryMiB: 144 * 1024, MaxTasks: 120},
		"m5.large":     {CPU: 2 * 1024, MemoryMiB: 8 * 1024, MaxTasks: 10},
		"m5.12xlarge":  {CPU: 48 * 1024, MemoryMiB: 192 * 1024, MaxTasks: 60},
		"r5.24xlarge":  {CPU: 96 * 1024, MemoryMiB: 768 * 1024, MaxTasks: 120},
		"c6i.8xlarge":  {CPU: 32 * 1024, MemoryMiB: 64 * 1024, MaxTasks: 90},
		"m6i.12xlarge": {CPU: 48 * 1024, MemoryMiB: 192 * 1024, MaxTasks: 120},
		"r6a.48xlarge": {CPU: 192 * 1024, MemoryMiB: 1536 * 1024, MaxTasks: 120},
		"c6g.medium":   {CPU: 1024, MemoryMiB: 2 * 1024, MaxTasks: 4},
		"r7g.12xlarge": {CPU: 48 * 1024, MemoryMiB: 384 * 1024, MaxTasks: 60},
		"m7i.48xlarge": {CPU: 192 * 1024, MemoryMiB: 768 * 1024, MaxTasks: 120},
	} {
		want.Type = name
		require.Equal(t, want, host(t, name))
	}
	for _, name := range []string{"", "c6g", "r5.8xlarge", "c5.8xlarge", "t3.large", "m7i.32xlarge", "c6g.metal", "m5.medium"} {
		_, known := sizing.HostOf(name)
		require.False(t, known, name)
	}
	all := sizing.Hosts()
	require.Len(t, all, 8+8+7+3*9+3*10+3*9+6*8)
	for _, h := range all {
		require.Positive(t, h.MaxTasks, h.Type)
		require.Positive(t, h.UsableMemoryMiB(), h.Type)
	}
	require.Equal(t, 1792, host(t, "c6g.medium").UsableMemoryMiB())
	require.Equal(t, 7783, host(t, "c6g.xlarge").UsableMemoryMiB())
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]int{
		"db.t3.medium": 398, "db.t4g.large": 797, "db.r6g.large": 1594, "db.r5.xlarge": 3189, "db.r7g.2xlarge": 5000,
		"db.r8g.48xlarge": 5000, "db.x2g.large": 3189,
	} {
		got, known := sizing.MaxDatabaseConnections(class)
		require.True(t, known, class)
		require.Equal(t, want, got, class)
	}
	for _, class := range []string{"", "db", "r6g.large", "db.r6g", "db.r6g.medium", "db.t3.xlarge", "db.t3.small", "db.m5.large", "db.r6g.1xlarge"} {
		_, known := sizing.MaxDatabaseConnections(class)
		require.False(t, known, class)
	}
}
