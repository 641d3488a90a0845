// Command service is a web server of somebody else's, behind a load balancer with a certificate, on hosts in three zones:
// the platform's way of running deepstream, with another image and without the data.
package main

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/deepstreamhub/platform/components/cluster"
	"github.com/deepstreamhub/platform/components/edge"
	"github.com/deepstreamhub/platform/components/network"
	"github.com/deepstreamhub/platform/components/service"
)

const (
	port  = 8080
	tasks = 2
)

func main() { pulumi.Run(deploy) }

// tags are on everything that takes tags.
var tags = map[string]string{"team": "web"}

func deploy(ctx *pulumi.Context) error {
	region := config.Require(ctx, "aws:region")
	var zones []string
	config.RequireObject(ctx, "zones", &zones)
	n, err := network.New(ctx, "network", &network.Args{
		Stack: ctx.Stack(), Region: region, CIDR: "10.42.0.0/16", Zones: zones, NAT: network.NATPerZone, Tags: tags,
	})
	if err != nil {
		return err
	}
	e, err := edge.New(ctx, "edge", &edge.Args{
		Stack:                      ctx.Stack(),
		Region:                     region,
		ZoneName:                   config.Require(ctx, "zone"),
		Hostname:                   config.Require(ctx, "hostname"),
		VpcID:                      n.VpcID,
		PublicSubnetIDs:            n.PublicSubnetIDs,
		Ingress:                    n.Ingress,
		TargetPort:                 port,
		HealthPath:                 "/",
		IdleTimeoutSeconds:         61,
		DeregistrationDelaySeconds: 30,
		LogRetentionDays:           30,
		RateLimit:                  10_000,
		Tags:                       tags,
	})
	if err != nil {
		return err
	}
	c, err := cluster.New(ctx, "cluster", &cluster.Args{
		Stack:            ctx.Stack(),
		Region:           region,
		VpcID:            n.VpcID,
		PrivateSubnetIDs: n.PrivateSubnetIDs,
		Egress:           n.Egress,
		AMI:              config.Require(ctx, "ami"),
		InstanceType:     "c6g.large",
		MinHosts:         len(zones),
		MaxHosts:         2 * len(zones),
		MinTasks:         tasks,
		RootVolumeGiB:    30,
		Refresh:          cluster.Refresh{MinHealthyPercent: 100, MaxHealthyPercent: 200},
		DeleteSeconds:    30 * 60,
		Tags:             tags,
	})
	if err != nil {
		return err
	}
	s, err := service.New(ctx, "web", &service.Args{
		Stack:              ctx.Stack(),
		Region:             region,
		ClusterArn:         c.ClusterArn,
		CapacityProvider:   c.CapacityProviderName,
		VpcID:              n.VpcID,
		SubnetIDs:          n.PrivateSubnetIDs,
		LoadBalancerArn:    e.LoadBalancerArn,
		TargetGroupArn:     e.TargetGroupArn,
		SecurityGroupIDs:   []pulumi.StringInput{e.TargetSecurityGroupID},
		Image:              config.Require(ctx, "image"),
		User:               "101:101", // nginx in its own image
		Port:               port,
		HealthPath:         "/",
		Tasks:              tasks,
		CPU:                256,
		MemoryMiB:          512,
		StopTimeoutSeconds: 30,
		Deployment:         service.Deployment{MinHealthyPercent: 100, MaxPercent: 200, UpdateSeconds: 30 * 60, DeleteSeconds: 30 * 60},
		LogRetentionDays:   30,
		Tags:               tags,
		DependsOn:          slices.Concat([]pulumi.Resource{e.Listener}, e.TargetRules, c.Ready),
	})
	if err != nil {
		return err
	}
	ctx.Export("url", pulumi.Sprintf("https://%s/", e.Hostname))
	ctx.Export("service", s.ServiceName)
	return nil
}
