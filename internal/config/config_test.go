package config

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/sizing"
)

// project is the tracked project's name.
const project = "deepstreamhub"

const digest = "7d1f8e0c5b6a49382716f5e4d3c2b1a0998877665544332211ffeeddccbbaa90"

// settings is a stack's configuration as JSON objects by group, which is what the tests change.
type settings map[string]map[string]any

// base is a configuration that is right and unprotected, so that each case is wrong in one way.
func base() settings {
	return settings{
		"platform": {"protect": false, "owner": "platform", "costCentre": "realtime"},
		"network":  {"cidr": "10.16.0.0/16", "zones": []string{"euc1-az1", "euc1-az2", "euc1-az3"}},
		"cluster":  {"ami": "ami-0a1b2c3d4e5f60718"},
		"service": {
			"image": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream@sha256:" + digest,
			"auth":  map[string]any{"webhook": "https://auth.example.com/deepstream"},
		},
		"edge": {"zone": "deepstreamhub.com", "hostname": "eu.deepstreamhub.com"},
	}
}

// with returns the base with keys such as network.cidr set; a nil value takes the key out.
func with(changes map[string]any) Source {
	s := base()
	region := "eu-central-1"
	for key, value := range changes {
		group, name, _ := strings.Cut(key, ".")
		switch {
		case key == regionKey:
			region = value.(string)
		case value == nil:
			delete(s[group], name)
		default:
			if s[group] == nil {
				s[group] = map[string]any{}
			}
			s[group][name] = value
		}
	}
	src := Source{Project: project, Stack: "test", Complete: true, Values: map[string]string{regionKey: region}}
	for group, values := range s {
		raw, err := json.Marshal(values)
		if err != nil {
			panic(err)
		}
		src.Values[project+":"+group] = string(raw)
	}
	return src
}

// problemsOf loads and returns what is wrong, nil if nothing is.
func problemsOf(t *testing.T, src Source, opts Options) Problems {
	t.Helper()
	cfg, err := Load(src, opts)
	if err == nil {
		return nil
	}
	assert.Zero(t, cfg, "a refused configuration must not be usable")
	var problems Problems
	require.ErrorAs(t, err, &problems)
	return problems
}

func TestLoadFillsInDefaults(t *testing.T) {
	t.Parallel()
	got, err := Load(with(map[string]any{"database.backupRetentionDays": 3, "service.peakConnections": 24000.0}), Options{})
	require.NoError(t, err)
	want := Defaults(project)
	protect := false
	want.Region = "eu-central-1"
	want.Platform.Protect, want.Platform.Owner, want.Platform.CostCentre = &protect, "platform", "realtime"
	want.Network.CIDR, want.Network.Zones = "10.16.0.0/16", []string{"euc1-az1", "euc1-az2", "euc1-az3"}
	want.Database.BackupRetentionDays = 3
	want.Cluster.AMI = "ami-0a1b2c3d4e5f60718"
	want.Service.Image = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream@sha256:" + digest
	want.Service.Auth.Webhook = "https://auth.example.com/deepstream"
	want.Service.PeakConnections = 24_000
	want.Edge.Zone, want.Edge.Hostname = "deepstreamhub.com", "eu.deepstreamhub.com"
	assert.Equal(t, 9, got.Sizes.Tasks, "what the peak needs")
	want.Sizes = got.Sizes
	assert.Empty(t, cmp.Diff(want, got))
	assert.NoError(t, got.Validate())
}

// What runs when a stack says nothing of it.
func TestDefaultSizes(t *testing.T) {
	t.Parallel()
	cfg, err := Load(with(nil), Options{})
	require.NoError(t, err)
	sizes := cfg.Sizes
	assert.Equal(t, []int{3, 6, 3, 4}, []int{sizes.MinTasks, sizes.Tasks, sizes.MinHosts, sizes.MaxHosts})
	assert.Equal(t, 4, sizes.TasksPerHost)
	assert.Equal(t, []int{80, 120, 120, 1500}, []int{sizes.DeregistrationDelay, sizes.StopTimeout, sizes.IdleTimeout, sizes.RateLimit})
	assert.NoError(t, sizes.Check())
	cfg.Service.PeakConnections *= 2
	larger, err := cfg.Sized()
	require.NoError(t, err)
	assert.Equal(t, 12, larger.Sizes.Tasks)
	cfg.Service.PeakConnections = 0
	_, err = cfg.Sized()
	assert.ErrorContains(t, err, "service.peakConnections = 0")
}

func TestValuesThatMustBeTaken(t *testing.T) {
	t.Parallel()
	tests := map[string]map[string]any{
		"nothing changed":        {},
		"smallest VPC":           {"network.cidr": "192.168.16.0/20"},
		"five zones":             {regionKey: "us-east-1", "network.zones": regions["us-east-1"].ids(), "service.image": "deepstream@sha256:" + digest},
		"one NAT":                {"network.nat": "single"},
		"no NAT":                 {"network.nat": "none", "service.auth": "open"},
		"no NAT, inside":         and(webhook("https://10.16.9.9/auth"), "network.nat", "none"),
		"no NAT, endpoint":       and(webhook("https://vpce-0a1b2c3d-4e5f.execute-api.eu-central-1.vpce.amazonaws.com/v1/auth"), "network.nat", "none"),
		"no NAT, private API":    and(webhook("https://a1b2c3d4e5-vpce-0a1b2c3d.execute-api.eu-central-1.amazonaws.com/v1"), "network.nat", "none"),
		"no NAT, the task":       and(webhook("https://127.0.0.1:8443/auth"), "network.nat", "none"),
		"no NAT, but IPv6":       and(and(webhook("https://auth.example.com/deepstream"), "network.nat", "none"), "network.ipv6", true),
		"IPv6 beside NAT":        and(webhook("https://[2001:db8::1]/auth"), "network.ipv6", true),
		"a service answers":      and(further(nil), "service.auth", map[string]any{"webhook": "https://eu.deepstreamhub.com/orders/auth"}),
		"no endpoints":           {"network.endpoints": []string{}},
		"every endpoint":         {"network.endpoints": EndpointServices()},
		"no flow logs":           {"network.flowLogRetentionDays": 0},
		"ephemeral":              {"platform.expires": "2026-01-31T12:00:00Z", "bus.snapshotRetentionDays": 0, "database.finalSnapshot": false},
		"global name":            global("live.deepstreamhub.com"),
		"global name is the top": global("deepstreamhub.com"),
		"mixed hosts":            {"cluster.otherInstanceTypes": []string{"c7g.xlarge", "m6g.xlarge"}, "cluster.spotPercent": 50},
		"39 others":              {"cluster.otherInstanceTypes": othersOf("c6g.xlarge", 39)},
		"warm hosts":             {"cluster.warmPool": 4},
		"a larger peak":          {"service.peakConnections": 500_000, "service.reconnectsPerSecond": 5000},
		"no exec":                {"cluster.exec": false},
		"open":                   {"service.auth": "open"},
		"open, for production":   {"service.auth": "open", "platform.protect": true},
		"a second service":       further(nil),
		"two, told apart":        and(further(nil), "service.scaleOn", "connections"),
		"the stock image":        {"service.metrics": false},
		"a service of 16 vCPU":   and(further(map[string]any{"cpu": 16_384}), "cluster.instanceType", "c6g.4xlarge"),
		"a service's name":       {"service.scaleOn": "cpu", "services.sgx": order(nil)},
		"a scaled service":       further(map[string]any{"maxTasks": 4, "command": []string{"serve"}, "environment": map[string]string{"MODE": "live"}}),
		"host name of 64":        {"edge.hostname": strings.Repeat("x", 46) + ".deepstreamhub.com"},
		"unbounded":              {"platform.permissionsBoundary": "none"},
		"another boundary":       {"platform.permissionsBoundary": "/teams/realtime/most", "platform.protect": true},
		"longest boundary":       {"platform.permissionsBoundary": "/" + strings.Repeat("x", 510) + "/" + strings.Repeat("x", 128)},
		"longest role path":      {"platform.rolePath": "/" + strings.Repeat("x", 510) + "/"},
		"role path like AWS's":   {"platform.rolePath": "/aws-service-roles/"},
		"roles at the top":       {"platform.rolePath": "/"},
		"owner in full":          {"platform.owner": "Zoë Team_1.a:b/c=d+e-f@example.com"},
		"registry with port":     {"service.image": "registry.example.com:443/team/deepstream@sha256:" + digest},
		"tag beside the digest":  {"service.image": "deepstream:1@sha256:" + digest},
		"repository of two":      ecr(".dkr.ecr.eu-central-1.amazonaws.com/ds"),
		"repository of 256":      ecr(".dkr.ecr.eu-central-1.amazonaws.com/team-a/deep_stream." + strings.Repeat("x", 237)),
		"ends within a second":   {"platform.expires": "2030-01-01T00:00:00.50Z"},
		"ended long ago":         {"platform.expires": "2001-01-01T00:00:00Z"},
		"restored, name of 255":  {"database.restoreFrom": "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:" + strings.Repeat("a", 255)},
		"restored, cluster":      {"database.restoreFrom": strings.Repeat("a", 63) + "@2026-01-31T12:00:00.5Z"},
		"restored, backup":       {"database.restoreFrom": "awsbackup:copyjob-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"},
		"well at the top":        further(map[string]any{"healthPath": "/"}),
		"well below":             further(map[string]any{"healthPath": "/healthz/"}),
		"well when asked":        further(map[string]any{"healthPath": "/health?x=1&y=%20"}),
		"well at length":         further(map[string]any{"healthPath": "/" + strings.Repeat("x", 1023)}),
		"dots in a path":         further(map[string]any{"path": "/.well-known/..a/.../v1.2"}),
		"told a URL":             told("https://x.org:8443/" + strings.Repeat("x", 2048-len("https://x.org:8443/"))),
		"told by IPv6":           told("https://[2001:db8::1]/a?to=ops"),
		"told by mail":           told("mailto:Ops+eu@Example.com"),
		"told far away":          told("arn:aws:sqs:us-west-1:111122223333:q"),
		"old image id":           {"cluster.ami": "ami-0a1b2c3d"},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, problemsOf(t, with(change), Options{}))
		})
	}
}

func TestEveryProblemComesInOneMessage(t *testing.T) {
	t.Parallel()
	src := with(map[string]any{
		"network.cidr":     "10.16.0.0/24",
		"network.zones":    []string{"euc1-az1", "euc1-az2"},
		"cluster.amii":     "ami-0a1b2c3d4e5f60718",
		"cluster.warmPool": "many",
	})
	src.Stack = "prod-eu"
	_, err := Load(src, Options{})
	require.Error(t, err)
	assert.Equal(t, `stack prod-eu: 4 problems in its configuration
  cluster.amii = "ami-0a1b2c3d4e5f60718": there is no such key; known: ami, architecture, instanceType, otherInstanceTypes, spotPercent, warmPool, minHosts, maxHosts, exec, rootVolumeGiB; nearest: cluster.ami
  cluster.warmPool = "many": must be a whole number from 0 to 5000 (hosts)
  network.cidr = "10.16.0.0/24": must be /16 to /20: AWS takes no larger VPC, and a smaller one has no room for six zones in every tier; nearest: 10.16.0.0/20
  network.zones = ["euc1-az1","euc1-az2"]: must be three to six zones, not 2: with fewer the loss of one takes half the region; nearest: [euc1-az1, euc1-az2, euc1-az3]`,
		err.Error())
}

// What is wrong by itself is told beside everything else, and only what follows from it waits.
func TestWrongSizesHideEachOtherNot(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, p := range problemsOf(t, with(map[string]any{
		"service.cpu": 1, "service.peakConnections": -5, "service.reconnectsPerSecond": 0, "network.zones": []string{"euc1-az1", "euc1-az2", "euc1-az9"},
	}), Options{}) {
		keys = append(keys, p.Key)
	}
	assert.Equal(t, []string{"network.zones[2]", "service.cpu", "service.peakConnections", "service.reconnectsPerSecond"}, keys)
}

// What somebody wrote reaches no terminal and no log of a job as anything but text.
func TestMessagesHoldNoControls(t *testing.T) {
	t.Parallel()
	const bad = "x\n::error::pwned\x1b[31m\u009b\u202e\x7f\U000e0001"
	src := with(map[string]any{
		regionKey: bad, "edge.zone": bad, "edge.hostname": bad, "edge.globalName": bad, "edge." + bad: bad, bad + ".a": bad, "network.zones": []string{bad, "a", "b"},
		"database.parameters": map[string]string{bad: bad}, "database.restoreFrom": "arn:aws:rds:us-east-1:111122223333:cluster-snapshot:a", "services.orders": order(map[string]any{"path": "/" + bad}),
		"services." + bad: order(map[string]any{"path": "/" + bad}), "observability.notify": []string{bad}, "service.auth": map[string]any{bad: bad}, "cluster.instanceType": bad,
	})
	src.Values["aws:"+bad], src.Values[bad+":a"] = bad, bad
	_, err := Load(src, Options{})
	require.Error(t, err)
	for _, line := range strings.Split(err.Error(), "\n") {
		assert.NotRegexp(t, `^::|[^\pL\pM\pN\pP\pS ]`, line)
	}
	assert.Contains(t, err.Error(), `aws:region = "x\n::error::pwned\u001b[31m\u009b\u202e\u007f\udb40\udc01": must be a commercial AWS region`)
	assert.Contains(t, err.Error(), `edge.x\u000a::error::pwned\u001b[31m\u009b\u202e\u007f\udb40\udc01 = `)
	assert.NotContains(t, err.Error(), "amazonaws.com/deepstream@sha256:"+digest, "no image of a region that there is not")
}

// A hint is something that would be taken, about what was given.
func TestHintsAreAboutWhatWasGiven(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]any
		hints  map[string]string
	}{
		"zones that there are not": {zones("euc1-az9", "euc1-az8"), map[string]string{
			"network.zones": "[euc1-az1, euc1-az2, euc1-az3]", "network.zones[0]": "euc1-az1", "network.zones[1]": "euc1-az1"}},
		"seven zones": {zones("euc1-az3", "euc1-az1", "euc1-az2", "euc1-az3", "euc1-az1", "euc1-az2", "euc1-az3"), map[string]string{
			"network.zones": "[euc1-az3, euc1-az1, euc1-az2]", "network.zones[3]": "", "network.zones[4]": "", "network.zones[5]": "", "network.zones[6]": ""}},
		"one task of five at most": {further(map[string]any{"tasks": 1, "maxTasks": 5001}), map[string]string{
			"services.orders.tasks": "2", "services.orders.maxTasks": "1000"}},
	} {
		hints := map[string]string{}
		for _, p := range problemsOf(t, with(c.change), Options{}) {
			hints[p.Key] = p.Nearest
		}
		assert.Equal(t, c.hints, hints, name)
	}
	src := with(nil)
	src.Values["aws:assumeRole"] = `{"roleArn":"arn:aws:iam::111122223333:role/x","durations":"1h"}`
	problems := problemsOf(t, src, Options{})
	require.Len(t, problems, 1)
	assert.Equal(t, "aws:assumeRole.durations", problems[0].Key)
	assert.Equal(t, "aws:assumeRole.duration", problems[0].Nearest)
}

func TestAnEmptyStackIsToldAllItNeeds(t *testing.T) {
	t.Parallel()
	problems := problemsOf(t, Source{Project: project, Stack: "new"}, Options{})
	var got, want []string
	for _, p := range problems {
		got = append(got, p.Key)
		assert.Contains(t, p.String(), " is not set: ")
	}
	for _, r := range required {
		if !slices.Contains([]string{"platform.permissionsBoundary", "platform.rolePath"}, r.key) { // which have defaults
			want = append(want, r.key)
		}
	}
	slices.Sort(want)
	assert.Equal(t, want, got)
}

func TestAGroupThatIsNoMapIsOneProblem(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "null", "10.16.0.0/16", "[1]", "{} {}", `{"cidr"`} {
		src := with(nil)
		src.Values["deepstreamhub:network"] = raw
		problems := problemsOf(t, src, Options{})
		require.Len(t, problems, 1, raw)
		assert.Equal(t, "network", problems[0].Key)
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	src := with(map[string]any{"cluster.ami": "placeholder:ami-0a1b2c3d4e5f60718", "edge.hostname": "placeholder:eu.deepstreamhub.com"})
	cfg, err := Load(src, Options{Offline: true})
	require.NoError(t, err)
	assert.Equal(t, "ami-0a1b2c3d4e5f60718", cfg.Cluster.AMI)

	problems := problemsOf(t, src, Options{})
	require.Len(t, problems, 2, "%v", problems)
	assert.Equal(t, "cluster.ami", problems[0].Key)
	assert.Contains(t, problems[0].Rule, "aws ssm get-parameter")
	assert.Equal(t, "edge.hostname", problems[1].Key)

	problems = problemsOf(t, with(map[string]any{"cluster.ami": "placeholder:later"}), Options{Offline: true})
	require.Len(t, problems, 1, "what is behind the mark has to follow the rules")
	assert.Contains(t, problems[0].Rule, "hexadecimal")
}

func TestUnknownGroupsCanOnlyBeToldOfACompleteSource(t *testing.T) {
	t.Parallel()
	src := with(map[string]any{"netwrok.cidr": "10.0.0.0/16"})
	src.Complete = false
	assert.Empty(t, problemsOf(t, src, Options{}))
}

func TestFieldsAreOfKindsThatDecode(t *testing.T) {
	t.Parallel()
	kinds := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[*bool](), reflect.TypeFor[[]string](), reflect.TypeFor[map[string]string](), reflect.TypeFor[Auth]()}
	cfg := Defaults(project)
	for _, path := range paths() {
		if strings.Contains(path, ".") {
			assert.Contains(t, kinds, field(&cfg, path).Type(), path)
		}
	}
}

func TestRulesSpeakOfKeysThatExistAndEveryKeyHasACase(t *testing.T) {
	t.Parallel()
	known := append(paths(), regionKey, keyWebhook)
	for _, r := range required {
		assert.Contains(t, known, r.key)
	}
	for _, r := range numbers {
		assert.Contains(t, known, r.key)
	}
	for _, r := range texts {
		assert.Contains(t, known, r.key)
	}
	for _, r := range choices {
		assert.Contains(t, known, r.key)
	}
	for key := range placeholderFixes {
		assert.Contains(t, known, key)
	}
	for _, path := range known {
		refusedAlone := func(c ruleCase) bool { return c.key == path || strings.HasPrefix(c.key, path+"[") }
		if path == regionKey || strings.Contains(path, ".") {
			assert.True(t, slices.ContainsFunc(slices.Collect(maps.Values(ruleCases)), refusedAlone), "no case refuses %s", path)
		}
	}
}

func TestMachines(t *testing.T) {
	t.Parallel()
	assert.Contains(t, hostTypes, "c5.18xlarge")
	assert.NotContains(t, hostTypes, "c5.16xlarge")
	assert.Equal(t, "c5, c6a, c6g, c6i, c7g, c7i, m5, m6a, m6g, m6i, m7g, m7i, r5, r6a, r6g, r6i, r7g, r7i", hostFamilies)
	assert.Contains(t, databaseClasses.types(), "db.r7i.48xlarge")
	assert.NotContains(t, databaseClasses.types(), "db.r7g.24xlarge")
	assert.Contains(t, busNodes.types(), "cache.t4g.medium")
	assert.NotContains(t, busNodes.types(), "cache.t4g.large")
}

func TestRegions(t *testing.T) {
	t.Parallel()
	prefixes := map[string]string{}
	for name, r := range regions {
		assert.Empty(t, prefixes[r.prefix], "%s and %s share a prefix", name, prefixes[r.prefix])
		prefixes[r.prefix] = name
		assert.GreaterOrEqual(t, len(r.zones), 3, name)
		for _, id := range r.ids() {
			assert.Regexp(t, zonePattern, id)
		}
	}
}

func TestClashes(t *testing.T) {
	t.Parallel()
	network := func(cidr string) Config { return Config{Network: Network{CIDR: cidr}} }
	assert.NoError(t, Clashes(map[string]Config{"a": network("10.16.0.0/16"), "b": network("10.17.0.0/16"), "c": network("")}))
	err := Clashes(map[string]Config{"c": network("10.16.16.0/20"), "a": network("10.16.0.0/16"), "b": network("10.17.0.0/16"), "d": network("10.17.0.0/20")})
	assert.EqualError(t, err, "compare stacks: stacks a and c: network.cidr 10.16.0.0/16 overlaps 10.16.16.0/20; "+
		"stacks b and d: network.cidr 10.17.0.0/16 overlaps 10.17.0.0/20")

	named := func(host, global string) Config { return Config{Edge: Edge{Hostname: host, GlobalName: global}} }
	assert.NoError(t, Clashes(map[string]Config{"a": named("eu.example.org", "example.org"), "b": named("us.example.org", "example.org"), "c": named("", "")}))
	err = Clashes(map[string]Config{
		"a": named("eu.example.org", ""), "b": named("eu.example.org", ""), "c": named("us.example.org", "example.org"), "d": named("example.org", "us.example.org"),
	})
	assert.EqualError(t, err, "compare stacks: stacks a and b: edge.hostname eu.example.org is that of both; "+
		"stacks c and d: edge.hostname us.example.org is the other's edge.globalName")
	err = Clashes(map[string]Config{"a": named("eu.example.org", "example.org"), "b": named("example.org", "")})
	assert.EqualError(t, err, "compare stacks: stacks a and b: edge.globalName example.org is the other's edge.hostname")
}

// The budget of connections has to know every class that the configuration takes.
func TestEveryDatabaseClassHasConnections(t *testing.T) {
	t.Parallel()
	for _, class := range databaseClasses.types() {
		_, known := sizing.MaxDatabaseConnections(class)
		assert.True(t, known, class)
	}
}
