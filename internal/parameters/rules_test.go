package parameters_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/parameters"
)

func TestRules(t *testing.T) {
	t.Parallel()
	type rule = func(name, value string) string
	beside := func(name, value string, others []string) map[string]string {
		set := map[string]string{name: value}
		for i := 0; i < len(others); i += 2 {
			set[others[i]] = others[i+1]
		}
		return set
	}
	aurora := func(others ...string) rule {
		return func(name, value string) string { return parameters.AuroraRule(beside(name, value, others), name) }
	}
	valkey := func(replicas int, others ...string) rule {
		return func(name, value string) string {
			return parameters.ValkeyRule(beside(name, value, others), name, "8.0", replicas)
		}
	}
	old := func(name, value string) string {
		return parameters.ValkeyRule(map[string]string{name: value}, name, "7.2", 1)
	}
	for _, c := range []struct {
		of          rule
		name, value string
		want        string // what the rule speaks of; empty for none
	}{
		{aurora(), "statement_timeout", "60000", ""},
		{aurora(), "statement_timeout", "60s", "a whole number from 0 to 2147483647"},
		{aurora(), "statement_timeout", "", "must not be empty"},
		{aurora(), "work_mem", "GREATEST({DBInstanceClassMemory/63963136},65536)", ""},
		{aurora(), "work_mem", "LEAST(", "a number or a formula of RDS"},
		{aurora(), "log_min_duration_statement", "{}", "a number or a formula of RDS"},
		{aurora(), "work_mem", "007", "a whole number from 64 to 2147483647, in plain digits"},
		{aurora(), "search_path", "\n", "must not be empty"},
		{aurora(), "search_path", "a,,b", "schemas between commas"},
		{aurora(), "timezone", "Foo/Bar", "such as UTC or Europe/Berlin"},
		{aurora(), "ssl_min_protocol_version", "TLSv1.3", ""},
		{aurora(), "ssl_max_protocol_version", "TLSv1.2", ""},
		{aurora(), "ssl_max_protocol_version", "TLSv1.1", "at least ssl_min_protocol_version, which is TLSv1.2: no version of TLS"},
		{aurora("ssl_min_protocol_version", "TLSv1"), "ssl_max_protocol_version", "TLSv1.1", ""},
		{aurora("ssl_max_protocol_version", "TLSv1.2"), "ssl_min_protocol_version", "TLSv1.3", "at most ssl_max_protocol_version, which is TLSv1.2"},
		{aurora(), "log_statement", "{DBInstanceClassMemory/9}", "one of none, ddl, mod, all"},
		{aurora(), "log_min_duration_statement", "-1", ""},
		{aurora(), "rds.force_ssl", "0", "without TLS"},
		{aurora(), "log_lock_waits", "0", "the instances' own group"},
		{aurora(), "max_connections", "{DBInstanceClassMemory/9}", "instance class"},
		{aurora(), "shared_preload_libraries", "pg_cron", "only when the instances restart"},
		{aurora(), "shared_buffers", "{DBInstanceClassMemory/9}", "only when the instances restart"},
		{aurora(), "statement_timeut", "1", "no such parameter of Aurora PostgreSQL"},
		{aurora(), "maxmemory-policy", "allkeys-lru", "no such parameter"},
		{valkey(1), "maxmemory-policy", "allkeys-lfu", ""},
		{valkey(1), "maxmemory-policy", "noeviction", "every write fails"},
		{valkey(1), "maxmemory-policy", "lru", "one of volatile-lru"},
		{valkey(1), "timeout", "300", ""},
		{valkey(1), "timeout", "{x}", "a whole number"},
		{valkey(1), "cluster-enabled", "yes", "shards"},
		{valkey(1), "databases", "16", "only when the group is made"},
		{valkey(1), "work_mem", "64", "no such parameter of Valkey"},
		{valkey(1), "min-replicas-to-write", "0", ""},
		{valkey(1), "min-replicas-to-write", "1", "less than the number of replicas, 1: with one node lost"},
		{valkey(2), "min-replicas-to-write", "1", ""},
		{valkey(2), "min-replicas-to-write", "3", "less than the number of replicas, 2"},
		{valkey(0), "min-replicas-to-write", "3", ""},
		{valkey(0), "min-replicas-to-write", "-1", "a whole number from 0"},
		{valkey(1), "reserved-memory-percent", "99", ""},
		{valkey(1), "reserved-memory-percent", "100", "at most 99"},
		{valkey(1), "active-defrag-cycle-min", "75", ""},
		{valkey(1), "active-defrag-cycle-max", "5", ""},
		{valkey(1), "active-defrag-cycle-max", "4", "at least active-defrag-cycle-min, which is 5: the more"},
		{valkey(1, "active-defrag-cycle-max", "20"), "active-defrag-cycle-min", "20", ""},
		{valkey(1, "active-defrag-cycle-max", "20"), "active-defrag-cycle-min", "21", "at most active-defrag-cycle-max, which is 20"},
		{valkey(1, "active-defrag-cycle-min", "21"), "active-defrag-cycle-max", "20", ""}, // said of the other
		{valkey(1, "active-defrag-cycle-min", "x"), "active-defrag-cycle-max", "1", ""},
		{valkey(1, "active-defrag-cycle-min", "30"), "timeout", "20", ""},
		{valkey(1), "timeout", "0", ""},
		{valkey(1), "timeout", "19", "0, which is for ever, or a whole number from 20"},
		{valkey(1), "maxmemory-samples", "65", "a whole number from 1 to 64"},
		{valkey(1), "active-defrag-threshold-upper", "9", "at least active-defrag-threshold-lower, which is 10"},
		{valkey(1), "repl-backlog-size", "16383", "a whole number from 16384"},
		{valkey(1), "notify-keyspace-events", "Ex", ""},
		{valkey(1), "notify-keyspace-events", "x", "must hold K or E"},
		{valkey(1), "lazyfree-lazy-eviction", "yes", "from Valkey 8 on there is no such parameter"},
		{old, "lazyfree-lazy-eviction", "yes", ""},
		{old, "lazyfree-lazy-eviction", "on", "one of yes, no"},
	} {
		rule := c.of(c.name, c.value)
		if c.want == "" {
			require.Empty(t, rule, "%s = %q", c.name, c.value)
			continue
		}
		require.Contains(t, rule, c.want, "%s = %q", c.name, c.value)
	}
	for name := range parameters.AuroraDefaults() {
		require.Empty(t, parameters.AuroraRule(parameters.AuroraDefaults(), name), name)
	}
	for name := range parameters.ValkeyDefaults() {
		require.Empty(t, parameters.ValkeyRule(parameters.ValkeyDefaults(), name, "", 1), name)
	}
}
