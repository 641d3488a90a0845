package network_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/network"
)

// A network of three zones without a way out, and what lies in them.
func ExampleNew() {
	recorder := componenttest.New()
	recorder.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{"aws:ec2/vpc:Vpc": vpcOutputs}
	resources, err := recorder.Run(func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "network", &network.Args{
			Stack: "dev", Region: "eu-central-1", CIDR: "10.41.0.0/16", Zones: []string{"euc1-az1", "euc1-az2", "euc1-az3"},
			NAT: network.NATNone, Tags: map[string]string{"team": "shop"},
		})
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range resources {
		if r.Type == "aws:ec2/subnet:Subnet" {
			fmt.Println(r.Name, r.Plain()["cidrBlock"], r.Plain()["tags"])
		}
	}
	// Output:
	// network-data-euc1-az1 10.41.208.0/23 map[team:shop]
	// network-data-euc1-az2 10.41.210.0/23 map[team:shop]
	// network-data-euc1-az3 10.41.212.0/23 map[team:shop]
	// network-private-euc1-az1 10.41.0.0/19 map[team:shop]
	// network-private-euc1-az2 10.41.32.0/19 map[team:shop]
	// network-private-euc1-az3 10.41.64.0/19 map[team:shop]
	// network-public-euc1-az1 10.41.192.0/23 map[team:shop]
	// network-public-euc1-az2 10.41.194.0/23 map[team:shop]
	// network-public-euc1-az3 10.41.196.0/23 map[team:shop]
}
