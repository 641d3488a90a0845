package risk_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/risk"
)

// someSteps draws steps from the table of cases, each with a URN of its own.
func someSteps(t *rapid.T, label string) []plan.Step {
	var out []plan.Step
	for _, name := range rapid.SliceOf(rapid.SampledFrom(slices.Sorted(maps.Keys(cases)))).Draw(t, label) {
		// Each case is a stack of its own, so that its steps know each other and no others.
		own := strings.NewReplacer("urn:pulumi:s::", "urn:pulumi:"+label+string(rune('a'+len(out)))+"::").Replace
		for _, s := range cases[name].steps {
			if s.URN == "" {
				s.URN = "urn:pulumi:s::p::" + s.Type + "::" + s.Name
			}
			s.URN, s.Parent = own(s.URN), own(s.Parent)
			out = append(out, s)
		}
	}
	return out
}

// Joined, two plans are at least as bad as the worse of them, and no worse unless a template or a revision meets what takes
// it, which is counted already.
func TestUnionIsTheWorse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := someSteps(t, "a"), someSteps(t, "b")
		one, two := risk.Assess(plan.Plan{Steps: a}, fleet), risk.Assess(plan.Plan{Steps: b}, fleet)
		both := risk.Assess(plan.Plan{Steps: slices.Concat(a, b)}, fleet)
		if want := max(one.Class, two.Class); both.Class != want {
			t.Fatalf("together %s, apart %s and %s", both.Class, one.Class, two.Class)
		}
		if both.Clients != max(one.Clients, two.Clients) || both.Rounds < max(one.Rounds, two.Rounds) {
			t.Fatalf("together %+v, apart %+v and %+v", both, one, two)
		}
	})
}

// Whatever a step is: what is protected and goes is blocked, nobody is counted twice, and the order says nothing.
func TestInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := someSteps(t, "s")
		protect := rapid.Bool().Draw(t, "protect")
		going := false
		for i := range steps {
			if protect && !steps[i].Component() {
				steps[i].Protect = true
				going = going || steps[i].Op == plan.OpDelete || steps[i].Op == plan.OpReplace
			}
		}
		a := risk.Assess(plan.Plan{Steps: steps}, fleet)
		if going && a.Class != risk.Blocked {
			t.Fatalf("something protected goes and the plan is %s", a.Class)
		}
		if a.Clients > fleet.Peak || a.AtOnce > a.Clients || (a.Clients > 0) != (a.Rounds > 0) || a.Clients > 0 && a.Class < risk.Disconnects {
			t.Fatalf("clients %d, at once %d, rounds %d, class %s", a.Clients, a.AtOnce, a.Rounds, a.Class)
		}
		counted := a.Unchanged
		for _, c := range risk.Classes() {
			counted += len(a.Of(c))
		}
		resources := slices.DeleteFunc(slices.Clone(steps), plan.Step.Component)
		if counted != len(resources) {
			t.Fatalf("%d of %d resources are judged", counted, len(resources))
		}
		slices.Reverse(steps)
		if other := risk.Assess(plan.Plan{Steps: steps}, fleet); other.Class != a.Class || other.Clients != a.Clients || other.AtOnce != a.AtOnce {
			t.Fatalf("backwards %+v, forwards %+v", other, a)
		}
	})
}
