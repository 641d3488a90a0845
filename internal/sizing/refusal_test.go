package sizing_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/sizing"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*sizing.Input)
		want   map[string]string // nearest choices by key
	}{
		"ranges, all at once": {
			func(in *sizing.Input) {
				*in = sizing.Input{PeakConnections: 0, ReconnectsPerSecond: -1, Zones: 2, InstanceType: "t3.large", TaskCPU: 0, TaskMemoryMiB: 64, DatabaseClass: "db.m5.large"}
			},
			map[string]string{
				"service.peakConnections": "1", "service.reconnectsPerSecond": "3", "network.zones": "3", "cluster.instanceType": "m6i.large",
				"service.cpu": "128", "service.memoryMiB": "128", "database.instanceClass": "db.r6g.large",
			},
		},
		"too many zones":                {func(in *sizing.Input) { in.Zones = 7 }, map[string]string{"network.zones": "6"}},
		"size without trunking":         {func(in *sizing.Input) { in.InstanceType = "r5.8xlarge" }, map[string]string{"cluster.instanceType": "r5.xlarge"}},
		"burstable arm":                 {func(in *sizing.Input) { in.InstanceType = "t4g.medium" }, map[string]string{"cluster.instanceType": "m6g.medium"}},
		"other compute family":          {func(in *sizing.Input) { in.InstanceType = "c5n.2xlarge" }, map[string]string{"cluster.instanceType": "c6i.2xlarge"}},
		"no type":                       {func(in *sizing.Input) { in.InstanceType = "" }, map[string]string{"cluster.instanceType": "m6i.xlarge"}},
		"task larger than host":         {func(in *sizing.Input) { in.TaskCPU, in.TaskMemoryMiB = 4097, 8000 }, map[string]string{"service.cpu": "4096", "service.memoryMiB": "7783"}},
		"zone's clients give up":        {func(in *sizing.Input) { in.ReconnectsPerSecond = 416 }, map[string]string{"service.reconnectsPerSecond": "417"}},
		"less than a connection a task": {func(in *sizing.Input) { in.PeakConnections, in.ReconnectsPerSecond = 10, 2 }, map[string]string{"service.reconnectsPerSecond": "3"}},
		"other type unknown":            {func(in *sizing.Input) { in.OtherTypes = []string{"c7g.xlarge", "t4g.large"} }, map[string]string{"cluster.otherInstanceTypes[1]": "m6g.large"}},
		"task larger than another type": {func(in *sizing.Input) { in.TaskCPU, in.OtherTypes = 3000, []string{"c6g.large"} }, map[string]string{"service.cpu": "2048"}},
		"further task larger than host": {
			func(in *sizing.Input) {
				in.Further = []sizing.Further{{Name: "orders", Tasks: 2, CPU: 4097, MemoryMiB: 8000}}
			},
			map[string]string{"services.orders.cpu": "4096", "services.orders.memoryMiB": "7783"},
		},
		"more targets than a load balancer takes": {
			func(in *sizing.Input) {
				in.Further = []sizing.Further{{Name: "orders", Tasks: 978, CPU: 4096, MemoryMiB: 512}, {Name: "b", Tasks: 2, CPU: 128, MemoryMiB: 512}}
			},
			map[string]string{"services.orders.maxTasks": "977"},
		},
		"as many targets as a load balancer takes": {
			func(in *sizing.Input) {
				in.Further = []sizing.Further{{Name: "orders", Tasks: 977, CPU: 4096, MemoryMiB: 512}, {Name: "b", Tasks: 2, CPU: 128, MemoryMiB: 512}}
			},
			nil,
		},
		"database just large enough": {
			func(in *sizing.Input) { in.PeakConnections, in.DatabaseClass = 60_000, "db.t4g.medium" },
			nil, // 18 tasks of 31
		},
		"database too small": {
			func(in *sizing.Input) { in.TaskMemoryMiB, in.DatabaseClass = 128, "db.t4g.large" }, // 294 tasks of 256
			map[string]string{"database.instanceClass": "db.r6g.2xlarge"},
		},
		"no database large enough": {
			func(in *sizing.Input) {
				in.TaskMemoryMiB, in.PeakConnections, in.ReconnectsPerSecond = 128, 90_000, 1000
			},
			map[string]string{"service.peakConnections": "67584"}, // 396 tasks and 3 of 399: 132 a zone x 512
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := base
			test.change(&in)
			_, err := sizing.Derive(in)
			if test.want == nil {
				require.NoError(t, err)
				return
			}
			var rs sizing.Refusals
			require.True(t, errors.As(err, &rs), "%v", err)
			got := map[string]string{}
			for _, r := range rs {
				require.NotContains(t, got, r.Key)
				require.NotEmpty(t, r.Rule)
				got[r.Key] = r.Nearest
			}
			require.Empty(t, cmp.Diff(test.want, got), "%v", err)
			nearestValid(t, in)
		})
	}
}

func TestRefusalSaysAll(t *testing.T) {
	t.Parallel()
	in := base
	in.ReconnectsPerSecond = 100
	_, err := sizing.Derive(in)
	require.EqualError(t, err, "derive sizes:\n  service.reconnectsPerSecond = 100: must be at least 417: a zone that fails cuts 16667 of "+
		"50000 connections at once, and clients give up after 40 s; nearest: 417")
}

// TestNearestIsNearest steps once past each number that is named as the nearest.
func TestNearestIsNearest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key  string
		good func(*sizing.Input)
		bad  func(*sizing.Input)
	}{
		"rate": {
			"service.reconnectsPerSecond",
			func(in *sizing.Input) { in.ReconnectsPerSecond = 417 }, func(in *sizing.Input) { in.ReconnectsPerSecond = 416 },
		},
		"peak": {
			"service.peakConnections",
			func(in *sizing.Input) {
				in.TaskMemoryMiB, in.ReconnectsPerSecond, in.PeakConnections, in.DatabaseClass = 128, 1000, 67_584, "db.r6g.2xlarge"
			},
			func(in *sizing.Input) {
				in.TaskMemoryMiB, in.ReconnectsPerSecond, in.PeakConnections, in.DatabaseClass = 128, 1000, 67_585, "db.r6g.2xlarge"
			},
		},
		"memory": {
			"service.memoryMiB",
			func(in *sizing.Input) { in.TaskMemoryMiB = 7783 }, func(in *sizing.Input) { in.TaskMemoryMiB = 7784 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			derive(t, test.good)
			in := base
			test.bad(&in)
			_, err := sizing.Derive(in)
			var rs sizing.Refusals
			require.True(t, errors.As(err, &rs))
			require.Equal(t, test.key, rs[0].Key)
		})
	}
}

// TestCheckFindsEveryBreak overrides one value at a time, and names the inequalities that break.
func TestCheckFindsEveryBreak(t *testing.T) {
	t.Parallel()
	breaks := map[string]func(*sizing.Plan){
		"budget":                                 func(p *sizing.Plan) { p.Budget++ },
		"task batch":                             func(p *sizing.Plan) { p.BatchTasks++ },
		"host":                                   func(p *sizing.Plan) { p.MostPerHost++ },
		"host batch":                             func(p *sizing.Plan) { p.BatchHosts++ },
		"zone":                                   func(p *sizing.Plan) { p.Input.PeakConnections = 60_001 },
		"batch as ECS rounds it":                 func(p *sizing.Plan) { p.MaxPercent = 134 },
		"deployment moves":                       func(p *sizing.Plan) { p.MaxPercent = 106 },
		"deployment of the fewest moves":         func(p *sizing.Plan) { p.MinTasks = 3 },
		"cluster":                                func(p *sizing.Plan) { p.MaxHosts = 5001 },
		"deployment keeps capacity":              func(p *sizing.Plan) { p.MinHealthyPercent = 99 },
		"drain pace":                             func(p *sizing.Plan) { p.DrainRate++ },
		"memory":                                 func(p *sizing.Plan) { p.MaxPerTask = 20_225 },
		"CPU":                                    func(p *sizing.Plan) { p.MaxPerTask = 16_001 },
		"peak":                                   func(p *sizing.Plan) { p.ConnectionsPerTask-- },
		"peak without a zone":                    func(p *sizing.Plan) { p.MaxPerTask-- },
		"CPU without a zone":                     func(p *sizing.Plan) { p.CPUTargetPercent++ },
		"scaling range":                          func(p *sizing.Plan) { p.MinTasks = 16 },
		"task in each zone":                      func(p *sizing.Plan) { p.MinTasks = 2 },
		"host CPU":                               func(p *sizing.Plan) { p.TasksPerHost++ },
		"host memory":                            func(p *sizing.Plan) { p.Input.TaskMemoryMiB = 1946 },
		"host interfaces":                        func(p *sizing.Plan) { p.TasksPerHost = 21 },
		"host in each zone":                      func(p *sizing.Plan) { p.MinHosts-- },
		"host range":                             func(p *sizing.Plan) { p.MinHosts = 7 },
		"hosts for a deployment":                 func(p *sizing.Plan) { p.MaxHosts = 5 },
		"hosts for a refresh":                    func(p *sizing.Plan) { p.MaxHosts = 6 },
		"targets":                                func(p *sizing.Plan) { p.Tasks = 997 },
		"database demand":                        func(p *sizing.Plan) { p.DatabaseConnections-- },
		"database":                               func(p *sizing.Plan) { p.DatabaseMax = 238 },
		"drain closes all":                       func(p *sizing.Plan) { p.DrainRate-- },
		"drain noticed":                          func(p *sizing.Plan) { p.PollSeconds = 3 },
		"notice and drain":                       func(p *sizing.Plan) { p.LeaveSeconds-- },
		"drain before the cut":                   func(p *sizing.Plan) { p.DeregistrationDelay = 70 },
		"deregistration delay":                   func(p *sizing.Plan) { p.DeregistrationDelay = 3601 },
		"flush outlasts a write":                 func(p *sizing.Plan) { p.FlushSeconds = 12 },
		"flush":                                  func(p *sizing.Plan) { p.FlushSeconds++ },
		"drain and flush before the kill":        func(p *sizing.Plan) { p.StopTimeout = 100 },
		"stop timeout":                           func(p *sizing.Plan) { p.StopTimeout = 121 },
		"task leaves before its service":         func(p *sizing.Plan) { p.ServiceDeleteTimeout = 200 },
		"task leaves before the deployment ends": func(p *sizing.Plan) { p.DeploymentTimeout = 200 },
		"slow scale-in":                          func(p *sizing.Plan) { p.ScaleInCooldown = 239 },
		"task leaves before its host":            func(p *sizing.Plan) { p.HookHeartbeat = 200 },
		"shortest hook heartbeat":                func(p *sizing.Plan) { p.HookHeartbeat = 29 },
		"longest hook heartbeat":                 func(p *sizing.Plan) { p.HookHeartbeat = 7201 },
		"hook extended":                          func(p *sizing.Plan) { p.HostDrainSeconds = 54_001 },
		"hook before the refresh ends":           func(p *sizing.Plan) { p.RefreshTimeout = 540 },
		"hook before the group's deletion ends":  func(p *sizing.Plan) { p.GroupDeleteTimeout = 540 },
		"clients back before the next hosts":     func(p *sizing.Plan) { p.CheckpointDelay = 80 },
		"checkpoint delay":                       func(p *sizing.Plan) { p.CheckpointDelay = 172_801 },
		"refresh keeps capacity":                 func(p *sizing.Plan) { p.RefreshMinHealthy = 90 },
		"refresh batch":                          func(p *sizing.Plan) { p.RefreshMaxHealthy = 129 },
		"refresh percentage":                     func(p *sizing.Plan) { p.RefreshMaxHealthy = 201 },
		"heartbeat before idle":                  func(p *sizing.Plan) { p.IdleTimeout = 60 },
		"idle timeout":                           func(p *sizing.Plan) { p.IdleTimeout = 4001 },
		"one client":                             func(p *sizing.Plan) { p.RateLimit = 5 },
		"health checks":                          func(p *sizing.Plan) { p.RateLimit = 30 },
		"one address":                            func(p *sizing.Plan) { p.RateLimit = 150_001 },
		"smallest rate limit":                    func(p *sizing.Plan) { p.RateLimit = 9 },
	}
	names := map[string]bool{}
	for _, i := range derive(t, nil).Chain() {
		names[i.Name] = true
	}
	for name := range maps.Keys(breaks) {
		require.True(t, names[name], "the chain has no %q", name)
		delete(names, name)
	}
	require.Empty(t, names, "inequalities that no test breaks")
	for name, spoil := range breaks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := derive(t, nil)
			spoil(&p)
			var broken sizing.Broken
			require.True(t, errors.As(p.Check(), &broken))
			found := false
			for _, i := range broken {
				found = found || i.Name == name
			}
			require.True(t, found, "%v", broken)
		})
	}
}

func TestCheckSaysTheNumbers(t *testing.T) {
	t.Parallel()
	p := derive(t, nil)
	p.IdleTimeout, p.DeregistrationDelay = 60, 3601
	err := p.Check()
	require.ErrorContains(t, err, "\n  deregistration delay: deregistration delay 3601 s must be <= limit 3600 s: the API refuses it (User Guide for Application Load Balancers, Deregistration delay)")
	require.ErrorContains(t, err, "\n  heartbeat before idle: heartbeat window 60 s must be < idle timeout 60 s: ")
	require.ErrorContains(t, err, "task leaves before its host") // all at once
}

func TestCheckOfNothing(t *testing.T) {
	t.Parallel()
	require.Error(t, sizing.Plan{}.Check())
}
