package parameters

import (
	"maps"
	"slices"
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

// AuroraRule returns the rule that a parameter of a database's cluster breaks; empty where it breaks none.
func AuroraRule(name, value string) string {
	if Formula(value) && !Aurora[name].Static && auroraOwn[name] == "" && strings.HasPrefix(Aurora[name].Range(), "a ") {
		return ""
	}
	return rule(Aurora, auroraOwn, "Aurora PostgreSQL", "the instances restart", name, value)
}

// ValkeyRule is AuroraRule of a parameter of a bus.
func ValkeyRule(name, value string) string {
	if name == maxmemoryPolicy && Valkey[name].Takes(value) && !strings.HasPrefix(value, "allkeys-") {
		return "must be allkeys-lru, allkeys-lfu or allkeys-random: what the bus caches has no time to live, and under any other policy " +
			"every write fails once memory is full"
	}
	return rule(Valkey, valkeyOwn, "Valkey", "the group is made", name, value)
}

func rule(table map[string]Parameter, own map[string]string, engine, when, name, value string) string {
	p, known := table[name]
	switch {
	case own[name] != "":
		return own[name]
	case !known:
		return "there is no such parameter of " + engine + " that can be set here; known: " + strings.Join(slices.Sorted(maps.Keys(settable(table, own))), ", ")
	case p.Static:
		return "must be left out: it takes effect only when " + when + ", which no run does for it"
	case value == "":
		return "must not be empty: leave the parameter out for what AWS sets"
	case !p.Takes(value):
		return "must be " + p.Range()
	}
	return ""
}

// settable are the parameters that a stack may set.
func settable(table map[string]Parameter, own map[string]string) map[string]Parameter {
	out := maps.Clone(table)
	maps.DeleteFunc(out, func(name string, p Parameter) bool { return p.Static || own[name] != "" })
	return out
}
