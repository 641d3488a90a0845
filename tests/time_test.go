package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/explore"
	"github.com/deepstreamhub/platform/tests/harness"
)

// likelyLaunches is how many launches TestRealisticTimes plays.
const likelyLaunches = 1000

// timeScale runs the offline AWS a hundred times faster than AWS: the quarter of an hour that a region takes becomes some
// seconds. What the engine needs itself then counts a hundredfold, so that nothing about a region's time follows from it.
const timeScale = 0.01

// A region comes up and goes down whole, the first time, while everything takes as long as it is likely to in AWS and new
// roles and policies are seen late: nothing applied twice, in a thousand clouds of virtual time and once with the engine.
func TestRealisticTimes(t *testing.T) {
	t.Parallel()
	g := recorded(t, "prod-us", nil)
	s, err := g.Spread(t.Context(), explore.Options{Orders: likelyLaunches, Seed: 1})
	require.NoError(t, err)
	require.Empty(t, s.Clashes)
	require.Zero(t, s.Failed)
	require.Equal(t, likelyLaunches, s.Seeds)
	for what, q := range map[string]explore.Quantiles{"first client": s.FirstClient, "complete": s.Complete, "down": s.Down} {
		require.Less(t, q.Min, q.Median, what)
		require.Less(t, q.Median, q.P90, what)
		require.Less(t, q.P90, q.Max, what)
	}
	again, err := g.Spread(t.Context(), explore.Options{Orders: 20, Seed: 1, Workers: 1})
	require.NoError(t, err)
	first, err := g.Spread(t.Context(), explore.Options{Orders: 20, Seed: 1, Workers: 3})
	require.NoError(t, err)
	require.Equal(t, first, again, "a seed's launch is the same whenever it is played")
}

func TestRealisticTimesWithTheEngine(t *testing.T) {
	t.Parallel()
	aws := harness.StartAWS(t, awssim.Options{Scale: timeScale, Seed: 1})
	s := harness.NewStack(t, aws, "time", harness.Ephemeral(t, "prod-eu"))
	before := aws.Contents()
	s.Up()
	require.Empty(t, harness.Changed(s.Preview()))
	s.Destroy()
	require.Equal(t, before, aws.Contents())
}

// What AWS throttles or fails for a moment, the provider's own SDK absorbs, wherever it strikes.
func TestMomentaryFaultsAreAbsorbed(t *testing.T) {
	t.Parallel()
	aws := harness.StartAWS(t, awssim.Options{Scale: 0.001, Seed: 1, FaultRate: 0.2})
	s := harness.NewStack(t, aws, "faults", harness.Ephemeral(t, "prod-eu"))
	before := aws.Contents()
	s.Up()
	s.Destroy()
	require.Equal(t, before, aws.Contents())
}

// A release of an address that AWS refuses only because the gateway has just gone is repeated by the program's hook, also on half
// a region, on which the program itself would fail.
func TestAddressHeldByAGatewayThatHasGone(t *testing.T) {
	t.Parallel()
	held := cloud.Fault{
		Kind: cloud.Refused, Call: "delete", Type: "aws:ec2/eip:Eip", Nth: 1,
		Answer: cloud.Refusal{Code: "AuthFailure", Message: "You do not have permission to access the specified resource.", Rule: "facts 5"},
	}
	for name, failing := range map[string][]cloud.Fault{
		"whole": nil,
		"half": {{
			Kind: cloud.Refused, Call: "create", Type: "aws:ecs/cluster:Cluster", Nth: 1,
			Answer: cloud.Refusal{Code: "AccessDeniedException", Message: "not today", Rule: "facts 5"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws := harness.StartAWS(t, awssim.Options{Faults: append(failing, held)})
			s := harness.NewStack(t, aws, "held", harness.Ephemeral(t, "prod-eu"))
			before := aws.Contents()
			_, err := s.TryUp()
			require.Equal(t, failing != nil, err != nil, "%v", err)
			s.Destroy()
			require.Equal(t, before, aws.Contents())
		})
	}
}
