package program

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/config"
)

// RegionWithoutHooks is Region for Pulumi's mocks.
func RegionWithoutHooks(cfg config.Config) pulumi.RunFunc {
	return regionWith(cfg, Rotation{}, func(*region) error { return nil })
}
