package access

import (
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/policy"
)

// notNarrower is why the boundary names no resources: it is for roles that do not exist yet, on resources that do not
// either. What a role may touch is in its own policy; the boundary says which kinds of things it may do at all.
const notNarrower = "a boundary is for every role of every stack; each role's own policy names its resources"

// Boundary is what no role that deployments make gets past, whatever its own policies say: what hosts, tasks and the
// services that act for the platform do. Nothing in it changes permissions, the network or the platform itself.
func Boundary(o naming.Organisation) policy.Document {
	return policy.Document{Statements: []policy.Statement{
		{
			Sid: "Hosts",
			Actions: []string{ // the ECS agent, Session Manager and the CloudWatch agent on a host
				"ec2:DescribeTags", "ec2:DescribeVolumes", "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage",
				"ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply", "ecs:DeregisterContainerInstance",
				"ecs:DiscoverPollEndpoint", "ecs:Poll", "ecs:RegisterContainerInstance", "ecs:StartTelemetrySession", "ecs:Submit*",
				"ecs:UpdateContainerInstancesState", "ecs:DescribeContainerInstances", "ecs:ListContainerInstances", "ecs:TagResource", "autoscaling:CompleteLifecycleAction",
				"autoscaling:RecordLifecycleActionHeartbeat", "ssm:DescribeAssociation", "ssm:DescribeDocument",
				"ssm:GetDeployablePatchSnapshotForInstance", "ssm:GetDocument", "ssm:GetManifest",
				"ssm:ListAssociations", "ssm:ListInstanceAssociations", "ssm:PutComplianceItems", "ssm:PutConfigurePackageResult",
				"ssm:PutInventory", "ssm:UpdateAssociationStatus", "ssm:UpdateInstanceAssociationStatus", "ssm:UpdateInstanceInformation",
				"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
			},
			Resources: policy.AnyResource(notNarrower),
		},
		{
			Sid: "Tasks",
			Actions: []string{ // image pulls, metrics, their targets, and logs of tasks, flows, sessions and databases
				"cloudwatch:PutMetricData", "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
				"elasticloadbalancing:DescribeTargetHealth", "kms:DescribeKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups",
				"logs:DescribeLogStreams", "logs:PutLogEvents", "logs:PutRetentionPolicy", "logs:GetLogEvents", "s3:GetEncryptionConfiguration",
				"sns:Publish",
			},
			Resources: policy.AnyResource(notNarrower),
		},
		{
			// Keys and secrets of the role's own stack, known by the tag that both carry. A deployment gives a role no other
			// stack's tag.
			Sid: "Own", Actions: []string{"kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "secretsmanager:GetSecretValue"},
			Resources:  policy.AnyResource(notNarrower),
			Conditions: []policy.Condition{{Operator: "StringEquals", Key: "aws:ResourceTag/" + stackTag, Values: []string{ownStack}}},
		},
		{
			Sid: "Parameters", Actions: []string{"ssm:GetParameter", "ssm:GetParameters"},
			Resources: policy.On("arn:aws:ssm:*::parameter/aws/service/*", "arn:aws:ssm:*:*:parameter"+o.Path()+ownStack+"/*"),
		},
		{
			Sid: "Backups",
			Actions: []string{ // AWS Backup, on the database
				"backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", "backup:DescribeBackupVault", "backup:ListTags", "backup:TagResource",
				"rds:AddTagsToResource", "rds:CopyDBClusterSnapshot", "rds:CreateDBClusterSnapshot",
				"rds:CreateDBSnapshot", "rds:DescribeDB*", "rds:ListTagsForResource",
				"rds:RestoreDBClusterFromSnapshot", "rds:RestoreDBClusterToPointInTime", "tag:GetResources",
			},
			Resources: policy.AnyResource(notNarrower),
		},
		{
			Sid: "Expire", Actions: []string{"rds:DeleteDBClusterSnapshot"}, // of recovery points; never a final snapshot
			Resources: policy.On("arn:aws:rds:*:*:cluster-snapshot:awsbackup:*"),
		},
		{
			Sid: "NoStateKeys", Effect: policy.Deny,
			Actions:    []string{"kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
			Resources:  policy.AnyResource("the keys are known by their tag"),
			Conditions: []policy.Condition{{Operator: "StringEquals", Key: "aws:ResourceTag/project", Values: []string{o.Bootstrap()}}},
		},
		{
			Sid: "NoSharing", Effect: policy.Deny, Actions: []string{"rds:ModifyDBClusterSnapshotAttribute", "rds:ModifyDBSnapshotAttribute"},
			Resources: policy.AnyResource("no snapshot is shared"),
		},
	}}
}

// ownStack stands for the stack of the role that asks, by its tag (IAM User Guide, "IAM policy elements: Variables and tags").
const ownStack = "${aws:PrincipalTag/" + stackTag + "}"
