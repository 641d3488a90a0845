package config

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ruleCase is a change to the base that one rule refuses.
type ruleCase struct {
	change  map[string]any
	key     string
	rule    string // a part of it
	nearest string
}

var ruleCases = map[string]ruleCase{
	"protect missing":      {map[string]any{"platform.protect": nil}, "platform.protect", "no answer", ""},
	"protect as text":      {map[string]any{"platform.protect": "true"}, "platform.protect", "without quotes", ""},
	"owner missing":        {map[string]any{"platform.owner": nil}, "platform.owner", "must be given", ""},
	"owner a tag refuses":  {map[string]any{"platform.owner": "team #1"}, "platform.owner", "tag's value", ""},
	"owner too long":       {map[string]any{"platform.owner": strings.Repeat("x", 257)}, "platform.owner", "tag's value", ""},
	"cost centre missing":  {map[string]any{"platform.costCentre": ""}, "platform.costCentre", "must be given", ""},
	"cost centre a number": {map[string]any{"platform.costCentre": 4711}, "platform.costCentre", "need quotes", ""},
	"cost centre refused":  {map[string]any{"platform.costCentre": "a\nb"}, "platform.costCentre", "tag's value", ""},
	"expires not a time":   {map[string]any{"platform.expires": "tomorrow"}, "platform.expires", "RFC 3339", ""},
	"expires elsewhere":    {map[string]any{"platform.expires": "2026-01-31T12:00:00+01:00"}, "platform.expires", "UTC", ""},
	"expires though protected": {map[string]any{"platform.expires": "2026-01-31T12:00:00Z", "platform.protect": true},
		"platform.expires", "not reaped", ""},

	"region unknown":   {map[string]any{regionKey: "eu-centrl-1", "service.image": "deepstream@sha256:" + digest}, regionKey, "commercial AWS region", "eu-central-1"},
	"region missing":   {map[string]any{regionKey: "", "service.image": "deepstream@sha256:" + digest}, regionKey, "must be given", ""},
	"cidr missing":     {map[string]any{"network.cidr": nil}, "network.cidr", "must be given", ""},
	"cidr not one":     {map[string]any{"network.cidr": "10.16.0.0"}, "network.cidr", "IPv4 range", ""},
	"cidr too small":   {map[string]any{"network.cidr": "10.16.3.0/24"}, "network.cidr", "/16 to /20", "10.16.0.0/20"},
	"cidr too large":   {map[string]any{"network.cidr": "10.0.0.0/8"}, "network.cidr", "/16 to /20", "10.0.0.0/16"},
	"cidr of docker":   {map[string]any{"network.cidr": "172.17.16.0/20"}, "network.cidr", "Docker", ""},
	"cidr public":      {map[string]any{"network.cidr": "11.0.0.0/16"}, "network.cidr", "must lie inside", ""},
	"cidr host bits":   {map[string]any{"network.cidr": "10.16.1.0/16"}, "network.cidr", "start of its range", "10.16.0.0/16"},
	"cidr v6":          {map[string]any{"network.cidr": "fd00::/16"}, "network.cidr", "IPv4 range", ""},
	"zones missing":    {map[string]any{"network.zones": nil}, "network.zones", "must be given", ""},
	"zones too few":    {zones("euc1-az1", "euc1-az3"), "network.zones", "three to six", "[euc1-az1, euc1-az3, euc1-az2]"},
	"zones no list":    {map[string]any{"network.zones": "euc1-az1"}, "network.zones", "a list", ""},
	"zone a number":    {map[string]any{"network.zones": []any{"euc1-az1", 2, "euc1-az3"}}, "network.zones[1]", "must be text", ""},
	"zone twice":       {zones("euc1-az1", "euc1-az2", "euc1-az1"), "network.zones[2]", "twice", ""},
	"zone of another":  {zones("euc1-az1", "euc1-az2", "use1-az3"), "network.zones[2]", "of eu-central-1", "euc1-az3"},
	"zone beyond":      {zones("euc1-az1", "euc1-az2", "euc1-az7"), "network.zones[2]", "of eu-central-1", "euc1-az1"},
	"zone by name":     {zones("euc1-az1", "euc1-az2", "eu-central-1a"), "network.zones[2]", "of eu-central-1", "euc1-az1"},
	"nat none":         {map[string]any{"network.nat": "none"}, "network.nat", "neither ECS nor ECR", "single"},
	"nat misspelt":     {map[string]any{"network.nat": "perzone"}, "network.nat", "perZone", "perZone"},
	"nat left empty":   {map[string]any{"network.nat": json.RawMessage("null")}, "network.nat", "better left out", ""},
	"postgres too old": {map[string]any{"database.engineVersion": "12.9"}, "database.engineVersion", "13 or later", ""},
	"postgres a major": {map[string]any{"database.engineVersion": "16"}, "database.engineVersion", "major.minor", ""},
	"postgres number":  {map[string]any{"database.engineVersion": 16.8}, "database.engineVersion", "need quotes", ""},
	"class unknown":    {map[string]any{"database.instanceClass": "db.r6g.larg"}, "database.instanceClass", "r6g", "db.r6g.large"},
	"class too small":  {map[string]any{"database.instanceClass": "db.t4g.small"}, "database.instanceClass", "t4g", "db.t4g.large"},
	"backups none":     {map[string]any{"database.backupRetentionDays": 0}, "database.backupRetentionDays", "1 to 35", "1"},
	"backups too long": {map[string]any{"database.backupRetentionDays": 36}, "database.backupRetentionDays", "1 to 35", "35"},
	"no final snapshot": {map[string]any{"database.finalSnapshot": false, "platform.protect": true},
		"database.finalSnapshot", "platform.protect", "true"},

	"valkey unknown":      {map[string]any{"bus.engineVersion": "7.1"}, "bus.engineVersion", "Valkey", "7.2"},
	"node type old":       {map[string]any{"bus.nodeType": "cache.t2.micro"}, "bus.nodeType", "node type", "cache.t3.micro"},
	"replicas none":       {map[string]any{"bus.replicas": 0}, "bus.replicas", "1 to 5", "1"},
	"replicas too many":   {map[string]any{"bus.replicas": 6}, "bus.replicas", "1 to 5", "5"},
	"replicas a fraction": {map[string]any{"bus.replicas": 1.5}, "bus.replicas", "whole number from 1 to 5", ""},
	"bus snapshots":       {map[string]any{"bus.snapshotRetentionDays": 36}, "bus.snapshotRetentionDays", "0 to 35", "35"},
	"bus snapshots none": {map[string]any{"bus.snapshotRetentionDays": 0, "platform.protect": true},
		"bus.snapshotRetentionDays", "1 to 35", "1"},

	"ami missing":    {map[string]any{"cluster.ami": nil}, "cluster.ami", "must be given", ""},
	"ami malformed":  {map[string]any{"cluster.ami": "ami-latest"}, "cluster.ami", "hexadecimal", ""},
	"host burstable": {map[string]any{"cluster.instanceType": "t4g.large"}, "cluster.instanceType", "ENI trunking", "c6g.large"},
	"host of a hole": {map[string]any{"cluster.instanceType": "r5.8xlarge"}, "cluster.instanceType", "ENI trunking", "m5.8xlarge"},
	"hosts none":     {map[string]any{"cluster.minHosts": 0}, "cluster.minHosts", "1 to 5000", "1"},
	"hosts too many": {map[string]any{"cluster.maxHosts": 5001}, "cluster.maxHosts", "1 to 5000", "5000"},
	"hosts as text":  {map[string]any{"cluster.maxHosts": "many"}, "cluster.maxHosts", "whole number from 1 to 5000", ""},
	"hosts out of joint": {map[string]any{"cluster.minHosts": 5, "cluster.maxHosts": 4},
		"cluster.maxHosts", "at least cluster.minHosts", "5"},
	"volume too small": {map[string]any{"cluster.rootVolumeGiB": 29}, "cluster.rootVolumeGiB", "30 to 16384", "30"},

	"image missing":      {map[string]any{"service.image": nil}, "service.image", "must be given", ""},
	"image by tag":       {map[string]any{"service.image": "registry:5000/deepstream:latest"}, "service.image", "a tag can be moved", ""},
	"image bare":         {map[string]any{"service.image": "registry:5000/deepstream"}, "service.image", "pinned by digest", ""},
	"image short digest": {map[string]any{"service.image": "deepstream@sha256:abc"}, "service.image", "64 hexadecimal", ""},
	"image elsewhere": {map[string]any{"service.image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/deepstream@sha256:" + digest},
		"service.image", "own region", "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream@sha256:" + digest},
	"tasks one":         {map[string]any{"service.tasks": 1}, "service.tasks", "2 to 5000", "2"},
	"tasks too many":    {map[string]any{"service.tasks": 1e300}, "service.tasks", "2 to 5000", ""},
	"cpu too small":     {map[string]any{"service.cpu": 100}, "service.cpu", "128 to 10240", "128"},
	"cpu beyond host":   {map[string]any{"service.cpu": 8192}, "service.cpu", "c6g.xlarge has 4096", "4096"},
	"memory too small":  {map[string]any{"service.memoryMiB": 64}, "service.memoryMiB", "256 or more", "256"},
	"memory of host":    {map[string]any{"service.memoryMiB": 8192}, "service.memoryMiB", "c6g.xlarge has 8192", ""},
	"log retention odd": {map[string]any{"service.logRetentionDays": 31}, "service.logRetentionDays", "out of 1 3 5", "30"},
	"log retention":     {map[string]any{"service.logRetentionDays": "30"}, "service.logRetentionDays", "out of 1 3 5", ""},

	"hostname missing":  {map[string]any{"edge.hostname": nil}, "edge.hostname", "must be given", ""},
	"hostname outside":  {map[string]any{"edge.hostname": "eu.notdeepstreamhub.com"}, "edge.hostname", "inside edge.zone", ""},
	"hostname is zone":  {map[string]any{"edge.hostname": "deepstreamhub.com"}, "edge.hostname", "inside edge.zone", ""},
	"hostname no name":  {map[string]any{"edge.hostname": "EU.deepstreamhub.com"}, "edge.hostname", "DNS name", ""},
	"hostname too long": {map[string]any{"edge.hostname": strings.Repeat("x", 47) + ".deepstreamhub.com"}, "edge.hostname", "64 characters", ""},
	"zone malformed":    {map[string]any{"edge.zone": "deepstreamhub.com."}, "edge.zone", "DNS name", ""},
	"zone emptied":      {map[string]any{"edge.zone": ""}, "edge.zone", "must be given", ""},
	"global outside":    {global("live.example.com"), "edge.globalName", "inside edge.zone", ""},
	"global is own":     {global("eu.deepstreamhub.com"), "edge.globalName", "differ", ""},
	"global no name":    {global("live"), "edge.globalName", "DNS name", ""},
	"global unscoped":   {map[string]any{"edge.globalName": "live.deepstreamhub.com"}, "edge.globalName", "dataScope", ""},
	"scope unknown":     {map[string]any{"edge.dataScope": "global"}, "edge.dataScope", "perRegion", "perRegion"},
	"idle too short":    {map[string]any{"edge.idleTimeoutSeconds": 60}, "edge.idleTimeoutSeconds", "61 to 4000", "61"},
	"drain too long":    {map[string]any{"edge.deregistrationDelaySeconds": 3601}, "edge.deregistrationDelaySeconds", "0 to 3600", "3600"},

	"access logs odd": {map[string]any{"edge.accessLogRetentionDays": 100}, "edge.accessLogRetentionDays", "out of 1 3 5", "90"},
	"rate too low":    {map[string]any{"edge.wafRateLimit": 9}, "edge.wafRateLimit", "10 to 2000000000", "10"},
	"rate too high":   {map[string]any{"edge.wafRateLimit": 2_000_000_001}, "edge.wafRateLimit", "10 to 2000000000", "2000000000"},
	"rate as text":    {map[string]any{"edge.wafRateLimit": "2000"}, "edge.wafRateLimit", "whole number", ""},

	"unknown key":           {map[string]any{"network.zonez": 3}, "network.zonez", "no such key", "network.zones"},
	"key of another group":  {map[string]any{"network.maxHosts": 3}, "network.maxHosts", "no such key", "cluster.maxHosts"},
	"unknown group":         {map[string]any{"netwrok.cidr": "10.0.0.0/16"}, "deepstreamhub:netwrok", "no such key", "deepstreamhub:network"},
	"secret":                {map[string]any{"edge.zone": map[string]any{"secure": "v1:abc"}}, "edge.zone", "Secrets Manager", ""},
	"secret under new name": {map[string]any{"edge.hostnames": map[string]any{"secure": "v1:abc"}}, "edge.hostnames", "no such key", "edge.hostname"},
}

func zones(ids ...string) map[string]any { return map[string]any{"network.zones": ids} }

func global(name string) map[string]any {
	return map[string]any{"edge.globalName": name, "edge.dataScope": "perRegion"}
}

func TestEachRuleRefusesOnItsOwn(t *testing.T) {
	t.Parallel()
	for name, test := range ruleCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := problemsOf(t, with(test.change), Options{})
			require.Len(t, problems, 1, "%v", problems)
			assert.Equal(t, test.key, problems[0].Key)
			assert.Contains(t, problems[0].Rule, test.rule)
			assert.Equal(t, test.nearest, problems[0].Nearest)
		})
	}
}

// A nearest choice that is itself refused would send its reader round in a circle.
func TestNearestChoicesAreValid(t *testing.T) {
	t.Parallel()
	for name, test := range ruleCases {
		change := maps.Clone(test.change)
		switch value := test.nearest; {
		case value == "" || strings.Contains(problemsOf(t, with(change), Options{})[0].Rule, "no such key"):
			continue
		case strings.HasPrefix(value, "["):
			change[test.key] = strings.Split(strings.Trim(value, "[]"), ", ")
		case strings.Contains(test.key, "["):
			continue // the nearest zone may be one that is there already
		case json.Valid([]byte(value)) && test.key != "bus.engineVersion":
			change[test.key] = json.RawMessage(value)
		default:
			change[test.key] = value
		}
		assert.Empty(t, problemsOf(t, with(change), Options{}), name)
	}
}
