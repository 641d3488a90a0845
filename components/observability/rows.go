package observability

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// rows are the tiers in the order in which a message passes them.
func (v View) rows() []row {
	v.Thresholds = v.Thresholds.filled()
	out := []row{v.edge()}
	for _, s := range v.Services {
		out = append(out, v.service(s))
	}
	return append(out, v.hosts(), v.database(), v.bus())
}

func (v View) edge() row {
	of := func(label, name string) series {
		return series{label: label, namespace: elbNamespace, name: name, dimensions: []string{"LoadBalancer", v.LoadBalancer}}
	}
	active := of("", "ActiveConnectionCount")
	active.id, active.hidden = "active", true
	return row{"## Edge\nConnections are clients: what the load balancer counts, halved, since it holds two for each.", []graph{
		{
			title: "Connected clients", unit: "clients", stat: "Sum",
			series: []series{active, {label: "clients", expression: "active / 2"}},
			limits: []limit{{"all tasks can hold", float64(v.MaxConnections)}},
		},
		{title: "Requests", unit: "a minute", stat: "Sum", series: []series{of("requests", "RequestCount"), of("new connections", "NewConnectionCount")}},
		{
			title: "Errors", unit: "a minute", stat: "Sum",
			series: []series{of("by the load balancer", "HTTPCode_ELB_5XX_Count"), of("by tasks", "HTTPCode_Target_5XX_Count"),
				of("turned away", "RejectedConnectionCount")},
			limits: []limit{{"alarm", float64(v.Thresholds.ErrorsPerMinute)}},
		},
	}}
}

func (v View) service(s ServiceView) row {
	within := []string{"ClusterName", v.Cluster, "ServiceName", s.Name}
	behind := []string{"LoadBalancer", v.LoadBalancer, "TargetGroup", s.TargetGroup}
	tasks := func(label, name string) series {
		return series{label: label, namespace: insightsNamespace, name: name, dimensions: within}
	}
	target := func(label, name, stat string) series {
		return series{label: label, namespace: elbNamespace, name: name, dimensions: behind, stat: stat}
	}
	use := func(label, name, stat string) series {
		return series{label: label, namespace: ecsNamespace, name: name, dimensions: within, stat: stat}
	}
	return row{fmt.Sprintf("## Service %s", s.Key), []graph{
		{title: s.Key + ": tasks", unit: "tasks", stat: "Average", series: []series{
			tasks("should run", "DesiredTaskCount"), tasks("run", "RunningTaskCount"),
			target("healthy", "HealthyHostCount", "Minimum"), target("unhealthy", "UnHealthyHostCount", "Maximum"),
		}},
		{title: s.Key + ": use", unit: "%", stat: "Average", limits: []limit{{"alarm", float64(v.Thresholds.BusyPercent)}}, series: []series{
			use("CPU, average", "CPUUtilization", ""), use("CPU, worst", "CPUUtilization", "Maximum"),
			use("memory, average", "MemoryUtilization", ""), use("memory, worst", "MemoryUtilization", "Maximum"),
		}},
		{title: s.Key + ": time to answer", unit: "seconds", stat: "p50", limits: []limit{{"alarm", v.Thresholds.slowSeconds()}}, series: []series{
			target("half", "TargetResponseTime", ""), target("19 of 20", "TargetResponseTime", "p95"), target("99 of 100", "TargetResponseTime", "p99"),
		}},
	}}
}

func (v View) hosts() row {
	cluster := func(label, name string) series {
		return series{label: label, namespace: ecsNamespace, name: name, dimensions: []string{"ClusterName", v.Cluster}}
	}
	group := func(label, name, stat string) series {
		return series{label: label, namespace: ec2Namespace, name: name, dimensions: []string{"AutoScalingGroupName", v.AutoScalingGroup}, stat: stat}
	}
	return row{"## Hosts", []graph{
		{title: "Hosts", unit: "hosts", stat: "Average", series: []series{{
			label: "with tasks", namespace: insightsNamespace, name: "ContainerInstanceCount", dimensions: []string{"ClusterName", v.Cluster},
		}}},
		{title: "Hosts needed", unit: "% of those there are", stat: "Average", limits: []limit{{"alarm", 100}}, series: []series{{
			label: "needed", namespace: scalingNamespace, name: "CapacityProviderReservation",
			dimensions: []string{"CapacityProviderName", v.CapacityProvider, "ClusterName", v.Cluster},
		}}},
		{title: "Host use", unit: "%", stat: "Average", series: []series{
			group("CPU, average", "CPUUtilization", ""), group("CPU, worst", "CPUUtilization", "Maximum"),
			cluster("CPU reserved by tasks", "CPUReservation"), cluster("memory reserved by tasks", "MemoryReservation"),
		}},
	}}
}

func (v View) database() row {
	of := func(label, name, role string) series {
		return series{label: label, namespace: rdsNamespace, name: name, dimensions: []string{"DBClusterIdentifier", v.Database, "Role", role}}
	}
	both := func(name string) []series {
		return []series{of("writer", name, "WRITER"), of("reader", name, "READER")}
	}
	return row{"## Database", []graph{
		{title: "Database CPU", unit: "%", stat: "Maximum", series: both("CPUUtilization"), limits: []limit{{"alarm", float64(v.Thresholds.BusyPercent)}}},
		{
			title: "Database connections", unit: "connections", stat: "Maximum", series: both("DatabaseConnections"),
			limits: []limit{{"an instance takes", float64(v.MaxDatabaseConnections)}},
		},
		{title: "Reader behind writer", unit: "ms", stat: "Maximum", series: []series{of("lag", "AuroraReplicaLag", "READER")},
			limits: []limit{{"alarm", float64(v.Thresholds.DatabaseLagMilliseconds)}}},
		{title: "Database storage", unit: "bytes", stat: "Minimum", series: append(both("FreeLocalStorage"), series{
			label: "volume", namespace: rdsNamespace, name: "VolumeBytesUsed", dimensions: []string{"DBClusterIdentifier", v.Database}, stat: "Maximum",
		})},
	}}
}

func (v View) bus() row {
	nodes := func(name string) []series {
		var out []series
		for _, id := range v.BusNodes {
			out = append(out, series{label: id, namespace: cacheNamespace, name: name, dimensions: []string{"CacheClusterId", id}})
		}
		return out
	}
	return row{"## Bus", []graph{
		{title: "Bus CPU", unit: "%", stat: "Maximum", series: nodes("EngineCPUUtilization"), limits: []limit{{"alarm", float64(v.Thresholds.BusyPercent)}}},
		{title: "Bus memory", unit: "%", stat: "Maximum", series: nodes("DatabaseMemoryUsagePercentage"), limits: []limit{{"alarm", float64(v.Thresholds.BusyPercent)}}},
		{title: "Bus traffic out", unit: "bytes a minute", stat: "Sum", series: nodes("NetworkBytesOut")},
		{title: "Replica behind primary", unit: "seconds", stat: "Maximum", series: nodes("ReplicationLag"), limits: []limit{{"alarm", float64(v.Thresholds.BusLagSeconds)}}},
	}}
}

// dashboard registers the dashboard once everything on it has its name.
func (b *builder) dashboard() error {
	a := b.args
	// One map of all names, since they have to be known together.
	known := pulumi.StringMap{
		"loadBalancer": a.LoadBalancer.ArnSuffix, "cluster": a.Cluster.name(a.Region), "capacityProvider": a.Cluster.CapacityProviderName,
		"autoScalingGroup": a.Cluster.AutoScalingGroupName, "database": a.Database.ClusterIdentifier,
	}
	for _, key := range a.serviceKeys() {
		known["service "+key], known["target group "+key] = a.Services[key].Name, a.Services[key].TargetGroupArnSuffix
	}
	var nodes, alarms []string
	for i := 1; i <= a.Bus.Nodes; i++ {
		nodes = append(nodes, fmt.Sprintf("node %d", i))
		known[nodes[i-1]] = a.Bus.node(i)
	}
	for i, made := range b.alarms {
		alarms = append(alarms, fmt.Sprintf("alarm %d", i))
		known[alarms[i]] = made.Arn
	}
	text := known.ToStringMapOutput().ApplyT(func(names map[string]string) (string, error) {
		all := func(keys []string) []string {
			out := slices.Clone(keys)
			for i, k := range keys {
				out[i] = names[k]
			}
			return out
		}
		v := View{
			Stack: a.Stack, Region: a.Region, AlarmArns: all(alarms), BusNodes: all(nodes),
			LoadBalancer: names["loadBalancer"], Cluster: names["cluster"], CapacityProvider: names["capacityProvider"],
			AutoScalingGroup: names["autoScalingGroup"], Database: names["database"],
			MaxConnections: a.LoadBalancer.MaxConnections, MaxDatabaseConnections: a.Database.MaxConnections, Thresholds: a.Thresholds,
		}
		for _, key := range a.serviceKeys() {
			v.Services = append(v.Services, ServiceView{key, names["service "+key], names["target group "+key]})
		}
		return Dashboard(v)
	}).(pulumi.StringOutput)

	// Dashboards have no regions: a name belongs to the whole account, and whoever writes it second overwrites the first.
	made, err := cloudwatch.NewDashboard(b.ctx, b.name+"-dashboard", &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(blocks.Prefix(b.ctx, a.NamePrefix) + "-" + a.Stack),
		DashboardBody: text,
		// Replaced by hand (pulumi up --replace), it has to go first: the deletion of the old one goes by the name of the new.
	}, b.child, pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return err
	}
	b.out.DashboardName = made.DashboardName
	return nil
}
