// Package program is what a blank AWS account needs before regions of the platform can live in it: where the state
// lives, who may come from GitHub and what they may do, where images are, and the settings that every account should
// have. It is run once per account by an administrator and kept under its own state.
//
// What a region has of its own is keyed by the region's name, and made by that region's provider.
package program

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/tagging"
)

// Deploy registers what the stack's configuration describes. It is what plain `pulumi up` in bootstrap/ runs.
func Deploy(ctx *pulumi.Context) error {
	src, err := program.Source(ctx, settings.Keys(ctx.Project()))
	if err != nil {
		return err
	}
	s, err := settings.Load(src, config.Options{Offline: os.Getenv(program.EnvOffline) == "1"})
	if err != nil {
		return err
	}
	return Account(s, Options{})(ctx)
}

// Options change how the program runs.
type Options struct {
	// Adopt takes what the account has already into the state as it is. A run without it then makes it what the
	// program says.
	Adopt bool
}

// Account returns the program of one account.
func Account(s settings.Settings, o Options) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		a := &account{
			ctx: ctx, cfg: s, options: o, aws: map[string]*aws.Provider{},
			tags: map[string]string{"stack": ctx.Stack(), "project": s.Organisation.Bootstrap(), "owner": s.Account.Owner, "costCentre": s.Account.CostCentre},
		}
		steps := []func() error{
			a.providers, a.look, a.state, a.names, a.images, a.access, a.serviceRoles, a.baseline, a.trail, a.sessions, a.budget,
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}
}

// account holds what the parts hand to each other.
type account struct {
	ctx     *pulumi.Context
	cfg     settings.Settings
	options Options
	tags    map[string]string
	aws     map[string]*aws.Provider // by region
	found   map[string]string        // what the account has already: logical name to id

	stateKey, secretsKey pulumi.StringOutput // ARNs
	zoneID               pulumi.StringInput  // nil without a zone
}

// providers makes a provider for each region and holds that they lead into the account that the settings name.
func (a *account) providers() error {
	for _, region := range a.cfg.AllRegions() {
		p, err := program.Provider(a.ctx, "aws-"+region, region, a.cfg.AWS)
		if err != nil {
			return err
		}
		a.aws[region] = p
	}
	caller, err := aws.GetCallerIdentity(a.ctx, &aws.GetCallerIdentityArgs{}, pulumi.Provider(a.home()))
	if err != nil {
		return fmt.Errorf("ask which account this is: %w", err)
	}
	if caller.AccountId != a.cfg.Account.ID {
		return fmt.Errorf("check account: the credentials are for account %s, and account.id is %s", caller.AccountId, a.cfg.Account.ID)
	}
	return nil
}

func (a *account) home() *aws.Provider { return a.aws[a.cfg.Region] }

// part groups resources under a component, for the progress view and for targets.
func (a *account) part(name string) (pulumi.ResourceOption, error) {
	var c component
	err := a.ctx.RegisterComponentResource("deepstreamhub:bootstrap:"+name, name, &c, tagging.All(a.ctx.Stack(), name, a.tags))
	return pulumi.Parent(&c), err
}

// component is a folder of resources.
type component struct{ pulumi.ResourceState }

// in makes options for something in a region.
func (a *account) in(region string, parent pulumi.ResourceOption, more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{parent, pulumi.Provider(a.aws[region])}, more...)
}

// protected keeps what holds state and keys from being destroyed as long as the settings say so.
func (a *account) protected() pulumi.ResourceOption { return pulumi.Protect(*a.cfg.Account.Protect) }

// global is an ARN of a service without regions.
func (a *account) global(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s::%s:%s", service, a.cfg.Account.ID, resource)
}
