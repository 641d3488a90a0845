// Command data is a network with a database and two buses. Of each it says which security group lets a client in. All carry tags,
// and what people look for by name is called after the team rather than the project.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/deepstreamhub/platform/components/bus"
	"github.com/deepstreamhub/platform/components/database"
	"github.com/deepstreamhub/platform/components/network"
)

func main() { pulumi.Run(deploy) }

const team = "shop"

var tags = map[string]string{"team": team}

func deploy(ctx *pulumi.Context) error {
	region := config.Require(ctx, "aws:region")
	var zones []string
	config.RequireObject(ctx, "zones", &zones)
	n, err := network.New(ctx, "network", &network.Args{
		Stack: ctx.Stack(), Region: region, CIDR: "10.41.0.0/16", Zones: zones,
		NAT:        network.NATNone, // what holds data calls nobody
		NamePrefix: team, Tags: tags,
	})
	if err != nil {
		return err
	}
	d, err := database.New(ctx, "database", &database.Args{
		Region:              region,
		Stack:               ctx.Stack(),
		VpcID:               n.VpcID,
		SubnetIDs:           n.DataSubnetIDs,
		ZoneNames:           n.ZoneNames,
		EngineVersion:       "16.8",
		InstanceClass:       "db.t4g.medium",
		BackupRetentionDays: 1,
		LogDays:             30,
		NamePrefix:          team,
		Tags:                tags,
	})
	if err != nil {
		return err
	}
	ctx.Export("database", d.Endpoint)
	ctx.Export("databaseClients", d.ClientSecurityGroupID)
	for _, name := range []string{"orders", "chat"} {
		b, err := bus.New(ctx, name, &bus.Args{
			Stack: ctx.Stack(), VpcID: n.VpcID, SubnetIDs: n.DataSubnetIDs,
			EngineVersion: "8.0", NodeType: "cache.t4g.small", Replicas: 1, NamePrefix: team, Tags: tags,
		})
		if err != nil {
			return err
		}
		ctx.Export(name, b.PrimaryEndpoint)
		ctx.Export(name+"Clients", b.ClientSecurityGroupID)
	}
	return nil
}
