package service_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/service"
)

// Two tasks of an image behind a load balancer.
func ExampleNew() {
	resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
		_, err := service.New(ctx, "web", &service.Args{
			Stack: "dev", Region: "eu-central-1", ClusterArn: pulumi.String(clusterArn), CapacityProvider: pulumi.String("capacity-1"),
			VpcID: pulumi.String("vpc-1"), SubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
			LoadBalancerArn: pulumi.String("arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/edge/2"),
			TargetGroupArn:  pulumi.String("arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/tg/1"),
			Image:           image, Port: 8080, HealthPath: "/", Tasks: 2, CPU: 256, MemoryMiB: 512, StopTimeoutSeconds: 30,
			Deployment: service.Deployment{MinHealthyPercent: 100, MaxPercent: 200, UpdateSeconds: 1800, DeleteSeconds: 1800}, LogRetentionDays: 30,
		})
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range resources {
		if r.Type == "aws:ecs/service:Service" {
			fmt.Println(r.Name, r.Plain()["desiredCount"])
		}
	}
	// Output:
	// web-service 2
}
