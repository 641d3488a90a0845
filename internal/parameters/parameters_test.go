package parameters_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/parameters"
)

func TestTakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of           map[string]parameters.Parameter
		takes, not   []string
		words        string
		wantedStatic bool
	}{
		"work_mem":                       {parameters.Aurora, []string{"64", "2147483647"}, []string{"63", "2147483648", "64.5", "4MB", "", "+64", "0100", "0x100", "1_000", "64\n", "1e3"}, "a whole number from 64 to 2147483647", false},
		"lock_timeout":                   {parameters.Aurora, []string{"0", "1000"}, []string{"-1", "x"}, "a whole number from 0 to 2147483647", false},
		"log_temp_files":                 {parameters.Aurora, []string{"-1", "0"}, []string{"-2"}, "a whole number from -1 to 2147483647", false},
		"autovacuum_vacuum_scale_factor": {parameters.Aurora, []string{"0", "0.05", "100"}, []string{"-0.1", "101", "NaN", "a", "0x1p4", "1_0", "+5", "007", ".5", "5.", "1e1", "-0"}, "a number from 0 to 100", false},
		"log_statement":                  {parameters.Aurora, []string{"none", "all"}, []string{"some", "", "none,all"}, "one of none, ddl, mod, all", false},
		"autovacuum":                     {parameters.Aurora, []string{"0", "1"}, []string{"on", "2", "-1"}, "one of 0, 1", false},
		"search_path": {parameters.Aurora, []string{"public", `"$user", public`, "a,b", `"a b","c""d"`, `x"y`}, []string{"", "\n", "a,,b", "a b", `"open`, ",", "a\tb", "a\x00"},
			`schemas between commas, each without spaces or in double quotes, such as "$user", public`, false},
		"timezone": {parameters.Aurora, []string{"UTC", "Europe/Berlin", "US/Pacific", "Etc/GMT+5"}, []string{"Foo/Bar", "a\nb", "UTC\x00", "", "Local", "localtime", "europe/berlin", "FOO5"},
			"a time zone as the IANA database names it, such as UTC or Europe/Berlin", false},
		"shared_preload_libraries": {parameters.Aurora, []string{"pg_stat_statements,pg_cron"}, []string{"a\nb"}, "text", true},
		"max_connections":          {parameters.Aurora, []string{"100"}, []string{"5"}, "a whole number from 6 to 262143", true},
		"activedefrag":             {parameters.Valkey, []string{"yes"}, []string{"1", "Yes"}, "one of yes, no", false},
		"notify-keyspace-events":   {parameters.Valkey, []string{"", "KEA"}, []string{"KEQ", "Q", "yes"}, "letters of KEg$lshzxedtmAn", false},
		"databases":                {parameters.Valkey, []string{"16"}, []string{"0"}, "a whole number from 1 to 1200000", true},
	} {
		p, known := c.of[name]
		require.True(t, known, name)
		require.Equal(t, c.wantedStatic, p.Static, name)
		require.Equal(t, c.words, p.Range(), name)
		for _, value := range c.takes {
			require.True(t, p.Takes(value), "%s = %q", name, value)
		}
		for _, value := range c.not {
			require.False(t, p.Takes(value), "%s = %q", name, value)
		}
	}
}

// The first are of the guide's page, and AWS's own defaults.
func TestFormula(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"{DBInstanceClassMemory/9}", "{DBInstanceVCPU}", "{AllocatedStorage*3/4}", "{log(DBInstanceClassMemory/8187281418)*1000}",
		"GREATEST({DBInstanceClassMemory/63963136*1024},65536)", "GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)",
		"SUM({DBInstanceClassMemory/12038},-50003)", "LEAST({DBInstanceClassMemory/9531392}, 5000)", "GREATEST(1,2)", "IF({TrueIfReplica},1,2)",
	} {
		require.True(t, parameters.Formula(value), value)
	}
	for _, value := range []string{
		"100", "", "{", "{}", "{\n}", "{rubbish", "{rubbish}", "{dbinstanceclassmemory}", "{DBInstanceClassMemory/0}", "{DBInstanceClassMemory/1.5}",
		"{DBInstanceClassMemory/9}\n", "{DBInstanceClassMemory+9}", "{DBInstanceClassMemory/9} ", "LEAST(", "LEAST()", "LEAST(1,,2)", "LEAST(1,2", "least(1,2)",
		"MAX(1,2)", "IF(1,2)", "SUM({DBInstanceClassMemory/9},5MB)",
	} {
		require.False(t, parameters.Formula(value), value)
	}
}
