package program

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/resourcegroupstaggingapi"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/bootstrap/access"
)

// look finds what the account has already of the things of which there can be only one, so that they are taken over
// rather than made again, which AWS refuses. What is put rather than created (account settings, the password policy,
// volume encryption) needs no look: putting it takes it over.
func (a *account) look() error {
	a.found = map[string]string{}
	looks := []func() error{a.lookForZone, a.lookForGitHub, a.lookForServiceRoles, a.lookForBudget}
	for _, region := range a.cfg.AllRegions() {
		looks = append(looks, func() error { return a.lookForDetector(region) }, func() error { return a.lookForAnalyzer(region) })
	}
	for _, region := range a.cfg.Account.Regions {
		looks = append(looks, func() error { return a.lookForRepositories(region) }, func() error { return a.lookForSessions(region) })
	}
	for _, l := range looks {
		if err := l(); err != nil {
			return err
		}
	}
	return nil
}

// adopted are the options by which something that was found comes into the state. Where the state has it already they say
// nothing new. With Adopt nothing about it changes yet: the engine imports only what is as the program says.
func (a *account) adopted(name string) []pulumi.ResourceOption { return a.adoptedBut(name) }

// adoptedBut is adopted for something of which some inputs stay as they were found, because changing them would mean to
// make it anew.
func (a *account) adoptedBut(name string, kept ...string) []pulumi.ResourceOption {
	id, ok := a.found[name]
	if !ok {
		return nil
	}
	if a.options.Adopt {
		kept = []string{"*"}
	}
	return []pulumi.ResourceOption{pulumi.Import(pulumi.ID(id)), pulumi.IgnoreChanges(kept)}
}

// absent reports whether a provider function's error says that there is no such thing, in the words of the provider's
// data sources, rather than that it could not be looked for.
func absent(err error) bool {
	for _, words := range []string{"no matching", "not found", "InvalidDocument:", "couldn't find resource", "empty result"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// note keeps the id of what was found, unless it was looked for in vain.
func (a *account) note(name, what, id string, err error) error {
	switch {
	case err == nil:
		a.found[name] = id
		return nil
	case absent(err):
		return nil
	}
	return fmt.Errorf("look for %s: %w", what, err)
}

func (a *account) lookForZone() error {
	n := a.cfg.Names
	if n.Zone == "" || !*n.MakeZone {
		return nil
	}
	private := false
	zone, err := route53.LookupZone(a.ctx, &route53.LookupZoneArgs{Name: &n.Zone, PrivateZone: &private}, pulumi.Provider(a.home()))
	if err != nil {
		return a.note("zone", "hosted zone "+n.Zone, "", err)
	}
	return a.note("zone", "", zone.ZoneId, nil)
}

func (a *account) lookForGitHub() error {
	if !*a.cfg.GitHub.Enabled {
		return nil
	}
	url := access.ProviderURL
	provider, err := iam.LookupOpenIdConnectProvider(a.ctx, &iam.LookupOpenIdConnectProviderArgs{Url: &url}, pulumi.Provider(a.home()))
	if err != nil {
		return a.note("github", "identity provider "+url, "", err)
	}
	return a.note("github", "", provider.Arn, nil)
}

func (a *account) lookForServiceRoles() error {
	if !*a.cfg.Baseline.ServiceRoles {
		return nil
	}
	path := "/aws-service-role/"
	roles, err := iam.GetRoles(a.ctx, &iam.GetRolesArgs{PathPrefix: &path}, pulumi.Provider(a.home()))
	if err != nil {
		return fmt.Errorf("look for service-linked roles: %w", err)
	}
	for _, service := range linkedServices {
		for _, arn := range roles.Arns {
			if strings.Contains(arn, ":role"+path+service+"/") {
				a.found["role-"+service] = arn
			}
		}
	}
	return nil
}

func (a *account) lookForDetector(region string) error {
	if !*a.cfg.Baseline.GuardDuty {
		return nil
	}
	detector, err := guardduty.LookupDetector(a.ctx, &guardduty.LookupDetectorArgs{}, pulumi.Provider(a.aws[region]))
	if err != nil {
		return a.note("detector-"+region, "GuardDuty detector in "+region, "", err)
	}
	return a.note("detector-"+region, "", detector.Id, nil)
}

func (a *account) lookForBudget() error {
	if a.cfg.Budget.MonthlyUSD == 0 {
		return nil
	}
	name := a.cfg.Organisation.Budget()
	budget, err := budgets.LookupBudget(a.ctx, &budgets.LookupBudgetArgs{Name: name}, pulumi.Provider(a.home()))
	if err != nil {
		return a.note("budget", "budget "+name, "", err)
	}
	return a.note("budget", "", budget.AccountId+":"+budget.Name, nil)
}

// lookForAnalyzer finds an analyzer by its tags, since the provider has no function that lists analyzers. One that somebody
// made without tags is not found: AWS then refuses a second one of the kind in a region, and baseline.accessAnalyzer: false
// leaves it to whoever made it.
func (a *account) lookForAnalyzer(region string) error {
	if !*a.cfg.Baseline.AccessAnalyzer {
		return nil
	}
	there, err := resourcegroupstaggingapi.GetResources(a.ctx, &resourcegroupstaggingapi.GetResourcesArgs{
		ResourceTypeFilters: []string{"access-analyzer:analyzer"},
	}, pulumi.Provider(a.aws[region]))
	if err != nil {
		return fmt.Errorf("look for an analyzer in %s: %w", region, err)
	}
	for _, r := range there.ResourceTagMappingLists {
		if _, name, ok := strings.Cut(r.ResourceArn, ":analyzer/"); ok {
			a.found["analyzer-"+region] = name
		}
	}
	return nil
}

func (a *account) lookForRepositories(region string) error {
	if len(a.cfg.Images.Repositories) == 0 {
		return nil
	}
	there, err := ecr.GetRepositories(a.ctx, pulumi.Provider(a.aws[region]))
	if err != nil {
		return fmt.Errorf("look for image repositories in %s: %w", region, err)
	}
	for _, wanted := range a.cfg.Images.Repositories {
		for _, name := range there.Names {
			if name == wanted {
				a.found["images-"+name+"-"+region] = name
			}
		}
	}
	return nil
}

func (a *account) lookForSessions(region string) error {
	if !*a.cfg.Baseline.Sessions {
		return nil
	}
	format := "JSON"
	_, err := ssm.LookupDocument(a.ctx, &ssm.LookupDocumentArgs{Name: sessionPreferences, DocumentFormat: &format}, pulumi.Provider(a.aws[region]))
	return a.note("sessions-"+region, "session preferences in "+region, sessionPreferences, err)
}
