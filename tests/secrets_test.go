package tests

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

// A further service's tasks find secrets that somebody put into Secrets Manager. ECS starts them with a role that reads
// these secrets, under AWS's key or the account's own, and no others; the offline ECS starts no task whose role may not.
func TestServicesFindSecrets(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	make := func(typ string, in cloud.Map) cloud.Map {
		_, state, err := aws.Cloud().Create(t.Context(), "eu-central-1", typ, in)
		require.NoError(t, err)
		return state
	}
	s := harness.NewStack(t, aws, "secrets", harness.Ephemeral(t, "prod-eu"))
	own := cloud.Map{"stack": s.Name}
	key := make("aws:kms/key:Key", cloud.Map{"tags": own})
	make("aws:kms/alias:Alias", cloud.Map{"name": "alias/orders", "targetKeyId": key["keyId"]})
	arns := map[string]string{}
	for name, under := range map[string]any{"orders/token": nil, "orders/password": key["arn"], "orders/signing": "alias/orders", "others/token": nil} {
		in := cloud.Map{"name": name, "tags": own}
		if name == "others/token" {
			in["tags"] = cloud.Map{"stack": "another"}
		}
		if under != nil {
			in["kmsKeyId"] = under
		}
		secret := make("aws:secretsmanager/secret:Secret", in)
		make("aws:secretsmanager/secretVersion:SecretVersion", cloud.Map{"secretId": secret["arn"], "secretString": "hunter2"})
		arns[name] = secret["arn"].(string)
	}
	orders := config.FurtherService{
		Image: s.Config.Service.Image, Port: 8080, HealthPath: "/health", Path: "/orders", Tasks: 2, CPU: 256, MemoryMiB: 512,
		Environment: map[string]string{"MODE": "live"},
		Secrets:     map[string]string{"TOKEN": "orders/tokn", "PASSWORD": "orders/password", "ALSO": "nowhere", "THEIRS": "others/token"},
	}
	s.Config.Services = map[string]config.FurtherService{"orders": orders}
	require.NoError(t, s.Config.Validate())
	before := aws.Contents()
	_, err := s.TryUp()
	require.ErrorContains(t, err, "services.orders.secrets.TOKEN: look up secret orders/tokn in eu-central-1")
	require.ErrorContains(t, err, "services.orders.secrets.ALSO: look up secret nowhere in eu-central-1")
	require.ErrorContains(t, err, "services.orders.secrets.THEIRS: look up secret others/token in eu-central-1: it needs the tag stack: "+s.Name)
	require.Equal(t, before, aws.Contents(), "nothing was registered")

	orders.Secrets = map[string]string{"TOKEN": "orders/token", "PASSWORD": "orders/password", "SIGNING_KEY": "orders/signing"}
	s.Config.Services["orders"] = orders
	s.Up()
	require.Empty(t, harness.Changed(s.Preview()), "up again changes nothing")

	definition := ""
	for _, d := range aws.Find("aws:ecs/taskDefinition:TaskDefinition") {
		if strings.Contains(d.Str("family"), "orders") {
			definition = d.Str("containerDefinitions")
		}
	}
	policy := ""
	for _, p := range aws.Find("aws:iam/rolePolicy:RolePolicy") {
		if strings.Contains(p.Str("name"), "orders-execution") {
			policy = p.Str("policy")
		}
	}
	for _, name := range []string{"orders/token", "orders/password", "orders/signing"} {
		require.Contains(t, definition, `"valueFrom":"`+arns[name]+`"`)
		require.Contains(t, policy, `"`+arns[name]+`"`)
	}
	require.Contains(t, policy, `"`+key["arn"].(string)+`"`)
	require.NotContains(t, policy, arns["others/token"])
	require.NotContains(t, policy, "secret:*")
	require.NotContains(t, definition, "hunter2")
	require.NotContains(t, fmt.Sprintf("%v", s.State()), "hunter2", "neither the program nor the state ever has the value")
	s.Destroy()
}
