package tests

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// An up that AWS refuses ends in the resource and its place, AWS's error, the cause in words and the fix, for people and as
// data; the next up goes on from there.
func TestFailureEndsInCauseAndFix(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	const fault = "--fault=AddressLimitExceeded:create:aws:ec2/eip:Eip#2"
	failed := p.Hub(nil, "up", "prod-eu", "--offline", "--yes", fault)
	require.Equal(t, 1, failed.Code, failed.Stderr)
	for _, part := range []string{
		"(aws:ec2/eip:Eip) in network", "AWS:   AddressLimitExceeded", "Call:  EC2 AllocateAddress", "Cause: The region holds as many Elastic IP", "Fix:   Raise the quota", "hub up prod-eu",
	} {
		require.Contains(t, failed.Stderr, part)
	}

	failed = p.Hub(nil, "up", "prod-eu", "--offline", "--yes", "--json", fault[:len(fault)-1]+"1")
	require.Equal(t, 1, failed.Code, failed.Stderr)
	lines := strings.Split(strings.TrimSpace(failed.Stdout), "\n")
	var result struct {
		Kind   string
		OK     bool
		Failed []struct {
			Type, Cause, Fix string
			Tiers            []string
			Answer           struct{ Code, Operation string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &result))
	require.Equal(t, "result", result.Kind)
	require.False(t, result.OK)
	require.Len(t, result.Failed, 1)
	got := result.Failed[0]
	require.Equal(t, "aws:ec2/eip:Eip", got.Type)
	require.Equal(t, []string{"network"}, got.Tiers)
	require.Equal(t, "AddressLimitExceeded", got.Answer.Code)
	require.NotEmpty(t, got.Cause)
	require.Contains(t, got.Fix, "network.nat")

	again := p.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Zero(t, again.Code, again.Stderr)
}
