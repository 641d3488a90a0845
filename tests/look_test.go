package tests

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/tests/harness"
)

// A short-lived region comes up from a file that a command wrote. What somebody changes or deletes in its cloud is found,
// what scaling sets is not, whether it works is told, and nothing is touched by looking. Once its time is over, all of it
// goes.
func TestShortLivedRegion(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	made := p.Hub(nil, "new", "it-1", "--like", "prod-eu", "--for", "1s", "--offline")
	require.Zero(t, made.Code, made.Stderr)
	up := p.Hub(nil, "up", "it-1", "--offline", "--yes")
	require.Zero(t, up.Code, up.Stderr)
	dir := filepath.Join(p.Dir, ".hub", "offline")

	well := p.Hub(nil, "health", "it-1", "--offline")
	require.Zero(t, well.Code, well.Stderr)
	require.Regexp(t, `^it-1 works: services 1 with \d+ tasks, target groups 1, groups of hosts 1, alarms \d\d\.`, well.Stdout)

	behind(t, dir, func(r cloud.Resource, in cloud.Map) bool {
		switch r.Type {
		case "aws:ecs/service:Service":
			in["desiredCount"] = 7.0
			return true
		case "aws:autoscaling/group:Group":
			in["desiredCapacity"] = in["maxSize"]
			return true
		}
		return false
	})
	scaled := p.Hub(nil, "drift", "it-1", "--offline")
	require.Zero(t, scaled.Code, "scaling is no drift: %s%s", scaled.Stdout, scaled.Stderr)

	behind(t, dir, func(r cloud.Resource, in cloud.Map) bool {
		if r.Type != "aws:ec2/vpc:Vpc" {
			return false
		}
		in["tags"].(cloud.Map)["owner"] = "somebody"
		return true
	})
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(dir, "cloud")})
	require.NoError(t, err)
	for _, r := range c.List() {
		switch {
		case r.Type == "aws:appautoscaling/policy:Policy", r.Type == ingressRule && r.Str("tags.Name") == "it-1-edge-targets-from-lb":
			require.NoError(t, c.Delete(context.Background(), r.Region, r.Type, r.ID, r.Inputs))
		case r.Type == "aws:cloudwatch/metricAlarm:MetricAlarm" && r.Str("tags.Name") == "it-1-observability-edge-5xx":
			require.NoError(t, services.SetAlarm(c, r.Region, r.ID, "ALARM"))
		}
	}
	require.NoError(t, c.Close())

	ill := p.Hub(nil, "health", "it-1", "--offline")
	require.Equal(t, 6, ill.Code, ill.Stderr)
	require.Regexp(t, `service deepstream-service-\w+ runs 0 of 7 tasks: .*unhealthy`, ill.Stderr)
	require.Regexp(t, `target group edge-targets-\w+ has 7 unhealthy targets`, ill.Stderr)
	require.Regexp(t, `alarm observability-edge-5xx-\w+ fires`, ill.Stderr)

	before := harness.Snapshot(t, filepath.Join(dir, "state"))
	found := p.Hub(nil, "drift", "it-1", "--offline", "--markdown")
	require.Equal(t, 5, found.Code, found.Stderr)
	require.Contains(t, found.Stdout, "<!-- deepstreamhub:drift:all -->")
	require.Contains(t, found.Stdout, "<code>tags.owner</code>: <code>platform-eu</code> → <code>somebody</code>")
	require.Contains(t, found.Stdout, "**gone** aws:appautoscaling/policy:Policy")
	require.NotContains(t, found.Stdout, "desiredCount")
	require.Empty(t, harness.Differences(before, harness.Snapshot(t, filepath.Join(dir, "state"))), "looking changes no state")

	reaped := p.Hub(nil, "reap", "--offline", "--yes")
	require.Zero(t, reaped.Code, reaped.Stderr)
	require.Equal(t, []string{"aws:iam/policy:Policy", "aws:route53/zone:Zone"}, openCloud(t, p).types, "what the account was declared with")
	require.NoFileExists(t, filepath.Join(p.Dir, "Pulumi.it-1.yaml"))
	require.FileExists(t, filepath.Join(p.Dir, "Pulumi.prod-eu.yaml"))
	again := p.Hub(nil, "reap", "--offline", "--yes")
	require.Zero(t, again.Code, again.Stderr)
	require.Contains(t, again.Stderr, "No stack has expired.")
}

const ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

// behind changes what a project's offline cloud holds without any engine knowing. change edits a resource's inputs and
// says whether it did.
func behind(t *testing.T, dir string, change func(r cloud.Resource, inputs cloud.Map) bool) {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(dir, "cloud")})
	require.NoError(t, err)
	for _, r := range c.List() {
		in := cloud.Clone(r.Inputs)
		if change(r, in) {
			_, err := c.Update(context.Background(), r.Region, r.Type, r.ID, in)
			require.NoError(t, err)
		}
	}
	require.NoError(t, c.Close())
}
