package program

import (
	"maps"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/cluster"
	"github.com/deepstreamhub/platform/components/observability"
	"github.com/deepstreamhub/platform/components/service"
	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/internal/config"
)

func (r *region) clusterTier() (err error) {
	c, sizes := r.cfg.Cluster, r.cfg.Sizes
	execLogDays := 0
	if *c.Exec {
		execLogDays = r.cfg.Service.LogRetentionDays
	}
	r.cluster, err = cluster.New(r.ctx, "cluster", &cluster.Args{
		Stack:            r.stack,
		Region:           r.cfg.Region,
		VpcID:            r.network.VpcID,
		PrivateSubnetIDs: r.network.PrivateSubnetIDs,
		Egress:           r.network.Egress,
		IPv6:             *r.cfg.Network.IPv6,
		AMI:              c.AMI,
		InstanceType:     c.InstanceType,
		OtherTypes:       c.OtherInstanceTypes,
		SpotPercent:      c.SpotPercent,
		WarmHosts:        c.WarmPool,
		MinTasks:         r.minTasks(),
		MinHosts:         sizes.MinHosts,
		MaxHosts:         sizes.MaxHosts,
		RootVolumeGiB:    c.RootVolumeGiB,
		Refresh: cluster.Refresh{
			MinHealthyPercent: sizes.RefreshMinHealthy,
			MaxHealthyPercent: sizes.RefreshMaxHealthy,
			Checkpoints:       sizes.Checkpoints,
			CheckpointDelay:   sizes.CheckpointDelay,
		},
		DeleteSeconds: sizes.GroupDeleteTimeout,
		ExecLogDays:   execLogDays,
		SessionLog:    r.cfg.Organisation.SessionsLog(),
		Tags:          r.hostTags(),
	}, r.tier("cluster")...)
	return err
}

// minTasks is how many tasks all services together run at least.
func (r *region) minTasks() int {
	n := r.cfg.Sizes.MinTasks
	for _, s := range r.cfg.Services {
		n += s.Tasks
	}
	return n
}

func (r *region) serviceTier() (err error) {
	c, sizes := r.cfg.Service, r.cfg.Sizes
	args := r.serviceArgs()
	args.TargetGroupArn = r.edge.TargetGroupArn
	args.SecurityGroupIDs = []pulumi.StringInput{
		r.database.ClientSecurityGroupID, r.bus.ClientSecurityGroupID, r.edge.TargetSecurityGroupID,
	}
	args.Image = c.Image
	args.User = deepstream.User
	args.Command = deepstream.Command()
	args.Port = deepstream.Port
	args.HealthPath = deepstream.HealthPath
	args.HealthCommand = deepstream.HealthCommand()
	args.Tasks = sizes.MinTasks
	args.Scaling = r.scaling(sizes.MinTasks, sizes.Tasks)
	if args.Scaling != nil && c.ScaleOn == config.ScaleOnConnections {
		args.Scaling.ConnectionsPerTask = sizes.ConnectionsPerTask
		if *c.Metrics {
			args.Scaling.Sockets = &service.Metric{
				Namespace: r.cfg.Organisation.Project(), Name: deepstream.MetricOpenSockets,
				Dimensions: map[string]string{deepstream.DimensionStack: r.stack},
			}
		}
	}
	args.Deployment = service.Deployment{
		MinHealthyPercent: sizes.MinHealthyPercent, MaxPercent: sizes.MaxPercent,
		UpdateSeconds: sizes.DeploymentTimeout, DeleteSeconds: sizes.ServiceDeleteTimeout,
	}
	args.CPU, args.MemoryMiB = c.CPU, c.MemoryMiB
	args.Environment = map[string]pulumi.StringInput{
		deepstream.EnvPostgresHost:     r.database.Endpoint,
		deepstream.EnvPostgresPort:     text(r.database.Port),
		deepstream.EnvPostgresDatabase: r.database.DatabaseName,
		deepstream.EnvPostgresUser:     r.database.Username,
		deepstream.EnvBusHost:          r.bus.PrimaryEndpoint,
		deepstream.EnvBusPort:          text(r.bus.Port),
		deepstream.EnvPostgresSecret:   r.database.SecretArn,
		deepstream.EnvBusSecret:        r.bus.SecretArn,
		deepstream.EnvStack:            pulumi.String(r.stack),
		deepstream.EnvMetricsNamespace: pulumi.String(r.cfg.Organisation.Project()),
		deepstream.EnvTargetGroup:      r.edge.TargetGroupArn,
		deepstream.EnvPollSeconds:      number(sizes.PollSeconds),
		deepstream.EnvDrainSeconds:     number(sizes.DrainSeconds),
		deepstream.EnvDrainPerSecond:   number(sizes.DrainRate),
		deepstream.EnvFlushSeconds:     number(sizes.FlushSeconds),
	}
	args.Environment[deepstream.EnvAuthType] = pulumi.String(deepstream.AuthOpen)
	if !c.Auth.Open {
		args.Environment[deepstream.EnvAuthType] = pulumi.String(deepstream.AuthWebhook)
		args.Environment[deepstream.EnvAuthURL] = pulumi.String(c.Auth.Webhook)
	}
	args.Secrets = map[string]service.Secret{
		deepstream.EnvPostgresPassword: {Arn: r.database.SecretArn, JSONKey: "password"},
		deepstream.EnvBusPassword:      {Arn: r.bus.SecretArn, JSONKey: "password"},
	}
	args.ReadsSecrets = true
	// With another password of the bus tasks are replaced, since both are valid only until the rotation is over. The database's
	// is changed under their open connections, and read again for new ones.
	args.ReadAtStart = map[string]pulumi.StringInput{BusTier: r.bus.SecretVersion}
	args.WatchesTarget = true
	args.SecretKeyArns = []pulumi.StringInput{r.database.KeyArn, r.bus.KeyArn}
	args.StopTimeoutSeconds = sizes.StopTimeout
	args.DependsOn = slices.Concat(args.DependsOn, r.edge.TargetRules, r.database.Ready, r.bus.Ready)
	r.service, err = service.New(r.ctx, "deepstream", args, r.tier("deepstream")...)
	return err
}

// furtherServices are those that the stack names beside deepstream. They reach neither database nor bus, which are
// deepstream's.
func (r *region) furtherServices() (err error) {
	r.further = map[string]*service.Service{}
	for _, name := range slices.Sorted(maps.Keys(r.cfg.Services)) {
		c := r.cfg.Services[name]
		args := r.serviceArgs()
		args.Route = &service.Route{
			ListenerArn:                r.edge.ListenerArn,
			After:                      r.edge.Rules,
			BalancerGroupID:            r.edge.SecurityGroupID,
			Path:                       c.Path,
			DeregistrationDelaySeconds: requestSeconds,
		}
		args.Image, args.Command = c.Image, c.Command
		args.Port, args.HealthPath = c.Port, c.HealthPath
		args.Tasks, args.CPU, args.MemoryMiB = c.Tasks, c.CPU, c.MemoryMiB
		args.Scaling = r.scaling(c.Tasks, c.MaxTasks)
		args.Environment = map[string]pulumi.StringInput{}
		for variable, value := range c.Environment {
			args.Environment[variable] = pulumi.String(value)
		}
		r.giveSecrets(args, c.Secrets)
		args.StopTimeoutSeconds = requestSeconds
		args.Deployment = furtherDeployment
		if r.further[name], err = service.New(r.ctx, name, args, r.tier(name)...); err != nil {
			return err
		}
	}
	return nil
}

// requestSeconds is what a task of a further service has to end its requests: these are no sockets that stay open.
const requestSeconds = 30

// furtherDeployment replaces all tasks of a further service at once: their clients come back with the next request.
var furtherDeployment = service.Deployment{MinHealthyPercent: 100, MaxPercent: 200, UpdateSeconds: 30 * 60, DeleteSeconds: 30 * 60}

// serviceArgs are the arguments that all services share.
func (r *region) serviceArgs() *service.Args {
	args := &service.Args{
		Stack:            r.stack,
		Region:           r.cfg.Region,
		ClusterArn:       r.cluster.ClusterArn,
		CapacityProvider: r.cluster.CapacityProviderName,
		VpcID:            r.network.VpcID,
		SubnetIDs:        r.network.PrivateSubnetIDs,
		IPv6:             *r.cfg.Network.IPv6,
		LoadBalancerArn:  r.edge.LoadBalancerArn,
		LogRetentionDays: r.cfg.Service.LogRetentionDays,
		// What has to be there before the first task starts, beyond what the arguments say: a listener, and hosts to run
		// on, which wait for their way out.
		DependsOn: slices.Concat([]pulumi.Resource{r.edge.Listener}, r.cluster.Ready),
	}
	if r.cluster.ExecKeyArn != nil {
		args.Exec = &service.Exec{LogGroupArn: r.cluster.ExecLogGroupArn, KeyArn: r.cluster.ExecKeyArn}
	}
	return args
}

// scaling is how a service's number of tasks follows its load, nil for one that keeps it.
func (r *region) scaling(tasks, maxTasks int) *service.Scaling {
	if maxTasks <= tasks {
		return nil
	}
	return &service.Scaling{MaxTasks: maxTasks, CPUPercent: r.cfg.Sizes.CPUTargetPercent, ScaleInSeconds: r.cfg.Sizes.ScaleInCooldown}
}

// watchedServices are all services, by name.
func (r *region) watchedServices() map[string]observability.Service {
	servers := observability.Service{Name: r.service.ServiceName, TargetGroupArnSuffix: r.edge.TargetGroupMetrics}
	if *r.cfg.Service.Metrics {
		own := func(name string) observability.Metric {
			return observability.Metric{
				Namespace: r.cfg.Organisation.Project(), Name: name,
				Dimensions: map[string]pulumi.StringInput{deepstream.DimensionStack: pulumi.String(r.stack)},
			}
		}
		servers.Published = &observability.Published{
			ClusterSize:      own(deepstream.MetricClusterSize),
			PendingWrites:    own(deepstream.MetricPendingWrites),
			HeldPublishes:    own(deepstream.MetricHeldPublishes),
			DependenciesDown: own(deepstream.MetricDependenciesDown),
		}
	}
	watched := map[string]observability.Service{"deepstream": servers}
	for name, s := range r.further {
		watched[name] = observability.Service{Name: s.ServiceName, TargetGroupArnSuffix: s.TargetGroupMetrics}
	}
	return watched
}

// hostTags are the tags of what the auto scaling group makes, which no transformation sees.
func (r *region) hostTags() map[string]string {
	t := maps.Clone(r.tags)
	t["component"] = "cluster"
	t["Name"] = r.stack + "-host"
	return t
}

// number is what an environment variable holds of one.
func number(n int) pulumi.String { return pulumi.String(strconv.Itoa(n)) }

// text turns a port into what an environment variable holds.
func text(port pulumi.IntOutput) pulumi.StringOutput {
	return port.ApplyT(strconv.Itoa).(pulumi.StringOutput)
}
