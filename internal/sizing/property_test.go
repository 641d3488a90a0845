package sizing_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/sizing"
)

var classes = []string{
	"db.t3.medium", "db.t4g.large", "db.r5.large", "db.r6g.large", "db.r6i.xlarge", "db.r7g.2xlarge", "db.x2g.large", "db.r8g.48xlarge",
}

// drawInput draws from the whole range of each value, near its ends as often as between.
func drawInput(t *rapid.T) sizing.Input {
	host := rapid.SampledFrom(sizing.Hosts()).Draw(t, "host")
	in := sizing.Input{
		PeakConnections:     rapid.OneOf(rapid.IntRange(1, 2000), rapid.IntRange(1, 5_000_000), rapid.IntRange(1, 100_000_000)).Draw(t, "peak"),
		ReconnectsPerSecond: rapid.OneOf(rapid.IntRange(1, 500), rapid.IntRange(1, 50_000), rapid.IntRange(1, 1_000_000)).Draw(t, "rate"),
		Zones:               rapid.IntRange(3, 6).Draw(t, "zones"),
		InstanceType:        host.Type,
		TaskCPU:             rapid.OneOf(rapid.IntRange(128, 2048), rapid.IntRange(128, host.CPU)).Draw(t, "cpu"),
		TaskMemoryMiB:       rapid.OneOf(rapid.IntRange(128, 4096), rapid.IntRange(128, host.UsableMemoryMiB())).Draw(t, "memory"),
		DatabaseClass:       rapid.SampledFrom(classes).Draw(t, "class"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "others") {
		in.OtherTypes = append(in.OtherTypes, rapid.SampledFrom(sizing.Hosts()).Draw(t, "other").Type)
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "further") {
		in.Further = append(in.Further, sizing.Further{
			Name:      fmt.Sprintf("s%d", i),
			Tasks:     rapid.OneOf(rapid.IntRange(2, 20), rapid.IntRange(2, 6000)).Draw(t, "tasks"),
			CPU:       rapid.IntRange(128, 4096).Draw(t, "further cpu"),
			MemoryMiB: rapid.IntRange(6, 8192).Draw(t, "further memory"),
		})
	}
	return in
}

// drawPlan draws an input from which a plan follows, by taking what refusals name as the nearest choice.
func drawPlan(t *rapid.T) sizing.Plan {
	p, err := sizing.Derive(nearestValid(t, drawInput(t)))
	require.NoError(t, err)
	return p
}

// drawBounded is drawPlan with bounds on what is derived, of which many are refused first.
func drawBounded(t *rapid.T) sizing.Plan {
	in := drawInput(t)
	for _, bound := range []*int{&in.MinTasks, &in.MaxTasks, &in.MinHosts, &in.MaxHosts} {
		*bound = rapid.OneOf(rapid.Just(0), rapid.IntRange(-5, 100), rapid.IntRange(1, 6000)).Draw(t, "bound")
	}
	p, err := sizing.Derive(nearestValid(t, in))
	require.NoError(t, err)
	return p
}

// nearestValid replaces what is refused by the nearest valid choice, until nothing is.
func nearestValid(t require.TestingT, in sizing.Input) sizing.Input {
	for range 20 {
		_, err := sizing.Derive(in)
		if err == nil {
			return in
		}
		var rs sizing.Refusals
		require.True(t, errors.As(err, &rs))
		for _, r := range rs {
			set(t, &in, r)
		}
	}
	require.Fail(t, "nearest choices are refused again", "%+v", in)
	return in
}

func set(t require.TestingT, in *sizing.Input, r sizing.Refusal) {
	texts := map[string]*string{"cluster.instanceType": &in.InstanceType, "database.instanceClass": &in.DatabaseClass}
	for i := range in.OtherTypes {
		texts[fmt.Sprintf("cluster.otherInstanceTypes[%d]", i)] = &in.OtherTypes[i]
	}
	for key, text := range texts {
		if r.Key == key {
			require.Equal(t, *text, r.Value)
			require.NotEqual(t, r.Value, r.Nearest)
			*text = r.Nearest
			return
		}
	}
	numbers := map[string]*int{
		"service.peakConnections": &in.PeakConnections, "service.reconnectsPerSecond": &in.ReconnectsPerSecond,
		"network.zones": &in.Zones, "service.cpu": &in.TaskCPU, "service.memoryMiB": &in.TaskMemoryMiB,
		"service.minTasks": &in.MinTasks, "service.maxTasks": &in.MaxTasks, "cluster.minHosts": &in.MinHosts, "cluster.maxHosts": &in.MaxHosts,
	}
	for i := range in.Further {
		f := &in.Further[i]
		key := "services." + f.Name
		numbers[key+".maxTasks"], numbers[key+".cpu"], numbers[key+".memoryMiB"] = &f.Tasks, &f.CPU, &f.MemoryMiB
	}
	number := numbers[r.Key]
	require.NotNil(t, number, r.Key)
	require.Equal(t, strconv.Itoa(*number), r.Value)
	n, err := strconv.Atoi(r.Nearest)
	require.NoError(t, err, r)
	require.NotEqual(t, *number, n, r)
	*number = n
}

func TestChainHoldsForEveryPlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawBounded(t)
		require.NoError(t, p.Check(), "%+v", p)
		names := map[string]bool{}
		for _, i := range p.Chain() {
			require.False(t, names[i.Name], "two inequalities are called %s", i.Name)
			names[i.Name] = true
			require.NotEmpty(t, i.Reason, i.Name)
			require.NotEmpty(t, i.Source, i.Name)
		}
	})
}

func TestPlansAreSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawBounded(t)
		require.Zero(t, p.Tasks%p.Input.Zones, "zones are alike")
		require.LessOrEqual(t, p.ConnectionsPerTask, p.MaxPerTask)
		require.Equal(t, p.BatchTasks, p.Tasks*p.MaxPercent/100-p.Tasks, "ECS arrives at the batch")
		require.LessOrEqual(t, p.MaxPercent, 200)
		require.Positive(t, p.DrainRate)
		require.LessOrEqual(t, p.DrainSeconds, 2*sizing.ClientPatienceSeconds)
		require.Equal(t, 100, p.Checkpoints[len(p.Checkpoints)-1], "AWS replaces all hosts only up to 100 percent")
		for i, c := range p.Checkpoints {
			require.Positive(t, c)
			require.True(t, i == 0 || c > p.Checkpoints[i-1], "AWS wants checkpoints ascending: %v", p.Checkpoints)
		}
	})
}

// A bound is kept where it is taken, and what is derived without it is never undercut.
func TestBoundsAreKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawBounded(t)
		free := p.Input
		free.MinTasks, free.MaxTasks, free.MinHosts, free.MaxHosts = 0, 0, 0, 0
		derived, err := sizing.Derive(free)
		require.NoError(t, err)
		for _, b := range []struct{ bound, got, least int }{
			{p.Input.MinTasks, p.MinTasks, derived.Input.Zones},
			{p.Input.MaxTasks, p.Tasks, derived.Tasks},
			{p.Input.MinHosts, p.MinHosts, derived.MinHosts},
			{p.Input.MaxHosts, p.MaxHosts, 0},
		} {
			require.GreaterOrEqual(t, b.got, b.least)
			require.True(t, b.bound == 0 || b.bound == b.got)
		}
		require.Equal(t, derived.ConnectionsPerTask, p.ConnectionsPerTask)
		require.LessOrEqual(t, p.MinTasks, p.Tasks)
		require.LessOrEqual(t, p.MinHosts, p.Hosts)
	})
}

// TestMonotone changes one value and looks which way others go.
func TestMonotone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*sizing.Input, int)
		holds  func(before, after sizing.Plan) bool
	}{
		{
			"more connections, never fewer tasks or hosts",
			func(in *sizing.Input, n int) { in.PeakConnections += n },
			func(b, a sizing.Plan) bool {
				return a.Tasks >= b.Tasks && a.Hosts >= b.Hosts && a.MaxPerTask == b.MaxPerTask
			},
		},
		{
			"more reconnects, never more tasks",
			func(in *sizing.Input, n int) { in.ReconnectsPerSecond += n },
			func(b, a sizing.Plan) bool {
				return a.Tasks <= b.Tasks && a.MaxPerTask >= b.MaxPerTask && a.RateLimit >= b.RateLimit
			},
		},
		{
			"more memory, never more a host",
			func(in *sizing.Input, n int) { in.TaskMemoryMiB += n },
			func(b, a sizing.Plan) bool {
				return a.TasksPerHost <= b.TasksPerHost && a.MaxPerTask >= b.MaxPerTask && a.Tasks <= b.Tasks
			},
		},
		{
			"more CPU, never more a host",
			func(in *sizing.Input, n int) { in.TaskCPU += n },
			func(b, a sizing.Plan) bool { return a.TasksPerHost <= b.TasksPerHost && a.MaxPerTask >= b.MaxPerTask },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				before := drawPlan(t)
				in := before.Input
				test.change(&in, rapid.OneOf(rapid.IntRange(1, 100), rapid.IntRange(1, 100_000)).Draw(t, "more"))
				after, err := sizing.Derive(in)
				if err != nil {
					t.Skip("no plan follows from more")
				}
				require.True(t, test.holds(before, after), "before %+v\nafter %+v", before, after)
			})
		})
	}
}

func TestDeriveIsAFunction(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		one, err1 := sizing.Derive(in)
		other, err2 := sizing.Derive(in)
		require.Equal(t, one, other)
		require.Equal(t, err1, err2)
	})
}
