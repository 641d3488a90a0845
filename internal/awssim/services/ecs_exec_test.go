package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// The agent of ECS Exec looks for its rights when a task starts.
func TestExecAgentNeedsItsRights(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	_, role := d.make("aws:iam/role:Role", cloud.Map{"name": "task", "assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	definition := &cloud.Resource{State: cloud.Map{"taskRoleArn": role["arn"]}}
	groups := cloud.List[any]()
	agent := func(on bool) string {
		service := cloud.Map{"enableExecuteCommand": on, "networkConfiguration": cloud.Map{"securityGroups": groups}}
		return execAgent(at(d.Cloud, home), &cloud.Resource{State: service}, definition)
	}
	require.Empty(t, agent(false))
	require.Equal(t, "STOPPED", agent(true))
	d.make("aws:iam/rolePolicy:RolePolicy", cloud.Map{"name": "exec", "role": "task", "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"}]}`})
	require.Equal(t, "RUNNING", agent(true))
	groups = cloud.List[any](d.group)
	require.Equal(t, "STOPPED", agent(true), "the tasks' groups let nothing out")
	d.make(typeEgressRule, cloud.Map{"securityGroupId": d.group, "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrIpv4": "0.0.0.0/0"})
	require.Equal(t, "RUNNING", agent(true))
}
