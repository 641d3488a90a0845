package bus

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
	"github.com/deepstreamhub/platform/internal/parameters"
	"github.com/deepstreamhub/platform/internal/windows"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:bus:Bus"

const (
	port   = 6379
	engine = "valkey"
)

// Args is what a Bus is made from.
type Args struct {
	Stack     string                  // part of the key's alias
	VpcID     pulumi.StringInput      `pulumi:"vpcId"`     // where its security groups live
	SubnetIDs pulumi.StringArrayInput `pulumi:"subnetIds"` // isolated data subnets, one per zone

	EngineVersion         string // Valkey version, major.minor
	NodeType              string // such as cache.r7g.large
	Replicas              int    // 1 to 5, beside the primary
	SnapshotRetentionDays int    // 0 to 35; 0 takes no snapshots

	// Parameters of the parameter group, by name, beside or instead of parameters.ValkeyDefaults. None takes effect only in a
	// new group.
	Parameters        map[string]string
	SnapshotWindow    string // when AWS takes the snapshot of a day, hh24:mi-hh24:mi in UTC, 60 minutes or more; empty: windows.Backup
	MaintenanceWindow string // when AWS maintains the nodes, ddd:hh24:mi-ddd:hh24:mi in UTC, 60 minutes or more, apart from SnapshotWindow; empty: windows.Maintenance

	// Rotation is a step of changing the password. Whoever uses it has to have read the new one before Finish.
	Rotation Rotation `pulumi:"-"`

	NamePrefix string            // what names that people look for begin with, before Stack; empty: the project's name
	Tags       map[string]string // put on everything that takes tags; tags of a transformation in the options win
}

var (
	nodePattern = regexp.MustCompile(`^cache\.[a-z0-9]+\.[a-z0-9]+$`)
	// versionPattern is what the provider takes for Valkey (its validValkeyVersionString).
	versionPattern = regexp.MustCompile(`^([7-9])\.\d+$`)
)

const (
	maxGroupName = 40 - blocks.AutoName // a replication group's id has at most 40 characters (CreateReplicationGroup)
	groupSuffix  = "-group"
)

// Validate returns every problem with the arguments at once.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	problems := append(blocks.NameProblems(a.NamePrefix, a.Tags), blocks.DashedProblem("stack", a.Stack, blocks.MaxStack))
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	problems = append(problems, blocks.MissingProblems(blocks.Given{Of: "vpc id", Value: a.VpcID})...)
	problems = append(problems, blocks.ListProblems("subnet ids", a.SubnetIDs, 2, "primary and replica need 2 zones")...)
	if _, err := ParameterFamily(a.EngineVersion); err != nil {
		problems = append(problems, err)
	}
	if !nodePattern.MatchString(a.NodeType) {
		problem("node type %q: must be of the form cache.r7g.large", a.NodeType)
	}
	// CreateReplicationGroup: up to five replicas, and failover needs one.
	if a.Replicas < 1 || a.Replicas > 5 {
		problem("replicas %d: must be 1 to 5", a.Replicas)
	}
	if a.SnapshotRetentionDays < 0 || a.SnapshotRetentionDays > 35 {
		problem("snapshot retention days %d: must be 0 to 35", a.SnapshotRetentionDays)
	}
	if err := a.Rotation.Validate(); err != nil {
		problems = append(problems, err)
	}
	problems = append(problems, blocks.ParameterProblems(a.Parameters, func(name string) string {
		return parameters.ValkeyRule(a.Parameters, name, a.EngineVersion, a.Replicas)
	})...)
	problems = append(problems, blocks.WindowProblems("snapshot", a.snapshotWindow(), a.maintenanceWindow(), windows.ShortestOfElastiCache)...)
	return errors.Join(problems...)
}

func (a *Args) snapshotWindow() string { return cmp.Or(a.SnapshotWindow, windows.Backup) }

func (a *Args) maintenanceWindow() string { return cmp.Or(a.MaintenanceWindow, windows.Maintenance) }

// checkName refuses component names from which no replication group id can be made.
func checkName(name string) error {
	return blocks.DashedProblem("name", name, maxGroupName-len(groupSuffix))
}

// ParameterFamily returns the family of a parameter group for an engine version, valkey8 for 8.0. It refuses versions
// that are not major.minor, which is all that ElastiCache lets one choose.
func ParameterFamily(engineVersion string) (string, error) {
	m := versionPattern.FindStringSubmatch(engineVersion)
	if m == nil {
		return "", fmt.Errorf("engine version %q: must be a Valkey version, major.minor, from 7 to 9", engineVersion)
	}
	return engine + m[1], nil
}

// Bus is a Valkey replication group.
type Bus struct {
	pulumi.ResourceState

	ReplicationGroupID pulumi.StringOutput // how metrics name it

	PrimaryEndpoint pulumi.StringOutput // host name that always leads to the primary; TLS only
	Port            pulumi.IntOutput

	SecretArn     pulumi.StringOutput // secret holding JSON with "password"; known once it has its value
	SecretVersion pulumi.StringOutput // id of the secret's version: another one is another password
	KeyArn        pulumi.StringOutput // key that the secret is encrypted under

	ClientSecurityGroupID pulumi.StringOutput // whoever carries this group may connect

	// Ready must exist before anybody can connect. Who has an endpoint has waited for the cache itself.
	Ready []pulumi.Resource
}

// builder holds what the steps of New hand to each other.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  *Args
	child pulumi.ResourceOrInvokeOption // makes a resource a child of the bus
	bus   *Bus

	key    *kms.Key
	secret *blocks.Secret
	group  *ec2.SecurityGroup
}

// New registers a Bus. It refuses invalid arguments before registering anything.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Bus, error) {
	if err := errors.Join(checkName(name), args.Validate()); err != nil {
		return nil, fmt.Errorf("create bus %s: %w", name, err)
	}
	s := &Bus{}
	if err := blocks.Register(ctx, Type, name, args, args.Tags, s, opts); err != nil {
		return nil, fmt.Errorf("create bus %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(s), bus: s}
	for _, step := range []func() error{b.encryption, b.credentials, b.access, b.valkey} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("create bus %s: %w", name, err)
		}
	}
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{
		"primaryEndpoint":       s.PrimaryEndpoint,
		"port":                  s.Port,
		"secretArn":             s.SecretArn,
		"keyArn":                s.KeyArn,
		"clientSecurityGroupId": s.ClientSecurityGroupID,
	})
}
