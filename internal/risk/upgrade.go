package risk

import (
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/aurora"
	"github.com/deepstreamhub/platform/internal/plan"
)

// The database's parameter groups, which belong to a major version.
const (
	typeClusterParameters  = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
	typeInstanceParameters = "aws:rds/parameterGroup:ParameterGroup"
)

// versioned judges a change of the database's version by the one in the state. That a major version may not be skipped is the
// platform's rule: AWS takes some databases further in one step, and what runs on them was tried with one version after the
// other.
func versioned(s plan.Step) Finding {
	from, _ := s.Old["engineVersion"].(string)
	to, _ := s.New["engineVersion"].(string)
	const noWay = "an upgrade restarts the instances, and there is no way back to the version before"
	if f := majorChange(aurora.Major(from), aurora.Major(to)); f.Never {
		return f
	}
	switch {
	case from == "" || to == "":
	case aurora.Less(to, from):
		return Finding{Class: Blocked, Never: true, Reason: fmt.Sprintf("AWS takes no database back from %s to %s: %s", from, to, beside)}
	case aurora.Known(from) && !aurora.Upgradable(from, to):
		return Finding{Class: Blocked, Never: true,
			Reason: fmt.Sprintf("AWS does not upgrade %s to %s, which it released before: choose a later minor version", from, to)}
	case aurora.Major(from) != aurora.Major(to) && s.New["allowMajorVersionUpgrade"] != true:
		return Finding{Class: Blocked, Major: aurora.Major(to),
			Reason: fmt.Sprintf("another major version has to be allowed: database.allowMajorVersion: %d", aurora.Major(to))}
	case aurora.Major(from) != aurora.Major(to):
		return Finding{Class: Interrupts, Major: aurora.Major(to), Reason: "a major version: the database is away until AWS has rewritten its catalogue, " +
			"which takes minutes at least, and there is no way back to the version before"}
	}
	return Finding{Class: Interrupts, Reason: noWay}
}

// beside is the way that there is instead of one back.
const beside = "restore a snapshot beside it (database.restoreFrom)"

// parameterGroup: a group of another family is how a change of the major version shows where the engine stops at a protected
// group, before it comes to the cluster.
func parameterGroup(_ judge, s plan.Step) Finding {
	family := func(inputs map[string]any) int {
		name, _ := inputs["family"].(string)
		return aurora.Major(strings.TrimPrefix(name, "aurora-postgresql"))
	}
	if !under(s, "Database") || s.Op != plan.OpReplace {
		return Finding{}
	}
	return majorChange(family(s.Old), family(s.New))
}

// majorChange judges a change of the major version alone; 0 is an unknown one.
func majorChange(from, to int) Finding {
	switch {
	case from == 0 || to == 0 || from == to:
		return Finding{}
	case to < from:
		return Finding{Class: Blocked, Never: true, Reason: fmt.Sprintf("AWS takes no database back from version %d to %d: %s", from, to, beside)}
	case to > from+1:
		return Finding{Class: Blocked, Never: true, Reason: fmt.Sprintf("version %d to %d skips a major version: go to %d first", from, to, from+1)}
	}
	return Finding{Major: to}
}

// Major is the next major version of the database, where a plan asks for it; 0 where none does.
func (a Assessment) Major() (to int) {
	for _, f := range a.Findings {
		to = max(to, f.Major)
	}
	return to
}

// Never returns the changes that no other change makes possible.
func (a Assessment) Never() (out []Finding) {
	for _, f := range a.Findings {
		if f.Never {
			out = append(out, f)
		}
	}
	return out
}
