package tests

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awsenv"
	simulated "github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/endpoint"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/values"
	"github.com/deepstreamhub/platform/tests/harness"
)

// shows is what hub health says of each damage.
var shows = map[string]string{
	"image":    `CannotPullContainerError: pull image manifest has been retried 5 time\(s\): failed to resolve ref \S+ \S+ not found`,
	"task":     `Essential container in task exited: OutOfMemoryError`,
	"zone":     `runs \d of \d tasks: .*the hosts in eu-central-1\w \(euc1-az\d\) do not answer`,
	"sg":       `is unhealthy in \(target-group .*no security group of the tasks lets it in`,
	"secret":   `ResourceInitializationError: .*did not contain json key password`,
	"key":      `ResourceInitializationError: .*Access to KMS is not allowed`,
	"role":     `AccessDeniedException: \S+ is not authorized to perform: ecr:GetAuthorizationToken`,
	"database": `database-cluster-\S+ cannot be reached: none of its security groups lets the tasks in on port 5432`,
	"bus":      `cannot be reached: none of its security groups lets the tasks in on port 6379`,
	"password": `password authentication failed for user "deepstream" \(28P01\)`,
	"token":    `WRONGPASS`,
	"logs":     `CannotStartContainerError: .*The specified log group does not exist`,
	"hosts":    `No Container Instances were found in your capacity provider \(role \S+ of the hosts does not allow`,
	"acl":      `network ACL`,
	"alarm":    `alarm \S+ fires`,
	"refresh":  `ended as RollbackSuccessful: One or more CloudWatch alarms`,
	"service":  `service deepstream-service-\w+ is gone`,
}

// problems is what hub health says of a stack, in the words of its judge.
func problems(t *testing.T, s *harness.Stack) string {
	t.Helper()
	account := health.Account{Endpoint: "http://" + s.AWS.Endpoint(), Key: awsenv.Get(s.AWS.Environment(), "AWS_ACCESS_KEY_ID"), KeySecret: endpoint.SecretKey}
	text := ""
	for region, part := range health.From(s.State()) {
		r, err := account.Read(t.Context(), region, part)
		require.NoError(t, err)
		for _, p := range health.Judge(r) {
			text += p.What + "\n"
		}
	}
	return text
}

// owned tells a stack's resources from others.
func owned(s *harness.Stack) simulated.Owns {
	mine := map[string]bool{}
	for _, r := range s.State().Resources {
		mine[r.Type+" "+r.ID] = true
	}
	return func(typ, id string) bool { return mine[typ+" "+id] }
}

// Whatever goes wrong in a region shows in its health, with the reason that names it, and is over once it is healed. What
// somebody changes by hand, twenty kinds of it, is found as drift, each with both values; nothing is on an untouched stack.
// A deployment whose tasks do not stay is taken back by ECS, which the engine takes for success and the judge does not.
func TestRehearsals(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "rehearse", harness.Ephemeral(t, "prod-eu"))
	s.Up()
	c, mine := aws.Cloud(), owned(s)
	require.Empty(t, problems(t, s))
	before := aws.Contents()
	for _, d := range services.Damages {
		if d.Name == "release" { // which shows with the next deployment
			continue
		}
		require.NoError(t, services.Break(c, s.Name, "eu-central-1", d.Name, mine), d.Name)
		require.Contains(t, shows, d.Name)
		require.Regexp(t, shows[d.Name], problems(t, s), d.Name)
		_, err := services.Heal(c, s.Name, mine)
		require.NoError(t, err)
		require.Empty(t, problems(t, s), d.Name)
	}
	require.ErrorContains(t, services.Break(c, s.Name, "eu-central-1", "nosuch", mine), "known: image, task, zone, sg, secret")
	require.ElementsMatch(t, before, aws.Contents(), "everything is as it was")
	require.Empty(t, s.BlindDrift().Drifted)

	driftByHand(t, s)
	healed, err := services.Heal(c, s.Name, mine)
	require.NoError(t, err)
	require.Len(t, healed, len(drifts))
	require.Empty(t, s.BlindDrift().Drifted)

	require.NoError(t, services.Break(c, s.Name, "eu-central-1", "release", mine))
	require.Empty(t, problems(t, s))
	memory := s.Config.Service.MemoryMiB
	s.Config.Service.MemoryMiB = 1536
	s.Up()
	require.Regexp(t, `runs \S+:1 and not \S+:2: its deployment was taken back: .*deployment failed: tasks failed to start: .*Essential container in task exited: exit code 1`, problems(t, s))
	s.Config.Service.MemoryMiB = memory
	s.Up()
	require.Empty(t, problems(t, s))
	_, err = services.Heal(c, s.Name, owned(s))
	require.NoError(t, err)
	require.Empty(t, problems(t, s), "healing takes no deployment back")
}

// driftByHand changes everything in drifts by hand and looks whether each is found.
func driftByHand(t *testing.T, s *harness.Stack) {
	t.Helper()
	c, state := s.AWS.Cloud(), s.State()
	for _, d := range drifts {
		r := called(t, state, d.name)
		region, ok := c.Locate(r.Type, r.ID)
		require.True(t, ok, d.name)
		if d.property == "" {
			require.NoError(t, c.Lose(t.Context(), s.Name, region, r.Type, r.ID), d.name)
			continue
		}
		inputs, _, err := c.Read(region, r.Type, r.ID)
		require.NoError(t, err, d.name)
		at, last := inputs, plan.Split(d.property)
		for ; len(last) > 1; last = last[1:] {
			at = at[last[0]].(simulated.Map)
		}
		at[last[0]] = d.value
		require.NoError(t, c.Drift(t.Context(), s.Name, region, r.Type, r.ID, inputs, d.property), d.name)
	}
	found := map[string]string{}
	for _, step := range s.BlindDrift().Drifted {
		found[step.Name] += string(step.Op)
		for _, change := range values.Of(step) {
			found[step.Name] += " " + change.String()
		}
	}
	require.Len(t, found, len(drifts), found)
	for _, d := range drifts {
		name := called(t, state, d.name).Name
		if d.property == "" {
			require.Equal(t, "delete", found[name], name)
			continue
		}
		require.Regexp(t, "^update "+regexp.QuoteMeta(d.property)+`: .+ → `+regexp.QuoteMeta(fmt.Sprint(d.value))+"$", found[name], name)
	}
}

// called is the stack's resource of a name, or of a type and a name.
func called(t *testing.T, state plan.State, name string) plan.Resource {
	t.Helper()
	var found []plan.Resource
	for _, r := range state.Resources {
		if r.Custom && (r.Name == name || r.Type+" "+r.Name == name) {
			found = append(found, r)
		}
	}
	require.Len(t, found, 1, name)
	return found[0]
}

// drifts are what somebody may change by hand: a resource, one of its inputs, and the value that it gets. Without an input
// the resource goes.
var drifts = []struct {
	name, property string
	value          any
}{
	{"network-vpc", "tags.owner", "somebody"},
	{"deepstream-logs", "retentionInDays", 3.0},
	{"database-cluster", "backupRetentionPeriod", 3.0},
	{"database-1", "promotionTier", 5.0},
	{"bus-group", "snapshotRetentionLimit", 1.0},
	{"aws:lb/loadBalancer:LoadBalancer edge-lb", "idleTimeout", 30.0},
	{"aws:lb/targetGroup:TargetGroup edge-targets", "deregistrationDelay", 5.0},
	{"edge-https", "sslPolicy", "ELBSecurityPolicy-2016-08"},
	{"observability-edge-5xx", "threshold", 1000.0},
	{"observability-bus-cpu", "actionsEnabled", false},
	{"cluster-hosts", "maxSize", 20.0},
	{"deepstream-scaling", "maxCapacity", 50.0},
	{"deepstream-service", "enableExecuteCommand", false},
	{"database-key", "enableKeyRotation", false},
	{"aws:s3/bucketVersioningV2:BucketVersioningV2 edge-logs", "versioningConfiguration.status", "Suspended"},
	{"aws:iam/role:Role deepstream-execution", "maxSessionDuration", 7200.0},
	{"observability-topic", "displayName", "renamed"},
	{"edge-health", "failureThreshold", 9.0},
	{"cluster-ecs", "tags.owner", "somebody"},
	{"edge-hostname", "", nil},
	{"deepstream-cpu", "", nil},
}

// The commands of a rehearsal, and that an up ends with whether the region works.
func TestHubRehearses(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	hub := func(code int, args ...string) string {
		t.Helper()
		r := p.Hub(nil, append(args, "--offline")...)
		require.Equal(t, code, r.Code, "%v: %s%s", args, r.Stdout, r.Stderr)
		return r.Stdout + r.Stderr
	}
	require.Contains(t, hub(2, "offline", "break", "prod-eu", "nosuch"), "one of: image, task, zone, sg, secret")
	require.Contains(t, hub(2, "offline", "drift", "nosuch", "network-vpc", "tags.owner", "x"), "prod-eu, prod-us")
	p.Deploy()
	for _, refused := range []struct {
		code           int
		resource, says string
		change         []string
	}{
		{2, "nosuch", "it holds: ", []string{"tags.owner", "x"}},
		{2, "edge-logs", "say which: ", []string{"tags.owner", "x"}},
		{2, "database-cluster", "is no JSON", []string{"backupRetentionPeriod", "x"}},
		{1, "database-cluster", "backupRetention: aws:rds/cluster:Cluster has no such input; it has: ", []string{"backupRetention", "3"}},
		{1, "database-cluster", "backupRetentionPeriod: ", []string{"backupRetentionPeriod", "99"}},
		{1, "network-vpc", "AWS has no call that changes cidrBlock", []string{"cidrBlock", "10.0.0.0/16"}},
	} {
		require.Contains(t, hub(refused.code, append([]string{"offline", "drift", "prod-eu", refused.resource}, refused.change...)...), refused.says)
	}
	require.Contains(t, hub(0, "offline", "drift", "prod-eu", "database-cluster", "backupRetentionPeriod", "3"), "backupRetentionPeriod: 14 → 3")
	require.Contains(t, hub(5, "drift", "prod-eu"), "changed database-cluster (aws:rds/cluster:Cluster)\n  backupRetentionPeriod: 14 → 3\n")
	hub(0, "offline", "break", "prod-eu", "sg")
	require.Contains(t, hub(6, "up", "prod-eu", "--yes"), "all changes were made, but the region does not work")
	hub(0, "up", "prod-eu", "--yes", "--no-wait")
	require.Contains(t, hub(0, "offline", "heal", "prod-eu"), "prod-eu is healed: aws:rds/cluster:Cluster")
	require.Contains(t, hub(0, "up", "prod-eu", "--yes"), "unchanged")
	require.Contains(t, hub(0, "offline", "heal", "prod-eu"), "nothing was changed or broken")
}
