package services

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

// ServiceHealth is what ECS says of one service.
type ServiceHealth struct {
	ARN, Name, Cluster, TaskDefinition string
	Desired, Running                   int
	Reason                             string // why tasks do not run; empty when all do
	TakenBack                          string // why the last deployment was taken back; empty when it was not
}

// DescribeServices returns the services of a region that have one of the ARNs.
func DescribeServices(c *cloud.Cloud, region string, arns []string) []ServiceHealth {
	t, leave := c.Enter(region)
	defer leave()
	var out []ServiceHealth
	for _, r := range t.All(typeService) {
		if slices.Contains(arns, r.ID) {
			out = append(out, serviceHealth(t, r))
		}
	}
	return out
}

// Selections returns the states of a backup plan's selections; false when there is no such plan.
func Selections(c *cloud.Cloud, region, plan string) ([]cloud.Map, bool) {
	t, leave := c.Enter(region)
	defer leave()
	var out []cloud.Map
	for _, r := range t.All(typeBackupSelection) {
		if r.Str("planId") == plan {
			out = append(out, cloud.Clone(r.State))
		}
	}
	_, found := t.Find(typeBackupPlan, "", plan)
	return out, found
}

// serviceHealth looks at a service as it stands: what was changed around it since it was deployed, such as the groups that
// let the load balancer in, decides whether its tasks run.
func serviceHealth(t *cloud.Tx, r *cloud.Resource) ServiceHealth {
	h := ServiceHealth{
		ARN: r.ID, Name: r.Str("name"), Cluster: r.Str("cluster"), TaskDefinition: r.Str("taskDefinition"), Desired: r.Int("desiredCount"),
	}
	h.TakenBack = cloud.Str(r.Hidden, takenBack)
	cluster, found := clusterOf(t, r.Str("cluster"))
	definition, defined := taskOf(t, h.TaskDefinition)
	if found && !defined && h.TakenBack != "" { // tasks of a revision that was deregistered since go on
		h.Running = h.Desired
		return h
	}
	if !found || !defined {
		h.Reason = "its cluster or its task definition is gone"
		return h
	}
	if h.Reason = serviceEvent(steady(t, r, cluster, definition)); h.Reason != "" {
		return h
	}
	w := &workload{t: t, service: r, cluster: cluster, definition: definition, containers: containersOf(definition)}
	if h.Reason = w.lockedOut(); h.Reason != "" {
		return h
	}
	h.Running = h.Desired
	if names, share := downZones(t, r.Strs("networkConfiguration.subnets[]")); share > 0 {
		h.Running -= int(float64(h.Desired)*share + 0.5)
		h.Reason = "was unable to place a task because no container instance met all of its requirements. Reason: the hosts in " +
			strings.Join(names, ", ") + " do not answer."
	}
	return h
}

// downZones returns the zones of subnets that do not answer, and which share of the subnets they are.
func downZones(t *cloud.Tx, subnets []string) (names []string, share float64) {
	for _, id := range subnets {
		s, ok := t.Find(typeSubnet, "", id)
		if !ok {
			continue
		}
		if down, _ := s.Hidden[zoneDown].(bool); down {
			names = append(names, s.Str("availabilityZone")+" ("+s.Str("availabilityZoneId")+")")
		}
	}
	return names, float64(len(names)) / float64(max(1, len(subnets)))
}

// TargetHealth returns how many targets of a group are healthy and how many are not, and whether there is such a group.
// Its targets are the tasks of the services that name it.
func TargetHealth(c *cloud.Cloud, region, arn string) (healthy, unhealthy int, reason string, ok bool) {
	t, leave := c.Enter(region)
	defer leave()
	if _, ok := t.Find(typeTargetGroup, "arn", arn); !ok {
		return 0, 0, "", false
	}
	for _, r := range t.All(typeService) {
		for _, lb := range cloud.Maps(r.State, "loadBalancers[]") {
			if cloud.Str(lb, "targetGroupArn") != arn {
				continue
			}
			h := serviceHealth(t, r)
			healthy, unhealthy = healthy+h.Running, unhealthy+h.Desired-h.Running
			if h.Reason != "" {
				reason = h.Reason
			}
		}
	}
	return healthy, unhealthy, reason, true
}

// alarmState is under which name an alarm's state is kept.
const alarmState = "alarmState"

// SetAlarm puts an alarm into a state, as CloudWatch's SetAlarmState does: OK, ALARM or INSUFFICIENT_DATA. There are no
// metrics here, so alarms begin without data and nothing else moves them.
func SetAlarm(c *cloud.Cloud, region, name, state string) error {
	if !documents.OneOf(state, "OK ALARM INSUFFICIENT_DATA") {
		return cloud.Refuse("ValidationError", "CloudWatch API, SetAlarmState", "1 validation error detected: Value '%s' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]", state)
	}
	return c.Change(region, func(t *cloud.Tx) error {
		r, ok := t.Find(typeMetricAlarm, "", name)
		if !ok {
			return cloud.Refuse("ResourceNotFound", "CloudWatch API, SetAlarmState", "Unknown alarm: %s", name)
		}
		if r.Hidden == nil {
			r.Hidden = cloud.Map{}
		}
		r.Hidden[alarmState] = state
		t.Save(r)
		return nil
	})
}

// AlarmStates returns the states of the alarms of a region that have one of the names.
func AlarmStates(c *cloud.Cloud, region string, names []string) map[string]string {
	t, leave := c.Enter(region)
	defer leave()
	out := map[string]string{}
	for _, r := range t.All(typeMetricAlarm) {
		if name := r.Str("name"); slices.Contains(names, name) {
			out[name] = "INSUFFICIENT_DATA"
			if state, ok := r.Hidden[alarmState].(string); ok {
				out[name] = state
			}
		}
	}
	return out
}
