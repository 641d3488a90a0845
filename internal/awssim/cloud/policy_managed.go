package cloud

import (
	"fmt"
	"regexp"
	"strings"
)

// managedPolicies are policies that AWS keeps itself, by the part of their ARN behind arn:aws:iam::aws:policy/, with
// the actions that rules of the offline AWS ask for (AWS Managed Policy Reference Guide).
var managedPolicies = map[string]string{
	"AdministratorAccess":                                         "*",
	"AmazonSSMManagedInstanceCore":                                "ssm:UpdateInstanceInformation ssm:GetParameter ssm:GetParameters ssmmessages:* ec2messages:*",
	"AWSBackupServiceRolePolicyForS3Backup":                       "s3:GetInventoryConfiguration",
	"AWSBackupServiceRolePolicyForS3Restore":                      "s3:CreateBucket",
	"CloudWatchAgentServerPolicy":                                 "cloudwatch:PutMetricData logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents",
	"service-role/AmazonEC2ContainerServiceforEC2Role":            hostActions + " ecs:CreateCluster ecs:StartTelemetrySession ec2:DescribeTags " + pullActions,
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
	// hostActions is what an instance needs to join an ECS cluster and take tasks from it.
	hostActions = "ecs:DeregisterContainerInstance ecs:DiscoverPollEndpoint ecs:Poll ecs:RegisterContainerInstance ecs:SubmitContainerStateChange " +
		"ecs:SubmitTaskStateChange ecs:SubmitAttachmentStateChanges ecs:UpdateContainerInstancesState"
)

const managedPolicyPrefix = "arn:aws:iam::aws:policy/"

// managedPolicy returns the actions of one of AWS's own policies.
func managedPolicy(arn string) ([]string, bool) {
	name, own := strings.CutPrefix(arn, managedPolicyPrefix)
	actions, known := managedPolicies[name]
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

// principalExists reports whether AWS knows a principal of the account's trust and resource policies. Principals of
// other accounts are unknown here: the offline AWS is one account. A new role is unknown until the service that was given
// the policy has heard of it.
func principalExists(t *Tx, p principal, by string) bool {
	switch p.Kind {
	case "Service":
		name := strings.TrimSuffix(p.ID, ".amazonaws.com")
		global := regionSuffix.ReplaceAllString(name, "")
		return oneOf(name, servicePrincipals) || global != name && oneOf(global, regionalPrincipals)
	case "AWS":
		if p.ID == "*" || len(p.ID) == 12 || strings.HasSuffix(p.ID, ":root") || p.ID == t.Declared().Principal {
			return true
		}
		role, ok := roleByARN(t, p.ID)
		return ok && t.Visible(role, by) || strings.Contains(p.ID, ":assumed-role/")
	case "Federated":
		_, ok := t.Find("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "arn", p.ID)
		return ok || !strings.HasPrefix(p.ID, "arn:")
	}
	return true
}

// invalidPrincipal returns the first principal that AWS does not know, as IAM writes it: "AWS":"arn:...".
func invalidPrincipal(t *Tx, statements []statement, by string) (string, bool) {
	for _, s := range statements {
		for _, p := range s.Principals {
			if !principalExists(t, p, by) {
				kind := p.Kind
				if kind != "AWS" {
					kind = strings.ToUpper(kind)
				}
				return fmt.Sprintf("%q:%q", kind, p.ID), true
			}
		}
	}
	return "", false
}
