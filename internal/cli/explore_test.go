package cli

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

// explored is a checkpoint of a VPC and of a second one that is to wait for the first.
func explored() plan.State {
	const provider = "urn:pulumi:s::p::pulumi:providers:aws::aws"
	vpc := func(name, cidr string) plan.Resource {
		return plan.Resource{
			URN: "urn:pulumi:s::p::aws:ec2/vpc:Vpc::" + name, Type: "aws:ec2/vpc:Vpc", Name: name, ID: "vpc-" + name, Custom: true,
			Provider: provider + "::1", Inputs: map[string]any{"cidrBlock": cidr},
		}
	}
	first, second := vpc("first", "10.0.0.0/16"), vpc("second", "10.1.0.0/16")
	second.Dependencies = []string{first.URN}
	return plan.State{Resources: []plan.Resource{
		{URN: provider, Type: "pulumi:providers:aws", ID: "1", Custom: true, Inputs: map[string]any{"region": "eu-central-1"}}, first, second,
	}}
}

func TestExplore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.states["a"] = explored()
	text, code := w.run("explore a --orders 7 --seed 3")
	require.Zero(t, code, text)
	require.Contains(t, w.out.String(), "a: 2 resources; from seed 3 on, 7 creations and 7 deletions of 7 each went through")
	require.Contains(t, w.out.String(), ": 0 failures.")
	require.Equal(t, []string{"load a", "engine", "cloud", "open a existing=false", "up a", "state a", "close a", "close cloud"}, w.calls)
	require.NotContains(t, w.targets["a"].Backend, w.Dir, "the recording is kept apart from the project's own offline state")
	require.NotContains(t, w.targets["a"].WorkDir, w.Dir)
}

func TestExploreTellsWhichDependencyNothingMisses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.states["a"] = explored()
	text, code := w.run("explore a --orders 5 --drop-each-dependency")
	require.Equal(t, 1, code)
	require.Contains(t, text, "nothing misses 1 of its dependencies")
	require.Regexp(t, `second \(Vpc\) +first \(Vpc\) +NOTHING MISSES IT`, w.out.String())

	w = newWorld(t)
	w.states["a"] = explored()
	_, code = w.run("explore a --orders 5 --drop-each-dependency --json")
	require.Equal(t, 1, code)
	var report struct {
		Uncaught int
		Edges    []struct{ Kind string }
	}
	require.NoError(t, json.Unmarshal(w.out.Bytes(), &report))
	require.Equal(t, 1, report.Uncaught)
	require.Equal(t, "orders", report.Edges[0].Kind)
}

func TestExploreTellsOfAFailingOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	state := explored()
	state.Resources[2].Dependencies = nil
	state.Resources = append(state.Resources, plan.Resource{
		URN: "urn:pulumi:s::p::aws:ec2/subnet:Subnet::subnet", Type: "aws:ec2/subnet:Subnet", Name: "subnet", ID: "subnet-1", Custom: true,
		Provider: state.Resources[1].Provider, Inputs: map[string]any{"vpcId": "vpc-nowhere", "cidrBlock": "10.0.0.0/24"},
	})
	w.states["a"] = state
	text, code := w.run("explore a --orders 5")
	require.Equal(t, 1, code)
	require.Contains(t, text, "in the plainest order")
	require.Contains(t, text, "InvalidVpcID.NotFound")
}

func TestExploreRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"explore", "explore a b", "explore a --orders 0"} {
		w := newWorld(t)
		_, code := w.run(line)
		require.Equal(t, 2, code, line)
		require.Empty(t, w.calls, line)
	}
	w := newWorld(t)
	w.configErrs["a"] = errors.New("network.cidr = 1")
	text, code := w.run("explore a")
	require.Equal(t, 2, code)
	require.Contains(t, text, "network.cidr = 1")
}
