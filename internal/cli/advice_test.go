package cli

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
)

// What an offline command advises is typed as it stands, and stays on the offline account.
func TestAdviceStaysOnTheAccount(t *testing.T) {
	t.Parallel()
	root := App{}.root()
	stacks := []string{"prod-eu", "prod-eu-2", "prod-us", "a("}
	for text, want := range map[string]string{
		"run: hub up prod-eu --max-risk exposes\n  2. run: hub destroy prod-eu\nand":   "run: hub up prod-eu --offline --max-risk exposes\n  2. run: hub destroy prod-eu --offline\nand",
		"  hub refresh prod-eu prod-us\n  hub preview prod-eu-2":                       "  hub refresh prod-eu prod-us --offline\n  hub preview prod-eu-2 --offline",
		"Run hub up prod-eu again; if it stays, hub refresh prod-eu.":                  "Run hub up prod-eu --offline again; if it stays, hub refresh prod-eu --offline.",
		"then run: hub\n         up prod-eu, and hub unlock\n  prod-us --force":        "then run: hub\n         up prod-eu --offline, and hub unlock\n  prod-us --offline --force",
		"Finish it: hub rotate bus prod-eu":                                            "Finish it: hub rotate bus prod-eu --offline",
		"with: hub state restore prod-eu --version x":                                  "with: hub state restore prod-eu --offline --version x",
		"made ready with: hub bootstrap":                                               "made ready with: hub bootstrap --offline",
		"hub health prod-eu --offline --wait 5m0s, hub health prod-eu --offline=blank": "hub health prod-eu --offline --wait 5m0s, hub health prod-eu --offline=blank",
		"write it into the stack file with hub pin prod-eu --ami ID, then":             "write it into the stack file with hub pin prod-eu --ami ID, then",
		"as hub health judges, or hub bootstrap has\nnot made it":                      "as hub health judges, or hub bootstrap has\nnot made it",
		"See: hub up --help": "See: hub up --help",
	} {
		require.Equal(t, want, guide(root, flags{offline: true}, stacks, text))
		require.Equal(t, text, guide(root, flags{}, stacks, text), "on the real account")
	}
	require.Equal(t, "hub up prod-eu --offline=declared", guide(root, flags{offline: true, account: accountDeclared}, stacks, "hub up prod-eu"))
	require.Equal(t, "hub status --offline", guide(root, flags{offline: true}, nil, "hub status"))
}

// Every error that a command ends with comes by the one place that does so, whichever package it is of, and so does JSON.
func TestAdviceOfEveryPackageIsGuided(t *testing.T) {
	t.Parallel()
	guarded := vpcResource
	guarded.Protect = true
	drifted := vpcStep
	drifted.Op, drifted.Changed = plan.OpUpdate, []string{"tags"}
	for line, want := range map[string]string{
		"destroy a --offline --yes":                    "hub up a --offline --max-risk exposes",
		"destroy a --offline=declared --yes":           "hub destroy a --offline=declared\n",
		"up b --offline --yes --max-risk replaces":     "--max-risk disconnects",
		"up c --offline --yes --max-risk disconnects":  "hub up c --offline --max-risk exposes",
		"up locked --offline --yes":                    "hub unlock locked --offline",
		"drift d --offline":                            "hub refresh d --offline\n  hub preview d --offline\n  hub up d --offline",
		"destroy a --yes":                              "hub destroy a\n",
		"up failed --offline --yes":                    "hub up failed --offline",
		"rotate bus a --offline --yes":                 "hub up a --offline",
		"up locked locked-2 --offline --yes --no-wait": "hub unlock locked --offline",
	} {
		w := newWorld(t)
		w.states["a"] = plan.State{Resources: []plan.Resource{guarded}}
		w.plans["b"] = plan.Plan{Steps: []plan.Step{busStep}}
		w.plans["c"] = plan.Plan{Steps: []plan.Step{databaseStep}}
		w.plans["d"] = plan.Plan{Steps: []plan.Step{drifted}}
		w.opErrs["up locked"] = locked("up locked: the stack is locked", "See how it stands with: hub unlock locked")
		w.opErrs["up failed"] = errFull("failed")
		text, code := w.run(line)
		require.NotZero(t, code, line)
		require.Contains(t, text, want, line)
	}
	w := newWorld(t)
	w.plans["failed"] = plan.Plan{Steps: []plan.Step{vpcStep}}
	w.opErrs["up failed"] = errFull("failed")
	w.run("up failed --offline --yes --json")
	lines := bytes.Split(bytes.TrimSpace(w.out.Bytes()), []byte("\n"))
	var last struct{ Failed []deploy.Explained }
	require.NoError(t, json.Unmarshal(lines[len(lines)-1], &last))
	require.Contains(t, last.Failed[0].Fix, "hub up failed --offline")
}

// errFull is an operation that failed at a quota of AWS.
func errFull(stack string) error {
	return &deploy.Error{Verb: "up", Stack: stack, Cause: errBroken, Failed: []deploy.Failure{{
		URN: vpcStep.URN, Type: vpcStep.Type, Name: vpcStep.Name, Op: plan.OpCreate,
		Messages: []string{"creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: 1, api error VpcLimitExceeded: The maximum number of VPCs has been reached."},
	}}}
}
