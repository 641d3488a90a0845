package blocks_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/internal/blocks"
)

func TestKey(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{true, false} {
		resources, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
			_, err := blocks.NewKey(ctx, blocks.KeyArgs{Name: "a-key", Stack: "prod-eu", Alias: "a", Description: "All of a", Keep: keep})
			return err
		})
		require.NoError(t, err)
		key := componenttest.Find(t, resources, "aws:kms/key:Key", "a-key")
		require.Empty(t, cmp.Diff(map[string]any{
			"description": "All of a", "enableKeyRotation": true, "deletionWindowInDays": 30.0,
		}, key.Plain()), "AWS's default policy")
		require.Equal(t, keep, key.RPC.GetRetainOnDelete())
		require.Equal(t, keep, key.RPC.RetainOnDelete != nil, "a false would win over the RetainOnDelete of the component, and lose what it retains")
		alias := componenttest.Find(t, resources, "aws:kms/alias:Alias", "a-key-alias")
		require.Equal(t, "alias/deepstreamhub/prod-eu/a", alias.Plain()["name"])
		require.False(t, alias.RPC.GetRetainOnDelete(), "the next stack takes it")
	}
}

// The value is written once: what a later run draws is neither in the version nor what the secret is read as.
func TestSecret(t *testing.T) {
	t.Parallel()
	r := componenttest.New()
	r.Functions = map[string]func(resource.PropertyMap) (resource.PropertyMap, error){
		"aws:secretsmanager/getRandomPassword:getRandomPassword": func(args resource.PropertyMap) (resource.PropertyMap, error) {
			require.Empty(t, cmp.Diff(map[string]any{"passwordLength": 20.0, "excludePunctuation": true}, args.Mappable()))
			return resource.PropertyMap{"randomPassword": resource.NewProperty("drawn")}, nil
		},
	}
	r.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:secretsmanager/secretVersion:SecretVersion": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"secretString": resource.NewProperty("stored")}
		},
	}
	var value string
	resources, err := r.Run(func(ctx *pulumi.Context) error {
		secret, err := blocks.NewSecret(ctx, blocks.SecretArgs{
			Name: "a-secret", Description: "Of a", Key: pulumi.String("arn:key"), Length: 20,
			Value: func(password string) (string, error) { return "<" + password + ">", nil },
		})
		if err != nil {
			return err
		}
		done := make(chan struct{})
		secret.Value().ApplyT(func(v string) int { defer close(done); value = v; return 0 })
		<-done
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, "stored", value)
	version := componenttest.Find(t, resources, "aws:secretsmanager/secretVersion:SecretVersion", "a-secret-version")
	require.True(t, version.Inputs["secretString"].IsSecret())
	require.Equal(t, "<drawn>", version.Plain()["secretString"])
	require.Equal(t, []string{"secretString", "versionStages"}, version.RPC.GetIgnoreChanges())
	secret := componenttest.Find(t, resources, "aws:secretsmanager/secret:Secret", "a-secret").Plain()
	require.Empty(t, cmp.Diff(map[string]any{"description": "Of a", "kmsKeyId": "arn:key", "recoveryWindowInDays": 7.0}, secret))
}

// A rotation begins with a new password and ends with the label that says so.
func TestSecretRotation(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, blocks.Rotation("again").Validate(), `rotation "again": must be empty, begin or finish`)
	for rotation, want := range map[blocks.Rotation]struct {
		kept   []string
		stages any
	}{
		blocks.Keep:   {[]string{"secretString", "versionStages"}, nil},
		blocks.Begin:  {nil, []any{"AWSCURRENT", "rotating"}},
		blocks.Finish: {[]string{"secretString"}, []any{"AWSCURRENT", "rotated"}},
	} {
		require.NoError(t, rotation.Validate())
		r := componenttest.New()
		r.Functions = map[string]func(resource.PropertyMap) (resource.PropertyMap, error){
			"aws:secretsmanager/getRandomPassword:getRandomPassword": func(resource.PropertyMap) (resource.PropertyMap, error) {
				return resource.PropertyMap{"randomPassword": resource.NewProperty("drawn")}, nil
			},
		}
		rotated := make(chan bool, 1)
		resources, err := r.Run(func(ctx *pulumi.Context) error {
			secret, err := blocks.NewSecret(ctx, blocks.SecretArgs{
				Name: "a-secret", Key: pulumi.String("arn:key"), Length: 20, Rotation: rotation,
				Value: func(password string) (string, error) { return password, nil },
			})
			if err == nil {
				secret.Rotated().ApplyT(func(is bool) int { rotated <- is; return 0 })
			}
			return err
		})
		require.NoError(t, err)
		version := componenttest.Find(t, resources, "aws:secretsmanager/secretVersion:SecretVersion", "a-secret-version")
		require.Equal(t, want.kept, version.RPC.GetIgnoreChanges(), rotation)
		require.Equal(t, want.stages, version.Plain()["versionStages"], rotation)
		require.Equal(t, rotation == blocks.Finish, <-rotated, rotation)
	}
}

// Only the clients' group reaches the server, on its port alone.
func TestClientAccess(t *testing.T) {
	t.Parallel()
	resources, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
		_, err := blocks.NewClientAccess(ctx, blocks.ClientAccessArgs{Name: "a", VpcID: pulumi.String("vpc-1"), Port: 1234, Server: "A store", Protocol: "A"})
		return err
	})
	require.NoError(t, err)
	require.Len(t, resources, 4)
	for group, description := range map[string]string{"a-sg": "A store", "a-client": "May connect to A store"} {
		in := componenttest.Find(t, resources, "aws:ec2/securityGroup:SecurityGroup", group).Plain()
		require.Empty(t, cmp.Diff(map[string]any{"vpcId": "vpc-1", "description": description}, in), "rules are resources of their own")
	}
	rule := func(typ, name, group, other, description string) {
		t.Helper()
		require.Empty(t, cmp.Diff(map[string]any{
			"securityGroupId": group, "referencedSecurityGroupId": other, "ipProtocol": "tcp", "fromPort": 1234.0, "toPort": 1234.0,
			"description": description,
		}, componenttest.Find(t, resources, typ, name).Plain()))
	}
	rule("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "a-from-client", "a-sg-id", "a-client-id", "A from clients")
	rule("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "a-client-to", "a-client-id", "a-sg-id", "A")
}
