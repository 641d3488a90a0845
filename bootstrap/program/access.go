package program

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/bootstrap/access"
	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/policy"
)

// access makes the boundary of every role of the platform, and the roles that GitHub's jobs take.
func (a *account) access() error {
	parent, err := a.part("Access")
	if err != nil {
		return err
	}
	if _, err := a.managedPolicy(a.cfg.Organisation.BoundaryName(), pulumi.String("").ToStringOutput(), func(string) policy.Document { return access.Boundary(a.cfg.Organisation) }, parent, a.protected()); err != nil {
		return err
	}
	g := a.cfg.GitHub
	if !*g.Enabled {
		return nil
	}
	provider, err := iam.NewOpenIdConnectProvider(a.ctx, "github", &iam.OpenIdConnectProviderArgs{
		Url: pulumi.String(access.ProviderURL), ClientIdLists: pulumi.StringArray{pulumi.String(access.Audience)},
	}, a.in(a.cfg.Region, parent, a.adopted("github")...)...)
	if err != nil {
		return err
	}
	for _, p := range purposes(a.cfg.Organisation, g) {
		if err := a.role(p, provider.Arn, parent); err != nil {
			return err
		}
	}
	return nil
}

// purpose is a role that jobs of GitHub take: what for, from where, and what it may.
type purpose struct {
	name, description string
	from              access.From
	may               func(access.Account) []access.Named
}

// purposes are the roles that there are, one for each thing that jobs do.
func purposes(o naming.Organisation, g settings.GitHub) []purpose {
	from := func(environments ...string) access.From {
		return access.From{Repository: g.Repository, Environments: environments}
	}
	all := []purpose{
		{o.PreviewRole(), "says what a change of the platform's stacks would do", from(g.PreviewEnvironment), access.Account.Preview},
		{o.DriftRole(), "looks for what was changed behind the state's back", access.From{Repository: g.Repository, Branch: g.Branch}, access.Account.Drift},
		{o.ImagesRole(), "pushes container images", from(g.ImagesEnvironment), access.Account.Images},
		{o.ShortRole(), "brings short-lived stacks up and down", from(g.ShortEnvironment), access.Account.Ephemeral},
	}
	for _, stack := range g.Environments {
		all = append(all, purpose{o.DeployRole(stack), "changes " + stack, from(stack),
			func(a access.Account) []access.Named { return a.Deploy(stack) }})
	}
	return all
}

// role makes a role that GitHub's jobs take, with one managed policy for each of its documents.
func (a *account) role(p purpose, provider pulumi.StringOutput, parent pulumi.ResourceOption) error {
	name := p.name
	opts := a.in(a.cfg.Region, parent)
	trust := provider.ApplyT(func(arn string) (string, error) { return text(policy.TrustPolicy, access.Trust(arn, p.from)) }).(pulumi.StringOutput)
	role, err := iam.NewRole(a.ctx, name, &iam.RoleArgs{
		Name: pulumi.String(name), Description: pulumi.String(p.description), AssumeRolePolicy: trust,
		MaxSessionDuration: pulumi.Int(6 * 60 * 60), // as long as a job of GitHub may take: an up waits until hosts and tasks are replaced, batch after batch
	}, opts...)
	if err != nil {
		return err
	}
	zone := pulumi.StringInput(pulumi.String(""))
	if a.zoneID != nil {
		zone = a.zoneID
	}
	account := pulumi.All(a.stateKey, a.secretsKey, zone).ApplyT(func(of []any) access.Account {
		return a.accessTo(of[0].(string), of[1].(string), of[2].(string))
	})
	for i, document := range p.may(a.accessTo("", "", "")) { // the documents' names do not depend on keys and zone
		policyName := name + "-" + document.Name
		body := account.ApplyT(func(v any) (string, error) {
			return text(policy.ManagedPolicy, p.may(v.(access.Account))[i].Document)
		}).(pulumi.StringOutput)
		made, err := iam.NewPolicy(a.ctx, policyName, &iam.PolicyArgs{Name: pulumi.String(policyName), Policy: body}, opts...)
		if err != nil {
			return err
		}
		_, err = iam.NewRolePolicyAttachment(a.ctx, policyName, &iam.RolePolicyAttachmentArgs{Role: role.Name, PolicyArn: made.Arn}, opts...)
		if err != nil {
			return err
		}
	}
	a.ctx.Export(name, role.Arn)
	return nil
}

// accessTo is the account with what is known of it once its keys and its zone are made.
func (a *account) accessTo(stateKey, secretsKey, zone string) access.Account {
	to := a.cfg.Access()
	to.StateKey, to.Secrets, to.ZoneID = stateKey, secretsKey, zone
	return to
}

// managedPolicy makes a managed policy in the platform's path.
func (a *account) managedPolicy(name string, of pulumi.StringOutput, document func(string) policy.Document, parent pulumi.ResourceOption, more ...pulumi.ResourceOption) (*iam.Policy, error) {
	body := of.ApplyT(func(v string) (string, error) { return text(policy.ManagedPolicy, document(v)) }).(pulumi.StringOutput)
	return iam.NewPolicy(a.ctx, name, &iam.PolicyArgs{
		Name: pulumi.String(name), Path: pulumi.String(a.cfg.Organisation.Path()), Policy: body,
	}, a.in(a.cfg.Region, parent, more...)...)
}

// text writes a document that is not longer than IAM takes.
func text(limit policy.Limit, d policy.Document) (string, error) {
	body, err := d.JSON()
	if err != nil {
		return "", err
	}
	if err := limit.Check(body); err != nil {
		return "", fmt.Errorf("write policy: %w", err)
	}
	return body, nil
}
