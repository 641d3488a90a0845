package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// Each role does with hub what its workflow has it do, from before there is anything on. The account has no stack in us-east-1, where
// AWS lists the tags of what is of no region.
func TestRolesWorkARegion(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	p.Edit("bootstrap/Pulumi.production.yaml", "regions: [eu-central-1, us-east-1]", "regions: [eu-central-1]\n    copies: [us-west-2]")
	p.Edit("bootstrap/Pulumi.production.yaml", "replicaRegion: us-east-1", "replicaRegion: us-west-2")
	p.Edit("Pulumi.prod-eu.yaml", "copyTo: us-east-1", "copyTo: us-west-2")
	made := p.Hub(nil, "bootstrap", "--offline", "--yes")
	require.Zero(t, made.Code, made.Stderr)
	hub := func(role string, args ...string) harness.Result {
		t.Helper()
		return p.Hub(nil, append(args, "--offline", "--as", "deepstreamhub-"+role)...)
	}
	works := func(role string, args ...string) string {
		t.Helper()
		r := hub(role, args...)
		require.Zero(t, r.Code, "%s: %v\n%s", role, args, r.Stderr)
		return r.Stdout + r.Stderr
	}

	require.Contains(t, works("preview", "preview", "prod-eu"), "to create")
	require.Contains(t, works("drift", "drift", "prod-eu"), "nothing is deployed yet")
	for _, region := range []string{"aws:ec2/vpc:Vpc", "aws:route53/healthCheck:HealthCheck", "aws:cloudwatch/metricAlarm:MetricAlarm"} {
		cut := hub("deploy-prod-eu", "up", "prod-eu", "--yes", "--fault", "lost:create:"+region)
		require.Equal(t, 1, cut.Code, cut.Stderr)
		require.NotRegexp(t, `.*not authorized.*`, cut.Stderr)
	}
	works("deploy-prod-eu", "up", "prod-eu", "--yes")
	require.Contains(t, works("preview", "preview", "prod-eu"), "unchanged")
	require.Contains(t, works("drift", "drift", "prod-eu"), "0 of")
	works("deploy-prod-eu", "rotate", "bus", "prod-eu", "--yes")

	short := p.Hub(nil, "new", "it-roles", "--like", "prod-eu", "--for", "4h", "--offline")
	require.Zero(t, short.Code, short.Stderr)
	works("ephemeral", "up", "it-roles", "--yes")
	works("ephemeral", "drift", "it-roles")
	works("ephemeral", "destroy", "it-roles", "--yes", "--remove")
}
