package gate_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/gate"
	"github.com/deepstreamhub/platform/internal/risk"
)

func assessed(classes ...risk.Class) risk.Assessment {
	a := risk.Assessment{Stack: "prod-eu"}
	for _, c := range classes {
		a.Class = max(a.Class, c)
		a.Findings = append(a.Findings, risk.Finding{Class: c})
	}
	return a
}

// No plan passes with a change above what was allowed, and none at all with a blocked one.
func TestUp(t *testing.T) {
	t.Parallel()
	class := rapid.Custom(func(t *rapid.T) risk.Class { return risk.Class(rapid.IntRange(1, int(risk.Blocked)).Draw(t, "class")) })
	rapid.Check(t, func(t *rapid.T) {
		a := assessed(rapid.SliceOf(class).Draw(t, "plan")...)
		most := class.Draw(t, "max")
		err := gate.Up("up", a, most)
		if want := a.Class > most || a.Class == risk.Blocked; want != (err != nil) {
			t.Fatalf("%s with at most %s: %v", a.Class, most, err)
		}
	})
}

func TestTooRiskyTellsAndAdvises(t *testing.T) {
	t.Parallel()
	a := assessed(risk.InPlace, risk.Disconnects, risk.Blocked)
	for i := range a.Findings {
		a.Findings[i].Step.Name = a.Findings[i].Class.String() + "-one"
	}
	a.Findings[2].Reason = "it is protected"
	err := gate.Up("up", a, risk.InPlace)
	var refused *gate.TooRisky
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	text := err.Error()
	for _, part := range []string{"up prod-eu: refused: touches protected data", "blocked-one", ": it is protected", "disconnects-one"} {
		if !strings.Contains(text, part) {
			t.Errorf("the refusal lacks %q:\n%s", part, text)
		}
	}
	if strings.Contains(text, "in-place-one") {
		t.Errorf("the refusal names what is allowed:\n%s", text)
	}
	if strings.Index(text, "blocked-one") > strings.Index(text, "disconnects-one") {
		t.Errorf("the worst does not come first:\n%s", text)
	}
	for _, part := range []string{"two steps", "Pulumi.prod-eu.yaml", "--max-risk exposes"} {
		if !strings.Contains(refused.Advice(), part) {
			t.Errorf("advice lacks %q:\n%s", part, refused.Advice())
		}
	}
	if refused.ExitCode() != gate.Refused {
		t.Errorf("exit code %d", refused.ExitCode())
	}
	if text := gate.Up("preview", a, risk.InPlace).Error(); !strings.HasPrefix(text, "preview prod-eu: refused: ") {
		t.Errorf("another command's refusal: %s", text)
	}
	errors.As(gate.Up("up", assessed(risk.Disconnects), risk.InPlace), &refused)
	if !strings.Contains(refused.Advice(), "--max-risk disconnects") {
		t.Errorf("advice: %s", refused.Advice())
	}
	many := assessed(risk.Replaces, risk.Replaces, risk.Replaces, risk.Replaces, risk.Replaces, risk.Replaces, risk.Replaces,
		risk.Replaces, risk.Replaces, risk.Replaces, risk.Replaces, risk.Replaces)
	if text := gate.Up("up", many, risk.InPlace).Error(); !strings.Contains(text, "and 2 more") {
		t.Errorf("got:\n%s", text)
	}
}

// A change of the database's major version is told its own steps, and what no step makes possible is told none.
func TestTooRiskyTellsTheStepsOfAMajorVersion(t *testing.T) {
	t.Parallel()
	advice := func(f risk.Finding) string {
		a := risk.Assessment{Stack: "prod-eu", Class: f.Class, Findings: []risk.Finding{f, {Class: risk.InPlace}}}
		var refused *gate.TooRisky
		if !errors.As(gate.Up("up", a, risk.Disconnects), &refused) {
			t.Fatal("it is let through")
		}
		return refused.Advice()
	}
	steps := advice(risk.Finding{Class: risk.Blocked, Major: 17})
	at := 0
	for _, part := range []string{"snapshot", "platform.protect to false", "--max-risk exposes", "database.allowMajorVersion to 17", "hub health prod-eu", "protect to true again"} {
		i := strings.Index(steps[at:], part)
		if i < 0 {
			t.Fatalf("%q is missing, or not in its place:\n%s", part, steps)
		}
		at += i
	}
	if text := advice(risk.Finding{Class: risk.Blocked, Never: true, Major: 17}); strings.Contains(text, "hub up") || !strings.Contains(text, "nothing lets this through") {
		t.Errorf("a way is shown where there is none:\n%s", text)
	}
	if text := advice(risk.Finding{Class: risk.Exposes, Major: 17}); strings.Contains(text, "snapshot") {
		t.Errorf("steps are shown where a flag is enough:\n%s", text)
	}
}
