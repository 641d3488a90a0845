package services

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const goodToken = "0123456789abcdefABCDEF"

// cache makes everything a replication group stands on and returns the inputs of one.
func (d *dataCloud) cache() cloud.Map {
	d.Helper()
	_, key := d.make(typeKey, cloud.Map{})
	d.make(typeCacheSubnetGroup, cloud.Map{"name": "Data", "subnetIds": d.subnets})
	d.make(typeCacheParameterGroup, cloud.Map{"name": "tuned", "family": "valkey8", "parameters": cloud.List(
		cloud.Map{"name": "maxmemory-policy", "value": "allkeys-lru"}, cloud.Map{"name": "timeout", "value": "300"},
		cloud.Map{"name": "notify-keyspace-events", "value": "Ex"},
	)})
	return cloud.Map{
		"replicationGroupId": "bus", "description": "Bus", "engine": "valkey", "engineVersion": "8.0", "nodeType": "cache.r7g.large",
		"numCacheClusters": 2.0, "automaticFailoverEnabled": true, "multiAzEnabled": true, "subnetGroupName": "data",
		"securityGroupIds": cloud.List(d.group), "parameterGroupName": "tuned", "atRestEncryptionEnabled": true, "kmsKeyId": key["arn"],
		"transitEncryptionEnabled": true, "transitEncryptionMode": "required", "authToken": goodToken, "snapshotRetentionLimit": 7.0,
		"snapshotWindow": "02:00-03:00", "maintenanceWindow": "sun:03:30-sun:04:30", "port": 6379.0,
	}
}

func TestReplicationGroup(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.cache()
	id, g := d.make(typeReplicationGroup, inputs)
	require.Equal(t, "arn:aws:elasticache:eu-central-1:111122223333:replicationgroup:bus", g["arn"])
	require.Regexp(t, `^master\.bus\.[0-9a-f]{6}\.euc1\.cache\.amazonaws\.com$`, g["primaryEndpointAddress"])
	require.Regexp(t, `^replica\.bus\.[0-9a-f]{6}\.euc1\.cache\.amazonaws\.com$`, g["readerEndpointAddress"])
	require.Equal(t, cloud.List("bus-001", "bus-002"), g["memberClusters"])
	require.Equal(t, "8.0.1", g["engineVersionActual"])
	require.Equal(t, false, g["clusterEnabled"])
	require.Equal(t, 1.0, g["replicasPerNodeGroup"])

	state, err := d.change(typeReplicationGroup, id, with(inputs, cloud.Map{"numCacheClusters": 3.0, "engineVersion": "8.2"}))
	require.NoError(t, err)
	require.Len(t, state["memberClusters"], 3)
	require.Equal(t, "8.2.0", state["engineVersionActual"])
	for _, changes := range []cloud.Map{
		{"engineVersion": "8.0"}, {"engine": "redis", "engineVersion": "7.1", "parameterGroupName": nil}, {"transitEncryptionEnabled": false, "transitEncryptionMode": nil},
	} {
		_, err = d.change(typeReplicationGroup, id, with(with(inputs, cloud.Map{"engineVersion": "8.2"}), changes))
		require.Error(t, err, changes)
	}
	require.Equal(t, "CacheSubnetGroupInUse", cloud.Code(d.gone(typeCacheSubnetGroup, "data", nil)))
	require.Equal(t, "InvalidCacheParameterGroupState", cloud.Code(d.gone(typeCacheParameterGroup, "tuned", nil)))
	require.NoError(t, d.gone(typeReplicationGroup, id, inputs))
	require.NoError(t, d.gone(typeCacheSubnetGroup, "data", nil))
	require.NoError(t, d.gone(typeCacheParameterGroup, "tuned", nil))
	require.Empty(t, d.Remnants())
}

func TestReplicationGroupWithoutTLS(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := with(d.cache(), cloud.Map{"authToken": nil, "transitEncryptionEnabled": nil, "transitEncryptionMode": nil})
	id, g := d.make(typeReplicationGroup, inputs)
	require.Regexp(t, `^bus\.[0-9a-f]{6}\.ng\.0001\.euc1\.cache\.amazonaws\.com$`, g["primaryEndpointAddress"])
	_, err := d.change(typeReplicationGroup, id, with(inputs, cloud.Map{"transitEncryptionEnabled": true, "transitEncryptionMode": "required"}))
	require.Equal(t, "InvalidParameterCombination", cloud.Code(err))
	_, err = d.change(typeReplicationGroup, id, with(inputs, cloud.Map{"transitEncryptionEnabled": true, "transitEncryptionMode": "preferred"}))
	require.NoError(t, err)
}

func TestReplicationGroupSharded(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := with(d.cache(), cloud.Map{"parameterGroupName": "default.valkey8.cluster.on", "numCacheClusters": nil, "numNodeGroups": 2.0, "replicasPerNodeGroup": 1.0})
	_, g := d.make(typeReplicationGroup, inputs)
	require.Equal(t, true, g["clusterEnabled"])
	require.Regexp(t, `^clustercfg\.bus\.[0-9a-f]{6}\.euc1\.cache\.amazonaws\.com$`, g["configurationEndpointAddress"])
	require.Equal(t, "", g["primaryEndpointAddress"])
	require.Equal(t, cloud.List("bus-0001-001", "bus-0001-002", "bus-0002-001", "bus-0002-002"), g["memberClusters"])
}

func TestReplicationGroupRefusals(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.cache()
	d.make(typeCacheParameterGroup, cloud.Map{"name": "old", "family": "valkey7"})
	d.make(typeCacheSubnetGroup, cloud.Map{"name": "narrow", "subnetIds": cloud.List("subnet-a")})
	d.make(typeReplicationGroup, inputs)
	d.refused("ReplicationGroupAlreadyExists", typeReplicationGroup, inputs)
	for _, c := range []struct {
		code    string
		changes cloud.Map
	}{
		{"CacheSubnetGroupNotFoundFault", cloud.Map{"subnetGroupName": "none"}},
		{"CacheSubnetGroupNotFoundFault", cloud.Map{"subnetGroupName": nil}},
		{"CacheParameterGroupNotFound", cloud.Map{"parameterGroupName": "none"}},
		{"InvalidParameterCombination", cloud.Map{"parameterGroupName": "old"}},
		{"InvalidParameterCombination", cloud.Map{"parameterGroupName": "default.redis7"}},
		{"InvalidParameterCombination", cloud.Map{"subnetGroupName": "narrow"}},
		{"InvalidParameterValue", cloud.Map{"securityGroupIds": cloud.List("sg-none")}},
		{"InvalidParameterCombination", cloud.Map{"securityGroupIds": cloud.List("sg-far")}},
		{"InvalidParameterCombination", cloud.Map{"engineVersion": "8.9"}},
		{"InvalidParameterValue", cloud.Map{"nodeType": "cache.x9.large"}},
		{"InvalidParameterCombination", cloud.Map{"nodeType": "cache.r6gd.xlarge"}},
		{"InvalidParameterValue", cloud.Map{"numCacheClusters": 7.0}},
		{"InvalidParameterValue", cloud.Map{"authToken": strings.Repeat("+", 20)}},
		{"InvalidParameterValue", cloud.Map{"transitEncryptionEnabled": false, "transitEncryptionMode": nil}},
		{"InvalidParameterCombination", cloud.Map{"transitEncryptionEnabled": false, "authToken": nil}},
		{"InvalidParameterValue", cloud.Map{"kmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/none"}},
		{"InvalidParameterCombination", cloud.Map{"atRestEncryptionEnabled": false}},
		{"InvalidParameterValue", cloud.Map{"snapshotWindow": "02:00-02:30"}},
		{"InvalidParameterCombination", cloud.Map{"snapshotWindow": "03:00-04:00"}},
		{"InvalidParameterCombination", cloud.Map{"preferredCacheClusterAzs": cloud.List("eu-central-1a")}},
		{"InvalidParameterCombination", cloud.Map{"preferredCacheClusterAzs": cloud.List("eu-central-1a", "eu-central-1a")}},
		{"InvalidParameterCombination", cloud.Map{"preferredCacheClusterAzs": cloud.List("eu-central-1a", "eu-west-1a")}},
		{"InvalidParameterCombination", cloud.Map{"numCacheClusters": nil, "numNodeGroups": 2.0, "replicasPerNodeGroup": 1.0}},
		{"InvalidParameterValue", cloud.Map{"parameterGroupName": "default.valkey8.cluster.on", "automaticFailoverEnabled": false, "multiAzEnabled": false}},
		{"SnapshotNotFoundFault", cloud.Map{"snapshotName": "none"}},
		{"InvalidParameterValue", cloud.Map{"notificationTopicArn": "arn:aws:sns:eu-central-1:111122223333:none"}},
		{"InvalidParameterValue", cloud.Map{"logDeliveryConfigurations": cloud.List(cloud.Map{"destination": "none", "destinationType": "cloudwatch-logs"})}},
	} {
		d.refused(c.code, typeReplicationGroup, with(with(inputs, cloud.Map{"replicationGroupId": "other"}), c.changes))
	}
}

func TestReplicationGroupChecks(t *testing.T) {
	t.Parallel()
	inputs := newDataCloud(t).cache()
	require.Empty(t, problems(typeReplicationGroup, inputs))
	for _, b := range []badInput{
		{"replicationGroupId", "1st"}, {"replicationGroupId", "a--b"}, {"replicationGroupId", "a-"}, {"replicationGroupId", strings.Repeat("x", 41)},
		{"engine", "memcached"}, {"engineVersion", "8"}, {"engineVersion", "8.0.1"}, {"authToken", "short"}, {"authToken", goodToken + "@"},
		{"authToken", strings.Repeat("x", 129)}, {"numCacheClusters", 1.0}, {"numNodeGroups", 1.0}, {"automaticFailoverEnabled", false},
		{"maintenanceWindow", "sun:3:00-sun:4:00"}, {"snapshotWindow", "x"}, {"snapshotRetentionLimit", 36.0}, {"description", ""},
		{"authTokenUpdateStrategy", "KEEP"}, {"transitEncryptionMode", "maybe"}, {"userGroupIds", cloud.List("x")},
	} {
		require.NotEmptyf(t, problems(typeReplicationGroup, with(inputs, cloud.Map{b.path: b.value})), "%s = %v", b.path, b.value)
	}
	for _, p := range slices.Sorted(maps.Keys(inputs)) {
		require.Emptyf(t, problems(typeReplicationGroup, with(inputs, cloud.Map{p: cloud.Unknown})), "%s unknown", p)
	}
}

// A group takes at most two tokens: ROTATE adds one, SET, which needs a ROTATE before it, keeps one.
func TestAuthTokens(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.cache()
	id, _ := d.make(typeReplicationGroup, inputs)
	valid := func() []string { return tokensOf(held(d.Cloud, typeReplicationGroup, home, id)) }
	change := func(token, strategy string) error {
		_, err := d.change(typeReplicationGroup, id, with(inputs, cloud.Map{"authToken": token, "authTokenUpdateStrategy": strategy}))
		return err
	}
	second, third := goodToken+"2", goodToken+"3"
	require.Equal(t, []string{goodToken}, valid())
	require.Equal(t, "InvalidParameterValue", cloud.Code(change(second, "SET")), "not before ROTATE")
	require.Equal(t, []string{goodToken}, valid())
	require.NoError(t, change(second, "ROTATE"))
	require.Equal(t, []string{second, goodToken}, valid())
	require.NoError(t, change(second, "ROTATE"))
	require.Equal(t, []string{second, goodToken}, valid())
	require.NoError(t, change(second, "SET"))
	require.Equal(t, []string{second}, valid())
	require.NoError(t, change(second, "SET"), "said again")
	require.NoError(t, change(third, "ROTATE"))
	require.NoError(t, change(goodToken, "ROTATE"))
	require.Equal(t, []string{goodToken, third}, valid(), "the oldest is gone")
	held(d.Cloud, typeReplicationGroup, home, id).State["authToken"] = "by-hand"
	require.Equal(t, []string{"by-hand"}, valid(), "somebody else's is the only one")
}

func TestReplicationGroupFinalSnapshot(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := with(d.cache(), cloud.Map{"finalSnapshotIdentifier": "last"})
	id, _ := d.make(typeReplicationGroup, inputs)
	marker := held(d.Cloud, typeReplicationGroup, home, id).Hidden["marker"]
	require.NoError(t, d.gone(typeReplicationGroup, id, inputs))
	require.NotContains(t, d.Remnants()[0].State, "authToken")
	id, _ = d.make(typeReplicationGroup, with(inputs, cloud.Map{"snapshotName": "last"}))
	require.Equal(t, marker, held(d.Cloud, typeReplicationGroup, home, id).Hidden["marker"])
	require.Equal(t, "SnapshotAlreadyExistsFault", cloud.Code(d.gone(typeReplicationGroup, id, inputs)))
}

func TestCacheGroups(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	id, s := d.make(typeCacheSubnetGroup, cloud.Map{"name": "Data", "subnetIds": d.subnets})
	require.Equal(t, "data", id)
	require.Equal(t, "arn:aws:elasticache:eu-central-1:111122223333:subnetgroup:data", s["arn"])
	require.Equal(t, "vpc-1", s["vpcId"])
	d.refused("CacheSubnetGroupAlreadyExists", typeCacheSubnetGroup, cloud.Map{"name": "data", "subnetIds": d.subnets})
	d.refused("InvalidParameterValue", typeCacheSubnetGroup, cloud.Map{"name": "default", "subnetIds": d.subnets})
	d.refused("InvalidParameterValue", typeCacheSubnetGroup, cloud.Map{"name": "x", "subnetIds": cloud.List("subnet-none")})
	d.refused("InvalidSubnet", typeCacheSubnetGroup, cloud.Map{"name": "x", "subnetIds": cloud.List("subnet-a", "subnet-far")})

	group := func(family, name, value string) cloud.Map {
		return cloud.Map{"name": "x", "family": family, "parameters": cloud.List(cloud.Map{"name": name, "value": value})}
	}
	refusesInputs(t, typeCacheParameterGroup, group("valkey8", "timeout", "1"), []badInput{{"family", "memcached1.6"}})
	d.refused("InvalidParameterValue", typeCacheParameterGroup, group("valkey8", "maxmemory", "1"))
	d.refused("InvalidParameterValue", typeCacheParameterGroup, group("valkey8", "maxmemory-policy", "lru"))
	d.refused("InvalidParameterValue", typeCacheParameterGroup, group("valkey8", "timeout", "-1"))
	d.refused("InvalidParameterValue", typeCacheParameterGroup, group("valkey8", "timeout", "19"))
	d.refused("InvalidParameterValue", typeCacheParameterGroup, group("valkey8", "lazyfree-lazy-expire", "yes"))
	d.refused("InvalidParameterValue", typeCacheParameterGroup, group("valkey8", "notify-keyspace-events", "?"))
	_, _ = d.make(typeCacheParameterGroup, with(group("valkey7", "lazyfree-lazy-expire", "yes"), cloud.Map{"name": "older"}))
	id, s = d.make(typeCacheParameterGroup, group("valkey8", "timeout", "300"))
	require.Equal(t, "arn:aws:elasticache:eu-central-1:111122223333:parametergroup:x", s["arn"])
	_, err := d.change(typeCacheParameterGroup, id, group("valkey8", "cluster-enabled", "yes"))
	require.Equal(t, "InvalidParameterValue", cloud.Code(err))
}
