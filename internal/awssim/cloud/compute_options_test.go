package cloud

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMixedGroups(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	mixed := func(distribution Map, types ...string) Map {
		overrides := []any{}
		for _, name := range types {
			overrides = append(overrides, Map{"instanceType": name})
		}
		return with(f.groupInputs(), Map{"name": "mixed", "launchTemplate": nil, "mixedInstancesPolicy": Map{
			"instancesDistribution": distribution,
			"launchTemplate":        Map{"launchTemplateSpecification": Map{"launchTemplateId": f.template, "version": "1"}, "overrides": overrides},
		}})
	}
	good := Map{"onDemandBaseCapacity": 1.0, "onDemandPercentageAboveBaseCapacity": 50.0, "onDemandAllocationStrategy": "prioritized", "spotAllocationStrategy": "price-capacity-optimized"}
	for name, tc := range map[string]struct {
		inputs Map
		text   string
	}{
		"warm pool":    {with(mixed(good, "m6g.large"), Map{"warmPool": Map{"minSize": 1.0}}), "can't add a warm pool"},
		"on demand":    {mixed(with(good, Map{"onDemandAllocationStrategy": "cheapest"}), "m6g.large"), "on-demand allocation strategy"},
		"spot":         {mixed(with(good, Map{"spotAllocationStrategy": "cheapest"}), "m6g.large"), "spot allocation strategy"},
		"pools":        {mixed(with(good, Map{"spotInstancePools": 2.0}), "m6g.large"), "SpotInstancePools"},
		"twice":        {mixed(good, "m6g.large", "m6g.large"), "Duplicate instance type"},
		"no type":      {mixed(good, "q1.large"), "for InstanceType"},
		"architecture": {mixed(good, "m6i.large"), "does not match the architecture"},
	} {
		t.Run(name, func(t *testing.T) { f.message(f.create(typeGroup, tc.inputs), "ValidationError", tc.text) })
	}
	f.make(typeGroup, mixed(good, "m6g.large", "m7g.large"))
	refusesInputs(t, typeGroup, mixed(good, "m6g.large"), []badInput{
		{"mixedInstancesPolicy", Map{"launchTemplate": Map{"launchTemplateSpecification": Map{}}, "instancesDistribution": Map{"onDemandPercentageAboveBaseCapacity": 101.0}}},
		{"mixedInstancesPolicy", Map{"launchTemplate": Map{}}},
	})
	f.make(typeGroup, with(f.groupInputs(), Map{"name": "warm", "warmPool": Map{"minSize": 1.0, "poolState": "Stopped"}}))
}

func TestRefreshRules(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	preferences := func(changes Map) Map {
		return with(f.groupInputs(), Map{"name": "next", "instanceRefresh": Map{"strategy": "Rolling", "preferences": changes}})
	}
	f.message(f.create(typeGroup, preferences(Map{"checkpointPercentages": List(50.0, 20.0, 100.0)})), "ValidationError", "must rise")
	f.message(f.create(typeGroup, preferences(Map{"alarmSpecification": Map{"alarms": List("none")}})), "ValidationError", "alarm none does not exist")
	f.message(f.create(typeGroup, with(preferences(Map{"autoRollback": true}), Map{"launchTemplate": Map{"id": f.template, "version": "$Latest"}})), "ValidationError", "not supported")
	f.make(typeGroup, preferences(Map{"autoRollback": true, "checkpointPercentages": List(10.0, 50.0, 100.0)}))
}

func TestExecAndAlarmsOfServices(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	inputs := f.serviceInputs(f.task())
	f.message(f.create(typeService, with(inputs, Map{"alarms": Map{"alarmNames": List("none"), "enable": true, "rollback": true}})), invalidECSParameter, "alarm none does not exist")
	f.message(f.create(typeService, with(inputs, Map{"alarms": Map{"alarmNames": []any{}, "enable": true, "rollback": true}})), invalidECSParameter, "at least one alarm name")
	f.message(f.create(typeService, with(inputs, Map{"deploymentCircuitBreaker": nil, "deploymentController": Map{"type": "EXTERNAL"},
		"alarms": Map{"alarmNames": []any{}, "enable": true, "rollback": true}})), invalidECSParameter, "ECS deployment controller")
	f.message(f.create(typeCluster, Map{"name": "other", "configuration": Map{"executeCommandConfiguration": Map{"kmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/none"}}}), invalidECSParameter, "cannot be used")
	require.NotEmpty(t, problems(typeCluster, Map{"name": "other", "configuration": Map{"executeCommandConfiguration": Map{"logging": "OVERRIDE"}}}))
}
