package risk

import (
	"fmt"
	"slices"

	"github.com/deepstreamhub/platform/internal/plan"
)

// refreshes reports whether a change of the group starts an instance refresh: the provider does so for the launch
// template and the mixed instances policy (Terraform AWS provider 5.100, aws_autoscaling_group: instance_refresh).
func refreshes(s plan.Step) bool { return changes(s, "launchTemplate", "mixedInstancesPolicy") }

// group: the hosts, and with them the tasks and the clients.
func group(j judge, s plan.Step) Finding {
	switch {
	case gone(s):
		return j.all("hosts", "all hosts go with their group, and all tasks with the hosts")
	case refreshes(s):
		return j.refreshed(s)
	}
	if before, after := count(s.Old, "vpcZoneIdentifiers"), count(s.New, "vpcZoneIdentifiers"); changes(s, "vpcZoneIdentifiers") && after < before {
		lost := share(j.fleet.Peak, before-after, before)
		return j.some("hosts", "hosts of a zone that is left are ended", lost, lost)
	}
	return Finding{}
}

// refreshed is what a refresh of the hosts does: each client loses its connection once, host by host. Without refresh,
// only new hosts are made from the new template.
func (j judge) refreshed(s plan.Step) Finding {
	preferences, ok := plan.At(s.New, "instanceRefresh.preferences")
	if !ok {
		return Finding{Class: InPlace, Reason: "new hosts only: the group has no instance refresh"}
	}
	p, _ := preferences.(map[string]any)
	batch := batch(j.fleet.Hosts, number(p["minHealthyPercentage"], 90), number(p["maxHealthyPercentage"], 100))
	return j.some("hosts", "all hosts are replaced, one batch after the other, and their tasks move",
		j.fleet.Peak, batch*j.fleet.TasksPerHost*j.fleet.PerTask)
}

// template: a new version by itself touches no host; with the group that takes it, it is why hosts are replaced.
func template(j judge, s plan.Step) Finding {
	own := func(path string) bool {
		return slices.Contains([]string{"tags", "description", "defaultVersion", "updateDefaultVersion"}, plan.Split(path)[0])
	}
	if j.refresh == nil || s.Op == plan.OpSame || s.Op == plan.OpCreate || !slices.ContainsFunc(s.Changed, func(p string) bool { return !own(p) }) {
		return Finding{}
	}
	f := j.refreshed(*j.refresh)
	f.Reason = "hosts are replaced by ones that are made from it"
	return f
}

// deploys reports whether a change of a service replaces its tasks: the parameters of which the Amazon ECS API
// Reference, UpdateService, says "This parameter triggers a new service deployment". For the capacity provider strategy
// the provider forces one (Terraform AWS provider 5.100, aws_ecs_service).
func deploys(s plan.Step) bool {
	return changes(s, "taskDefinition", "networkConfiguration", "loadBalancers", "serviceRegistries", "platformVersion",
		"serviceConnectConfiguration", "volumeConfiguration", "vpcLatticeConfigurations", "capacityProviderStrategies",
		"forceNewDeployment", "triggers")
}

func service(j judge, s plan.Step) Finding { return worse(j.tasks(s), j.runsOpen(s)) }

// tasks is what a service's change does to its tasks.
func (j judge) tasks(s plan.Step) Finding {
	carries := j.carries(s)
	switch {
	case gone(s) && carries:
		return j.all("tasks", "all tasks go with their service")
	case gone(s):
		return Finding{Class: Replaces, Reason: "all its tasks go"}
	case deploys(s):
		return j.deployed(s)
	}
	if before, after := number(s.Old["desiredCount"], 0), number(s.New["desiredCount"], 0); changes(s, "desiredCount") && after < before && carries {
		lost := (before - after) * j.fleet.PerTask
		return j.some("tasks", fmt.Sprintf("%d tasks fewer: their clients move", before-after), lost, lost)
	}
	return Finding{}
}

// deployed is what a deployment does: each client loses its connection once, batch by batch. Services beside deepstream
// hold no sockets: their tasks finish their requests and go.
func (j judge) deployed(s plan.Step) Finding {
	if !j.carries(s) {
		return Finding{Class: Replaces, Reason: "its tasks are replaced; they finish their requests first"}
	}
	batch := batch(j.fleet.Tasks, number(s.New["deploymentMinimumHealthyPercent"], 100), number(s.New["deploymentMaximumPercent"], 200))
	return j.some("tasks", "all tasks are replaced, one batch after the other", j.fleet.Peak, batch*j.fleet.PerTask)
}

// taskDefinition: a new revision by itself touches no task; with the service that takes it, it is why tasks are replaced.
func taskDefinition(j judge, s plan.Step) Finding { return worse(j.revised(s), j.opens(s)) }

func (j judge) revised(s plan.Step) Finding {
	service, ok := j.deploys[s.Parent]
	if !ok || s.Op != plan.OpReplace && s.Op != plan.OpUpdate || onlyTags(s) {
		return Finding{}
	}
	f := j.deployed(service)
	f.Reason = "tasks are replaced by ones that are made from it"
	return f
}

// onlyTags reports whether nothing but tags differs: they are put on the revision that is there.
func onlyTags(s plan.Step) bool {
	return len(s.Changed) > 0 && !slices.ContainsFunc(s.Changed, func(p string) bool { return plan.Split(p)[0] != "tags" })
}

// scaling: tasks above a new maximum are ended at once.
func scaling(j judge, s plan.Step) Finding {
	before, after := number(s.Old["maxCapacity"], 0), number(s.New["maxCapacity"], 0)
	if !changes(s, "maxCapacity") || after >= before || !j.carries(s) {
		return Finding{}
	}
	lost := (before - after) * j.fleet.PerTask
	return j.some("tasks", fmt.Sprintf("at the peak, %d tasks are too many: their clients move", before-after), lost, lost)
}

// batch is how many of n are replaced together, between the least and the most percent that may be there: at least one.
func batch(n, least, most int) int { return max(1, min(n, n*max(0, most-least)/100)) }

// number reads a whole number as a checkpoint may hold it.
func number(v any, otherwise int) int {
	switch v := v.(type) {
	case float64:
		return int(v)
	case int:
		return v
	}
	return otherwise
}
