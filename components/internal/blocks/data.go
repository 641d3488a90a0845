package blocks

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// KeyArgs is what a key and its alias are made from.
type KeyArgs struct {
	Name        string             // logical name of the key; the alias is that with -alias
	Prefix      string             // of its alias; empty: the project's name
	Stack       string             // whose it is
	Alias       string             // what the key is called in the stack: alias/<prefix>/<stack>/<alias>
	Description string             // of the key
	Policy      pulumi.StringInput // nil: AWS's default, which leaves access to the account's IAM policies
	Keep        bool               // AWS keeps the key when its stack goes; the alias goes, so that the next stack can take it
}

// NewKey registers a key that is rotated every year, and its alias.
func NewKey(ctx *pulumi.Context, a KeyArgs, opts ...pulumi.ResourceOption) (*kms.Key, error) {
	args := &kms.KeyArgs{
		Description:          pulumi.String(a.Description),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30), // the longest: without the key all that it encrypts is lost
	}
	if a.Policy != nil {
		args.Policy = a.Policy.ToStringOutput()
	}
	key, err := kms.NewKey(ctx, a.Name, args, slices.Concat(opts, Kept(a.Keep))...)
	if err != nil {
		return nil, err
	}
	_, err = kms.NewAlias(ctx, a.Name+"-alias", &kms.AliasArgs{
		Name:        pulumi.String("alias/" + Name(ctx, a.Prefix, a.Stack, a.Alias)),
		TargetKeyId: key.KeyId,
	}, opts...)
	return key, err
}

// Kept are the options of what AWS keeps when its stack goes. Of anything else nothing is said, so that whoever gives a component
// RetainOnDelete keeps its keys too: what is retained is encrypted under them.
func Kept(keep bool) []pulumi.ResourceOption {
	if !keep {
		return nil
	}
	return []pulumi.ResourceOption{pulumi.RetainOnDelete(true)}
}

// SecretArgs is what a secret with a random password is made from.
type SecretArgs struct {
	Name        string // logical name of the secret; its version is that with -version
	Description string
	Key         pulumi.StringInput // ARN of the key that it is encrypted under
	Length      int                // of the password, in characters: letters and digits alone, which need no quoting anywhere
	Rotation    Rotation           // what this run does to a password that is there
	Value       func(password string) (string, error)
}

// Rotation is what a run does to a password that is there.
type Rotation string

// What a run can do to a password. A rotation takes two: between them is time for those who use it.
const (
	Keep   Rotation = ""       // nothing: the password stays, and what rotations have come to
	Begin  Rotation = "begin"  // take a new one; a rotation is under way from then on
	Finish Rotation = "finish" // have no other password be valid any more; the rotation is over
)

// Validate refuses what is none of the constants.
func (r Rotation) Validate() error {
	if r != Keep && r != Begin && r != Finish {
		return fmt.Errorf("rotation %q: must be empty, %s or %s", string(r), Begin, Finish)
	}
	return nil
}

// Staging labels of the secret's version that holds the password, which say what rotations have come to. A secret that was
// never rotated has neither. Secrets Manager takes labels of one's own beside AWSCURRENT ("Secret versions", AWS Secrets
// Manager User Guide).
const (
	StageRotating = "rotating" // one is under way: the password before may be valid too
	StageRotated  = "rotated"  // the last one is over
	stageCurrent  = "AWSCURRENT"
)

// Secret is a secret that holds a password.
type Secret struct{ version *secretsmanager.SecretVersion }

// NewSecret registers a secret and its value. The random password differs at every run; what counts is the version's value,
// which is left alone until a rotation begins. Then another version takes its place, which protection would forbid: what is
// protected is the secret.
func NewSecret(ctx *pulumi.Context, a SecretArgs, opts ...pulumi.ResourceOrInvokeOption) (*Secret, error) {
	var toInvoke []pulumi.InvokeOption
	var toRegister []pulumi.ResourceOption
	for _, o := range opts {
		toInvoke, toRegister = append(toInvoke, o), append(toRegister, o)
	}
	random := secretsmanager.GetRandomPasswordOutput(ctx, secretsmanager.GetRandomPasswordOutputArgs{
		PasswordLength:     pulumi.Int(a.Length),
		ExcludePunctuation: pulumi.Bool(true),
	}, toInvoke...)
	secret, err := secretsmanager.NewSecret(ctx, a.Name, &secretsmanager.SecretArgs{
		Description:          pulumi.String(a.Description),
		KmsKeyId:             a.Key.ToStringOutput(),
		RecoveryWindowInDays: pulumi.Int(7),
	}, toRegister...)
	if err != nil {
		return nil, err
	}
	args := &secretsmanager.SecretVersionArgs{
		SecretId:     secret.ID(),
		SecretString: pulumi.ToSecret(random.RandomPassword()).(pulumi.StringOutput).ApplyT(a.Value).(pulumi.StringOutput),
	}
	kept := []string{"secretString", "versionStages"}
	switch a.Rotation {
	case Begin:
		kept, args.VersionStages = nil, pulumi.ToStringArray([]string{stageCurrent, StageRotating})
	case Finish:
		kept, args.VersionStages = []string{"secretString"}, pulumi.ToStringArray([]string{stageCurrent, StageRotated})
	}
	version, err := secretsmanager.NewSecretVersion(ctx, a.Name+"-version", args,
		append(toRegister, pulumi.IgnoreChanges(kept), pulumi.Protect(false))...)
	return &Secret{version}, err
}

// VersionID tells the passwords of a secret apart.
func (s *Secret) VersionID() pulumi.StringOutput { return s.version.VersionId }

// Rotated is whether the password was changed and the one before it must not be valid any more.
func (s *Secret) Rotated() pulumi.BoolOutput {
	return s.version.VersionStages.ApplyT(func(stages []string) bool { return slices.Contains(stages, StageRotated) }).(pulumi.BoolOutput)
}

// Arn is the secret's, known once it has its value.
func (s *Secret) Arn() pulumi.StringOutput { return s.version.Arn }

// Value is what the version holds, never what the random function gave: what is set from it and the secret cannot differ.
func (s *Secret) Value() pulumi.StringOutput {
	return s.version.SecretString.ApplyT(func(value *string) (string, error) {
		if value == nil {
			return "", errors.New("the secret is empty")
		}
		return *value, nil
	}).(pulumi.StringOutput)
}

// ClientAccessArgs is what lets clients reach a server and nothing else.
type ClientAccessArgs struct {
	Name     string // of the tier; the groups are <name>-sg and <name>-client, the rules <name>-from-client and <name>-client-to
	VpcID    pulumi.StringInput
	Port     int    // TCP
	Server   string // what listens, "PostgreSQL storage"
	Protocol string // what is spoken, "PostgreSQL"
}

// ClientAccess is a server's group and its clients', each naming the other. Neither has any further rule, so that the server
// cannot call out and the clients' group opens nothing else.
type ClientAccess struct {
	Server, Client *ec2.SecurityGroup
	Rules          []pulumi.Resource // without them nobody gets through
}

// NewClientAccess registers both groups and the two rules between them.
func NewClientAccess(ctx *pulumi.Context, a ClientAccessArgs, opts ...pulumi.ResourceOption) (*ClientAccess, error) {
	server, err := ec2.NewSecurityGroup(ctx, a.Name+"-sg", &ec2.SecurityGroupArgs{
		VpcId:       a.VpcID.ToStringOutput(),
		Description: pulumi.String(a.Server),
	}, opts...)
	if err != nil {
		return nil, err
	}
	client, err := ec2.NewSecurityGroup(ctx, a.Name+"-client", &ec2.SecurityGroupArgs{
		VpcId:       a.VpcID.ToStringOutput(),
		Description: pulumi.String("May connect to " + a.Server),
	}, opts...)
	if err != nil {
		return nil, err
	}
	ingress, err := vpc.NewSecurityGroupIngressRule(ctx, a.Name+"-from-client", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           server.ID(),
		ReferencedSecurityGroupId: client.ID(),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(a.Port),
		ToPort:                    pulumi.Int(a.Port),
		Description:               pulumi.String(a.Protocol + " from clients"),
	}, opts...)
	if err != nil {
		return nil, err
	}
	egress, err := vpc.NewSecurityGroupEgressRule(ctx, a.Name+"-client-to", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId:           client.ID(),
		ReferencedSecurityGroupId: server.ID(),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(a.Port),
		ToPort:                    pulumi.Int(a.Port),
		Description:               pulumi.String(a.Protocol),
	}, opts...)
	return &ClientAccess{server, client, []pulumi.Resource{ingress, egress}}, err
}
