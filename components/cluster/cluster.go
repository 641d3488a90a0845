package cluster

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:cluster:Cluster"

// Args is what a Cluster is made from.
type Args struct {
	Stack  string // part of the names of ECS Exec's log group and of the keys of logs
	Region string // the provider's region

	VpcID            pulumi.StringInput      `pulumi:"vpcId"`            // where the hosts' security group lives
	PrivateSubnetIDs pulumi.StringArrayInput `pulumi:"privateSubnetIds"` // one per zone; hosts spread over them
	Egress           []pulumi.Resource       // what has to exist before a host can call out
	IPv6             bool                    `pulumi:"ipv6"` // whether hosts call out by IPv6 too

	AMI          string // pinned id of an ECS-optimised Amazon Linux 2023 image in the provider's region
	InstanceType string // of the image's architecture, such as m6g.large
	// OtherTypes are what hosts may also be, of the same architecture, in order of preference: with them a fleet still
	// grows when AWS has run out of the first.
	OtherTypes    []string
	SpotPercent   int     // how many of the hosts above MinHosts are spot instances, 0 to 100
	WarmHosts     int     // stopped hosts that wait to be started; not together with OtherTypes or SpotPercent
	DeleteSeconds int     // that the hosts are waited for when the group goes
	Refresh       Refresh // the pace at which hosts are replaced
	SessionLog    string  // log group in which Session Manager logs sessions on hosts; empty for none
	ExecLogDays   int     // how long sessions of ECS Exec are kept, one of the numbers that CloudWatch Logs accepts; 0 is no ECS Exec
	MinHosts      int     // at least one
	MinTasks      int     // how many tasks all services on the cluster run at least; at least one
	MaxHosts      int     // from MinHosts to 5000
	RootVolumeGiB int     // 30 to 16384

	NamePrefix string            // what names that people look for begin with, before Stack; empty: the project's name
	Tags       map[string]string // put on everything that takes tags, instances and volumes too, which AWS makes; tags of a transformation in the options win
}

// Refresh is the pace at which hosts are replaced when their template changes.
type Refresh struct {
	MinHealthyPercent int   // of the hosts; 100 keeps every host until its replacement is in service
	MaxHealthyPercent int   // of the hosts, up to 100 above the least
	Checkpoints       []int // percent of the hosts replaced, after each of which it waits; ends with 100; may be empty
	CheckpointDelay   int   // seconds that it waits, up to 172800
}

var (
	amiPattern      = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	logGroupPattern = regexp.MustCompile(`^[A-Za-z0-9_./#-]{1,512}$`) // CreateLogGroup
	instancePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
)

const (
	minRootGiB = 30    // the size of the ECS-optimised Amazon Linux 2023 image; a volume cannot be smaller
	maxRootGiB = 16384 // gp3 (Amazon EBS User Guide, "General Purpose SSD volumes")
	// mostOtherTypes are the overrides of a group (Auto Scaling API, LaunchTemplate), less the first type's.
	mostOtherTypes = 40 - 1
	// maxName keeps the name of the hosts' role within IAM's 64 characters.
	maxName   = 64 - blocks.AutoName - len(hostSuffix)
	mostHosts = 5000 // container instances in one cluster (ECS Developer Guide, "Amazon ECS service quotas")
)

// Validate returns every problem with the arguments at once.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	problems := slices.Concat(
		blocks.NameProblems(a.NamePrefix, a.Tags),
		[]error{blocks.PlainProblem("stack", a.Stack, blocks.MaxStack), blocks.RegionProblem("region", a.Region)},
		blocks.MissingProblems(blocks.Given{Of: "vpc id", Value: a.VpcID}),
		blocks.ListProblems("private subnet ids", a.PrivateSubnetIDs, 1, "the hosts need one"),
		blocks.EntryProblems("egress", a.Egress),
	)
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	if !amiPattern.MatchString(a.AMI) {
		problem("ami %q: must be an image id such as ami-0123456789abcdef0", a.AMI)
	}
	if !instancePattern.MatchString(a.InstanceType) {
		problem("instance type %q: must be of the form m6g.large", a.InstanceType)
	}
	if len(a.OtherTypes) > mostOtherTypes {
		problem("other types: %d given, a group takes %d beside the first", len(a.OtherTypes), mostOtherTypes)
	}
	for _, other := range a.OtherTypes {
		if !instancePattern.MatchString(other) || other == a.InstanceType {
			problem("other type %q: must be of the form m6g.large and not the first, %s", other, a.InstanceType)
		}
	}
	if a.SpotPercent < 0 || a.SpotPercent > 100 {
		problem("spot percent %d: must be 0 to 100", a.SpotPercent)
	}
	if a.WarmHosts < 0 || a.WarmHosts > a.MaxHosts {
		problem("warm hosts %d: must be 0 to max hosts, %d", a.WarmHosts, a.MaxHosts)
	}
	if a.WarmHosts > 0 && a.mixed() {
		problem("warm hosts %d: a group of mixed types or with spot instances has no warm pool", a.WarmHosts)
	}
	if a.DeleteSeconds < 60 {
		problem("delete seconds %d: must be at least 60", a.DeleteSeconds)
	}
	if a.ExecLogDays != 0 {
		problems = append(problems, blocks.LogDaysProblem("exec log days", a.ExecLogDays))
	}
	if a.SessionLog != "" && !logGroupPattern.MatchString(a.SessionLog) {
		problem("session log %q: must be the name of a log group", a.SessionLog)
	}
	if a.MinHosts < 1 {
		problem("min hosts %d: must be at least 1", a.MinHosts)
	}
	if a.MinTasks < 1 {
		problem("min tasks %d: must be at least 1", a.MinTasks)
	}
	if a.MaxHosts < a.MinHosts || a.MaxHosts > mostHosts {
		problem("max hosts %d: must be from min hosts, %d, to %d", a.MaxHosts, a.MinHosts, mostHosts)
	}
	if a.RootVolumeGiB < minRootGiB || a.RootVolumeGiB > maxRootGiB {
		problem("root volume %d GiB: must be %d to %d", a.RootVolumeGiB, minRootGiB, maxRootGiB)
	}
	return errors.Join(append(problems, a.Refresh.problems()...)...)
}

// takenNames are what names of capacity providers may not begin with (ECS API, CreateCapacityProvider).
var takenNames = []string{"aws", "ecs", "fargate"}

// checkName looks at the name, from which those of the cluster, of the hosts' role and of the capacity provider are made.
func checkName(name string) error {
	for _, taken := range takenNames {
		if strings.HasPrefix(name, taken) {
			return fmt.Errorf("name %q: must not begin with %s, which AWS keeps to itself", name, taken)
		}
	}
	return blocks.PlainProblem("name", name, maxName)
}

func (r Refresh) problems() (problems []error) {
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	if r.MinHealthyPercent < 0 || r.MinHealthyPercent > 100 || r.MaxHealthyPercent < 100 || r.MaxHealthyPercent-r.MinHealthyPercent > 100 {
		problem("refresh from %d to %d percent: must be 0 to 100, and from 100 to 100 above that", r.MinHealthyPercent, r.MaxHealthyPercent)
	}
	if c := r.Checkpoints; len(c) > 0 && (!slices.IsSorted(c) || c[0] < 1 || c[len(c)-1] != 100) {
		problem("refresh checkpoints %d: must rise from at least 1 to 100", c)
	}
	if r.CheckpointDelay < 0 || r.CheckpointDelay > 172800 {
		problem("refresh checkpoint delay %d: must be 0 to 172800 seconds", r.CheckpointDelay)
	}
	return problems
}

// mixed reports whether the group needs a policy on which instances it is made of.
func (a *Args) mixed() bool { return len(a.OtherTypes) > 0 || a.SpotPercent > 0 }

// Cluster is an ECS cluster and the hosts it runs on.
type Cluster struct {
	pulumi.ResourceState

	ClusterArn           pulumi.StringOutput
	ClusterName          pulumi.StringOutput
	CapacityProviderName pulumi.StringOutput
	AutoScalingGroupName pulumi.StringOutput
	HostSecurityGroupID  pulumi.StringOutput

	// ExecLogGroupArn and ExecKeyArn are where ECS Exec logs and what it encrypts with; nil without it.
	ExecLogGroupArn pulumi.StringInput
	ExecKeyArn      pulumi.StringInput

	// Ready must exist before a service that names the capacity provider, and must be deleted after it: AWS refuses
	// to take a capacity provider away from a cluster while a service uses it.
	Ready []pulumi.Resource
}

// builder holds what the steps of New hand to each other.
type builder struct {
	ctx     *pulumi.Context
	name    string
	args    *Args
	child   pulumi.ResourceOption // makes a resource a child of the cluster
	cluster *Cluster

	ecs      *ecs.Cluster
	hostArn  pulumi.StringOutput // of the hosts' role
	hostRole *iam.Role
	// sessions is the cluster's configuration of ECS Exec; nil without it.
	sessions *ecs.ClusterConfigurationExecuteCommandConfigurationArgs
	profile  *iam.InstanceProfile
	group    *ec2.SecurityGroup
	hosts    *autoscaling.Group
	boot     []pulumi.Resource // what has to exist before a host can start and register
}

// New registers a Cluster. It refuses invalid arguments before registering anything.
//
// The order in which its parts refer to each other is also the order in which they can be deleted, backwards: the
// cluster's use of the capacity provider, the capacity provider, the hosts, the cluster. Hosts that outlived their
// cluster would keep it from being deleted, and nothing but the template's user data ties them to it.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if err := errors.Join(checkName(name), args.Validate()); err != nil {
		return nil, fmt.Errorf("create cluster %s: %w", name, err)
	}
	c := &Cluster{}
	if err := blocks.Register(ctx, Type, name, args, args.Tags, c, opts); err != nil {
		return nil, fmt.Errorf("create cluster %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(c), cluster: c, boot: slices.Clone(args.Egress)}
	for _, step := range []func() error{
		b.role, b.sessionLog, b.exec, b.ecsCluster, b.insights, b.access, b.fleet, b.capacity,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("create cluster %s: %w", name, err)
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"clusterArn":           c.ClusterArn,
		"clusterName":          c.ClusterName,
		"capacityProviderName": c.CapacityProviderName,
		"hostSecurityGroupId":  c.HostSecurityGroupID,
	})
}

func (b *builder) ecsCluster() error {
	args := &ecs.ClusterArgs{
		Settings: ecs.ClusterSettingArray{&ecs.ClusterSettingArgs{
			Name:  pulumi.String("containerInsights"),
			Value: pulumi.String("enabled"),
		}},
	}
	if b.sessions != nil {
		args.Configuration = &ecs.ClusterConfigurationArgs{ExecuteCommandConfiguration: b.sessions}
	}
	cluster, err := ecs.NewCluster(b.ctx, b.name+"-ecs", args, b.child)
	if err != nil {
		return err
	}
	b.ecs = cluster
	b.cluster.ClusterArn = cluster.Arn
	b.cluster.ClusterName = cluster.Name
	return nil
}
