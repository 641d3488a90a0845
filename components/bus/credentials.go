package bus

import (
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// passwordLength lies between the 16 and 128 characters of an AUTH token. Letters and digits alone avoid both what
// tokens may not hold (@, " and /) and quoting in YAML.
const passwordLength = 32

// Credentials is what the secret holds, as JSON. ECS takes one field of it by name.
type Credentials struct {
	Password string `json:"password"`
}

// ParseCredentials reads the secret's value. Its errors never quote the value.
func ParseCredentials(secret string) (Credentials, error) {
	var c Credentials
	if err := json.Unmarshal([]byte(secret), &c); err != nil {
		return c, errors.New("read bus credentials: the secret is not the JSON that this program stores")
	}
	if c.Password == "" {
		return c, errors.New("read bus credentials: the secret lacks a password")
	}
	return c, nil
}

// encryption makes the key. Its policy stays AWS's default, which leaves access to the account's IAM policies.
func (b *builder) encryption() error {
	key, err := kms.NewKey(b.ctx, b.name+"-key", &kms.KeyArgs{
		Description:          pulumi.Sprintf("Bus of %s: data at rest, snapshots and password", b.args.Stack),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30), // the longest: without the key every snapshot is lost
	}, b.child)
	if err != nil {
		return err
	}
	b.key = key
	b.bus.KeyArn = key.Arn
	_, err = kms.NewAlias(b.ctx, b.name+"-key-alias", &kms.AliasArgs{
		Name:        pulumi.Sprintf("alias/deepstreamhub/%s/bus", b.args.Stack),
		TargetKeyId: key.KeyId,
	}, b.child)
	return err
}

// credentials makes the secret. The random password differs at every run; what counts is the version's value, which
// is written once and then left alone.
func (b *builder) credentials() error {
	random := secretsmanager.GetRandomPasswordOutput(b.ctx, secretsmanager.GetRandomPasswordOutputArgs{
		PasswordLength:     pulumi.Int(passwordLength),
		ExcludePunctuation: pulumi.Bool(true),
	}, pulumi.Parent(b.bus))
	value := pulumi.ToSecret(random.RandomPassword()).(pulumi.StringOutput).ApplyT(func(password string) (string, error) {
		text, err := json.Marshal(Credentials{Password: password})
		return string(text), err
	}).(pulumi.StringOutput)

	secret, err := secretsmanager.NewSecret(b.ctx, b.name+"-secret", &secretsmanager.SecretArgs{
		Description:          pulumi.Sprintf("Bus of %s: password", b.args.Stack),
		KmsKeyId:             b.key.Arn,
		RecoveryWindowInDays: pulumi.Int(7),
	}, b.child)
	if err != nil {
		return err
	}
	b.version, err = secretsmanager.NewSecretVersion(b.ctx, b.name+"-secret-version", &secretsmanager.SecretVersionArgs{
		SecretId:     secret.ID(),
		SecretString: value,
	}, b.child, pulumi.IgnoreChanges([]string{"secretString"}))
	if err != nil {
		return err
	}
	b.bus.SecretArn = b.version.Arn // the secret's, known once it has its value
	return nil
}

// password is taken from what the version holds, never from the random function: bus and secret cannot differ.
func (b *builder) password() pulumi.StringOutput {
	return b.version.SecretString.ApplyT(func(secret *string) (string, error) {
		if secret == nil {
			return "", errors.New("read bus credentials: the secret is empty")
		}
		c, err := ParseCredentials(*secret)
		return c.Password, err
	}).(pulumi.StringOutput)
}
