package parameters

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// AuroraDefaults are the parameters that a database's cluster has when nobody says otherwise, by name.
func AuroraDefaults() map[string]string {
	return map[string]string{"log_min_duration_statement": "1000"} // milliseconds
}

// ValkeyDefaults are the parameters that a bus has when nobody says otherwise, by name. What is cached there is a copy of the
// database, and deepstream gives it no time to live: under AWS's default, volatile-lru, nothing could be evicted and every
// write would fail once memory is full.
func ValkeyDefaults() map[string]string {
	return map[string]string{maxmemoryPolicy: "allkeys-lru"}
}

const maxmemoryPolicy = "maxmemory-policy"

// auroraOwn are the parameters that the database sets itself, each with the reason.
var auroraOwn = map[string]string{
	"rds.force_ssl":   "must be left out: it is 1, so that nobody connects without TLS",
	"log_lock_waits":  "must be left out: the instances' own group sets it to 1",
	"track_io_timing": "must be left out: the instances' own group sets it to 1",
	"max_connections": "must be left out: it follows from the instance class, and sizes and alarms from that",
}

// valkeyOwn are the parameters that the bus sets itself, each with the reason.
var valkeyOwn = map[string]string{
	"cluster-enabled": "must be left out: deepstream cannot use shards",
}

// order is two parameters of which the first must not be above the second.
type order struct {
	low, high   string
	least, most string // what they are when nobody says otherwise; empty where that differs by version
	why         string
}

// auroraOrders of PostgreSQL's, which does not start otherwise (tried with 15.18: "cannot be higher than"). The least is TLSv1.2 unless
// somebody says otherwise, and the most is what the version has.
var auroraOrders = []order{
	{"ssl_min_protocol_version", "ssl_max_protocol_version", "TLSv1.2", "", "no version of TLS would be left"},
}

// valkeyOrders of Valkey's: active defragmentation takes the first share of CPU at the least fragmentation and the second at the
// most (valkey.conf). Valkey itself takes any two. What is left out has ElastiCache's default.
var valkeyOrders = []order{
	{"active-defrag-cycle-min", "active-defrag-cycle-max", "5", "75", "the more memory is fragmented, the less would be done about it"},
	{"active-defrag-threshold-lower", "active-defrag-threshold-upper", "10", "100", "defragmentation would do its most before it begins"},
}

// AuroraRule returns the rule that a parameter of a database's cluster breaks, of all that are set; empty where it breaks none.
func AuroraRule(set map[string]string, name string) string {
	if _, _, number := Aurora[name].bounds(); number && !Aurora[name].Static && auroraOwn[name] == "" && strings.ContainsAny(set[name], "{(") {
		if Formula(set[name]) {
			return ""
		}
		return "must be a number or a formula of RDS, such as {DBInstanceClassMemory/9531392} or GREATEST({DBInstanceVCPU*100},5000)"
	}
	return rule(Aurora, auroraOwn, auroraOrders, "Aurora PostgreSQL", "the instances restart", set, name)
}

// keyspaceEvents says of which keys there are events, and of which of them.
const keyspaceEvents = "notify-keyspace-events"

// ValkeyRule is AuroraRule of a parameter of a bus of a version, major.minor, with a number of replicas; empty and 0 where that is
// unknown.
func ValkeyRule(set map[string]string, name, version string, replicas int) string {
	value := set[name]
	n, _ := strconv.Atoi(value)
	switch {
	case Valkey[name].Removed(version):
		return fmt.Sprintf("must be left out: from Valkey %d on there is no such parameter", Valkey[name].Before)
	case !Valkey[name].Takes(value):
	case name == keyspaceEvents && value != "" && !strings.ContainsAny(value, "KE"):
		return "must hold K or E: without either, ElastiCache takes it and there are no events" // its guide's page
	case name == maxmemoryPolicy && !strings.HasPrefix(value, "allkeys-"):
		return "must be allkeys-lru, allkeys-lfu or allkeys-random: what the bus caches has no time to live, and under any other policy " +
			"every write fails once memory is full"
	case name == "min-replicas-to-write" && replicas > 0 && n >= replicas:
		// As many as there are is too many: each failover turns a replica into the primary.
		return fmt.Sprintf("must be less than the number of replicas, %d: with one node lost fewer are connected, and every write is refused", replicas)
	case name == "reserved-memory-percent" && n == 100:
		return "must be at most 99: what the bus caches has the rest of a node's memory"
	}
	return rule(Valkey, valkeyOwn, valkeyOrders, "Valkey", "the group is made", set, name)
}

func rule(table map[string]Parameter, own map[string]string, orders []order, engine, when string, set map[string]string, name string) string {
	p, known := table[name]
	value := set[name]
	switch {
	case own[name] != "":
		return own[name]
	case !known:
		return "there is no such parameter of " + engine + " that can be set here; known: " + strings.Join(slices.Sorted(maps.Keys(settable(table, own))), ", ")
	case p.Static:
		return "must be left out: it takes effect only when " + when + ", which no run does for it"
	case strings.TrimSpace(value) == "":
		return "must not be empty: leave the parameter out for what AWS sets"
	case !p.Takes(value):
		if _, _, number := p.bounds(); number {
			return "must be " + p.Range() + ", in plain digits"
		}
		return "must be " + p.Range()
	}
	for _, o := range orders {
		if broken := o.broken(p, set, name); broken != "" {
			return broken
		}
	}
	return ""
}

// broken returns the rule that one of two parameters breaks, both of them a p: the first where it is set, so that it is said once.
func (o order) broken(p Parameter, set map[string]string, name string) string {
	low, high := cmp.Or(set[o.low], o.least), cmp.Or(set[o.high], o.most)
	_, lowSet := set[o.low]
	switch {
	case name != o.low && name != o.high, p.rank(low) < 0, p.rank(high) < 0, p.rank(low) <= p.rank(high):
		return ""
	case name == o.low:
		return fmt.Sprintf("must be at most %s, which is %s: %s", o.high, high, o.why)
	case lowSet:
		return ""
	}
	return fmt.Sprintf("must be at least %s, which is %s: %s", o.low, low, o.why)
}

// settable are the parameters that a stack may set.
func settable(table map[string]Parameter, own map[string]string) map[string]Parameter {
	out := maps.Clone(table)
	maps.DeleteFunc(out, func(name string, p Parameter) bool { return p.Static || own[name] != "" })
	return out
}
