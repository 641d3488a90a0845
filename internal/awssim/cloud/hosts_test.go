package cloud

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLaunchTemplateVersions(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	state := f.read(typeLaunchTemplate, f.template)
	require.Regexp(t, `^lt-0[0-9a-f]{16}$`, f.template)
	require.Equal(t, 1, Int(state, "latestVersion"))
	state, err := f.change(typeLaunchTemplate, f.template, with(f.templateInputs(), Map{"tags": Map{"a": "b"}}))
	require.NoError(t, err)
	require.Equal(t, 1, Int(state, "latestVersion"), "tags of the template are not in a version")
	bigger := with(f.templateInputs(), Map{"instanceType": "m6g.xlarge"})
	state, err = f.change(typeLaunchTemplate, f.template, bigger)
	require.NoError(t, err)
	require.Equal(t, 2, Int(state, "latestVersion"))
	require.Equal(t, 1, Int(state, "defaultVersion"))
	for version, fails := range map[string]bool{"1": false, "2": false, "$Latest": false, "$Default": false, "3": true, "x": true} {
		_, err := f.change(typeGroup, f.group, with(f.groupInputs(), Map{"launchTemplate": Map{"id": f.template, "version": version}}))
		if fails {
			f.message(err, "ValidationError", "Could not find the specified version "+version)
		} else {
			require.NoError(t, err)
		}
	}
	state, err = f.change(typeLaunchTemplate, f.template, with(bigger, Map{"instanceType": "m6g.2xlarge", "updateDefaultVersion": true}))
	require.NoError(t, err)
	require.Equal(t, 3, Int(state, "defaultVersion"))
	f.refused("InvalidLaunchTemplateName.AlreadyExistsException", typeLaunchTemplate, f.templateInputs())

	volume := func(ebs Map) []any { return []any{Map{"deviceName": "/dev/xvda", "ebs": ebs}} }
	refusesInputs(t, typeLaunchTemplate, f.templateInputs(), []badInput{
		{"metadataOptions", Map{"httpTokens": "yes"}}, {"metadataOptions", Map{"httpPutResponseHopLimit": 65.0}}, {"userData", "echo"},
		{"ebsOptimized", "yes"}, {"tagSpecifications", []any{Map{"resourceType": "group", "tags": Map{}}}},
		{"tagSpecifications", []any{Map{"resourceType": "instance"}}}, {"name", "ab"}, {"iamInstanceProfile", Map{"arn": "host"}},
		{"blockDeviceMappings", volume(Map{"volumeType": "gp4"})}, {"blockDeviceMappings", volume(Map{"volumeType": "gp3", "throughput": 2000.0})},
		{"blockDeviceMappings", volume(Map{"volumeType": "gp3", "volumeSize": 20000.0})}, {"blockDeviceMappings", volume(Map{"volumeType": "io2"})},
		{"blockDeviceMappings", append(volume(Map{"volumeType": "gp3"}), volume(Map{"volumeType": "gp2"})...)},
		{"tagSpecifications", []any{Map{"resourceType": "volume", "tags": Map{"a": "b"}}, Map{"resourceType": "volume", "tags": Map{"c": "d"}}}},
	})
}

func TestLaunchTemplateVersionsSurviveTheCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := Open(Options{Dir: dir})
	require.NoError(t, err)
	inputs := Map{"name": "host", "imageId": testImage, "instanceType": "m6g.large"}
	id, _, err := c.Create(t.Context(), home, typeLaunchTemplate, inputs)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	c, err = Open(Options{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	state, err := c.Update(t.Context(), home, typeLaunchTemplate, id, inputs)
	require.NoError(t, err)
	require.Equal(t, 1, Int(state, "latestVersion"), "nothing changed")
	_, err = c.Update(t.Context(), home, typeLaunchTemplate, id, with(inputs, Map{"instanceType": "m6g.xlarge"}))
	require.NoError(t, err)
	_, content, cause := templateVersion(&Tx{c: c, Region: home}, Map{"id": id, "version": "1"})
	require.Empty(t, cause)
	require.Equal(t, "m6g.large", content["instanceType"])
}

// What a template holds is looked at when a group is to launch from it.
func TestGroupsRefuseTemplatesThatCannotLaunch(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.make(typeProfile, Map{"name": "empty"})
	for name, tc := range map[string]struct {
		change Map
		text   string
	}{
		"image":           {Map{"imageId": "ami-00000000000000000"}, "The image id '[ami-00000000000000000]' does not exist"},
		"no image":        {Map{"imageId": nil}, "must contain the parameter ImageId"},
		"architecture":    {Map{"instanceType": "m6i.large"}, "The architecture 'x86_64' of the specified instance type does not match the architecture 'arm64'"},
		"type":            {Map{"instanceType": "m6g.huge"}, "Invalid value 'm6g.huge' for InstanceType"},
		"small root":      {Map{"blockDeviceMappings": []any{Map{"deviceName": "/dev/xvda", "ebs": Map{"volumeSize": 8.0}}}}, "Volume of size 8GB is smaller"},
		"group":           {Map{"vpcSecurityGroupIds": List("sg-x")}, "The security group 'sg-x' does not exist"},
		"group elsewhere": {Map{"vpcSecurityGroupIds": List("sg-far")}, "belong to different networks"},
		"profile":         {Map{"iamInstanceProfile": Map{"name": "x"}}, "Invalid IAM Instance Profile name"},
		"profile's ARN":   {Map{"iamInstanceProfile": Map{"arn": "arn:aws:iam::111122223333:instance-profile/x"}}, "Invalid IAM Instance Profile ARN"},
		"no role":         {Map{"iamInstanceProfile": Map{"name": "empty"}}, "has no associated IAM Roles"},
		"key":             {Map{"keyName": "k"}, "The key pair 'k' does not exist"},
		"interfaces":      {Map{"networkInterfaces": []any{Map{}}}, "security groups must be a part of it"},
	} {
		id, _ := f.make(typeLaunchTemplate, with(f.templateInputs(), with(tc.change, Map{"name": strings.NewReplacer(" ", "-", "'", "").Replace("t-" + name)})))
		named := Map{"launchTemplate": Map{"id": id}, "name": "x"}
		f.message(f.create(typeGroup, with(f.groupInputs(), named)), "ValidationError", tc.text)
		_, err := f.change(typeGroup, f.group, with(f.groupInputs(), Map{"launchTemplate": Map{"id": id}}))
		f.message(err, "ValidationError", tc.text)
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	state := f.read(typeGroup, f.group)
	require.Equal(t, 2, Int(state, "desiredCapacity"), "the minimum when none is given")
	require.Equal(t, List("eu-central-1a", "eu-central-1b", "eu-central-1c"), state["availabilityZones"])
	require.Regexp(t, `^arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName/hosts$`, state["arn"])
	require.Equal(t, "host", Str(state, "launchTemplate.name"))
	state, err := f.change(typeGroup, f.group, with(f.groupInputs(), Map{"minSize": 3.0}))
	require.NoError(t, err)
	require.Equal(t, 3, Int(state, "desiredCapacity"), "moved between the new limits")

	f.refused("AlreadyExists", typeGroup, f.groupInputs())
	other := with(f.groupInputs(), Map{"name": "other"})
	for name, change := range map[string]Map{
		"template":     {"launchTemplate": Map{"id": "lt-0"}},
		"subnet":       {"vpcZoneIdentifiers": List("subnet-x")},
		"two VPCs":     {"vpcZoneIdentifiers": List("subnet-a", "subnet-far")},
		"nowhere":      {"vpcZoneIdentifiers": nil},
		"max":          {"maxSize": 1.0},
		"desired":      {"desiredCapacity": 9.0},
		"lifetime":     {"maxInstanceLifetime": 60.0},
		"termination":  {"terminationPolicies": List("Oldest")},
		"health":       {"healthCheckType": "TCP"},
		"metric":       {"enabledMetrics": List("CPU")},
		"target group": {"targetGroupArns": List("arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/x/1")},
	} {
		err := f.create(typeGroup, with(other, change))
		f.message(err, "ValidationError", "")
		_ = name
	}
	preferences := func(p Map) Map { return Map{"strategy": "Rolling", "preferences": p} }
	refusesInputs(t, typeGroup, f.groupInputs(), []badInput{
		{"waitForCapacityTimeout", "ten"}, {"healthCheckGracePeriod", -1.0},
		{"instanceRefresh", Map{"strategy": "Blue"}}, {"instanceRefresh", preferences(Map{"minHealthyPercentage": 101.0})},
		{"instanceRefresh", preferences(Map{"maxHealthyPercentage": 99.0})}, {"instanceRefresh", preferences(Map{"scaleInProtectedInstances": "Replace"})},
		{"instanceRefresh", preferences(Map{"instanceWarmup": "1m"})}, {"desiredCapacityType", "hosts"},
	})
	require.NotEmpty(t, problems(typeGroup, with(f.groupInputs(), Map{"mixedInstancesPolicy": Map{}})))
	require.NotEmpty(t, problems(typeGroup, with(f.groupInputs(), Map{"availabilityZones": List("eu-central-1a")})))
}

func TestServiceLinkedRolesAreNeeded(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	arn := f.task()
	f.account.ServiceLinkedRoles = nil
	f.message(f.create(typeCluster, Map{"name": "x"}), "InvalidParameterException", "Unable to assume the service linked role")
	f.message(f.create(typeService, f.serviceInputs(arn)), "InvalidParameterException", "Unable to assume the service linked role")
	require.Error(t, f.create(typeGroup, with(f.groupInputs(), Map{"name": "x"})))
}

func TestCapacityProvider(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	state := f.read(typeCapacityProvider, f.provider)
	require.Equal(t, "arn:aws:ecs:eu-central-1:111122223333:capacity-provider/capacity", f.provider)
	require.Equal(t, "ENABLED", Str(state, "autoScalingGroupProvider.managedDraining"))
	require.Equal(t, 100, Int(state, "autoScalingGroupProvider.managedScaling.targetCapacity"))
	_, group := f.make(typeGroup, with(f.groupInputs(), Map{"name": "open", "protectFromScaleIn": false}))
	inputs := func(name, arn string, changes Map) Map {
		return Map{"name": name, "autoScalingGroupProvider": with(Map{"autoScalingGroupArn": arn}, changes)}
	}
	open := Str(group, "arn")
	on, scaling := Map{"managedTerminationProtection": "ENABLED", "managedScaling": Map{"status": "ENABLED"}}, Map{"status": "DISABLED"}
	f.message(f.create(typeCapacityProvider, inputs("x", f.groupARN, nil)), "ClientException", "already being used by another capacity provider")
	f.message(f.create(typeCapacityProvider, inputs("x", open, on)), "ClientException", "must have instance protection from scale in enabled")
	f.message(f.create(typeCapacityProvider, inputs("capacity", open, nil)), "ClientException", "already exists")
	f.message(f.create(typeCapacityProvider, inputs("ecs-x", open, nil)), "ClientException", "cannot be prefixed")
	f.message(f.create(typeCapacityProvider, inputs("x", strings.Replace(open, "open", "none", 1), nil)), "ClientException", "does not exist")
	_, err := f.change(typeCapacityProvider, f.provider, inputs("capacity", f.groupARN, with(on, Map{"managedScaling": scaling})))
	f.message(err, "ClientException", "managed scaling must be enabled")
	f.make(typeCapacityProvider, inputs("x", open, nil))
	bad := func(changes Map) any { return inputs("y", open, changes)["autoScalingGroupProvider"] }
	refusesInputs(t, typeCapacityProvider, inputs("y", open, nil), []badInput{
		{"autoScalingGroupProvider", bad(Map{"managedScaling": Map{"targetCapacity": 101.0}})}, {"autoScalingGroupProvider", bad(Map{"managedDraining": "yes"})},
		{"autoScalingGroupProvider", bad(Map{"managedTerminationProtection": "on"})}, {"autoScalingGroupProvider", bad(Map{"autoScalingGroupArn": "hosts"})},
	})
}

func TestClusterCapacityProviders(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.make(typeCluster, Map{"name": "second"})
	strategy := func(name string, weight, base float64) Map {
		return Map{"capacityProvider": name, "weight": weight, "base": base}
	}
	inputs := func(strategies ...any) Map {
		return Map{"clusterName": "second", "capacityProviders": List("capacity", "FARGATE"), "defaultCapacityProviderStrategies": strategies}
	}
	f.refused("ClusterNotFoundException", typeClusterProviders, with(inputs(), Map{"clusterName": "none"}))
	f.refused("InvalidParameterException", typeClusterProviders, with(inputs(), Map{"capacityProviders": List("none")}))
	f.refused("InvalidParameterException", typeClusterProviders, with(inputs(), Map{"capacityProviders": List("FARGATE_X")}))
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
	require.Equal(t, "containerInsights", Str(state, "settings.name")+Strs(state, "settings[].name")[0])
	f.refused("InvalidParameterException", typeCluster, Map{"name": "main"})
	f.refused("InvalidParameterException", typeCluster, Map{"name": "x", "settings": []any{Map{"name": "containerInsights", "value": "on"}}})
	refusesInputs(t, typeCluster, Map{"name": "x"}, []badInput{{"name", "a b"}, {"settings", []any{Map{"name": "insights", "value": "enabled"}}}})
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
