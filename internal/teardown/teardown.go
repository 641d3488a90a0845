// Package teardown says in how many runs of the engine a stack goes, and what each of them deletes side by side.
//
// A run deletes in levels: first what stands on the most others in a row, and each level after the whole of the one before
// (pulumi/pkg, resource/deploy, ScheduleDeletes). So a stack takes the sum of the slowest in each level, although most of these
// do not stand on each other. A run of some targets has levels of its own, and the last of them is the targets that stand on no
// other. Each run therefore takes the slowest things there are that do not stand on each other, and what stands on them: they go
// together.
package teardown

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Slow is what AWS typically takes half a minute or more to delete, by type, with the provider's own waits. Shorter ones are not
// worth a run. The tests hold it to the times of the offline AWS, each of which has its source in docs/offline-aws.md.
var Slow = map[string]time.Duration{
	"aws:autoscaling/group:Group":                       101 * time.Second,
	"aws:ec2/natGateway:NatGateway":                     35 * time.Second,
	"aws:ec2/vpcEndpoint:VpcEndpoint":                   65 * time.Second, // one with interfaces; a gateway goes at once, and takes no harm
	"aws:ecs/capacityProvider:CapacityProvider":         30 * time.Second,
	"aws:ecs/service:Service":                           150 * time.Second,
	"aws:elasticache/replicationGroup:ReplicationGroup": 300 * time.Second,
	"aws:lb/loadBalancer:LoadBalancer":                  153 * time.Second,
	"aws:rds/cluster:Cluster":                           63 * time.Second,
	"aws:rds/clusterInstance:ClusterInstance":           650 * time.Second,
	"aws:route53/record:Record":                         35 * time.Second,
}

// Run is one run of the engine.
type Run struct {
	Targets []string   // URNs; what stands on them goes along. Empty: all that is left and goes
	Levels  [][]string // URNs: what goes side by side, each level after the whole of the one before
}

// Runs returns in which runs all that a stack holds goes, but for what is kept, by URN, and what that stands on.
func Runs(s plan.State, kept ...string) []Run {
	g := read(s.Resources)
	slow := g.slow()
	along := map[int]set{}
	for _, i := range slow {
		along[i] = reach(i, g.users)
	}
	var runs []Run
	for left := g.all().without(g.kept(kept)); len(left) > 0; {
		var targets []int
		goes := set{}
		for _, i := range slow {
			stands := func(other int) bool { return along[i][other] || along[other][i] }
			if left[i] && !slices.ContainsFunc(targets, stands) {
				targets = append(targets, i)
				goes.add(along[i], left)
			}
		}
		if len(targets) == 0 {
			goes = left
		}
		runs = append(runs, Run{Targets: g.urns(targets), Levels: g.levels(goes)})
		left = left.without(goes)
	}
	return runs
}

// set is a set of entries.
type set map[int]bool

// add adds those of another set that are in a third.
func (s set) add(more, among set) {
	for i := range more {
		if among[i] {
			s[i] = true
		}
	}
}

func (s set) without(less set) set {
	out := set{}
	for i := range s {
		if !less[i] {
			out[i] = true
		}
	}
	return out
}

// graph is a state as the engine sees it when it deletes.
type graph struct {
	entries []plan.Resource
	needs   [][]int // what each stands on: what its inputs came from, providers, parents, what takes it along
	users   [][]int // the other way
}

// read follows DependenciesOf of the engine's graph (pulumi/pkg, resource/graph): whoever depends on a component depends on all
// in it that comes before.
func read(entries []plan.Resource) *graph {
	g := &graph{entries: entries, needs: make([][]int, len(entries)), users: make([][]int, len(entries))}
	at, parent, within := map[string][]int{}, map[string]string{}, map[string][]int{}
	for i, e := range entries {
		needs := set{}
		on := func(urn string) {
			for _, to := range at[urn] {
				needs[to] = true
				if !entries[to].Custom && urn != e.Parent {
					for _, child := range within[urn] {
						needs[child] = true
					}
				}
			}
		}
		for _, urns := range e.PropertyDependencies {
			for _, urn := range urns {
				on(urn)
			}
		}
		for _, urn := range e.Dependencies {
			on(urn)
		}
		on(e.DeletedWith)
		on(e.Parent)
		on(e.Provider[:max(strings.LastIndex(e.Provider, "::"), 0)]) // a reference ends with the provider's id
		for to := range needs {
			g.needs[i] = append(g.needs[i], to)
			g.users[to] = append(g.users[to], i)
		}
		at[e.URN] = append(at[e.URN], i)
		parent[e.URN] = e.Parent
		for up := e.Parent; up != ""; up = parent[up] {
			within[up] = append(within[up], i)
		}
	}
	return g
}

func (g *graph) all() set {
	out := set{}
	for i := range g.entries {
		out[i] = true
	}
	return out
}

// slow returns what takes long to delete, what takes longest first.
func (g *graph) slow() []int {
	var out []int
	for i, e := range g.entries {
		if Slow[e.Type] > 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(Slow[g.entries[b].Type], Slow[g.entries[a].Type]) })
	return out
}

// kept returns what stays: the entries of some URNs, and what they stand on.
func (g *graph) kept(urns []string) set {
	out := set{}
	for i, e := range g.entries {
		if slices.Contains(urns, e.URN) {
			maps.Copy(out, reach(i, g.needs))
		}
	}
	return out
}

// reach returns an entry with all that edges lead to from it, directly or not.
func reach(i int, edges [][]int) set {
	out := set{i: true}
	for queue := []int{i}; len(queue) > 0; queue = queue[1:] {
		for _, to := range edges[queue[0]] {
			if !out[to] {
				out[to] = true
				queue = append(queue, to)
			}
		}
	}
	return out
}

// levels returns in which levels some entries go: the last are those that stand on no other of them.
func (g *graph) levels(of set) [][]string {
	depth, deepest := make([]int, len(g.entries)), 0
	for i := range g.entries { // what an entry stands on comes before it
		for _, to := range g.needs[i] {
			if of[to] {
				depth[i] = max(depth[i], depth[to]+1)
			}
		}
		if of[i] {
			deepest = max(deepest, depth[i])
		}
	}
	out := make([][]string, deepest+1)
	for i, e := range g.entries {
		if of[i] {
			out[deepest-depth[i]] = append(out[deepest-depth[i]], e.URN)
		}
	}
	return out
}

func (g *graph) urns(of []int) []string {
	var out []string
	for _, i := range of {
		if urn := g.entries[i].URN; !slices.Contains(out, urn) {
			out = append(out, urn)
		}
	}
	return out
}
