package database

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/part"
	"github.com/deepstreamhub/platform/internal/policy"
)

// insightsDays is how long Performance Insights keeps its readings: what costs nothing (Amazon Aurora User Guide, "Pricing
// and data retention for Performance Insights"). Aurora PostgreSQL has it on every instance class ("Amazon Aurora DB
// engine, Region, and instance class support for Performance Insights").
const insightsDays = 7

// monitoringIntervals are the seconds that Enhanced Monitoring takes (RDS API, CreateDBInstance).
var monitoringIntervals = []int{0, 1, 5, 10, 15, 30, 60}

// monitoringRole makes the role that the instances hand the readings of their operating system to CloudWatch Logs with.
func (b *builder) monitoringRole() error {
	if b.args.MonitoringSeconds == 0 {
		return nil
	}
	var err error
	b.monitoring, err = iam.NewRole(b.ctx, b.name+"-monitoring", &iam.RoleArgs{
		Description:      pulumi.Sprintf("Enhanced Monitoring of the database of %s", b.args.Stack),
		AssumeRolePolicy: b.cluster.Arn.ApplyT(monitoringTrust).(pulumi.StringOutput),
	}, b.child)
	if err != nil {
		return err
	}
	rights, err := iam.NewRolePolicyAttachment(b.ctx, b.name+"-monitoring-rights", &iam.RolePolicyAttachmentArgs{
		Role:      b.monitoring.Name,
		PolicyArn: iam.ManagedPolicyAmazonRDSEnhancedMonitoringRole,
	}, b.child)
	b.monitors = append(b.monitors, rights)
	return err
}

var clusterArnPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):rds:([a-z0-9-]+):(\d{12}):cluster:.+$`)

// monitoringTrust lets RDS take the role for the instances of the cluster's account and region only.
func monitoringTrust(clusterArn string) (string, error) {
	m := clusterArnPattern.FindStringSubmatch(clusterArn)
	if m == nil {
		return "", fmt.Errorf("read account: %q is not the ARN of a database cluster", clusterArn)
	}
	document, err := policy.TrustService("monitoring.rds.amazonaws.com", policy.Source{
		Account: m[3],
		ARN:     policy.ARN{Partition: m[1], Service: "rds", Region: m[2], Account: m[3], Resource: "db:*"}.String(),
	})
	if err != nil {
		return "", err
	}
	return document.JSON()
}

// logs makes the log group of what the cluster exports, before an instance logs: RDS would make it itself, out of the
// stack's sight, without a key and for ever.
func (b *builder) logs() error {
	logs, err := part.NewLogs(b.ctx, part.LogsArgs{
		Key: b.name + "-logs-key", Group: b.name + "-logs",
		Stack: b.args.Stack, Alias: b.name + "-logs", Description: "Logs of the database of " + b.args.Stack,
		Name: pulumi.Sprintf("/aws/rds/cluster/%s/%s", b.cluster.ClusterIdentifier, exportedLog),
		Days: b.args.LogDays, Region: b.args.Region, Near: b.cluster.Arn,
	}, b.child)
	if err != nil {
		return err
	}
	b.monitors = append(b.monitors, logs.Group)
	return nil
}

// observed adds to an instance's arguments what is read off it.
func (b *builder) observed(args *rds.ClusterInstanceArgs) {
	args.PerformanceInsightsEnabled = pulumi.Bool(b.args.PerformanceInsights)
	if b.args.PerformanceInsights {
		args.PerformanceInsightsKmsKeyId = b.key.Arn
		args.PerformanceInsightsRetentionPeriod = pulumi.Int(insightsDays)
	}
	if b.monitoring != nil {
		args.MonitoringInterval = pulumi.Int(b.args.MonitoringSeconds)
		args.MonitoringRoleArn = b.monitoring.Arn
	}
}
