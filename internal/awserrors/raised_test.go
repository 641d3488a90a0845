package awserrors_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awserrors"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	_ "github.com/deepstreamhub/platform/internal/awssim/services" // types and what AWS answers about them
)

// raised are errors of AWS as hub --fault has the offline AWS raise them (CODE:CALL:TYPE), with words of the cause and of the
// fix that each has to end in. Each is of the resource at which it happens in life.
var raised = []struct{ fault, cause, fix string }{
	{"VpcLimitExceeded:create:aws:ec2/vpc:Vpc", "as many VPCs", "L-F678F1CE"},
	{"InvalidVpc.Range:create:aws:ec2/vpc:Vpc", "/16 to /28", "network.cidr"},
	{"InternetGatewayLimitExceeded:create:aws:ec2/internetGateway:InternetGateway", "as many internet gateways", "VPCs per Region"},
	{"DependencyViolation:delete:aws:ec2/internetGateway:InternetGateway", "uses it still", "describe-network-interfaces"},
	{"AddressLimitExceeded:create:aws:ec2/eip:Eip", "as many Elastic IP", "network.nat"},
	{"InvalidIPAddress.InUse:delete:aws:ec2/eip:Eip", "still associated", "run it again"},
	{"NatGatewayLimitExceeded:create:aws:ec2/natGateway:NatGateway", "as many NAT gateways", "L-FE5A380F"},
	{"Resource.AlreadyAssociated:create:aws:ec2/natGateway:NatGateway", "belongs to another", "hub drift prod-eu"},
	{"InvalidSubnet.Conflict:create:aws:ec2/subnet:Subnet", "has a subnet with these addresses", "hub drift prod-eu"},
	{"InvalidSubnet.Range:create:aws:ec2/subnet:Subnet", "does not lie within", "network.cidr"},
	{"InvalidVpcID.NotFound:create:aws:ec2/subnet:Subnet", "VPC is gone", "hub refresh prod-eu"},
	{"RouteAlreadyExists:create:aws:ec2/route:Route", "route to this destination already", "delete-route"},
	{"Gateway.NotAttached:create:aws:ec2/route:Route", "no internet gateway attached", "hub refresh prod-eu"},
	{"SecurityGroupLimitExceeded:create:aws:ec2/securityGroup:SecurityGroup", "as many security groups", "hub reap"},
	{"InvalidGroup.Duplicate:create:aws:ec2/securityGroup:SecurityGroup", "group of this name", "pulumi import 'aws:ec2/securityGroup:SecurityGroup' it"},
	{"InvalidGroup.InUse:delete:aws:ec2/securityGroup:SecurityGroup", "still refers to", "hub drift prod-eu"},
	{"RulesPerSecurityGroupLimitExceeded:create:aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "as many rules", "L-0EA8095F"},
	{"InvalidPermission.Duplicate:create:aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "this very rule", "revoke-security-group-ingress"},
	{"VpcEndpointLimitExceeded:create:aws:ec2/vpcEndpoint:VpcEndpoint", "as many endpoints", "network.endpoints"},
	{"FlowLogAlreadyExists:create:aws:ec2/flowLog:FlowLog", "flow log to this destination", "pulumi import"},
	{"InvalidAMIID.NotFound:create:aws:ec2/launchTemplate:LaunchTemplate", "image does not exist", "hub pin prod-eu"},
	{"InvalidLaunchTemplateName.AlreadyExistsException:create:aws:ec2/launchTemplate:LaunchTemplate", "launch template of this name", "pulumi import"},
	{"VcpuLimitExceeded:create:aws:autoscaling/group:Group", "more vCPUs", "L-1216C47A"},
	{"InsufficientInstanceCapacity:create:aws:autoscaling/group:Group", "no free machine", "cluster.otherInstanceTypes"},
	{"Unsupported:create:aws:autoscaling/group:Group", "does not offer", "describe-instance-type-offerings"},
	{"ScalingActivityInProgress:delete:aws:autoscaling/group:Group", "launching or ending", "run it again"},
	{"ClusterContainsTasksException:delete:aws:ecs/cluster:Cluster", "Tasks still run", "stop-task"},
	{"ClusterContainsContainerInstancesException:delete:aws:ecs/cluster:Cluster", "still registered", "run it again"},
	{"ResourceInUseException:delete:aws:ecs/capacityProvider:CapacityProvider", "still used by a cluster", "run it again"},
	{"UpdateInProgressException:create:aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "still changing the capacity providers", "run it again"},
	{"ClientException:create:aws:ecs/taskDefinition:TaskDefinition", "task definition as it is written", "stack file of prod-eu"},
	{"ServiceNotActiveException:update:aws:ecs/service:Service", "still draining", "describe-services"},
	{"ObjectNotFoundException:create:aws:appautoscaling/policy:Policy", "scalable target is gone", "hub refresh prod-eu"},
	{"DBClusterAlreadyExistsFault:create:aws:rds/cluster:Cluster", "database cluster of this name", "pulumi import"},
	{"DBClusterQuotaExceededFault:create:aws:rds/cluster:Cluster", "as many database clusters", "L-952B80B8"},
	{"KMSKeyNotAccessibleFault:create:aws:rds/cluster:Cluster", "cannot use the key", "Enable the key"},
	{"DBClusterSnapshotNotFoundFault:create:aws:rds/cluster:Cluster", "database.restoreFrom", "describe-db-cluster-snapshots"},
	{"InvalidDBClusterStateFault:update:aws:rds/cluster:Cluster", "busy with another change", "describe-db-clusters"},
	{"DBClusterSnapshotAlreadyExistsFault:delete:aws:rds/cluster:Cluster", "final snapshot cannot be made", "delete-db-cluster-snapshot"},
	{"InsufficientDBInstanceCapacity:create:aws:rds/clusterInstance:ClusterInstance", "no free database machine", "database.instanceClass"},
	{"InstanceQuotaExceeded:create:aws:rds/clusterInstance:ClusterInstance", "as many database instances", "L-7B6409FD"},
	{"DBSubnetGroupDoesNotCoverEnoughAZs:create:aws:rds/subnetGroup:SubnetGroup", "fewer than two zones", "network.zones"},
	{"InsufficientCacheClusterCapacity:create:aws:elasticache/replicationGroup:ReplicationGroup", "no free cache node", "bus.nodeType"},
	{"NodeQuotaForCustomerExceeded:create:aws:elasticache/replicationGroup:ReplicationGroup", "as many cache nodes", "bus.replicas"},
	{"InvalidReplicationGroupState:update:aws:elasticache/replicationGroup:ReplicationGroup", "busy with another change", "describe-replication-groups"},
	{"CacheSubnetGroupInUse:delete:aws:elasticache/subnetGroup:SubnetGroup", "still uses the subnet group", "run it again"},
	{"InvalidRequestException:delete:aws:backup/vault:Vault", "still holds recovery points", "Keep the vault"},
	{"TooManyLoadBalancers:create:aws:lb/loadBalancer:LoadBalancer", "as many load balancers", "L-53DA6B97"},
	{"OperationNotPermitted:delete:aws:lb/loadBalancer:LoadBalancer", "Deletion protection", "platform.protect"},
	{"ResourceInUse:delete:aws:lb/targetGroup:TargetGroup", "still sends requests", "hub drift prod-eu"},
	{"TooManyTargetGroups:create:aws:lb/targetGroup:TargetGroup", "as many target groups", "hub reap"},
	{"CertificateNotFound:create:aws:lb/listener:Listener", "cannot use the certificate", "describe-certificate"},
	{"DuplicateListener:create:aws:lb/listener:Listener", "listener on this port", "pulumi import"},
	{"PriorityInUse:create:aws:lb/listenerRule:ListenerRule", "has this priority", "hub up prod-eu"},
	{"LimitExceededException:create:aws:acm/certificate:Certificate", "as many certificates", "L-FB94F0B0"},
	{"ResourceInUseException:delete:aws:acm/certificate:Certificate", "still uses the certificate", "run it again"},
	{"WAFUnavailableEntityException:create:aws:wafv2/webAclAssociation:WebAclAssociation", "not known everywhere", "AWS Health Dashboard"},
	{"WAFAssociatedItemException:delete:aws:wafv2/webAcl:WebAcl", "still guards", "by hand"},
	{"InvalidChangeBatch:create:aws:route53/record:Record", "whole or not at all", "edge.zone"},
	{"NoSuchHostedZone:create:aws:route53/record:Record", "zone does not exist", "hub bootstrap"},
	{"EntityAlreadyExists:create:aws:iam/role:Role", "role, policy or profile of this name", "pulumi import"},
	{"DeleteConflict:delete:aws:iam/role:Role", "still attached", "hub drift prod-eu"},
	{"LimitExceeded:create:aws:iam/role:Role", "as many roles", "Service Quotas"},
	{"MalformedPolicyDocument:create:aws:iam/rolePolicy:RolePolicy", "principal that does not exist", "Correct the ARN"},
	{"KMSInvalidStateException:create:aws:secretsmanager/secretVersion:SecretVersion", "waits for its deletion", "cancel-key-deletion"},
	{"ResourceExistsException:create:aws:secretsmanager/secret:Secret", "keeps its name", "restore-secret"},
	{"BucketNotEmpty:delete:aws:s3/bucketV2:BucketV2", "still holds objects", "S3 console"},
	{"BucketAlreadyExists:create:aws:s3/bucketV2:BucketV2", "unique over all accounts", "another name"},
	{"ResourceAlreadyExistsException:create:aws:cloudwatch/logGroup:LogGroup", "log group of this name", "delete-log-group"},
	{"UnauthorizedOperation:create:aws:ec2/vpc:Vpc", "may not do this", "hub bootstrap"},
	{"ExpiredToken:create:aws:iam/role:Role", "has ended", "Log in again"},
	{"RequestLimitExceeded:create:aws:ec2/subnet:Subnet", "too many at once", "--parallel 20"},
}

// Each of these errors is raised by the offline AWS on its own, in the words in which the provider shows one, and ends in
// the resource's service and call, the cause and the fix.
func TestErrorsRaisedOneByOne(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(raised), 40)
	seen := map[string]bool{}
	for _, tt := range raised {
		t.Run(tt.fault, func(t *testing.T) {
			require.False(t, seen[tt.fault], "twice in the table")
			seen[tt.fault] = true
			f, err := cloud.ParseFault(tt.fault)
			require.NoError(t, err)
			c, err := cloud.Open(cloud.Options{Faults: &cloud.Faults{List: []cloud.Fault{f}}})
			require.NoError(t, err)
			const region = "eu-central-1"
			switch f.Call {
			case "create":
				_, _, err = c.Create(t.Context(), region, f.Type, cloud.Map{})
			case "update":
				_, err = c.Update(t.Context(), region, f.Type, "it", cloud.Map{})
			default:
				err = c.Delete(t.Context(), region, f.Type, "it", nil)
			}
			require.Error(t, err)
			got := awserrors.Explain(awserrors.Failure{Stack: "prod-eu", Type: f.Type, Name: "it", Said: err.Error()})
			require.NotNil(t, got.Answer, err)
			code, _, _ := strings.Cut(tt.fault, ":")
			require.Equal(t, code, got.Answer.Code)
			require.NotEmpty(t, got.Answer.Service)
			require.NotEmpty(t, got.Answer.Operation)
			require.Contains(t, got.Cause, tt.cause)
			require.Contains(t, got.Fix, tt.fix)
		})
	}
}
