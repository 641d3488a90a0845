package access

import (
	"strings"

	"github.com/deepstreamhub/platform/internal/policy"
)

// Named is one managed policy of a role.
type Named struct {
	Name     string
	Document policy.Document
}

// grant is what the platform does with one service: the actions with which a preview or a refresh reads, and those with
// which a deployment changes. Actions on nothing in particular stand apart, because no ARN covers them.
type grant struct {
	service           string
	on                []string // ARNs by service, region, account: see grants
	read, write       string
	anyRead, anyWrite string
	global            bool // the service has no regions
}

// noTypes is why a statement names no resources.
const noTypes = "the Service Authorization Reference has no resource types for these actions, or some that belong to AWS"

// part is a managed policy's worth of grants.
type part struct {
	name   string
	grants []grant
}

// parts are what the platform does, service by service. The test of the roles holds each action to a call that the
// offline AWS saw, and each call to an action here.
func (a Account) parts() []part {
	return []part{
		{"network", []grant{a.network()}},
		{"compute", a.compute()},
		{"data", a.data()},
		{"watch", a.watch()},
		{"names", []grant{a.dns()}},
	}
}

// own is everything of a service that belongs to the account.
func (a Account) own(service string) []string { return []string{a.arn(service, "*", "*")} }

func (a Account) network() grant {
	return grant{
		service: "ec2", on: a.own("ec2"),
		write: `AllocateAddress AssociateRouteTable AssociateSubnetCidrBlock AssociateVpcCidrBlock AttachInternetGateway AuthorizeSecurityGroupEgress
			AuthorizeSecurityGroupIngress CreateEgressOnlyInternetGateway CreateFlowLogs CreateInternetGateway CreateNatGateway CreateNetworkAcl
			CreateNetworkAclEntry CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet CreateTags CreateVpc DeleteEgressOnlyInternetGateway 
			DeleteFlowLogs DeleteInternetGateway DeleteLaunchTemplate DeleteNatGateway DeleteNetworkAcl DeleteNetworkAclEntry DeleteRoute DeleteRouteTable
			DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc DeleteVpcEndpoints DetachInternetGateway DisableVgwRoutePropagation DisassociateAddress
			DisassociateRouteTable DisassociateSubnetCidrBlock DisassociateVpcCidrBlock ModifyLaunchTemplate ModifySecurityGroupRules ModifySubnetAttribute
			ModifyVpcAttribute ModifyVpcEndpoint ReleaseAddress ReplaceNetworkAclAssociation ReplaceRoute ReplaceRouteTableAssociation
			RevokeSecurityGroupEgress RevokeSecurityGroupIngress`,
		anyRead: `DescribeAddresses DescribeAddressesAttribute DescribeEgressOnlyInternetGateways DescribeFlowLogs
			DescribeInternetGateways DescribeLaunchTemplateVersions DescribeLaunchTemplates DescribeNatGateways DescribeNetworkAcls DescribePrefixLists
			DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeVpcAttribute DescribeVpcEndpoints DescribeVpcs`,
		anyWrite: "CreateLaunchTemplate CreateLaunchTemplateVersion CreateVpcEndpoint DescribeInstances DescribeNetworkInterfaces RunInstances",
	}
}

func (a Account) compute() []grant {
	return []grant{
		{
			service: "autoscaling", on: a.own("autoscaling"),
			write: `CancelInstanceRefresh CreateAutoScalingGroup CreateOrUpdateTags DeleteAutoScalingGroup DeleteTags DeleteWarmPool DisableMetricsCollection
				EnableMetricsCollection PutLifecycleHook PutWarmPool ResumeProcesses SetInstanceProtection StartInstanceRefresh SuspendProcesses UpdateAutoScalingGroup`,
			anyRead: "DescribeAutoScalingGroups DescribeScalingActivities DescribeWarmPool", anyWrite: "DescribeInstanceRefreshes",
		},
		{
			service: "ecs", on: a.own("ecs"),
			write: `CreateService DeleteCapacityProvider DeleteCluster DeleteService PutClusterCapacityProviders TagResource UntagResource UpdateCapacityProvider
				UpdateCluster UpdateService`,
			read: "DescribeCapacityProviders DescribeClusters DescribeServices", anyRead: "DescribeTaskDefinition",
			anyWrite: "CreateCapacityProvider CreateCluster DeregisterTaskDefinition RegisterTaskDefinition",
		},
		{
			service:  "application-autoscaling",
			anyRead:  "DescribeScalableTargets DescribeScalingPolicies ListTagsForResource",
			anyWrite: "DeleteScalingPolicy DeregisterScalableTarget PutScalingPolicy RegisterScalableTarget TagResource UntagResource",
		},
		{
			service: "elasticloadbalancing", on: a.own("elasticloadbalancing"),
			write: `AddTags CreateListener CreateLoadBalancer CreateRule CreateTargetGroup DeleteListener DeleteLoadBalancer DeleteRule DeleteTargetGroup
				ModifyListener ModifyListenerAttributes ModifyLoadBalancerAttributes ModifyRule ModifyTargetGroup ModifyTargetGroupAttributes RemoveTags
				SetIpAddressType SetRulePriorities SetSecurityGroups SetSubnets SetWebAcl`,
			anyRead: `DescribeListenerAttributes DescribeListeners DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeRules DescribeTags
				DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth`,
		},
		{
			service: "acm", on: a.own("acm"), read: "DescribeCertificate ListTagsForCertificate", anyWrite: "RequestCertificate",
			write: "AddTagsToCertificate DeleteCertificate RemoveTagsFromCertificate UpdateCertificateOptions",
		},
		{
			service: "wafv2", anyRead: "GetLoggingConfiguration GetWebACL GetWebACLForResource ListTagsForResource",
			anyWrite: "AssociateWebACL CreateWebACL DeleteLoggingConfiguration DeleteWebACL DisassociateWebACL PutLoggingConfiguration TagResource UntagResource UpdateWebACL",
		},
	}
}

func (a Account) data() []grant {
	return []grant{
		{
			service: "rds", on: a.own("rds"), read: "ListTagsForResource",
			write: `AddTagsToResource CreateDBCluster CreateDBClusterParameterGroup CreateDBClusterSnapshot CreateDBInstance CreateDBParameterGroup
				CreateDBSubnetGroup DeleteDBCluster DeleteDBClusterParameterGroup DeleteDBInstance DeleteDBParameterGroup DeleteDBSubnetGroup ModifyDBCluster
				ModifyDBClusterParameterGroup ModifyDBInstance ModifyDBParameterGroup ModifyDBSubnetGroup RebootDBInstance RemoveTagsFromResource
				ResetDBClusterParameterGroup ResetDBParameterGroup RestoreDBClusterFromSnapshot RestoreDBClusterToPointInTime`,
			anyRead: `DescribeDBClusterParameterGroups DescribeDBClusterParameters DescribeDBClusters DescribeDBInstances DescribeDBParameterGroups
				DescribeDBParameters DescribeDBSubnetGroups DescribeGlobalClusters`,
		},
		{
			service: "elasticache", on: a.own("elasticache"), read: "ListTagsForResource",
			write: `AddTagsToResource CreateCacheParameterGroup CreateCacheSubnetGroup CreateReplicationGroup CreateSnapshot DecreaseReplicaCount
				DeleteCacheParameterGroup DeleteCacheSubnetGroup DeleteReplicationGroup IncreaseReplicaCount ModifyCacheParameterGroup ModifyCacheSubnetGroup
				ModifyReplicationGroup RemoveTagsFromResource ResetCacheParameterGroup`,
			anyRead: "DescribeCacheClusters DescribeCacheParameterGroups DescribeCacheParameters DescribeCacheSubnetGroups DescribeReplicationGroups",
		},
		{
			// The value is read as well, by deployments alone: the provider reads a secret's version after it wrote it.
			service: "secretsmanager", on: a.own("secretsmanager"), read: "DescribeSecret GetResourcePolicy",
			write:   "CreateSecret DeleteSecret GetSecretValue PutSecretValue TagResource UntagResource UpdateSecret UpdateSecretVersionStage",
			anyRead: "GetRandomPassword",
		},
		{
			service: "kms", on: a.own("kms"), read: "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
			write: `CreateAlias CreateGrant Decrypt DeleteAlias DisableKeyRotation EnableKeyRotation GenerateDataKey PutKeyPolicy RetireGrant
				ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription`,
			anyRead: "ListAliases", anyWrite: "CreateKey",
		},
		{
			service: "backup", on: a.own("backup"), read: "DescribeBackupVault GetBackupPlan GetBackupSelection GetBackupVaultAccessPolicy ListBackupSelections ListTags",
			write: `CreateBackupPlan CreateBackupSelection CreateBackupVault DeleteBackupPlan DeleteBackupSelection DeleteBackupVault DeleteBackupVaultAccessPolicy
				DeleteBackupVaultLockConfiguration PutBackupVaultAccessPolicy PutBackupVaultLockConfiguration TagResource UntagResource UpdateBackupPlan`,
		},
		{service: "backup-storage", anyWrite: "MountCapsule"},
		{
			service: "s3", on: []string{"arn:aws:s3:::*"}, // bucket ARNs have no account: the statement's condition has
			read: `GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketObjectLockConfiguration
				GetBucketOwnershipControls GetBucketPolicy GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning
				GetBucketWebsite GetEncryptionConfiguration GetLifecycleConfiguration GetReplicationConfiguration ListBucket`,
			write: `CreateBucket DeleteBucket DeleteBucketPolicy DeleteObject DeleteObjectVersion ListBucketVersions PutBucketOwnershipControls PutBucketPolicy
				PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration`,
		},
	}
}

func (a Account) watch() []grant {
	return []grant{
		{
			// ECR User Guide, "IAM permissions for pushing an image to an Amazon ECR private repository".
			service: "ecr", on: []string{a.arn("ecr", "*", "repository/*")}, anyWrite: "GetAuthorizationToken",
			write: "BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload InitiateLayerUpload PutImage UploadLayerPart",
		},
		{service: "tag", anyWrite: "GetResources"},
		{
			service: "cloudwatch", on: a.own("cloudwatch"), read: "ListTagsForResource", write: "DeleteAlarms PutMetricAlarm TagResource UntagResource",
			anyRead: "DescribeAlarms GetDashboard", anyWrite: "DeleteDashboards PutDashboard",
		},
		{
			service: "logs", on: a.own("logs"), read: "ListTagsForResource", anyRead: "DescribeLogGroups",
			write:    "AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey PutRetentionPolicy TagResource UntagResource",
			anyWrite: "CreateLogDelivery DeleteLogDelivery DescribeResourcePolicies PutResourcePolicy",
		},
		{
			service: "events", on: a.own("events"), read: "DescribeRule ListTagsForResource ListTargetsByRule",
			write: "DeleteRule PutRule PutTargets RemoveTargets TagResource UntagResource",
		},
		{
			service: "sns", on: a.own("sns"), read: "GetSubscriptionAttributes GetTopicAttributes ListTagsForResource",
			write: "CreateTopic DeleteTopic SetSubscriptionAttributes SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource",
		},
	}
}

func (a Account) dns() grant {
	return grant{
		service: "route53", on: []string{"arn:aws:route53:::hostedzone/*", "arn:aws:route53:::healthcheck/*", "arn:aws:route53:::change/*"}, global: true,
		read:    "GetHealthCheck GetHostedZone ListResourceRecordSets ListTagsForResource",
		write:   "ChangeResourceRecordSets ChangeTagsForResource DeleteHealthCheck GetChange UpdateHealthCheck",
		anyRead: "ListHostedZones", anyWrite: "CreateHealthCheck",
	}
}

// statements are a grant's, for reading alone or for all of it.
func (a Account) statements(g grant, writes bool) []policy.Statement {
	scoped, open := g.read, g.anyRead
	if writes {
		scoped, open = g.read+" "+g.write, g.anyRead+" "+g.anyWrite
	}
	var conditions []policy.Condition
	if !g.global {
		conditions = append(conditions, policy.Condition{Operator: "StringEquals", Key: "aws:RequestedRegion", Values: a.Regions})
	}
	if g.service == "s3" {
		conditions = append(conditions, policy.Condition{Operator: "StringEquals", Key: "aws:ResourceAccount", Values: []string{a.ID}})
	}
	sid := strings.ReplaceAll(g.service, "-", "")
	var out []policy.Statement
	if actions := actions(g.service, scoped); len(actions) > 0 {
		out = append(out, policy.Statement{Sid: sid, Actions: actions, Resources: policy.On(g.on...), Conditions: conditions})
	}
	if actions := actions(g.service, open); len(actions) > 0 {
		out = append(out, policy.Statement{Sid: sid + "Any", Actions: actions, Resources: policy.AnyResource(noTypes), Conditions: conditions})
	}
	return out
}

func actions(service, names string) []string {
	var out []string
	for _, name := range strings.Fields(names) {
		out = append(out, service+":"+name)
	}
	return out
}

func (a Account) documents(writes bool) []Named {
	var out []Named
	for _, p := range a.parts() {
		var d policy.Document
		for _, g := range p.grants {
			d.Statements = append(d.Statements, a.statements(g, writes)...)
		}
		out = append(out, Named{p.name, d})
	}
	return out
}

// Deploy is what a deployment may do: everything that the platform's stacks do, and nothing to what holds the account.
func (a Account) Deploy() []Named {
	return append(a.documents(true),
		Named{"roles", policy.Document{Statements: a.roles()}},
		Named{"state", policy.Document{Statements: append(append(a.readState(), a.writeState()...), a.guards()...)}},
	)
}

// Preview is what a preview may do: read. It may not read a secret's value, whatever else is attached to it one day.
func (a Account) Preview() []Named {
	return append(a.documents(false),
		Named{"roles", policy.Document{Statements: []policy.Statement{a.readRoles()}}},
		Named{"state", policy.Document{Statements: append(a.readState(), policy.Statement{
			Sid: "NoSecrets", Effect: policy.Deny, Actions: []string{"secretsmanager:GetSecretValue"},
			Resources: policy.AnyResource("no secret of the account at all"),
		})}},
	)
}
