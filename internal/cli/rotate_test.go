package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
)

// passwords is a state with the passwords of bus and database, and which of them are being rotated.
func passwords(rotating ...string) plan.State {
	var s plan.State
	for _, tier := range []string{"bus", "database"} {
		r := plan.Resource{
			URN: "urn:pulumi:a::p::aws:secretsmanager/secretVersion:SecretVersion::" + tier + "-secret-version", Custom: true,
			Type: "aws:secretsmanager/secretVersion:SecretVersion", Name: tier + "-secret-version", Inputs: map[string]any{},
		}
		for _, name := range rotating {
			if name == tier {
				r.Inputs["versionStages"] = []any{"AWSCURRENT", "rotating"}
			}
		}
		s.Resources = append(s.Resources, r)
	}
	s.Resources = append(s.Resources, plan.Resource{Type: "aws:secretsmanager/secretVersion:SecretVersion", Name: "bus-secret-version", Delete: true,
		Inputs: map[string]any{"versionStages": []any{"AWSCURRENT", "rotating"}}})
	return s
}

// parted is a plan in which every part that a rotation works on is there.
func parted() plan.Plan {
	var p plan.Plan
	for _, name := range []string{"bus:Bus::bus", "database:Database::database", "service:Service::deepstream"} {
		urn := "urn:pulumi:a::p::deepstreamhub:" + name
		typ, _, _ := strings.Cut(name, "::")
		p.Steps = append(p.Steps, plan.Step{URN: urn, Type: "deepstreamhub:" + typ, Name: plan.Name(urn), Op: plan.OpSame})
	}
	return p
}

// steps notes which step of a rotation each run of the program is told.
func steps(w *world) *[]string {
	var out []string
	w.during = func(_ context.Context, verb, _ string) {
		if verb == "up" {
			out = append(out, string(w.rotation.Step)+" "+w.rotation.Tier)
		}
	}
	return &out
}

func TestRotateTakesTwoRuns(t *testing.T) {
	t.Parallel()
	for _, tier := range []string{program.BusTier, program.DatabaseTier} {
		w := newWorld(t)
		w.states["a"], w.plans["a"], w.looks = passwords(), parted(), []health.Reading{{}}
		told := steps(w)
		text, code := w.run("rotate " + tier + " a --yes")
		require.Zero(t, code, text)
		require.Equal(t, []string{"begin " + tier, "finish " + tier}, *told)

		// One that is under way is taken up: no further password is made.
		w = newWorld(t)
		w.states["a"], w.plans["a"], w.looks = passwords(tier), parted(), []health.Reading{{}}
		told = steps(w)
		text, code = w.run("rotate " + tier + " a --yes")
		require.Zero(t, code, text)
		require.Equal(t, []string{" ", "finish " + tier}, *told)
		require.Contains(t, w.err.String(), "a rotation of the "+tier+" is under way: finishing that one.")
	}
}

func TestRotateIsRefused(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"rotate cache a --yes":    "name what has a password, bus or database, and one stack",
		"rotate bus --yes":        "name what has a password, bus or database, and one stack",
		"rotate bus a b --yes":    "name what has a password, bus or database, and one stack",
		"rotate bus a":            "there is no terminal to ask on",
		"rotate bus empty --yes":  "rotate bus empty: nothing is deployed that has a password",
		"rotate database a --yes": "rotate database a: a rotation of the bus is under way",
	} {
		w := newWorld(t)
		w.states["a"], w.plans["a"] = passwords("bus"), parted()
		told := steps(w)
		text, code := w.run(line)
		require.Equal(t, 2, code, "%s: %s", line, text)
		require.Contains(t, text, want, line)
		require.Empty(t, *told, line)
	}
}

// There is no rotation of a part of a region, and none is advised.
func TestRotateWantsTheWholeRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := parted()
	p.Steps = append(p.Steps, plan.Step{URN: "urn:pulumi:a::p::deepstreamhub:cluster:Cluster::cluster", Type: "deepstreamhub:cluster:Cluster", Name: "cluster", Op: plan.OpCreate})
	w.states["a"], w.plans["a"] = passwords(), p
	text, code := w.run("rotate bus a --yes --offline")
	require.Equal(t, 2, code, text)
	require.Contains(t, text, "rotate bus a: nothing is there yet in: cluster")
	require.Contains(t, text, "Make the region whole first: hub up a --offline\n")
	require.NotContains(t, text, "--only")
}

// A run that fails half way ends with the way on.
func TestRotateThatStopsSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.states["a"], w.plans["a"], w.looks = passwords("bus"), parted(), []health.Reading{{}}
	w.opErrs["up a"] = context.DeadlineExceeded
	text, code := w.run("rotate bus a --yes")
	require.Equal(t, 1, code, text)
	require.Contains(t, text, "Take it up where it is: hub rotate bus a")
}

// An up leaves a rotation where it is, and says so of the stack whose it is.
func TestUpTellsOfARotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.states["a"], w.states["b"], w.plans["a"], w.plans["b"] = passwords("database"), passwords(), parted(), parted()
	_, code := w.run("up a b --yes --no-wait --offline")
	require.Zero(t, code)
	require.Equal(t, 1, strings.Count(w.err.String(), "a rotation of"))
	require.Contains(t, w.err.String(), "a: a rotation of the database is under way, and the password before may still be valid. Finish it: hub rotate database a --offline\n")
}
