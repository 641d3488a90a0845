package health

import (
	"fmt"
	"slices"
	"strings"
)

// Reading is how a part is, as AWS says.
type Reading struct {
	Services []ServiceReading
	Groups   []GroupReading
	Targets  []TargetReading
	Alarms   []AlarmReading
}

// ServiceReading is one service and its deployments.
type ServiceReading struct {
	Service                          // as it was deployed
	Status, Current           string // ACTIVE, DRAINING, INACTIVE or empty for one that is not there; the revision that it runs
	Desired, Running, Pending int
	Rollouts                  []string // IN_PROGRESS, COMPLETED or FAILED, of each deployment
	Event                     string   // what the service last said
}

// GroupReading is the last instance refresh of a group; an empty Status is none.
type GroupReading struct {
	Name, Status, Reason string
	Percent              int
}

// TargetReading is the number of a target group's targets by state.
type TargetReading struct {
	ARN    string
	States map[string]int // initial, healthy, unhealthy, unused, draining, unavailable
	Reason string         // why one is unhealthy
}

// AlarmReading is one alarm: OK, ALARM, INSUFFICIENT_DATA, or empty for one that is not there.
type AlarmReading struct{ Name, State, Reason string }

// Problem is one thing that keeps a region from being healthy.
type Problem struct {
	What  string `json:"what"`
	Final bool   `json:"final,omitempty"` // waiting does not help
}

// Judge returns what is wrong, in the order of the reading. Nothing is healthy.
func Judge(r Reading) []Problem {
	var out []Problem
	for _, s := range r.Services {
		out = append(out, s.problems()...)
	}
	for _, t := range r.Targets {
		out = append(out, t.problems()...)
	}
	for _, g := range r.Groups {
		out = append(out, g.problems()...)
	}
	for _, a := range r.Alarms {
		switch a.State {
		case "ALARM":
			out = append(out, Problem{What: withReason("alarm "+a.Name+" fires", a.Reason)})
		case "":
			out = append(out, Problem{What: "alarm " + a.Name + " is gone", Final: true})
		}
	}
	return out
}

func (s ServiceReading) problems() []Problem {
	name := "service " + s.Name
	switch {
	case s.Status == "":
		return []Problem{{What: name + " is gone", Final: true}}
	case s.Status != "ACTIVE":
		return []Problem{{What: name + " is " + s.Status, Final: true}}
	}
	var out []Problem
	if len(s.Rollouts) > 1 || slices.Contains(s.Rollouts, "IN_PROGRESS") {
		out = append(out, Problem{What: withReason(name+" is being deployed", s.Event)})
	} else if s.Current != s.TaskDefinition {
		taken := fmt.Sprintf("%s runs %s and not %s: its deployment was taken back", name, revision(s.Current), revision(s.TaskDefinition))
		out = append(out, Problem{What: withReason(taken, s.Event), Final: true})
	}
	if s.Running != s.Desired || s.Pending > 0 {
		out = append(out, Problem{What: withReason(fmt.Sprintf("%s runs %d of %d tasks", name, s.Running, s.Desired), s.Event)})
	}
	return out
}

func (t TargetReading) problems() []Problem {
	name := "target group " + targetName(t.ARN)
	var out []Problem
	if n := t.States["unhealthy"] + t.States["unavailable"]; n > 0 {
		noun := "targets"
		if n == 1 {
			noun = "target"
		}
		out = append(out, Problem{What: withReason(fmt.Sprintf("%s has %d unhealthy %s", name, n, noun), t.Reason)})
	}
	if t.States["healthy"] == 0 {
		out = append(out, Problem{What: name + " has no healthy target"})
	}
	return out
}

// The states of an instance refresh (Amazon EC2 Auto Scaling API Reference, InstanceRefresh: Status).
var (
	refreshing = []string{"Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking"}
	refreshed  = []string{"", "Successful"}
)

func (g GroupReading) problems() []Problem {
	switch {
	case slices.Contains(refreshed, g.Status):
		return nil
	case slices.Contains(refreshing, g.Status):
		return []Problem{{What: fmt.Sprintf("hosts of %s are being replaced: %s, %d percent", g.Name, g.Status, g.Percent)}}
	}
	return []Problem{{What: withReason(fmt.Sprintf("the replacement of hosts of %s ended as %s", g.Name, g.Status), g.Reason), Final: true}}
}

func withReason(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}

// revision is a task definition's family and revision: what follows the last slash of its ARN.
func revision(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// targetName is the name in a target group's ARN: arn:...:targetgroup/<name>/<id>.
func targetName(arn string) string {
	parts := strings.Split(arn, "/")
	if len(parts) < 3 {
		return arn
	}
	return parts[len(parts)-2]
}

// String says what was looked at.
func (r Reading) String() string {
	running := 0
	for _, s := range r.Services {
		running += s.Running
	}
	return fmt.Sprintf("services %d with %d tasks, target groups %d, groups of hosts %d, alarms %d",
		len(r.Services), running, len(r.Targets), len(r.Groups), len(r.Alarms))
}
