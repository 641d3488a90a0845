package deploy

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

// A failure ends in the resource and its place, AWS's answer, the cause and the fix, in lines that fit a terminal.
func TestFailureIsExplained(t *testing.T) {
	t.Parallel()
	e := &Error{Verb: "up", Stack: "prod-eu", Cause: errors.New("exit status 255"), Failed: []Failure{
		{
			URN:  "urn:pulumi:prod-eu::deepstreamhub::deepstreamhub:network:Network$aws:ec2/eip:Eip::network-nat-euc1-az1",
			Type: "aws:ec2/eip:Eip", Name: "network-nat-euc1-az1", Op: plan.OpCreate,
			Messages: []string{
				"creating EC2 EIP: operation error EC2: AllocateAddress, https response error StatusCode: 400, RequestID: 7d2f, api error AddressLimitExceeded: The maximum number of addresses has been reached.",
				"1 error occurred:",
			},
		},
		{URN: "urn:pulumi:prod-eu::deepstreamhub::aws:sns/topic:Topic::alarms", Type: "aws:sns/topic:Topic", Name: "alarms", Op: plan.OpCreate, Messages: []string{"something new"}},
	}}
	advice := e.Advice()
	for _, part := range []string{
		"network-nat-euc1-az1 (aws:ec2/eip:Eip) in network\n  AWS:   AddressLimitExceeded: The maximum number of addresses has been\n         reached.\n  Call:  EC2 AllocateAddress, request 7d2f\n  Cause: The region holds as many Elastic IP addresses",
		"hub up prod-eu", "alarms (aws:sns/topic:Topic)\n  Cause: not in the catalogue of errors", "goes on from there",
	} {
		require.Contains(t, advice, part)
	}
	for line := range strings.Lines(advice) {
		require.LessOrEqual(t, len(line), 80, line)
	}
	x := e.Explain()
	require.Equal(t, []string{"network"}, x[0].Tiers)
	require.Equal(t, "AddressLimitExceeded", x[0].Answer.Code)
	require.Empty(t, x[1].Cause)
	require.Nil(t, x[1].Answer)
}

func TestWarningsBeforeAnErrorAreNoneOfIt(t *testing.T) {
	t.Parallel()
	for stderr, want := range map[string][]string{
		"error: no stack named 'prod-eu' found\n": {"no stack named 'prod-eu' found"},
		"SDK 2026/11/30 WARN Response has no supported checksum. Not validating response payload.\nerror: no stack\nof that name\n": {"no stack\nof that name"},
		"panic: at once": {"panic: at once"},
		"":               nil,
	} {
		require.Equal(t, want, stderrProblems(errors.New("failed\ncode: 1\nstdout: \nstderr: "+stderr)), stderr)
	}
}
