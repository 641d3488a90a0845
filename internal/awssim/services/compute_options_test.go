package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestMixedGroups(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	mixed := func(distribution cloud.Map, types ...string) cloud.Map {
		overrides := []any{}
		for _, name := range types {
			overrides = append(overrides, cloud.Map{"instanceType": name})
		}
		return with(f.groupInputs(), cloud.Map{"name": "mixed", "launchTemplate": nil, "mixedInstancesPolicy": cloud.Map{
			"instancesDistribution": distribution,
			"launchTemplate":        cloud.Map{"launchTemplateSpecification": cloud.Map{"launchTemplateId": f.template, "version": "1"}, "overrides": overrides},
		}})
	}
	good := cloud.Map{"onDemandBaseCapacity": 1.0, "onDemandPercentageAboveBaseCapacity": 50.0, "onDemandAllocationStrategy": "prioritized", "spotAllocationStrategy": "price-capacity-optimized"}
	for name, tc := range map[string]struct {
		inputs cloud.Map
		text   string
	}{
		"warm pool":    {with(mixed(good, "m6g.large"), cloud.Map{"warmPool": cloud.Map{"minSize": 1.0}}), "can't add a warm pool"},
		"on demand":    {mixed(with(good, cloud.Map{"onDemandAllocationStrategy": "cheapest"}), "m6g.large"), "on-demand allocation strategy"},
		"spot":         {mixed(with(good, cloud.Map{"spotAllocationStrategy": "cheapest"}), "m6g.large"), "spot allocation strategy"},
		"pools":        {mixed(with(good, cloud.Map{"spotInstancePools": 2.0}), "m6g.large"), "SpotInstancePools"},
		"twice":        {mixed(good, "m6g.large", "m6g.large"), "Duplicate instance type"},
		"no type":      {mixed(good, "q1.large"), "for InstanceType"},
		"architecture": {mixed(good, "m6i.large"), "does not match the architecture"},
	} {
		t.Run(name, func(t *testing.T) { f.message(f.create(typeGroup, tc.inputs), "ValidationError", tc.text) })
	}
	f.make(typeGroup, mixed(good, "m6g.large", "m7g.large"))
	refusesInputs(t, typeGroup, mixed(good, "m6g.large"), []badInput{
		{"mixedInstancesPolicy", cloud.Map{"launchTemplate": cloud.Map{"launchTemplateSpecification": cloud.Map{}}, "instancesDistribution": cloud.Map{"onDemandPercentageAboveBaseCapacity": 101.0}}},
		{"mixedInstancesPolicy", cloud.Map{"launchTemplate": cloud.Map{}}},
	})
	f.make(typeGroup, with(f.groupInputs(), cloud.Map{"name": "warm", "warmPool": cloud.Map{"minSize": 1.0, "poolState": "Stopped"}}))
}

func TestRefreshRules(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	preferences := func(changes cloud.Map) cloud.Map {
		return with(f.groupInputs(), cloud.Map{"name": "next", "instanceRefresh": cloud.Map{"strategy": "Rolling", "preferences": changes}})
	}
	f.message(f.create(typeGroup, preferences(cloud.Map{"checkpointPercentages": cloud.List(50.0, 20.0, 100.0)})), "ValidationError", "must rise")
	f.message(f.create(typeGroup, preferences(cloud.Map{"alarmSpecification": cloud.Map{"alarms": cloud.List("none")}})), "ValidationError", "alarm none does not exist")
	f.message(f.create(typeGroup, with(preferences(cloud.Map{"autoRollback": true}), cloud.Map{"launchTemplate": cloud.Map{"id": f.template, "version": "$Latest"}})), "ValidationError", "not supported")
	f.make(typeGroup, preferences(cloud.Map{"autoRollback": true, "checkpointPercentages": cloud.List(10.0, 50.0, 100.0)}))
}

func TestExecAndAlarmsOfServices(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	inputs := f.serviceInputs(f.task())
	f.message(f.create(typeService, with(inputs, cloud.Map{"alarms": cloud.Map{"alarmNames": cloud.List("none"), "enable": true, "rollback": true}})), invalidECSParameter, "alarm none does not exist")
	f.message(f.create(typeService, with(inputs, cloud.Map{"alarms": cloud.Map{"alarmNames": []any{}, "enable": true, "rollback": true}})), invalidECSParameter, "at least one alarm name")
	f.message(f.create(typeService, with(inputs, cloud.Map{"deploymentCircuitBreaker": nil, "deploymentController": cloud.Map{"type": "EXTERNAL"},
		"alarms": cloud.Map{"alarmNames": []any{}, "enable": true, "rollback": true}})), invalidECSParameter, "ECS deployment controller")
	f.message(f.create(typeCluster, cloud.Map{"name": "other", "configuration": cloud.Map{"executeCommandConfiguration": cloud.Map{"kmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/none"}}}), invalidECSParameter, "cannot be used")
	require.NotEmpty(t, problems(typeCluster, cloud.Map{"name": "other", "configuration": cloud.Map{"executeCommandConfiguration": cloud.Map{"logging": "OVERRIDE"}}}))
}
