package services

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestLaunchTemplateVersions(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	state := f.read(typeLaunchTemplate, f.template)
	require.Regexp(t, `^lt-0[0-9a-f]{16}$`, f.template)
	require.Equal(t, 1, cloud.Int(state, "latestVersion"))
	state, err := f.change(typeLaunchTemplate, f.template, with(f.templateInputs(), cloud.Map{"tags": cloud.Map{"a": "b"}}))
	require.NoError(t, err)
	require.Equal(t, 1, cloud.Int(state, "latestVersion"), "tags of the template are not in a version")
	bigger := with(f.templateInputs(), cloud.Map{"instanceType": "m6g.xlarge"})
	state, err = f.change(typeLaunchTemplate, f.template, bigger)
	require.NoError(t, err)
	require.Equal(t, 2, cloud.Int(state, "latestVersion"))
	require.Equal(t, 1, cloud.Int(state, "defaultVersion"))
	for version, fails := range map[string]bool{"1": false, "2": false, "$Latest": false, "$Default": false, "3": true, "x": true} {
		_, err := f.change(typeGroup, f.group, with(f.groupInputs(), cloud.Map{"launchTemplate": cloud.Map{"id": f.template, "version": version}}))
		if fails {
			f.message(err, "ValidationError", "Could not find the specified version "+version)
		} else {
			require.NoError(t, err)
		}
	}
	state, err = f.change(typeLaunchTemplate, f.template, with(bigger, cloud.Map{"instanceType": "m6g.2xlarge", "updateDefaultVersion": true}))
	require.NoError(t, err)
	require.Equal(t, 3, cloud.Int(state, "defaultVersion"))
	f.refused("InvalidLaunchTemplateName.AlreadyExistsException", typeLaunchTemplate, f.templateInputs())

	volume := func(ebs cloud.Map) []any { return []any{cloud.Map{"deviceName": "/dev/xvda", "ebs": ebs}} }
	refusesInputs(t, typeLaunchTemplate, f.templateInputs(), []badInput{
		{"metadataOptions", cloud.Map{"httpTokens": "yes"}}, {"metadataOptions", cloud.Map{"httpPutResponseHopLimit": 65.0}}, {"userData", "echo"},
		{"ebsOptimized", "yes"}, {"tagSpecifications", []any{cloud.Map{"resourceType": "group", "tags": cloud.Map{}}}},
		{"tagSpecifications", []any{cloud.Map{"resourceType": "instance"}}}, {"name", "ab"}, {"iamInstanceProfile", cloud.Map{"arn": "host"}},
		{"blockDeviceMappings", volume(cloud.Map{"volumeType": "gp4"})}, {"blockDeviceMappings", volume(cloud.Map{"volumeType": "gp3", "throughput": 2000.0})},
		{"blockDeviceMappings", volume(cloud.Map{"volumeType": "gp3", "volumeSize": 20000.0})}, {"blockDeviceMappings", volume(cloud.Map{"volumeType": "io2"})},
		{"blockDeviceMappings", append(volume(cloud.Map{"volumeType": "gp3"}), volume(cloud.Map{"volumeType": "gp2"})...)},
		{"tagSpecifications", []any{cloud.Map{"resourceType": "volume", "tags": cloud.Map{"a": "b"}}, cloud.Map{"resourceType": "volume", "tags": cloud.Map{"c": "d"}}}},
	})
}

func TestLaunchTemplateVersionsSurviveTheCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := cloud.Open(cloud.Options{Dir: dir})
	require.NoError(t, err)
	inputs := cloud.Map{"name": "host", "imageId": testImage, "instanceType": "m6g.large"}
	id, _, err := c.Create(t.Context(), home, typeLaunchTemplate, inputs)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	c, err = cloud.Open(cloud.Options{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	state, err := c.Update(t.Context(), home, typeLaunchTemplate, id, inputs)
	require.NoError(t, err)
	require.Equal(t, 1, cloud.Int(state, "latestVersion"), "nothing changed")
	_, err = c.Update(t.Context(), home, typeLaunchTemplate, id, with(inputs, cloud.Map{"instanceType": "m6g.xlarge"}))
	require.NoError(t, err)
	_, content, cause := templateVersion(at(c, home), cloud.Map{"id": id, "version": "1"})
	require.Empty(t, cause)
	require.Equal(t, "m6g.large", content["instanceType"])
}

// What a template holds is looked at when a group is to launch from it.
func TestGroupsRefuseTemplatesThatCannotLaunch(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.make(typeProfile, cloud.Map{"name": "empty"})
	for name, tc := range map[string]struct {
		change cloud.Map
		text   string
	}{
		"image":           {cloud.Map{"imageId": "ami-00000000000000000"}, "The image id '[ami-00000000000000000]' does not exist"},
		"no image":        {cloud.Map{"imageId": nil}, "must contain the parameter ImageId"},
		"architecture":    {cloud.Map{"instanceType": "m6i.large"}, "The architecture 'x86_64' of the specified instance type does not match the architecture 'arm64'"},
		"type":            {cloud.Map{"instanceType": "m6g.huge"}, "Invalid value 'm6g.huge' for InstanceType"},
		"small root":      {cloud.Map{"blockDeviceMappings": []any{cloud.Map{"deviceName": "/dev/xvda", "ebs": cloud.Map{"volumeSize": 8.0}}}}, "Volume of size 8GB is smaller"},
		"group":           {cloud.Map{"vpcSecurityGroupIds": cloud.List("sg-x")}, "The security group 'sg-x' does not exist"},
		"group elsewhere": {cloud.Map{"vpcSecurityGroupIds": cloud.List("sg-far")}, "belong to different networks"},
		"profile":         {cloud.Map{"iamInstanceProfile": cloud.Map{"name": "x"}}, "Invalid IAM Instance Profile name"},
		"profile's ARN":   {cloud.Map{"iamInstanceProfile": cloud.Map{"arn": "arn:aws:iam::111122223333:instance-profile/x"}}, "Invalid IAM Instance Profile ARN"},
		"no role":         {cloud.Map{"iamInstanceProfile": cloud.Map{"name": "empty"}}, "has no associated IAM Roles"},
		"key":             {cloud.Map{"keyName": "k"}, "The key pair 'k' does not exist"},
		"interfaces":      {cloud.Map{"networkInterfaces": []any{cloud.Map{}}}, "security groups must be a part of it"},
	} {
		id, _ := f.make(typeLaunchTemplate, with(f.templateInputs(), with(tc.change, cloud.Map{"name": strings.NewReplacer(" ", "-", "'", "").Replace("t-" + name)})))
		named := cloud.Map{"launchTemplate": cloud.Map{"id": id}, "name": "x"}
		f.message(f.create(typeGroup, with(f.groupInputs(), named)), "ValidationError", tc.text)
		_, err := f.change(typeGroup, f.group, with(f.groupInputs(), cloud.Map{"launchTemplate": cloud.Map{"id": id}}))
		f.message(err, "ValidationError", tc.text)
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	state := f.read(typeGroup, f.group)
	require.Equal(t, 2, cloud.Int(state, "desiredCapacity"), "the minimum when none is given")
	require.Equal(t, cloud.List("eu-central-1a", "eu-central-1b", "eu-central-1c"), state["availabilityZones"])
	require.Regexp(t, `^arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName/hosts$`, state["arn"])
	require.Equal(t, "host", cloud.Str(state, "launchTemplate.name"))
	state, err := f.change(typeGroup, f.group, with(f.groupInputs(), cloud.Map{"minSize": 3.0}))
	require.NoError(t, err)
	require.Equal(t, 3, cloud.Int(state, "desiredCapacity"), "moved between the new limits")

	f.refused("AlreadyExists", typeGroup, f.groupInputs())
	other := with(f.groupInputs(), cloud.Map{"name": "other"})
	for name, change := range map[string]cloud.Map{
		"template":     {"launchTemplate": cloud.Map{"id": "lt-0"}},
		"subnet":       {"vpcZoneIdentifiers": cloud.List("subnet-x")},
		"two VPCs":     {"vpcZoneIdentifiers": cloud.List("subnet-a", "subnet-far")},
		"nowhere":      {"vpcZoneIdentifiers": nil},
		"max":          {"maxSize": 1.0},
		"desired":      {"desiredCapacity": 9.0},
		"lifetime":     {"maxInstanceLifetime": 60.0},
		"termination":  {"terminationPolicies": cloud.List("Oldest")},
		"health":       {"healthCheckType": "TCP"},
		"metric":       {"enabledMetrics": cloud.List("CPU")},
		"target group": {"targetGroupArns": cloud.List("arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/x/1")},
	} {
		err := f.create(typeGroup, with(other, change))
		f.message(err, "ValidationError", "")
		_ = name
	}
	preferences := func(p cloud.Map) cloud.Map { return cloud.Map{"strategy": "Rolling", "preferences": p} }
	refusesInputs(t, typeGroup, f.groupInputs(), []badInput{
		{"waitForCapacityTimeout", "ten"}, {"healthCheckGracePeriod", -1.0},
		{"instanceRefresh", cloud.Map{"strategy": "Blue"}}, {"instanceRefresh", preferences(cloud.Map{"minHealthyPercentage": 101.0})},
		{"instanceRefresh", preferences(cloud.Map{"maxHealthyPercentage": 99.0})}, {"instanceRefresh", preferences(cloud.Map{"scaleInProtectedInstances": "Replace"})},
		{"instanceRefresh", preferences(cloud.Map{"instanceWarmup": "1m"})}, {"desiredCapacityType", "hosts"},
	})
	require.NotEmpty(t, problems(typeGroup, with(f.groupInputs(), cloud.Map{"mixedInstancesPolicy": cloud.Map{}})))
	require.NotEmpty(t, problems(typeGroup, with(f.groupInputs(), cloud.Map{"availabilityZones": cloud.List("eu-central-1a")})))
}

func TestServiceLinkedRolesAreNeeded(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	arn := f.task()
	f.Account().ServiceLinkedRoles = nil
	f.message(f.create(typeCluster, cloud.Map{"name": "x"}), "InvalidParameterException", "Unable to assume the service linked role")
	f.message(f.create(typeService, f.serviceInputs(arn)), "InvalidParameterException", "Unable to assume the service linked role")
	require.Error(t, f.create(typeGroup, with(f.groupInputs(), cloud.Map{"name": "x"})))
}

func TestCapacityProvider(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	state := f.read(typeCapacityProvider, f.provider)
	require.Equal(t, "arn:aws:ecs:eu-central-1:111122223333:capacity-provider/capacity", f.provider)
	require.Equal(t, "ENABLED", cloud.Str(state, "autoScalingGroupProvider.managedDraining"))
	require.Equal(t, 100, cloud.Int(state, "autoScalingGroupProvider.managedScaling.targetCapacity"))
	_, group := f.make(typeGroup, with(f.groupInputs(), cloud.Map{"name": "open", "protectFromScaleIn": false}))
	inputs := func(name, arn string, changes cloud.Map) cloud.Map {
		return cloud.Map{"name": name, "autoScalingGroupProvider": with(cloud.Map{"autoScalingGroupArn": arn}, changes)}
	}
	open := cloud.Str(group, "arn")
	on, scaling := cloud.Map{"managedTerminationProtection": "ENABLED", "managedScaling": cloud.Map{"status": "ENABLED"}}, cloud.Map{"status": "DISABLED"}
	f.message(f.create(typeCapacityProvider, inputs("x", f.groupARN, nil)), "ClientException", "already being used by another capacity provider")
	f.message(f.create(typeCapacityProvider, inputs("x", open, on)), "ClientException", "must have instance protection from scale in enabled")
	f.message(f.create(typeCapacityProvider, inputs("capacity", open, nil)), "ClientException", "already exists")
	f.message(f.create(typeCapacityProvider, inputs("ecs-x", open, nil)), "ClientException", "cannot be prefixed")
	f.message(f.create(typeCapacityProvider, inputs("x", strings.Replace(open, "open", "none", 1), nil)), "ClientException", "does not exist")
	_, err := f.change(typeCapacityProvider, f.provider, inputs("capacity", f.groupARN, with(on, cloud.Map{"managedScaling": scaling})))
	f.message(err, "ClientException", "managed scaling must be enabled")
	f.make(typeCapacityProvider, inputs("x", open, nil))
	bad := func(changes cloud.Map) any { return inputs("y", open, changes)["autoScalingGroupProvider"] }
	refusesInputs(t, typeCapacityProvider, inputs("y", open, nil), []badInput{
		{"autoScalingGroupProvider", bad(cloud.Map{"managedScaling": cloud.Map{"targetCapacity": 101.0}})}, {"autoScalingGroupProvider", bad(cloud.Map{"managedDraining": "yes"})},
		{"autoScalingGroupProvider", bad(cloud.Map{"managedTerminationProtection": "on"})}, {"autoScalingGroupProvider", bad(cloud.Map{"autoScalingGroupArn": "hosts"})},
	})
}

func TestClusterCapacityProviders(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.make(typeCluster, cloud.Map{"name": "second"})
	strategy := func(name string, weight, base float64) cloud.Map {
		return cloud.Map{"capacityProvider": name, "weight": weight, "base": base}
	}
	inputs := func(strategies ...any) cloud.Map {
		return cloud.Map{"clusterName": "second", "capacityProviders": cloud.List("capacity", "FARGATE"), "defaultCapacityProviderStrategies": strategies}
	}
	f.refused("ClusterNotFoundException", typeClusterProviders, with(inputs(), cloud.Map{"clusterName": "none"}))
	f.refused("InvalidParameterException", typeClusterProviders, with(inputs(), cloud.Map{"capacityProviders": cloud.List("none")}))
	f.refused("InvalidParameterException", typeClusterProviders, with(inputs(), cloud.Map{"capacityProviders": cloud.List("FARGATE_X")}))
	f.message(f.create(typeClusterProviders, inputs(strategy("FARGATE_SPOT", 1, 0))), "InvalidParameterException", "not associated with the cluster")
	f.message(f.create(typeClusterProviders, inputs(strategy("capacity", 0, 0))), "InvalidParameterException", "weight value greater than zero")
	f.message(f.create(typeClusterProviders, inputs(strategy("capacity", 1, 0), strategy("FARGATE", 1, 0))), "InvalidParameterException", "cannot contain a mix")
	id, _ := f.make(typeClusterProviders, inputs(strategy("capacity", 1, 2)))
	require.Equal(t, "second", id)
	refusesInputs(t, typeClusterProviders, inputs(), []badInput{{"clusterName", f.cluster}})
}

func TestECSCluster(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	state := f.read(typeCluster, f.cluster)
	require.Equal(t, "containerInsights", cloud.Str(state, "settings.name")+cloud.Strs(state, "settings[].name")[0])
	f.refused("InvalidParameterException", typeCluster, cloud.Map{"name": "main"})
	f.refused("InvalidParameterException", typeCluster, cloud.Map{"name": "x", "settings": []any{cloud.Map{"name": "containerInsights", "value": "on"}}})
	refusesInputs(t, typeCluster, cloud.Map{"name": "x"}, []badInput{{"name", "a b"}, {"settings", []any{cloud.Map{"name": "insights", "value": "enabled"}}}})
}

func TestMachines(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]machine{
		"m6g.large": {"arm64", 2048, 8192}, "c7g.medium": {"arm64", 1024, 2048}, "r6i.2xlarge": {"x86_64", 8192, 65536},
		"t4g.micro": {"arm64", 2048, 1024}, "m6g.16xlarge": {"arm64", 65536, 262144},
	} {
		got, ok := machineOf(name)
		require.True(t, ok, name)
		require.Equal(t, want, got, name)
	}
	for _, name := range []string{"m6g", "m6i.medium", "x9.large", "m6g.metal", "t2.micro", ""} {
		_, ok := machineOf(name)
		require.False(t, ok, name)
	}
}
