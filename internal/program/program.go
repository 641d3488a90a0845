// Package program is the platform of one region: which tiers there are, and what each gets from the others. Tiers
// know nothing of each other; they meet here, by outputs passed through arguments.
package program

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/bus"
	"github.com/deepstreamhub/platform/components/cluster"
	"github.com/deepstreamhub/platform/components/database"
	"github.com/deepstreamhub/platform/components/edge"
	"github.com/deepstreamhub/platform/components/network"
	"github.com/deepstreamhub/platform/components/service"
	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/internal/config"
)

// EnvOffline, set to 1, tells the program that it talks to an offline AWS and may take placeholders.
const EnvOffline = "DEEPSTREAMHUB_OFFLINE"

// Deploy registers the region that the stack's configuration describes. It is what plain `pulumi up` runs. The error
// holds every problem of the configuration; nothing is registered then.
func Deploy(ctx *pulumi.Context) error {
	return With(config.Options{Offline: os.Getenv(EnvOffline) == "1"})(ctx)
}

// With returns Deploy for a driver that says itself how configuration is to be read.
func With(opts config.Options) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		src, err := source(ctx)
		if err != nil {
			return err
		}
		cfg, err := config.Load(src, opts)
		if err != nil {
			return err
		}
		return Region(cfg)(ctx)
	}
}

// source reads the stack's configuration. The engine lists all keys to a program that it started itself; one that
// runs inside its driver can only ask for those it knows, and the driver has looked at the rest.
func source(ctx *pulumi.Context) (config.Source, error) {
	src := config.Source{Stack: ctx.Stack()}
	if text := os.Getenv(pulumi.EnvConfig); text != "" && os.Getenv(pulumi.EnvStack) == ctx.Stack() {
		src.Complete = true
		if err := json.Unmarshal([]byte(text), &src.Values); err != nil {
			return src, fmt.Errorf("read %s: %w", pulumi.EnvConfig, err)
		}
		return src, nil
	}
	src.Values = map[string]string{}
	for _, key := range config.Keys() {
		if value, ok := ctx.GetConfig(key); ok {
			src.Values[key] = value
		}
	}
	return src, nil
}

// Region returns the program of one region.
func Region(cfg config.Config) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		r := region{ctx: ctx, stack: ctx.Stack(), cfg: cfg, tags: tags(ctx.Stack(), cfg.Platform)}
		for _, tier := range []func() error{r.provider, r.networkTier, r.databaseTier, r.busTier, r.clusterTier, r.edgeTier, r.serviceTier} {
			if err := tier(); err != nil {
				return err
			}
		}
		r.outputs()
		return nil
	}
}

// region holds what the tiers hand to each other.
type region struct {
	ctx   *pulumi.Context
	stack string
	cfg   config.Config
	tags  map[string]string

	aws      *aws.Provider
	network  *network.Network
	database *database.Database
	bus      *bus.Bus
	cluster  *cluster.Cluster
	edge     *edge.Edge
	service  *service.Service
}

func (r *region) provider() (err error) {
	r.aws, err = aws.NewProvider(r.ctx, "aws", &aws.ProviderArgs{Region: pulumi.String(r.cfg.Region)})
	return err
}

// tier gives a component the region's provider and its tags.
func (r *region) tier(component string, more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Providers(r.aws), tagged(r.stack, component, r.tags)}, more...)
}

// protected keeps the data tiers from being destroyed as long as the stack's configuration says so.
func (r *region) protected() pulumi.ResourceOption { return pulumi.Protect(*r.cfg.Platform.Protect) }

func (r *region) networkTier() (err error) {
	r.network, err = network.New(r.ctx, "network", &network.Args{
		Region: r.cfg.Region, CIDR: r.cfg.Network.CIDR, Zones: r.cfg.Network.Zones, NAT: network.NAT(r.cfg.Network.NAT),
	}, r.tier("network")...)
	return err
}

func (r *region) databaseTier() (err error) {
	c := r.cfg.Database
	r.database, err = database.New(r.ctx, "database", &database.Args{
		Stack:               r.stack,
		VpcID:               r.network.VpcID,
		SubnetIDs:           r.network.DataSubnetIDs,
		ZoneNames:           r.network.ZoneNames,
		EngineVersion:       c.EngineVersion,
		InstanceClass:       c.InstanceClass,
		BackupRetentionDays: c.BackupRetentionDays,
		FinalSnapshot:       *c.FinalSnapshot,
		DeletionProtection:  *r.cfg.Platform.Protect,
	}, r.tier("database", r.protected())...)
	return err
}

func (r *region) busTier() (err error) {
	c := r.cfg.Bus
	r.bus, err = bus.New(r.ctx, "bus", &bus.Args{
		Stack:                 r.stack,
		VpcID:                 r.network.VpcID,
		SubnetIDs:             r.network.DataSubnetIDs,
		EngineVersion:         c.EngineVersion,
		NodeType:              c.NodeType,
		Replicas:              c.Replicas,
		SnapshotRetentionDays: c.SnapshotRetentionDays,
	}, r.tier("bus", r.protected())...)
	return err
}

func (r *region) edgeTier() (err error) {
	c := r.cfg.Edge
	r.edge, err = edge.New(r.ctx, "edge", &edge.Args{
		Stack:                      r.stack,
		Region:                     r.cfg.Region,
		ZoneName:                   c.Zone,
		Hostname:                   c.Hostname,
		GlobalName:                 c.GlobalName,
		VpcID:                      r.network.VpcID,
		PublicSubnetIDs:            r.network.PublicSubnetIDs,
		Ingress:                    r.network.Ingress,
		TargetPort:                 deepstream.Port,
		HealthPath:                 deepstream.HealthPath,
		IdleTimeoutSeconds:         c.IdleTimeoutSeconds,
		DeregistrationDelaySeconds: c.DeregistrationDelaySeconds,
		DeletionProtection:         *r.cfg.Platform.Protect,
		ClosedPaths:                []string{deepstream.MonitoringPath},
		LogRetentionDays:           c.AccessLogRetentionDays,
		RateLimit:                  c.WAFRateLimit,
	}, r.tier("edge")...)
	return err
}

func (r *region) clusterTier() (err error) {
	c := r.cfg.Cluster
	r.cluster, err = cluster.New(r.ctx, "cluster", &cluster.Args{
		VpcID:            r.network.VpcID,
		PrivateSubnetIDs: r.network.PrivateSubnetIDs,
		Egress:           r.network.Egress,
		AMI:              c.AMI,
		InstanceType:     c.InstanceType,
		MinHosts:         c.MinHosts,
		MaxHosts:         c.MaxHosts,
		RootVolumeGiB:    c.RootVolumeGiB,
		Tags:             r.hostTags(),
	}, r.tier("cluster")...)
	return err
}

func (r *region) serviceTier() (err error) {
	c := r.cfg.Service
	r.service, err = service.New(r.ctx, "deepstream", &service.Args{
		Stack:            r.stack,
		Region:           r.cfg.Region,
		ClusterArn:       r.cluster.ClusterArn,
		CapacityProvider: r.cluster.CapacityProviderName,
		VpcID:            r.network.VpcID,
		SubnetIDs:        r.network.PrivateSubnetIDs,
		TargetGroupArn:   r.edge.TargetGroupArn,
		SecurityGroupIDs: []pulumi.StringInput{
			r.database.ClientSecurityGroupID, r.bus.ClientSecurityGroupID, r.edge.TargetSecurityGroupID,
		},
		Image:      c.Image,
		Command:    deepstream.Command(),
		Port:       deepstream.Port,
		HealthPath: deepstream.HealthPath,
		Tasks:      c.Tasks,
		CPU:        c.CPU,
		MemoryMiB:  c.MemoryMiB,
		Environment: map[string]pulumi.StringInput{
			deepstream.EnvPostgresHost:     r.database.Endpoint,
			deepstream.EnvPostgresPort:     text(r.database.Port),
			deepstream.EnvPostgresDatabase: r.database.DatabaseName,
			deepstream.EnvPostgresUser:     r.database.Username,
			deepstream.EnvBusHost:          r.bus.PrimaryEndpoint,
			deepstream.EnvBusPort:          text(r.bus.Port),
		},
		Secrets: map[string]service.Secret{
			deepstream.EnvPostgresPassword: {Arn: r.database.SecretArn, JSONKey: "password"},
			deepstream.EnvBusPassword:      {Arn: r.bus.SecretArn, JSONKey: "password"},
		},
		SecretKeyArns:      []pulumi.StringInput{r.database.KeyArn, r.bus.KeyArn},
		LogRetentionDays:   c.LogRetentionDays,
		StopTimeoutSeconds: deepstream.StopTimeoutSeconds,
		DependsOn:          r.beforeService(),
	}, r.tier("deepstream")...)
	return err
}

// beforeService is what has to be there before the first task starts, beyond what its arguments say: a target group
// that a load balancer uses, hosts to run on, a way out for them, and a database and a bus that let it in.
func (r *region) beforeService() []pulumi.Resource {
	return slices.Concat([]pulumi.Resource{r.edge.Listener}, r.cluster.Ready, r.network.Egress, r.database.Ready, r.bus.Ready)
}

// hostTags are the tags of what the auto scaling group makes, which no transformation sees.
func (r *region) hostTags() map[string]string {
	t := maps.Clone(r.tags)
	t["component"] = "cluster"
	t["Name"] = r.stack + "-host"
	return t
}

// outputs are what somebody who operates or uses the region asks for first.
func (r *region) outputs() {
	for name, value := range map[string]pulumi.Input{
		"region":           pulumi.String(r.cfg.Region),
		"url":              pulumi.Sprintf("wss://%s/deepstream", r.edge.Hostname),
		"hostname":         r.edge.Hostname,
		"globalName":       r.edge.GlobalName,
		"loadBalancer":     r.edge.DNSName,
		"vpcId":            r.network.VpcID,
		"databaseEndpoint": r.database.Endpoint,
		"databaseReader":   r.database.ReaderEndpoint,
		"busEndpoint":      r.bus.PrimaryEndpoint,
		"cluster":          r.cluster.ClusterName,
		"service":          r.service.ServiceName,
		"logGroup":         r.service.LogGroupName,
	} {
		r.ctx.Export(name, value)
	}
}

// text turns a port into what an environment variable holds.
func text(port pulumi.IntOutput) pulumi.StringOutput {
	return port.ApplyT(strconv.Itoa).(pulumi.StringOutput)
}
