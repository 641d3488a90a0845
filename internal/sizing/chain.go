package sizing

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of AWS.
const (
	maxDeregistrationDelay = 3600
	maxStopTimeout         = 120
	minHookHeartbeat       = 30
	maxHookHeartbeat       = 7200
	maxHookWait            = 172_800
	maxHookExtensions      = 100
	maxCheckpointDelay     = 172_800
	maxIdleTimeout         = 4000
	maxClusterHosts        = 5000
	minRateLimit           = 10
	rateWindow             = 300
	checksInRateWindow     = rateWindow / 10 // a checker of Route 53 asks every 10 s at most often
)

// Quantity is a number with what it is and its unit.
type Quantity struct {
	Name  string
	Value int
	Unit  string
}

// String is the quantity as in "drain window 40 s".
func (q Quantity) String() string { return fmt.Sprintf("%s %d %s", q.Name, q.Value, q.Unit) }

// Inequality is one that has to hold among a plan's numbers.
type Inequality struct {
	Name   string // unique in a chain
	Left   Quantity
	Op     string // < or <=
	Right  Quantity
	Holds  bool
	Reason string // what happens otherwise
	Source string // where the rule or the limit comes from
}

// String is the inequality with its numbers and its reason.
func (i Inequality) String() string {
	return fmt.Sprintf("%s: %s must be %s %s: %s (%s)", i.Name, i.Left, i.Op, i.Right, i.Reason, i.Source)
}

// Broken is the error of Check: inequalities that do not hold.
type Broken []Inequality

// Error says every broken inequality on a line of its own.
func (b Broken) Error() string {
	lines := make([]string, len(b))
	for i, in := range b {
		lines[i] = "\n  " + in.String()
	}
	return "check sizes:" + strings.Join(lines, "")
}

// Check returns Broken with every inequality of the chain that does not hold, or nil. A plan as Derive returned it has
// none; one in which a value was then overridden may.
func (p Plan) Check() error {
	broken := slices.DeleteFunc(p.Chain(), func(i Inequality) bool { return i.Holds })
	if len(broken) == 0 {
		return nil
	}
	return Broken(broken)
}

// Chain returns every inequality among the plan's numbers, whether it holds or not.
func (p Plan) Chain() []Inequality {
	return slices.Concat(p.budgetChain(), p.capacityChain(), p.drainChain(), p.hostChain(), p.edgeChain())
}

func atMost(name string, left, right Quantity, reason, source string) Inequality {
	return Inequality{name, left, "<=", right, left.Value <= right.Value, reason, source}
}

func below(name string, left, right Quantity, reason, source string) Inequality {
	return Inequality{name, left, "<", right, left.Value < right.Value, reason, source}
}

func seconds(name string, n int) Quantity     { return Quantity{name, n, "s"} }
func connections(name string, n int) Quantity { return Quantity{name, n, "connections"} }
func tasks(name string, n int) Quantity       { return Quantity{name, n, "tasks"} }
func hosts(name string, n int) Quantity       { return Quantity{name, n, "hosts"} }
func percent(name string, n int) Quantity     { return Quantity{name, n, "percent"} }

// Sources that several inequalities share.
const (
	sourceClient   = "deepstream.io-client-js 7.1, default options: reconnectIntervalIncrement, maxReconnectAttempts"
	sourceDeploy   = "Amazon ECS API Reference, DeploymentConfiguration"
	sourceHook     = "Amazon EC2 Auto Scaling API Reference, LifecycleHook and PutLifecycleHook"
	sourceRate     = "AWS WAF Developer Guide, Rate-based rule high-level settings"
	sourceThrottle = "Elastic Load Balancing User Guide, Request throttling for the ELB API: non-mutating actions, 10 a second"
	sourceModel    = "the model in this package's documentation"
)

// budgetChain: what ends at once comes back within the clients' patience.
func (p Plan) budgetChain() []Inequality {
	in := p.Input
	budget := connections("budget", p.Budget)
	surplus := p.Tasks*p.MaxPercent/100 - p.Tasks
	return []Inequality{
		atMost("budget", budget, connections("reconnect rate times client patience", in.ReconnectsPerSecond*ClientPatienceSeconds),
			"clients that find no place in time give up", sourceClient),
		atMost("task batch", connections("full batch of a deployment", p.BatchTasks*p.MaxPerTask), budget,
			"the load balancer cuts what a batch has not closed when its deregistration delay ends", sourceClient),
		atMost("host", connections("full host", p.MostPerHost*p.MaxPerTask), budget,
			"a host that dies cuts all its clients at once", sourceClient),
		atMost("host batch", connections("full batch of a refresh", p.BatchHosts*p.MostPerHost*p.MaxPerTask), budget,
			"hosts that are replaced together may die together", sourceClient),
		atMost("zone", connections("peak", in.PeakConnections), connections("budget of all zones", p.Budget*in.Zones),
			"a zone that fails cuts its share of the clients at once", sourceClient),
		atMost("batch as ECS rounds it", tasks("surplus at the maximum percent", surplus), tasks("batch", p.BatchTasks),
			"ECS starts, and then stops, as many tasks at once", sourceDeploy),
		atMost("deployment moves", tasks("one", 1), tasks("surplus at the maximum percent", surplus),
			"with no surplus and none allowed to go, a deployment stands still", sourceDeploy),
		atMost("deployment of the fewest moves", tasks("one", 1), tasks("surplus of the fewest", p.MinTasks*p.MaxPercent/100-p.MinTasks),
			"ECS rounds the percentage down, and a deployment stands still", sourceDeploy),
		atMost("deployment keeps capacity", percent("all", 100), percent("minimum healthy percent", p.MinHealthyPercent),
			"a task that goes before its replacement is healthy crowds the others", sourceDeploy),
		atMost("drain pace", Quantity{"batch times drain rate", p.BatchTasks * p.DrainRate, "reconnects/s"},
			Quantity{"reconnect rate", in.ReconnectsPerSecond, "reconnects/s"},
			"the tasks of a batch close their sockets together", sourceModel),
	}
}

// capacityChain: tasks hold the peak, hosts hold the tasks, the database holds their pools.
func (p Plan) capacityChain() []Inequality {
	in, zones := p.Input, p.Input.Zones
	most := connections("most a task holds", p.MaxPerTask)
	left := p.Tasks - ceilDiv(p.Tasks, max(zones, 1))
	return []Inequality{
		atMost("memory", most, connections("task's memory", in.memoryHolds()), "a task over its limit is killed with all its sockets", sourceModel),
		atMost("CPU", most, connections("task's thread", in.cpuHolds()), "a deepstream node runs on one thread", sourceModel),
		atMost("peak", connections("peak", in.PeakConnections), connections("all tasks at the target", p.Tasks*p.ConnectionsPerTask),
			"scaling would ask for more tasks than it may", sourceModel),
		atMost("peak without a zone", connections("peak", in.PeakConnections), connections("tasks of the other zones, full", left*p.MaxPerTask),
			"the clients of a failed zone would find no room", sourceModel),
		atMost("CPU without a zone", percent("target times zones", p.CPUTargetPercent*zones), percent("80 times the other zones", busyPercent*(zones-1)),
			"the tasks left take over the load of those lost", sourceModel),
		atMost("scaling range", tasks("fewest", p.MinTasks), tasks("most", p.Tasks), "a range has to be one", "Application Auto Scaling API Reference, RegisterScalableTarget"),
		atMost("task in each zone", tasks("zones", zones), tasks("fewest", p.MinTasks), "a zone without a task sends its clients to another", sourceModel),
		atMost("host CPU", Quantity{"tasks of a host", p.TasksPerHost * in.TaskCPU, "CPU units"}, Quantity{"host", p.Host.CPU, "CPU units"},
			"tasks that do not fit stay in PROVISIONING", "Amazon EC2 Instance Types Guide"),
		atMost("host memory", Quantity{"tasks of a host", p.TasksPerHost * in.TaskMemoryMiB, "MiB"}, Quantity{"host without the system", p.Host.UsableMemoryMiB(), "MiB"},
			"tasks that do not fit stay in PROVISIONING", "Amazon ECS Developer Guide, Reserving Amazon ECS Linux container instance memory"),
		atMost("host interfaces", tasks("host", p.TasksPerHost), tasks("task limit with ENI trunking", p.Host.MaxTasks),
			"each task takes a network interface", "Amazon ECS Developer Guide, Supported instances for increased Amazon ECS container network interfaces"),
		atMost("host in each zone", hosts("zones", zones), hosts("fewest", p.MinHosts), "a zone without a host runs no task", sourceModel),
		atMost("host range", hosts("fewest", p.MinHosts), hosts("peak", p.Hosts), "a range has to be one", sourceModel),
		atMost("hosts for a deployment", tasks("peak with a batch", p.Tasks+p.BatchTasks), tasks("all hosts but a refresh's batch", (p.MaxHosts-p.BatchHosts)*p.TasksPerHost),
			"a deployment waits for room that never comes", sourceDeploy),
		atMost("hosts for a refresh", hosts("peak with a batch", p.Hosts+p.BatchHosts), hosts("most", p.MaxHosts),
			"a refresh has no room for the hosts that it starts first", "Amazon EC2 Auto Scaling API Reference, RefreshPreferences"),
		atMost("cluster", hosts("most", p.MaxHosts), hosts("cluster", maxClusterHosts),
			"AWS refuses more", "Amazon ECS Developer Guide, Amazon ECS service quotas: container instances per cluster"),
		atMost("targets", tasks("all services with a deployment's", p.Targets()), tasks("load balancer", MostTargets),
			"ECS cannot register more", "User Guide for Application Load Balancers, Quotas: targets per load balancer and per target group"),
		atMost("database demand", connections("pools and a quarter", connectionsOf(p.Tasks+p.BatchTasks)), connections("planned", p.DatabaseConnections),
			"a deployment's new tasks connect before the old ones leave", "node-postgres, pg.Pool: max"),
		below("database", connections("planned", p.DatabaseConnections), connections("database's max_connections", p.DatabaseMax),
			"PostgreSQL refuses the next one, and the server exits", "Amazon Aurora User Guide, Maximum connections to an Aurora PostgreSQL DB instance"),
	}
}

// drainChain: a task has time to leave.
func (p Plan) drainChain() []Inequality {
	delay := seconds("deregistration delay", p.DeregistrationDelay)
	stop := seconds("stop timeout", p.StopTimeout)
	leave := seconds("deregistration delay and stop timeout", p.DeregistrationDelay+p.StopTimeout)
	asking := Quantity{"tasks at the peak with a batch, by the interval", ceilDiv(p.Tasks+p.BatchTasks, max(p.PollSeconds, 1)), "requests/s"}
	return []Inequality{
		atMost("drain closes all", connections("most a task holds", p.MaxPerTask), connections("closed in the drain window", p.DrainSeconds*p.DrainRate),
			"the rest is cut at once", sourceModel),
		atMost("drain noticed", asking, Quantity{"half of what an account may ask", pollBudget, "requests/s"},
			"a task whose question is throttled does not know that it leaves", sourceThrottle),
		atMost("notice and drain", seconds("three questions and drain window", attempts*p.PollSeconds+p.DrainSeconds), seconds("time to leave", p.LeaveSeconds),
			"the rest is cut at once", sourceModel),
		below("drain before the cut", seconds("time to leave", p.LeaveSeconds), delay,
			"what is open when the delay ends is cut at once", "Amazon ECS Developer Guide, Optimize load balancer connection draining parameters"),
		atMost("deregistration delay", delay, seconds("limit", maxDeregistrationDelay),
			"the API refuses it", "User Guide for Application Load Balancers, Deregistration delay"),
		atMost("flush outlasts a write", seconds("a query that times out, and the wait before the next", writeSeconds), seconds("flush", p.FlushSeconds),
			"what is pending is given up before it was tried again", sourceModel),
		atMost("flush", seconds("flush", p.FlushSeconds), seconds("failover of the database", failoverSeconds),
			"a task waits for a database that does not come back", "Amazon Aurora User Guide, High availability for Amazon Aurora"),
		below("drain and flush before the kill", seconds("drain window and flush", p.DrainSeconds+p.FlushSeconds), stop,
			"a task that is stopped past the load balancer is killed with sockets open or writes pending", "Amazon ECS API Reference, ContainerDefinition: stopTimeout"),
		atMost("stop timeout", stop, seconds("limit", maxStopTimeout),
			"longer is not promised", "Amazon ECS API Reference, ContainerDefinition: stopTimeout"),
		below("task leaves before its service", leave, seconds("service delete timeout", p.ServiceDeleteTimeout),
			"the deletion of a service waits for its tasks to leave", "Terraform AWS provider 5.100, aws_ecs_service: delete timeout"),
		below("task leaves before the deployment ends", leave, seconds("deployment timeout", p.DeploymentTimeout),
			"a deployment waits for its old tasks to leave", "Terraform AWS provider 5.100, aws_ecs_service: update timeout"),
		atMost("slow scale-in", seconds("a task leaving and its clients' patience", leave.Value+ClientPatienceSeconds), seconds("scale-in cooldown", p.ScaleInCooldown),
			"clients that were just moved would be moved again", "Application Auto Scaling API Reference, TargetTrackingScalingPolicyConfiguration"),
	}
}

// hostChain: a host has time to hand over its tasks, and a refresh to do so for all.
func (p Plan) hostChain() []Inequality {
	hook := seconds("hook heartbeat", p.HookHeartbeat)
	delay := seconds("checkpoint delay", p.CheckpointDelay)
	return []Inequality{
		below("task leaves before its host", seconds("deregistration delay and stop timeout", p.DeregistrationDelay+p.StopTimeout), hook,
			"the host ends under tasks that still drain", sourceHook),
		atMost("shortest hook heartbeat", seconds("limit", minHookHeartbeat), hook, "the API refuses less", sourceHook),
		atMost("longest hook heartbeat", hook, seconds("limit", maxHookHeartbeat), "the API refuses more", sourceHook),
		atMost("hook extended", seconds("host drain", p.HostDrainSeconds), seconds("heartbeat extended", min(maxHookWait, maxHookExtensions*p.HookHeartbeat)),
			"AWS ends the wait after 48 hours or 100 heartbeats, whichever is sooner", sourceHook),
		below("hook before the refresh ends", hook, seconds("refresh timeout", p.RefreshTimeout),
			"a refresh waits for each host's hook", sourceHook),
		below("hook before the group's deletion ends", hook, seconds("group delete timeout", p.GroupDeleteTimeout),
			"the deletion of a group waits for its hosts' hooks", "Terraform AWS provider 5.100, aws_autoscaling_group: delete timeout"),
		below("clients back before the next hosts", seconds("drain window and client patience", p.DrainSeconds+ClientPatienceSeconds), delay,
			"a checkpoint that ends before its clients are back has seen nothing", "Amazon EC2 Auto Scaling API Reference, RefreshPreferences"),
		atMost("checkpoint delay", delay, seconds("limit", maxCheckpointDelay),
			"the API refuses more", "Amazon EC2 Auto Scaling API Reference, RefreshPreferences"),
		atMost("refresh keeps capacity", percent("all", 100), percent("minimum healthy percentage", p.RefreshMinHealthy),
			"a host that goes before the next is in service leaves its tasks nowhere to go", "Amazon EC2 Auto Scaling API Reference, RefreshPreferences"),
		atMost("refresh batch", hosts("surplus of the most hosts", p.MaxHosts*(p.RefreshMaxHealthy-100)/100), hosts("batch", p.BatchHosts),
			"AWS replaces as many hosts at once as the surplus allows", "Amazon EC2 Auto Scaling API Reference, RefreshPreferences"),
		atMost("refresh percentage", percent("maximum healthy percentage", p.RefreshMaxHealthy), percent("limit", 200),
			"the API refuses more", "Amazon EC2 Auto Scaling API Reference, RefreshPreferences"),
	}
}

// edgeChain: the load balancer and the firewall leave clients alone.
func (p Plan) edgeChain() []Inequality {
	requests := func(name string, n int) Quantity { return Quantity{name, n, "requests/5 min"} }
	limit := requests("rate limit of an address", p.RateLimit)
	return []Inequality{
		below("heartbeat before idle", seconds("heartbeat window", HeartbeatWindowSeconds), seconds("idle timeout", p.IdleTimeout),
			"the load balancer cuts a socket before the server has given it up", "deepstream.io 10.1, src/default-options.ts: heartbeatInterval"),
		atMost("idle timeout", seconds("idle timeout", p.IdleTimeout), seconds("limit", maxIdleTimeout),
			"the API refuses more", "User Guide for Application Load Balancers, Connection idle timeout"),
		atMost("one client", requests("attempts of one client", clientAttempts), limit, "a client that was cut is blocked while it comes back", sourceClient),
		below("health checks", requests("one checker of Route 53", checksInRateWindow), limit,
			"a blocked checker finds the region unhealthy", "Amazon Route 53 Developer Guide, Values that you specify when you create health checks: request interval"),
		atMost("one address", limit, requests("all accepted reconnects", p.Input.ReconnectsPerSecond*rateWindow),
			"one address could take every other's place", sourceRate),
		atMost("smallest rate limit", requests("limit", minRateLimit), limit, "the API refuses less", sourceRate),
	}
}
