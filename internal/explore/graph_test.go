package explore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/plan"
)

const provider = "urn:pulumi:s::p::pulumi:providers:aws::aws"

func entry(name string, dependencies ...string) plan.Resource {
	urn := func(name string) string { return "urn:pulumi:s::p::aws:x/y:Z::" + name }
	r := plan.Resource{URN: urn(name), Type: "aws:x/y:Z", Name: name, ID: "id-" + name, Custom: true, Provider: provider + "::1"}
	for _, d := range dependencies {
		r.Dependencies = append(r.Dependencies, urn(d))
	}
	return r
}

func state(resources ...plan.Resource) plan.State {
	p := plan.Resource{URN: provider, Type: "pulumi:providers:aws", ID: "1", Custom: true, Inputs: map[string]any{"region": "eu-central-1"}}
	return plan.State{Stack: "s", Resources: append([]plan.Resource{p}, resources...)}
}

func TestGraphOfACheckpoint(t *testing.T) {
	t.Parallel()
	component := plan.Resource{URN: "urn:pulumi:s::p::deepstreamhub:a:A::tier", Type: "deepstreamhub:a:A"}
	child, grandchild := entry("child"), entry("grandchild")
	child.Parent, grandchild.Parent = component.URN, child.URN
	secret := entry("secret", "child")
	secret.PropertyDependencies = map[string][]string{"v": {child.URN}}
	secret.Retain = true
	secret.Inputs = map[string]any{"__defaults": []any{"name"}, "v": map[string]any{signatureKey: secretSignature, "plaintext": `{"a":[1,"x"]}`}}
	after := entry("after")
	after.Dependencies = []string{component.URN}
	after.DeletedWith = secret.URN
	gone := entry("gone")
	gone.Delete = true

	g, err := NewGraph(state(component, child, grandchild, secret, after, gone), nil)
	require.NoError(t, err)
	require.Len(t, g.Nodes, 4)
	require.Equal(t, []string{"child", "grandchild", "secret", "after"}, []string{g.Nodes[0].Name, g.Nodes[1].Name, g.Nodes[2].Name, g.Nodes[3].Name})
	require.Empty(t, g.Nodes[0].After, "a component waits for its children, not they for it")
	require.Equal(t, []Edge{{To: 0, Kind: Orders}}, g.Nodes[1].After, "a child waits for its parent")
	require.Equal(t, []Edge{{To: 0, Kind: Value}}, g.Nodes[2].After, "a value comes from it")
	require.Equal(t, []Edge{{To: 0, Kind: Orders}, {To: 2, Kind: Orders}}, g.Nodes[3].After, "all that the component holds, and what takes it along")
	require.Equal(t, cloud.Map{"v": cloud.Map{"a": []any{1.0, "x"}}}, g.Nodes[2].Inputs)
	require.Equal(t, "eu-central-1", g.Nodes[2].Region)
	require.True(t, g.Nodes[2].Retain)
	require.Equal(t, 2, g.Nodes[3].With)
}

// Whatever the order in which resources happened to be done, the graph is the same: a seed means one thing.
func TestGraphHasOneOrder(t *testing.T) {
	t.Parallel()
	cluster, one, two, service, alone := entry("cluster"), entry("one", "cluster"), entry("two", "cluster"), entry("service", "one"), entry("alone")
	two.DeletedWith = cluster.URN
	var first *Graph
	for _, resources := range [][]plan.Resource{
		{cluster, one, two, service, alone}, {alone, cluster, two, one, service}, {cluster, alone, two, one, service}, {cluster, one, service, two, alone},
	} {
		g, err := NewGraph(state(resources...), nil)
		require.NoError(t, err)
		if first == nil {
			first = g
		}
		require.Equal(t, first, g)
	}
	require.Equal(t, []string{"alone", "cluster", "one", "service", "two"},
		[]string{first.Nodes[0].Name, first.Nodes[1].Name, first.Nodes[2].Name, first.Nodes[3].Name, first.Nodes[4].Name})
	require.Equal(t, 1, first.Nodes[4].With)
}

func TestGraphOfNothing(t *testing.T) {
	t.Parallel()
	_, err := NewGraph(state(), nil)
	require.ErrorContains(t, err, "the stack holds no resources")
	lost := entry("a")
	lost.Provider = "elsewhere"
	_, err = NewGraph(state(lost), nil)
	require.ErrorContains(t, err, "its provider elsewhere is not in the checkpoint")
}

func TestPaths(t *testing.T) {
	t.Parallel()
	g, err := NewGraph(state(entry("a"), entry("b", "a"), entry("c", "b", "a"), entry("d", "a")), nil)
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 0}, g.Path(2, 0))
	require.Nil(t, g.Path(3, 0))
	require.Nil(t, g.Path(0, 2))
	without := g.Without(0, 2)
	require.Equal(t, []Edge{{To: 1, Kind: Orders}}, without.Nodes[2].After)
	require.Len(t, g.Nodes[2].After, 2, "the graph itself stays")
	require.Empty(t, g.First(0).Nodes[3].After)
	both := Join("both", g, g)
	require.Len(t, both.Nodes, 8)
	require.Equal(t, []int{6, 5, 4}, both.Path(6, 4))
	require.Nil(t, both.Path(6, 0), "stacks do not wait for each other")
}
