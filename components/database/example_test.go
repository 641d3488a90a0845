package database_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/database"
)

// A database with two readers, which take the zones in turn.
func ExampleNew() {
	resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
		_, err := database.New(ctx, "database", &database.Args{
			Stack: "dev", Region: "eu-central-1", VpcID: pulumi.String("vpc-1"),
			SubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}), ZoneNames: pulumi.ToStringArray([]string{"eu-central-1a", "eu-central-1b"}),
			EngineVersion: "16.8", InstanceClass: "db.t4g.medium", Readers: 2, BackupRetentionDays: 1, LogDays: 30,
			Parameters: map[string]string{"work_mem": "65536"},
		})
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range resources {
		if r.Type == "aws:rds/clusterInstance:ClusterInstance" {
			fmt.Println(r.Name, r.Plain()["availabilityZone"])
		}
	}
	// Output:
	// database-1 eu-central-1a
	// database-2 eu-central-1b
	// database-3 eu-central-1a
}
