package services

import "github.com/deepstreamhub/platform/internal/awssim/cloud"

// execAgent is what becomes of the agent that serves ECS Exec in a service's tasks: it looks for its rights when the task
// starts, and for Systems Manager, and stops without them, which keeps the task itself from nothing. It calls by the
// task's own network interface (ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec"; ECS API, ManagedAgent:
// lastStatus).
func execAgent(t *cloud.Tx, r, definition *cloud.Resource) string {
	if !r.Bool("enableExecuteCommand") {
		return ""
	}
	role, ok := roleByARN(t, definition.Str("taskRoleArn"))
	for _, action := range []string{"CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"} {
		if !ok || !roleAllows(t, role, "ssmmessages:"+action, "*", nil) {
			return "STOPPED"
		}
	}
	if groups := r.Strs("networkConfiguration.securityGroups[]"); len(groups) > 0 && !letsOut(t, groups, nil) {
		return "STOPPED"
	}
	return "RUNNING"
}
