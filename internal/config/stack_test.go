package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
)

// Names are taken or refused, a hundred of them, hostile ones and those at the edge.
func TestStackNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 100)
	taken := []string{
		"a", "z9", "prod-eu", "prod-us", "production", "it-1", "it-4711", "it-1-2-3", "a-b-c-d-e-f", "x1y2z3", "dev", "staging-2", "con", "nul", "aux", "null", "true", "false",
		"yes", "organization", "default", "pulumi", "e1", "main", "master", "v1-2-3", "team-a-eu-central-1", "eu-central-1", "it-0", "a0", "a-0",
		long, strings.Repeat("ab-", 33) + "c", "it-" + strings.Repeat("9", 33), "prod-eu-json", "locks", "bak", "it-19284710293", "aws-thing", "internal-x",
	}
	for _, name := range taken {
		require.NoError(t, config.CheckStacks(name), name)
	}
	refused := map[string]string{ // what is wrong, to the nearest name that is right
		"": "", " ": "", ".": "", "..": "", "...": "", "/": "", "-": "", "--": "", "_": "", "0": "", "1234": "", "../..": "", "日本": "", "$()": "", "\x00": "", "%00": "", "~": "",
		"../prod-eu": "prod-eu", "../../etc/passwd": "etc-passwd", "prod-eu/../prod-us": "prod-eu-prod-us", "/etc/passwd": "etc-passwd", "./prod-eu": "prod-eu",
		"prod-eu/": "prod-eu", "prod-eu\\x": "prod-eu-x", "..\\prod-eu": "prod-eu", "C:\\x": "c-x", "organization/deepstreamhub/prod-eu": "organization-deepstreamhub-prod-eu",
		"org/prod-eu": "org-prod-eu", "prod-eu ": "prod-eu", " prod-eu": "prod-eu", "prod eu": "prod-eu", "prod-eu\n": "prod-eu", "prod-eu\t": "prod-eu", "\nprod-eu": "prod-eu",
		"prod-eu\x00": "prod-eu", "prod-eu\x00.json": "prod-eu-json", "prod-eu\r": "prod-eu", "prod\u200b-eu": "prod-eu", "prod‐eu": "prod-eu", "prоd-eu": "pr-d-eu", // Cyrillic о
		"PROD-EU": "prod-eu", "Prod-eu": "prod-eu", "prod-EU": "prod-eu", "it_1": "it-1", "it.1": "it-1", "it--1": "it-1", "it---1": "it-1", "it-1-": "it-1", "-it-1": "it-1",
		"it-1--": "it-1", "1-it": "it", "9it": "it", "0-0-x": "x", "it-1.": "it-1", ".it-1": "it-1", "it-1.json": "it-1-json", "prod-eu.json.bak": "prod-eu-json-bak",
		"prod-eu.yaml": "prod-eu-yaml", "prod-eu*": "prod-eu", "prod-?u": "prod-u", "[a-z]": "a-z", "{a,b}": "a-b", "a|b": "a-b", "a&b": "a-b", "a;rm -rf x": "a-rm-rf-x",
		"$(reboot)": "reboot", "`reboot`": "reboot", "$HOME": "home", "${HOME}": "home", "a>b": "a-b", "a<b": "a-b", "a'b": "a-b", `a"b`: "a-b", "a#b": "a-b", "a%b": "a-b",
		"%2e%2e%2fprod": "e-2e-2fprod", "a@b": "a-b", "a:b": "a-b", "a=b": "a-b", "a+b": "a-b", "a,b": "a-b", "a!b": "a-b", "é": "", "prod-é": "prod", "ß": "", "ｐrod": "rod", "🦊": "",
		"🦊fox": "fox", "a\u202eb": "a-b", "\xff\xfe": "", "prod-\xff": "prod", "~root": "root", "-rf": "rf", "--help": "help", "--yes": "yes", "prod-eu --yes": "prod-eu-yes",
		long + "a": "", strings.Repeat("a", 255): "", strings.Repeat("a", 5000): "", strings.Repeat("../", 40) + "x": "x", strings.Repeat("a-", 60): "", long + "/": long,
		"it-" + strings.Repeat("9", 34): "", strings.Repeat("é", 60): "", "<script>": "script", "'; drop table": "drop-table", "{{.Stack}}": "stack", "%s": "s", "%d%n": "d-n", "\\u0061": "u0061", "Ａ": "",
	}
	require.GreaterOrEqual(t, len(taken)+len(refused), 100)
	for name, nearest := range refused {
		err := config.CheckStacks("good", name)
		var problems config.StackNames
		require.ErrorAs(t, err, &problems, "%q was taken", name)
		require.Equal(t, nearest, problems[0].Nearest, "%q", name)
		if nearest != "" {
			require.NoError(t, config.CheckStacks(nearest))
		}
		_, err = config.ReadFiles(t.TempDir(), name)
		require.ErrorAs(t, err, &problems, "no file is looked for by %q", name)
	}
	var problems config.StackNames
	require.ErrorAs(t, config.CheckStacks("It_1", "ok", "../x", strings.Repeat("A", 101)), &problems)
	require.Len(t, problems, 4, "every problem of every name")
	require.ErrorContains(t, problems, `4 problems with the names of stacks`)
	require.ErrorContains(t, problems, `stack = "../x": must be lower-case letters, digits and single hyphens`)
	require.ErrorContains(t, problems, "must have at most 100 characters, not 101")
	require.ErrorContains(t, config.CheckStacks("it-"+strings.Repeat("9", 34)), "must have at most 36 characters, not 37, as it begins with it-: so do the names of its buckets")
}

// FuzzCheckStacks takes any text: what is taken is one part of a path and nothing else.
func FuzzCheckStacks(f *testing.F) {
	for _, name := range []string{"prod-eu", "../x", "it--1", "", "a/b", "\x00", strings.Repeat("a", 101)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if err := config.CheckStacks(name); err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.True(t, filepath.IsLocal("Pulumi."+name+".yaml") && filepath.Base(name) == name && len(name) <= 100, name)
	})
}
