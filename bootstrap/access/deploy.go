package access

import (
	"fmt"
	"reflect"
	"slices"
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
	also              []string // regions, besides those of the platform
	global            bool     // the service has no regions
}

// healthRegion is where Route 53 has the metrics of its health checks, and so the alarm on them and whom it tells (Route 53
// Developer Guide, "Monitoring health checks using CloudWatch").
const healthRegion = "us-east-1"

// beside are the regions in which a stack has something without being there.
func (a Account) beside() []string { return append([]string{healthRegion}, a.CopyRegions...) }

// scope is which stacks' things a role is for. A thing tells by its tag whose it is, a bucket by its name.
type scope struct {
	stacks  string   // pattern of names
	buckets []string // ARNs
	path    string   // in IAM, without the first slash
	names   []string // patterns of the names in DNS that it may change; nil: all of the zone
}

// tagged holds what is touched, or made, to the tag of the scope's stacks. What has no tags at all passes: rules of a group
// and associations have none of their own, and AWS does not send the tags of everything.
func (s scope) tagged() []policy.Condition {
	return []policy.Condition{
		{Operator: "StringLikeIfExists", Key: "aws:ResourceTag/" + stackTag, Values: []string{s.stacks}},
		{Operator: "StringLikeIfExists", Key: "aws:RequestTag/" + stackTag, Values: []string{s.stacks}},
	}
}

// stackTag is the tag by which what belongs to a stack is told.
const stackTag = "stack"

// noTypes is why a statement names no resources.
const noTypes = "the Service Authorization Reference has no resource types for these actions, or some that belong to AWS"

// part is a managed policy's worth of grants.
type part struct {
	name   string
	grants []grant
}

// parts are what the platform does, service by service. The test of the roles holds each action to a call that the
// offline AWS saw, and each call to an action here.
func (a Account) parts(own scope) []part {
	return []part{
		{"network", []grant{a.network()}},
		{"compute", a.compute()},
		{"data", a.data(own)},
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
			DescribeInternetGateways DescribeLaunchTemplateVersions DescribeLaunchTemplates DescribeNatGateways DescribeNetworkAcls
			DescribeNetworkInterfaces DescribePrefixLists
			DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeVpcAttribute DescribeVpcEndpoints DescribeVpcs`,
		anyWrite: `CreateLaunchTemplate CreateLaunchTemplateVersion CreateNetworkInterface CreateVpcEndpoint DeleteNetworkInterface DescribeAccountAttributes
			DescribeInstances GetSecurityGroupsForVpc RunInstances`,
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
				SetIpAddressType SetRulePriorities SetSecurityGroups SetSubnets`,
			anyWrite: "SetWebAcl",
			anyRead: `DescribeCapacityReservation DescribeListenerAttributes DescribeListeners DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeRules DescribeTags
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

func (a Account) data(own scope) []grant {
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
			service: "kms", on: []string{a.arn("kms", "*", "key/*"), a.arn("kms", "*", "alias/"+a.path()+own.stacks+"/*")},
			also: a.beside(), read: "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
			write: `CreateAlias CreateGrant Decrypt DeleteAlias DisableKeyRotation EnableKeyRotation GenerateDataKey PutKeyPolicy RetireGrant
				ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription`,
			anyRead: "ListAliases", anyWrite: "CreateKey",
		},
		{
			service: "backup", on: append(a.own("backup"), a.arn("rds", "*", "cluster-snapshot:awsbackup:*")), also: a.CopyRegions, read: "DescribeBackupVault GetBackupPlan GetBackupSelection GetBackupVaultAccessPolicy ListBackupSelections ListTags",
			write: `DeleteRecoveryPoint DescribeRecoveryPoint ListRecoveryPointsByBackupVault CreateBackupPlan CreateBackupSelection CreateBackupVault DeleteBackupPlan DeleteBackupSelection DeleteBackupVault DeleteBackupVaultAccessPolicy
				DeleteBackupVaultLockConfiguration PutBackupVaultAccessPolicy PutBackupVaultLockConfiguration TagResource UntagResource UpdateBackupPlan`,
		},
		{service: "backup-storage", also: a.CopyRegions, anyWrite: "MountCapsule"},
		{
			service: "s3", on: own.buckets, // their ARNs have no account: the statement's condition has
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
		{service: "tag", also: a.beside(), anyWrite: "GetResources"},
		{service: "servicequotas", anyRead: "GetAWSDefaultServiceQuota GetServiceQuota"}, // whether a region fits, before its first up
		{
			service: "cloudwatch", on: a.own("cloudwatch"), also: []string{healthRegion}, read: "ListTagsForResource", write: "DeleteAlarms PutMetricAlarm TagResource UntagResource",
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
			service: "sns", on: a.own("sns"), also: []string{healthRegion}, read: "GetTopicAttributes ListTagsForResource",
			write:   "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource UntagResource",
			anyRead: "GetSubscriptionAttributes", anyWrite: "SetSubscriptionAttributes Unsubscribe",
		},
	}
}

func (a Account) dns() grant {
	return grant{
		service: "route53", on: []string{"arn:aws:route53:::hostedzone/*", "arn:aws:route53:::healthcheck/*", "arn:aws:route53:::change/*"}, global: true,
		read:    "GetHealthCheck GetHostedZone ListResourceRecordSets ListTagsForResource",
		write:   "AssociateVPCWithHostedZone ChangeTagsForResource DeleteHealthCheck GetChange UpdateHealthCheck",
		anyRead: "ListHostedZones", anyWrite: "CreateHealthCheck",
	}
}

// reads are a grant's statements for looking.
func (a Account) reads(g grant) []policy.Statement {
	return a.statements(g, "Read", g.read, g.anyRead, a.bounds(g))
}

// writes are those for changing what is the scope's.
func (a Account) writes(g grant, own scope) []policy.Statement {
	return a.statements(g, "", g.write, g.anyWrite, append(a.bounds(g), own.tagged()...))
}

// bounds are a grant's regions and, where no ARN says it, account.
func (a Account) bounds(g grant) []policy.Condition {
	var out []policy.Condition
	if !g.global {
		out = append(out, policy.Condition{Operator: "StringEquals", Key: "aws:RequestedRegion", Values: append(slices.Clone(a.Regions), g.also...)})
	}
	if g.service == "s3" {
		out = append(out, policy.Condition{Operator: "StringEquals", Key: "aws:ResourceAccount", Values: []string{a.ID}})
	}
	return out
}

func (a Account) statements(g grant, kind, scoped, open string, conditions []policy.Condition) []policy.Statement {
	sid := strings.ReplaceAll(g.service, "-", "") + kind
	var out []policy.Statement
	if actions := actions(g.service, scoped); len(actions) > 0 {
		out = append(out, policy.Statement{Sid: sid, Actions: actions, Resources: policy.On(g.on...), Conditions: conditions})
	}
	if actions := actions(g.service, open); len(actions) > 0 {
		out = append(out, policy.Statement{Sid: sid + "Any", Actions: actions, Resources: policy.AnyResource(noTypes), Conditions: conditions})
	}
	return out
}

// joined puts what may be done to anything under the same conditions into one statement. Each condition names all regions,
// and a managed policy has 6144 characters.
func joined(statements []policy.Statement) []policy.Statement {
	var out []policy.Statement
	open := 0
	for _, s := range statements {
		i := slices.IndexFunc(out, func(o policy.Statement) bool {
			return reflect.DeepEqual(o.Resources, s.Resources) && reflect.DeepEqual(o.Conditions, s.Conditions)
		})
		switch {
		case !reflect.DeepEqual(s.Resources, policy.AnyResource(noTypes)):
			out = append(out, s)
		case i >= 0:
			out[i].Actions = append(out[i].Actions, s.Actions...)
		default:
			open++
			s.Sid = fmt.Sprintf("Any%d", open)
			out = append(out, s)
		}
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

// looking is everything that a stack is read by.
func (a Account) looking(own scope) []Named {
	parts := a.parts(own)
	var out []Named
	for _, half := range []struct {
		name  string
		parts []part
	}{{"look-hosts", parts[:2]}, {"look-data", parts[2:]}} {
		var d policy.Document
		for _, p := range half.parts {
			for _, g := range p.grants {
				d.Statements = append(d.Statements, a.reads(g)...)
			}
		}
		d.Statements = joined(d.Statements)
		out = append(out, Named{half.name, d})
	}
	return out
}

// changing is everything that the stacks of a scope do.
func (a Account) changing(own scope) []Named {
	out := a.looking(own)
	for _, p := range a.parts(own) {
		var d policy.Document
		for _, g := range p.grants {
			d.Statements = append(d.Statements, a.writes(g, own)...)
		}
		d.Statements = joined(d.Statements)
		if p.name == "names" {
			d.Statements = append(d.Statements, a.records(own))
		}
		out = append(out, Named{p.name, d})
	}
	return append(out, Named{"roles", policy.Document{Statements: a.roles(own)}},
		Named{"state", policy.Document{Statements: append(a.state(own), a.guards()...)}})
}

// records is what a stack may do to names: in the platform's zone, and, where the account knows of one, a short-lived
// stack to its own name alone.
func (a Account) records(own scope) policy.Statement {
	s := policy.Statement{Sid: "Records", Actions: []string{"route53:ChangeResourceRecordSets"}, Resources: policy.On(a.zone())}
	if own.names != nil {
		s.Conditions = []policy.Condition{{
			Operator: "ForAllValues:StringLike", Key: "route53:ChangeResourceRecordSetsNormalizedRecordNames", Values: own.names,
		}}
	}
	return s
}

func (a Account) zone() string {
	if a.ZoneID == "" {
		return "arn:aws:route53:::hostedzone/*"
	}
	return "arn:aws:route53:::hostedzone/" + a.ZoneID
}
