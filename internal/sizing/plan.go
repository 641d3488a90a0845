package sizing

import (
	"cmp"
	"slices"
)

// Facts about clients and servers.
const (
	// ClientPatienceSeconds is how long deepstream's JavaScript client tries to come back: five attempts, 0, 4, 8, 12
	// and 16 s apart (deepstream.io-client-js 7.1, default options). The first comes at once, and none has jitter.
	ClientPatienceSeconds = 40
	clientAttempts        = 6 // the connection that ended, and five more
	// HeartbeatWindowSeconds is how long a deepstream server keeps a socket that says nothing: twice its
	// heartbeatInterval of 30 s (deepstream.io 10.1, src/default-options.ts).
	HeartbeatWindowSeconds = 60

	// What a task carries. A deepstream node runs on one thread: a second vCPU adds nothing. Measured are 80 MB for a
	// node and, at 80 % CPU on six, a million messages a second (deepstream's own benchmarks on t2.medium). What a
	// connection costs is this platform's assumption: ten messages a second, and 64 KiB for its socket's buffers in the
	// kernel and its subscriptions. A quarter of the memory stays free for the bursts of a reconnect.
	processMiB            = 80
	connectionKiB         = 64
	messagesPerSecond     = 160_000
	messagesPerConnection = 10
	busyPercent           = 80
	threadCPU             = 1024

	// How long things take at most: a task to be started and found healthy, a host to boot into the cluster, a server to
	// end after its last socket (uWebSockets waits 2 s; the rest is for its connections to database and bus).
	taskStartSeconds = 60 + 150
	hostStartSeconds = 120
	closeSeconds     = 20
	alarmSeconds     = 5 * 60 // five periods of an alarm

	// A server learns that it leaves by asking for the health of its own target. An account may ask Elastic Load
	// Balancing ten times a second for anything (pollBudget is half of that), so that many servers ask less often; three
	// attempts, of which two may be throttled or come just too early, are the time to notice. The load balancer says
	// "draining" some seconds after it has begun to count.
	pollBudget  = 5
	minPoll     = 10
	attempts    = 3
	lateSeconds = 10
	// failoverSeconds is how long Aurora is away in a failover at most, which writes have to outlast ("High availability
	// for Amazon Aurora", Amazon Aurora User Guide: typically less than 60 s, often less than 30).
	failoverSeconds = 60
	// writeSeconds is how long one attempt to store a record takes at most, and the wait before it: query_timeout and the
	// longest backoff of images/deepstream's storage.
	writeSeconds = 10 + 3

	// LeastRate is three connections a second. It gives each of the 120 tasks that the largest host runs a connection,
	// and each of three tasks, the least that a deployment of some hundreds moves at once, a pace to drain at.
	LeastRate = 3
	// MostPeak and MostRate are more than any region has.
	MostPeak = 100_000_000
	MostRate = 1_000_000
	// MostTargets are those of a load balancer, and of a target group ("Quotas for your Application Load Balancers").
	MostTargets = 1000

	defaultGroupDelete   = 600  // the AWS provider's timeout for deleting an auto scaling group
	defaultServiceDelete = 1200 // and for an ECS service
)

// Plan is what follows from an Input. Times are in seconds.
type Plan struct {
	Input Input
	Host  Host

	Budget               int // connections that may end at once: what comes back within the clients' patience
	MaxPerTask           int // connections a task may hold, with a zone lost
	ConnectionsPerTask   int // connections a task holds at the peak, and what scaling aims at
	Tasks                int // how many run at the peak, the same number in each zone; the most that scaling asks for
	MinTasks             int // the fewest, the same number in each zone: one at least, and so many that a deployment's percentage moves one
	CPUTargetPercent     int // what scaling aims at, so that a lost zone's load drives the others to 80 %
	ScaleInCooldown      int // between two steps down: the clients of the first are back
	TasksPerHost         int // the smallest host has room for
	MostPerHost          int // the largest host has room for
	MinHosts             int // one a zone
	Hosts                int // what Tasks and the further services need at the peak, and MinHosts at least
	MaxHosts             int // with a deployment's and a refresh's surplus
	BatchTasks           int // tasks a deployment, or a draining host, replaces at once
	MinHealthyPercent    int // of Tasks: none goes before its replacement is healthy
	MaxPercent           int // of Tasks, from which ECS, rounding down, arrives at BatchTasks more
	DrainRate            int // sockets a leaving task closes in a second
	DrainSeconds         int // how long a full task takes for that, from seeing that its target drains or from being told to stop
	PollSeconds          int // between two questions of a task after its own target
	LeaveSeconds         int // from its target turning "draining" until a full task has closed all sockets
	FlushSeconds         int // what a stopped task has to store what is pending, once its sockets are closed
	DeregistrationDelay  int
	StopTimeout          int
	DeploymentTimeout    int // a whole deployment, and its being taken back
	ServiceDeleteTimeout int
	BatchHosts           int   // hosts a refresh replaces at once
	RefreshMinHealthy    int   // percent of the hosts
	RefreshMaxHealthy    int   // percent of the hosts
	Checkpoints          []int // percent of the hosts replaced: the first batch, half, all
	CheckpointDelay      int
	HostDrainSeconds     int // how long a full host takes to hand over its tasks, batch by batch
	// HookHeartbeat is the termination hook's timeout. It covers HostDrainSeconds up to AWS's 7200; beyond those, which
	// only large hosts with small batches reach, whoever drains the host has to record heartbeats.
	HookHeartbeat       int
	RefreshTimeout      int // a whole instance refresh
	GroupDeleteTimeout  int
	IdleTimeout         int // of the load balancer
	RateLimit           int // requests an address may make in 5 minutes before the WAF blocks it
	DatabaseConnections int // what the tasks take at most, with a quarter to spare
	DatabaseMax         int // what the database accepts
}

// Derive returns the plan of an input. The error is Refusals: every value that makes a plan impossible, with the nearest
// that does not. For a plan that Derive returns, Check finds nothing.
func Derive(in Input) (Plan, error) {
	if rs := in.refuse(); rs != nil {
		return Plan{}, rs
	}
	p := Plan{Input: in}
	p.Host, _ = HostOf(in.InstanceType)
	p.TasksPerHost, p.MostPerHost = in.perHost(in.TaskCPU, in.TaskMemoryMiB)
	p.DatabaseMax, _ = MaxDatabaseConnections(in.DatabaseClass)
	p.Budget = in.ReconnectsPerSecond * ClientPatienceSeconds
	p.MaxPerTask = min(in.memoryHolds(), in.cpuHolds(), p.Budget/p.MostPerHost)
	if rs := p.refuse(); rs != nil {
		return Plan{}, rs
	}
	var rs Refusals
	p.tasks(&rs)
	p.batch(&rs)
	p.drain()
	p.hosts(&rs)
	if rs != nil {
		return Plan{}, rs
	}
	p.refresh()
	p.edge()
	return p, nil
}

// perHost returns how many tasks of a size the smallest and the largest of the hosts take.
func (in Input) perHost(cpu, memoryMiB int) (least, most int) {
	for i, name := range in.types() {
		host, _ := HostOf(name)
		n := host.TasksOf(cpu, memoryMiB)
		if i == 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	return least, most
}

// memoryHolds is how many connections fit into three quarters of a task's memory, beside the server itself.
func (in Input) memoryHolds() int {
	return (in.TaskMemoryMiB*3 - processMiB*4) * 1024 / (4 * connectionKiB)
}

// cpuHolds is how many connections a task's share of its one thread serves.
func (in Input) cpuHolds() int {
	return messagesPerSecond * min(in.TaskCPU, threadCPU) / threadCPU / messagesPerConnection
}

// refuse returns what the values rule out together.
func (p *Plan) refuse() Refusals {
	var rs Refusals
	in := p.Input
	inZone := ceilDiv(in.PeakConnections, in.Zones)
	if least := ceilDiv(inZone, ClientPatienceSeconds); in.ReconnectsPerSecond < least {
		rs.number(keyRate, in.ReconnectsPerSecond, least,
			"must be at least %d: a zone that fails cuts %d of %d connections at once, and clients give up after %d s",
			least, inZone, in.PeakConnections, ClientPatienceSeconds)
	}
	tasks := in.tasksFor(in.PeakConnections, p.MaxPerTask)
	needed := tasks + leastBatch(tasks)
	if needed <= maxTasks(p.DatabaseMax) {
		return rs
	}
	rule := "%d tasks, while a deployment replaces some, take %d database connections of %d: a pool of %d each, and a quarter to spare"
	args := []any{needed, connectionsOf(needed), p.DatabaseMax, PoolPerTask}
	if class := nearestClass(in.DatabaseClass, needed); class != "" {
		rs.text(keyDatabase, in.DatabaseClass, class, rule, args...)
		return rs
	}
	args[2] = maxDatabaseConnections // which a larger class would have
	rs.number(keyPeak, in.PeakConnections, in.largestPeak(p.MaxPerTask), rule, args...)
	return rs
}

// tasksFor returns how many tasks hold a peak: the same number in each zone, and in all zones but one together enough.
func (in Input) tasksFor(peak, perTask int) int {
	return in.Zones * ceilDiv(peak, perTask*(in.Zones-1))
}

// mostTasks returns how many tasks there may be at most, the same number in each zone: a deployment's smallest step has to
// find room in the database, in the budget and in the pace of reconnects.
func (p *Plan) mostTasks() int {
	most, step := maxTasks(p.DatabaseMax), min(p.Budget/p.MaxPerTask, p.Input.ReconnectsPerSecond)
	for n := most / p.Input.Zones * p.Input.Zones; n > 0; n -= p.Input.Zones {
		if least := leastBatch(n); n+least <= most && least <= step {
			return n
		}
	}
	return 0
}

// largestPeak returns the largest peak that the largest database serves.
func (in Input) largestPeak(perTask int) int {
	good, bad := 1, in.PeakConnections
	for bad-good > 1 {
		middle := good + (bad-good)/2
		if tasks := in.tasksFor(middle, perTask); tasks+leastBatch(tasks) <= maxTasks(maxDatabaseConnections) {
			good = middle
		} else {
			bad = middle
		}
	}
	return good
}

// leastBatch is the smallest step of a deployment: ECS takes percents, and a percent of many tasks is more than one. The
// budget, which takes the loss of a zone, takes that step too; it is at most LeastRate, as no database serves 400 tasks.
func leastBatch(tasks int) int { return max(1, tasks/100) }

// tasks derives how many tasks run. A bound above what the peak needs is room for more than the peak: what a task holds
// stays the same.
func (p *Plan) tasks(rs *Refusals) {
	in := p.Input
	needed := in.tasksFor(in.PeakConnections, p.MaxPerTask)
	p.ConnectionsPerTask = ceilDiv(in.PeakConnections, needed)
	p.Tasks = rs.bound(keyMaxTasks, in.MaxTasks, needed, max(needed, p.mostTasks()), in.Zones,
		"%d hold the peak of %d connections with a zone lost, and more than the last leave a deployment nothing of the database's %d connections or of the %d "+
			"clients that may come back at once", needed, in.PeakConnections, p.DatabaseMax, p.Budget)
	p.CPUTargetPercent = busyPercent * (in.Zones - 1) / in.Zones
}

// batch derives how many tasks are replaced at once: as many as the budget, the database and the pace allow.
func (p *Plan) batch(rs *Refusals) {
	most := min(p.Budget/p.MaxPerTask, p.Tasks, p.Input.ReconnectsPerSecond, maxTasks(p.DatabaseMax)-p.Tasks)
	percent := (100*(most+1) - 1) / p.Tasks // the largest of which ECS, rounding down, makes no more than that
	p.BatchTasks = p.Tasks * min(percent, 100) / 100
	p.MinHealthyPercent = 100
	p.MaxPercent = 100 + ceilDiv(100*p.BatchTasks, p.Tasks)
	// Of fewer tasks the same percentage, rounded down, may come to none, and then a deployment never begins.
	fewest := roundUp(max(p.Input.Zones, ceilDiv(100, p.MaxPercent-100)), p.Input.Zones)
	p.MinTasks = rs.bound(keyMinTasks, p.Input.MinTasks, fewest, p.Tasks, p.Input.Zones,
		"with fewer than %d a zone has none, or a deployment's %d %% of them is none; %d is the most that run", fewest, p.MaxPercent-100, p.Tasks)
	p.DatabaseConnections = connectionsOf(p.Tasks + p.BatchTasks)
}

// drain derives how a task leaves. The load balancer cuts what is left when the delay ends, and only then is the task
// told to stop; within the delay the task notices that its target is draining, and closes its sockets.
func (p *Plan) drain() {
	p.DrainRate = p.Input.ReconnectsPerSecond / p.BatchTasks
	p.DrainSeconds = ceilDiv(p.MaxPerTask, p.DrainRate)
	p.PollSeconds = max(minPoll, ceilDiv(p.Tasks+p.BatchTasks, pollBudget))
	p.LeaveSeconds = attempts*p.PollSeconds + p.DrainSeconds
	p.DeregistrationDelay = roundUp(p.LeaveSeconds+lateSeconds, 10)
	// A task that is stopped past the load balancer still has its sockets, and closes them at the same pace, then stores
	// what is pending. The longest drain, twice the clients' patience, leaves less than a failover takes.
	p.FlushSeconds = min(failoverSeconds, maxStopTimeout-closeSeconds-p.DrainSeconds)
	p.StopTimeout = roundUp(p.DrainSeconds+p.FlushSeconds+closeSeconds, 10)
	p.ScaleInCooldown = max(300, roundUp(p.DeregistrationDelay+p.StopTimeout+ClientPatienceSeconds, 60))
	p.DeploymentTimeout = max(defaultServiceDelete, roundUp(2*ceilDiv(p.Tasks, p.BatchTasks)*p.roundSeconds(), 60))
	p.ServiceDeleteTimeout = roundUp(defaultServiceDelete+p.DeregistrationDelay+p.StopTimeout, 60)
}

// roundSeconds is how long one batch of tasks takes to be replaced: the new ones found healthy, perhaps on a new host,
// then the old ones drained and stopped.
func (p *Plan) roundSeconds() int {
	return hostStartSeconds + taskStartSeconds + p.DeregistrationDelay + p.StopTimeout
}

// hosts derives how many hosts the tasks need. Tasks and hosts spread over the zones alike, so each zone is filled apart.
func (p *Plan) hosts(rs *Refusals) {
	in := p.Input
	p.BatchHosts = max(1, p.BatchTasks/p.MostPerHost)
	p.Hosts = p.hostsFor(p.Tasks, p.TasksPerHost)
	p.MaxHosts = p.hostsFor(p.Tasks+p.BatchTasks, p.TasksPerHost) + p.BatchHosts
	for _, f := range p.Input.Further {
		perHost, _ := p.Input.perHost(f.CPU, f.MemoryMiB)
		p.Hosts += p.hostsFor(f.Tasks, perHost)
		p.MaxHosts += p.hostsFor(f.Tasks+1, perHost) // a deployment starts a new task before it stops an old one
	}
	p.MinHosts = rs.bound(keyMinHosts, in.MinHosts, in.Zones, maxClusterHosts-p.BatchHosts, 1,
		"a zone without a host runs no task, and a cluster takes %d with a refresh's batch of %d", maxClusterHosts, p.BatchHosts)
	// More hosts than the tasks need run at the peak too, and a refresh needs its batch beside them.
	p.Hosts, p.MaxHosts = max(p.Hosts, p.MinHosts), max(p.MaxHosts, p.MinHosts+p.BatchHosts)
	if many := p.tooMany(); many != nil {
		*rs = append(*rs, many...)
		return
	}
	p.MaxHosts = rs.bound(keyMaxHosts, in.MaxHosts, p.MaxHosts, maxClusterHosts, 1,
		"%d tasks at the peak, a deployment's %d more and further services, or cluster.minHosts, with a refresh's batch of %d need %d, and a cluster takes %d",
		p.Tasks, p.BatchTasks, p.BatchHosts, p.MaxHosts, maxClusterHosts)
}

// hostsFor returns how many hosts take a number of tasks.
func (p *Plan) hostsFor(tasks, perHost int) int {
	return p.Input.Zones * ceilDiv(ceilDiv(tasks, p.Input.Zones), perHost)
}

// Targets is how many tasks the load balancer has as targets at most, with what deployments start before they stop anything.
func (p Plan) Targets() int {
	n := p.Tasks + p.BatchTasks
	for _, f := range p.Input.Further {
		n += f.Tasks + 1
	}
	return n
}

// tooMany refuses the further services' tasks when all tasks together are more than a load balancer takes, which is fewer than the
// hosts that a cluster takes.
func (p *Plan) tooMany() Refusals {
	excess := p.Targets() - MostTargets
	if excess <= 0 || len(p.Input.Further) == 0 {
		return nil
	}
	var rs Refusals
	largest := slices.MaxFunc(p.Input.Further, func(a, b Further) int { return cmp.Compare(a.Tasks, b.Tasks) })
	nearest := min(largest.Tasks-1, max(2, largest.Tasks-excess))
	rs.number("services."+largest.Name+".maxTasks", largest.Tasks, nearest,
		"all services at their most, and what their deployments start first, are %d tasks, and a load balancer takes %d targets", p.Targets(), MostTargets)
	return rs
}

// refresh derives how hosts are replaced.
func (p *Plan) refresh() {
	p.RefreshMinHealthy = 100 // a new host is in service before an old one goes
	// Of the most hosts there can be; AWS replaces at least one, whatever the percentage comes to.
	p.RefreshMaxHealthy = 100 + 100*p.BatchHosts/p.MaxHosts
	p.Checkpoints = []int{100}
	if p.BatchHosts < p.Hosts {
		first := ceilDiv(100*p.BatchHosts, p.Hosts)
		p.Checkpoints = []int{first, 100}
		if first < 50 {
			p.Checkpoints = []int{first, 50, 100}
		}
	}
	p.CheckpointDelay = roundUp(p.DrainSeconds+ClientPatienceSeconds+alarmSeconds, 60)
	leaving := min(p.BatchHosts*p.MostPerHost, p.Tasks)
	p.HostDrainSeconds = ceilDiv(leaving, p.BatchTasks) * p.roundSeconds()
	p.HookHeartbeat = min(roundUp(p.HostDrainSeconds, 60), maxHookHeartbeat)
	batches := ceilDiv(p.MaxHosts, p.BatchHosts)
	p.RefreshTimeout = roundUp(batches*(hostStartSeconds+p.HostDrainSeconds)+(len(p.Checkpoints)-1)*p.CheckpointDelay, 60)
	p.GroupDeleteTimeout = defaultGroupDelete + p.HookHeartbeat
}

// edge derives what the load balancer and the firewall in front of it are told.
func (p *Plan) edge() {
	p.IdleTimeout = 2 * HeartbeatWindowSeconds
	// One address may use a hundredth of what the platform accepts in the firewall's 5 minutes, which is a whole office
	// behind one address; and never so little that a few clients cannot come back, or that Route 53's checks are blocked.
	p.RateLimit = max(100, p.Input.ReconnectsPerSecond*rateWindow/100)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func roundUp(n, step int) int { return ceilDiv(n, step) * step }
