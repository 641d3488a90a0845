package bus

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
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

// encryption makes the key of the data at rest, of snapshots and of the password.
func (b *builder) encryption() error {
	var err error
	b.key, err = blocks.NewKey(b.ctx, blocks.KeyArgs{
		Name: b.name + "-key", Prefix: b.args.NamePrefix, Stack: b.args.Stack, Alias: b.name,
		Description: fmt.Sprintf("Bus of %s: data at rest, snapshots and password", b.args.Stack),
	}, b.child)
	if err != nil {
		return err
	}
	b.bus.KeyArn = b.key.Arn
	return nil
}

// credentials makes the secret.
func (b *builder) credentials() error {
	var err error
	b.secret, err = blocks.NewSecret(b.ctx, blocks.SecretArgs{
		Name: b.name + "-secret", Description: fmt.Sprintf("Bus of %s: password", b.args.Stack), Key: b.key.Arn, Length: passwordLength,
		Rotation: b.args.Rotation,
		Value: func(password string) (string, error) {
			text, err := json.Marshal(Credentials{Password: password})
			return string(text), err
		},
	}, b.child)
	if err != nil {
		return err
	}
	b.bus.SecretArn, b.bus.SecretVersion = b.secret.Arn(), b.secret.VersionID()
	return nil
}

// password is the one in the secret.
func (b *builder) password() pulumi.StringOutput {
	return b.secret.Value().ApplyT(func(secret string) (string, error) {
		c, err := ParseCredentials(secret)
		return c.Password, err
	}).(pulumi.StringOutput)
}
