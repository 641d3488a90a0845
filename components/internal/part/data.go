package part

import (
	"errors"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The week's quiet hours of both regions, in UTC: Sunday night. AWS requires the two not to overlap.
const (
	BackupWindow      = "02:00-03:00"
	MaintenanceWindow = "sun:03:30-sun:04:30"
)

// KeyArgs is what a key and its alias are made from.
type KeyArgs struct {
	Name        string             // logical name of the key; the alias is that with -alias
	Stack       string             // whose it is
	Alias       string             // what the key is called in the stack: alias/<project>/<stack>/<alias>
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
	key, err := kms.NewKey(ctx, a.Name, args, slices.Concat(opts, []pulumi.ResourceOption{pulumi.RetainOnDelete(a.Keep)})...)
	if err != nil {
		return nil, err
	}
	_, err = kms.NewAlias(ctx, a.Name+"-alias", &kms.AliasArgs{
		Name:        pulumi.String("alias/" + Name(ctx, a.Stack, a.Alias)),
		TargetKeyId: key.KeyId,
	}, opts...)
	return key, err
}

// SecretArgs is what a secret with a random password is made from.
type SecretArgs struct {
	Name        string // logical name of the secret; its version is that with -version
	Description string
	Key         pulumi.StringInput // ARN of the key that it is encrypted under
	Length      int                // of the password, in characters: letters and digits alone, which need no quoting anywhere
	Value       func(password string) (string, error)
}

// Secret is a secret that was given its value once.
type Secret struct{ version *secretsmanager.SecretVersion }

// NewSecret registers a secret and its value. The random password differs at every run; what counts is the version's
// value, which is written once and then left alone.
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
	version, err := secretsmanager.NewSecretVersion(ctx, a.Name+"-version", &secretsmanager.SecretVersionArgs{
		SecretId:     secret.ID(),
		SecretString: pulumi.ToSecret(random.RandomPassword()).(pulumi.StringOutput).ApplyT(a.Value).(pulumi.StringOutput),
	}, append(toRegister, pulumi.IgnoreChanges([]string{"secretString"}))...)
	return &Secret{version}, err
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

// DoorArgs is what lets clients reach a server and nothing else.
type DoorArgs struct {
	Name     string // of the tier; the groups are <name>-sg and <name>-client, the rules <name>-from-client and <name>-client-to
	VpcID    pulumi.StringInput
	Port     int    // TCP
	Server   string // what listens, "PostgreSQL storage"
	Protocol string // what is spoken, "PostgreSQL"
}

// Door is a server's group and its clients', each naming the other. Neither has any further rule, so that the server
// cannot call out and the clients' group opens nothing else.
type Door struct {
	Server, Client *ec2.SecurityGroup
	Rules          []pulumi.Resource // without them nobody gets through
}

// NewDoor registers both groups and the two rules between them.
func NewDoor(ctx *pulumi.Context, a DoorArgs, opts ...pulumi.ResourceOption) (*Door, error) {
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
	return &Door{server, client, []pulumi.Resource{ingress, egress}}, err
}
