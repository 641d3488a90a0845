package program

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const heldAddress = "operation error EC2: ReleaseAddress, https response error StatusCode: 400, api error AuthFailure: You do not have permission to access the specified resource."

func TestWaitsGrowAndEnd(t *testing.T) {
	t.Parallel()
	var total, last time.Duration
	attempts := 0
	for {
		wait, again := WaitOut("aws:ec2/eip:Eip", "delete", heldAddress, attempts+1, 0)
		if !again {
			break
		}
		require.GreaterOrEqual(t, wait, last)
		require.LessOrEqual(t, wait, longestWait)
		total, last, attempts = total+wait, wait, attempts+1
	}
	require.LessOrEqual(t, total, patience)
	require.Greater(t, total, patience-longestWait)
	require.Less(t, attempts, 100, "the engine stops at a hundred, with an error of its own")

	early, _ := WaitOut("aws:ec2/eip:Eip", "delete", heldAddress, 1, 0.999)
	require.InDelta(t, firstWait/2, early, float64(time.Millisecond))
}

func TestOnlyWhatSettlesIsRepeated(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		typ, operation, message string
		again                   bool
	}{
		"an address whose gateway has just gone": {"aws:ec2/eip:Eip", "delete", heldAddress, true},
		"a lack of permission":                   {"aws:ec2/vpc:Vpc", "delete", heldAddress, false},
		"an address that cannot be had":          {"aws:ec2/eip:Eip", "create", heldAddress, false},
		"throttling":                             {"aws:iam/role:Role", "create", "operation error IAM: CreateRole, api error ThrottlingException: Rate exceeded", true},
		"a wrong certificate for ever":           {"aws:lb/listener:Listener", "update", "api error UnsupportedCertificate: no", false},
		"a failure after the fact":               {"aws:ec2/natGateway:NatGateway", "create", "unexpected state 'failed', wanted target 'available'", false},
	} {
		_, again := WaitOut(test.typ, test.operation, test.message, 1, 0)
		require.Equal(t, test.again, again, name)
	}
	for _, s := range waitedOut {
		require.NotEmpty(t, s.Says)
		require.NotEmpty(t, s.Why)
	}
}
