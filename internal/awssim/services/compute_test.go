package services

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
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

var testImage = cloud.DefaultAccount().Regions[home].Images[0].ID

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
		f.place("aws:ec2/routeTableAssociation:RouteTableAssociation", "rtbassoc-"+s, cloud.Map{"subnetId": s, "routeTableId": "rtb-1"})
	}
	f.place(typeSubnet, "subnet-public", cloud.Map{"vpcId": "vpc-1", "availabilityZone": "eu-central-1a", "cidrBlock": "10.0.0.0/24"})
	f.place(typeRouteAssociation, "rtbassoc-public", cloud.Map{"subnetId": "subnet-public", "routeTableId": "rtb-public"})
	f.place(typeRoute, "r-public", cloud.Map{"routeTableId": "rtb-public", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"})
	f.place(typeNAT, "nat-1", cloud.Map{"subnetId": "subnet-public", "connectivityType": "public"})
	f.place(typeRoute, "r-1", cloud.Map{"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"})
	f.place(typeEgressRule, "sgr-https", cloud.Map{"securityGroupId": "sg-1", "cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0})
	f.place("aws:lb/targetGroup:TargetGroup", targetARN, cloud.Map{"arn": targetARN, "targetType": "ip", "vpcId": "vpc-1"})
	at(f.Cloud, home).Repoint(held(f.Cloud, "aws:lb/targetGroup:TargetGroup", home, targetARN), func() {})
	f.place("aws:lb/listener:Listener", "listener-1", cloud.Map{"defaultActions": []any{cloud.Map{"type": "forward", "targetGroupArn": targetARN}}})
	return f
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := newFleetNetwork(t)
	f.cluster, _ = f.make(typeCluster, cloud.Map{"name": "main"})
	f.clusterName = "main"
	f.role, _ = f.make(typeRole, cloud.Map{"name": "host", "assumeRolePolicy": hostTrust})
	f.make(typeRoleAttachment, cloud.Map{"role": f.role, "policyArn": ecsPolicy})
	f.profile, _ = f.make(typeProfile, cloud.Map{"name": "host", "role": f.role})
	f.template, _ = f.make(typeLaunchTemplate, f.templateInputs())
	var state cloud.Map
	f.group, state = f.make(typeGroup, f.groupInputs())
	f.groupARN = cloud.Str(state, "arn")
	f.provider, state = f.make(typeCapacityProvider, f.providerInputs())
	f.providerName = cloud.Str(state, "name")
	f.make(typeClusterProviders, cloud.Map{"clusterName": "main", "capacityProviders": cloud.List(f.providerName),
		"defaultCapacityProviderStrategies": []any{cloud.Map{"capacityProvider": f.providerName, "weight": 1.0}}})
	f.make(typeLogGroup, cloud.Map{"name": logsName, "retentionInDays": 30.0})
	f.secret, _ = f.make(typeSecret, cloud.Map{"name": "bus"})
	f.make(typeSecretVersion, cloud.Map{"secretId": f.secret, "secretString": `{"password":"x"}`})
	f.execution, _ = f.make(typeRole, cloud.Map{"name": "execution", "assumeRolePolicy": taskTrust})
	f.make(typeRolePolicy, cloud.Map{"role": "execution", "name": "run", "policy": f.executionPolicy()})
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

func (f *fleet) templateInputs() cloud.Map {
	return cloud.Map{
		"name": "host", "imageId": testImage, "instanceType": "m6g.large", "userData": userDataFor("main"),
		"vpcSecurityGroupIds": cloud.List("sg-1"), "iamInstanceProfile": cloud.Map{"arn": "arn:aws:iam::111122223333:instance-profile/host"},
		"metadataOptions":     cloud.Map{"httpTokens": "required"},
		"blockDeviceMappings": []any{cloud.Map{"deviceName": "/dev/xvda", "ebs": cloud.Map{"volumeType": "gp3", "volumeSize": 30.0, "encrypted": "true"}}},
		"tagSpecifications":   []any{cloud.Map{"resourceType": "instance", "tags": cloud.Map{"a": "b"}}},
	}
}

func (f *fleet) groupInputs() cloud.Map {
	return cloud.Map{
		"name": "hosts", "vpcZoneIdentifiers": f.subnets, "minSize": 2.0, "maxSize": 4.0, "launchTemplate": cloud.Map{"id": f.template, "version": "1"},
		"protectFromScaleIn": true, "terminationPolicies": cloud.List("OldestInstance"), "tags": []any{cloud.Map{"key": "a", "value": "b", "propagateAtLaunch": true}},
		"instanceRefresh": cloud.Map{"strategy": "Rolling", "preferences": cloud.Map{"minHealthyPercentage": 100.0, "maxHealthyPercentage": 110.0, "instanceWarmup": "120"}},
	}
}

func (f *fleet) providerInputs() cloud.Map {
	return cloud.Map{"name": "capacity", "autoScalingGroupProvider": cloud.Map{
		"autoScalingGroupArn": f.groupARN, "managedTerminationProtection": "ENABLED", "managedScaling": cloud.Map{"status": "ENABLED"}}}
}

func (f *fleet) container() cloud.Map {
	return cloud.Map{
		"name": "deepstream", "image": dockerImage, "essential": true,
		"portMappings": []any{cloud.Map{"containerPort": 6020.0, "hostPort": 6020.0, "protocol": "tcp"}},
		"secrets":      []any{cloud.Map{"name": "PASSWORD", "valueFrom": f.secret + ":password::"}},
		"logConfiguration": cloud.Map{"logDriver": "awslogs", "options": cloud.Map{
			"awslogs-group": logsName, "awslogs-region": home, "awslogs-stream-prefix": "deepstream"}},
	}
}

func (f *fleet) taskInputs() cloud.Map {
	text, _ := json.Marshal([]any{f.container()})
	return cloud.Map{
		"family": "deepstream", "networkMode": "awsvpc", "requiresCompatibilities": cloud.List("EC2"), "cpu": "1024", "memory": "2048",
		"executionRoleArn": "arn:aws:iam::111122223333:role/execution", "containerDefinitions": string(text),
	}
}

func (f *fleet) withContainer(changes cloud.Map) cloud.Map {
	text, _ := json.Marshal([]any{with(f.container(), changes)})
	return with(f.taskInputs(), cloud.Map{"containerDefinitions": string(text)})
}

func (f *fleet) serviceInputs(taskARN string) cloud.Map {
	return cloud.Map{
		"name": "deepstream", "cluster": f.cluster, "taskDefinition": taskARN, "desiredCount": 3.0, "waitForSteadyState": true,
		"networkConfiguration":       cloud.Map{"subnets": f.subnets, "securityGroups": cloud.List("sg-1")},
		"loadBalancers":              []any{cloud.Map{"targetGroupArn": targetARN, "containerName": "deepstream", "containerPort": 6020.0}},
		"capacityProviderStrategies": []any{cloud.Map{"capacityProvider": f.providerName, "weight": 1.0}},
		"deploymentCircuitBreaker":   cloud.Map{"enable": true, "rollback": true},
	}
}

func (f *fleet) task() string {
	_, state := f.make(typeTask, f.taskInputs())
	return cloud.Str(state, "arn")
}

// message expects a refusal with that code and that text.
func (f *fleet) message(err error, code, text string) {
	f.Helper()
	require.Error(f, err)
	require.Equal(f, code, cloud.Code(err), err.Error())
	require.ErrorContains(f, err, text)
}

func (f *fleet) create(typ string, inputs cloud.Map) error {
	_, _, err := f.Create(f.Context(), home, typ, inputs)
	return err
}

func TestFleetComesUpAndGoesDown(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	arn := f.task()
	service, state := f.make(typeService, f.serviceInputs(arn))
	require.Equal(t, "arn:aws:ecs:eu-central-1:111122223333:service/main/deepstream", service)
	require.Equal(t, "", cloud.Str(state, "launchType"))
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
	tx := at(f.Cloud, home)
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
	_, err := f.change(typeGroup, f.group, with(f.groupInputs(), cloud.Map{"minSize": 0.0, "desiredCapacity": 0.0}))
	require.NoError(t, err)
	require.Empty(t, holders("aws:ec2/subnet:Subnet", "subnet-a"), "no hosts, nothing held")
}

func TestTaskRevisionsShareTheirID(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	id, first := f.make(typeTask, f.taskInputs())
	require.Equal(t, "deepstream", id)
	require.Equal(t, "deepstream", cloud.Str(first, "id"))
	require.Equal(t, 1, cloud.Int(first, "revision"))
	_, second := f.make(typeTask, f.taskInputs())
	require.Equal(t, 2, cloud.Int(second, "revision"))
	require.NoError(t, f.gone(typeTask, id, first), "the engine deletes the old one by the same id")
	require.Equal(t, 2, cloud.Int(f.read(typeTask, id), "revision"))
	f.message(f.create(typeService, f.serviceInputs(cloud.Str(first, "arn"))), "ClientException", "TaskDefinition is inactive")
	require.NoError(t, f.gone(typeTask, id, second))
	_, third := f.make(typeTask, f.taskInputs())
	require.Equal(t, 3, cloud.Int(third, "revision"), "numbers go on")
	require.True(t, strings.HasSuffix(cloud.Str(third, "arn"), "task-definition/deepstream:3"))
	require.Equal(t, strings.TrimSuffix(cloud.Str(third, "arn"), ":3"), cloud.Str(third, "arnWithoutRevision"))
}
