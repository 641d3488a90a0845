package cloud

import (
	"slices"
	"strings"
)

// newerInputs are those that replace a resource and came after provider 5.31, in which the collection's replacement rules
// were read: each with the release of the provider whose changelog has it.
var newerInputs = map[string]string{
	"aws:ec2/vpcEndpoint:VpcEndpoint": "resourceConfigurationArn, serviceNetworkArn, serviceRegion: 5.80 on",
	"aws:ec2/eip:Eip":                 "ipamPoolId: 5.70 on",
	"aws:rds/cluster:Cluster":         "clusterScalabilityType: 5.76 on",
}

// collectedReplacements are the types of which the collection says what replaces them (section 3).
var collectedReplacements = strings.Fields(`
	aws:ec2/vpc:Vpc aws:ec2/subnet:Subnet aws:ec2/internetGateway:InternetGateway aws:ec2/natGateway:NatGateway aws:ec2/eip:Eip
	aws:ec2/routeTable:RouteTable aws:ec2/route:Route aws:ec2/routeTableAssociation:RouteTableAssociation aws:ec2/vpcEndpoint:VpcEndpoint
	aws:ec2/flowLog:FlowLog aws:ec2/securityGroup:SecurityGroup aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule
	aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule aws:iam/role:Role aws:iam/policy:Policy aws:iam/rolePolicyAttachment:RolePolicyAttachment
	aws:iam/instanceProfile:InstanceProfile aws:iam/openIdConnectProvider:OpenIdConnectProvider aws:kms/key:Key aws:kms/alias:Alias
	aws:ec2/launchTemplate:LaunchTemplate aws:autoscaling/group:Group aws:ecs/cluster:Cluster aws:ecs/capacityProvider:CapacityProvider
	aws:ecs/clusterCapacityProviders:ClusterCapacityProviders aws:ecs/taskDefinition:TaskDefinition aws:ecs/service:Service
	aws:appautoscaling/target:Target aws:appautoscaling/policy:Policy aws:lb/loadBalancer:LoadBalancer aws:lb/targetGroup:TargetGroup
	aws:lb/listener:Listener aws:lb/listenerRule:ListenerRule aws:acm/certificate:Certificate aws:acm/certificateValidation:CertificateValidation
	aws:wafv2/webAcl:WebAcl aws:wafv2/webAclAssociation:WebAclAssociation aws:route53/zone:Zone aws:route53/record:Record
	aws:route53/healthCheck:HealthCheck aws:rds/cluster:Cluster aws:rds/clusterInstance:ClusterInstance aws:rds/subnetGroup:SubnetGroup
	aws:rds/parameterGroup:ParameterGroup aws:rds/clusterParameterGroup:ClusterParameterGroup aws:elasticache/replicationGroup:ReplicationGroup
	aws:elasticache/subnetGroup:SubnetGroup aws:elasticache/parameterGroup:ParameterGroup aws:secretsmanager/secret:Secret
	aws:secretsmanager/secretVersion:SecretVersion aws:s3/bucketV2:BucketV2 aws:cloudwatch/logGroup:LogGroup aws:cloudwatch/metricAlarm:MetricAlarm
	aws:cloudwatch/dashboard:Dashboard aws:ecr/repository:Repository aws:sns/topic:Topic aws:sns/topicSubscription:TopicSubscription
	aws:cloudwatch/eventRule:EventRule aws:cloudwatch/eventTarget:EventTarget aws:backup/vault:Vault aws:backup/plan:Plan
	aws:backup/selection:Selection`)

// replacementSource says where it is known from what replaces a type.
func replacementSource(typ string) string {
	if !slices.Contains(collectedReplacements, typ) && !strings.HasPrefix(typ, "aws:s3/bucket") {
		return "the provider's schema"
	}
	if newer := newerInputs[typ]; newer != "" {
		return "† facts, section 3; " + newer
	}
	return "† facts, section 3"
}
