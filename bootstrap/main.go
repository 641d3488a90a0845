// Command bootstrap is the Pulumi program of what a blank AWS account needs once.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/bootstrap/program"
)

func main() { pulumi.Run(program.Deploy) }
