package services

import (
	"regexp"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

var (
	cacheVersionPattern = regexp.MustCompile(`^([1-5](\.\d+){2}|6\.x|[6-9]\.\d+)$`)
	tokenPattern        = regexp.MustCompile(`^[^@"/]+$`)
	tokenCharacters     = regexp.MustCompile(`^[A-Za-z0-9!&#$^<>-]+$`) // ElastiCache User Guide, "Authenticating with AUTH"
)

func checkReplicationGroup(c *cloud.Checker) {
	if id := cloud.Str(c.In, "replicationGroupId"); strings.Contains(id, "--") || strings.HasSuffix(id, "-") {
		c.Fail("replicationGroupId", "cannot contain two consecutive hyphens or end with one")
	}
	c.Match("engineVersion", cacheVersionPattern, "for Valkey, and Redis 6 or higher, use <major>.<minor>; for Redis 5 or lower <major>.<minor>.<patch>")
	c.Match("authToken", tokenPattern, `only alphanumeric characters or symbols (excluding @, ", and /)`)
	if n, ok := c.Number("replicasPerNodeGroup"); ok && n < 0 {
		c.Fail("replicasPerNodeGroup", "expected replicasPerNodeGroup to be at least (0), got %v", n)
	}
	checkFailover(c)
	checkLogDelivery(c)
}

// checkFailover holds the provider's own plan-time rules (facts 96).
func checkFailover(c *cloud.Checker) {
	failover := cloud.Bool(c.In, "automaticFailoverEnabled")
	unknownFailover := cloud.IsUnknown(c.In["automaticFailoverEnabled"])
	if cloud.Bool(c.In, "multiAzEnabled") && !failover && !unknownFailover {
		c.Fail("multiAzEnabled", "automatic_failover_enabled must be true if multi_az_enabled is true")
	}
	if n, ok := c.Number("numCacheClusters"); ok && failover && n < 2 {
		c.Fail("numCacheClusters", "must be at least 2 if automatic_failover_enabled is true")
	}
	if cloud.Str(c.In, "authTokenUpdateStrategy") != "" && !cloud.Has(c.In, "authToken") && cloud.Str(c.In, "authTokenUpdateStrategy") != "DELETE" {
		c.Fail("authTokenUpdateStrategy", `"auth_token" must be specified`)
	}
	if cloud.Str(c.In, "authTokenUpdateStrategy") == "DELETE" && cloud.Has(c.In, "authToken") {
		c.Fail("authToken", `must not be specified when "auth_token_update_strategy" is "DELETE"`)
	}
}

func checkLogDelivery(c *cloud.Checker) {
	const path = "logDeliveryConfigurations"
	if len(cloud.Maps(c.In, path+"[]")) > 2 {
		c.Fail(path, "no more than 2 are allowed")
	}
}

// applyReplicationGroup checks and computes what creation and update have in common.
func applyReplicationGroup(t *cloud.Tx, r *cloud.Resource) error {
	engine := r.Str("engine")
	cloud.Computed(r, cloud.Map{"engineVersion": cacheDefaults[engine]})
	version, known := cacheVersions[engine][r.Str("engineVersion")]
	if !known {
		return cloud.Refuse("InvalidParameterCombination", createGroupPage, "Cannot find version %s for %s", r.Str("engineVersion"), engine)
	}
	r.State["engineVersionActual"] = version
	group, ok := t.Find(typeCacheParameterGroup, "", r.Str("parameterGroupName"))
	sharded := ok && clusterEnabled(group.State) || r.Str("clusterMode") == "enabled" ||
		strings.HasSuffix(r.Str("parameterGroupName"), ".cluster.on")
	r.State["clusterEnabled"] = sharded
	countNodes(r)
	cloud.Computed(r, cloud.Map{
		"applyImmediately": false, "atRestEncryptionEnabled": engine == "valkey", "autoMinorVersionUpgrade": true,
		"dataTieringEnabled": false, "globalReplicationGroupId": "", "ipDiscovery": "ipv4", "networkType": "ipv4", "port": 6379.0,
		"securityGroupNames": []any{}, "snapshotArns": []any{}, "snapshotRetentionLimit": 0.0, "transitEncryptionEnabled": false,
		"parameterGroupName": defaultCacheGroup(engine, version, sharded),
		"clusterMode":        map[bool]string{true: "enabled", false: "disabled"}[sharded],
	})
	if r.Bool("transitEncryptionEnabled") {
		cloud.Computed(r, cloud.Map{"transitEncryptionMode": "required"})
	} else if !cloud.Has(r.Inputs, "transitEncryptionMode") {
		r.State["transitEncryptionMode"] = ""
	}
	if err := cacheGroupFits(r, group, cacheFamily(engine, version)); err != nil {
		return err
	}
	for _, rule := range []func(*cloud.Resource) error{checkNodes, checkAccess} {
		if err := rule(r); err != nil {
			return err
		}
	}
	if err := logsDelivered(t, r); err != nil {
		return err
	}
	return applyWindows(r, "snapshotWindow", "maintenanceWindow", 60, createGroupPage)
}

func defaultCacheGroup(engine, version string, sharded bool) string {
	name := "default." + cacheFamily(engine, version)
	if sharded {
		name += ".cluster.on"
	}
	return name
}

func cacheGroupFits(r, group *cloud.Resource, family string) error {
	name := r.Str("parameterGroupName")
	has := strings.TrimSuffix(strings.TrimPrefix(name, "default."), ".cluster.on")
	if group != nil {
		has = group.Str("family")
	}
	if has != family {
		return cloud.Refuse("InvalidParameterCombination", createGroupPage, "Expected a parameter group of family %s but found one of family %s", family, has)
	}
	return nil
}

// countNodes works out the counts that the program left open: one shard of one node where it says nothing.
func countNodes(r *cloud.Resource) {
	if n := r.Int("numCacheClusters"); n > 0 && !cloud.Has(r.State, "replicasPerNodeGroup") && !cloud.Has(r.State, "numNodeGroups") {
		r.State["replicasPerNodeGroup"] = float64(n - 1)
	}
	cloud.Computed(r, cloud.Map{"numNodeGroups": 1.0, "replicasPerNodeGroup": 0.0})
	if !cloud.Has(r.State, "numCacheClusters") {
		r.State["numCacheClusters"] = float64(r.Int("numNodeGroups") * (1 + r.Int("replicasPerNodeGroup")))
	}
}

func checkNodes(r *cloud.Resource) error {
	const value, combination = "InvalidParameterValue", "InvalidParameterCombination"
	nodeType, shards, replicas := r.Str("nodeType"), r.Int("numNodeGroups"), r.Int("replicasPerNodeGroup")
	sharded, tiered := r.Bool("clusterEnabled"), strings.HasPrefix(nodeType, "cache.r6gd.")
	switch {
	case !offered(cacheNodes, "cache.", nodeType):
		return cloud.Refuse(value, createGroupPage, "Invalid value for CacheNodeType: %s", nodeType)
	case tiered != r.Bool("dataTieringEnabled"):
		return cloud.Refuse(combination, createGroupPage, "Data tiering is supported with r6gd nodes only, and must be enabled with them: %s", nodeType)
	case replicas < 0 || replicas > 5:
		return cloud.Refuse(value, createGroupPage, "The number of replicas per node group must be within 0 and 5, got %d.", replicas)
	case shards < 1 || shards > 500:
		return cloud.Refuse(value, createGroupPage, "The number of node groups must be within 1 and 500, got %d.", shards)
	case shards > 1 && !sharded:
		return cloud.Refuse(combination, createGroupPage, "Use of multiple node groups requires a parameter group with cluster-enabled.")
	case sharded && !r.Bool("automaticFailoverEnabled"):
		return cloud.Refuse(value, createGroupPage, "Redis with cluster mode enabled cannot be created with auto failover turned off.")
	case r.Bool("automaticFailoverEnabled") && replicas < 1 && !sharded:
		return cloud.Refuse(combination, "facts 96", "Replication group with automatic failover must have at least 2 cache clusters.")
	}
	if days := r.Int("snapshotRetentionLimit"); days < 0 {
		return cloud.Refuse(value, createGroupPage, "Invalid snapshot retention limit: %d. Valid values: 0 - 35", days)
	}
	if port := r.Int("port"); port < 1 || port > 65535 {
		return cloud.Refuse(value, createGroupPage, "Invalid port: %d", port)
	}
	return nil
}

func checkAccess(r *cloud.Resource) error {
	token, tls := r.Str("authToken"), r.Bool("transitEncryptionEnabled")
	switch {
	case token != "" && !tls:
		return cloud.Refuse("InvalidParameterValue", "facts 95",
			"The AUTH token is only supported when encryption-in-transit is enabled. Check and try again.")
	case token != "" && !tokenCharacters.MatchString(token):
		return cloud.Refuse("InvalidParameterValue", "Amazon ElastiCache User Guide, \"Authenticating with the AUTH command\"", "Invalid AuthToken provided.")
	case r.Str("transitEncryptionMode") != "" && !tls:
		return cloud.Refuse("InvalidParameterCombination", createGroupPage, "TransitEncryptionMode can be set only when TransitEncryptionEnabled is true.")
	}
	return nil
}

// logsDelivered checks that the log groups exist, and gives the other destination, Firehose, to nobody.
func logsDelivered(t *cloud.Tx, r *cloud.Resource) error {
	for _, l := range cloud.Maps(r.State, "logDeliveryConfigurations[]") {
		name := cloud.Str(l, "destination")
		if _, ok := t.Find("aws:cloudwatch/logGroup:LogGroup", "", name); !ok || cloud.Str(l, "destinationType") != "cloudwatch-logs" {
			return cloud.Refuse("InvalidParameterValue", createGroupPage, "The log destination %s does not exist or cannot be accessed.", name)
		}
	}
	return nil
}
