package database

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
	"github.com/deepstreamhub/platform/internal/policy"
)

// insightsDays is how long Performance Insights keeps its readings: what costs nothing (Amazon Aurora User Guide, "Pricing
// and data retention for Performance Insights"). Aurora PostgreSQL has it on every instance class ("Amazon Aurora DB
// engine, Region, and instance class support for Performance Insights").
const insightsDays = 7

// monitoringIntervals are the seconds that Enhanced Monitoring takes (RDS API, CreateDBInstance).
var monitoringIntervals = []int{0, 1, 5, 10, 15, 30, 60}

const monitoringSuffix = "-monitoring"

// monitoringRole makes the role that the instances hand the readings of their operating system to CloudWatch Logs with.
// Whose account that is, the key tells: the cluster would tell minutes later.
func (b *builder) monitoringRole() error {
	if b.args.MonitoringSeconds == 0 {
		return nil
	}
	var err error
	b.monitoring, err = iam.NewRole(b.ctx, b.name+monitoringSuffix, &iam.RoleArgs{
		Description:      pulumi.Sprintf("Enhanced Monitoring of the database of %s", b.args.Stack),
		AssumeRolePolicy: b.key.Arn.ApplyT(func(arn string) (string, error) { return monitoringTrust(arn, b.args.Region) }).(pulumi.StringOutput),
	}, b.child)
	if err != nil {
		return err
	}
	rights, err := iam.NewRolePolicyAttachment(b.ctx, b.name+monitoringSuffix+"-rights", &iam.RolePolicyAttachmentArgs{
		Role:      b.monitoring.Name,
		PolicyArn: iam.ManagedPolicyAmazonRDSEnhancedMonitoringRole,
	}, b.child)
	b.monitors = append(b.monitors, rights)
	return err
}

// monitoringTrust lets RDS take the role for the instances of the key's account in a region only.
func monitoringTrust(keyArn, region string) (string, error) {
	key, err := policy.ParseARN(keyArn, "kms", "key/")
	if err != nil {
		return "", err
	}
	document, err := policy.TrustService("monitoring.rds.amazonaws.com", policy.Source{
		Account: key.Account,
		ARN:     policy.ARN{Partition: key.Partition, Service: "rds", Region: region, Account: key.Account, Resource: "db:*"}.String(),
	})
	if err != nil {
		return "", err
	}
	return document.JSON()
}

// clusterName is the cluster's logical name, which Pulumi makes its identifier from.
func (b *builder) clusterName() string { return b.name + "-cluster" }

// logKey makes the key of the log group. It takes as long as any key, a quarter of a minute, and is therefore made before
// the cluster, for log groups of any cluster of that name: which letters Pulumi adds to it is known only with the cluster.
func (b *builder) logKey() error {
	var err error
	b.logsKey, err = blocks.NewLogKey(b.ctx, b.logArgs(pulumi.String(logGroup(b.clusterName()+"-*"))), b.child)
	return err
}

// logs makes the log group of what the cluster exports, before an instance logs: RDS would make it itself, out of the
// stack's sight, without a key and for ever.
func (b *builder) logs() error {
	group, err := blocks.NewLogGroup(b.ctx, b.logArgs(b.cluster.ClusterIdentifier.ApplyT(logGroup).(pulumi.StringOutput)), b.logsKey, b.child)
	b.monitors = append(b.monitors, group)
	return err
}

// logGroup is where RDS hands a cluster's log to ("Publishing Aurora PostgreSQL logs to Amazon CloudWatch Logs", Aurora
// User Guide).
func logGroup(cluster string) string { return "/aws/rds/cluster/" + cluster + "/" + exportedLog }

func (b *builder) logArgs(group pulumi.StringInput) blocks.LogsArgs {
	return blocks.LogsArgs{
		Key: b.name + "-logs-key", Group: b.name + "-logs",
		Prefix: b.args.NamePrefix, Stack: b.args.Stack, Alias: b.name + "-logs", Description: "Logs of the database of " + b.args.Stack,
		Name: group, Days: b.args.LogDays, Region: b.args.Region, Near: b.key.Arn,
	}
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
