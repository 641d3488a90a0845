package teardown_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/teardown"
)

// Types that differ in how long they take to delete: at once, and the slowest first.
const (
	quick    = "aws:ec2/subnet:Subnet"
	instance = "aws:rds/clusterInstance:ClusterInstance"
	bus      = "aws:elasticache/replicationGroup:ReplicationGroup"
	service  = "aws:ecs/service:Service"
	cluster  = "aws:rds/cluster:Cluster"
)

func entry(urn, typ string, on ...string) plan.Resource {
	return plan.Resource{URN: urn, Type: typ, Custom: true, Dependencies: on}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		resources []plan.Resource
		want      []teardown.Run
	}{
		"nothing is no run": {},
		"nothing slow is one run": {
			[]plan.Resource{entry("a", quick), entry("b", quick, "a")},
			[]teardown.Run{{Levels: [][]string{{"b"}, {"a"}}}},
		},
		"what is slow goes side by side, however deep it lies": {
			[]plan.Resource{
				entry("key", quick), entry("secret", quick, "key"), entry("cluster", cluster, "secret"), entry("instance", instance, "cluster"),
				entry("bus", bus), entry("service", service, "instance", "bus"), entry("alone", quick),
			},
			[]teardown.Run{
				{Targets: []string{"instance", "bus"}, Levels: [][]string{{"service"}, {"instance", "bus"}}},
				{Targets: []string{"cluster"}, Levels: [][]string{{"cluster"}}},
				{Levels: [][]string{{"secret"}, {"key", "alone"}}},
			},
		},
		"parents, providers, values and what takes along are stood on": {
			[]plan.Resource{
				{URN: "provider", Type: "pulumi:providers:aws", Custom: true}, {URN: "tier", Type: "deepstreamhub:a:A"},
				{URN: "bus", Type: bus, Custom: true, Parent: "tier", Provider: "provider::id"},
				{URN: "child", Type: quick, Custom: true, Parent: "bus"},
				{URN: "value", Type: quick, Custom: true, PropertyDependencies: map[string][]string{"x": {"child"}}},
				{URN: "with", Type: quick, Custom: true, DeletedWith: "value"},
			},
			[]teardown.Run{
				{Targets: []string{"bus"}, Levels: [][]string{{"with"}, {"value"}, {"child"}, {"bus"}}},
				{Levels: [][]string{{"provider", "tier"}}},
			},
		},
		"a component stands for what it holds": {
			[]plan.Resource{
				{URN: "tier", Type: "deepstreamhub:a:A"}, {URN: "inner", Type: "deepstreamhub:a:A", Parent: "tier"},
				{URN: "child", Type: quick, Custom: true, Parent: "inner"}, entry("after", quick, "tier"),
			},
			[]teardown.Run{{Levels: [][]string{{"after"}, {"child"}, {"inner"}, {"tier"}}}},
		},
		"what waits for its deletion after a replacement goes too": {
			[]plan.Resource{entry("a", quick), {URN: "b", Type: quick, Custom: true, Dependencies: []string{"a"}}, {URN: "b", Type: quick, Custom: true, Delete: true}},
			[]teardown.Run{{Levels: [][]string{{"b"}, {"a", "b"}}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, teardown.Runs(plan.State{Resources: tt.resources}))
		})
	}
}

// Whatever a stack holds, all of it goes once, nothing before what stands on it, and the targets of a run take each other along
// never.
func TestRunsKeepTheOrder(t *testing.T) {
	t.Parallel()
	types := []string{quick, quick, quick, instance, bus, service, cluster}
	rapid.Check(t, func(t *rapid.T) {
		var resources []plan.Resource
		for i := range rapid.IntRange(1, 25).Draw(t, "resources") {
			r := entry(fmt.Sprint(i), rapid.SampledFrom(types).Draw(t, "type"))
			for to := range i {
				if rapid.IntRange(0, 3).Draw(t, "depends") == 0 {
					r.Dependencies = append(r.Dependencies, fmt.Sprint(to))
				}
			}
			resources = append(resources, r)
		}
		level, last := map[string]int{}, 0
		for _, run := range teardown.Runs(plan.State{Resources: resources}) {
			for _, urns := range run.Levels {
				for _, urn := range urns {
					if _, twice := level[urn]; twice {
						t.Fatalf("%s goes twice", urn)
					}
					level[urn] = last
				}
				last++
			}
			ends := slices.Concat(run.Levels[len(run.Levels)-1])
			for _, target := range run.Targets {
				if !slices.Contains(ends, target) {
					t.Fatalf("target %s is not among the last of its run: %v", target, run)
				}
			}
		}
		if len(level) != len(resources) {
			t.Fatalf("%d of %d go", len(level), len(resources))
		}
		for _, r := range resources {
			for _, on := range r.Dependencies {
				if level[r.URN] >= level[on] {
					t.Fatalf("%s in level %d stands on %s in level %d", r.URN, level[r.URN], on, level[on])
				}
			}
		}
	})
}
