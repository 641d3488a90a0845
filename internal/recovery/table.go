package recovery

// By says how a thing is found again whose creation was interrupted.
type By int

// The ways, from the surest to none.
const (
	// ByKey: AWS knows it by what the interrupted call had asked for, its name or its parent's, and so does the
	// provider's import.
	ByKey By = iota + 1
	// ByTags: AWS made up its id. It is looked for among everything that carries the stack's tag, by type and by all the
	// tags of the call, the resource's own Name among them.
	ByTags
	// ByLookup: AWS made up its id and it takes no tags; a function tells the id.
	ByLookup
	// Again: creating it again takes over what is there, so nothing has to be found.
	Again
)

// ListBackupSelections is AWS Backup's call that tells the selectionId of the selection with a name in the plan planId.
const ListBackupSelections = "backup:ListBackupSelections"

// StackTag is the tag whose value is the stack's name; every resource that takes tags has it.
const StackTag = "stack"

// Row says how a resource type is found.
type Row struct {
	By By
	// Import is what the provider's import takes, in terms of the call's inputs: "{role}:{name}". {a|b} is the first of
	// them that is there, {cluster:last} what follows the last slash, {name:domain} a domain name as Route 53 holds it,
	// {url:host} an address without its scheme, {path:root} a path that is / when it is not given, {x:suffix} _x or nothing.
	// For ByLookup the function's results can be used as well. For ByTags it is in terms of the ARN: {arn}, or {id}, which
	// is what follows the type in it, or its parts {1}, {2} between slashes; empty for {id}.
	Import string
	Global bool     // ByTags: the service has no regions; its tags are listed in us-east-1
	ARN    string   // ByTags: service and resource type with its separator, as in the type's ARNs: "ec2:vpc/"
	Lookup *Lookup  // ByLookup
	Proof  []string // inputs that must be as the call had asked for, where the key alone could be a stranger's
	Ready  []string // outputs that are missing while AWS is still making it
	Why    string   // Again: the reason
}

// Lookup is a function that tells an id.
type Lookup struct {
	Token   string            // the provider's, aws:secretsmanager/getSecretVersion:getSecretVersion; or one of AWS's API, where the provider has none
	Args    map[string]string // property: template over the call's inputs
	Result  string            // what of its results tells the id; where that is empty there is none
	Missing []string          // parts of its error that mean: there is none
}

// Of returns a resource type's row.
func Of(typ string) (Row, bool) { r, ok := table[typ]; return r, ok }

// Types returns all types in the table.
func Types() []string {
	var all []string
	for t := range table {
		all = append(all, t)
	}
	return all
}

func named(property string, ready ...string) Row {
	return Row{By: ByKey, Import: "{" + property + "}", Ready: ready}
}
func keyed(key string) Row  { return Row{By: ByKey, Import: key} }
func tagged(arn string) Row { return Row{By: ByTags, ARN: arn} }
func byARN(arn string) Row  { return Row{By: ByTags, ARN: arn, Import: "{arn}"} }

// setting is the row of a setting of the account, of which there is always one: creating it writes it.
var setting = Row{By: Again, Why: "a setting of the account; creating it writes it"}

// ofAccount is a row whose key has the account's number in it.
func ofAccount(key string) Row {
	return Row{By: ByLookup, Import: key, Lookup: &Lookup{Token: "aws:index/getCallerIdentity:getCallerIdentity", Result: "accountId"}}
}

// adopts is the row of what AWS makes along with a VPC: the provider's creation only takes charge of it and rewrites its
// rules (provider documentation, aws_default_network_acl and its likes).
var adopts = Row{By: Again, Why: "it comes with the VPC; creating it takes charge of it and writes all of its rules"}

// table has every type that the program uses. What an import takes is from the "Import" section of each type's
// documentation (pulumi-aws 6.83.4). The services of ByTags rows are among those that the Resource Groups Tagging API
// lists (its "Supported services"); IAM's roles are not, and have a name. All of them take their tags in the call that
// makes them, so that nothing exists untagged, but health checks, which Route 53 tags in a second call.
var table = map[string]Row{
	"aws:acm/certificate:Certificate": byARN("acm:certificate/"),
	"aws:acm/certificateValidation:CertificateValidation": {
		By: Again, Why: "it only waits; nothing in AWS corresponds to it",
	},
	"aws:appautoscaling/policy:Policy":                         keyed("{serviceNamespace}/{resourceId}/{scalableDimension}/{name}"),
	"aws:appautoscaling/target:Target":                         keyed("{serviceNamespace}/{resourceId}/{scalableDimension}"),
	"aws:autoscaling/group:Group":                              named("name"),
	"aws:backup/plan:Plan":                                     tagged("backup:backup-plan:"),
	"aws:backup/vault:Vault":                                   named("name"),
	"aws:backup/vaultLockConfiguration:VaultLockConfiguration": named("backupVaultName"),
	"aws:backup/vaultPolicy:VaultPolicy":                       named("backupVaultName"),
	"aws:backup/selection:Selection": {
		By: ByLookup, Import: "{planId}|{selectionId}",
		Lookup: &Lookup{Token: ListBackupSelections, Args: map[string]string{"planId": "{planId}", "name": "{name}"}, Result: "selectionId"},
	},
	"aws:cloudwatch/dashboard:Dashboard":                        {By: ByKey, Import: "{dashboardName}", Proof: []string{"dashboardBody"}},
	"aws:cloudwatch/eventRule:EventRule":                        named("name"),
	"aws:cloudwatch/eventTarget:EventTarget":                    keyed("{rule}/{targetId}"),
	"aws:cloudwatch/logGroup:LogGroup":                          named("name"),
	"aws:cloudwatch/metricAlarm:MetricAlarm":                    named("name"),
	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl":               adopts,
	"aws:ec2/defaultRouteTable:DefaultRouteTable":               adopts,
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":         adopts,
	"aws:ec2/eip:Eip":                                           tagged("ec2:elastic-ip/"),
	"aws:ec2/flowLog:FlowLog":                                   tagged("ec2:vpc-flow-log/"),
	"aws:ec2/internetGateway:InternetGateway":                   tagged("ec2:internet-gateway/"),
	"aws:ec2/launchTemplate:LaunchTemplate":                     tagged("ec2:launch-template/"),
	"aws:ec2/natGateway:NatGateway":                             {By: ByTags, ARN: "ec2:natgateway/", Ready: []string{"networkInterfaceId"}},
	"aws:ec2/networkAcl:NetworkAcl":                             tagged("ec2:network-acl/"),
	"aws:ec2/networkAclAssociation:NetworkAclAssociation":       {By: Again, Why: "a subnet has exactly one, and creating it replaces that one (EC2 API, ReplaceNetworkAclAssociation)"},
	"aws:ec2/route:Route":                                       keyed("{routeTableId}_{destinationCidrBlock|destinationIpv6CidrBlock|destinationPrefixListId}"),
	"aws:ec2/routeTable:RouteTable":                             tagged("ec2:route-table/"),
	"aws:ec2/routeTableAssociation:RouteTableAssociation":       keyed("{subnetId|gatewayId}/{routeTableId}"),
	"aws:ec2/securityGroup:SecurityGroup":                       tagged("ec2:security-group/"),
	"aws:ec2/subnet:Subnet":                                     tagged("ec2:subnet/"),
	"aws:ec2/vpc:Vpc":                                           tagged("ec2:vpc/"),
	"aws:ec2/vpcEndpoint:VpcEndpoint":                           tagged("ec2:vpc-endpoint/"),
	"aws:ecs/capacityProvider:CapacityProvider":                 named("name"),
	"aws:ecs/cluster:Cluster":                                   named("name"),
	"aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": named("clusterName"),
	"aws:ecs/service:Service":                                   keyed("{cluster:last}/{name}"),
	"aws:ecs/taskDefinition:TaskDefinition":                     byARN("ecs:task-definition/"),
	"aws:elasticache/parameterGroup:ParameterGroup":             named("name"),
	"aws:elasticache/replicationGroup:ReplicationGroup":         named("replicationGroupId", "primaryEndpointAddress"),
	"aws:elasticache/subnetGroup:SubnetGroup":                   named("name"),
	"aws:iam/instanceProfile:InstanceProfile":                   named("name"),
	"aws:iam/role:Role":                                         named("name"),
	"aws:iam/rolePolicy:RolePolicy":                             keyed("{role}:{name}"),
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":         keyed("{role}/{policyArn}"),
	"aws:kms/alias:Alias":                                       {By: ByKey, Import: "{name}", Proof: []string{"targetKeyId"}},
	"aws:kms/key:Key":                                           tagged("kms:key/"),
	"aws:lb/listener:Listener":                                  byARN("elasticloadbalancing:listener/"),
	"aws:lb/listenerRule:ListenerRule":                          byARN("elasticloadbalancing:listener-rule/"),
	"aws:lb/loadBalancer:LoadBalancer":                          byARN("elasticloadbalancing:loadbalancer/"),
	"aws:lb/targetGroup:TargetGroup":                            byARN("elasticloadbalancing:targetgroup/"),
	"aws:rds/cluster:Cluster":                                   named("clusterIdentifier", "endpoint"),
	"aws:rds/clusterInstance:ClusterInstance":                   named("identifier", "endpoint"),
	"aws:rds/clusterParameterGroup:ClusterParameterGroup":       named("name"),
	"aws:rds/parameterGroup:ParameterGroup":                     named("name"),
	"aws:rds/subnetGroup:SubnetGroup":                           named("name"),
	"aws:route53/healthCheck:HealthCheck":                       {By: ByTags, ARN: "route53:healthcheck/", Global: true},
	"aws:route53/record:Record":                                 {By: ByKey, Import: "{zoneId}_{name:domain}_{type}{setIdentifier:suffix}", Proof: []string{"records", "aliases"}},
	"aws:route53/zone:Zone":                                     {By: ByTags, ARN: "route53:hostedzone/", Global: true},
	"aws:secretsmanager/secret:Secret":                          byARN("secretsmanager:secret:"),
	"aws:secretsmanager/secretVersion:SecretVersion": {
		By: ByLookup, Import: "{secretId}|{versionId}",
		Lookup: &Lookup{
			Token:   "aws:secretsmanager/getSecretVersion:getSecretVersion",
			Args:    map[string]string{"secretId": "{secretId}"},
			Result:  "versionId",
			Missing: []string{"ResourceNotFoundException", "couldn't find resource"},
		},
	},
	"aws:sns/topic:Topic":             byARN("sns:"),
	"aws:sns/topicPolicy:TopicPolicy": named("arn"),
	"aws:sns/topicSubscription:TopicSubscription": {
		By: Again, Why: "AWS answers with the subscription that is there (SNS API, Subscribe)",
	},
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   tagged("ec2:security-group-rule/"),
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": tagged("ec2:security-group-rule/"),

	// What an account holds once.
	"aws:accessanalyzer/analyzer:Analyzer":                      named("analyzerName"),
	"aws:budgets/budget:Budget":                                 ofAccount("{accountId}:{name}"),
	"aws:cloudtrail/trail:Trail":                                byARN("cloudtrail:trail/"),
	"aws:ebs/encryptionByDefault:EncryptionByDefault":           setting,
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":                   named("repository"),
	"aws:ecr/replicationConfiguration:ReplicationConfiguration": setting,
	"aws:ecr/repository:Repository":                             named("name"),
	"aws:ecs/accountSettingDefault:AccountSettingDefault":       setting,
	"aws:guardduty/detector:Detector":                           tagged("guardduty:detector/"),
	"aws:iam/accountPasswordPolicy:AccountPasswordPolicy":       setting,
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider":       ofAccount("arn:aws:iam::{accountId}:oidc-provider/{url:host}"),
	"aws:iam/policy:Policy":                                     ofAccount("arn:aws:iam::{accountId}:policy{path:root}{name}"),
	"aws:iam/serviceLinkedRole:ServiceLinkedRole": {
		By: ByLookup, Import: "{arns}",
		Lookup: &Lookup{Token: "aws:iam/getRoles:getRoles", Args: map[string]string{"pathPrefix": "/aws-service-role/{awsServiceName}/"}, Result: "arns"},
	},
	"aws:kms/replicaKey:ReplicaKey":                            tagged("kms:key/"),
	"aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": setting,
	"aws:s3/bucketReplicationConfig:BucketReplicationConfig":   named("bucket"),
	"aws:ssm/document:Document":                                named("name"),

	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       named("bucket"),
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     named("bucket"),
	"aws:s3/bucketPolicy:BucketPolicy":                                                           named("bucket"),
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     named("bucket"),
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": named("bucket"),
	"aws:s3/bucketV2:BucketV2":                                                                   named("bucket"),
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               named("bucket"),
	"aws:wafv2/webAcl:WebAcl":                                                                    {By: ByTags, ARN: "wafv2:regional/webacl/", Import: "{2}/{1}/REGIONAL"},
	"aws:wafv2/webAclAssociation:WebAclAssociation":                                              keyed("{webAclArn},{resourceArn}"),
	"aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration":                            named("resourceArn"),
}
