package config

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFields(t *testing.T) {
	t.Parallel()
	fields := map[string]Field{}
	var keys []string
	for _, f := range Fields(project) {
		fields[f.Key] = f
		keys = append(keys, f.Key)
	}
	for want, f := range map[string]Field{
		"a range":                   {Key: "database.backupRetentionDays", Default: "14", Allowed: "1 to 35 (Aurora always keeps at least one day)"},
		"a choice":                  {Key: "network.nat", Default: `"perZone"`, Allowed: "none, single or perZone"},
		"a form":                    {Key: "cluster.ami", Required: true, Allowed: "an image id: ami- and 8 or 17 hexadecimal digits"},
		"a switch":                  {Key: "backup.enabled", Default: "true", Allowed: "true or false"},
		"a switch without default":  {Key: "platform.protect", Required: true, Allowed: "true or false: true keeps data from being destroyed, and leaving it out is no answer"},
		"certain numbers":           {Key: "database.monitoringSeconds", Default: "60", Allowed: "out of 0 1 5 10 15 30 60"},
		"a number that is 0":        {Key: "cluster.warmPool", Default: "0", Allowed: "0 to 5000 (hosts)"},
		"a window":                  {Key: "database.backupWindow", Default: `"02:00-03:00"`, Allowed: "a daily window in UTC, hh24:mi-hh24:mi, of 30 minutes or more"},
		"values by name":            {Key: "bus.parameters", Default: `{"maxmemory-policy":"allkeys-lru"}`, Allowed: "values by name, each as text, of Valkey's parameters that take effect at once"},
		"nothing but its type":      {Key: "edge.globalName"},
		"what a further service is": {Key: "services.<name>.tasks", Default: "2", Allowed: "2 to 1000 (one task is no redundancy, and a load balancer takes 1000 targets)"},
	} {
		require.Equal(t, f, fields[f.Key], want)
	}
	for _, path := range paths() {
		if _, isKey := split(path); slices.Contains(groups(), isKey) {
			continue
		}
		require.Contains(t, keys, path)
	}
	require.Equal(t, regionKey, keys[0])
}
