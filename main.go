// Command platform is the Pulumi program of one deepstreamHub region.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/program"
)

func main() { pulumi.Run(program.Deploy) }
