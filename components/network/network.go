package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:network:Network"

// NAT says how the private subnets reach the internet.
type NAT string

// The NAT modes.
const (
	NATNone    NAT = "none"    // not at all
	NATSingle  NAT = "single"  // through one gateway, in the zone with the lowest number: cheap, and gone with that zone
	NATPerZone NAT = "perZone" // through a gateway in each zone
)

// everywhere is the destination of a default route.
const everywhere = "0.0.0.0/0"

// Args is what a Network is made from.
type Args struct {
	Stack  string   // part of the flow logs' name
	Region string   // such as eu-central-1; the provider's region
	CIDR   string   // the VPC's IPv4 range, /16 to /20
	Zones  []string // availability zone ids such as euc1-az1, two to six, in any order
	NAT    NAT
	// IPv6 gives the VPC, its subnets and what runs in them IPv6 addresses beside IPv4 ones. It can be turned on at any
	// time, but not off while anything in the subnets has such an address.
	IPv6 bool `pulumi:"ipv6"`

	// Endpoints are the AWS services that have an interface endpoint in each private subnet, by the end of their name,
	// such as ecr.api; see Services.
	Endpoints []string
	// FlowLogRetentionDays is how long the flow logs are kept, one of the numbers that CloudWatch Logs accepts; 0 makes none.
	FlowLogRetentionDays int

	NamePrefix string            // what names that people look for begin with, before Stack; empty: the project's name
	Tags       map[string]string // put on everything that takes tags; tags of a transformation in the options win
}

// Validate returns every problem with the arguments at once.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	problems := append(blocks.NameProblems(a.NamePrefix, a.Tags), blocks.RegionProblem("region", a.Region))
	if a.flowLogs() {
		problems = append(problems, blocks.LogDaysProblem("flow log retention days", a.FlowLogRetentionDays), blocks.PlainProblem("stack", a.Stack, blocks.MaxStack))
	} else if a.Stack == "" {
		problems = append(problems, errors.New("stack: missing"))
	}
	for i, name := range a.Endpoints {
		if _, known := services[name]; !known {
			problems = append(problems, fmt.Errorf("endpoint %q: must be one of %v", name, Services()))
		}
		if slices.Contains(a.Endpoints[:i], name) {
			problems = append(problems, fmt.Errorf("endpoint %q: given twice", name))
		}
	}
	if cidr, err := netip.ParsePrefix(a.CIDR); err != nil {
		problems = append(problems, fmt.Errorf("cidr %q: not an IPv4 range such as 10.16.0.0/16", a.CIDR))
	} else {
		problems = append(problems, checkRange(cidr))
	}
	_, err := slotsOf(a.Zones)
	problems = append(problems, err)
	if len(a.Zones) < 2 {
		// "Subnets for your load balancer", User Guide for Application Load Balancers; database subnet groups alike.
		problems = append(problems, fmt.Errorf("zones: %d given, load balancers and databases need two", len(a.Zones)))
	}
	switch a.NAT {
	case NATNone, NATSingle, NATPerZone:
	default:
		problems = append(problems, fmt.Errorf("nat %q: must be %s, %s or %s", a.NAT, NATNone, NATSingle, NATPerZone))
	}
	return errors.Join(problems...)
}

func (a *Args) flowLogs() bool { return a.FlowLogRetentionDays != 0 }

// checkName looks at the name, from which those of the flow logs' group, key and role are made. Nothing else is called by it.
func (a *Args) checkName(name string) error {
	if a == nil || !a.flowLogs() {
		return nil
	}
	return blocks.PlainProblem("name", name, maxName)
}

// Network is a VPC with its subnets and routing. Lists are in the order of the zones' numbers. A subnet's id becomes
// known only after the subnet has its route table and its network ACL.
type Network struct {
	pulumi.ResourceState

	VpcID            pulumi.StringOutput
	CIDR             pulumi.StringOutput
	PublicSubnetIDs  pulumi.StringArrayOutput
	PrivateSubnetIDs pulumi.StringArrayOutput
	DataSubnetIDs    pulumi.StringArrayOutput
	ZoneNames        pulumi.StringArrayOutput // such as eu-central-1a; which name a zone id has differs between accounts

	// Ingress must exist before anything reachable from the internet: AWS refuses public load balancers without an
	// attached gateway, and detaching the gateway while public addresses are in use.
	Ingress []pulumi.Resource
	// Egress must exist before anything in a private subnet that calls out while it starts.
	Egress []pulumi.Resource
}

// New registers a Network. It refuses invalid arguments before registering anything.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Network, error) {
	if err := errors.Join(args.checkName(name), args.Validate()); err != nil {
		return nil, fmt.Errorf("create network %s: %w", name, err)
	}
	subnets, err := Plan(netip.MustParsePrefix(args.CIDR), args.Zones)
	if err != nil {
		return nil, fmt.Errorf("create network %s: %w", name, err)
	}
	n := &Network{}
	if err := blocks.Register(ctx, Type, name, args, args.Tags, n, opts); err != nil {
		return nil, fmt.Errorf("create network %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(n), net: n, subnets: subnets}
	for _, step := range []func() error{b.vpcAndGateway, b.ipv6, b.public, b.nat, b.private, b.data, b.s3Endpoint, b.endpoints, b.flowLogs} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("create network %s: %w", name, err)
		}
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{
		"vpcId":            n.VpcID,
		"cidr":             n.CIDR,
		"publicSubnetIds":  n.PublicSubnetIDs,
		"privateSubnetIds": n.PrivateSubnetIDs,
		"dataSubnetIds":    n.DataSubnetIDs,
		"zoneNames":        n.ZoneNames,
	})
}

// vpcAndGateway makes the VPC and its door to the internet.
func (b *builder) vpcAndGateway() error {
	vpc, err := ec2.NewVpc(b.ctx, b.name+"-vpc", &ec2.VpcArgs{
		CidrBlock:          pulumi.String(b.args.CIDR),
		EnableDnsSupport:   pulumi.Bool(true),
		EnableDnsHostnames: pulumi.Bool(true), // private DNS names of endpoints resolve only with both on
	}, b.child, pulumi.IgnoreChanges([]string{"assignGeneratedIpv6CidrBlock"})) // the VPC shows it, see ipv6
	if err != nil {
		return err
	}
	b.vpc = vpc
	b.net.VpcID = vpc.ID().ToStringOutput()
	b.net.CIDR = vpc.CidrBlock

	if err := b.defaults(); err != nil {
		return err
	}
	b.gateway, err = ec2.NewInternetGateway(b.ctx, b.name+"-igw", &ec2.InternetGatewayArgs{VpcId: vpc.ID()}, b.child)
	return err
}
