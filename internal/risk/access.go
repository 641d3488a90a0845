package risk

import (
	"encoding/json"

	"github.com/deepstreamhub/platform/internal/plan"
)

// access is who a service lets in, as far as a plan says.
type access int

const (
	untold  access = iota // nothing is said: there is no such service, or it is none that could be told
	asks                  // a webhook is asked who a client is
	open                  // everybody is let in
	unclear               // known after the run
)

// opens is what a task definition does that lets everybody in, unless the one before it did. What is not known before the
// run counts as open.
func (j judge) opens(s plan.Step) Finding {
	if s.Op == plan.OpSame || s.Op == plan.OpDelete || s.Op == plan.OpRead || s.Op == plan.OpRefresh || !j.tells(s) {
		return Finding{}
	}
	return j.exposes(j.before(s), j.after(s))
}

// runsOpen is what a service does that begins to run a revision which is there already: an earlier run made it, and did
// not come to the service.
func (j judge) runsOpen(s plan.Step) Finding {
	revision, ok := j.revisions[s.Parent]
	if !ok || revision.Op != plan.OpSame || s.Op != plan.OpCreate && !changes(s, "taskDefinition") || !j.tells(s) {
		return Finding{}
	}
	return j.exposes(untold, j.before(revision))
}

func (j judge) exposes(before, after access) Finding {
	switch {
	case after == open && before != open:
		return Finding{Class: Exposes, Reason: "everybody is let in who can reach the region: nobody is asked who a client is"}
	case after == unclear && before != open:
		return Finding{Class: Exposes, Reason: "whether anybody is asked who a client is is known after the run only"}
	}
	return Finding{}
}

// tells reports whether a step belongs to the service whose tasks are told.
func (j judge) tells(s plan.Step) bool { return j.fleet.Access.Variable != "" && j.carries(s) }

// before is who is let in by the revision that is there.
func (j judge) before(s plan.Step) access { return j.inContainers(s.Old["containerDefinitions"]) }

// after is who is let in by the new one. Its containers are one text, which is known only once everything in it is; until
// then the component says what it will tell them.
func (j judge) after(s plan.Step) access {
	if who := j.inContainers(s.New["containerDefinitions"]); who != unclear {
		return who
	}
	component, ok := j.components[s.Parent]
	if !ok {
		return unclear
	}
	value, ok := plan.At(component.New, "environment")
	environment, isMap := value.(map[string]any)
	switch {
	case !ok:
		return untold
	case !isMap:
		return unclear
	}
	value, ok = environment[j.fleet.Access.Variable]
	if !ok {
		return untold
	}
	return j.told(value)
}

// told is who is let in by tasks whose variable has a value.
func (j judge) told(value any) access {
	switch value.(type) {
	case plan.Mark:
		return unclear
	}
	if value == j.fleet.Access.Value {
		return asks
	}
	return open
}

// inContainers reads the variable out of container definitions. Of several the worst counts.
func (j judge) inContainers(definitions any) access {
	text, ok := definitions.(string)
	if !ok {
		if definitions == nil {
			return untold
		}
		return unclear
	}
	var containers []struct {
		Environment []struct{ Name, Value string }
	}
	if json.Unmarshal([]byte(text), &containers) != nil {
		return unclear
	}
	who := untold
	for _, c := range containers {
		for _, v := range c.Environment {
			if v.Name == j.fleet.Access.Variable {
				who = max(who, j.told(v.Value))
			}
		}
	}
	return who
}
