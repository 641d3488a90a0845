package program

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/policy"
)

// keyIsItself is why a key policy names no resource.
const keyIsItself = `in a key's policy "*" is the key itself`

// keyWindow is how many days a deleted key can be brought back, the longest there is: what it encrypts is lost with it.
const keyWindow = 30

// keyPolicy leaves a key to the account's own IAM policies and lets services use it besides.
func (a *account) keyPolicy(services ...policy.Statement) (string, error) {
	own := policy.Statement{
		Sid:        "Account",
		Principals: []policy.Principal{policy.AWS(a.global("iam", "root"))},
		Actions:    []string{"kms:*"},
		Resources:  policy.AnyResource(keyIsItself),
	}
	return policy.Document{Kind: policy.Resource, Statements: append([]policy.Statement{own}, services...)}.JSON()
}

// key makes an encryption key of one region that turns over every year.
func (a *account) key(name, description string, opts []pulumi.ResourceOption, services ...policy.Statement) (*kms.Key, error) {
	text, err := a.keyPolicy(services...)
	if err != nil {
		return nil, err
	}
	return a.keyWith(name, description, text, opts)
}

// keyWith is key with a policy given.
func (a *account) keyWith(name, description, text string, opts []pulumi.ResourceOption) (*kms.Key, error) {
	return kms.NewKey(a.ctx, name, &kms.KeyArgs{
		Description:          pulumi.String(description),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(keyWindow),
		Policy:               pulumi.String(text),
	}, opts...)
}

// secrets makes the key under which the engine encrypts secrets in the state. It is one key in two regions, so that a
// state that outlived its region can still be read.
func (a *account) secrets(parent pulumi.ResourceOption, alias string) error {
	text, err := a.keyPolicy()
	if err != nil {
		return err
	}
	home, replica := a.cfg.Region, a.cfg.State.ReplicaRegion
	primary, err := kms.NewKey(a.ctx, "secrets-key", &kms.KeyArgs{
		Description:          pulumi.String("secrets in the state of the platform's stacks"),
		MultiRegion:          pulumi.Bool(true),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(keyWindow),
		Policy:               pulumi.String(text),
	}, a.in(home, parent, a.protected())...)
	if err != nil {
		return err
	}
	a.secretsKey = primary.Arn
	copied, err := kms.NewReplicaKey(a.ctx, "secrets-key-"+replica, &kms.ReplicaKeyArgs{
		PrimaryKeyArn:        primary.Arn,
		Description:          pulumi.String("secrets in the state of the platform's stacks"),
		DeletionWindowInDays: pulumi.Int(keyWindow),
		Policy:               pulumi.String(text),
	}, a.in(replica, parent, a.protected())...)
	if err != nil {
		return err
	}
	for _, at := range []struct {
		region string
		key    pulumi.StringOutput
	}{{home, primary.KeyId}, {replica, copied.KeyId}} {
		_, err := kms.NewAlias(a.ctx, "secrets-alias-"+at.region, &kms.AliasArgs{
			Name: pulumi.String(alias), TargetKeyId: at.key,
		}, a.in(at.region, parent, a.protected())...)
		if err != nil {
			return err
		}
	}
	return nil
}
