package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/cluster"
)

func TestUserData(t *testing.T) {
	t.Parallel()
	script, err := cluster.UserData(cluster.Host{Cluster: "cluster-ecs-1a2b3c4"})
	require.NoError(t, err)
	require.Equal(t, `#!/bin/bash
set -euo pipefail
cat >>/etc/ecs/ecs.config <<'EOF'
ECS_CLUSTER=cluster-ecs-1a2b3c4
ECS_AWSVPC_BLOCK_IMDS=true
ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true
ECS_IMAGE_PULL_BEHAVIOR=once
EOF
`, script)
	for _, bad := range []string{"", "a b", "a\nEOF\nreboot", "$(reboot)", "a/b"} {
		_, err := cluster.UserData(cluster.Host{Cluster: bad})
		require.Error(t, err, bad)
	}
}

func TestUserDataOfWarmHosts(t *testing.T) {
	t.Parallel()
	script, err := cluster.UserData(cluster.Host{Cluster: "main", Warm: true})
	require.NoError(t, err)
	require.Contains(t, script, "\nECS_WARM_POOLS_CHECK=true\n", "or a stopped host counts as one that takes tasks")
}

func TestUserDataOfSpotHosts(t *testing.T) {
	t.Parallel()
	script, err := cluster.UserData(cluster.Host{Cluster: "main", Spot: true})
	require.NoError(t, err)
	require.Contains(t, script, "\nECS_ENABLE_SPOT_INSTANCE_DRAINING=true\n", "or tasks are cut off when AWS takes the host back")
}
