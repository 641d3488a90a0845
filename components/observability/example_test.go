package observability

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/componenttest"
)

// Alarms that go off earlier than by default. What they watch are the names of a region that stands.
func ExampleNew() {
	resources, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
		a := valid()
		a.Thresholds = Thresholds{BusyPercent: 60, BusLagSeconds: 2}
		_, err := New(ctx, "observability", a)
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range resources {
		if r.Name == "observability-bus-lag" || r.Name == "observability-bus-cpu" {
			fmt.Println(r.Name, r.Plain()["threshold"])
		}
	}
	// Output:
	// observability-bus-cpu 60
	// observability-bus-lag 2
}
