package services

import (
	"fmt"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// Tasks have the password that they read when they started. They are locked out once it opens nothing any more, unless
// another one was deployed before, or they can read the secret themselves.
func TestTasksHaveThePasswordThatTheyStartedWith(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	first, second := "first-"+goodToken, "second-"+goodToken
	cache := with(f.cache(), cloud.Map{"authToken": first})
	value := func(token string) cloud.Map {
		return cloud.Map{"secretId": f.secret, "secretString": fmt.Sprintf(`{"password":%q}`, token)}
	}
	f.make(typeSecretVersion, value(first))
	bus, state := f.make(typeReplicationGroup, cache)
	for typ, group := range map[string]string{typeEgressRule: "sg-1", typeIngressRule: f.dataCloud.group} {
		f.place(typ, "sgr-bus-"+group, cloud.Map{"securityGroupId": group, "cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 6379.0, "toPort": 6379.0})
	}
	f.make(typeRole, cloud.Map{"name": "task", "assumeRolePolicy": taskTrust})
	host := cloud.Map{"name": "HOST", "value": state["primaryEndpointAddress"]}
	revision := func(label string, environment ...any) string {
		_, definition := f.make(typeTask, with(f.withContainer(cloud.Map{"environment": append(environment, host), "dockerLabels": cloud.Map{"v": label}}),
			cloud.Map{"taskRoleArn": "arn:aws:iam::111122223333:role/task"}))
		return cloud.Str(definition, "arn")
	}
	service := f.serviceInputs(revision("1"))
	id, _ := f.make(typeService, service)
	reason := func() string { return DescribeServices(f.dataCloud.Cloud, home, []string{id})[0].Reason }
	change := func(token, strategy string) {
		_, err := f.change(typeReplicationGroup, bus, with(cache, cloud.Map{"authToken": token, "authTokenUpdateStrategy": strategy}))
		require.NoError(t, err)
	}
	require.Empty(t, reason())

	f.make(typeSecretVersion, value(second))
	require.Contains(t, reason(), "WRONGPASS", "whoever starts now has a password that is not valid yet")
	change(second, "ROTATE")
	require.Empty(t, reason(), "both are valid")
	change(second, "SET")
	require.Contains(t, reason(), "has tasks that started with another password: container deepstream: "+cloud.Str(state, "primaryEndpointAddress")+": WRONGPASS")
	_, err := f.change(typeService, id, with(service, cloud.Map{"desiredCount": 2.0}))
	require.NoError(t, err)
	require.Contains(t, reason(), "WRONGPASS", "the same tasks")
	deployed := with(service, cloud.Map{"taskDefinition": revision("2")})
	_, err = f.change(typeService, id, deployed)
	require.NoError(t, err)
	require.Empty(t, reason(), "they were started anew")

	// One that is told where the secret is, and may read it, needs no deployment.
	told := revision("3", cloud.Map{"name": "SECRET", "value": f.secret})
	_, err = f.change(typeService, id, with(service, cloud.Map{"taskDefinition": told}))
	require.NoError(t, err)
	f.make(typeSecretVersion, value(first))
	require.Contains(t, reason(), "WRONGPASS", "it may not read the secret")
	f.make(typeRolePolicy, cloud.Map{"role": "task", "name": "read", "policy": fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":%q}}`, f.secret)})
	require.Empty(t, reason(), "whoever starts now is refused and takes the one before")
	change(first, "ROTATE")
	change(first, "SET")
	require.Empty(t, reason())
	change(second, "ROTATE")
	change(second, "SET")
	f.make(typeSecretVersion, value("third-"+goodToken))
	f.make(typeSecretVersion, value("fourth-"+goodToken))
	require.Contains(t, reason(), "WRONGPASS", "neither of the two is valid")
}
