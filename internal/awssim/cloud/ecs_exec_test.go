package cloud

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The agent of ECS Exec looks for its rights when a task starts.
func TestExecAgentNeedsItsRights(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	_, role := d.make("aws:iam/role:Role", Map{"name": "task", "assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	definition := &Resource{State: Map{"taskRoleArn": role["arn"]}}
	groups := List[any]()
	agent := func(on bool) string {
		service := Map{"enableExecuteCommand": on, "networkConfiguration": Map{"securityGroups": groups}}
		return execAgent(&Tx{c: d.Cloud, Region: home}, &Resource{State: service}, definition)
	}
	require.Empty(t, agent(false))
	require.Equal(t, "STOPPED", agent(true))
	d.make("aws:iam/rolePolicy:RolePolicy", Map{"name": "exec", "role": "task", "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"}]}`})
	require.Equal(t, "RUNNING", agent(true))
	groups = List[any](d.group)
	require.Equal(t, "STOPPED", agent(true), "the tasks' groups let nothing out")
	d.make(typeEgressRule, Map{"securityGroupId": d.group, "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "0.0.0.0/0"})
	require.Equal(t, "RUNNING", agent(true))
}
