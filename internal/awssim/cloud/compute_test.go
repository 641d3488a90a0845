package cloud

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/stretchr/testify/require"
)

const (
	hostTrust   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	taskTrust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]},"Action":["sts:AssumeRole"],"Condition":{"StringEquals":{"aws:SourceAccount":["111122223333"]}}}]}`
	targetARN   = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/edge/1"
	ecsPolicy   = iampolicy.ManagedPolicyPrefix + "service-role/AmazonEC2ContainerServiceforEC2Role"
	logsName    = "/deepstreamhub/test/deepstream"
	dockerImage = "deepstreamio/deepstream.io:10.1.4"
)

var testImage = DefaultAccount().Regions[home].Images[0].ID

// fleet is an account with everything an ECS service needs, up to the service. Each part can be changed beforehand.
type fleet struct {
	*dataCloud
	cluster, role, profile, template, group, provider, secret, execution string // ids
	clusterName, groupARN, providerName                                  string
	count                                                                float64 // tasks asked for
}

func newFleetNetwork(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{dataCloud: newDataCloud(t)}
	for _, s := range []string{"subnet-a", "subnet-b", "subnet-c"} {
		f.place("aws:ec2/routeTableAssociation:RouteTableAssociation", "rtbassoc-"+s, Map{"subnetId": s, "routeTableId": "rtb-1"})
	}
	f.place(typeSubnet, "subnet-public", Map{"vpcId": "vpc-1", "availabilityZone": "eu-central-1a", "cidrBlock": "10.0.0.0/24"})
	f.place(typeRouteAssociation, "rtbassoc-public", Map{"subnetId": "subnet-public", "routeTableId": "rtb-public"})
	f.place(typeRoute, "r-public", Map{"routeTableId": "rtb-public", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})
	f.place(typeNAT, "nat-1", Map{"subnetId": "subnet-public", "connectivityType": "public"})
	f.place(typeRoute, "r-1", Map{"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"})
	f.place(typeEgressRule, "sgr-https", Map{"securityGroupId": "sg-1", "cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0})
	f.place("aws:lb/targetGroup:TargetGroup", targetARN, Map{"arn": targetARN, "targetType": "ip", "vpcId": "vpc-1"})
	f.index[index{"aws:lb/targetGroup:TargetGroup", home, "arn", targetARN}] = f.resources[key{"aws:lb/targetGroup:TargetGroup", home, targetARN}]
	f.place("aws:lb/listener:Listener", "listener-1", Map{"defaultActions": []any{Map{"type": "forward", "targetGroupArn": targetARN}}})
	return f
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := newFleetNetwork(t)
	f.cluster, _ = f.make(typeCluster, Map{"name": "main"})
	f.clusterName = "main"
	f.role, _ = f.make(typeRole, Map{"name": "host", "assumeRolePolicy": hostTrust})
	f.make(typeRoleAttachment, Map{"role": f.role, "policyArn": ecsPolicy})
	f.profile, _ = f.make(typeProfile, Map{"name": "host", "role": f.role})
	f.template, _ = f.make(typeLaunchTemplate, f.templateInputs())
	var state Map
	f.group, state = f.make(typeGroup, f.groupInputs())
	f.groupARN = Str(state, "arn")
	f.provider, state = f.make(typeCapacityProvider, f.providerInputs())
	f.providerName = Str(state, "name")
	f.make(typeClusterProviders, Map{"clusterName": "main", "capacityProviders": List(f.providerName),
		"defaultCapacityProviderStrategies": []any{Map{"capacityProvider": f.providerName, "weight": 1.0}}})
	f.make(typeLogGroup, Map{"name": logsName, "retentionInDays": 30.0})
	f.secret, _ = f.make(typeSecret, Map{"name": "bus"})
	f.make(typeSecretVersion, Map{"secretId": f.secret, "secretString": `{"password":"x"}`})
	f.execution, _ = f.make(typeRole, Map{"name": "execution", "assumeRolePolicy": taskTrust})
	f.make(typeRolePolicy, Map{"role": "execution", "name": "run", "policy": f.executionPolicy()})
	return f
}

func (f *fleet) executionPolicy() string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":%q},
		{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:eu-central-1:111122223333:log-group:%s:*"}]}`, f.secret, logsName)
}

func userDataFor(cluster string) string {
	return base64.StdEncoding.EncodeToString([]byte("#!/bin/bash\ncat >>/etc/ecs/ecs.config <<'EOF'\nECS_CLUSTER=" + cluster +
		"\nECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true\nEOF\n"))
}

func (f *fleet) templateInputs() Map {
	return Map{
		"name": "host", "imageId": testImage, "instanceType": "m6g.large", "userData": userDataFor("main"),
		"vpcSecurityGroupIds": List("sg-1"), "iamInstanceProfile": Map{"arn": "arn:aws:iam::111122223333:instance-profile/host"},
		"metadataOptions":     Map{"httpTokens": "required"},
		"blockDeviceMappings": []any{Map{"deviceName": "/dev/xvda", "ebs": Map{"volumeType": "gp3", "volumeSize": 30.0, "encrypted": "true"}}},
		"tagSpecifications":   []any{Map{"resourceType": "instance", "tags": Map{"a": "b"}}},
	}
}

func (f *fleet) groupInputs() Map {
	return Map{
		"name": "hosts", "vpcZoneIdentifiers": f.subnets, "minSize": 2.0, "maxSize": 4.0, "launchTemplate": Map{"id": f.template, "version": "1"},
		"protectFromScaleIn": true, "terminationPolicies": List("OldestInstance"), "tags": []any{Map{"key": "a", "value": "b", "propagateAtLaunch": true}},
		"instanceRefresh": Map{"strategy": "Rolling", "preferences": Map{"minHealthyPercentage": 100.0, "maxHealthyPercentage": 110.0, "instanceWarmup": "120"}},
	}
}

func (f *fleet) providerInputs() Map {
	return Map{"name": "capacity", "autoScalingGroupProvider": Map{
		"autoScalingGroupArn": f.groupARN, "managedTerminationProtection": "ENABLED", "managedScaling": Map{"status": "ENABLED"}}}
}

func (f *fleet) container() Map {
	return Map{
		"name": "deepstream", "image": dockerImage, "essential": true,
		"portMappings": []any{Map{"containerPort": 6020.0, "hostPort": 6020.0, "protocol": "tcp"}},
		"secrets":      []any{Map{"name": "PASSWORD", "valueFrom": f.secret + ":password::"}},
		"logConfiguration": Map{"logDriver": "awslogs", "options": Map{
			"awslogs-group": logsName, "awslogs-region": home, "awslogs-stream-prefix": "deepstream"}},
	}
}

func (f *fleet) taskInputs() Map {
	text, _ := json.Marshal([]any{f.container()})
	return Map{
		"family": "deepstream", "networkMode": "awsvpc", "requiresCompatibilities": List("EC2"), "cpu": "1024", "memory": "2048",
		"executionRoleArn": "arn:aws:iam::111122223333:role/execution", "containerDefinitions": string(text),
	}
}

func (f *fleet) withContainer(changes Map) Map {
	text, _ := json.Marshal([]any{with(f.container(), changes)})
	return with(f.taskInputs(), Map{"containerDefinitions": string(text)})
}

func (f *fleet) serviceInputs(taskARN string) Map {
	return Map{
		"name": "deepstream", "cluster": f.cluster, "taskDefinition": taskARN, "desiredCount": 3.0, "waitForSteadyState": true,
		"networkConfiguration":       Map{"subnets": f.subnets, "securityGroups": List("sg-1")},
		"loadBalancers":              []any{Map{"targetGroupArn": targetARN, "containerName": "deepstream", "containerPort": 6020.0}},
		"capacityProviderStrategies": []any{Map{"capacityProvider": f.providerName, "weight": 1.0}},
		"deploymentCircuitBreaker":   Map{"enable": true, "rollback": true},
	}
}

func (f *fleet) task() string {
	_, state := f.make(typeTask, f.taskInputs())
	return Str(state, "arn")
}

// message expects a refusal with that code and that text.
func (f *fleet) message(err error, code, text string) {
	f.Helper()
	require.Error(f, err)
	require.Equal(f, code, Code(err), err.Error())
	require.ErrorContains(f, err, text)
}

func (f *fleet) create(typ string, inputs Map) error {
	_, _, err := f.Create(f.Context(), home, typ, inputs)
	return err
}

func TestFleetComesUpAndGoesDown(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	arn := f.task()
	service, state := f.make(typeService, f.serviceInputs(arn))
	require.Equal(t, "arn:aws:ecs:eu-central-1:111122223333:service/main/deepstream", service)
	require.Equal(t, "", Str(state, "launchType"))
	require.Equal(t, "arn:aws:ecs:eu-central-1:111122223333:cluster/main", f.cluster)

	f.message(f.gone(typeCluster, f.cluster, nil), "ClusterContainsServicesException", "Services are active")
	f.message(f.gone(typeClusterProviders, "main", nil), "ResourceInUseException", "in use and cannot be removed")
	f.message(f.gone(typeCapacityProvider, f.provider, nil), "DELETE_FAILED", "associated with cluster main")
	require.NoError(t, f.gone(typeService, service, nil))
	f.message(f.gone(typeCluster, f.cluster, nil), "ClusterContainsContainerInstancesException", "active or draining")
	f.message(f.gone(typeRole, f.role, nil), "DeleteConflict", "must detach all policies first")
	require.NoError(t, f.gone(typeClusterProviders, "main", nil))
	require.NoError(t, f.gone(typeCapacityProvider, f.provider, nil))
	require.NoError(t, f.gone(typeGroup, f.group, nil))
	require.NoError(t, f.gone(typeCluster, f.cluster, nil))
}

func TestHostsHoldWhatTheyStandIn(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	tx := &Tx{c: f.Cloud, Region: home}
	holders := func(typ, id string) []string {
		r, ok := tx.Find(typ, "", id)
		require.True(t, ok)
		var out []string
		for _, h := range tx.Holders(r) {
			out = append(out, h.By.ID)
		}
		return out
	}
	require.Equal(t, []string{"hosts"}, holders("aws:ec2/subnet:Subnet", "subnet-a"))
	require.Equal(t, []string{"hosts"}, holders("aws:ec2/securityGroup:SecurityGroup", "sg-1"))
	require.Equal(t, []string{"hosts"}, holders(typeCluster, f.cluster))
	_, err := f.change(typeGroup, f.group, with(f.groupInputs(), Map{"minSize": 0.0, "desiredCapacity": 0.0}))
	require.NoError(t, err)
	require.Empty(t, holders("aws:ec2/subnet:Subnet", "subnet-a"), "no hosts, nothing held")
}

func TestTaskRevisionsShareTheirID(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	id, first := f.make(typeTask, f.taskInputs())
	require.Equal(t, "deepstream", id)
	require.Equal(t, "deepstream", Str(first, "id"))
	require.Equal(t, 1, Int(first, "revision"))
	_, second := f.make(typeTask, f.taskInputs())
	require.Equal(t, 2, Int(second, "revision"))
	require.NoError(t, f.gone(typeTask, id, first), "the engine deletes the old one by the same id")
	require.Equal(t, 2, Int(f.read(typeTask, id), "revision"))
	f.message(f.create(typeService, f.serviceInputs(Str(first, "arn"))), "ClientException", "TaskDefinition is inactive")
	require.NoError(t, f.gone(typeTask, id, second))
	_, third := f.make(typeTask, f.taskInputs())
	require.Equal(t, 3, Int(third, "revision"), "numbers go on")
	require.True(t, strings.HasSuffix(Str(third, "arn"), "task-definition/deepstream:3"))
	require.Equal(t, strings.TrimSuffix(Str(third, "arn"), ":3"), Str(third, "arnWithoutRevision"))
}
