package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// After a change to both service and database, the service alone moves; what a part needs must be there, and what stands
// on a part keeps it from going.
func TestPartsMoveAlone(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	hub := func(code int, args ...string) string {
		t.Helper()
		r := p.Hub(nil, append(args, "--offline")...)
		require.Equal(t, code, r.Code, r.Stderr)
		return r.Stdout + r.Stderr
	}

	said := hub(2, "up", "prod-eu", "--yes", "--only", "service")
	require.Contains(t, said, "need what is not there yet, in: backup, bus, cluster, database, edge, network, observability")
	require.Empty(t, openCloud(t, p).made, "a refused run touches nothing")
	p.Deploy()

	p.Edit("Pulumi.prod-eu.yaml", "  deepstreamhub:edge:", "  deepstreamhub:database:\n    backupRetentionDays: 21\n  deepstreamhub:edge:")
	p.Edit("Pulumi.prod-eu.yaml", "  deepstreamhub:service:\n", "  deepstreamhub:service:\n    memoryMiB: 1536\n")
	said = hub(0, "preview", "prod-eu", "--only", "service")
	require.Contains(t, said, "deepstream-task")
	require.NotContains(t, said, "database-cluster")
	require.Contains(t, said, "hub up prod-eu --offline --only service")
	hub(0, "up", "prod-eu", "--yes", "--only", "service")
	rest := hub(0, "preview", "prod-eu")
	require.Contains(t, rest, "database-cluster", "the database still waits for its change")
	require.NotContains(t, rest, "deepstream-task")

	said = hub(2, "preview", "prod-eu", "--only", "servcie")
	require.Contains(t, said, "--only servcie: prod-eu has no such part; it has: backup, bus, cluster, database, edge, network, observability, service")
	said = hub(2, "destroy", "prod-eu", "--yes", "--only", "cluster")
	require.Contains(t, said, "cannot go without what stands on them, in: ")
	hub(3, "destroy", "prod-eu", "--yes", "--only", "database")
	hub(0, "destroy", "prod-eu", "--yes", "--only", "observability")
	require.NotContains(t, openCloud(t, p).types, "aws:cloudwatch/dashboard:Dashboard")
	said = hub(2, "up", "prod-eu", "--yes", "--only", "service")
	require.Contains(t, said, "Name them too: hub up prod-eu --offline --only service,observability")
	hub(0, "up", "prod-eu", "--yes", "--only", "service,observability")
	require.Contains(t, openCloud(t, p).types, "aws:cloudwatch/dashboard:Dashboard")
}

// A teardown that keeps the data leaves what is protected with what it stands on, to the last id; the next up makes the rest
// new around it.
func TestDestroyKeepsData(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	hub := func(code int, args ...string) string {
		t.Helper()
		r := p.Hub(nil, append(args, "--offline", "--yes")...)
		require.Equal(t, code, r.Code, r.Stderr)
		return r.Stdout + r.Stderr
	}
	p.Deploy()
	ids := func(typ string) []string {
		var out []string
		for _, id := range openCloud(t, p).made {
			if strings.HasPrefix(id, typ+" ") {
				out = append(out, id)
			}
		}
		return out
	}
	kept := []string{"aws:rds/cluster:Cluster", "aws:rds/clusterInstance:ClusterInstance", "aws:elasticache/replicationGroup:ReplicationGroup", "aws:ec2/vpc:Vpc", "aws:lb/loadBalancer:LoadBalancer"}
	before := map[string][]string{}
	for _, typ := range append(kept, "aws:autoscaling/group:Group", "aws:ecs/service:Service") {
		before[typ] = ids(typ)
		require.NotEmpty(t, before[typ], typ)
	}

	hub(2, "destroy", "prod-eu", "--keep-data", "--remove")
	hub(2, "destroy", "prod-eu", "--keep-data", "--only", "edge")
	hub(0, "destroy", "prod-eu", "--keep-data")
	for _, typ := range kept {
		require.Equal(t, before[typ], ids(typ), typ)
	}
	for _, typ := range []string{"aws:autoscaling/group:Group", "aws:ecs/service:Service", "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:ec2/natGateway:NatGateway"} {
		require.Empty(t, ids(typ), typ)
	}

	hub(0, "up", "prod-eu")
	for _, typ := range kept {
		require.Equal(t, before[typ], ids(typ), typ)
	}
	for _, typ := range []string{"aws:autoscaling/group:Group", "aws:ecs/service:Service"} {
		require.NotEmpty(t, ids(typ), typ)
		require.NotEqual(t, before[typ], ids(typ), "%s is new", typ)
	}
	require.Contains(t, hub(0, "up", "prod-eu"), "unchanged")
}
