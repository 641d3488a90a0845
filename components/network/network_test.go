package network_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/network"
	"github.com/deepstreamhub/platform/internal/plan"
)

func args() *network.Args {
	return &network.Args{
		Stack:  "test",
		Region: "eu-central-1",
		CIDR:   "10.16.0.0/16",
		Zones:  []string{"euc1-az3", "euc1-az1", "euc1-az2"},
		NAT:    network.NATPerZone,

		Endpoints:            []string{"ecs-agent", "ecr.api", "ssm"},
		FlowLogRetentionDays: 90,
	}
}

// outputs is what one run's network handed on.
type outputs struct {
	mu              sync.Mutex
	lists           map[string][]string
	ingress, egress []string
}

// vpcOutputs are what AWS computes of a VPC.
func vpcOutputs(componenttest.Resource) resource.PropertyMap {
	return resource.PropertyMap{
		"arn":                 resource.NewProperty("arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-1"),
		"defaultNetworkAclId": resource.NewProperty("acl-default"),
		"defaultRouteTableId": resource.NewProperty("rtb-default"),
	}
}

func run(t *testing.T, a *network.Args) ([]componenttest.Resource, *outputs) {
	t.Helper()
	recorder := componenttest.New()
	recorder.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:ec2/vpc:Vpc": vpcOutputs,
		"aws:ec2/subnet:Subnet": func(r componenttest.Resource) resource.PropertyMap {
			id := r.Inputs["availabilityZoneId"].StringValue()
			return resource.PropertyMap{"availabilityZone": resource.NewProperty("name-of-" + id)}
		},
	}
	out := &outputs{lists: map[string][]string{}}
	resources, err := recorder.Run(func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		n, err := network.New(ctx, "network", a, pulumi.Providers(provider))
		if err != nil {
			return err
		}
		for name, list := range map[string]pulumi.StringArrayOutput{
			"public": n.PublicSubnetIDs, "private": n.PrivateSubnetIDs, "data": n.DataSubnetIDs, "zones": n.ZoneNames,
		} {
			list.ApplyT(func(values []string) int {
				out.mu.Lock()
				defer out.mu.Unlock()
				out.lists[name] = values
				return 0
			})
		}
		out.ingress, out.egress = names(n.Ingress), names(n.Egress)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return resources, out
}

func names(resources []pulumi.Resource) []string {
	var out []string
	for _, r := range resources {
		out = append(out, r.PulumiResourceName())
	}
	return out
}

// TestChildren pins what is registered: names are part of URNs, so a rename replaces the resource.
func TestChildren(t *testing.T) {
	t.Parallel()
	resources, _ := run(t, args())
	want := []string{
		"aws:cloudwatch/logGroup:LogGroup network-flows",
		"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl network-default",
		"aws:ec2/defaultRouteTable:DefaultRouteTable network-default",
		"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup network-default",
		"aws:ec2/eip:Eip network-eip-euc1-az1",
		"aws:ec2/eip:Eip network-eip-euc1-az2",
		"aws:ec2/eip:Eip network-eip-euc1-az3",
		"aws:ec2/flowLog:FlowLog network-flows",
		"aws:ec2/internetGateway:InternetGateway network-igw",
		"aws:ec2/natGateway:NatGateway network-nat-euc1-az1",
		"aws:ec2/natGateway:NatGateway network-nat-euc1-az2",
		"aws:ec2/natGateway:NatGateway network-nat-euc1-az3",
		"aws:ec2/networkAcl:NetworkAcl network-data-acl",
		"aws:ec2/networkAcl:NetworkAcl network-private-acl",
		"aws:ec2/networkAcl:NetworkAcl network-public-acl",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-data-euc1-az1",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-data-euc1-az2",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-data-euc1-az3",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-private-euc1-az1",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-private-euc1-az2",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-private-euc1-az3",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-public-euc1-az1",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-public-euc1-az2",
		"aws:ec2/networkAclAssociation:NetworkAclAssociation network-public-euc1-az3",
		"aws:ec2/route:Route network-private-euc1-az1-default",
		"aws:ec2/route:Route network-private-euc1-az2-default",
		"aws:ec2/route:Route network-private-euc1-az3-default",
		"aws:ec2/route:Route network-public-default",
		"aws:ec2/routeTable:RouteTable network-data",
		"aws:ec2/routeTable:RouteTable network-private-euc1-az1",
		"aws:ec2/routeTable:RouteTable network-private-euc1-az2",
		"aws:ec2/routeTable:RouteTable network-private-euc1-az3",
		"aws:ec2/routeTable:RouteTable network-public",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-data-euc1-az1",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-data-euc1-az2",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-data-euc1-az3",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-private-euc1-az1",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-private-euc1-az2",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-private-euc1-az3",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-public-euc1-az1",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-public-euc1-az2",
		"aws:ec2/routeTableAssociation:RouteTableAssociation network-public-euc1-az3",
		"aws:ec2/securityGroup:SecurityGroup network-endpoints",
		"aws:ec2/subnet:Subnet network-data-euc1-az1",
		"aws:ec2/subnet:Subnet network-data-euc1-az2",
		"aws:ec2/subnet:Subnet network-data-euc1-az3",
		"aws:ec2/subnet:Subnet network-private-euc1-az1",
		"aws:ec2/subnet:Subnet network-private-euc1-az2",
		"aws:ec2/subnet:Subnet network-private-euc1-az3",
		"aws:ec2/subnet:Subnet network-public-euc1-az1",
		"aws:ec2/subnet:Subnet network-public-euc1-az2",
		"aws:ec2/subnet:Subnet network-public-euc1-az3",
		"aws:ec2/vpc:Vpc network-vpc",
		"aws:ec2/vpcEndpoint:VpcEndpoint network-endpoint-ecr.api",
		"aws:ec2/vpcEndpoint:VpcEndpoint network-endpoint-ecs-agent",
		"aws:ec2/vpcEndpoint:VpcEndpoint network-endpoint-ssm",
		"aws:ec2/vpcEndpoint:VpcEndpoint network-s3",
		"aws:iam/role:Role network-flows",
		"aws:iam/rolePolicy:RolePolicy network-flows",
		"aws:kms/alias:Alias network-flows-key-alias",
		"aws:kms/key:Key network-flows-key",
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule network-endpoints-https",
		"deepstreamhub:network:Network network",
		"pulumi:providers:aws aws",
	}
	if d := cmp.Diff(want, componenttest.Names(resources)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for _, r := range resources {
		if plan.IsComponent(r.Type) {
			continue
		}
		if r.Parent != "network" {
			t.Errorf("%s %s has the parent %q", r.Type, r.Name, r.Parent)
		}
		if !strings.Contains(r.Provider, "::aws::") {
			t.Errorf("%s %s is made by the provider %q", r.Type, r.Name, r.Provider)
		}
	}
}

func TestInputs(t *testing.T) {
	t.Parallel()
	resources, _ := run(t, args())
	for _, test := range []struct {
		typ, name string
		want      map[string]any
	}{
		{"aws:ec2/vpc:Vpc", "network-vpc", map[string]any{
			"cidrBlock": "10.16.0.0/16", "enableDnsSupport": true, "enableDnsHostnames": true}},
		{"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "network-default", map[string]any{
			"vpcId": "network-vpc-id", "ingress": []any{}, "egress": []any{}}},
		{"aws:ec2/internetGateway:InternetGateway", "network-igw", map[string]any{"vpcId": "network-vpc-id"}},
		{"aws:ec2/subnet:Subnet", "network-public-euc1-az2", map[string]any{
			"vpcId": "network-vpc-id", "availabilityZoneId": "euc1-az2", "cidrBlock": "10.16.194.0/23", "mapPublicIpOnLaunch": false}},
		{"aws:ec2/route:Route", "network-public-default", map[string]any{
			"routeTableId": "network-public-id", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "network-igw-id"}},
		{"aws:ec2/route:Route", "network-private-euc1-az3-default", map[string]any{
			"routeTableId": "network-private-euc1-az3-id", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "network-nat-euc1-az3-id"}},
		{"aws:ec2/eip:Eip", "network-eip-euc1-az1", map[string]any{"domain": "vpc"}},
		{"aws:ec2/natGateway:NatGateway", "network-nat-euc1-az1", map[string]any{
			"allocationId": "network-eip-euc1-az1-id", "subnetId": "network-public-euc1-az1-id"}},
		{"aws:ec2/routeTableAssociation:RouteTableAssociation", "network-data-euc1-az1", map[string]any{
			"subnetId": "network-data-euc1-az1-id", "routeTableId": "network-data-id"}},
		{"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl", "network-default", map[string]any{"defaultNetworkAclId": "acl-default"}},
		{"aws:ec2/defaultRouteTable:DefaultRouteTable", "network-default", map[string]any{
			"defaultRouteTableId": "rtb-default", "routes": []any{}}},
		{"aws:ec2/networkAclAssociation:NetworkAclAssociation", "network-data-euc1-az1", map[string]any{
			"subnetId": "network-data-euc1-az1-id", "networkAclId": "network-data-acl-id"}},
		{"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "network-endpoints-https", map[string]any{
			"securityGroupId": "network-endpoints-id", "cidrIpv4": "10.16.0.0/16", "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0,
			"description": "AWS APIs for the VPC"}},
		{"aws:ec2/vpcEndpoint:VpcEndpoint", "network-endpoint-ecs-agent", map[string]any{
			"vpcId": "network-vpc-id", "vpcEndpointType": "Interface", "serviceName": "com.amazonaws.eu-central-1.ecs-agent",
			"subnetIds":        []any{"network-private-euc1-az1-id", "network-private-euc1-az2-id", "network-private-euc1-az3-id"},
			"securityGroupIds": []any{"network-endpoints-id"}, "privateDnsEnabled": true}},
		{"aws:cloudwatch/logGroup:LogGroup", "network-flows", map[string]any{
			"name": "/deepstreamhub/test/network", "retentionInDays": 90.0, "kmsKeyId": "arn:aws:mock:::network-flows-key"}},
		{"aws:ec2/flowLog:FlowLog", "network-flows", map[string]any{
			"vpcId": "network-vpc-id", "trafficType": "ALL", "logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 60.0,
			"logDestination": "arn:aws:mock:::network-flows", "iamRoleArn": "arn:aws:mock:::network-flows"}},
		{"aws:ec2/vpcEndpoint:VpcEndpoint", "network-s3", map[string]any{
			"vpcId": "network-vpc-id", "vpcEndpointType": "Gateway", "serviceName": "com.amazonaws.eu-central-1.s3",
			"routeTableIds": []any{"network-private-euc1-az1-id", "network-private-euc1-az2-id", "network-private-euc1-az3-id"}}},
	} {
		got := componenttest.Find(t, resources, test.typ, test.name).Plain()
		delete(got, "policy") // see TestPolicies
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", test.name, d)
		}
	}
	for _, r := range resources {
		if r.Type == "aws:ec2/route:Route" && r.Plain()["routeTableId"] == "network-data-id" {
			t.Errorf("%s leads out of the isolated subnets", r.Name)
		}
		if r.Type == "aws:ec2/natGateway:NatGateway" && !slices.Contains(r.Dependencies, "network-igw") {
			t.Errorf("%s does not wait for the internet gateway", r.Name)
		}
	}
}

func TestNAT(t *testing.T) {
	t.Parallel()
	for mode, want := range map[network.NAT][]string{ // NAT gateway that serves zone 1, 2 and 3
		network.NATNone:    nil,
		network.NATSingle:  {"network-nat-euc1-az1-id", "network-nat-euc1-az1-id", "network-nat-euc1-az1-id"},
		network.NATPerZone: {"network-nat-euc1-az1-id", "network-nat-euc1-az2-id", "network-nat-euc1-az3-id"},
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			a := args()
			a.NAT = mode
			resources, out := run(t, a)
			var got, gateways, addresses []string
			for _, r := range resources {
				if id, ok := r.Plain()["natGatewayId"]; ok {
					got = append(got, id.(string))
				}
				switch r.Type {
				case "aws:ec2/natGateway:NatGateway":
					gateways = append(gateways, r.Name+"-id")
				case "aws:ec2/eip:Eip":
					addresses = append(addresses, r.Name)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if d := cmp.Diff(slices.Compact(slices.Clone(want)), gateways); d != "" {
				t.Errorf("gateways: -want +got\n%s", d)
			}
			if len(addresses) != len(gateways) {
				t.Errorf("addresses %v for gateways %v", addresses, gateways)
			}
			hasRoute := slices.Contains(out.egress, "network-private-euc1-az1-default")
			if hasRoute != (mode != network.NATNone) {
				t.Errorf("egress is %v", out.egress)
			}
		})
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, out := run(t, args())
	want := map[string][]string{
		"public":  {"network-public-euc1-az1-id", "network-public-euc1-az2-id", "network-public-euc1-az3-id"},
		"private": {"network-private-euc1-az1-id", "network-private-euc1-az2-id", "network-private-euc1-az3-id"},
		"data":    {"network-data-euc1-az1-id", "network-data-euc1-az2-id", "network-data-euc1-az3-id"},
		"zones":   {"name-of-euc1-az1", "name-of-euc1-az2", "name-of-euc1-az3"},
	}
	if d := cmp.Diff(want, out.lists); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff([]string{"network-igw"}, out.ingress); d != "" {
		t.Errorf("ingress: -want +got\n%s", d)
	}
	for _, name := range []string{
		"network-public-default", "network-private-euc1-az1", "network-private-euc1-az2-default"} {
		if !slices.Contains(out.egress, name) {
			t.Errorf("egress lacks %s: %v", name, out.egress)
		}
	}
}

// TestSubnetIDsWaitForTheirSubnet: whoever takes the id of a public or private subnet waits for its routing, and whoever
// takes that of a data subnet, which has no routes, for its network ACL.
func TestSubnetIDsWaitForTheirSubnet(t *testing.T) {
	t.Parallel()
	recorder := componenttest.New()
	recorder.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{"aws:ec2/vpc:Vpc": vpcOutputs}
	resources, err := recorder.Run(func(ctx *pulumi.Context) error {
		n, err := network.New(ctx, "network", args())
		if err != nil {
			return err
		}
		return ctx.RegisterComponentResourceV2("test:index:User", "user",
			pulumi.Map{"public": n.PublicSubnetIDs, "private": n.PrivateSubnetIDs, "data": n.DataSubnetIDs}, &struct{ pulumi.ResourceState }{})
	})
	if err != nil {
		t.Fatal(err)
	}
	user := componenttest.Find(t, resources, "test:index:User", "user")
	for tier, typ := range map[string]string{
		"public": "RouteTableAssociation", "private": "RouteTableAssociation", "data": "NetworkAclAssociation",
	} {
		var got []string
		for _, urn := range user.RPC.GetPropertyDependencies()[tier].GetUrns() {
			if strings.HasSuffix(plan.Type(urn), ":"+typ) {
				got = append(got, plan.Name(urn))
			}
		}
		slices.Sort(got)
		want := []string{"network-" + tier + "-euc1-az1", "network-" + tier + "-euc1-az2", "network-" + tier + "-euc1-az3"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", tier, d)
		}
	}
}

// TestAddingAZone: a further zone adds its own resources, and but for the list of routes to S3 the endpoints'
// lists of subnets changes no other.
func TestAddingAZone(t *testing.T) {
	t.Parallel()
	a := args()
	before, _ := run(t, a)
	a.Zones = append([]string{"euc1-az6"}, a.Zones...)
	after, _ := run(t, a)

	old := map[string]map[string]any{}
	for _, r := range before {
		old[r.Type+" "+r.Name] = r.Plain()
	}
	var added, changed []string
	for _, r := range after {
		inputs, ok := old[r.Type+" "+r.Name]
		switch {
		case !ok:
			added = append(added, r.Name)
		case !cmp.Equal(inputs, r.Plain()):
			changed = append(changed, r.Name)
		}
		delete(old, r.Type+" "+r.Name)
	}
	if len(old) > 0 {
		t.Errorf("gone: %v", old)
	}
	slices.Sort(added)
	if d := cmp.Diff([]string{
		"network-data-euc1-az6", "network-data-euc1-az6", "network-data-euc1-az6", "network-eip-euc1-az6", "network-nat-euc1-az6",
		"network-private-euc1-az6", "network-private-euc1-az6", "network-private-euc1-az6", "network-private-euc1-az6",
		"network-private-euc1-az6-default", "network-public-euc1-az6", "network-public-euc1-az6", "network-public-euc1-az6",
	}, added); d != "" {
		t.Errorf("added: -want +got\n%s", d)
	}
	if d := cmp.Diff([]string{
		"network-endpoint-ecr.api", "network-endpoint-ecs-agent", "network-endpoint-ssm", "network-s3", "network",
	}, changed); d != "" {
		t.Errorf("changed: -want +got\n%s", d)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args *network.Args
		want []string
	}{
		"nil": {nil, []string{"no arguments"}},
		"everything at once": {&network.Args{CIDR: "10.0.0.0/24", Zones: []string{"euc1-az9"}, NAT: "some",
			Endpoints: []string{"ssm", "ssm", "s3"}, FlowLogRetentionDays: -1}, []string{
			`stack "": must be letters`, `endpoint "ssm": given twice`, `endpoint "s3": must be one of [ec2messages ecr.api`,
			"flow log retention days -1: must be one of [1 3 5", `region "": must be of the form eu-central-1`, "cidr 10.0.0.0/24: must be /16 to /20", `zone "euc1-az9"`, "zones: 1 given",
			`nat "some": must be none, single or perZone`}},
		"nowhere": {&network.Args{Region: "Frankfurt", CIDR: "10.16.0.0/16", Zones: args().Zones, NAT: network.NATNone},
			[]string{"stack: missing", `region "Frankfurt": must be of the form eu-central-1`}},
		"no range": {&network.Args{Region: "eu-central-1", CIDR: "ten", Zones: args().Zones, NAT: network.NATNone},
			[]string{`cidr "ten": not an IPv4 range`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resources, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
				_, err := network.New(ctx, "network", test.args)
				return err
			})
			if err == nil || len(resources) > 0 {
				t.Fatalf("registered %v, error %v", componenttest.Names(resources), err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %q", want, err)
				}
			}
		})
	}
}

// What has a name in AWS is refused a name that AWS refuses; without flow logs nothing has.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, days := range []int{0, 7} {
		a := args()
		a.FlowLogRetentionDays = days
		_, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
			_, err := network.New(ctx, "net.work", a)
			return err
		})
		if refused := err != nil && strings.Contains(err.Error(), `name "net.work": must be letters, digits, hyphens and underscores, at most 50`); refused != (days > 0) {
			t.Errorf("%d days: %v", days, err)
		}
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	recorder := componenttest.New()
	recorder.Preview = true
	_, err := recorder.Run(func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "network", args())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
