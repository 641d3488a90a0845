package tests

import (
	"flag"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// seeds is how many clouds TestRealisticTimes brings a region up in. More than the suite has time for are asked for by
// go test ./tests -run TestRealisticTimes -args --seeds 25.
var seeds = flag.Int("seeds", 5, "clouds in which a region comes up and goes down in realistic time")

// timeScale runs the offline AWS a hundred times faster than AWS: the quarter of an hour that a region takes becomes some
// seconds, beside which what the engine itself needs stays small.
const timeScale = 0.01

// A region comes up and goes down whole, the first time, while everything takes as long as it does in AWS and new roles
// and policies are seen late: one run each, nothing applied twice.
func TestRealisticTimes(t *testing.T) {
	for seed := range *seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			aws := harness.StartAWS(t, awssim.Options{Scale: timeScale, Seed: uint64(seed)})
			s := harness.NewStack(t, aws, "time", harness.Ephemeral(t, tracked[seed%len(tracked)]))
			before := aws.Contents()

			began := aws.Cloud().Now()
			up := s.Up()
			took := aws.Cloud().Now().Sub(began)
			require.Empty(t, harness.Changed(s.Preview()))

			began = aws.Cloud().Now()
			s.Destroy()
			t.Logf("seed %d: %d resources up in %s of the cloud's time, down in %s", seed, up.Count()["create"], took.Round(1e9), aws.Cloud().Now().Sub(began).Round(1e9))
			require.Equal(t, before, aws.Contents())
		})
	}
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

// A release of an address that AWS refuses only because the gateway has just gone is repeated by the program's hook.
func TestAddressHeldByAGatewayThatHasGone(t *testing.T) {
	t.Parallel()
	aws := harness.StartAWS(t, awssim.Options{Faults: []cloud.Fault{{
		Kind: cloud.Refused, Call: "delete", Type: "aws:ec2/eip:Eip", Nth: 1,
		Answer: cloud.Refusal{Code: "AuthFailure", Message: "You do not have permission to access the specified resource.", Rule: "facts 5"},
	}}})
	s := harness.NewStack(t, aws, "held", harness.Ephemeral(t, "prod-eu"))
	before := aws.Contents()
	s.Up()
	s.Destroy()
	require.Equal(t, before, aws.Contents())
}
