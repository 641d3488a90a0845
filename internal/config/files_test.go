package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

const root = "../.." // where the tracked project and stack files are

// write puts a project into a directory of its own. Files are named without Pulumi. and .yaml; "" is Pulumi.yaml.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if _, ok := files[""]; !ok {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: deepstreamhub\nruntime: go\n"), 0o600))
	}
	for name, text := range files {
		file := strings.Replace("Pulumi."+name+".yaml", "..", ".", 1)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	return dir
}

func TestReadFilesTakesValuesAsTheCLIDoes(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"": `
name: deepstreamhub
runtime: go
config:
  network: {type: object, default: {}}
  bus: {type: object, default: {replicas: 2}}
  service: {type: object, default: {tasks: 4, cpu: 512}}
  aws:region: {value: us-east-1}
  aws:profile: prod
  edge: {type: object, description: without default}
`,
		"dev": `
secretsprovider: passphrase
encryptionsalt: v1:abc
config:
  aws:region: eu-central-1
  service: {tasks: 3}
  deepstreamhub:config:cluster:
    minHosts: 12
    ratio: 1.5
    on: yes
    text: "16.8"
    when: 2026-01-31T12:00:00Z
    none:
    list: [1, a, {b: true}]
    anchor: &a {x: 1}
    alias: *a
  deepstreamhub:platform: 7
`,
	})
	got, err := ReadFiles(dir, "dev")
	require.NoError(t, err)
	want := Source{Project: project, Stack: "dev", Complete: true, Values: map[string]string{
		"aws:profile":            "prod",
		"aws:region":             "eu-central-1",
		"deepstreamhub:network":  "{}",
		"deepstreamhub:bus":      `{"replicas":2}`,
		"deepstreamhub:service":  `{"tasks":3}`, // as a whole: the project's cpu is gone
		"deepstreamhub:platform": "7",
		"deepstreamhub:cluster": `{"alias":{"x":1},"anchor":{"x":1},"list":[1,"a",{"b":true}],"minHosts":12,"none":null,` +
			`"on":"yes","ratio":1.5,"text":"16.8","when":"2026-01-31 12:00:00 +0000 UTC"}`,
	}}
	assert.Empty(t, cmp.Diff(want, got))
}

func TestReadFilesRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files map[string]string
		stack string
		want  []string
	}{
		"no such stack":    {map[string]string{"prod-us": "", "prod-eu": ""}, "prod", []string{"Pulumi.prod.yaml", "stacks with a file here: prod-eu, prod-us"}},
		"path as stack":    {map[string]string{"a": ""}, "../a", []string{`stack "../a"`}},
		"no YAML":          {map[string]string{"a": "config:\n  x: y: z\n"}, "a", []string{"Pulumi.a.yaml", "line 2"}},
		"key twice":        {map[string]string{"a": "config:\n  network:\n    cidr: a\n    cidr: b\n"}, "a", []string{"Pulumi.a.yaml", "line 4", `"cidr" already defined at line 3`}},
		"group twice":      {map[string]string{"a": "config:\n  bus: {}\n  bus: {}\n"}, "a", []string{"line 3", "already defined"}},
		"twice by name":    {map[string]string{"a": "config:\n  bus: {}\n  deepstreamhub:bus: {}\n"}, "a", []string{"deepstreamhub:bus is given twice"}},
		"two documents":    {map[string]string{"a": "config: {}\n---\nconfig: {}\n"}, "a", []string{"more than one YAML document"}},
		"no map":           {map[string]string{"a": "config: [1]\n"}, "a", []string{"Pulumi.a.yaml", "line 1"}},
		"keys not text":    {map[string]string{"a": "config:\n  bus: {1: a}\n"}, "a", []string{"deepstreamhub:bus", "must be text"}},
		"controls":         {map[string]string{"a": "\"a\\n::error::\\eb\": 1\n"}, "a", []string{`it has a\u000a::error::\u001bb beside config`}},
		"controls twice":   {map[string]string{"a": "config:\n  \"a\\nb\": {}\n  \"deepstreamhub:a\\nb\": {}\n"}, "a", []string{`deepstreamhub:a\u000ab is given twice`}},
		"controls in keys": {map[string]string{"a": "config:\n  \"a\\nb\": {1: a}\n"}, "a", []string{`deepstreamhub:a\u000ab: every key`}},
		"to base 8": {map[string]string{"a": "config:\n  bus: {replicas: 02, \"03\": 0}\n  edge: {a: [010, 0x10, \"010\"]}\n"}, "a", []string{
			"line 2: 02 is a number to the base of 8; line 3: 010 is a number to the base of 8: leave the 0 out, or put the value in quotes"}},
		"environment":      {map[string]string{"a": "environment: [prod]\n"}, "a", []string{"environments are not supported"}},
		"no organisation":  {map[string]string{"": "name: Ours_\n", "a": ""}, "a", []string{`name = "Ours_"`, "lower-case letters"}},
		"project not YAML": {map[string]string{"": "name: [\n", "a": ""}, "a", []string{"Pulumi.yaml"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadFiles(write(t, test.files), test.stack)
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	_, err := ReadFiles(t.TempDir(), "a")
	assert.True(t, errors.Is(err, fs.ErrNotExist), "%v", err)
}

// A time without quotes is refused wherever text is wanted: it is not what somebody wrote any more.
func TestTimesWithoutQuotes(t *testing.T) {
	t.Parallel()
	src, err := ReadFiles(write(t, map[string]string{"a": `config:
  aws:region: 2026-01-31
  platform: {owner: 2026-01-31, costCentre: "2026-01-31", expires: 2026-01-31T12:00:00.5+01:00}
  network: {zones: [2026-01-31]}
  services: {a: {environment: {SINCE: 2026-01-31 12:00:00, UNTIL: "2026-01-31"}}}
`}), "a")
	require.NoError(t, err)
	var keys []string
	for _, p := range problemsOf(t, src, Options{}) {
		if strings.Contains(p.Rule, "in quotes") {
			keys = append(keys, p.Key)
		}
	}
	assert.Equal(t, []string{"aws:region", "network.zones[0]", "platform.expires", "platform.owner", "services.a.environment.SINCE"}, keys)
}

// Numbers that JSON does not have are refused by the rules of their keys, beside everything else.
func TestNumbersThatJSONDoesNotHave(t *testing.T) {
	t.Parallel()
	src, err := ReadFiles(write(t, map[string]string{"a": `config:
  aws:region: .inf
  aws:profile: .nan
  bus: {replicas: .inf, nodeType: .nan}
  network: {zones: [euc1-az1, -.inf], ipv6: .nan, endpoints: .inf}
  services: .nan
  database: {parameters: .inf}
  service: {auth: .inf}
  edge: .inf
`}), "a")
	require.NoError(t, err)
	var keys []string
	for _, p := range problemsOf(t, src, Options{}) {
		if p.Value != "" { // else something is missing
			keys = append(keys, p.Key)
		}
	}
	assert.Equal(t, []string{
		"aws:profile", "aws:region", "bus.nodeType", "bus.replicas", "database.parameters", "edge", "network.endpoints", "network.ipv6", "network.zones[1]",
		"service.auth", "services",
	}, keys)
}

func TestProductionStacks(t *testing.T) {
	t.Parallel()
	cfgs := map[string]Config{}
	for _, stack := range []string{"prod-eu", "prod-us"} {
		src, err := ReadFiles(root, stack)
		require.NoError(t, err)
		cfg, err := Load(src, Options{Offline: true})
		require.NoError(t, err)
		cfgs[stack] = cfg
		assert.True(t, *cfg.Platform.Protect)

		var refused []string
		for _, p := range problemsOf(t, src, Options{}) {
			assert.Contains(t, p.Rule, "is a placeholder")
			refused = append(refused, p.Key)
		}
		assert.Equal(t, []string{"cluster.ami", "service.auth.webhook", "service.image"}, refused)
	}
	assert.NoError(t, Clashes(cfgs))
}

// What both regions set alike belongs into Defaults, unless somebody has to decide it for each stack.
func TestProductionStacksSayOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	read := func(stack string) (file struct {
		Config map[string]yaml.Node `yaml:"config"`
	}) {
		text, err := os.ReadFile(filepath.Join(root, "Pulumi."+stack+".yaml"))
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(text, &file))
		return file
	}
	eu, us := read("prod-eu").Config, read("prod-us").Config
	require.Len(t, us, len(eu))
	for key, group := range eu {
		var one, other map[string]any
		if group.Kind == yaml.ScalarNode {
			assert.NotEqual(t, group.Value, us[key].Value, key)
			continue
		}
		require.NoError(t, group.Decode(&one))
		node := us[key]
		require.NoError(t, node.Decode(&other))
		for name := range one {
			if path := strings.TrimPrefix(key, project+":") + "." + name; !slices.Contains([]string{"edge.zone", "platform.protect", "service.auth"}, path) {
				assert.NotEqual(t, one[name], other[name], path)
			}
		}
	}
}

func TestProjectDeclaresEveryGroup(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	require.NoError(t, err)
	var file struct {
		Name   string
		Config map[string]struct {
			Type, Description string
			Default           map[string]any
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	assert.Equal(t, project, file.Name)
	var declared []string
	for name, group := range file.Config {
		declared = append(declared, name)
		assert.Equal(t, "object", group.Type, name)
		assert.NotNil(t, group.Default, "%s: without default the CLI stops at it when a stack leaves it out", name)
		assert.Empty(t, group.Default, "%s: defaults belong into Defaults", name)
		for _, path := range paths() {
			if parent, key := split(path); parent == name {
				assert.Contains(t, group.Description, key, "description of %s", name)
			}
		}
	}
	assert.ElementsMatch(t, groups(), declared)

	keys := Keys(project)
	assert.True(t, slices.IsSorted(keys))
	for _, name := range declared {
		assert.Contains(t, keys, project+":"+name)
	}
	assert.Contains(t, keys, "aws:region")
	assert.Contains(t, keys, "aws:profile")
}

func FuzzLoad(f *testing.F) {
	for _, file := range []string{"Pulumi.prod-eu.yaml", "Pulumi.prod-us.yaml"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("config: {network: {zones: [[], {}, 1, null], cidr: &a [*a]}, platform: {protect: 1e999}}")
	f.Add("config: {aws:region: {secure: x}, bus: {replicas: 99999999999999999999, <<: {a: b}}}")
	f.Add("config: {cluster: {instanceType: '.', ami: 'placeholder:'}, edge: {globalName: ., hostname: '', zone: null}}")
	f.Add("config: {deepstreamhub:config:service: {image: ':', cpu: -1}, ? [x] : y}")
	dir := write(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.fuzz.yaml"), []byte(text), 0o600))
		src, err := ReadFiles(dir, "fuzz")
		if err != nil {
			return
		}
		for _, opts := range []Options{{}, {Offline: true}} {
			cfg, err := Load(src, opts)
			if err == nil {
				assert.NoError(t, cfg.Validate())
				continue
			}
			var problems Problems
			require.ErrorAs(t, err, &problems)
			assert.Len(t, strings.Split(err.Error(), "\n"), len(problems)+1, "one line to a problem")
		}
	})
}
