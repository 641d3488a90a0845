package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
)

var (
	room    = program.Finding{Region: "eu-central-1", Stacks: []string{"a"}, What: "VPCs", Service: "vpc", Quota: "L-F678F1CE", Needed: 1, Used: 4, Limit: 5}
	crowded = program.Finding{Region: "eu-central-1", Stacks: []string{"a"}, What: "elastic addresses", Service: "ec2", Quota: "L-0263D0A3", Needed: 3, Used: 3, Limit: 5}
	unasked = program.Finding{Region: "eu-central-1", What: "vCPUs", Needed: 16, Unknown: "AccessDenied"}
)

// What an account has too little of is told with the code by which more is asked for, and nothing is made.
func TestDoctorSaysWhatIsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.findings = []program.Finding{room, unasked}
	text, code := w.run("doctor a --offline")
	require.Zero(t, code, text)
	require.Equal(t, "eu-central-1: VPCs: 1 needed, 4 of 5 in use (vpc L-F678F1CE)\neu-central-1: vCPUs: 16 needed, the limit is unknown: AccessDenied\n", w.out.String())

	w = newWorld(t)
	w.findings = []program.Finding{room, crowded}
	text, code = w.run("doctor a --json")
	require.Equal(t, 7, code)
	require.Contains(t, text, "elastic addresses: 3 needed, 3 of 5 in use (ec2 L-0263D0A3)")
	require.Contains(t, text, "request-service-quota-increase")
	require.NotContains(t, text, "VPCs")
	lines := strings.Split(strings.TrimSpace(w.out.String()), "\n")
	require.Len(t, lines, 2)
	require.JSONEq(t, `{"region":"eu-central-1","stacks":["a"],"what":"elastic addresses","service":"ec2","quota":"L-0263D0A3","needed":3,"used":3,"limit":5,"enough":false}`, lines[1])

	_, code = newWorld(t).run("doctor")
	require.Equal(t, 2, code)
}

// The first up of a region asks before it makes anything; a later one does not.
func TestFirstUpAsksTheDoctor(t *testing.T) {
	t.Parallel()
	first := vpcStep
	for _, c := range []struct {
		op   plan.Op
		code int
	}{{plan.OpCreate, 7}, {plan.OpUpdate, 0}} {
		w := newWorld(t)
		w.findings = []program.Finding{crowded}
		first.Op = c.op
		w.plans["a"] = plan.Plan{Steps: []plan.Step{first}}
		text, code := w.run("up a --yes")
		require.Equal(t, c.code, code, text)
		require.Equal(t, c.code == 0, w.did("up a"), text)
	}
}
