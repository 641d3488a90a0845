package observability

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
)

// Route 53's metrics are in us-east-1: from another region the alarm, its topic and who is told go there.
func TestHealthIsWatchedWhereItsMetricsAre(t *testing.T) {
	t.Parallel()
	resources, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
		here, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		there, err := aws.NewProvider(ctx, "there", &aws.ProviderArgs{Region: pulumi.String(HealthRegion)})
		if err != nil {
			return err
		}
		a := valid()
		a.Health = &Health{CheckID: name("check-1"), Elsewhere: there}
		_, err = New(ctx, "observability", a, pulumi.Providers(here))
		return err
	})
	require.NoError(t, err)
	var elsewhere []string
	for _, r := range resources {
		if r.Parent == "observability" && strings.Contains(r.Provider, "::there::") {
			elsewhere = append(elsewhere, r.Name)
		}
	}
	require.ElementsMatch(t, []string{
		"observability-edge-health", "observability-health-key", "observability-health-key-alias", "observability-health-topic",
		"observability-health-topic-policy", "observability-health-email-97694c5f", "observability-health-https-269999eb",
		"observability-health-sqs-c7652320",
	}, elsewhere)
	alarm := componenttest.Find(t, resources, typeAlarm, "observability-edge-health").Plain()
	require.Equal(t, []any{"arn:aws:mock:::observability-health-topic-policy"}, alarm["alarmActions"], "a topic of the alarm's own region")
	require.Empty(t, cmp.Diff(map[string]any{"HealthCheckId": "check-1"}, alarm["dimensions"]))
	require.Equal(t, []any{"AWS/Route53", "HealthCheckStatus", "Minimum", "LessThanThreshold", 1.0, "breaching"},
		[]any{alarm["namespace"], alarm["metricName"], alarm["statistic"], alarm["comparisonOperator"], alarm["threshold"], alarm["treatMissingData"]})
}

func TestHealthInItsOwnRegion(t *testing.T) {
	t.Parallel()
	a := valid()
	a.Health = &Health{CheckID: name("check-1")}
	require.ErrorContains(t, a.Validate(), "health: needs a provider of us-east-1")
	a.Health.Elsewhere = (*aws.Provider)(nil)
	require.ErrorContains(t, a.Validate(), "health: needs a provider of us-east-1", "a variable that nobody set is no provider either")
	a.Region = HealthRegion
	a.Cluster.Arn = name("arn:aws:ecs:us-east-1:111122223333:cluster/main")
	resources := run(t, componenttest.New(), a)
	alarm := componenttest.Find(t, resources, typeAlarm, "observability-edge-health").Plain()
	require.Equal(t, []any{"arn:aws:mock:::observability-topic-policy"}, alarm["alarmActions"], "the region's own topic")
	require.NotContains(t, componenttest.Names(resources), "aws:sns/topic:Topic observability-health-topic")
	a.Health.CheckID = nil
	require.ErrorContains(t, a.Validate(), "health check id: missing")
}
