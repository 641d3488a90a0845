package provider

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/accessanalyzer"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ebs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/elasticache"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/wafv2"
)

// schemas holds the SDK types of every resource type that the offline AWS knows. A type is known when it stands
// here and in the cloud's registry; a test holds the two equal.
var schemas = map[string]Resource{
	"aws:acm/certificate:Certificate":                                 schemaOf(acm.Certificate{}, acm.CertificateArgs{}),
	"aws:acm/certificateValidation:CertificateValidation":             schemaOf(acm.CertificateValidation{}, acm.CertificateValidationArgs{}),
	"aws:appautoscaling/policy:Policy":                                schemaOf(appautoscaling.Policy{}, appautoscaling.PolicyArgs{}),
	"aws:appautoscaling/target:Target":                                schemaOf(appautoscaling.Target{}, appautoscaling.TargetArgs{}),
	"aws:autoscaling/group:Group":                                     schemaOf(autoscaling.Group{}, autoscaling.GroupArgs{}),
	"aws:backup/plan:Plan":                                            schemaOf(backup.Plan{}, backup.PlanArgs{}),
	"aws:backup/selection:Selection":                                  schemaOf(backup.Selection{}, backup.SelectionArgs{}),
	"aws:backup/vault:Vault":                                          schemaOf(backup.Vault{}, backup.VaultArgs{}),
	"aws:backup/vaultLockConfiguration:VaultLockConfiguration":        schemaOf(backup.VaultLockConfiguration{}, backup.VaultLockConfigurationArgs{}),
	"aws:backup/vaultPolicy:VaultPolicy":                              schemaOf(backup.VaultPolicy{}, backup.VaultPolicyArgs{}),
	"aws:cloudwatch/dashboard:Dashboard":                              schemaOf(cloudwatch.Dashboard{}, cloudwatch.DashboardArgs{}),
	"aws:cloudwatch/eventRule:EventRule":                              schemaOf(cloudwatch.EventRule{}, cloudwatch.EventRuleArgs{}),
	"aws:cloudwatch/eventTarget:EventTarget":                          schemaOf(cloudwatch.EventTarget{}, cloudwatch.EventTargetArgs{}),
	"aws:cloudwatch/logGroup:LogGroup":                                schemaOf(cloudwatch.LogGroup{}, cloudwatch.LogGroupArgs{}),
	"aws:cloudwatch/metricAlarm:MetricAlarm":                          schemaOf(cloudwatch.MetricAlarm{}, cloudwatch.MetricAlarmArgs{}),
	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl":                     schemaOf(ec2.DefaultNetworkAcl{}, ec2.DefaultNetworkAclArgs{}),
	"aws:ec2/defaultRouteTable:DefaultRouteTable":                     schemaOf(ec2.DefaultRouteTable{}, ec2.DefaultRouteTableArgs{}),
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":               schemaOf(ec2.DefaultSecurityGroup{}, ec2.DefaultSecurityGroupArgs{}),
	"aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway":     schemaOf(ec2.EgressOnlyInternetGateway{}, ec2.EgressOnlyInternetGatewayArgs{}),
	"aws:ec2/vpcIpv6CidrBlockAssociation:VpcIpv6CidrBlockAssociation": schemaOf(ec2.VpcIpv6CidrBlockAssociation{}, ec2.VpcIpv6CidrBlockAssociationArgs{}),
	"aws:ec2/eip:Eip":                                                 schemaOf(ec2.Eip{}, ec2.EipArgs{}),
	"aws:ec2/flowLog:FlowLog":                                         schemaOf(ec2.FlowLog{}, ec2.FlowLogArgs{}),
	"aws:ec2/internetGateway:InternetGateway":                         schemaOf(ec2.InternetGateway{}, ec2.InternetGatewayArgs{}),
	"aws:ec2/launchTemplate:LaunchTemplate":                           schemaOf(ec2.LaunchTemplate{}, ec2.LaunchTemplateArgs{}),
	"aws:ec2/natGateway:NatGateway":                                   schemaOf(ec2.NatGateway{}, ec2.NatGatewayArgs{}),
	"aws:ec2/networkAcl:NetworkAcl":                                   schemaOf(ec2.NetworkAcl{}, ec2.NetworkAclArgs{}),
	"aws:ec2/networkAclAssociation:NetworkAclAssociation":             schemaOf(ec2.NetworkAclAssociation{}, ec2.NetworkAclAssociationArgs{}),
	"aws:ec2/route:Route":                                             schemaOf(ec2.Route{}, ec2.RouteArgs{}),
	"aws:ec2/routeTable:RouteTable":                                   schemaOf(ec2.RouteTable{}, ec2.RouteTableArgs{}),
	"aws:ec2/routeTableAssociation:RouteTableAssociation":             schemaOf(ec2.RouteTableAssociation{}, ec2.RouteTableAssociationArgs{}),
	"aws:ec2/securityGroup:SecurityGroup":                             schemaOf(ec2.SecurityGroup{}, ec2.SecurityGroupArgs{}),
	"aws:ec2/subnet:Subnet":                                           schemaOf(ec2.Subnet{}, ec2.SubnetArgs{}),
	"aws:ec2/vpc:Vpc":                                                 schemaOf(ec2.Vpc{}, ec2.VpcArgs{}),
	"aws:ec2/vpcEndpoint:VpcEndpoint":                                 schemaOf(ec2.VpcEndpoint{}, ec2.VpcEndpointArgs{}),
	"aws:ecs/capacityProvider:CapacityProvider":                       schemaOf(ecs.CapacityProvider{}, ecs.CapacityProviderArgs{}),
	"aws:ecs/cluster:Cluster":                                         schemaOf(ecs.Cluster{}, ecs.ClusterArgs{}),
	"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders":       schemaOf(ecs.ClusterCapacityProviders{}, ecs.ClusterCapacityProvidersArgs{}),
	"aws:ecs/service:Service":                                         schemaOf(ecs.Service{}, ecs.ServiceArgs{}),
	"aws:ecs/taskDefinition:TaskDefinition":                           schemaOf(ecs.TaskDefinition{}, ecs.TaskDefinitionArgs{}),
	"aws:elasticache/parameterGroup:ParameterGroup":                   schemaOf(elasticache.ParameterGroup{}, elasticache.ParameterGroupArgs{}),
	"aws:elasticache/replicationGroup:ReplicationGroup":               schemaOf(elasticache.ReplicationGroup{}, elasticache.ReplicationGroupArgs{}),
	"aws:elasticache/subnetGroup:SubnetGroup":                         schemaOf(elasticache.SubnetGroup{}, elasticache.SubnetGroupArgs{}),
	"aws:iam/instanceProfile:InstanceProfile":                         schemaOf(iam.InstanceProfile{}, iam.InstanceProfileArgs{}),
	"aws:iam/policy:Policy":                                           schemaOf(iam.Policy{}, iam.PolicyArgs{}),
	"aws:iam/role:Role":                                               schemaOf(iam.Role{}, iam.RoleArgs{}),
	"aws:iam/rolePolicy:RolePolicy":                                   schemaOf(iam.RolePolicy{}, iam.RolePolicyArgs{}),
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":               schemaOf(iam.RolePolicyAttachment{}, iam.RolePolicyAttachmentArgs{}),
	"aws:kms/alias:Alias":                                             schemaOf(kms.Alias{}, kms.AliasArgs{}),
	"aws:kms/key:Key":                                                 schemaOf(kms.Key{}, kms.KeyArgs{}),
	"aws:lb/listener:Listener":                                        schemaOf(lb.Listener{}, lb.ListenerArgs{}),
	"aws:lb/listenerRule:ListenerRule":                                schemaOf(lb.ListenerRule{}, lb.ListenerRuleArgs{}),
	"aws:lb/loadBalancer:LoadBalancer":                                schemaOf(lb.LoadBalancer{}, lb.LoadBalancerArgs{}),
	"aws:lb/targetGroup:TargetGroup":                                  schemaOf(lb.TargetGroup{}, lb.TargetGroupArgs{}),
	"aws:rds/cluster:Cluster":                                         schemaOf(rds.Cluster{}, rds.ClusterArgs{}),
	"aws:rds/clusterInstance:ClusterInstance":                         schemaOf(rds.ClusterInstance{}, rds.ClusterInstanceArgs{}),
	"aws:rds/clusterParameterGroup:ClusterParameterGroup":             schemaOf(rds.ClusterParameterGroup{}, rds.ClusterParameterGroupArgs{}),
	"aws:rds/parameterGroup:ParameterGroup":                           schemaOf(rds.ParameterGroup{}, rds.ParameterGroupArgs{}),
	"aws:rds/subnetGroup:SubnetGroup":                                 schemaOf(rds.SubnetGroup{}, rds.SubnetGroupArgs{}),
	"aws:route53/healthCheck:HealthCheck":                             schemaOf(route53.HealthCheck{}, route53.HealthCheckArgs{}),
	"aws:route53/record:Record":                                       schemaOf(route53.Record{}, route53.RecordArgs{}),
	"aws:route53/zone:Zone":                                           schemaOf(route53.Zone{}, route53.ZoneArgs{}),
	"aws:secretsmanager/secret:Secret":                                schemaOf(secretsmanager.Secret{}, secretsmanager.SecretArgs{}),
	"aws:secretsmanager/secretVersion:SecretVersion":                  schemaOf(secretsmanager.SecretVersion{}, secretsmanager.SecretVersionArgs{}),
	"aws:sns/topic:Topic":                                             schemaOf(sns.Topic{}, sns.TopicArgs{}),
	"aws:sns/topicPolicy:TopicPolicy":                                 schemaOf(sns.TopicPolicy{}, sns.TopicPolicyArgs{}),
	"aws:sns/topicSubscription:TopicSubscription":                     schemaOf(sns.TopicSubscription{}, sns.TopicSubscriptionArgs{}),
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":         schemaOf(vpc.SecurityGroupEgressRule{}, vpc.SecurityGroupEgressRuleArgs{}),
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":       schemaOf(vpc.SecurityGroupIngressRule{}, vpc.SecurityGroupIngressRuleArgs{}),

	// What an account has once.
	"aws:accessanalyzer/analyzer:Analyzer":                      schemaOf(accessanalyzer.Analyzer{}, accessanalyzer.AnalyzerArgs{}),
	"aws:budgets/budget:Budget":                                 schemaOf(budgets.Budget{}, budgets.BudgetArgs{}),
	"aws:cloudtrail/trail:Trail":                                schemaOf(cloudtrail.Trail{}, cloudtrail.TrailArgs{}),
	"aws:ebs/encryptionByDefault:EncryptionByDefault":           schemaOf(ebs.EncryptionByDefault{}, ebs.EncryptionByDefaultArgs{}),
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":                   schemaOf(ecr.LifecyclePolicy{}, ecr.LifecyclePolicyArgs{}),
	"aws:ecr/replicationConfiguration:ReplicationConfiguration": schemaOf(ecr.ReplicationConfiguration{}, ecr.ReplicationConfigurationArgs{}),
	"aws:ecr/repository:Repository":                             schemaOf(ecr.Repository{}, ecr.RepositoryArgs{}),
	"aws:ecs/accountSettingDefault:AccountSettingDefault":       schemaOf(ecs.AccountSettingDefault{}, ecs.AccountSettingDefaultArgs{}),
	"aws:guardduty/detector:Detector":                           schemaOf(guardduty.Detector{}, guardduty.DetectorArgs{}),
	"aws:iam/accountPasswordPolicy:AccountPasswordPolicy":       schemaOf(iam.AccountPasswordPolicy{}, iam.AccountPasswordPolicyArgs{}),
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider":       schemaOf(iam.OpenIdConnectProvider{}, iam.OpenIdConnectProviderArgs{}),
	"aws:iam/serviceLinkedRole:ServiceLinkedRole":               schemaOf(iam.ServiceLinkedRole{}, iam.ServiceLinkedRoleArgs{}),
	"aws:kms/replicaKey:ReplicaKey":                             schemaOf(kms.ReplicaKey{}, kms.ReplicaKeyArgs{}),
	"aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock":  schemaOf(s3.AccountPublicAccessBlock{}, s3.AccountPublicAccessBlockArgs{}),
	"aws:s3/bucketReplicationConfig:BucketReplicationConfig":    schemaOf(s3.BucketReplicationConfig{}, s3.BucketReplicationConfigArgs{}),
	"aws:ssm/document:Document":                                 schemaOf(ssm.Document{}, ssm.DocumentArgs{}),

	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       schemaOf(s3.BucketLifecycleConfigurationV2{}, s3.BucketLifecycleConfigurationV2Args{}),
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     schemaOf(s3.BucketOwnershipControls{}, s3.BucketOwnershipControlsArgs{}),
	"aws:s3/bucketPolicy:BucketPolicy":                                                           schemaOf(s3.BucketPolicy{}, s3.BucketPolicyArgs{}),
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     schemaOf(s3.BucketPublicAccessBlock{}, s3.BucketPublicAccessBlockArgs{}),
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": schemaOf(s3.BucketServerSideEncryptionConfigurationV2{}, s3.BucketServerSideEncryptionConfigurationV2Args{}),
	"aws:s3/bucketV2:BucketV2":                                                                   schemaOf(s3.BucketV2{}, s3.BucketV2Args{}),
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               schemaOf(s3.BucketVersioningV2{}, s3.BucketVersioningV2Args{}),
	"aws:wafv2/webAcl:WebAcl":                                                                    schemaOf(wafv2.WebAcl{}, wafv2.WebAclArgs{}),
	"aws:wafv2/webAclAssociation:WebAclAssociation":                                              schemaOf(wafv2.WebAclAssociation{}, wafv2.WebAclAssociationArgs{}),
	"aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration":                            schemaOf(wafv2.WebAclLoggingConfiguration{}, wafv2.WebAclLoggingConfigurationArgs{}),
}

// providerSchema is the schema of the provider's own configuration.
var providerSchema = structs{}.plain(aws.ProviderArgs{}.ElementType())

// SchemaOf returns the schema of a resource type.
func SchemaOf(token string) (Resource, bool) { s, ok := schemas[token]; return s, ok }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
