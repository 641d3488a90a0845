package program

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/bootstrap/access"
	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/policy"
	"github.com/deepstreamhub/platform/internal/state"
)

// access makes the boundary of every role of the platform, and the two roles that GitHub's jobs take.
func (a *account) access() error {
	parent, err := a.part("Access")
	if err != nil {
		return err
	}
	if _, err := a.managedPolicy(settings.BoundaryName, pulumi.String("").ToStringOutput(), func(string) policy.Document { return access.Boundary() }, parent, a.protected()); err != nil {
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
	deploys := access.From{Repository: g.Repository, Environments: g.Environments}
	if err := a.role(settings.DeployRole, "changes the platform's stacks", provider.Arn, deploys, access.Account.Deploy, parent); err != nil {
		return err
	}
	previews := access.From{Repository: g.Repository, Environments: []string{g.PreviewEnvironment}, Branch: g.Branch}
	return a.role(settings.PreviewRole, "says what a change of the platform's stacks would do", provider.Arn, previews, access.Account.Preview, parent)
}

// role makes a role that GitHub's jobs take, with one managed policy for each of its documents.
func (a *account) role(name, description string, provider pulumi.StringOutput, from access.From, may func(access.Account) []access.Named, parent pulumi.ResourceOption) error {
	opts := a.in(a.cfg.Region, parent)
	trust := provider.ApplyT(func(arn string) (string, error) { return text(policy.TrustPolicy, access.Trust(arn, from)) }).(pulumi.StringOutput)
	role, err := iam.NewRole(a.ctx, name, &iam.RoleArgs{
		Name: pulumi.String(name), Description: pulumi.String(description), AssumeRolePolicy: trust,
		MaxSessionDuration: pulumi.Int(2 * 60 * 60), // a region takes up to half an hour, and its destroy with a final snapshot longer
	}, opts...)
	if err != nil {
		return err
	}
	account := pulumi.All(a.stateKey, a.secretsKey).ApplyT(func(keys []any) access.Account {
		return a.accessTo(keys[0].(string), keys[1].(string))
	})
	for i, document := range may(a.accessTo("", "")) { // the documents' names do not depend on the keys
		policyName := name + "-" + document.Name
		body := account.ApplyT(func(v any) (string, error) {
			return text(policy.ManagedPolicy, may(v.(access.Account))[i].Document)
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

func (a *account) accessTo(stateKey, secretsKey string) access.Account {
	return access.Account{
		ID: a.cfg.Account.ID, Home: a.cfg.Region, Regions: a.regions(), Bucket: state.Bucket(a.cfg.Account.ID), StateKey: stateKey, Secrets: secretsKey,
	}
}

// managedPolicy makes a managed policy in the platform's path.
func (a *account) managedPolicy(name string, of pulumi.StringOutput, document func(string) policy.Document, parent pulumi.ResourceOption, more ...pulumi.ResourceOption) (*iam.Policy, error) {
	body := of.ApplyT(func(v string) (string, error) { return text(policy.ManagedPolicy, document(v)) }).(pulumi.StringOutput)
	return iam.NewPolicy(a.ctx, name, &iam.PolicyArgs{
		Name: pulumi.String(name), Path: pulumi.String(settings.Path), Policy: body,
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
