package cli

import (
	"context"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	bootstrap "github.com/deepstreamhub/platform/bootstrap/program"
	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/gate"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
)

// production is what commands work with outside of tests.
func production(now func() time.Time) deps {
	return deps{
		load:       loadConfig(now),
		clashes:    config.Clashes,
		findEngine: engine.Find,
		open: func(ctx context.Context, e engine.Engine, t deploy.Target) (driver, error) {
			d, err := deploy.Open(ctx, e, t)
			if err != nil {
				return nil, err // not d: a nil *Driver in the interface would not be nil
			}
			return d, nil
		},
		openState: deploy.OpenState,
		judge:     func(s plan.State) error { return gate.Destroy(s) },
		program: func(root string, offline bool, rotation *program.Rotation) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error {
				opts, err := config.Options{Offline: offline}.In(root)
				if err != nil {
					return err
				}
				return program.With(opts, *rotation)(ctx)
			}
		},
		region:       program.Region,
		move:         deploy.Move,
		startCloud:   startCloud,
		shareCloud:   shareCloud,
		settings:     loadSettings,
		bootstrapped: dirs.setBootstrapped,
		account: func(s settings.Settings, adopt *bool) pulumi.RunFunc {
			return func(ctx *pulumi.Context) error { return bootstrap.Account(s, bootstrap.Options{Adopt: *adopt})(ctx) }
		},
		readHealth: readHealth,
		doctor:     runDoctor,
		commit:     commitOf,
		listStacks: deploy.Stacks,
	}
}

// aheadOffline is how far the offline AWS's clock may have got ahead of the machine's: with --time-scale it runs faster.
const aheadOffline = 7 * 24 * time.Hour

// loadConfig returns what reads a stack's configuration by a clock.
func loadConfig(now func() time.Time) func(root, stack string, offline bool) (config.Config, error) {
	return func(root, stack string, offline bool) (config.Config, error) {
		src, err := config.ReadFiles(root, stack)
		if err != nil {
			return config.Config{}, err
		}
		o, err := config.Options{Offline: offline, Now: now()}.In(root)
		if err != nil {
			return config.Config{}, err
		}
		if offline {
			o.Now = o.Now.Add(aheadOffline)
		}
		return config.Load(src, o)
	}
}
