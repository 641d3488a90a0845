package services

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestTaskDefinitionRules(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	_, state := f.make(typeTask, with(f.taskInputs(), cloud.Map{"networkMode": nil, "containerDefinitions": `[{"name":"a","image":"i"}]`}))
	require.Equal(t, "bridge", state["networkMode"])
	f.refused("ClientException", typeTask, with(f.taskInputs(), cloud.Map{"executionRoleArn": "arn:aws:iam::111122223333:role/x"}))
	f.refused("ClientException", typeTask, with(f.taskInputs(), cloud.Map{"taskRoleArn": "arn:aws:iam::111122223333:role/x"}))
	f.refused("ClientException", typeTask, with(f.taskInputs(), cloud.Map{"cpu": "64"}))
	fargate := with(f.taskInputs(), cloud.Map{"requiresCompatibilities": cloud.List("FARGATE")})
	f.make(typeTask, fargate)
	f.message(f.create(typeTask, with(fargate, cloud.Map{"memory": "1024"})), "ClientException", "No Fargate configuration exists")
	f.message(f.create(typeTask, with(fargate, cloud.Map{"networkMode": "bridge"})), "ClientException", "network mode 'awsvpc'")
	refusesInputs(t, typeTask, f.taskInputs(), []badInput{
		{"family", "a b"}, {"networkMode", "nat"}, {"requiresCompatibilities", cloud.List("VM")}, {"cpu", "many"}, {"memory", "1 vCPU"},
		{"executionRoleArn", "x"}, {"containerDefinitions", "[]"}, {"containerDefinitions", "x"},
	})
	require.NotEmpty(t, problems(typeTask, with(f.taskInputs(), cloud.Map{"executionRoleArn": nil})), "secrets need an execution role")
	require.Empty(t, problems(typeTask, with(f.taskInputs(), cloud.Map{"memory": cloud.Unknown, "executionRoleArn": cloud.Unknown})))
	for text, want := range map[string]int{"512": 512, "1GB": 1024, "0.5 GB": 512, "": 0} {
		got, err := taskAmount("memory", text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestServiceRefusals(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	arn := f.task()
	good := f.serviceInputs(arn)
	balancer := func(changes cloud.Map) []any {
		return []any{with(cloud.Map{"targetGroupArn": targetARN, "containerName": "deepstream", "containerPort": 6020.0}, changes)}
	}
	network := func(changes cloud.Map) cloud.Map { return with(good["networkConfiguration"].(cloud.Map), changes) }
	f.make(typeTask, with(f.taskInputs(), cloud.Map{"family": "bridge", "networkMode": "bridge"}))
	for name, tc := range map[string]struct {
		change     cloud.Map
		code, text string
	}{
		"cluster":            {cloud.Map{"cluster": "none"}, "ClusterNotFoundException", "Cluster not found."},
		"definition":         {cloud.Map{"taskDefinition": "none"}, "ClientException", "TaskDefinition not found."},
		"revision":           {cloud.Map{"taskDefinition": "deepstream:9"}, "ClientException", "TaskDefinition not found."},
		"no network":         {cloud.Map{"networkConfiguration": nil}, "", "must be provided when networkMode 'awsvpc'"},
		"network for bridge": {cloud.Map{"taskDefinition": "bridge"}, "", "not valid for the given networkMode"},
		"subnet":             {cloud.Map{"networkConfiguration": network(cloud.Map{"subnets": cloud.List("subnet-x")})}, "", "The subnet ID 'subnet-x' does not exist"},
		"subnets' VPCs":      {cloud.Map{"networkConfiguration": network(cloud.Map{"subnets": cloud.List("subnet-a", "subnet-far")})}, "", "not all in the same VPC"},
		"group":              {cloud.Map{"networkConfiguration": network(cloud.Map{"securityGroups": cloud.List("sg-x")})}, "", "The security group 'sg-x' does not exist"},
		"group's VPC":        {cloud.Map{"networkConfiguration": network(cloud.Map{"securityGroups": cloud.List("sg-far")})}, "", "does not appear to belong to the same VPC"},
		"six groups":         {cloud.Map{"networkConfiguration": network(cloud.Map{"securityGroups": cloud.List("sg-1", "sg-1", "sg-1", "sg-1", "sg-1", "sg-1")})}, "", "at most 5"},
		"public address":     {cloud.Map{"networkConfiguration": network(cloud.Map{"assignPublicIp": true})}, "", "Assign public IP is not supported"},
		"target group":       {cloud.Map{"loadBalancers": balancer(cloud.Map{"targetGroupArn": strings.Replace(targetARN, "edge", "x", 1)})}, "", "validate the specified targetGroupArn"},
		"container":          {cloud.Map{"loadBalancers": balancer(cloud.Map{"containerName": "x"})}, "", "The container x does not exist in the task definition."},
		"port":               {cloud.Map{"loadBalancers": balancer(cloud.Map{"containerPort": 80.0})}, "", "did not have a container port 80 defined."},
		"both ways":          {cloud.Map{"launchType": "EC2"}, "", "Specifying both a launch type and capacity provider strategy"},
		"provider":           {cloud.Map{"capacityProviderStrategies": []any{cloud.Map{"capacityProvider": "FARGATE", "weight": 1.0}}}, "", "not associated with the cluster"},
		"fargate":            {cloud.Map{"capacityProviderStrategies": nil, "launchType": "FARGATE"}, "", "does not support launch_type FARGATE"},
		"platform":           {cloud.Map{"platformVersion": "1.4.0"}, "", "platform version must be null"},
		"percents":           {cloud.Map{"deploymentMaximumPercent": 100.0}, "", "cannot be 100 as this will block deployments"},
		"maximum":            {cloud.Map{"deploymentMaximumPercent": 50.0}, "", "deployment configuration is invalid"},
		"breaker":            {cloud.Map{"deploymentController": cloud.Map{"type": "CODE_DEPLOY"}}, "", "DeploymentCircuitBreaker"},
		"daemon":             {cloud.Map{"schedulingStrategy": "DAEMON"}, "", "does not support a desired count"},
		"grace":              {cloud.Map{"loadBalancers": nil, "healthCheckGracePeriodSeconds": 60.0}, "", "Health check grace period is only valid"},
		"exec":               {cloud.Map{"enableExecuteCommand": true}, "", "valid taskRoleArn is not being used"},
		"registry":           {cloud.Map{"serviceRegistries": cloud.Map{"registryArn": "arn:aws:servicediscovery:eu-central-1:111122223333:service/x"}}, "", "Unable to find the service registry"},
	} {
		if tc.code == "" {
			tc.code = invalidECSParameter
		}
		t.Run(name, func(t *testing.T) { f.message(f.create(typeService, with(good, tc.change)), tc.code, tc.text) })
	}
	f.make(typeService, good)
	f.message(f.create(typeService, good), invalidECSParameter, "Creation of service was not idempotent.")
	refusesInputs(t, typeService, good, []badInput{
		{"launchType", "VM"}, {"propagateTags", "ALL"}, {"name", "a b"}, {"networkConfiguration", cloud.Map{"securityGroups": cloud.List("sg-1")}},
		{"orderedPlacementStrategies", []any{cloud.Map{"type": "pack"}}}, {"loadBalancers", balancer(cloud.Map{"targetGroupArn": "x"})},
	})
}

func TestServiceNeedsAListenerBehindItsTargetGroup(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	inputs := f.serviceInputs(f.task())
	listener := held(f.Cloud, "aws:lb/listener:Listener", home, "listener-1")
	target := held(f.Cloud, "aws:lb/targetGroup:TargetGroup", home, targetARN)
	target.State["targetType"] = "instance"
	f.message(f.create(typeService, inputs), invalidECSParameter, "incompatible with the awsvpc network mode")
	target.State["targetType"] = "ip"
	listener.State["defaultActions"] = []any{cloud.Map{"type": "redirect"}}
	f.message(f.create(typeService, inputs), invalidECSParameter, "does not have an associated load balancer")
	listener.State["defaultActions"] = []any{cloud.Map{"type": "forward", "forward": cloud.Map{"targetGroups": []any{cloud.Map{"arn": targetARN}}}}}
	f.make(typeService, inputs)
}

// A service that waits for its tasks fails as ECS would tell after the provider's twenty minutes.
func TestServiceThatCannotGetSteady(t *testing.T) {
	t.Parallel()
	const stopped = "TaskFailedToStart"
	policy := func(f *fleet, change func(string) string) {
		_, err := f.change(typeRolePolicy, "execution:run", cloud.Map{"role": "execution", "name": "run", "policy": change(f.executionPolicy())})
		require.NoError(f, err)
	}
	template := func(f *fleet, changes cloud.Map) {
		_, err := f.change(typeLaunchTemplate, f.template, with(f.templateInputs(), changes))
		require.NoError(f, err)
		_, err = f.change(typeGroup, f.group, with(f.groupInputs(), cloud.Map{"launchTemplate": cloud.Map{"id": f.template, "version": "$Latest"}}))
		require.NoError(f, err)
	}
	redefine := func(f *fleet, inputs cloud.Map) { f.make(typeTask, inputs) }
	for name, tc := range map[string]struct {
		breaks     func(*fleet)
		code, text string
	}{
		"hosts of another cluster": {func(f *fleet) { template(f, cloud.Map{"userData": userDataFor("other")}) }, unplacedCode, `names cluster "other", which does not exist`},
		"hosts of no cluster":      {func(f *fleet) { template(f, cloud.Map{"userData": nil}) }, unplacedCode, "No Container Instances were found in your capacity provider"},
		"hosts without rights": {func(f *fleet) {
			r := f.List()
			for _, a := range r {
				if a.Type == typeRoleAttachment {
					require.NoError(f, f.gone(a.Type, a.ID, nil))
				}
			}
		}, unplacedCode, "does not allow ecs:"},
		"hosts without a way out": {func(f *fleet) {
			at(f.Cloud, home).Remove(held(f.Cloud, "aws:ec2/route:Route", home, "r-1"))
		}, unplacedCode, "has no route by which a host reaches ECS"},
		"too much memory": {func(f *fleet) { redefine(f, with(f.taskInputs(), cloud.Map{"memory": "8192"})) }, unplacedCode, "insufficient memory available"},
		"too much CPU":    {func(f *fleet) { redefine(f, with(f.taskInputs(), cloud.Map{"cpu": "4096"})) }, unplacedCode, "insufficient CPU units available"},
		"too many tasks":  {func(f *fleet) { redefine(f, with(f.taskInputs(), cloud.Map{"memory": "7000"})); f.count = 5 }, unplacedCode, "room for 4 of 5 tasks"},
		"other architecture": {func(f *fleet) {
			redefine(f, with(f.taskInputs(), cloud.Map{"runtimePlatform": cloud.Map{"cpuArchitecture": "X86_64"}}))
		}, unplacedCode, "missing an attribute"},
		"untrusting role": {func(f *fleet) {
			_, err := f.change(typeRole, "execution", cloud.Map{"name": "execution", "assumeRolePolicy": hostTrust})
			require.NoError(f, err)
		}, stopped, "ECS was unable to assume the role"},
		"secret not allowed": {func(f *fleet) {
			policy(f, func(s string) string { return strings.Replace(s, "GetSecretValue", "DescribeSecret", 1) })
		}, stopped, "not authorized to perform: secretsmanager:GetSecretValue"},
		"secret without that field": {func(f *fleet) {
			redefine(f, f.withContainer(cloud.Map{"secrets": []any{cloud.Map{"name": "P", "valueFrom": f.secret + ":user::"}}}))
		}, stopped, "did not contain json key user"},
		"logs not allowed": {func(f *fleet) {
			policy(f, func(s string) string { return strings.Replace(s, "logs:CreateLogStream", "logs:DescribeLogStreams", 1) })
		}, stopped, "not authorized to perform: logs:CreateLogStream"},
		"no log group": {func(f *fleet) { require.NoError(f, f.gone(typeLogGroup, logsName, nil)) }, stopped, "The specified log group does not exist"},
		"image not allowed": {func(f *fleet) {
			redefine(f, f.withContainer(cloud.Map{"image": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream:1"}))
		}, stopped, "CannotPullECRContainerError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.task()
			f.count = 3
			tc.breaks(f)
			inputs := with(f.serviceInputs("deepstream"), cloud.Map{"desiredCount": f.count})
			f.message(f.create(typeService, inputs), tc.code, tc.text)
			f.make(typeService, with(inputs, cloud.Map{"waitForSteadyState": false}))
		})
	}
}

func TestSecretsUnderAKey(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	_, key := f.make("aws:kms/key:Key", cloud.Map{})
	id, _ := f.make(typeSecret, cloud.Map{"name": "kept", "kmsKeyId": key["arn"]})
	f.make(typeSecretVersion, cloud.Map{"secretId": id, "secretString": "x"})
	f.make(typeTask, f.withContainer(cloud.Map{"secrets": []any{cloud.Map{"name": "P", "valueFrom": id}}}))
	grant := func(more ...any) {
		statements := append([]any{
			cloud.Map{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": id},
			cloud.Map{"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
		}, more...)
		text, err := json.Marshal(cloud.Map{"Version": "2012-10-17", "Statement": statements})
		require.NoError(t, err)
		_, err = f.change(typeRolePolicy, "execution:run", cloud.Map{"role": "execution", "name": "run", "policy": string(text)})
		require.NoError(t, err)
	}
	grant()
	f.message(f.create(typeService, f.serviceInputs("deepstream")), "TaskFailedToStart", "Access to KMS is not allowed")
	grant(cloud.Map{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key["arn"],
		"Condition": cloud.Map{"StringEquals": cloud.Map{"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}}})
	f.make(typeService, f.serviceInputs("deepstream"))
}
