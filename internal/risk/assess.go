package risk

import (
	"slices"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Fleet is what a region holds at its peak. The numbers of an empty Fleet are unknown, and so are counts of clients.
type Fleet struct {
	Service      string // logical name of the component whose tasks hold the clients' sockets; empty: any may
	Peak         int    // clients
	Tasks        int    // of that service
	PerTask      int    // clients a task holds
	Hosts        int
	TasksPerHost int

	// Access is by which variable of their environment tasks of the service are told to ask who a client is, and the only
	// value with which they do. A plan without these says nothing of who is let in.
	Access Setting
}

// Setting is a variable and one value of it.
type Setting struct{ Variable, Value string }

// Finding is one change, judged.
type Finding struct {
	Step    plan.Step
	Class   Class
	Reason  string // what makes it more than an addition or a change in place; empty for those
	Clients int    // how many clients it disconnects, 0 when none or unknown
	AtOnce  int    // how many of them together, at most
	Cause   string // for what disconnects: hosts, tasks, bus, edge or network. What has one cause is one event
	Failed  bool   // the engine already refused or failed to do it
	Major   int    // the next major version of the database, where this is part of going to it; else 0
	Never   bool   // blocked, and no earlier change lets it through
}

// Assessment is a whole plan, judged.
type Assessment struct {
	Stack     string
	Class     Class // the worst of all findings
	Clients   int   // how many clients lose their connection at least once; 0 also when unknown
	AtOnce    int   // how many of them together, at most
	Rounds    int   // how often a client may lose it: once for each cause
	Findings  []Finding
	Unchanged int // resources that stay as they are
}

// Assess judges every change of a plan, components left out: nothing in AWS corresponds to them.
func Assess(p plan.Plan, fleet Fleet) Assessment {
	a := Assessment{Stack: p.Stack}
	j := newJudge(p, fleet)
	for _, s := range steps(p) {
		if s.step.Component() {
			continue
		}
		f := j.judge(s.step)
		f.Failed = s.failed
		if f.Class == Nothing {
			a.Unchanged++
			continue
		}
		a.Findings = append(a.Findings, f)
	}
	a.sum()
	return a
}

// sum draws the findings together.
func (a *Assessment) sum() {
	var causes []string
	for _, f := range a.Findings {
		a.Class = max(a.Class, f.Class)
		a.Clients, a.AtOnce = max(a.Clients, f.Clients), max(a.AtOnce, f.AtOnce)
		if f.Cause != "" && !slices.Contains(causes, f.Cause) {
			causes = append(causes, f.Cause)
		}
	}
	a.Rounds = len(causes)
}

// Of returns the findings of a class, in the plan's order.
func (a Assessment) Of(c Class) []Finding {
	return slices.DeleteFunc(slices.Clone(a.Findings), func(f Finding) bool { return f.Class != c })
}

type attempt struct {
	step   plan.Step
	failed bool
}

// steps are a plan's steps, each URN once, with what failed: a refusal of the engine says no less about the change.
func steps(p plan.Plan) []attempt {
	var out []attempt
	failed := map[string]bool{}
	for _, s := range p.Failed {
		failed[s.URN] = true
	}
	known := map[string]bool{}
	for _, s := range p.Steps {
		out = append(out, attempt{s, failed[s.URN]})
		known[s.URN] = true
	}
	for _, s := range p.Failed {
		if !known[s.URN] {
			out = append(out, attempt{s, true})
		}
	}
	return out
}

// judge holds what judging a step takes beside the step.
type judge struct {
	fleet   Fleet
	refresh *plan.Step           // the fleet's group, when the plan replaces its hosts one after the other
	deploys map[string]plan.Step // services whose tasks the plan replaces, by their component's URN

	components map[string]plan.Step // by URN
	revisions  map[string]plan.Step // task definitions, by their component's URN
}

func newJudge(p plan.Plan, fleet Fleet) judge {
	j := judge{fleet: fleet, deploys: map[string]plan.Step{}, components: map[string]plan.Step{}, revisions: map[string]plan.Step{}}
	for _, s := range p.Steps {
		switch {
		case s.Component():
			j.components[s.URN] = s
		case s.Type == typeTask:
			j.revisions[s.Parent] = s
		case s.Type == typeGroup && refreshes(s):
			j.refresh = &s
		case s.Type == typeService && deploys(s):
			j.deploys[s.Parent] = s
		}
	}
	return j
}

// judge is the worst of what the guards, the type's own rule and the operation say.
func (j judge) judge(s plan.Step) Finding {
	f := byOperation(s)
	if rule, ok := rules[s.Type]; ok {
		f = worse(f, rule(j, s))
	}
	f = worse(f, guarded(s))
	f.Step = s
	return f
}

// worse joins two findings about one step: the worse class, and why it is bad to clients or data in either way.
func worse(a, b Finding) Finding {
	if b.Class > a.Class || b.Class == a.Class && a.Reason == "" {
		a, b = b, a
	}
	a.Clients, a.AtOnce = max(a.Clients, b.Clients), max(a.AtOnce, b.AtOnce)
	a.Major, a.Never = max(a.Major, b.Major), a.Never || b.Never
	if a.Cause == "" {
		a.Cause = b.Cause
	}
	if b.Class > Replaces && b.Reason != "" {
		a.Reason += "; " + b.Reason
	}
	return a
}

// byOperation is what an operation does to a resource of which nothing else is known.
func byOperation(s plan.Step) Finding {
	switch s.Op {
	case plan.OpSame, plan.OpRead, plan.OpRefresh:
		return Finding{Class: Nothing}
	case plan.OpCreate, plan.OpUpdate, plan.OpImport:
		return Finding{Class: InPlace}
	}
	return Finding{Class: Replaces}
}

// guarded is what protection says: it forbids, or it is what the step takes away.
func guarded(s plan.Step) Finding {
	switch {
	case gone(s) && (s.Protect || s.Unprotect):
		return Finding{Class: Blocked, Reason: "it is protected"}
	case gone(s) && len(Guards(s.Old)) > 0:
		return Finding{Class: Blocked, Reason: Guards(s.Old)[0] + " is on"}
	case s.Unprotect:
		return Finding{Class: Exposes, Reason: "its protection is taken off"}
	case s.Op == plan.OpUpdate:
		for _, guard := range Guards(s.Old) {
			if !on(s.New[guard]) {
				return Finding{Class: Exposes, Reason: guard + " is switched off"}
			}
		}
	}
	return Finding{}
}

// gone reports whether a step takes away what is there.
func gone(s plan.Step) bool {
	switch s.Op {
	case plan.OpSame, plan.OpRead, plan.OpRefresh, plan.OpCreate, plan.OpUpdate, plan.OpImport:
		return false
	}
	return true
}
