// Package program is the platform of one region: which tiers there are, and what each gets from the others. Tiers
// know nothing of each other; they meet here, by outputs passed through arguments.
package program

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/backup"
	"github.com/deepstreamhub/platform/components/bus"
	"github.com/deepstreamhub/platform/components/cluster"
	"github.com/deepstreamhub/platform/components/database"
	"github.com/deepstreamhub/platform/components/edge"
	"github.com/deepstreamhub/platform/components/network"
	"github.com/deepstreamhub/platform/components/observability"
	"github.com/deepstreamhub/platform/components/service"
	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/tagging"
)

// EnvOffline, set to 1, tells the program that it talks to an offline AWS and may take placeholders.
const EnvOffline = "DEEPSTREAMHUB_OFFLINE"

// Deploy registers the region that the stack's configuration describes. It is what plain `pulumi up` runs. The error
// holds every problem of the configuration; nothing is registered then.
func Deploy(ctx *pulumi.Context) error {
	opts, err := config.Options{Offline: os.Getenv(EnvOffline) == "1"}.In(ctx.RootDirectory())
	if err != nil {
		return err
	}
	if !opts.Offline { // the offline AWS has a clock of its own, and judges by that
		opts.Now = time.Now()
	}
	return With(opts, Rotation{})(ctx)
}

// With returns Deploy for a driver that says itself how configuration is to be read, and whether the run is a step of a
// rotation.
func With(opts config.Options, rotation Rotation) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		src, err := Source(ctx, config.Keys(ctx.Project()))
		if err != nil {
			return err
		}
		cfg, err := config.Load(src, opts)
		if err != nil {
			return err
		}
		return Rotating(cfg, rotation)(ctx)
	}
}

// Source reads the stack's configuration. The engine lists all keys, and which of them are secret, to a program that it
// started itself; one that runs inside its driver can only ask for those it knows, and the driver has looked at the rest.
func Source(ctx *pulumi.Context, known []string) (config.Source, error) {
	src := config.Source{Project: ctx.Project(), Stack: ctx.Stack(), Values: map[string]string{}, Secrets: map[string]bool{}}
	if text := os.Getenv(pulumi.EnvConfig); text != "" && os.Getenv(pulumi.EnvStack) == ctx.Stack() {
		src.Complete = true
		if err := json.Unmarshal([]byte(text), &src.Values); err != nil {
			return src, fmt.Errorf("read %s: %w", pulumi.EnvConfig, err)
		}
		known = slices.Collect(maps.Keys(src.Values))
	}
	for _, key := range known {
		if value, ok := ctx.GetConfig(key); ok {
			src.Values[key] = value
		}
		if ctx.IsConfigSecret(key) {
			src.Secrets[key] = true
		}
	}
	return src, nil
}

// Region returns the program of one region.
func Region(cfg config.Config) pulumi.RunFunc { return Rotating(cfg, Rotation{}) }

// Rotating returns the program of one region for a run that is a step of a rotation.
func Rotating(cfg config.Config, rotation Rotation) pulumi.RunFunc {
	return regionWith(cfg, rotation, (*region).retry)
}

// regionWith returns the program with the hook that a function binds before the first tier.
func regionWith(cfg config.Config, rotation Rotation, hook func(*region) error) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		r := region{ctx: ctx, stack: ctx.Stack(), cfg: cfg, rotation: rotation, tags: tags(ctx.Stack(), cfg.Platform), others: map[string]*aws.Provider{}}
		tiers := []func() error{
			r.provider, r.lookUpSecrets, func() error { return hook(&r) }, r.networkTier, r.databaseTier, r.busTier, r.backupTier, r.clusterTier, r.edgeTier, r.serviceTier,
			r.furtherServices, r.observabilityTier,
		}
		for _, tier := range tiers {
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

	rotation Rotation

	aws      *aws.Provider
	repeat   *pulumi.ErrorHook        // repeats what AWS refuses only for now
	others   map[string]*aws.Provider // of other regions, by name
	roles    roles                    // what every role has in common
	secrets  map[string]found         // of further services, by name in Secrets Manager
	network  *network.Network
	database *database.Database
	backup   *backup.Backup // nil if the configuration turns it off
	bus      *bus.Bus
	cluster  *cluster.Cluster
	edge     *edge.Edge
	service  *service.Service
	further  map[string]*service.Service // by name
}

func (r *region) provider() (err error) {
	if r.aws, err = Provider(r.ctx, "aws", r.cfg.Region, r.cfg.AWS); err != nil {
		return err
	}
	r.roles = rolesOf(r.ctx, r.aws, r.cfg.Platform)
	return nil
}

// in returns a provider of a region: the stack's own, or one that is made when it is first asked for.
func (r *region) in(name string) (*aws.Provider, error) {
	if name == r.cfg.Region {
		return r.aws, nil
	}
	if p := r.others[name]; p != nil {
		return p, nil
	}
	p, err := Provider(r.ctx, "aws-"+name, name, r.cfg.AWS)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", name, err)
	}
	r.others[name] = p
	return p, nil
}

// tier gives a component the region's provider, its tags, and what every role has.
func (r *region) tier(component string, more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	options := []pulumi.ResourceOption{pulumi.Providers(r.aws), tagging.All(r.stack, component, r.tags), r.roles.bounded(), r.hooked()}
	return append(options, more...)
}

// protected keeps the data tiers from being destroyed as long as the stack's configuration says so.
func (r *region) protected() pulumi.ResourceOption { return pulumi.Protect(*r.cfg.Platform.Protect) }

func (r *region) networkTier() (err error) {
	c := r.cfg.Network
	r.network, err = network.New(r.ctx, "network", &network.Args{
		Stack:                r.stack,
		Region:               r.cfg.Region,
		CIDR:                 c.CIDR,
		Zones:                c.Zones,
		NAT:                  network.NAT(c.NAT),
		IPv6:                 *c.IPv6,
		Endpoints:            c.Endpoints,
		FlowLogRetentionDays: c.FlowLogRetentionDays,
	}, r.tier("network")...)
	return err
}

func (r *region) databaseTier() (err error) {
	c := r.cfg.Database
	r.database, err = database.New(r.ctx, DatabaseTier, &database.Args{
		Region:              r.cfg.Region,
		Stack:               r.stack,
		VpcID:               r.network.VpcID,
		SubnetIDs:           r.network.DataSubnetIDs,
		ZoneNames:           r.network.ZoneNames,
		EngineVersion:       c.EngineVersion,
		MajorUpgrade:        c.AllowMajorVersion != 0,
		InstanceClass:       c.InstanceClass,
		Readers:             c.Readers,
		Parameters:          c.Parameters,
		BackupWindow:        c.BackupWindow,
		MaintenanceWindow:   c.MaintenanceWindow,
		BackupRetentionDays: c.BackupRetentionDays,
		DeletionProtection:  *r.cfg.Platform.Protect,
		FinalSnapshot:       *c.FinalSnapshot,
		PerformanceInsights: *c.PerformanceInsights,
		MonitoringSeconds:   c.MonitoringSeconds,
		LogDays:             r.cfg.Service.LogRetentionDays,
		RestoreFrom:         c.RestoreFrom,
		Rotation:            r.rotation.of(DatabaseTier),
	}, r.tier(DatabaseTier, r.protected())...)
	return err
}

func (r *region) busTier() (err error) {
	c := r.cfg.Bus
	r.bus, err = bus.New(r.ctx, BusTier, &bus.Args{
		Stack:                 r.stack,
		VpcID:                 r.network.VpcID,
		SubnetIDs:             r.network.DataSubnetIDs,
		EngineVersion:         c.EngineVersion,
		NodeType:              c.NodeType,
		Replicas:              c.Replicas,
		SnapshotRetentionDays: c.SnapshotRetentionDays,
		Parameters:            c.Parameters,
		SnapshotWindow:        c.SnapshotWindow,
		MaintenanceWindow:     c.MaintenanceWindow,
		Rotation:              r.rotation.of(BusTier),
	}, r.tier(BusTier, r.protected())...)
	return err
}

func (r *region) edgeTier() (err error) {
	c, sizes := r.cfg.Edge, r.cfg.Sizes
	r.edge, err = edge.New(r.ctx, "edge", &edge.Args{
		Stack:                      r.stack,
		Region:                     r.cfg.Region,
		ZoneName:                   c.Zone,
		Hostname:                   c.Hostname,
		GlobalName:                 c.GlobalName,
		VpcID:                      r.network.VpcID,
		PublicSubnetIDs:            r.network.PublicSubnetIDs,
		Ingress:                    r.network.Ingress,
		IPv6:                       *r.cfg.Network.IPv6,
		TargetPort:                 deepstream.Port,
		HealthPath:                 deepstream.HealthPath,
		IdleTimeoutSeconds:         sizes.IdleTimeout,
		DeregistrationDelaySeconds: sizes.DeregistrationDelay,
		DeletionProtection:         *r.cfg.Platform.Protect,
		ClosedPaths:                []string{deepstream.MonitoringPath},
		LogRetentionDays:           c.AccessLogRetentionDays,
		RateLimit:                  sizes.RateLimit,
	}, r.tier("edge")...)
	return err
}

func (r *region) observabilityTier() error {
	var receivers []observability.Subscription
	for _, to := range r.cfg.Observability.Notify {
		protocol, endpoint := config.Receiver(to)
		receivers = append(receivers, observability.Subscription{Protocol: protocol, Endpoint: endpoint})
	}
	var watchedBackup *observability.Backup
	if r.backup != nil {
		watchedBackup = &observability.Backup{VaultArn: r.backup.VaultArn}
	}
	health := &observability.Health{CheckID: r.edge.HealthCheckID}
	if r.cfg.Region != observability.HealthRegion {
		there, err := r.in(observability.HealthRegion)
		if err != nil {
			return err
		}
		health.Elsewhere = there
	}
	sizes := r.cfg.Sizes
	_, err := observability.New(r.ctx, "observability", &observability.Args{
		Stack:         r.stack,
		Region:        r.cfg.Region,
		Subscriptions: receivers,
		LoadBalancer: observability.LoadBalancer{
			ArnSuffix:      r.edge.LoadBalancerMetrics,
			CertificateArn: r.edge.CertificateArn,
			MaxConnections: sizes.MaxPerTask * sizes.Tasks,
		},
		Services: r.watchedServices(),
		Cluster: observability.Cluster{
			Arn:                  r.cluster.ClusterArn,
			CapacityProviderName: r.cluster.CapacityProviderName,
			AutoScalingGroupName: r.cluster.AutoScalingGroupName,
		},
		Database: observability.Database{
			ClusterIdentifier:   r.database.ClusterIdentifier,
			InstanceIdentifiers: r.database.InstanceIdentifiers,
			MaxConnections:      sizes.DatabaseMax,
			MinLocalStorageGiB:  r.cfg.Observability.MinLocalStorageGiB,
			MaxVolumeGiB:        r.cfg.Observability.MaxVolumeGiB,
		},
		Bus:        observability.Bus{ReplicationGroupID: r.bus.ReplicationGroupID, Nodes: 1 + r.cfg.Bus.Replicas},
		Backup:     watchedBackup,
		Health:     health,
		Thresholds: thresholds(r.cfg.Observability),
	}, r.tier("observability")...)
	return err
}

// thresholds are from where on alarms go off.
func thresholds(c config.Observability) observability.Thresholds {
	return observability.Thresholds{
		BusyPercent:             c.BusyPercent,
		LimitPercent:            c.LimitPercent,
		ErrorsPerMinute:         c.ErrorsPerMinute,
		SlowMilliseconds:        c.SlowMilliseconds,
		CertificateDays:         c.CertificateDays,
		DatabaseLagMilliseconds: c.DatabaseLagMilliseconds,
		BusLagSeconds:           c.BusLagSeconds,
		PendingWrites:           c.PendingWrites,
	}
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
