package componenttest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/componenttest"
)

type pair struct{ pulumi.ResourceState }

func program(ctx *pulumi.Context) error {
	provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{Region: pulumi.String("eu-central-1")})
	if err != nil {
		return err
	}
	p := &pair{}
	if err := ctx.RegisterComponentResource("test:index:Pair", "pair", p,
		pulumi.Providers(provider), pulumi.Protect(true)); err != nil {
		return err
	}
	vpc, err := ec2.NewVpc(ctx, "vpc", &ec2.VpcArgs{CidrBlock: pulumi.String("10.0.0.0/16")}, pulumi.Parent(p))
	if err != nil {
		return err
	}
	_, err = ec2.NewSubnet(ctx, "subnet", &ec2.SubnetArgs{
		VpcId:     vpc.ID(),
		CidrBlock: pulumi.ToSecret(vpc.CidrBlock).(pulumi.StringOutput),
	}, pulumi.Parent(p), pulumi.DependsOn([]pulumi.Resource{vpc}))
	return err
}

func TestRecorderKeepsWhatWasRegistered(t *testing.T) {
	t.Parallel()
	got, err := componenttest.New().Run(program)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"aws:ec2/subnet:Subnet subnet", "aws:ec2/vpc:Vpc vpc", "pulumi:providers:aws aws", "test:index:Pair pair"}
	if d := cmp.Diff(want, componenttest.Names(got)); d != "" {
		t.Fatal(d)
	}
	subnet := componenttest.Find(t, got, "aws:ec2/subnet:Subnet", "subnet")
	if subnet.Parent != "pair" || !subnet.Protect || subnet.Provider == "" {
		t.Errorf("parent %q, protect %v, provider %q", subnet.Parent, subnet.Protect, subnet.Provider)
	}
	if d := cmp.Diff([]string{"vpc"}, subnet.Dependencies); d != "" {
		t.Error(d)
	}
	if !subnet.Inputs["cidrBlock"].IsSecret() {
		t.Error("the secret input came without its mark")
	}
	if d := cmp.Diff(map[string]any{"vpcId": "vpc-id", "cidrBlock": "10.0.0.0/16"}, subnet.Plain()); d != "" {
		t.Error(d)
	}
	if pair := componenttest.Find(t, got, "test:index:Pair", "pair"); pair.Parent != "" {
		t.Errorf("a top-level resource has the parent %q", pair.Parent)
	}
}

func TestPreviewLeavesComputedValuesUnknown(t *testing.T) {
	t.Parallel()
	r := componenttest.New()
	r.Preview = true
	got, err := r.Run(program)
	if err != nil {
		t.Fatal(err)
	}
	if v := componenttest.Find(t, got, "aws:ec2/subnet:Subnet", "subnet").Inputs["vpcId"]; !v.IsComputed() {
		t.Errorf("vpcId is %v", v)
	}
}

func TestUnknownFunctionFails(t *testing.T) {
	t.Parallel()
	lookup := func(ctx *pulumi.Context) error {
		_, err := aws.GetCallerIdentity(ctx, nil)
		return err
	}
	if _, err := componenttest.New().Run(lookup); err == nil {
		t.Error("an unknown function was answered")
	}
	r := componenttest.New()
	r.Functions = map[string]func(resource.PropertyMap) (resource.PropertyMap, error){
		"aws:index/getCallerIdentity:getCallerIdentity": func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{"accountId": resource.NewProperty("123456789012")}, nil
		},
	}
	if _, err := r.Run(lookup); err != nil {
		t.Error(err)
	}
	if len(r.Calls()) != 1 {
		t.Errorf("calls: %v", r.Calls())
	}
}
