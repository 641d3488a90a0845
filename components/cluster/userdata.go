package cluster

import (
	"fmt"
	"regexp"
	"strings"
)

// clusterNamePattern is the form of clusterName in CreateCluster. The name goes into a shell script.
var clusterNamePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// Host is what a host has to know when it boots.
type Host struct {
	Cluster string // its name
	Warm    bool   // whether it may first wait in a warm pool, where it must not register yet
	Spot    bool   // whether AWS may take it back, two minutes after it said so
}

// UserData returns the script that makes a host a member of an ECS cluster. Its lines are settings of the ECS agent
// ("Amazon ECS container agent configuration", Amazon ECS Developer Guide).
func UserData(h Host) (string, error) {
	if !clusterNamePattern.MatchString(h.Cluster) {
		return "", fmt.Errorf("write user data: %q is not the name of an ECS cluster", h.Cluster)
	}
	settings := []string{
		"ECS_CLUSTER=" + h.Cluster,
		// Keeps tasks from the instance's metadata, and with it from the host's role.
		"ECS_AWSVPC_BLOCK_IMDS=true",
		// Without it logs are written under the host's role, and the task execution role's rights to do so are idle.
		"ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true",
		// Images are pinned by digest, so that what a host has once pulled cannot be out of date.
		"ECS_IMAGE_PULL_BEHAVIOR=once",
	}
	if h.Warm {
		settings = append(settings, "ECS_WARM_POOLS_CHECK=true")
	}
	if h.Spot {
		// Off by default: the tasks would run into the end instead of leaving the load balancer in those two minutes.
		settings = append(settings, "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true")
	}
	return "#!/bin/bash\nset -euo pipefail\ncat >>/etc/ecs/ecs.config <<'EOF'\n" + strings.Join(settings, "\n") + "\nEOF\n", nil
}
