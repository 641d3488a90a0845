package cloud

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/elasticache"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
	"github.com/deepstreamhub/platform/internal/parameters"
)

const (
	typeCacheSubnetGroup    = "aws:elasticache/subnetGroup:SubnetGroup"
	typeCacheParameterGroup = "aws:elasticache/parameterGroup:ParameterGroup"
)

var cacheGroupPattern = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z.-]*$`)

var _ = register(
	&Kind{
		Type: typeCacheSubnetGroup, Service: "ElastiCache", Noun: "CacheSubnetGroup",
		Name: &AutoName{Property: "name", Max: 255, Lower: true},
		Refs: []Ref{{Path: "subnetIds[]", To: typeSubnet, Free: true, Missing: missingSubnet}},
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{
			Code: "CacheSubnetGroupAlreadyExists", Message: "Cache subnet group {value} already exists.", Rule: "moto",
		}}},
		InUse: Refusal{
			Code: "CacheSubnetGroupInUse", Message: "Cache subnet group {name} is currently in use by a cache cluster", Rule: "facts 98",
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = strings.ToLower(r.Str("name"))
			r.State["name"], r.State["arn"] = r.ID, t.ARN("elasticache", "subnetgroup:"+r.ID)
			if !cacheGroupPattern.MatchString(r.ID) || len(r.ID) > 255 || r.ID == "default" {
				return Refuse("InvalidParameterValue", "ElastiCache API, CreateCacheSubnetGroup",
					"The parameter CacheSubnetGroupName is not a valid identifier: %s", r.ID)
			}
			return applyCacheSubnetGroup(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error {
			if err := applyCacheSubnetGroup(t, r); err != nil {
				return err
			}
			for _, h := range t.Holders(r) {
				if zones := h.By.Strs("preferredCacheClusterAzs[]"); !covered(zones, subnetZones(t, r.Strs("subnetIds[]"))) {
					return Refuse("SubnetInUse", "ElastiCache API, ModifyCacheSubnetGroup", "The requested subnet is being used by another cache cluster.")
				}
			}
			return nil
		},
		Schema: schema.Of(elasticache.SubnetGroup{}, elasticache.SubnetGroupArgs{}),
		Timing: Timing{Create: secs(3, 2, 8), Update: secs(1, 0, 2), Delete: secs(1, 0, 1),
			Source: "facts, section 1: ElastiCache subnet group, 1 log"},
		Calls: Calls{"elasticache:CreateCacheSubnetGroup elasticache:AddTagsToResource", "elasticache:DescribeCacheSubnetGroups elasticache:ListTagsForResource",
			"elasticache:ModifyCacheSubnetGroup elasticache:AddTagsToResource elasticache:RemoveTagsFromResource", "elasticache:DeleteCacheSubnetGroup"},
	},
	&Kind{
		Type: typeCacheParameterGroup, Service: "ElastiCache", Noun: "CacheParameterGroup",
		Name: &AutoName{Property: "name", Max: 255, Lower: true},
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{
			Code: "CacheParameterGroupAlreadyExists", Message: "Cache parameter group {value} already exists", Rule: "ElastiCache API, CreateCacheParameterGroup",
		}}},
		InUse: Refusal{
			Code:    "InvalidCacheParameterGroupState",
			Message: "One or more cache clusters are still members of this parameter group {name}, so the group cannot be deleted",
			Rule:    "facts 99",
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = strings.ToLower(r.Str("name"))
			r.State["name"], r.State["arn"] = r.ID, t.ARN("elasticache", "parametergroup:"+r.ID)
			if !cacheGroupPattern.MatchString(r.ID) || len(r.ID) > 255 || strings.HasSuffix(r.ID, "-") || strings.Contains(r.ID, "--") {
				return Refuse("InvalidParameterValue", "ElastiCache API, CreateCacheParameterGroup",
					"The parameter CacheParameterGroupName is not a valid identifier: %s", r.ID)
			}
			return applyCacheParameters(r, nil)
		},
		Update: func(_ *Tx, r *Resource, old Map) error { return applyCacheParameters(r, old) },
		Schema: schema.Of(elasticache.ParameterGroup{}, elasticache.ParameterGroupArgs{}),
		Timing: Timing{Create: secs(4, 2, 10), Update: secs(1, 0, 3), Delete: secs(1, 0, 1),
			Source: "facts, section 1: ElastiCache parameter group, 1 log"},
		Calls: Calls{"elasticache:CreateCacheParameterGroup elasticache:ModifyCacheParameterGroup elasticache:AddTagsToResource",
			"elasticache:DescribeCacheParameterGroups elasticache:DescribeCacheParameters elasticache:ListTagsForResource",
			"elasticache:ModifyCacheParameterGroup elasticache:ResetCacheParameterGroup elasticache:AddTagsToResource elasticache:RemoveTagsFromResource", "elasticache:DeleteCacheParameterGroup"},
	},
)

func applyCacheSubnetGroup(t *Tx, r *Resource) error {
	tagsAll(r)
	vpc, ok := commonVPC(t, r.Strs("subnetIds[]"))
	if !ok {
		return Refuse("InvalidSubnet", "ElastiCache API, CreateCacheSubnetGroup", "An invalid subnet identifier was specified: "+
			"the subnets are not all in the same VPC.")
	}
	r.State["vpcId"] = vpc
	return nil
}

// covered reports whether every zone is among those covered.
func covered(zones, by []string) bool {
	return !slices.ContainsFunc(zones, func(z string) bool { return !contains(by, z) })
}

// applyCacheParameters checks a group's family and parameters. cluster-enabled cannot change once a group exists.
func applyCacheParameters(r *Resource, old Map) error {
	const code, rule = "InvalidParameterValue", "ElastiCache API, ModifyCacheParameterGroup"
	tagsAll(r)
	if family := r.Str("family"); !contains(cacheFamilies, family) {
		return Refuse(code, "ElastiCache API, CreateCacheParameterGroup", "CacheParameterGroupFamily %s is not a valid parameter group family.", family)
	}
	for _, given := range Maps(r.State, "parameters[]") {
		name, value := Str(given, "name"), Str(given, "value")
		p, known := parameters.Valkey[name]
		switch {
		case !known:
			return Refuse(code, rule, "Parameter %s doesn't exist", name)
		case !p.Takes(value):
			return Refuse(code, rule, "Value %s is not valid for parameter %s: expected %s", value, name, p.Range())
		}
	}
	if old != nil && clusterEnabled(old) != clusterEnabled(r.State) {
		return Refuse(code, rule, "The parameter cluster-enabled cannot be modified after the parameter group was created")
	}
	return nil
}

// clusterEnabled reports whether a parameter group's parameters switch cluster mode on.
func clusterEnabled(group Map) bool {
	for _, p := range Maps(group, "parameters[]") {
		if Str(p, "name") == "cluster-enabled" {
			return Str(p, "value") == "yes"
		}
	}
	return false
}
