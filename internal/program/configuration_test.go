package program_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/program"
)

// draft is a stack file: groups, and what is in them. The region stands under its own key.
type draft map[string]map[string]any

const region = "aws:region"

// plugin is the namespace of the AWS plugin's keys, the region's among them.
const plugin = "aws:"

// place is a region with its zones.
type place struct {
	name  string
	zones []string
}

var places = []place{
	{"eu-central-1", []string{"euc1-az1", "euc1-az2", "euc1-az3"}},
	{"us-east-1", []string{"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"}},
	{"eu-west-1", []string{"euw1-az1", "euw1-az2", "euw1-az3"}},
}

const digest = "7d1f8e0c5b6a49382716f5e4d3c2b1a0998877665544332211ffeeddccbbaa90"

func image(in string) string {
	return "111122223333.dkr.ecr." + in + ".amazonaws.com/deepstream@sha256:" + digest
}

// minimal is a stack file with nothing but what has no default.
func minimal(in place, protect bool) draft {
	return draft{
		plugin: {strings.TrimPrefix(region, plugin): in.name},
		"platform": {"protect": protect, "owner": "team", "costCentre": "centre",
			"permissionsBoundary": "/deepstreamhub/deepstreamhub-boundary", "rolePath": "/deepstreamhub/"},
		"network": {"cidr": "10.16.0.0/16", "zones": in.zones[:3]},
		"cluster": {"ami": "ami-0a1b2c3d4e5f60718"},
		"service": {"image": image(in.name), "auth": map[string]any{"webhook": "https://10.0.0.5/deepstream"}}, // reached without NAT too
		"edge":    {"zone": "deepstreamhub.com", "hostname": "here.deepstreamhub.com"},
	}
}

// set puts a value where a key such as network.nat says.
func (d draft) set(key string, value any) {
	group, name, _ := strings.Cut(key, ".")
	if strings.HasPrefix(key, plugin) {
		group, name = plugin, strings.TrimPrefix(key, plugin)
	}
	if d[group] == nil {
		d[group] = map[string]any{}
	}
	d[group][name] = value
	if text, is := value.(string); is && key == "cluster.instanceType" && !strings.Contains(text, "g.") {
		d[group]["architecture"] = "x86_64"
	}
}

// load reads the draft as the program would.
func (d draft) load(t require.TestingT) (config.Config, error) {
	src := config.Source{Project: "deepstreamhub", Stack: "fuzz", Complete: true, Values: map[string]string{}}
	for group, content := range d {
		entries := map[string]any{"deepstreamhub:" + group: content}
		if group == plugin {
			entries = map[string]any{}
			for name, value := range content {
				entries[plugin+name] = value
			}
		}
		for key, value := range entries {
			text, isText := value.(string)
			if !isText {
				raw, err := json.Marshal(value)
				require.NoError(t, err)
				text = string(raw)
			}
			src.Values[key] = text
		}
	}
	return config.Load(src, config.Options{})
}

// A key's values inside and outside of what its own rule takes. Numbers, lists of numbers and switches are read off the
// rules themselves; only text needs to be told.
type values struct{ inside, outside []any }

var texts = map[string]values{
	"aws:profile": {[]any{"prod", "AWS Admin"}, []any{"a\nb", "[a]", map[string]any{"a": 1}}},
	"aws:assumeRole": {[]any{map[string]any{"roleArn": "arn:aws:iam::111122223333:role/a/b", "sessionName": "hub", "externalId": "a:b", "duration": "1h30m"}},
		[]any{map[string]any{"sessionName": "hub"}, map[string]any{"roleArn": "admin"}, map[string]any{"roleArn": "arn:aws:iam::111122223333:role/a", "duration": "13h"},
			map[string]any{"arn": "x"}, "arn:aws:iam::111122223333:role/a"}},
	"aws:allowedAccountIds": {[]any{[]string{}, []string{"111122223333", "444455556666"}}, []any{[]any{1}, []string{"prod"}, "111122223333"}},
	"aws:endpoints": {[]any{[]any{map[string]any{"s3": "http://localhost:4566", "ec2": "https://ec2.example.com/a"}}},
		[]any{[]any{map[string]any{"s3": "localhost:4566"}}, []any{map[string]any{"S 3": "http://localhost"}}, "http://localhost"}},

	region:                         {nil, []any{"eu-centrl-1", "us-gov-west-1", ""}},
	"platform.owner":               {[]any{"a", "Team Ä", strings.Repeat("x", 256)}, []any{"", "a#b", strings.Repeat("x", 257), 3, nil}},
	"platform.costCentre":          {[]any{"4711", "a.b:c/d=e+f-g@h"}, []any{"", "a\nb", 4711}},
	"platform.expires":             {[]any{"2030-01-31T12:00:00Z"}, []any{"tomorrow", "2030-01-31", "2030-01-31T12:00:00+01:00"}},
	"platform.protect":             {[]any{true, false}, []any{"true", nil, 1}},
	"platform.permissionsBoundary": {[]any{"/boundary", "/a/b/c"}, []any{"", "boundary", "arn:aws:iam::111122223333:policy/b"}},
	"platform.rolePath":            {[]any{"/", "/a/b/"}, []any{"", "a", "/a"}},
	"network.cidr":                 {[]any{"10.0.0.0/16", "172.16.0.0/18", "192.168.0.0/20"}, []any{"10.0.0.0/15", "10.0.0.0/21", "11.0.0.0/16", "172.17.0.0/16", "10.0.1.0/16", "fd00::/16", 10, nil}},
	"network.zones":                {nil, []any{[]string{"euc1-az1"}, []string{"a", "b", "c"}, "euc1-az1", []any{}, nil}},
	"network.nat":                  {[]any{"none", "single", "perZone"}, []any{"", "both", true}},
	"network.endpoints":            {[]any{[]string{}, config.EndpointServices(), []string{"ecr.api", "sts"}}, []any{[]string{"s3"}, []string{"kms", "kms"}, "kms"}},
	"database.engineVersion":       {[]any{"14.20", "16.8", "17.4", "18.4"}, []any{"", "12.9", "16", "16.8.1", "16.99", 16.8}},
	"database.instanceClass":       {[]any{"db.t4g.medium", "db.r6g.large", "db.r7g.16xlarge", "db.x2g.large"}, []any{"db.t4g.micro", "r6g.large", "db.m5.large", ""}},
	"database.restoreFrom": {[]any{"prod-final-1a2b3c4d", "awsbackup:copyjob-1a2b", "prod@latest", "prod@2026-01-31T12:00:00Z"},
		[]any{"prod@yesterday", "a--b", "-a", "prod@2026-01-31T12:00:00+01:00"}},
	"database.backupWindow":      {[]any{"02:00-03:30", "01:00-01:30", "23:45-00:15"}, []any{"", "2:00-3:00", "02:00-02:29", "sun:02:00-sun:03:00"}},
	"database.maintenanceWindow": {[]any{"sun:03:30-sun:04:00", "sat:23:30-sun:00:30", "mon:04:00-tue:01:00"}, []any{"", "03:30-04:30", "sun:03:30-sun:03:59", "mon:04:00-tue:04:01"}},
	"database.parameters": {[]any{map[string]string{}, map[string]string{"work_mem": "65536", "autovacuum_vacuum_scale_factor": "0.05", "log_statement": "ddl"}},
		[]any{"work_mem", map[string]any{"work_mem": 65536}, map[string]string{"work_mem": "1"}, map[string]string{"rds.force_ssl": "1"}, map[string]string{"none": "1"}}},
	"bus.snapshotWindow":         {[]any{"01:00-02:00"}, []any{"", "01:00-01:59", "1-2"}},
	"bus.maintenanceWindow":      {[]any{"sun:03:30-sun:04:30", "fri:22:00-sat:01:00"}, []any{"", "sun:03:30-sun:04:29", "any"}},
	"bus.parameters":             {[]any{map[string]string{}, map[string]string{"maxmemory-policy": "allkeys-random", "timeout": "60"}}, []any{"x", map[string]string{"maxmemory-policy": "noeviction"}}},
	"backup.schedule":            {[]any{"cron(0 0 * * ? *)", "cron(59 23 * * ? *)"}, []any{"rate(1 day)", "cron(60 5 * * ? *)", "cron(0 24 * * ? *)", ""}},
	"backup.copyTo":              {[]any{"", "ap-northeast-1", "us-west-2"}, []any{"us-west-9", "mars"}},
	"backup.lock":                {[]any{"none", "governance", "compliance"}, []any{"", "full"}},
	"bus.engineVersion":          {[]any{"7.2", "8.0", "8.1", "8.2"}, []any{"6.2", "8", "9.9", 8.0}},
	"bus.nodeType":               {[]any{"cache.t4g.small", "cache.r7g.large", "cache.m6g.xlarge"}, []any{"cache.t1.micro", "r7g.large", ""}},
	"cluster.ami":                {[]any{"ami-0123abcd"}, []any{"ami-1", "ami-xyz", "latest", nil}},
	"cluster.architecture":       {[]any{"arm64"}, []any{"", "amd64", "x86"}},
	"cluster.instanceType":       {[]any{"c6g.xlarge", "m6i.2xlarge", "r7g.4xlarge", "c5.large"}, []any{"t3.large", "c6g.metal", "m99.large", ""}},
	"cluster.otherInstanceTypes": {[]any{[]string{}, []string{"m6g.xlarge"}, []string{"c7g.xlarge", "m7g.2xlarge"}}, []any{[]string{"t3.large"}, []string{"m6g.xlarge", "m6g.xlarge"}, "m6g.xlarge"}},
	// Numbers whose largest ask for hosts, or for as many of them, as no stack drawn here has.
	"cluster.warmPool":            {[]any{0, 1, 2}, []any{-1, 5001, 0.5, "x"}},
	"cluster.minHosts":            {[]any{0, 3}, []any{-1, 2, 5001, 1.5, "x"}},
	"cluster.maxHosts":            {[]any{0, 50, 5000}, []any{-1, 2, 5001, 1.5, "x"}},
	"service.minTasks":            {[]any{0, 6}, []any{-1, 2, 1001, 1.5, "x"}},
	"service.maxTasks":            {[]any{0, 12}, []any{-1, 2, 1001, 1.5, "x"}},
	"service.cpu":                 {[]any{128, 1024, 4096}, []any{127, -1, 1.5, "x"}},
	"service.peakConnections":     {[]any{1, 500, 20_000, 60_000}, []any{0, -1, 100_000_001, "many", 1.5}},
	"service.reconnectsPerSecond": {[]any{200, 500, 5000}, []any{0, -1, 1_000_001, "fast"}},
	"service.image":               {nil, []any{"deepstream", "deepstream:latest", "deepstream@sha256:12", nil}},
	"service.auth": {[]any{"open", map[string]any{"webhook": "https://auth.example.com/deepstream"}, map[string]any{"webhook": "https://10.0.0.5/a?b=c"}},
		[]any{"", "none", nil, true, map[string]any{}, map[string]any{"webhook": "http://auth.example.com"}, map[string]any{"webhook": "https://u:p@auth.example.com"}}},
	"service.scaleOn": {[]any{"connections", "cpu"}, []any{"", "memory"}},
	"edge.zone":       {[]any{"deepstreamhub.com"}, []any{"", "deepstreamhub", "UPPER.com", "a..b"}},
	"edge.hostname":   {[]any{"x.deepstreamhub.com", strings.Repeat("a", 46) + ".deepstreamhub.com"}, []any{"", "x.example.com", "X.deepstreamhub.com", strings.Repeat("a", 47) + ".deepstreamhub.com", nil}},
	"edge.globalName": {[]any{""}, []any{"global.example.com", "not a name"}},
	"edge.dataScope":  {[]any{"", "perRegion"}, []any{"global"}},
	"observability.notify": {[]any{[]string{}, []string{"mailto:a@example.com", "https://example.com/hook", "arn:aws:sqs:eu-central-1:111122223333:q"}},
		[]any{[]string{"a@example.com"}, []string{"http://example.com"}, "mailto:a@example.com"}},
}

var (
	span  = regexp.MustCompile(`^(\d+) to (\d+)\b`)
	least = regexp.MustCompile(`^of (\d+) or more\b`)
	oneOf = regexp.MustCompile(`^out of ((?:\d+ ?)+)`)
)

// valuesOf returns what a key takes and what it does not, as its rule says. Ok is false for a key of which nothing is known.
func valuesOf(f config.Field) (v values, ok bool) {
	if v, ok := texts[f.Key]; ok {
		return v, true
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	switch {
	case f.Allowed == "true or false":
		return values{[]any{true, false}, []any{"yes", 1, []any{}}}, true
	case span.MatchString(f.Allowed):
		m := span.FindStringSubmatch(f.Allowed)
		low, high := number(m[1]), number(m[2])
		return values{[]any{low, (low + high) / 2, high}, []any{low - 1, high + 1, -5, float64(low) + 0.5, "x"}}, true
	case least.MatchString(f.Allowed):
		low := number(least.FindStringSubmatch(f.Allowed)[1])
		return values{[]any{low, 4 * low}, []any{low - 1, 0, -1, "x"}}, true
	case oneOf.MatchString(f.Allowed):
		all := strings.Fields(oneOf.FindStringSubmatch(f.Allowed)[1])
		for _, n := range []string{all[0], all[len(all)/2], all[len(all)-1]} {
			v.inside = append(v.inside, number(n))
		}
		return values{v.inside, []any{2, -1, 4000, "x"}}, true
	}
	return v, false
}

// fields are the keys that are drawn, without those of further services, which have no key of their own.
func fields() []config.Field {
	return slices.DeleteFunc(config.Fields("deepstreamhub"), func(f config.Field) bool { return strings.HasPrefix(f.Key, "services.") })
}

func TestEveryKeyIsDrawn(t *testing.T) {
	t.Parallel()
	for _, f := range fields() {
		v, ok := valuesOf(f)
		require.True(t, ok && len(v.outside) > 0, "no values of %s are drawn: tell some in texts", f.Key)
	}
}

// draw draws a stack file: what has no default, and a few keys beside that have values of which their own rules take
// each. Together they may be refused all the same.
func draw(t *rapid.T) draft {
	in := rapid.SampledFrom(places).Draw(t, "region")
	d := minimal(in, rapid.Bool().Draw(t, "protect"))
	n := min(len(in.zones), rapid.IntRange(3, 6).Draw(t, "zones"))
	d.set("network.zones", in.zones[:n])
	for _, f := range rapid.SliceOfN(rapid.SampledFrom(fields()), 0, 6).Draw(t, "keys") {
		v, _ := valuesOf(f)
		if len(v.inside) > 0 {
			d.set(f.Key, rapid.SampledFrom(v.inside).Draw(t, f.Key))
		}
	}
	if d["edge"]["dataScope"] == "perRegion" && rapid.Bool().Draw(t, "global") {
		d.set("edge.globalName", "global.deepstreamhub.com")
	}
	if rapid.Bool().Draw(t, "services") {
		d.set("service.scaleOn", "cpu")
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"orders", "a", "sixteen-letters-"[:15], "x-1"}), 1, 2, rapid.ID).Draw(t, "names") {
			d.set("services."+name, map[string]any{
				"image": image(in.name), "port": rapid.IntRange(1, 65535).Draw(t, "port"), "healthPath": "/" + name + "/health", "path": "/" + name,
				"maxTasks": rapid.IntRange(2, 6).Draw(t, "most"), "environment": map[string]string{"A_1": "b"},
			})
		}
	}
	return d
}

// registers runs the program of a configuration against mocks.
func registers(t require.TestingT, d draft, cfg config.Config) {
	text, err := json.Marshal(d)
	require.NoError(t, err)
	resources, err := account(cfg.Region).Run(program.RegionWithoutHooks(cfg))
	require.NoError(t, err, "%s", text)
	require.Greater(t, len(resources), 100)
}

// acceptedRegisters is the property: whatever configuration is accepted makes a region.
func acceptedRegisters(accepted *atomic.Int64) func(*rapid.T) {
	return func(t *rapid.T) {
		d := draw(t)
		cfg, err := d.load(t)
		if problems := (config.Problems{}); err != nil {
			require.True(t, errors.As(err, &problems) && len(problems) > 0, "%v", err)
			return
		}
		accepted.Add(1)
		registers(t, d, cfg)
	}
}

func TestAcceptedConfigurationsRegister(t *testing.T) {
	t.Parallel()
	var accepted atomic.Int64
	rapid.Check(t, acceptedRegisters(&accepted))
	require.Greater(t, accepted.Load(), int64(10), "too few of the drawn configurations are accepted to say anything")
}

// FuzzAcceptedConfigurations looks for longer: go test ./internal/program -fuzz Accepted.
func FuzzAcceptedConfigurations(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(acceptedRegisters(new(atomic.Int64))))
}

// refused is the property: a value that a key's own rule does not take is refused by that key, whatever else the
// configuration says.
func refused(t *rapid.T) {
	d := draw(t)
	f := rapid.SampledFrom(fields()).Draw(t, "key")
	v, _ := valuesOf(f)
	bad := rapid.SampledFrom(v.outside).Draw(t, "bad")
	d.set(f.Key, bad)
	_, err := d.load(t)
	var problems config.Problems
	require.True(t, errors.As(err, &problems), "%s = %v is taken: %v", f.Key, bad, err)
	named := func(p config.Problem) bool {
		return p.Key == f.Key || strings.HasPrefix(p.Key, f.Key+"[") || strings.HasPrefix(p.Key, f.Key+".")
	}
	require.True(t, slices.ContainsFunc(problems, named), "%s = %v is not named: %v", f.Key, bad, problems)
}

func TestValuesOutsideTheRulesAreRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, refused)
}

// FuzzRefusedConfigurations looks for longer: go test ./internal/program -fuzz Refused.
func FuzzRefusedConfigurations(f *testing.F) { f.Fuzz(rapid.MakeFuzz(refused)) }

// Each value that a key's own rule takes is in some configuration that makes a region, whatever the draws above hit. As
// many as go together share one.
func TestEveryValueRegisters(t *testing.T) {
	t.Parallel()
	var left []pair
	for _, f := range fields() {
		v, _ := valuesOf(f)
		for _, value := range v.inside {
			left = append(left, pair{f.Key, value})
		}
	}
	for round := 0; len(left) > 0; round++ {
		d := minimal(places[0], round%2 == 0)
		var later []pair
		cfg, err := d.load(t)
		require.NoError(t, err)
		set := map[string]bool{}
		for _, p := range left {
			with := d.clone()
			with.set(p.key, p.value)
			if changed, err := with.load(t); err != nil || set[p.key] {
				later = append(later, p)
			} else {
				d, cfg, set[p.key] = with, changed, true
			}
		}
		if len(set) == 0 && round%2 == 1 {
			require.Empty(t, later, "nothing takes these values")
		}
		registers(t, d, cfg)
		left = later
	}
}

type pair struct {
	key   string
	value any
}

func (d draft) clone() draft {
	out := draft{}
	for group, content := range d {
		out[group] = maps.Clone(content)
	}
	return out
}

// Every configuration that the table takes makes a region.
func TestTakenConfigurationsRegister(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "config", "testdata", "configurations.yaml"))
	require.NoError(t, err)
	var table struct {
		Cases []struct {
			Set     map[string]any `yaml:"set"`
			Refused []string       `yaml:"refused"`
		} `yaml:"cases"`
	}
	require.NoError(t, yaml.Unmarshal(text, &table))
	taken := 0
	for _, c := range table.Cases {
		if c.Refused != nil {
			continue
		}
		taken++
		d := minimal(places[0], false)
		for key, value := range c.Set {
			if key == "services" {
				d[key] = value.(map[string]any)
			} else {
				d.set(key, value)
			}
		}
		cfg, err := d.load(t)
		require.NoError(t, err, "%v", c.Set)
		registers(t, d, cfg)
	}
	require.Greater(t, taken, 100)
}
