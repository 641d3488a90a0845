package database

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// passwordLength is far beyond guessing with letters and digits alone, which need no quoting in a URL, shell or YAML.
const passwordLength = 32

// Credentials is what the secret holds, as JSON. ECS takes one field of it by name.
type Credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// ParseCredentials reads the secret's value. Its errors never quote the value.
func ParseCredentials(secret string) (Credentials, error) {
	var c Credentials
	if err := json.Unmarshal([]byte(secret), &c); err != nil {
		return c, errors.New("read database credentials: the secret is not the JSON that this program stores")
	}
	if c.Username == "" || c.Password == "" {
		return c, errors.New("read database credentials: the secret lacks username or password")
	}
	return c, nil
}

// encryption makes the key. Its policy stays AWS's default, which leaves access to the account's IAM policies.
//
// Whatever outlives the cluster is encrypted under it: its final snapshot, and the recovery points that AWS Backup took in
// the region. So it is left alone when there is a final snapshot; AWS would otherwise delete it, and nobody could restore
// anything. The alias goes with the stack, so that the next stack of the name can take it.
func (b *builder) encryption() error {
	key, err := kms.NewKey(b.ctx, b.name+"-key", &kms.KeyArgs{
		Description:          pulumi.Sprintf("Database of %s: storage, snapshots and password", b.args.Stack),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30), // the longest: without the key every snapshot is lost
	}, b.child, pulumi.RetainOnDelete(b.args.FinalSnapshot))
	if err != nil {
		return err
	}
	b.key = key
	b.db.KeyArn = key.Arn
	_, err = kms.NewAlias(b.ctx, b.name+"-key-alias", &kms.AliasArgs{
		Name:        pulumi.Sprintf("alias/deepstreamhub/%s/database", b.args.Stack),
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
	}, pulumi.Parent(b.db))
	value := pulumi.ToSecret(random.RandomPassword()).(pulumi.StringOutput).ApplyT(func(password string) (string, error) {
		text, err := json.Marshal(Credentials{Username: masterUsername, Password: password})
		return string(text), err
	}).(pulumi.StringOutput)

	secret, err := secretsmanager.NewSecret(b.ctx, b.name+"-secret", &secretsmanager.SecretArgs{
		Description:          pulumi.Sprintf("Database of %s: master user", b.args.Stack),
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
	b.db.SecretArn = b.version.Arn // the secret's, known once it has its value
	return nil
}

// password is taken from what the version holds, never from the random function: cluster and secret cannot differ.
func (b *builder) password() pulumi.StringOutput {
	return b.version.SecretString.ApplyT(func(secret *string) (string, error) {
		if secret == nil {
			return "", fmt.Errorf("read database credentials: the secret is empty")
		}
		c, err := ParseCredentials(*secret)
		return c.Password, err
	}).(pulumi.StringOutput)
}
