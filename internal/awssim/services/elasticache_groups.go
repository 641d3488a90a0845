package services

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/parameters"
)

const (
	typeCacheSubnetGroup    = "aws:elasticache/subnetGroup:SubnetGroup"
	typeCacheParameterGroup = "aws:elasticache/parameterGroup:ParameterGroup"
)

var cacheGroupPattern = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z.-]*$`)

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeCacheSubnetGroup, Service: "ElastiCache", Noun: "CacheSubnetGroup",
		Name: &cloud.AutoName{Property: "name", Max: 255, Lower: true},
		Refs: []cloud.Ref{{Path: "subnetIds[]", To: typeSubnet, Free: true, Missing: missingSubnet}},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
			Code: "CacheSubnetGroupAlreadyExists", Message: "Cache subnet group {value} already exists.", Rule: "moto",
		}}},
		InUse: cloud.Refusal{
			Code: "CacheSubnetGroupInUse", Message: "Cache subnet group {name} is currently in use by a cache cluster", Rule: "facts 98",
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = strings.ToLower(r.Str("name"))
			r.State["name"], r.State["arn"] = r.ID, t.ARN("elasticache", "subnetgroup:"+r.ID)
			if !cacheGroupPattern.MatchString(r.ID) || len(r.ID) > 255 || r.ID == "default" {
				return cloud.Refuse("InvalidParameterValue", "ElastiCache API, CreateCacheSubnetGroup",
					"The parameter CacheSubnetGroupName is not a valid identifier: %s", r.ID)
			}
			return applyCacheSubnetGroup(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error {
			if err := applyCacheSubnetGroup(t, r); err != nil {
				return err
			}
			for _, h := range t.Holders(r) {
				if zones := h.By.Strs("preferredCacheClusterAzs[]"); !covered(zones, subnetZones(t, r.Strs("subnetIds[]"))) {
					return cloud.Refuse("SubnetInUse", "ElastiCache API, ModifyCacheSubnetGroup", "The requested subnet is being used by another cache cluster.")
				}
			}
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(3, 2, 8), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: ElastiCache subnet group, 1 log"},
		Calls: cloud.Calls{Create: "elasticache:CreateCacheSubnetGroup elasticache:AddTagsToResource", Read: "elasticache:DescribeCacheSubnetGroups elasticache:ListTagsForResource",
			Update: "elasticache:ModifyCacheSubnetGroup elasticache:AddTagsToResource elasticache:RemoveTagsFromResource", Remove: "elasticache:DeleteCacheSubnetGroup"},
	},
	&cloud.Kind{
		Type: typeCacheParameterGroup, Service: "ElastiCache", Noun: "CacheParameterGroup",
		Name: &cloud.AutoName{Property: "name", Max: 255, Lower: true},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
			Code: "CacheParameterGroupAlreadyExists", Message: "Cache parameter group {value} already exists", Rule: "ElastiCache API, CreateCacheParameterGroup",
		}}},
		InUse: cloud.Refusal{
			Code:    "InvalidCacheParameterGroupState",
			Message: "One or more cache clusters are still members of this parameter group {name}, so the group cannot be deleted",
			Rule:    "facts 99", Retry: 3 * time.Minute,
		},
		Check: func(c *cloud.Checker) { c.Only("family", cacheFamilies...) },
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = strings.ToLower(r.Str("name"))
			r.State["name"], r.State["arn"] = r.ID, t.ARN("elasticache", "parametergroup:"+r.ID)
			if !cacheGroupPattern.MatchString(r.ID) || len(r.ID) > 255 || strings.HasSuffix(r.ID, "-") || strings.Contains(r.ID, "--") {
				return cloud.Refuse("InvalidParameterValue", "ElastiCache API, CreateCacheParameterGroup",
					"The parameter CacheParameterGroupName is not a valid identifier: %s", r.ID)
			}
			return applyCacheParameters(r, nil)
		},
		Update: func(_ *cloud.Tx, r *cloud.Resource, old cloud.Map) error { return applyCacheParameters(r, old) },
		Timing: cloud.Timing{Create: cloud.Secs(4, 2, 10), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: ElastiCache parameter group, 1 log"},
		Calls: cloud.Calls{Create: "elasticache:CreateCacheParameterGroup elasticache:ModifyCacheParameterGroup elasticache:AddTagsToResource",
			Read:   "elasticache:DescribeCacheParameterGroups elasticache:DescribeCacheParameters elasticache:ListTagsForResource",
			Update: "elasticache:ModifyCacheParameterGroup elasticache:ResetCacheParameterGroup elasticache:AddTagsToResource elasticache:RemoveTagsFromResource", Remove: "elasticache:DeleteCacheParameterGroup"},
	},
)

func applyCacheSubnetGroup(t *cloud.Tx, r *cloud.Resource) error {
	vpc, ok := commonVPC(t, r.Strs("subnetIds[]"))
	if !ok {
		return cloud.Refuse("InvalidSubnet", "ElastiCache API, CreateCacheSubnetGroup", "An invalid subnet identifier was specified: "+
			"the subnets are not all in the same VPC.")
	}
	r.State["vpcId"] = vpc
	return nil
}

// covered reports whether every zone is among those covered.
func covered(zones, by []string) bool {
	return !slices.ContainsFunc(zones, func(z string) bool { return !slices.Contains(by, z) })
}

// applyCacheParameters checks a group's family and parameters. cluster-enabled cannot change once a group exists.
func applyCacheParameters(r *cloud.Resource, old cloud.Map) error {
	const code, rule = "InvalidParameterValue", "ElastiCache API, ModifyCacheParameterGroup"
	for _, given := range cloud.Maps(r.State, "parameters[]") {
		name, value := cloud.Str(given, "name"), cloud.Str(given, "value")
		p, known := parameters.Valkey[name]
		switch {
		case !known, p.Removed(strings.TrimLeft(r.Str("family"), "abcdefghijklmnopqrstuvwxyz")):
			return cloud.Refuse(code, rule, "Parameter %s doesn't exist", name)
		case !p.Takes(value):
			return cloud.Refuse(code, rule, "Value %s is not valid for parameter %s: expected %s", value, name, p.Range())
		}
	}
	if old != nil && clusterEnabled(old) != clusterEnabled(r.State) {
		return cloud.Refuse(code, rule, "The parameter cluster-enabled cannot be modified after the parameter group was created")
	}
	return nil
}

// clusterEnabled reports whether a parameter group's parameters switch cluster mode on.
func clusterEnabled(group cloud.Map) bool {
	for _, p := range cloud.Maps(group, "parameters[]") {
		if cloud.Str(p, "name") == "cluster-enabled" {
			return cloud.Str(p, "value") == "yes"
		}
	}
	return false
}
