package program

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/service"
	"github.com/deepstreamhub/platform/internal/config"
)

// found is a secret that somebody put into Secrets Manager, and what reading it takes.
type found struct {
	arn string // with the six characters that Secrets Manager appended to its name: a task definition takes nothing less
	key string // ARN of the customer's key that it is encrypted under; empty for AWS's own, which needs no right
}

// lookUpSecrets finds what services.*.secrets name before anything is registered, and names everything that is not
// there. Nothing of a secret's value is read: neither the program nor the state ever has it.
func (r *region) lookUpSecrets() error {
	r.secrets = map[string]found{}
	var problems []error
	for _, service := range slices.Sorted(maps.Keys(r.cfg.Services)) {
		of := r.cfg.Services[service].Secrets
		for _, variable := range slices.Sorted(maps.Keys(of)) {
			name := of[variable]
			if _, known := r.secrets[name]; known {
				continue
			}
			secret, err := r.lookUpSecret(name)
			if err != nil {
				problems = append(problems, fmt.Errorf("services.%s.secrets.%s: look up secret %s in %s: %w", service, variable, name, r.cfg.Region, err))
				continue
			}
			r.secrets[name] = secret
		}
	}
	return errors.Join(problems...)
}

func (r *region) lookUpSecret(name string) (found, error) {
	secret, err := secretsmanager.LookupSecret(r.ctx, &secretsmanager.LookupSecretArgs{Name: &name}, pulumi.Provider(r.aws))
	if err != nil {
		return found{}, err
	}
	if own := secret.Tags[stackTag]; own != r.stack && r.cfg.Platform.PermissionsBoundary != config.NoBoundary {
		return found{}, fmt.Errorf("it needs the tag %s: %s (it has %q), and so does its key: roles read what is their stack's, and nothing else", stackTag, r.stack, own)
	}
	if secret.KmsKeyId == "" {
		return found{arn: secret.Arn}, nil
	}
	// What the secret was made with: an id, an ARN or an alias. A policy takes only a key's own ARN.
	key, err := kms.LookupKey(r.ctx, &kms.LookupKeyArgs{KeyId: secret.KmsKeyId}, pulumi.Provider(r.aws))
	if err != nil {
		return found{}, fmt.Errorf("its key %s: %w", secret.KmsKeyId, err)
	}
	switch {
	case !key.Enabled:
		return found{}, fmt.Errorf("its key %s is %s: tasks could not start", secret.KmsKeyId, key.KeyState)
	case key.KeyManager == "AWS":
		return found{arn: secret.Arn}, nil
	}
	return found{arn: secret.Arn, key: key.Arn}, nil
}

// giveSecrets has a service's tasks find secrets in their environment. The role that ECS starts them with may read these
// and no others, and use the keys of these.
func (r *region) giveSecrets(args *service.Args, secrets map[string]string) {
	keys := map[string]bool{}
	args.Secrets = map[string]service.Secret{}
	for variable, name := range secrets {
		secret := r.secrets[name]
		args.Secrets[variable] = service.Secret{Arn: pulumi.String(secret.arn)}
		if secret.key != "" {
			keys[secret.key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		args.SecretKeyArns = append(args.SecretKeyArns, pulumi.String(key))
	}
}
