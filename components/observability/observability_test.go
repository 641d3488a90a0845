package observability

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/internal/policy"
)

const typeAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm"

func run(t *testing.T, r *componenttest.Recorder, a *Args) []componenttest.Resource {
	t.Helper()
	resources, err := r.Run(func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		_, err = New(ctx, "observability", a, pulumi.Providers(provider))
		return err
	})
	require.NoError(t, err)
	return resources
}

func withEverything() *Args {
	a := valid()
	a.Services["api"] = Service{Name: name("api-1"), TargetGroupArnSuffix: name("targetgroup/api/1")}
	s := a.Services["deepstream"]
	own := func(metric string) Metric {
		return Metric{"deepstream", metric, map[string]pulumi.StringInput{"Service": name("deepstream")}}
	}
	s.Published = &Published{own("ClusterSize"), own("PendingWrites"), own("HeldPublishes"), own("DependenciesDown")}
	a.Services["deepstream"] = s
	a.Backup = &Backup{VaultArn: name("arn:aws:backup:eu-central-1:111122223333:backup-vault:main")}
	return a
}

var always = []string{
	"aws:cloudwatch/dashboard:Dashboard observability-dashboard",
	"aws:cloudwatch/eventRule:EventRule observability-database-event",
	"aws:cloudwatch/eventRule:EventRule observability-deployment-failed",
	"aws:cloudwatch/eventRule:EventRule observability-hosts-failed",
	"aws:cloudwatch/eventTarget:EventTarget observability-database-event-topic",
	"aws:cloudwatch/eventTarget:EventTarget observability-deployment-failed-topic",
	"aws:cloudwatch/eventTarget:EventTarget observability-hosts-failed-topic",
	typeAlarm + " observability-bus-cpu",
	typeAlarm + " observability-bus-evictions",
	typeAlarm + " observability-bus-lag",
	typeAlarm + " observability-bus-memory",
	typeAlarm + " observability-bus-network",
	typeAlarm + " observability-cluster-capacity",
	typeAlarm + " observability-database-connections",
	typeAlarm + " observability-database-cpu",
	typeAlarm + " observability-database-lag",
	typeAlarm + " observability-database-local-storage",
	typeAlarm + " observability-database-volume",
	typeAlarm + " observability-deepstream-5xx",
	typeAlarm + " observability-deepstream-cpu",
	typeAlarm + " observability-deepstream-memory",
	typeAlarm + " observability-deepstream-slow",
	typeAlarm + " observability-deepstream-tasks",
	typeAlarm + " observability-deepstream-unhealthy",
	typeAlarm + " observability-edge-5xx",
	typeAlarm + " observability-edge-certificate",
	typeAlarm + " observability-edge-connections",
	typeAlarm + " observability-edge-rejected",
	"aws:kms/alias:Alias observability-key-alias",
	"aws:kms/key:Key observability-key",
	"aws:sns/topic:Topic observability-topic",
	"aws:sns/topicPolicy:TopicPolicy observability-topic-policy",
	"aws:sns/topicSubscription:TopicSubscription observability-email-97694c5f",
	"aws:sns/topicSubscription:TopicSubscription observability-https-269999eb",
	"aws:sns/topicSubscription:TopicSubscription observability-sqs-c7652320",
}

var optional = []string{
	"aws:cloudwatch/eventRule:EventRule observability-backup-failed",
	"aws:cloudwatch/eventRule:EventRule observability-copy-failed",
	"aws:cloudwatch/eventTarget:EventTarget observability-backup-failed-topic",
	"aws:cloudwatch/eventTarget:EventTarget observability-copy-failed-topic",
	typeAlarm + " observability-api-5xx",
	typeAlarm + " observability-api-cpu",
	typeAlarm + " observability-api-memory",
	typeAlarm + " observability-api-slow",
	typeAlarm + " observability-api-tasks",
	typeAlarm + " observability-api-unhealthy",
	typeAlarm + " observability-deepstream-cluster-size",
	typeAlarm + " observability-deepstream-dependencies",
	typeAlarm + " observability-deepstream-held-publishes",
	typeAlarm + " observability-deepstream-pending-writes",
}

// TestChildren pins what is registered: names are part of URNs, so a rename replaces the resource.
func TestChildren(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args *Args
		want []string
	}{
		"least":      {valid(), always},
		"everything": {withEverything(), slices.Concat(always, optional)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, r := range run(t, componenttest.New(), test.args) {
				if !strings.HasPrefix(r.Type, "aws:") {
					continue
				}
				got = append(got, r.Type+" "+r.Name)
				require.Equal(t, "observability", r.Parent, r.Name)
				require.Contains(t, r.Provider, "aws", "%s must not use the default provider", r.Name)
			}
			want := slices.Sorted(slices.Values(test.want))
			slices.Sort(got)
			require.Empty(t, cmp.Diff(want, got))
		})
	}
}

// TestPreview runs with nothing known but the arguments.
func TestPreview(t *testing.T) {
	t.Parallel()
	r := componenttest.New()
	r.Preview = true
	require.NotEmpty(t, run(t, r, withEverything()))
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	resources := run(t, componenttest.New(), valid())
	key := componenttest.Find(t, resources, "aws:kms/key:Key", "observability-key").Plain()
	require.Equal(t, true, key["enableKeyRotation"])
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}, "Action": ["kms:*"], "Resource": ["*"]},
		{"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": ["cloudwatch.amazonaws.com"]},
			"Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": ["*"],
			"Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333"]}}},
		{"Sid": "Events", "Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com"]},
			"Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": ["*"]}
	]}`, key["policy"].(string))

	topic := componenttest.Find(t, resources, "aws:sns/topic:Topic", "observability-topic").Plain()
	require.Equal(t, "arn:aws:mock:::observability-key", topic["kmsMasterKeyId"])

	rights := componenttest.Find(t, resources, "aws:sns/topicPolicy:TopicPolicy", "observability-topic-policy").Plain()
	const arn = "arn:aws:mock:::observability-topic"
	require.Equal(t, arn, rights["arn"])
	_, err := place{policy.ARN{Partition: "aws", Region: "eu-central-1", Account: "111122223333"}}.topicPolicy("topic")
	require.ErrorContains(t, err, "not an ARN")
	require.JSONEq(t, fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [
		{"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": ["cloudwatch.amazonaws.com"]}, "Action": ["sns:Publish"],
			"Resource": [%[1]q], "Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333"]}}},
		{"Sid": "Events", "Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com"]}, "Action": ["sns:Publish"], "Resource": [%[1]q]}
	]}`, arn), rights["policy"].(string))
}

// TestEveryAlarmIsHeard holds each alarm to the rules that make it useful.
func TestEveryAlarmIsHeard(t *testing.T) {
	t.Parallel()
	n := 0
	for _, r := range run(t, componenttest.New(), withEverything()) {
		if r.Type != typeAlarm {
			continue
		}
		n++
		in := r.Plain()
		require.Contains(t, r.Dependencies, "observability-topic-policy", "%s: what it reports earlier is lost", r.Name)
		require.Len(t, in["alarmActions"], 1, r.Name)
		require.Equal(t, in["alarmActions"], in["okActions"], r.Name)
		description := in["alarmDescription"].(string)
		require.Regexp(t, `^prod-eu: [A-Z].*\. [A-Z].*\.$`, description, r.Name)
		require.Less(t, len(description), 1024, r.Name)
		require.LessOrEqual(t, in["datapointsToAlarm"], in["evaluationPeriods"], r.Name)
		_, single := in["metricName"]
		_, queries := in["metricQueries"]
		require.NotEqual(t, single, queries, "%s: exactly one form", r.Name)
		require.Contains(t, in, "threshold", r.Name)
	}
	require.Equal(t, len(withEverything().table()), n)
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	resources := run(t, componenttest.New(), withEverything())
	for name, want := range map[string]map[string]any{
		"edge-5xx": {"metricName": "HTTPCode_ELB_5XX_Count", "threshold": 10.0, "statistic": "Sum", "treatMissingData": "notBreaching",
			"dimensions": map[string]any{"LoadBalancer": "app/edge/50dc6c495c0c9188"}},
		"edge-connections": {"threshold": 48000.0, "comparisonOperator": "GreaterThanThreshold"},
		"edge-certificate": {"namespace": "AWS/CertificateManager", "threshold": 30.0, "period": 86400.0, "comparisonOperator": "LessThanThreshold",
			"dimensions": map[string]any{"CertificateArn": "arn:aws:acm:eu-central-1:111122223333:certificate/1"}},
		"deepstream-unhealthy": {"metricName": "UnHealthyHostCount", "threshold": 0.0, "dimensions": map[string]any{
			"LoadBalancer": "app/edge/50dc6c495c0c9188", "TargetGroup": "targetgroup/targets/73e2d6bc24d8a067"}},
		"deepstream-slow": {"extendedStatistic": "p95", "evaluateLowSampleCountPercentiles": "ignore", "threshold": 1.0},
		"deepstream-cpu": {"threshold": 80.0, "treatMissingData": "breaching",
			"dimensions": map[string]any{"ClusterName": "main", "ServiceName": "deepstream-service-1"}},
		"cluster-capacity": {"namespace": "AWS/ECS/ManagedScaling", "threshold": 100.0,
			"dimensions": map[string]any{"CapacityProviderName": "capacity-1", "ClusterName": "main"}},
		"database-connections":   {"threshold": 720.0, "dimensions": map[string]any{"DBClusterIdentifier": "database-1"}},
		"database-local-storage": {"threshold": float64(8 << 30), "comparisonOperator": "LessThanThreshold", "statistic": "Minimum"},
		"database-volume":        {"threshold": float64(500 << 30), "period": 300.0},
		"bus-lag":                {"threshold": 5.0},
	} {
		in := componenttest.Find(t, resources, typeAlarm, "observability-"+name).Plain()
		for property, value := range want {
			require.Equal(t, value, in[property], "%s: %s", name, property)
		}
	}
}

// Each threshold that is given stands in the alarms that it is of, in what they say, and on the dashboard.
func TestGivenThresholds(t *testing.T) {
	t.Parallel()
	a := withEverything()
	a.Thresholds = Thresholds{
		BusyPercent: 61, LimitPercent: 62, ErrorsPerMinute: 63, SlowMilliseconds: 1640, CertificateDays: 45,
		DatabaseLagMilliseconds: 660, BusLagSeconds: 67, PendingWrites: 68,
	}
	resources := run(t, componenttest.New(), a)
	said := map[string]string{
		"edge-connections": "More than 37200 of the 60000 clients", "edge-certificate": "less than 45 days", "deepstream-slow": "longer than 1.64 s",
		"deepstream-pending-writes": "more than 68 records", "database-connections": "More than 558 of", "bus-lag": "more than 67 s behind",
	}
	for name, want := range map[string]float64{
		"edge-5xx": 63, "edge-connections": 37200, "edge-certificate": 45, "deepstream-5xx": 63, "deepstream-slow": 1.64, "deepstream-cpu": 61,
		"deepstream-memory": 61, "deepstream-pending-writes": 68, "database-cpu": 61, "database-connections": 558, "database-lag": 660,
		"bus-cpu": 61, "bus-memory": 61, "bus-lag": 67,
	} {
		in := componenttest.Find(t, resources, typeAlarm, "observability-"+name).Plain()
		require.Equal(t, want, in["threshold"], name)
		require.Contains(t, in["alarmDescription"], said[name], name)
	}
	v := view()
	v.Thresholds = a.Thresholds
	text, err := Dashboard(v)
	require.NoError(t, err)
	for _, drawn := range []string{"63", "61", "1.64", "660", "67"} {
		require.Contains(t, text, `"value":`+drawn+`}`)
	}
}

func TestMetricMath(t *testing.T) {
	t.Parallel()
	resources := run(t, componenttest.New(), withEverything())
	for name, want := range map[string]struct {
		expression string
		ids        []string
	}{
		"edge-connections":        {"active / 2", []string{"result", "active"}},
		"deepstream-tasks":        {"desired - FILL(running, 0)", []string{"result", "desired", "running"}},
		"deepstream-cluster-size": {"ABS(running - seen)", []string{"result", "running", "seen"}},
		"bus-cpu":                 {"MAX(METRICS())", []string{"result", "node1", "node2"}},
	} {
		queries := componenttest.Find(t, resources, typeAlarm, "observability-"+name).Plain()["metricQueries"].([]any)
		var ids []string
		for i, q := range queries {
			q := q.(map[string]any)
			ids = append(ids, q["id"].(string))
			require.Equal(t, i == 0, q["returnData"] == true, name)
		}
		require.Equal(t, want.ids, ids, name)
		require.Equal(t, want.expression, queries[0].(map[string]any)["expression"], name)
	}
	node := componenttest.Find(t, resources, typeAlarm, "observability-bus-cpu").Plain()["metricQueries"].([]any)[2].(map[string]any)
	require.Equal(t, map[string]any{"CacheClusterId": "bus-1-002"}, node["metric"].(map[string]any)["dimensions"])
}

func TestEvents(t *testing.T) {
	t.Parallel()
	resources := run(t, componenttest.New(), withEverything())
	for name, want := range map[string]string{
		"deployment-failed": `{"source": ["aws.ecs"], "detail-type": ["ECS Deployment State Change"],
			"resources": [{"prefix": "arn:aws:ecs:eu-central-1:111122223333:service/main/"}],
			"detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}}`,
		"hosts-failed": `{"source": ["aws.autoscaling"], "detail-type": ["EC2 Auto Scaling Instance Refresh Failed",
			"EC2 Auto Scaling Instance Refresh Rollback Started", "EC2 Auto Scaling Instance Refresh Rollback Failed",
			"EC2 Instance Launch Unsuccessful"], "detail": {"AutoScalingGroupName": ["hosts-1"]}}`,
		"database-event": `{"source": ["aws.rds"], "detail-type": ["RDS DB Cluster Event", "RDS DB Instance Event"],
			"detail": {"EventCategories": ["failover", "failure", "low storage"], "SourceIdentifier": ["database-1", "writer-1", "reader-1"]}}`,
		"backup-failed": `{"source": ["aws.backup"], "detail-type": ["Backup Job State Change"], "detail": {
			"state": ["ABORTED", "EXPIRED", "FAILED"], "backupVaultArn": ["arn:aws:backup:eu-central-1:111122223333:backup-vault:main"]}}`,
		"copy-failed": `{"source": ["aws.backup"], "detail-type": ["Copy Job State Change"], "detail": {
			"state": ["ABORTED", "EXPIRED", "FAILED"], "sourceBackupVaultArn": ["arn:aws:backup:eu-central-1:111122223333:backup-vault:main"]}}`,
	} {
		rule := componenttest.Find(t, resources, "aws:cloudwatch/eventRule:EventRule", "observability-"+name).Plain()
		require.JSONEq(t, want, rule["eventPattern"].(string), name)
		require.LessOrEqual(t, len("observability-"+name)+8, 64, "an event rule's name")

		target := componenttest.Find(t, resources, "aws:cloudwatch/eventTarget:EventTarget", "observability-"+name+"-topic")
		require.Contains(t, target.Dependencies, "observability-topic-policy")
		transformer := target.Plain()["inputTransformer"].(map[string]any)
		template := transformer["inputTemplate"].(string)
		var said string
		require.NoError(t, json.Unmarshal([]byte(template), &said), "a template is JSON")
		require.True(t, strings.HasPrefix(said, "prod-eu: "), said)
		for _, m := range regexp.MustCompile(`<(\w+)>`).FindAllStringSubmatch(said, -1) {
			require.Contains(t, transformer["inputPaths"], m[1], name)
		}
		require.Len(t, regexp.MustCompile(`<\w+>`).FindAllString(said, -1), len(transformer["inputPaths"].(map[string]any)), name)
	}
}

// TestWrongRegion refuses a cluster elsewhere: its account would be written into the policies all the same.
func TestWrongRegion(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		"arn:aws:ecs:us-east-1:111122223333:cluster/main": "the cluster is in us-east-1, not in eu-central-1",
		"main": "is not the ARN of ecs cluster",
	} {
		_, err := placeOf(arn, "eu-central-1")
		require.ErrorContains(t, err, want)
	}
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	resources := run(t, componenttest.New(), withEverything())
	in := componenttest.Find(t, resources, "aws:cloudwatch/dashboard:Dashboard", "observability-dashboard").Plain()
	require.Equal(t, "deepstreamhub-prod-eu", in["dashboardName"])
	text := in["dashboardBody"].(string)
	for _, want := range []string{
		"arn:aws:mock:::observability-edge-5xx", "arn:aws:mock:::observability-bus-lag", "app/edge/50dc6c495c0c9188", "api-1", "deepstream-service-1",
		"targetgroup/api/1", "main", "capacity-1", "hosts-1", "database-1", "bus-1-001", "bus-1-002", "60000", "900",
	} {
		require.Contains(t, text, want)
	}
}
