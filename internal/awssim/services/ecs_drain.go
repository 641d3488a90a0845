package services

import (
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// tasksRun is what is kept of a service beside its state: whether its tasks came up.
const tasksRun = "tasksRun"

const drainRule = "facts 59; ECS API, DeleteService"

// deleteService waits for the service's tasks to stop, as the provider does: it sets the desired count to 0 and polls
// until the service is INACTIVE. ECS stops tasks through the agent of their host, so that a host which lost its rights
// or its way to ECS keeps the service DRAINING (ECS Developer Guide, "Amazon ECS container agent disconnected"; facts
// 59: what the service needs has to outlive it).
func deleteService(t *cloud.Tx, r *cloud.Resource) error {
	running, _ := r.Hidden[tasksRun].(bool)
	if !running || r.Int("desiredCount") == 0 {
		return nil
	}
	cluster, ok := clusterOf(t, r.Str("cluster"))
	definition, known := taskOf(t, r.Str("taskDefinition"))
	if !ok || !known {
		return nil // gone behind the provider's back, and the tasks with it
	}
	w := &workload{t: t, service: r, cluster: cluster, definition: definition, containers: containersOf(definition)}
	why := w.disconnected()
	if why == "" {
		why = w.unserved()
	}
	if why == "" {
		return nil
	}
	return cloud.Refuse("DRAINING", drainRule,
		"waiting for ECS Service (%s) delete: timeout while waiting for state to become 'INACTIVE' (last state: 'DRAINING', timeout: 20m0s): %s", r.ID, why).For(20 * time.Minute)
}

// disconnected says why ECS cannot reach the agents of the service's hosts, or "". Hosts that are gone took their tasks
// along.
func (w *workload) disconnected() string {
	for _, g := range w.groups() {
		if g.Int("desiredCapacity") == 0 {
			continue
		}
		if cluster, why := joined(w.t, g); cluster != w.cluster {
			return "the agents on the hosts of " + g.ID + " are disconnected: " + why
		}
	}
	return ""
}

// unserved says why the execution role no longer serves the service's tasks.
func (w *workload) unserved() string {
	if w.fargate() {
		return ""
	}
	for i := range w.containers {
		for _, problem := range []string{w.pull(&w.containers[i]), w.readable(&w.containers[i])} {
			if problem != "" {
				return problem
			}
		}
	}
	return ""
}
