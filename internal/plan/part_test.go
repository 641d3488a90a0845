package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/internal/plan"
)

func TestParts(t *testing.T) {
	t.Parallel()
	const (
		base    = "urn:pulumi:s::deepstreamhub::"
		stack   = base + "pulumi:pulumi:Stack::deepstreamhub-s"
		network = base + "deepstreamhub:network:Network::network"
		vpc     = base + "deepstreamhub:network:Network$aws:ec2/vpc:Vpc::network-vpc"
		main    = base + "deepstreamhub:service:Service::deepstream"
		api     = base + "deepstreamhub:service:Service::api"
		task    = base + "deepstreamhub:service:Service$aws:ecs/taskDefinition:TaskDefinition::api-task"
		parent  = base + "deepstreamhub:service:Service$aws:iam/role:Role::api-role"
		policy  = base + "deepstreamhub:service:Service$aws:iam/role:Role$aws:iam/rolePolicy:RolePolicy::api-role-policy"
		region  = base + "pulumi:providers:aws::aws"
	)
	parents := map[string]string{stack: "", network: stack, vpc: network, main: stack, api: stack, task: api, parent: api, policy: parent, region: stack}
	want := map[string][]string{"network": {network, vpc}, "service": {main}, "services/api": {api, task, parent, policy}}
	var p plan.Plan
	var s plan.State
	for _, urn := range []string{stack, network, vpc, main, api, task, parent, policy, region} {
		p.Steps = append(p.Steps, plan.Step{URN: urn, Parent: parents[urn]})
		s.Resources = append(s.Resources, plan.Resource{URN: urn, Parent: parents[urn]})
	}
	if diff := cmp.Diff(want, p.Parts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, s.Parts()); diff != "" {
		t.Error(diff)
	}
}
