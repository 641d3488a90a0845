package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// Each setting of the edge changes what belongs to it and nothing else.
func TestEdgeSettings(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "edge", harness.Ephemeral(t, "prod-eu"))
	s.Up()

	t.Log("edge.accessLogRetentionDays")
	s.Config.Edge.AccessLogRetentionDays = 30
	require.ElementsMatch(t, []string{"update edge-logs", "update edge-waf-logs"}, harness.Changed(s.Up()))
	retention := map[string]int{}
	for _, group := range aws.Find("aws:cloudwatch/logGroup:LogGroup") {
		retention[group.Str("name")] = group.Int("retentionInDays")
	}
	require.Equal(t, 30, retention["aws-waf-logs-deepstreamhub-"+s.Name+"-edge"])

	// Route 53 asks every region from outside. Its metrics, and so the alarm and whom it tells, are in us-east-1.
	checks := aws.Find("aws:route53/healthCheck:HealthCheck")
	require.Len(t, checks, 1)
	var watched []string
	for _, alarm := range aws.Find("aws:cloudwatch/metricAlarm:MetricAlarm") {
		if alarm.Region == "us-east-1" {
			watched = append(watched, alarm.Str("dimensions.HealthCheckId"))
			require.Contains(t, alarm.Str("alarmActions[]"), "arn:aws:sns:us-east-1:")
		}
	}
	require.Equal(t, []string{checks[0].ID}, watched)

	t.Log("observability.notify")
	s.Config.Observability.Notify = []string{"mailto:ops@deepstreamhub.com"}
	var told []string
	for _, change := range harness.Changed(s.Preview()) {
		told = append(told, change[:strings.LastIndex(change, "-")])
	}
	require.ElementsMatch(t, []string{"create observability-email", "create observability-health-email"}, told)
	s.Config.Observability.Notify = nil

	t.Log("edge.globalName")
	s.Config.Edge.GlobalName, s.Config.Edge.DataScope = "global.deepstreamhub.com", "perRegion"
	require.ElementsMatch(t, []string{
		"replace edge-certificate", "replace edge-issued", "update edge-https", // the certificate gets the name
		"update observability-edge-certificate", // the alarm on its expiry watches the new one
		"create edge-global", "create edge-global-validation",
	}, harness.Changed(s.Up()))
	require.Empty(t, harness.Changed(s.Refresh()))
}
