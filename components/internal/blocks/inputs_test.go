package blocks_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/internal/blocks"
)

type mode string

type nested struct {
	Arn     pulumi.StringInput
	JSONKey string
	Days    int
}

type example struct {
	Stack       string
	VpcID       pulumi.StringInput      `pulumi:"vpcId"`
	SubnetIDs   pulumi.StringArrayInput `pulumi:"subnetIds"`
	Hidden      pulumi.StringInput
	Constant    pulumi.StringInput
	Missing     pulumi.StringInput
	Mode        mode
	CIDR        string
	CPUPercent  int
	RootGiB     float64
	IPv6        bool `pulumi:"ipv6"`
	Zones       []string
	None        []string
	GroupIDs    []pulumi.StringInput
	Wait        []pulumi.Resource
	Provider    *aws.Provider
	Any         pulumi.ProviderResource
	Tags        map[string]string
	Environment map[string]pulumi.StringInput
	Versions    map[string]pulumi.StringInput
	Secrets     map[string]nested
	Lock        *nested
	NoLock      *nested
	List        []nested
	Step        string `pulumi:"-"`
	own         string
}

func TestInputs(t *testing.T) {
	t.Parallel()
	resources, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
		secret := pulumi.ToSecret(pulumi.String("hunter2")).(pulumi.StringOutput)
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		args := &example{
			Stack: "prod", VpcID: pulumi.String("vpc-1").ToStringOutput(), SubnetIDs: pulumi.ToStringArray([]string{"a"}).ToStringArrayOutput(),
			Hidden: secret, Constant: pulumi.String("c"), Mode: "single", CIDR: "10.0.0.0/16", CPUPercent: 80, RootGiB: 0.5, IPv6: true,
			Zones: []string{"x", "y"}, GroupIDs: []pulumi.StringInput{secret, pulumi.String("sg")}, Wait: []pulumi.Resource{provider},
			Provider: provider, Any: provider, Tags: map[string]string{"a": "b"},
			Environment: map[string]pulumi.StringInput{"MODE": pulumi.String("live"), "PASSWORD": secret},
			Versions:    map[string]pulumi.StringInput{"bus": secret},
			Secrets:     map[string]nested{"PASSWORD": {Arn: secret, JSONKey: "password"}},
			Lock:        &nested{Days: 7}, List: []nested{{JSONKey: "k"}}, Step: "begin", own: "x",
		}
		component := &struct{ pulumi.ResourceState }{}
		return ctx.RegisterComponentResourceV2("deepstreamhub:test:Test", "test", blocks.Inputs(args), component)
	})
	require.NoError(t, err)
	got := componenttest.Find(t, resources, "deepstreamhub:test:Test", "test")
	require.Empty(t, cmp.Diff(map[string]any{
		"stack": "prod", "vpcId": "vpc-1", "subnetIds": []any{"a"}, "constant": "c", "mode": "single", "cidr": "10.0.0.0/16", "cpuPercent": 80.0,
		"rootGiB": 0.5, "ipv6": true, "zones": []any{"x", "y"}, "tags": map[string]any{"a": "b"},
		"environment": map[string]any{"MODE": "live"}, "secrets": map[string]any{"PASSWORD": map[string]any{"jsonKey": "password", "days": 0.0}},
		"lock": map[string]any{"jsonKey": "", "days": 7.0}, "list": []any{map[string]any{"jsonKey": "k", "days": 0.0}},
	}, got.Plain()))
	require.False(t, got.Inputs.ContainsSecrets())
}
