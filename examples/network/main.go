// Command network is a network of three zones, with nothing in it yet.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/deepstreamhub/platform/components/network"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		var zones []string
		config.RequireObject(ctx, "zones", &zones)
		n, err := network.New(ctx, "network", &network.Args{
			Stack:                ctx.Stack(),
			Region:               config.Require(ctx, "aws:region"),
			CIDR:                 "10.40.0.0/16",
			Zones:                zones,
			NAT:                  network.NATSingle, // one way out for all zones: cheap, and gone with its zone
			FlowLogRetentionDays: 30,
		})
		if err != nil {
			return err
		}
		ctx.Export("vpcId", n.VpcID)
		ctx.Export("privateSubnetIds", n.PrivateSubnetIDs)
		return nil
	})
}
