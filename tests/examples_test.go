package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// The examples' programs, which take the components as a library, come up as their page says, change nothing when they run
// again, and leave nothing behind.
func TestExamples(t *testing.T) {
	t.Parallel()
	examples := map[string][]string{ // what each says in the end
		"network": {"vpcId", "privateSubnetIds"},
		"data":    {"database", "databaseClients", "orders", "ordersClients", "chat", "chatClients"},
		"service": {"url", "service"},
	}
	found, err := filepath.Glob(filepath.Join(harness.Root(t), "examples", "*", "main.go"))
	require.NoError(t, err)
	require.Len(t, found, len(examples), "an example without test")
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./examples/...")
	build.Dir = harness.Root(t)
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for name, outputs := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := harness.NewProject(t, &binaries)
			p.Dir = t.TempDir()
			require.NoError(t, os.CopyFS(p.Dir, os.DirFS(filepath.Join(harness.Root(t), "examples", name))))
			aws := harness.NewAWS(t, nil)
			env := stockEnvironment(aws, harness.NewLanguage(t, filepath.Join(bin, name)))
			must := func(args ...string) string {
				t.Helper()
				r := p.Pulumi(env, append(args, "--non-interactive")...)
				require.Zero(t, r.Code, r.Stdout+r.Stderr)
				return r.Stdout
			}
			before := aws.Contents()
			must("stack", "select", "--create", "dev")
			must("up", "--yes", "--skip-preview")
			must("up", "--yes", "--skip-preview", "--expect-no-changes")
			tagged, named := tagsAndAliases(aws, before)
			switch name {
			case "data":
				require.Equal(t, map[string]int{"shop": len(tagged)}, count(tagged))
				require.Equal(t, []string{"alias/shop/dev/chat", "alias/shop/dev/database", "alias/shop/dev/database-logs", "alias/shop/dev/orders"}, named)
			case "service":
				require.Equal(t, map[string]int{"web": len(tagged)}, count(tagged))
				require.Contains(t, named, "alias/example-service/dev/web")
			}
			said := map[string]any{}
			require.NoError(t, json.Unmarshal([]byte(must("stack", "output", "--json")), &said))
			for _, output := range outputs {
				require.NotEmpty(t, said[output], output)
			}
			require.Len(t, said, len(outputs))
			must("destroy", "--yes", "--skip-preview")
			for _, left := range aws.Contents() {
				if !slices.Contains(before, left) {
					require.Regexp(t, `^aws:(kms/key:Key|secretsmanager/secret:Secret|ecs/taskDefinition:TaskDefinition) `, left, "what AWS keeps for a while")
				}
			}
		})
	}
}

// tagsAndAliases are the tag team of what takes tags and was not there before, by type and id, and the names of the keys' aliases.
func tagsAndAliases(aws *harness.AWS, before []string) (tagged map[string]string, aliases []string) {
	tagged = map[string]string{}
	for _, r := range aws.Cloud().List() {
		key := r.Type + " " + r.ID
		if r.Declared || slices.Contains(before, key) {
			continue
		}
		if r.Type == "aws:kms/alias:Alias" {
			aliases = append(aliases, r.Str("name"))
		}
		if _, takes := r.State["tagsAll"]; takes {
			tagged[key] = r.Str("tagsAll.team")
		}
	}
	slices.Sort(aliases)
	return tagged, aliases
}

// count is how often there is each value.
func count(of map[string]string) map[string]int {
	n := map[string]int{}
	for _, value := range of {
		n[value]++
	}
	return n
}
