package sizing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Input is what a Plan is derived from. The first two are the operator's choice; the rest are facts about the stack.
type Input struct {
	PeakConnections     int       // open sockets at the busiest moment, 1 to 100,000,000
	ReconnectsPerSecond int       // sockets that may be opened anew in a second, 3 to 1,000,000
	Zones               int       // availability zones, 3 to 6
	InstanceType        string    // of the container hosts, one of Hosts
	OtherTypes          []string  // what hosts may also be, each one of Hosts
	TaskCPU             int       // CPU units a task reserves, 1024 to a vCPU; at least 128
	TaskMemoryMiB       int       // hard limit a task; at least 128
	DatabaseClass       string    // of the Aurora PostgreSQL instances, such as db.r6g.large
	Further             []Further // services beside deepstream, which share its hosts

	// Bounds that the operator sets on what is derived; 0 leaves it as it is. None may leave less than what is derived.
	MinTasks, MaxTasks int // each a multiple of Zones
	MinHosts, MaxHosts int
}

// Further is a service beside deepstream.
type Further struct {
	Name      string
	Tasks     int // the most that run, at least 1
	CPU       int // CPU units a task reserves
	MemoryMiB int // hard limit a task
}

// The configuration keys that refusals name.
const (
	keyPeak     = "service.peakConnections"
	keyRate     = "service.reconnectsPerSecond"
	keyZones    = "network.zones"
	keyHost     = "cluster.instanceType"
	keyOther    = "cluster.otherInstanceTypes"
	keyCPU      = "service.cpu"
	keyMemory   = "service.memoryMiB"
	keyDatabase = "database.instanceClass"
	keyMinTasks = "service.minTasks"
	keyMaxTasks = "service.maxTasks"
	keyMinHosts = "cluster.minHosts"
	keyMaxHosts = "cluster.maxHosts"
)

// Refusal is a value from which no plan follows.
type Refusal struct {
	Key     string // the configuration key, such as service.reconnectsPerSecond
	Value   string // what it is set to
	Rule    string // what is allowed, and why
	Nearest string // the valid choice nearest to the value; never empty
}

// String is the refusal on one line.
func (r Refusal) String() string {
	return fmt.Sprintf("%s = %s: %s; nearest: %s", r.Key, r.Value, r.Rule, r.Nearest)
}

// Refusals is the error that Derive returns: everything that is wrong with an input.
type Refusals []Refusal

// Error says every refusal on a line of its own.
func (rs Refusals) Error() string {
	lines := make([]string, len(rs))
	for i, r := range rs {
		lines[i] = "\n  " + r.String()
	}
	return "derive sizes:" + strings.Join(lines, "")
}

func (rs *Refusals) number(key string, value, nearest int, rule string, args ...any) {
	*rs = append(*rs, Refusal{key, strconv.Itoa(value), fmt.Sprintf(rule, args...), strconv.Itoa(nearest)})
}

func (rs *Refusals) text(key, value, nearest, rule string, args ...any) {
	*rs = append(*rs, Refusal{key, value, fmt.Sprintf(rule, args...), nearest})
}

// bound takes a bound that the operator sets in place of what is derived, and refuses one that is less than that, more than
// most or no multiple of step. Derived and most are multiples of it.
func (rs *Refusals) bound(key string, set, derived, most, step int, rule string, args ...any) int {
	if set == 0 || set >= derived && set <= most && set%step == 0 {
		return max(set, derived)
	}
	alike := ""
	if step > 1 {
		alike = fmt.Sprintf(", the same number in each of %d zones", step)
	}
	rs.number(key, set, min(max(roundUp(set, step), derived), most), "must be %d to %d%s: %s", derived, most, alike, fmt.Sprintf(rule, args...))
	return derived
}

func (rs Refusals) has(key string) bool {
	return slices.ContainsFunc(rs, func(r Refusal) bool { return r.Key == key })
}

// refuse returns what is wrong with the values one by one, then with a task on a host. Only an input that passes can be
// computed with.
func (in Input) refuse() Refusals {
	var rs Refusals
	for _, n := range []struct {
		key             string
		value, min, max int
		reason          string
	}{
		{keyPeak, in.PeakConnections, 1, MostPeak, "a region without clients needs no plan, and none holds more"},
		{keyRate, in.ReconnectsPerSecond, LeastRate, MostRate, "fewer do not give each task of a full host a connection"},
		{keyZones, in.Zones, 3, 6, "tasks spread over the zones and survive the loss of one, and no region has more than six"},
		{keyCPU, in.TaskCPU, 128, 192 * 1024, "the least that ECS takes, and the largest host"},
		{keyMemory, in.TaskMemoryMiB, 128, 1 << 21, "the server alone takes " + strconv.Itoa(processMiB) + " MiB"},
	} {
		if n.value < n.min || n.value > n.max {
			rs.number(n.key, n.value, min(max(n.value, n.min), n.max), "must be %d to %d: %s", n.min, n.max, n.reason)
		}
	}
	if _, known := MaxDatabaseConnections(in.DatabaseClass); !known {
		rs.text(keyDatabase, in.DatabaseClass, nearestClass(in.DatabaseClass, 1),
			"must be a class of Aurora PostgreSQL, of which the number of connections is known")
	}
	for i, name := range in.types() {
		key := keyHost
		if i > 0 {
			key = fmt.Sprintf("%s[%d]", keyOther, i-1)
		}
		host, known := HostOf(name)
		if !known {
			rs.text(key, name, nearestHost(name), "must be an instance type whose room for task network interfaces with trunking is known")
			continue
		}
		rs.fit(host, keyCPU, in.TaskCPU, keyMemory, in.TaskMemoryMiB)
		for _, f := range in.Further {
			rs.fit(host, "services."+f.Name+".cpu", f.CPU, "services."+f.Name+".memoryMiB", f.MemoryMiB)
		}
	}
	return rs
}

// types returns what hosts may be, the first choice first.
func (in Input) types() []string { return append([]string{in.InstanceType}, in.OtherTypes...) }

// fit refuses a task that is too large for a host, once each.
func (rs *Refusals) fit(host Host, keyCPU string, cpu int, keyMemory string, memoryMiB int) {
	if cpu > host.CPU && !rs.has(keyCPU) {
		rs.number(keyCPU, cpu, host.CPU, "must fit on a host: %s has %d CPU units", host.Type, host.CPU)
	}
	if usable := host.UsableMemoryMiB(); memoryMiB > usable && !rs.has(keyMemory) {
		rs.number(keyMemory, memoryMiB, usable, "must fit on a host: %s leaves %d of its %d MiB to tasks", host.Type, usable, host.MemoryMiB)
	}
}
