package cloud

// calls are the actions, as IAM names them, that the AWS provider's handlers of a type call (provider, internal/service,
// and "Actions, resources, and condition keys for AWS services", Service Authorization Reference). A creation and an
// update read the resource afterwards, and a deletion waits until it is gone, so each needs what read has as well.
// Tags are given at creation and put or taken away by an update; a few services have actions of their own for that.
type calls struct{ create, read, update, remove string }

// ec2Tags are what an update of tags calls on anything of EC2's.
const ec2Tags = " ec2:CreateTags ec2:DeleteTags"

// permissions are the calls of every type that a region's stack can hold. Types of an account's bootstrap, which an
// administrator runs, are not among them.
var permissions = map[string]calls{
	typeCertificate: {"acm:RequestCertificate acm:AddTagsToCertificate", "acm:DescribeCertificate acm:ListTagsForCertificate",
		"acm:UpdateCertificateOptions acm:AddTagsToCertificate acm:RemoveTagsFromCertificate", "acm:DeleteCertificate"},
	"aws:acm/certificateValidation:CertificateValidation": {"", "acm:DescribeCertificate", "", ""},

	"aws:appautoscaling/policy:Policy": {"application-autoscaling:PutScalingPolicy", "application-autoscaling:DescribeScalingPolicies",
		"application-autoscaling:PutScalingPolicy", "application-autoscaling:DeleteScalingPolicy"},
	"aws:appautoscaling/target:Target": {"application-autoscaling:RegisterScalableTarget application-autoscaling:TagResource",
		"application-autoscaling:DescribeScalableTargets application-autoscaling:ListTagsForResource",
		"application-autoscaling:RegisterScalableTarget application-autoscaling:TagResource application-autoscaling:UntagResource",
		"application-autoscaling:DeregisterScalableTarget"},
	typeGroup: {"autoscaling:CreateAutoScalingGroup autoscaling:CreateOrUpdateTags autoscaling:EnableMetricsCollection autoscaling:PutLifecycleHook autoscaling:PutWarmPool " +
		"ec2:RunInstances ec2:CreateTags ec2:DescribeInstances",
		"autoscaling:DescribeAutoScalingGroups autoscaling:DescribeScalingActivities autoscaling:DescribeWarmPool ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions",
		"autoscaling:UpdateAutoScalingGroup autoscaling:CreateOrUpdateTags autoscaling:DeleteTags autoscaling:StartInstanceRefresh autoscaling:CancelInstanceRefresh " +
			"autoscaling:DescribeInstanceRefreshes autoscaling:EnableMetricsCollection autoscaling:DisableMetricsCollection autoscaling:PutWarmPool autoscaling:DeleteWarmPool " +
			"autoscaling:SetInstanceProtection autoscaling:SuspendProcesses autoscaling:ResumeProcesses ec2:RunInstances",
		"autoscaling:UpdateAutoScalingGroup autoscaling:DeleteAutoScalingGroup autoscaling:DeleteWarmPool autoscaling:SetInstanceProtection"},

	"aws:backup/plan:Plan": {"backup:CreateBackupPlan backup:TagResource", "backup:GetBackupPlan backup:ListTags",
		"backup:UpdateBackupPlan backup:TagResource backup:UntagResource", "backup:DeleteBackupPlan"},
	"aws:backup/selection:Selection": {"backup:CreateBackupSelection", "backup:GetBackupSelection", "", "backup:DeleteBackupSelection"},
	"aws:backup/vault:Vault": {"backup:CreateBackupVault backup:TagResource backup-storage:MountCapsule kms:CreateGrant kms:DescribeKey kms:GenerateDataKey kms:Decrypt kms:RetireGrant",
		"backup:DescribeBackupVault backup:ListTags", "backup:TagResource backup:UntagResource", "backup:ListRecoveryPointsByBackupVault backup:DeleteRecoveryPoint backup:DeleteBackupVault"},
	"aws:backup/vaultLockConfiguration:VaultLockConfiguration": {"backup:PutBackupVaultLockConfiguration", "backup:DescribeBackupVault",
		"backup:PutBackupVaultLockConfiguration", "backup:DeleteBackupVaultLockConfiguration"},
	"aws:backup/vaultPolicy:VaultPolicy": {"backup:PutBackupVaultAccessPolicy", "backup:GetBackupVaultAccessPolicy",
		"backup:PutBackupVaultAccessPolicy", "backup:DeleteBackupVaultAccessPolicy"},

	"aws:cloudwatch/dashboard:Dashboard": {"cloudwatch:PutDashboard", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"},
	"aws:cloudwatch/eventRule:EventRule": {"events:PutRule events:TagResource", "events:DescribeRule events:ListTagsForResource",
		"events:PutRule events:TagResource events:UntagResource", "events:DeleteRule"},
	"aws:cloudwatch/eventTarget:EventTarget": {"events:PutTargets", "events:ListTargetsByRule", "events:PutTargets", "events:RemoveTargets"},
	typeLogGroup: {"logs:CreateLogGroup logs:PutRetentionPolicy logs:AssociateKmsKey logs:TagResource", "logs:DescribeLogGroups logs:ListTagsForResource",
		"logs:PutRetentionPolicy logs:DeleteRetentionPolicy logs:AssociateKmsKey logs:DisassociateKmsKey logs:TagResource logs:UntagResource", "logs:DeleteLogGroup"},
	"aws:cloudwatch/metricAlarm:MetricAlarm": {"cloudwatch:PutMetricAlarm cloudwatch:TagResource", "cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource",
		"cloudwatch:PutMetricAlarm cloudwatch:TagResource cloudwatch:UntagResource", "cloudwatch:DeleteAlarms"},

	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": {"ec2:CreateTags ec2:DeleteNetworkAclEntry ec2:ReplaceNetworkAclAssociation", "ec2:DescribeNetworkAcls",
		"ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry ec2:ReplaceNetworkAclAssociation" + ec2Tags, ""},
	"aws:ec2/defaultRouteTable:DefaultRouteTable": {"ec2:CreateTags ec2:DeleteRoute ec2:DisableVgwRoutePropagation", "ec2:DescribeRouteTables", "ec2:CreateRoute ec2:DeleteRoute" + ec2Tags, ""},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {"ec2:CreateTags ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress",
		"ec2:DescribeSecurityGroups", "ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress" + ec2Tags, ""},
	"aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": {"ec2:CreateEgressOnlyInternetGateway ec2:CreateTags", "ec2:DescribeEgressOnlyInternetGateways", ec2Tags, "ec2:DeleteEgressOnlyInternetGateway"},
	"aws:ec2/eip:Eip":         {"ec2:AllocateAddress ec2:CreateTags", "ec2:DescribeAddresses ec2:DescribeAddressesAttribute", ec2Tags, "ec2:ReleaseAddress ec2:DisassociateAddress"},
	"aws:ec2/flowLog:FlowLog": {"ec2:CreateFlowLogs ec2:CreateTags logs:CreateLogDelivery", "ec2:DescribeFlowLogs", ec2Tags, "ec2:DeleteFlowLogs logs:DeleteLogDelivery"},
	"aws:ec2/internetGateway:InternetGateway": {"ec2:CreateInternetGateway ec2:AttachInternetGateway ec2:CreateTags", "ec2:DescribeInternetGateways",
		"ec2:AttachInternetGateway ec2:DetachInternetGateway" + ec2Tags, "ec2:DetachInternetGateway ec2:DeleteInternetGateway"},
	"aws:ec2/launchTemplate:LaunchTemplate": {"ec2:CreateLaunchTemplate ec2:CreateTags", "ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions",
		"ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate" + ec2Tags, "ec2:DeleteLaunchTemplate"},
	"aws:ec2/natGateway:NatGateway": {"ec2:CreateNatGateway ec2:CreateTags", "ec2:DescribeNatGateways", ec2Tags, "ec2:DeleteNatGateway"},
	"aws:ec2/networkAcl:NetworkAcl": {"ec2:CreateNetworkAcl ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry ec2:CreateTags", "ec2:DescribeNetworkAcls",
		"ec2:CreateNetworkAclEntry ec2:DeleteNetworkAclEntry" + ec2Tags, "ec2:DeleteNetworkAcl ec2:ReplaceNetworkAclAssociation"},
	"aws:ec2/networkAclAssociation:NetworkAclAssociation": {"ec2:ReplaceNetworkAclAssociation", "ec2:DescribeNetworkAcls", "", "ec2:ReplaceNetworkAclAssociation"},
	"aws:ec2/route:Route":                                 {"ec2:CreateRoute", "ec2:DescribeRouteTables", "ec2:ReplaceRoute", "ec2:DeleteRoute"},
	"aws:ec2/routeTable:RouteTable":                       {"ec2:CreateRouteTable ec2:CreateTags", "ec2:DescribeRouteTables", ec2Tags, "ec2:DeleteRouteTable"},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {"ec2:AssociateRouteTable", "ec2:DescribeRouteTables", "ec2:ReplaceRouteTableAssociation", "ec2:DisassociateRouteTable"},
	typeSecurityGroup: {"ec2:CreateSecurityGroup ec2:RevokeSecurityGroupEgress ec2:CreateTags", "ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules",
		ec2Tags, "ec2:DeleteSecurityGroup ec2:DescribeNetworkInterfaces"},
	typeSubnet: {"ec2:CreateSubnet ec2:ModifySubnetAttribute ec2:CreateTags", "ec2:DescribeSubnets", "ec2:ModifySubnetAttribute ec2:AssociateSubnetCidrBlock ec2:DisassociateSubnetCidrBlock" + ec2Tags,
		"ec2:DeleteSubnet ec2:DescribeNetworkInterfaces"},
	"aws:ec2/vpc:Vpc": {"ec2:CreateVpc ec2:ModifyVpcAttribute ec2:CreateTags", "ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeNetworkAcls ec2:DescribeRouteTables ec2:DescribeSecurityGroups",
		"ec2:ModifyVpcAttribute ec2:AssociateVpcCidrBlock ec2:DisassociateVpcCidrBlock" + ec2Tags, "ec2:DeleteVpc"},
	"aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation": {"ec2:AssociateVpcCidrBlock", "ec2:DescribeVpcs", "", "ec2:DisassociateVpcCidrBlock"},
	"aws:ec2/vpcEndpoint:VpcEndpoint":                                 {"ec2:CreateVpcEndpoint ec2:CreateTags route53:AssociateVPCWithHostedZone", "ec2:DescribeVpcEndpoints ec2:DescribePrefixLists ec2:DescribeNetworkInterfaces", "ec2:ModifyVpcEndpoint" + ec2Tags, "ec2:DeleteVpcEndpoints"},
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {"ec2:AuthorizeSecurityGroupEgress ec2:CreateTags", "ec2:DescribeSecurityGroupRules",
		"ec2:ModifySecurityGroupRules" + ec2Tags, "ec2:RevokeSecurityGroupEgress"},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"ec2:AuthorizeSecurityGroupIngress ec2:CreateTags", "ec2:DescribeSecurityGroupRules",
		"ec2:ModifySecurityGroupRules" + ec2Tags, "ec2:RevokeSecurityGroupIngress"},

	typeCapacityProvider: {"ecs:CreateCapacityProvider ecs:TagResource autoscaling:CreateOrUpdateTags", "ecs:DescribeCapacityProviders",
		"ecs:UpdateCapacityProvider ecs:TagResource ecs:UntagResource", "ecs:DeleteCapacityProvider"},
	typeCluster:          {"ecs:CreateCluster ecs:TagResource", "ecs:DescribeClusters", "ecs:UpdateCluster ecs:TagResource ecs:UntagResource", "ecs:DeleteCluster"},
	typeClusterProviders: {"ecs:PutClusterCapacityProviders", "ecs:DescribeClusters", "ecs:PutClusterCapacityProviders", "ecs:PutClusterCapacityProviders"},
	typeService:          {"ecs:CreateService ecs:TagResource", "ecs:DescribeServices", "ecs:UpdateService ecs:TagResource ecs:UntagResource", "ecs:UpdateService ecs:DeleteService"},
	typeTask:             {"ecs:RegisterTaskDefinition ecs:TagResource", "ecs:DescribeTaskDefinition", "ecs:TagResource ecs:UntagResource", "ecs:DeregisterTaskDefinition"},

	"aws:elasticache/parameterGroup:ParameterGroup": {"elasticache:CreateCacheParameterGroup elasticache:ModifyCacheParameterGroup elasticache:AddTagsToResource",
		"elasticache:DescribeCacheParameterGroups elasticache:DescribeCacheParameters elasticache:ListTagsForResource",
		"elasticache:ModifyCacheParameterGroup elasticache:ResetCacheParameterGroup elasticache:AddTagsToResource elasticache:RemoveTagsFromResource", "elasticache:DeleteCacheParameterGroup"},
	typeReplicationGroup: {"elasticache:CreateReplicationGroup elasticache:AddTagsToResource", "elasticache:DescribeReplicationGroups elasticache:DescribeCacheClusters elasticache:ListTagsForResource",
		"elasticache:ModifyReplicationGroup elasticache:IncreaseReplicaCount elasticache:DecreaseReplicaCount elasticache:AddTagsToResource elasticache:RemoveTagsFromResource",
		"elasticache:DeleteReplicationGroup elasticache:CreateSnapshot"},
	"aws:elasticache/subnetGroup:SubnetGroup": {"elasticache:CreateCacheSubnetGroup elasticache:AddTagsToResource", "elasticache:DescribeCacheSubnetGroups elasticache:ListTagsForResource",
		"elasticache:ModifyCacheSubnetGroup elasticache:AddTagsToResource elasticache:RemoveTagsFromResource", "elasticache:DeleteCacheSubnetGroup"},

	typeProfile: {"iam:CreateInstanceProfile iam:AddRoleToInstanceProfile iam:TagInstanceProfile", "iam:GetInstanceProfile",
		"iam:AddRoleToInstanceProfile iam:RemoveRoleFromInstanceProfile iam:TagInstanceProfile iam:UntagInstanceProfile", "iam:RemoveRoleFromInstanceProfile iam:DeleteInstanceProfile"},
	typeRole: {"iam:CreateRole iam:TagRole", "iam:GetRole iam:ListRolePolicies iam:ListAttachedRolePolicies",
		"iam:UpdateRole iam:UpdateRoleDescription iam:PutRolePermissionsBoundary iam:TagRole iam:UntagRole", "iam:ListInstanceProfilesForRole iam:DeleteRole"},
	typeRolePolicy:     {"iam:PutRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"},
	typeRoleAttachment: {"iam:AttachRolePolicy", "iam:ListAttachedRolePolicies", "", "iam:DetachRolePolicy"},

	typeAlias: {"kms:CreateAlias", "kms:ListAliases", "kms:UpdateAlias", "kms:DeleteAlias"},
	typeKey: {"kms:CreateKey kms:PutKeyPolicy kms:EnableKeyRotation kms:TagResource", "kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListResourceTags",
		"kms:PutKeyPolicy kms:UpdateKeyDescription kms:EnableKeyRotation kms:DisableKeyRotation kms:TagResource kms:UntagResource", "kms:ScheduleKeyDeletion"},

	typeListener: {"elasticloadbalancing:CreateListener elasticloadbalancing:AddTags", "elasticloadbalancing:DescribeListeners elasticloadbalancing:DescribeListenerAttributes elasticloadbalancing:DescribeTags",
		"elasticloadbalancing:ModifyListener elasticloadbalancing:ModifyListenerAttributes elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags", "elasticloadbalancing:DeleteListener"},
	"aws:lb/listenerRule:ListenerRule": {"elasticloadbalancing:CreateRule elasticloadbalancing:AddTags", "elasticloadbalancing:DescribeRules elasticloadbalancing:DescribeTags",
		"elasticloadbalancing:ModifyRule elasticloadbalancing:SetRulePriorities elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags", "elasticloadbalancing:DeleteRule"},
	typeLoadBalancer: {"elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:AddTags ec2:GetSecurityGroupsForVpc ec2:DescribeAccountAttributes",
		"elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeLoadBalancerAttributes elasticloadbalancing:DescribeCapacityReservation elasticloadbalancing:DescribeTags",
		"elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:SetSecurityGroups elasticloadbalancing:SetSubnets elasticloadbalancing:SetIpAddressType elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags",
		"elasticloadbalancing:DeleteLoadBalancer ec2:DescribeNetworkInterfaces"},
	typeTargetGroup: {"elasticloadbalancing:CreateTargetGroup elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:AddTags",
		"elasticloadbalancing:DescribeTargetGroups elasticloadbalancing:DescribeTargetGroupAttributes elasticloadbalancing:DescribeTags",
		"elasticloadbalancing:ModifyTargetGroup elasticloadbalancing:ModifyTargetGroupAttributes elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags", "elasticloadbalancing:DeleteTargetGroup"},

	typeDBCluster: {"rds:CreateDBCluster rds:RestoreDBClusterFromSnapshot rds:RestoreDBClusterToPointInTime rds:ModifyDBCluster rds:AddTagsToResource kms:CreateGrant kms:DescribeKey",
		"rds:DescribeDBClusters rds:DescribeGlobalClusters rds:ListTagsForResource", "rds:ModifyDBCluster rds:AddTagsToResource rds:RemoveTagsFromResource",
		"rds:ModifyDBCluster rds:DeleteDBCluster rds:CreateDBClusterSnapshot rds:AddTagsToResource"},
	"aws:rds/clusterInstance:ClusterInstance": {"rds:CreateDBInstance rds:AddTagsToResource kms:CreateGrant kms:DescribeKey", "rds:DescribeDBInstances rds:DescribeDBClusters rds:ListTagsForResource",
		"rds:ModifyDBInstance rds:RebootDBInstance rds:AddTagsToResource rds:RemoveTagsFromResource", "rds:DeleteDBInstance"},
	"aws:rds/clusterParameterGroup:ClusterParameterGroup": {"rds:CreateDBClusterParameterGroup rds:ModifyDBClusterParameterGroup rds:AddTagsToResource",
		"rds:DescribeDBClusterParameterGroups rds:DescribeDBClusterParameters rds:ListTagsForResource",
		"rds:ModifyDBClusterParameterGroup rds:ResetDBClusterParameterGroup rds:AddTagsToResource rds:RemoveTagsFromResource", "rds:DeleteDBClusterParameterGroup"},
	"aws:rds/parameterGroup:ParameterGroup": {"rds:CreateDBParameterGroup rds:ModifyDBParameterGroup rds:AddTagsToResource", "rds:DescribeDBParameterGroups rds:DescribeDBParameters rds:ListTagsForResource",
		"rds:ModifyDBParameterGroup rds:ResetDBParameterGroup rds:AddTagsToResource rds:RemoveTagsFromResource", "rds:DeleteDBParameterGroup"},
	"aws:rds/subnetGroup:SubnetGroup": {"rds:CreateDBSubnetGroup rds:AddTagsToResource", "rds:DescribeDBSubnetGroups rds:ListTagsForResource",
		"rds:ModifyDBSubnetGroup rds:AddTagsToResource rds:RemoveTagsFromResource", "rds:DeleteDBSubnetGroup"},

	"aws:route53/healthCheck:HealthCheck": {"route53:CreateHealthCheck route53:ChangeTagsForResource", "route53:GetHealthCheck route53:ListTagsForResource",
		"route53:UpdateHealthCheck route53:ChangeTagsForResource", "route53:DeleteHealthCheck"},
	typeRecord: {"route53:ChangeResourceRecordSets route53:GetChange", "route53:GetHostedZone route53:ListResourceRecordSets",
		"route53:ChangeResourceRecordSets route53:GetChange", "route53:ChangeResourceRecordSets route53:GetChange"},

	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {"s3:PutLifecycleConfiguration", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:PutLifecycleConfiguration"},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":               {"s3:PutBucketOwnershipControls", "s3:GetBucketOwnershipControls", "s3:PutBucketOwnershipControls", "s3:PutBucketOwnershipControls"},
	typeBucketPolicy: {"s3:PutBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"},
	typePublicBlock:  {"s3:PutBucketPublicAccessBlock", "s3:GetBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
	typeEncryption:   {"s3:PutEncryptionConfiguration", "s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", "s3:PutEncryptionConfiguration"},
	typeBucket: {"s3:CreateBucket s3:PutBucketTagging",
		"s3:ListBucket s3:GetAccelerateConfiguration s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLocation s3:GetBucketLogging s3:GetBucketObjectLockConfiguration s3:GetBucketPolicy " +
			"s3:GetBucketRequestPayment s3:GetBucketTagging s3:GetBucketVersioning s3:GetBucketWebsite s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:GetReplicationConfiguration",
		"s3:PutBucketTagging", "s3:DeleteBucket s3:ListBucketVersions s3:DeleteObject s3:DeleteObjectVersion"},
	typeVersioning: {"s3:PutBucketVersioning", "s3:GetBucketVersioning", "s3:PutBucketVersioning", "s3:PutBucketVersioning"},

	"aws:secretsmanager/secret:Secret": {"secretsmanager:CreateSecret secretsmanager:TagResource", "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy",
		"secretsmanager:UpdateSecret secretsmanager:TagResource secretsmanager:UntagResource", "secretsmanager:DeleteSecret"},
	"aws:secretsmanager/secretVersion:SecretVersion": {"secretsmanager:PutSecretValue kms:GenerateDataKey kms:Decrypt", "secretsmanager:DescribeSecret secretsmanager:GetSecretValue",
		"secretsmanager:UpdateSecretVersionStage", "secretsmanager:UpdateSecretVersionStage"},

	"aws:sns/topic:Topic":                         {"sns:CreateTopic sns:SetTopicAttributes sns:TagResource", "sns:GetTopicAttributes sns:ListTagsForResource", "sns:SetTopicAttributes sns:TagResource sns:UntagResource", "sns:DeleteTopic"},
	"aws:sns/topicPolicy:TopicPolicy":             {"sns:SetTopicAttributes", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:SetTopicAttributes"},
	"aws:sns/topicSubscription:TopicSubscription": {"sns:Subscribe", "sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"},

	"aws:wafv2/webAcl:WebAcl":                       {"wafv2:CreateWebACL wafv2:TagResource", "wafv2:GetWebACL wafv2:ListTagsForResource", "wafv2:UpdateWebACL wafv2:TagResource wafv2:UntagResource", "wafv2:DeleteWebACL"},
	"aws:wafv2/webAclAssociation:WebAclAssociation": {"wafv2:AssociateWebACL elasticloadbalancing:SetWebAcl", "wafv2:GetWebACLForResource", "", "wafv2:DisassociateWebACL elasticloadbalancing:SetWebAcl"},
	"aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": {"wafv2:PutLoggingConfiguration logs:CreateLogDelivery logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups",
		"wafv2:GetLoggingConfiguration", "wafv2:PutLoggingConfiguration", "wafv2:DeleteLoggingConfiguration logs:DeleteLogDelivery"},
}

// lookups are the actions of the provider functions that a region's program calls. Who the caller is may be asked by
// everybody (STS API, GetCallerIdentity: no permissions are required).
var lookups = map[string]string{
	"aws:index/getAvailabilityZones:getAvailabilityZones":    "ec2:DescribeAvailabilityZones",
	"aws:route53/getZone:getZone":                            "route53:ListHostedZones route53:GetHostedZone route53:ListTagsForResource",
	"aws:secretsmanager/getRandomPassword:getRandomPassword": "secretsmanager:GetRandomPassword",
	"aws:secretsmanager/getSecret:getSecret":                 "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy",
	"aws:kms/getKey:getKey":                                  "kms:DescribeKey",
	"aws:ec2/getEips:getEips":                                "ec2:DescribeAddresses",
	"aws:ec2/getInstances:getInstances":                      "ec2:DescribeInstances",
	"aws:ec2/getVpcs:getVpcs":                                "ec2:DescribeVpcs",
	"aws:servicequotas/getServiceQuota:getServiceQuota":      "servicequotas:GetServiceQuota servicequotas:GetAWSDefaultServiceQuota",
	"aws:secretsmanager/getSecretVersion:getSecretVersion":   "secretsmanager:GetSecretValue",
	"aws:resourcegroupstaggingapi/getResources:getResources": "tag:GetResources",
}
