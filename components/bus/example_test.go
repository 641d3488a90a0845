package bus_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/bus"
)

// Two buses in one stack, whose keys are called after a team.
func ExampleNew() {
	resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
		for _, name := range []string{"chat", "orders"} {
			_, err := bus.New(ctx, name, &bus.Args{
				Stack: "dev", VpcID: pulumi.String("vpc-1"), SubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
				EngineVersion: "8.0", NodeType: "cache.t4g.small", Replicas: 1, NamePrefix: "shop",
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range resources {
		if r.Type == "aws:kms/alias:Alias" {
			fmt.Println(r.Plain()["name"])
		}
	}
	// Output:
	// alias/shop/dev/chat
	// alias/shop/dev/orders
}
