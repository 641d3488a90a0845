package observability

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	day = 86400
	gib = 1 << 30
)

// Namespaces of AWS's metrics.
const (
	elbNamespace         = "AWS/ApplicationELB"
	certificateNamespace = "AWS/CertificateManager"
	ecsNamespace         = "AWS/ECS"
	insightsNamespace    = "ECS/ContainerInsights"
	scalingNamespace     = "AWS/ECS/ManagedScaling"
	ec2Namespace         = "AWS/EC2"
	rdsNamespace         = "AWS/RDS"
	cacheNamespace       = "AWS/ElastiCache"
	healthNamespace      = "AWS/Route53"
)

func (l LoadBalancer) alarms(t Thresholds) []alarm {
	of := func(name, stat string) metric {
		return metric{elbNamespace, name, dimensions{"LoadBalancer": l.ArnSuffix}, stat, minute}
	}
	return []alarm{
		{
			suffix:  "-edge-5xx",
			means:   "The load balancer itself answers requests with errors (5xx): it has no healthy target, or none answers in time.",
			act:     "Look at the unhealthy targets first, then at the service's events.",
			metrics: one(of("HTTPCode_ELB_5XX_Count", "Sum")), comparison: atLeast, threshold: float64(t.ErrorsPerMinute),
			points: 3, of: 5, missing: isGood,
		},
		{
			// A client's socket is two connections: one to the load balancer, one from there to a task.
			suffix: "-edge-connections",
			means: fmt.Sprintf("More than %d of the %d clients that all tasks together can hold are connected.",
				int(t.limit(l.MaxConnections)), l.MaxConnections),
			act:        "Raise the peak that the service is sized for before clients are turned away.",
			metrics:    map[string]metric{"active": of("ActiveConnectionCount", "Sum")},
			expression: "active / 2", comparison: above, threshold: t.limit(l.MaxConnections),
			points: 3, of: 5, missing: isGood,
		},
		{
			suffix:  "-edge-rejected",
			means:   "The load balancer turns clients away because it holds as many connections as it can.",
			act:     "It grows by itself within minutes; if it does not, ask AWS for more capacity.",
			metrics: one(of("RejectedConnectionCount", "Sum")), comparison: above, threshold: 0,
			points: 1, of: 1, missing: isGood,
		},
		{
			suffix: "-edge-certificate",
			means:  fmt.Sprintf("The certificate ends in less than %d days: ACM could not renew it.", t.CertificateDays),
			act:    "See in ACM which validation record it misses, and put that back into the zone.",
			metrics: one(metric{certificateNamespace, "DaysToExpiry", dimensions{"CertificateArn": l.CertificateArn},
				"Minimum", day}), comparison: below, threshold: float64(t.CertificateDays),
			points: 1, of: 1, missing: isOpen,
		},
	}
}

// alarm is the one on a health check of Route 53.
func (h Health) alarm() alarm {
	return alarm{
		suffix:  "-edge-health",
		means:   "From outside, the region does not answer: most of Route 53's checkers find its name, certificate or servers wanting.",
		act:     "Open the region's own name in a browser. A name that regions share leads clients to the others meanwhile.",
		metrics: one(metric{healthNamespace, "HealthCheckStatus", dimensions{"HealthCheckId": h.CheckID}, "Minimum", minute}),
		// 1 while it is healthy, 0 while it is not.
		comparison: below, threshold: 1, points: 2, of: 3, missing: isBad,
	}
}

func (s Service) alarms(t Thresholds, key string, a *Args) []alarm {
	behind := dimensions{"LoadBalancer": a.LoadBalancer.ArnSuffix, "TargetGroup": s.TargetGroupArnSuffix}
	target := func(name, stat string) metric { return metric{elbNamespace, name, behind, stat, minute} }
	within := dimensions{"ClusterName": a.Cluster.name(a.Region), "ServiceName": s.Name}
	tasks := func(name, stat string) metric { return metric{insightsNamespace, name, within, stat, minute} }
	use := func(name string) metric { return metric{ecsNamespace, name, within, "Average", minute} }

	rows := []alarm{
		{
			suffix:  "-" + key + "-unhealthy",
			means:   "Tasks of " + key + " fail the load balancer's health check.",
			act:     "Read the service's events and the logs of the tasks that fail; clients are on the others meanwhile.",
			metrics: one(target("UnHealthyHostCount", "Maximum")), comparison: above, threshold: 0,
			points: 3, of: 5, missing: isGood,
		},
		{
			suffix:  "-" + key + "-5xx",
			means:   "Tasks of " + key + " answer requests with errors (5xx).",
			act:     "Read their logs; if a deployment is under way, stop it.",
			metrics: one(target("HTTPCode_Target_5XX_Count", "Sum")), comparison: atLeast, threshold: float64(t.ErrorsPerMinute),
			points: 3, of: 5, missing: isGood,
		},
		{
			suffix:  "-" + key + "-slow",
			means:   fmt.Sprintf("One in twenty requests to %s takes longer than %v s to be answered.", key, t.slowSeconds()),
			act:     "Compare with CPU and with the database's connections; open sockets are not counted.",
			metrics: one(target("TargetResponseTime", "p95")), comparison: above, threshold: t.slowSeconds(),
			points: 5, of: 5, missing: isGood,
		},
		{
			suffix:  "-" + key + "-cpu",
			means:   "Tasks of " + key + " are short of CPU; a server has one thread, and a full one delays every message.",
			act:     "Add tasks, or find out which clients publish so much.",
			metrics: one(use("CPUUtilization")), comparison: above, threshold: float64(t.BusyPercent),
			points: 10, of: 15, missing: isBad, // ECS reports nothing while no task runs
		},
		{
			suffix:  "-" + key + "-memory",
			means:   "Tasks of " + key + " come close to their memory limit, at which they are killed.",
			act:     "Add tasks or memory; if it grows without new clients, replace tasks one by one and look for the leak.",
			metrics: one(use("MemoryUtilization")), comparison: above, threshold: float64(t.BusyPercent),
			points: 5, of: 5, missing: isGood,
		},
		{
			suffix:  "-" + key + "-tasks",
			means:   "Fewer tasks of " + key + " run than should.",
			act:     "Read the service's events: tasks end again, or hosts to run them on are missing.",
			metrics: map[string]metric{"desired": tasks("DesiredTaskCount", "Maximum"), "running": tasks("RunningTaskCount", "Minimum")},
			// Nothing running reports nothing.
			expression: "desired - FILL(running, 0)", comparison: above, threshold: 0,
			points: 10, of: 10, missing: isBad,
		},
	}
	if s.Published == nil {
		return rows
	}
	return append(rows, s.Published.alarms(t, key, tasks("RunningTaskCount", "Maximum"))...)
}

// alarms are those on what servers say of themselves. Silence is the alarm on the cluster's size: the others say nothing
// new then.
func (p *Published) alarms(t Thresholds, key string, running metric) []alarm {
	worst := func(m Metric) map[string]metric {
		return one(metric{m.Namespace, m.Name, m.Dimensions, "Maximum", minute})
	}
	return []alarm{
		{
			suffix: "-" + key + "-cluster-size",
			means:  "Servers of " + key + " do not see each other: some see fewer servers than tasks run, and clients on them miss messages.",
			act:    "Look at the bus; replace the tasks that report the smallest cluster.",
			metrics: map[string]metric{
				"running": running,
				"seen":    {p.ClusterSize.Namespace, p.ClusterSize.Name, p.ClusterSize.Dimensions, "Minimum", minute},
			},
			expression: "ABS(running - seen)", comparison: above, threshold: 0,
			points: 5, of: 5, missing: isBad, // a rolling deployment changes both within a minute or two
		},
		{
			suffix:  "-" + key + "-dependencies",
			means:   "Servers of " + key + " cannot reach the bus or the database. They wait: clients stay connected, writes are not acknowledged, messages come late.",
			act:     "Look at the bus and the database; after a failover it goes away by itself. Do not replace the servers: they hold what is not stored yet.",
			metrics: worst(p.DependenciesDown), comparison: above, threshold: 0,
			points: 2, of: 3, missing: isGood,
		},
		{
			suffix:  "-" + key + "-pending-writes",
			means:   fmt.Sprintf("A server of %s holds more than %d records that the database has not stored: it is away, or too slow for what is written.", key, t.PendingWrites),
			act:     "Look at the database's CPU and connections. Do not replace the server: it holds what is not stored yet, and refuses writes before it runs out of memory.",
			metrics: worst(p.PendingWrites), comparison: above, threshold: float64(t.PendingWrites),
			points: 3, of: 5, missing: isGood,
		},
		{
			suffix:  "-" + key + "-held-publishes",
			means:   "Messages between servers of " + key + " wait for the bus: clients on other servers get them late.",
			act:     "Look at the bus; after a failover it goes away by itself.",
			metrics: worst(p.HeldPublishes), comparison: above, threshold: 0,
			points: 2, of: 3, missing: isGood,
		},
	}
}

// name is the cluster's name, which is the end of its ARN.
func (c Cluster) name(region string) pulumi.StringInput {
	return c.Arn.ToStringOutput().ApplyT(func(arn string) (string, error) {
		p, err := placeOf(arn, region)
		return p.cluster(), err
	}).(pulumi.StringOutput)
}

func (c Cluster) alarms(a *Args) []alarm {
	hosts := dimensions{"CapacityProviderName": c.CapacityProviderName, "ClusterName": c.name(a.Region)}
	return []alarm{{
		suffix:  "-cluster-capacity",
		means:   "Tasks wait for hosts that do not come.",
		act:     "See in the auto scaling group's activity why none starts: its maximum is reached, or AWS has no such instances now.",
		metrics: one(metric{scalingNamespace, "CapacityProviderReservation", hosts, "Minimum", minute}),
		// Above 100 more hosts are needed than there are, as for some minutes whenever the service grows.
		comparison: above, threshold: 100,
		points: 15, of: 15, missing: isGood,
	}}
}

func (d Database) alarms(t Thresholds) []alarm {
	// With the cluster alone for a dimension the statistics are over all instances.
	of := func(name, stat string) map[string]metric {
		return one(metric{rdsNamespace, name, dimensions{"DBClusterIdentifier": d.ClusterIdentifier}, stat, minute})
	}
	return []alarm{
		{
			suffix:  "-database-cpu",
			means:   "A database instance is short of CPU.",
			act:     "See in Performance Insights which statements take it.",
			metrics: of("CPUUtilization", "Maximum"), comparison: above, threshold: float64(t.BusyPercent),
			points: 10, of: 15, missing: isBad,
		},
		{
			suffix:  "-database-connections",
			means:   fmt.Sprintf("More than %d of an instance's %d connections are taken.", int(t.limit(d.MaxConnections)), d.MaxConnections),
			act:     "Check tasks times pool size against the limit; when it is reached, new tasks cannot start.",
			metrics: of("DatabaseConnections", "Maximum"), comparison: above, threshold: t.limit(d.MaxConnections),
			points: 5, of: 5, missing: isGood,
		},
		{
			suffix:  "-database-local-storage",
			means:   fmt.Sprintf("An instance has less than %d GiB left for sorts and temporary tables.", d.MinLocalStorageGiB),
			act:     "Find the statement that spills; statements fail when nothing is left.",
			metrics: of("FreeLocalStorage", "Minimum"), comparison: below, threshold: float64(d.MinLocalStorageGiB) * gib,
			points: 5, of: 5, missing: isGood,
		},
		{
			suffix: "-database-volume",
			means:  fmt.Sprintf("The database holds more than the %d GiB expected.", d.MaxVolumeGiB),
			act:    "It keeps growing, and so does its bill: find out what writes so much, or expect more.",
			metrics: one(metric{rdsNamespace, "VolumeBytesUsed", dimensions{"DBClusterIdentifier": d.ClusterIdentifier},
				"Maximum", 5 * minute}), comparison: above, threshold: float64(d.MaxVolumeGiB) * gib,
			points: 3, of: 3, missing: isGood,
		},
		{
			suffix:  "-database-lag",
			means:   "A reader is far behind the writer: a failover would take longer, since it first has to catch up.",
			act:     "See whether it is short of CPU, or whether a long statement runs on it.",
			metrics: of("AuroraReplicaLag", "Maximum"), comparison: above, threshold: float64(t.DatabaseLagMilliseconds),
			points: 5, of: 5, missing: isGood,
		},
	}
}

// node is the id of one node, counted from 1: ElastiCache names the members of a replication group itself.
func (b Bus) node(i int) pulumi.StringInput {
	return pulumi.Sprintf("%s-%03d", b.ReplicationGroupID, i)
}

func (b Bus) alarms(t Thresholds) []alarm {
	// Metrics are counted for each node; which of them is the primary changes with every failover.
	nodes := func(name, stat string) map[string]metric {
		out := map[string]metric{}
		for i := 1; i <= b.Nodes; i++ {
			out[fmt.Sprintf("node%d", i)] = metric{cacheNamespace, name, dimensions{"CacheClusterId": b.node(i)}, stat, minute}
		}
		return out
	}
	const worst = "MAX(METRICS())"
	return []alarm{
		{
			suffix:  "-bus-cpu",
			means:   "The bus is short of CPU: its engine has one thread, and all messages between servers go through it.",
			act:     "Take a larger node type; replicas do not help, since every message is written.",
			metrics: nodes("EngineCPUUtilization", "Maximum"), expression: worst, comparison: above, threshold: float64(t.BusyPercent),
			points: 5, of: 5, missing: isBad,
		},
		{
			suffix:  "-bus-memory",
			means:   "The bus is short of memory.",
			act:     "Take a larger node type before cached records are evicted.",
			metrics: nodes("DatabaseMemoryUsagePercentage", "Maximum"), expression: worst, comparison: above, threshold: float64(t.BusyPercent),
			points: 5, of: 5, missing: isGood,
		},
		{
			suffix:  "-bus-evictions",
			means:   "The bus throws cached records away for want of memory; servers read them from the database again.",
			act:     "Take a larger node type.",
			metrics: nodes("Evictions", "Sum"), expression: worst, comparison: above, threshold: 0,
			points: 5, of: 5, missing: isGood,
		},
		{
			suffix:  "-bus-network",
			means:   "The bus sends more than its node type may: packets are dropped and messages come late.",
			act:     "Take a node type with more bandwidth.",
			metrics: nodes("NetworkBandwidthOutAllowanceExceeded", "Sum"), expression: worst, comparison: above, threshold: 0,
			points: 3, of: 5, missing: isGood,
		},
		{
			suffix:  "-bus-lag",
			means:   fmt.Sprintf("A replica of the bus is more than %d s behind: a failover now would lose what it misses.", t.BusLagSeconds),
			act:     "Look at CPU and bandwidth of the nodes; after a failover it goes away by itself.",
			metrics: nodes("ReplicationLag", "Maximum"), expression: worst, comparison: above, threshold: float64(t.BusLagSeconds),
			points: 5, of: 5, missing: isGood,
		},
	}
}
