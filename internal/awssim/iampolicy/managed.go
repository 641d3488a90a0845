package iampolicy

import (
	"regexp"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

// ManagedPolicies are policies that AWS keeps itself, by the part of their ARN behind arn:aws:iam::aws:policy/, with
// the actions that rules of the offline AWS ask for (AWS Managed Policy Reference Guide).
var ManagedPolicies = map[string]string{
	"AdministratorAccess":                                         "*",
	"AmazonSSMManagedInstanceCore":                                "ssm:UpdateInstanceInformation ssm:GetParameter ssm:GetParameters ssmmessages:* ec2messages:*",
	"AWSBackupServiceRolePolicyForS3Backup":                       "s3:GetInventoryConfiguration",
	"AWSBackupServiceRolePolicyForS3Restore":                      "s3:CreateBucket",
	"CloudWatchAgentServerPolicy":                                 "cloudwatch:PutMetricData logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents",
	"service-role/AmazonEC2ContainerServiceforEC2Role":            HostActions + " ecs:CreateCluster ecs:StartTelemetrySession ec2:DescribeTags " + pullActions,
	"service-role/AmazonECSInfrastructureRolePolicyForVolumes":    "ec2:CreateVolume",
	"service-role/AmazonECSTaskExecutionRolePolicy":               pullActions,
	"service-role/AmazonRDSEnhancedMonitoringRole":                "logs:CreateLogGroup logs:PutRetentionPolicy logs:CreateLogStream logs:PutLogEvents",
	"service-role/AWSBackupServiceRolePolicyForBackup":            "rds:CreateDBSnapshot rds:CreateDBClusterSnapshot backup:* tag:GetResources",
	"service-role/AWSBackupServiceRolePolicyForRestores":          "rds:RestoreDBClusterFromSnapshot",
	"service-role/AmazonSSMAutomationRole":                        "ssm:*",
	"EC2InstanceProfileForImageBuilder":                           "imagebuilder:GetComponent",
	"EC2InstanceProfileForImageBuilderECRContainerBuilds":         "imagebuilder:GetComponent ecr:GetAuthorizationToken",
	"service-role/AmazonEC2ContainerServiceAutoscaleRole":         "ecs:DescribeServices ecs:UpdateService",
	"service-role/AmazonAPIGatewayPushToCloudWatchLogs":           "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents",
	"service-role/AmazonECSInfrastructureRolePolicyForVpcLattice": "vpc-lattice:RegisterTargets",
}

const (
	pullActions = "ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream logs:PutLogEvents"
	// HostActions is what an instance needs to join an ECS cluster and take tasks from it.
	HostActions = "ecs:DeregisterContainerInstance ecs:DiscoverPollEndpoint ecs:Poll ecs:RegisterContainerInstance ecs:SubmitContainerStateChange " +
		"ecs:SubmitTaskStateChange ecs:SubmitAttachmentStateChanges ecs:UpdateContainerInstancesState"
)

// ManagedPolicyPrefix begins the ARNs of AWS's own policies.
const ManagedPolicyPrefix = "arn:aws:iam::aws:policy/"

// Managed returns the actions of one of AWS's own policies.
func Managed(arn string) ([]string, bool) {
	name, own := strings.CutPrefix(arn, ManagedPolicyPrefix)
	actions, known := ManagedPolicies[name]
	return strings.Fields(actions), own && known
}

// servicePrincipals are services that take part in policies, without .amazonaws.com. Of those in the second list the
// name may hold a region: logs.eu-central-1.amazonaws.com.
const (
	servicePrincipals = "application-autoscaling autoscaling backup cloudfront cloudtrail cloudwatch codebuild config delivery.logs ec2 ecs " +
		"ecs-tasks ecs.application-autoscaling elasticache elasticloadbalancing events imagebuilder kms lambda logs " +
		"logdelivery.elasticloadbalancing monitoring.rds pipes rds replication.ecr s3 scheduler secretsmanager servicediscovery sns spotfleet " +
		"sqs ssm states storage-lens.s3 vpc-flow-logs wafv2"
	regionalPrincipals = "logs ssm s3 states"
)

var regionSuffix = regexp.MustCompile(`\.[a-z]{2}(-[a-z]+)+-\d$`)

// KnownService reports whether AWS knows a service by the name under which policies let it in.
func KnownService(id string) bool {
	name := strings.TrimSuffix(id, ".amazonaws.com")
	global := regionSuffix.ReplaceAllString(name, "")
	return documents.OneOf(name, servicePrincipals) || global != name && documents.OneOf(global, regionalPrincipals)
}

// Allowing is a statement that allows actions on everything, as AWS's own policies do here.
func Allowing(actions []string) Statement {
	return Statement{Actions: actions, lower: lowered(actions), Resources: []string{"*"}}
}
