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
	agent := func(on bool) string {
		return execAgent(&Tx{c: d.Cloud, Region: home}, &Resource{State: Map{"enableExecuteCommand": on}}, definition)
	}
	require.Empty(t, agent(false))
	require.Equal(t, "STOPPED", agent(true))
	d.make("aws:iam/rolePolicy:RolePolicy", Map{"name": "exec", "role": "task", "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"}]}`})
	require.Equal(t, "RUNNING", agent(true))
}
