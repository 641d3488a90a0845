package cluster

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:cluster:Cluster"

// Args is what a Cluster is made from.
type Args struct {
	VpcID            pulumi.StringInput      // where the hosts' security group lives
	PrivateSubnetIDs pulumi.StringArrayInput // one per zone; hosts spread over them
	Egress           []pulumi.Resource       // what has to exist before a host can call out

	AMI           string            // pinned id of an ECS-optimised Amazon Linux 2023 image in the provider's region
	InstanceType  string            // of the image's architecture, such as m6g.large
	MinHosts      int               // at least one
	MaxHosts      int               // from MinHosts to 5000
	RootVolumeGiB int               // 30 to 16384
	Tags          map[string]string // put on instances and volumes, which AWS makes and no resource here stands for
}

var (
	amiPattern      = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	instancePattern = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
)

const (
	minRootGiB = 30    // the size of the ECS-optimised Amazon Linux 2023 image; a volume cannot be smaller
	maxRootGiB = 16384 // gp3 (Amazon EBS User Guide, "General Purpose SSD volumes")
	mostHosts  = 5000  // container instances in one cluster (ECS Developer Guide, "Amazon ECS service quotas")
)

// Validate returns every problem with the arguments at once.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	var problems []error
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	if a.VpcID == nil {
		problem("vpc id: missing")
	}
	if a.PrivateSubnetIDs == nil {
		problem("private subnet ids: missing")
	}
	if !amiPattern.MatchString(a.AMI) {
		problem("ami %q: must be an image id such as ami-0123456789abcdef0", a.AMI)
	}
	if !instancePattern.MatchString(a.InstanceType) {
		problem("instance type %q: must be of the form m6g.large", a.InstanceType)
	}
	if a.MinHosts < 1 {
		problem("min hosts %d: must be at least 1", a.MinHosts)
	}
	if a.MaxHosts < a.MinHosts || a.MaxHosts > mostHosts {
		problem("max hosts %d: must be from min hosts, %d, to %d", a.MaxHosts, a.MinHosts, mostHosts)
	}
	if a.RootVolumeGiB < minRootGiB || a.RootVolumeGiB > maxRootGiB {
		problem("root volume %d GiB: must be %d to %d", a.RootVolumeGiB, minRootGiB, maxRootGiB)
	}
	return errors.Join(problems...)
}

func (a *Args) inputs() pulumi.Map {
	return pulumi.Map{
		"vpcId":            a.VpcID,
		"privateSubnetIds": a.PrivateSubnetIDs,
		"ami":              pulumi.String(a.AMI),
		"instanceType":     pulumi.String(a.InstanceType),
		"minHosts":         pulumi.Int(a.MinHosts),
		"maxHosts":         pulumi.Int(a.MaxHosts),
		"rootVolumeGiB":    pulumi.Int(a.RootVolumeGiB),
		"tags":             pulumi.ToStringMap(a.Tags),
	}
}

// Cluster is an ECS cluster and the hosts it runs on.
type Cluster struct {
	pulumi.ResourceState

	ClusterArn           pulumi.StringOutput
	ClusterName          pulumi.StringOutput
	CapacityProviderName pulumi.StringOutput
	AutoScalingGroupName pulumi.StringOutput
	HostSecurityGroupID  pulumi.StringOutput

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

	ecs     *ecs.Cluster
	profile *iam.InstanceProfile
	group   *ec2.SecurityGroup
	hosts   *autoscaling.Group
	boot    []pulumi.Resource // what has to exist before a host can start and register
}

// New registers a Cluster. It refuses invalid arguments before registering anything.
//
// The order in which its parts refer to each other is also the order in which they can be deleted, backwards: the
// cluster's use of the capacity provider, the capacity provider, the hosts, the cluster. Hosts that outlived their
// cluster would keep it from being deleted, and nothing but the template's user data ties them to it.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("create cluster %s: %w", name, err)
	}
	c := &Cluster{}
	if err := ctx.RegisterComponentResourceV2(Type, name, args.inputs(), c, opts...); err != nil {
		return nil, fmt.Errorf("create cluster %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(c), cluster: c, boot: slices.Clone(args.Egress)}
	for _, step := range []func() error{b.ecsCluster, b.role, b.access, b.fleet, b.capacity} {
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
	cluster, err := ecs.NewCluster(b.ctx, b.name+"-ecs", &ecs.ClusterArgs{
		Settings: ecs.ClusterSettingArray{&ecs.ClusterSettingArgs{
			Name:  pulumi.String("containerInsights"),
			Value: pulumi.String("enabled"),
		}},
	}, b.child)
	if err != nil {
		return err
	}
	b.ecs = cluster
	b.cluster.ClusterArn = cluster.Arn
	b.cluster.ClusterName = cluster.Name
	return nil
}
