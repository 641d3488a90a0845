package edge_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/edge"
)

// A load balancer with a certificate for a name.
func ExampleNew() {
	resources, err := recorder().Run(func(ctx *pulumi.Context) error {
		_, err := edge.New(ctx, "edge", &edge.Args{
			Stack: "dev", Region: "eu-central-1", ZoneName: "deepstreamhub.com", Hostname: "dev.deepstreamhub.com",
			VpcID: pulumi.String("vpc-1"), PublicSubnetIDs: pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}),
			TargetPort: 8080, HealthPath: "/", IdleTimeoutSeconds: 61, DeregistrationDelaySeconds: 30, LogRetentionDays: 30, RateLimit: 10_000,
		})
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range resources {
		if r.Type == "aws:acm/certificate:Certificate" {
			fmt.Println(r.Name, r.Plain()["domainName"])
		}
	}
	// Output:
	// edge-certificate dev.deepstreamhub.com
}
