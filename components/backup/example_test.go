package backup_test

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/backup"
)

// Every cluster that carries a tag is backed up at four in the morning.
func ExampleNew() {
	resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
		_, err := backup.New(ctx, "backup", &backup.Args{
			Stack: "dev", Region: "eu-central-1", TagKey: "stack", TagValue: "dev", Schedule: "cron(0 4 * * ? *)", RetentionDays: 7,
		})
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range resources {
		if r.Type == "aws:backup/vault:Vault" {
			fmt.Println(r.Name, r.Plain()["forceDestroy"])
		}
	}
	// Output:
	// backup-vault true
}
