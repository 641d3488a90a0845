package cloud

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTaskDefinitionRules(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	_, state := f.make(typeTask, with(f.taskInputs(), Map{"networkMode": nil, "containerDefinitions": `[{"name":"a","image":"i"}]`}))
	require.Equal(t, "bridge", state["networkMode"])
	f.refused("ClientException", typeTask, with(f.taskInputs(), Map{"executionRoleArn": "arn:aws:iam::111122223333:role/x"}))
	f.refused("ClientException", typeTask, with(f.taskInputs(), Map{"taskRoleArn": "arn:aws:iam::111122223333:role/x"}))
	f.refused("ClientException", typeTask, with(f.taskInputs(), Map{"cpu": "64"}))
	fargate := with(f.taskInputs(), Map{"requiresCompatibilities": List("FARGATE")})
	f.make(typeTask, fargate)
	f.message(f.create(typeTask, with(fargate, Map{"memory": "1024"})), "ClientException", "No Fargate configuration exists")
	f.message(f.create(typeTask, with(fargate, Map{"networkMode": "bridge"})), "ClientException", "network mode 'awsvpc'")
	refusesInputs(t, typeTask, f.taskInputs(), []badInput{
		{"family", "a b"}, {"networkMode", "nat"}, {"requiresCompatibilities", List("VM")}, {"cpu", "many"}, {"memory", "1 vCPU"},
		{"executionRoleArn", "x"}, {"containerDefinitions", "[]"}, {"containerDefinitions", "x"},
	})
	require.NotEmpty(t, problems(typeTask, with(f.taskInputs(), Map{"executionRoleArn": nil})), "secrets need an execution role")
	require.Empty(t, problems(typeTask, with(f.taskInputs(), Map{"memory": Unknown, "executionRoleArn": Unknown})))
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
	balancer := func(changes Map) []any {
		return []any{with(Map{"targetGroupArn": targetARN, "containerName": "deepstream", "containerPort": 6020.0}, changes)}
	}
	network := func(changes Map) Map { return with(good["networkConfiguration"].(Map), changes) }
	f.make(typeTask, with(f.taskInputs(), Map{"family": "bridge", "networkMode": "bridge"}))
	for name, tc := range map[string]struct {
		change     Map
		code, text string
	}{
		"cluster":            {Map{"cluster": "none"}, "ClusterNotFoundException", "Cluster not found."},
		"definition":         {Map{"taskDefinition": "none"}, "ClientException", "TaskDefinition not found."},
		"revision":           {Map{"taskDefinition": "deepstream:9"}, "ClientException", "TaskDefinition not found."},
		"no network":         {Map{"networkConfiguration": nil}, "", "must be provided when networkMode 'awsvpc'"},
		"network for bridge": {Map{"taskDefinition": "bridge"}, "", "not valid for the given networkMode"},
		"subnet":             {Map{"networkConfiguration": network(Map{"subnets": List("subnet-x")})}, "", "The subnet ID 'subnet-x' does not exist"},
		"subnets' VPCs":      {Map{"networkConfiguration": network(Map{"subnets": List("subnet-a", "subnet-far")})}, "", "not all in the same VPC"},
		"group":              {Map{"networkConfiguration": network(Map{"securityGroups": List("sg-x")})}, "", "The security group 'sg-x' does not exist"},
		"group's VPC":        {Map{"networkConfiguration": network(Map{"securityGroups": List("sg-far")})}, "", "does not appear to belong to the same VPC"},
		"six groups":         {Map{"networkConfiguration": network(Map{"securityGroups": List("sg-1", "sg-1", "sg-1", "sg-1", "sg-1", "sg-1")})}, "", "at most 5"},
		"public address":     {Map{"networkConfiguration": network(Map{"assignPublicIp": true})}, "", "Assign public IP is not supported"},
		"target group":       {Map{"loadBalancers": balancer(Map{"targetGroupArn": strings.Replace(targetARN, "edge", "x", 1)})}, "", "validate the specified targetGroupArn"},
		"container":          {Map{"loadBalancers": balancer(Map{"containerName": "x"})}, "", "The container x does not exist in the task definition."},
		"port":               {Map{"loadBalancers": balancer(Map{"containerPort": 80.0})}, "", "did not have a container port 80 defined."},
		"both ways":          {Map{"launchType": "EC2"}, "", "Specifying both a launch type and capacity provider strategy"},
		"provider":           {Map{"capacityProviderStrategies": []any{Map{"capacityProvider": "FARGATE", "weight": 1.0}}}, "", "not associated with the cluster"},
		"fargate":            {Map{"capacityProviderStrategies": nil, "launchType": "FARGATE"}, "", "does not support launch_type FARGATE"},
		"platform":           {Map{"platformVersion": "1.4.0"}, "", "platform version must be null"},
		"percents":           {Map{"deploymentMaximumPercent": 100.0}, "", "cannot be 100 as this will block deployments"},
		"maximum":            {Map{"deploymentMaximumPercent": 50.0}, "", "deployment configuration is invalid"},
		"breaker":            {Map{"deploymentController": Map{"type": "CODE_DEPLOY"}}, "", "DeploymentCircuitBreaker"},
		"daemon":             {Map{"schedulingStrategy": "DAEMON"}, "", "does not support a desired count"},
		"grace":              {Map{"loadBalancers": nil, "healthCheckGracePeriodSeconds": 60.0}, "", "Health check grace period is only valid"},
		"exec":               {Map{"enableExecuteCommand": true}, "", "valid taskRoleArn is not being used"},
		"registry":           {Map{"serviceRegistries": Map{"registryArn": "arn:aws:servicediscovery:eu-central-1:111122223333:service/x"}}, "", "Unable to find the service registry"},
	} {
		if tc.code == "" {
			tc.code = invalidECSParameter
		}
		t.Run(name, func(t *testing.T) { f.message(f.create(typeService, with(good, tc.change)), tc.code, tc.text) })
	}
	f.make(typeService, good)
	f.message(f.create(typeService, good), invalidECSParameter, "Creation of service was not idempotent.")
	refusesInputs(t, typeService, good, []badInput{
		{"launchType", "VM"}, {"propagateTags", "ALL"}, {"name", "a b"}, {"networkConfiguration", Map{"securityGroups": List("sg-1")}},
		{"orderedPlacementStrategies", []any{Map{"type": "pack"}}}, {"loadBalancers", balancer(Map{"targetGroupArn": "x"})},
	})
}

func TestServiceNeedsAListenerBehindItsTargetGroup(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	inputs := f.serviceInputs(f.task())
	listener := key{"aws:lb/listener:Listener", home, "listener-1"}
	target := f.resources[key{"aws:lb/targetGroup:TargetGroup", home, targetARN}]
	target.State["targetType"] = "instance"
	f.message(f.create(typeService, inputs), invalidECSParameter, "incompatible with the awsvpc network mode")
	target.State["targetType"] = "ip"
	f.resources[listener].State["defaultActions"] = []any{Map{"type": "redirect"}}
	f.message(f.create(typeService, inputs), invalidECSParameter, "does not have an associated load balancer")
	f.resources[listener].State["defaultActions"] = []any{Map{"type": "forward", "forward": Map{"targetGroups": []any{Map{"arn": targetARN}}}}}
	f.make(typeService, inputs)
}

// A service that waits for its tasks fails as ECS would tell after the provider's twenty minutes.
func TestServiceThatCannotGetSteady(t *testing.T) {
	t.Parallel()
	const stopped = "TaskFailedToStart"
	policy := func(f *fleet, change func(string) string) {
		_, err := f.change(typeRolePolicy, "execution:run", Map{"role": "execution", "name": "run", "policy": change(f.executionPolicy())})
		require.NoError(f, err)
	}
	template := func(f *fleet, changes Map) {
		_, err := f.change(typeLaunchTemplate, f.template, with(f.templateInputs(), changes))
		require.NoError(f, err)
		_, err = f.change(typeGroup, f.group, with(f.groupInputs(), Map{"launchTemplate": Map{"id": f.template, "version": "$Latest"}}))
		require.NoError(f, err)
	}
	redefine := func(f *fleet, inputs Map) { f.make(typeTask, inputs) }
	for name, tc := range map[string]struct {
		breaks     func(*fleet)
		code, text string
	}{
		"hosts of another cluster": {func(f *fleet) { template(f, Map{"userData": userDataFor("other")}) }, unplacedCode, `names cluster "other", which does not exist`},
		"hosts of no cluster":      {func(f *fleet) { template(f, Map{"userData": nil}) }, unplacedCode, "No Container Instances were found in your capacity provider"},
		"hosts without rights": {func(f *fleet) {
			r := f.List()
			for _, a := range r {
				if a.Type == typeRoleAttachment {
					require.NoError(f, f.gone(a.Type, a.ID, nil))
				}
			}
		}, unplacedCode, "does not allow ecs:"},
		"hosts without a way out": {func(f *fleet) {
			f.erase(&Tx{c: f.Cloud, Region: home}, f.resources[key{"aws:ec2/route:Route", home, "r-1"}])
		}, unplacedCode, "has no route by which a host reaches ECS"},
		"too much memory": {func(f *fleet) { redefine(f, with(f.taskInputs(), Map{"memory": "8192"})) }, unplacedCode, "insufficient memory available"},
		"too much CPU":    {func(f *fleet) { redefine(f, with(f.taskInputs(), Map{"cpu": "4096"})) }, unplacedCode, "insufficient CPU units available"},
		"too many tasks":  {func(f *fleet) { redefine(f, with(f.taskInputs(), Map{"memory": "7000"})); f.count = 5 }, unplacedCode, "room for 4 of 5 tasks"},
		"other architecture": {func(f *fleet) {
			redefine(f, with(f.taskInputs(), Map{"runtimePlatform": Map{"cpuArchitecture": "X86_64"}}))
		}, unplacedCode, "missing an attribute"},
		"untrusting role": {func(f *fleet) {
			_, err := f.change(typeRole, "execution", Map{"name": "execution", "assumeRolePolicy": hostTrust})
			require.NoError(f, err)
		}, stopped, "ECS was unable to assume the role"},
		"secret not allowed": {func(f *fleet) {
			policy(f, func(s string) string { return strings.Replace(s, "GetSecretValue", "DescribeSecret", 1) })
		}, stopped, "not authorized to perform: secretsmanager:GetSecretValue"},
		"secret without that field": {func(f *fleet) {
			redefine(f, f.withContainer(Map{"secrets": []any{Map{"name": "P", "valueFrom": f.secret + ":user::"}}}))
		}, stopped, "did not contain json key user"},
		"logs not allowed": {func(f *fleet) {
			policy(f, func(s string) string { return strings.Replace(s, "logs:CreateLogStream", "logs:DescribeLogStreams", 1) })
		}, stopped, "not authorized to perform: logs:CreateLogStream"},
		"no log group": {func(f *fleet) { require.NoError(f, f.gone(typeLogGroup, logsName, nil)) }, stopped, "The specified log group does not exist"},
		"image not allowed": {func(f *fleet) {
			redefine(f, f.withContainer(Map{"image": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream:1"}))
		}, stopped, "CannotPullECRContainerError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.task()
			f.count = 3
			tc.breaks(f)
			inputs := with(f.serviceInputs("deepstream"), Map{"desiredCount": f.count})
			f.message(f.create(typeService, inputs), tc.code, tc.text)
			f.make(typeService, with(inputs, Map{"waitForSteadyState": false}))
		})
	}
}

func TestSecretsUnderAKey(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	_, key := f.make("aws:kms/key:Key", Map{})
	id, _ := f.make(typeSecret, Map{"name": "kept", "kmsKeyId": key["arn"]})
	f.make(typeSecretVersion, Map{"secretId": id, "secretString": "x"})
	f.make(typeTask, f.withContainer(Map{"secrets": []any{Map{"name": "P", "valueFrom": id}}}))
	grant := func(more ...any) {
		statements := append([]any{
			Map{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": id},
			Map{"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
		}, more...)
		text, err := json.Marshal(Map{"Version": "2012-10-17", "Statement": statements})
		require.NoError(t, err)
		_, err = f.change(typeRolePolicy, "execution:run", Map{"role": "execution", "name": "run", "policy": string(text)})
		require.NoError(t, err)
	}
	grant()
	f.message(f.create(typeService, f.serviceInputs("deepstream")), "TaskFailedToStart", "Access to KMS is not allowed")
	grant(Map{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key["arn"],
		"Condition": Map{"StringEquals": Map{"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}}})
	f.make(typeService, f.serviceInputs("deepstream"))
}
