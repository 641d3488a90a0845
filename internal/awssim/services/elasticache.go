package services

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeReplicationGroup = "aws:elasticache/replicationGroup:ReplicationGroup"
	createGroupPage      = "ElastiCache API, CreateReplicationGroup"
)

var _ = cloud.Register(&cloud.Kind{
	Type: typeReplicationGroup, Service: "ElastiCache", Noun: "ReplicationGroup",
	Name:       &cloud.AutoName{Property: "replicationGroupId", Max: 40, Lower: true},
	Unmodelled: strings.Fields("globalReplicationGroupId securityGroupNames snapshotArns userGroupIds"),
	// Provider 5.100, elasticache/replication_group.go: there is no way back to an older engine but another group.
	ReplaceIf: map[string]cloud.ReplaceIf{
		"engineVersion": {When: "if it is lower than before", Holds: func(old, new cloud.Map) bool {
			return olderEngine(cloud.Str(new, "engineVersion"), cloud.Str(old, "engineVersion"))
		}},
		"engine": {When: "if it was valkey", Holds: func(old, _ cloud.Map) bool { return cloud.Str(old, "engine") == "valkey" }},
	},
	DeleteOnly: []string{"finalSnapshotIdentifier"},
	Keys:       []string{"arn"},
	Unique: []cloud.Unique{{Props: []string{"replicationGroupId"}, Refusal: cloud.Refusal{
		Code: "ReplicationGroupAlreadyExists", Message: "Replication group {value} already exists.", Rule: createGroupPage,
	}}},
	Refs: []cloud.Ref{
		{Path: "subnetGroupName", To: typeCacheSubnetGroup, Missing: cloud.Refusal{
			Code: "CacheSubnetGroupNotFoundFault", Message: "Cache Subnet Group {value} does not exist.", Rule: createGroupPage,
		}},
		{Path: "parameterGroupName", To: typeCacheParameterGroup, Except: "default.", Missing: cloud.Refusal{
			Code: "CacheParameterGroupNotFound", Message: "CacheParameterGroup not found: {value}", Rule: createGroupPage,
		}},
		{Path: "securityGroupIds[]", To: typeSecurityGroup, Missing: cloud.Refusal{
			Code: "InvalidParameterValue", Message: "Some security groups are invalid: {value}", Rule: createGroupPage,
		}},
		{Path: "notificationTopicArn", To: "aws:sns/topic:Topic", Key: "arn", Missing: cloud.Refusal{
			Code: "InvalidParameterValue", Message: "Topic {value} does not exist.", Rule: createGroupPage,
		}},
	},
	Recomputed: []string{"memberClusters"},
	Busy: cloud.Busy{
		Update: cloud.Refusal{Code: "InvalidReplicationGroupState", Message: "Replication group {id} is not in a valid state to be modified", Rule: "facts 97", Retry: 10 * time.Minute},
		Delete: cloud.Refusal{Code: "InvalidReplicationGroupState", Message: "Replication group {id} is not in a valid state to be deleted", Rule: "facts 97", Retry: 10 * time.Minute},
	},
	Check:  checkReplicationGroup,
	Create: createReplicationGroup,
	Update: updateReplicationGroup,
	Delete: deleteReplicationGroup,
	Holds:  cacheSubnets,
	Timing: cloud.Timing{Create: cloud.Seen(30, 287, 358, 419, 547, 555).UpTo(870), Update: cloud.Secs(120, 30, 900), Delete: cloud.Secs(270, 150, 570),
		Wait: cloud.WaitSeconds(30, 30, 30), Limit: cloud.LimitMinutes(60, 40, 45), Source: "5 logs of a creation; 900 s and more were seen (facts, section 1); changes and deletions are a guess"},
	Calls: cloud.Calls{Create: "elasticache:CreateReplicationGroup elasticache:AddTagsToResource", Read: "elasticache:DescribeReplicationGroups elasticache:DescribeCacheClusters elasticache:ListTagsForResource",
		Update: "elasticache:ModifyReplicationGroup elasticache:IncreaseReplicaCount elasticache:DecreaseReplicaCount elasticache:AddTagsToResource elasticache:RemoveTagsFromResource",
		Remove: "elasticache:DeleteReplicationGroup elasticache:CreateSnapshot"},
	TaggedAs: "elasticache:replicationgroup:",
})

// olderEngine reports whether one version, such as 8.0, 7.1 or 6.x, comes before another.
func olderEngine(version, than string) bool {
	a, b := strings.Split(version, "."), strings.Split(than, ".")
	for i := range min(len(a), len(b)) {
		x, e1 := strconv.Atoi(a[i])
		y, e2 := strconv.Atoi(b[i])
		if e1 == nil && e2 == nil && x != y {
			return x < y
		}
	}
	return false
}

func createReplicationGroup(t *cloud.Tx, r *cloud.Resource) error {
	if !serviceLinked(t, "elasticache.amazonaws.com") {
		return cloud.Refuse("ServiceLinkedRoleNotFoundFault", createGroupPage, "The specified service linked role (SLR) was not found.")
	}
	if r.Str("nodeType") == "" {
		return errors.New(`"node_type" is required unless "global_replication_group_id" is set`) // the provider's own check
	}
	r.ID = strings.ToLower(r.Str("replicationGroupId"))
	r.State["replicationGroupId"] = r.ID
	r.State["arn"] = t.ARN("elasticache", "replicationgroup:"+r.ID)
	r.Hidden = cloud.Map{"marker": t.Hex(16)}
	if err := restoreCache(t, r); err != nil {
		return err
	}
	takeToken(r)
	if err := placeCache(t, r); err != nil {
		return err
	}
	cloud.Computed(r, cloud.Map{"engine": "redis"})
	if err := applyReplicationGroup(t, r); err != nil {
		return err
	}
	if cloud.Has(r.State, "kmsKeyId") && !r.Bool("atRestEncryptionEnabled") {
		return cloud.Refuse("InvalidParameterCombination", createGroupPage, "KMS key can be specified only when encryption-at-rest is enabled.")
	}
	if err := encryptsUnder(t, r, "kmsKeyId", "InvalidParameterValue", createGroupPage); err != nil {
		return err
	}
	cacheEndpoints(t, r)
	return nil
}

// restoreCache takes over what a snapshot holds.
func restoreCache(t *cloud.Tx, r *cloud.Resource) error {
	name := r.Str("snapshotName")
	if name == "" {
		return nil
	}
	s, ok := t.Remnant("cacheSnapshot", name)
	if !ok {
		return cloud.Refuse("SnapshotNotFoundFault", createGroupPage, "Snapshot %s not found.", name)
	}
	r.Hidden = cloud.Map{"marker": s.State["marker"]}
	return nil
}

// placeCache checks subnets and security groups and fills in the latter.
func placeCache(t *cloud.Tx, r *cloud.Resource) error {
	group, ok := t.Find(typeCacheSubnetGroup, "", r.Str("subnetGroupName"))
	if !ok { // none given: the account has no default VPC
		return cloud.Refuse("CacheSubnetGroupNotFoundFault", createGroupPage, "Cache Subnet Group default does not exist.")
	}
	vpc := group.Str("vpcId")
	for _, id := range r.Strs("securityGroupIds[]") {
		if g, found := t.Find(typeSecurityGroup, "", id); found && g.Str("vpcId") != vpc {
			return cloud.Refuse("InvalidParameterCombination", createGroupPage, "Security group %s is not in the VPC %s of the cache subnet group.", id, vpc)
		}
	}
	if !cloud.Has(r.State, "securityGroupIds") {
		r.State["securityGroupIds"] = defaultGroupOf(t, vpc)
	}
	zones := subnetZones(t, group.Strs("subnetIds[]"))
	asked := r.Strs("preferredCacheClusterAzs[]")
	if n := r.Int("numCacheClusters"); len(asked) > 0 && len(asked) != n {
		return cloud.Refuse("InvalidParameterCombination", createGroupPage,
			"The number of preferred Availability Zones, %d, must be that of cache clusters, %d.", len(asked), n)
	}
	if !covered(asked, zones) {
		return cloud.Refuse("InvalidParameterCombination", createGroupPage, "The cache subnet group %s covers the Availability Zones %s only.",
			group.ID, strings.Join(zones, ", "))
	}
	if len(asked) > 0 {
		zones = asked
	}
	if r.Bool("multiAzEnabled") && len(slices.Compact(slices.Sorted(slices.Values(zones)))) < 2 {
		return cloud.Refuse("InvalidParameterCombination", createGroupPage,
			"Multi-AZ needs nodes in at least two Availability Zones, the cache subnet group %s covers %s.", group.ID, strings.Join(zones, ", "))
	}
	return nil
}

func updateReplicationGroup(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	const page = "ElastiCache API, ModifyReplicationGroup"
	recountNodes(r, old)
	if err := placeCache(t, r); err != nil {
		return err
	}
	if r.Str("engine") == "redis" && cloud.Str(old, "engine") == "valkey" {
		return cloud.Refuse("InvalidParameterCombination", page, "A Valkey replication group cannot become one of Redis OSS: it has to be replaced.")
	}
	if err := applyReplicationGroup(t, r); err != nil {
		return err
	}
	if r.Str("engine") == cloud.Str(old, "engine") && olderEngine(r.Str("engineVersionActual"), cloud.Str(old, "engineVersionActual")) {
		return cloud.Refuse("InvalidParameterCombination", page, "The engine version cannot go down from %s to %s: the group has to be replaced.",
			cloud.Str(old, "engineVersionActual"), r.Str("engineVersionActual"))
	}
	if on, was := r.Bool("transitEncryptionEnabled"), cloud.Bool(old, "transitEncryptionEnabled"); on != was {
		if cloud.Str(old, "authToken") != "" {
			return cloud.Refuse("InvalidParameterCombination", "facts 95", "Modification of transit encryption is not supported for access control enabled clusters.")
		}
		if on && r.Str("transitEncryptionMode") != "preferred" {
			return cloud.Refuse("InvalidParameterCombination", page, "To enable encryption-in-transit, TransitEncryptionMode must be preferred first.")
		}
	}
	cacheEndpoints(t, r)
	return changeToken(r, old)
}

// recountNodes lets the one of the three counts that the program changed decide the others.
func recountNodes(r *cloud.Resource, old cloud.Map) {
	if r.Int("numCacheClusters") != cloud.Int(old, "numCacheClusters") {
		r.State["numNodeGroups"], r.State["replicasPerNodeGroup"] = 1.0, float64(r.Int("numCacheClusters")-1)
	} else {
		delete(r.State, "numCacheClusters")
	}
}

func deleteReplicationGroup(t *cloud.Tx, r *cloud.Resource) error {
	name := r.Str("finalSnapshotIdentifier")
	if name == "" {
		return nil
	}
	if _, taken := t.Remnant("cacheSnapshot", name); taken {
		return cloud.Refuse("SnapshotAlreadyExistsFault", "ElastiCache API, DeleteReplicationGroup", "Snapshot with specified name already exists: %s", name)
	}
	state := cloud.Clone(r.State)
	delete(state, "authToken")
	state["marker"] = r.Hidden["marker"]
	t.Leave("cacheSnapshot", r, name, never, state)
	return nil
}

// cacheEndpoints names the members and the hosts that clients connect to (Amazon ElastiCache User Guide, "Finding
// connection endpoints"). With TLS the role comes first, without it the group's name.
func cacheEndpoints(t *cloud.Tx, r *cloud.Resource) {
	hash := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "cache/%d/%s/%s", t.Seed(), t.Account(), t.Region)))[:6]
	domain := t.Declared().Regions[t.Region].ZonePrefix + ".cache.amazonaws.com"
	tls := r.Bool("transitEncryptionEnabled")
	host := func(secure, plain string) string {
		if tls {
			return fmt.Sprintf(secure+".%s", r.ID, hash, domain)
		}
		return fmt.Sprintf(plain+".%s", r.ID, hash, domain)
	}
	r.State["configurationEndpointAddress"], r.State["primaryEndpointAddress"], r.State["readerEndpointAddress"] = "", "", ""
	if r.Bool("clusterEnabled") {
		r.State["configurationEndpointAddress"] = host("clustercfg.%s.%s", "%s.%s.clustercfg")
	} else {
		r.State["primaryEndpointAddress"] = host("master.%s.%s", "%s.%s.ng.0001")
		r.State["readerEndpointAddress"] = host("replica.%s.%s", "%s-ro.%s.ng.0001")
	}
	var names []string
	for shard := range r.Int("numNodeGroups") {
		for node := range 1 + r.Int("replicasPerNodeGroup") {
			if r.Bool("clusterEnabled") {
				names = append(names, fmt.Sprintf("%s-%04d-%03d", r.ID, shard+1, node+1))
			} else {
				names = append(names, fmt.Sprintf("%s-%03d", r.ID, node+1))
			}
		}
	}
	r.State["memberClusters"], r.State["numCacheClusters"] = cloud.List(names...), float64(len(names))
}

// cacheSubnets are where the nodes' network interfaces are.
func cacheSubnets(t *cloud.Tx, r *cloud.Resource) []*cloud.Resource {
	group, ok := t.Find(typeCacheSubnetGroup, "", r.Str("subnetGroupName"))
	if !ok {
		return nil
	}
	var out []*cloud.Resource
	for _, id := range group.Strs("subnetIds[]") {
		if s, ok := t.Find(typeSubnet, "", id); ok && len(out) < max(1, r.Int("numCacheClusters")) {
			out = append(out, s)
		}
	}
	return out
}
