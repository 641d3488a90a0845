package cluster_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/cluster"
)

// A fleet of three hosts or more.
func ExampleNew() {
	resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
		_, err := cluster.New(ctx, "cluster", &cluster.Args{
			Stack: "dev", Region: "eu-central-1",
			VpcID: pulumi.String("vpc-1"), PrivateSubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b", "subnet-c"}),
			AMI: "ami-0123456789abcdef0", InstanceType: "c6g.large", MinHosts: 3, MaxHosts: 6, MinTasks: 3, RootVolumeGiB: 30,
			Refresh: cluster.Refresh{MinHealthyPercent: 100, MaxHealthyPercent: 200}, DeleteSeconds: 1800,
		})
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range resources {
		if r.Type == "aws:autoscaling/group:Group" {
			fmt.Println(r.Name, r.Plain()["minSize"], r.Plain()["maxSize"])
		}
	}
	// Output:
	// cluster-hosts 3 6
}
