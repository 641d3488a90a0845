package database

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
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

// encryption makes the key of storage, snapshots and password.
//
// Whatever outlives the cluster is encrypted under it: its final snapshot, and the recovery points that AWS Backup took in
// the region. So it is left alone when there is a final snapshot; AWS would otherwise delete it, and nobody could restore
// anything.
func (b *builder) encryption() error {
	var err error
	b.key, err = blocks.NewKey(b.ctx, blocks.KeyArgs{
		Name: b.name + "-key", Prefix: b.args.NamePrefix, Stack: b.args.Stack, Alias: b.name, Keep: b.args.FinalSnapshot,
		Description: fmt.Sprintf("Database of %s: storage, snapshots and password", b.args.Stack),
	}, b.child)
	if err != nil {
		return err
	}
	b.db.KeyArn = b.key.Arn
	return nil
}

// credentials makes the secret.
func (b *builder) credentials() error {
	var err error
	b.secret, err = blocks.NewSecret(b.ctx, blocks.SecretArgs{
		Name: b.name + "-secret", Description: fmt.Sprintf("Database of %s: master user", b.args.Stack), Key: b.key.Arn, Length: passwordLength,
		Rotation: b.args.Rotation,
		Value: func(password string) (string, error) {
			text, err := json.Marshal(Credentials{Username: masterUsername, Password: password})
			return string(text), err
		},
	}, b.child)
	if err != nil {
		return err
	}
	b.db.SecretArn = b.secret.Arn()
	return nil
}

// password is the one in the secret.
func (b *builder) password() pulumi.StringOutput {
	return b.secret.Value().ApplyT(func(secret string) (string, error) {
		c, err := ParseCredentials(secret)
		return c.Password, err
	}).(pulumi.StringOutput)
}
