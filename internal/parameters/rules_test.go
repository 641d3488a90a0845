package parameters_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/parameters"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of          func(name, value string) string
		name, value string
		want        string // what the rule speaks of; empty for none
	}{
		{parameters.AuroraRule, "statement_timeout", "60000", ""},
		{parameters.AuroraRule, "statement_timeout", "60s", "a whole number from 0 to 2147483647"},
		{parameters.AuroraRule, "statement_timeout", "", "must not be empty"},
		{parameters.AuroraRule, "work_mem", "GREATEST({DBInstanceClassMemory/63963136},65536)", ""},
		{parameters.AuroraRule, "log_statement", "{DBInstanceClassMemory/9}", "one of none, ddl, mod, all"},
		{parameters.AuroraRule, "log_min_duration_statement", "-1", ""},
		{parameters.AuroraRule, "rds.force_ssl", "0", "without TLS"},
		{parameters.AuroraRule, "log_lock_waits", "0", "the instances' own group"},
		{parameters.AuroraRule, "max_connections", "{DBInstanceClassMemory/9}", "instance class"},
		{parameters.AuroraRule, "shared_preload_libraries", "pg_cron", "only when the instances restart"},
		{parameters.AuroraRule, "shared_buffers", "{DBInstanceClassMemory/9}", "only when the instances restart"},
		{parameters.AuroraRule, "statement_timeut", "1", "no such parameter of Aurora PostgreSQL"},
		{parameters.AuroraRule, "maxmemory-policy", "allkeys-lru", "no such parameter"},
		{parameters.ValkeyRule, "maxmemory-policy", "allkeys-lfu", ""},
		{parameters.ValkeyRule, "maxmemory-policy", "noeviction", "every write fails"},
		{parameters.ValkeyRule, "maxmemory-policy", "lru", "one of volatile-lru"},
		{parameters.ValkeyRule, "timeout", "300", ""},
		{parameters.ValkeyRule, "timeout", "{x}", "a whole number"},
		{parameters.ValkeyRule, "cluster-enabled", "yes", "shards"},
		{parameters.ValkeyRule, "databases", "16", "only when the group is made"},
		{parameters.ValkeyRule, "work_mem", "64", "no such parameter of Valkey"},
	} {
		rule := c.of(c.name, c.value)
		if c.want == "" {
			require.Empty(t, rule, "%s = %q", c.name, c.value)
			continue
		}
		require.Contains(t, rule, c.want, "%s = %q", c.name, c.value)
	}
	for name, value := range parameters.AuroraDefaults() {
		require.Empty(t, parameters.AuroraRule(name, value), name)
	}
	for name, value := range parameters.ValkeyDefaults() {
		require.Empty(t, parameters.ValkeyRule(name, value), name)
	}
}
