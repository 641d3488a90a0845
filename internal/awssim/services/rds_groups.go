package services

import (
	"maps"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/parameters"
)

const (
	typeSubnet           = "aws:ec2/subnet:Subnet"
	typeDBSubnetGroup    = "aws:rds/subnetGroup:SubnetGroup"
	typeDBParameterGroup = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
)

// Names as the provider takes them (rds/validate.go).

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeDBSubnetGroup, Service: "RDS", Noun: "DBSubnetGroup",
		Quota: &cloud.Quota{Max: 50, Refusal: cloud.Refusal{
			Code: "DBSubnetGroupQuotaExceeded", Message: "DB subnet group quota exceeded: {value}", Rule: "facts 21",
		}},
		Name: &cloud.AutoName{Property: "name", Max: 255, Prefix: "namePrefix", Lower: true},
		Refs: []cloud.Ref{{Path: "subnetIds[]", To: typeSubnet, Free: true, Missing: missingSubnet}},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
			Code: "DBSubnetGroupAlreadyExists", Message: "The DB subnet group '{value}' already exists.", Rule: "moto",
		}}},
		InUse: cloud.Refusal{
			Code:    "InvalidDBSubnetGroupStateFault",
			Message: "Cannot delete the subnet group '{name}' because at least one database cluster: {by} is still using it.",
			Rule:    "facts 81",
		},
		Check: func(c *cloud.Checker) {
			if cloud.Str(c.In, "name") == "default" {
				c.Fail("name", `"Default" is not allowed`)
			}
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = cloud.NameOrPrefixed(t, r, "name", "namePrefix")
			r.State["arn"] = t.ARN("rds", "subgrp:"+r.ID)
			return applyDBSubnetGroup(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
			if err := applyDBSubnetGroup(t, r); err != nil {
				return err
			}
			return keepsZones(t, r, old)
		},
		Timing: cloud.Timing{Create: cloud.Secs(2, 1, 3), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(0.5, 0, 1),
			Source: "facts, section 1: DB subnet group, 1 log"},
		Calls: cloud.Calls{Create: "rds:CreateDBSubnetGroup rds:AddTagsToResource", Read: "rds:DescribeDBSubnetGroups rds:ListTagsForResource",
			Update: "rds:ModifyDBSubnetGroup rds:AddTagsToResource rds:RemoveTagsFromResource", Remove: "rds:DeleteDBSubnetGroup"},
		TaggedAs: "rds:subgrp:",
	},
	&cloud.Kind{
		Type: typeDBParameterGroup, Service: "RDS", Noun: "DBClusterParameterGroup",
		Name:   &cloud.AutoName{Property: "name", Max: 255, Prefix: "namePrefix", Lower: true},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: parameterGroupExists}},
		InUse:  parameterGroupInUse,
		Check:  checkParameterGroup,
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = cloud.NameOrPrefixed(t, r, "name", "namePrefix")
			r.State["arn"] = t.ARN("rds", "cluster-pg:"+r.ID)
			return applyParameters(r)
		},
		Update: func(_ *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyParameters(r) },
		Timing: cloud.Timing{Create: cloud.Secs(2, 1, 3), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(0.5, 0, 1),
			Source: "facts, section 1: cluster parameter group (guess)"},
		Calls: cloud.Calls{Create: "rds:CreateDBClusterParameterGroup rds:ModifyDBClusterParameterGroup rds:AddTagsToResource",
			Read:   "rds:DescribeDBClusterParameterGroups rds:DescribeDBClusterParameters rds:ListTagsForResource",
			Update: "rds:ModifyDBClusterParameterGroup rds:ResetDBClusterParameterGroup rds:AddTagsToResource rds:RemoveTagsFromResource", Remove: "rds:DeleteDBClusterParameterGroup"},
		TaggedAs: "rds:cluster-pg:",
	},
)

var missingSubnet = cloud.Refusal{
	Code: "InvalidParameterValue", Message: "Some input subnets in :[{value}] are invalid.", Rule: "RDS API, CreateDBSubnetGroup",
}

func applyDBSubnetGroup(t *cloud.Tx, r *cloud.Resource) error {
	r.State["supportedNetworkTypes"] = cloud.List("IPV4")
	vpc, ok := commonVPC(t, r.Strs("subnetIds[]"))
	if !ok {
		return cloud.Refuse("InvalidSubnet", "RDS API, CreateDBSubnetGroup", "The requested subnets are not all in the same VPC.")
	}
	r.State["vpcId"] = vpc
	if zones := subnetZones(t, r.Strs("subnetIds[]")); len(zones) < 2 {
		return cloud.Refuse("DBSubnetGroupDoesNotCoverEnoughAZs", "facts 80", "The DB subnet group doesn't meet Availability Zone (AZ) "+
			"coverage requirement. Current AZ coverage: %s. Add subnets to cover at least 2 AZs.", strings.Join(zones, ", "))
	}
	return nil
}

// keepsZones refuses to take a subnet away in which an instance of the group lives.
func keepsZones(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	for _, i := range t.All(typeDBInstance) {
		if i.Str("dbSubnetGroupName") == r.ID && !slices.Contains(subnetZones(t, r.Strs("subnetIds[]")), i.Str("availabilityZone")) {
			gone := slices.DeleteFunc(cloud.Strs(old, "subnetIds[]"), func(s string) bool { return slices.Contains(r.Strs("subnetIds[]"), s) })
			return cloud.Refuse("InvalidParameterValue", "RDS API, ModifyDBSubnetGroup",
				"Some of the subnets to be deleted are currently in use: %s", strings.Join(gone, ", "))
		}
	}
	return nil
}

// commonVPC returns the VPC that all of the subnets are in.
func commonVPC(t *cloud.Tx, subnets []string) (vpc string, ok bool) {
	for _, id := range subnets {
		s, found := t.Find(typeSubnet, "", id)
		if !found || vpc != "" && s.Str("vpcId") != vpc {
			return "", false
		}
		vpc = s.Str("vpcId")
	}
	return vpc, vpc != ""
}

// subnetZones returns the names of the availability zones that subnets cover, sorted.
func subnetZones(t *cloud.Tx, subnets []string) []string {
	covered := map[string]bool{}
	for _, id := range subnets {
		if s, ok := t.Find(typeSubnet, "", id); ok {
			covered[s.Str("availabilityZone")] = true
		}
	}
	return slices.Sorted(maps.Keys(covered))
}

// applyParameters checks a cluster parameter group's family and parameters.
func applyParameters(r *cloud.Resource) error {
	const rule = "RDS API, ModifyDBClusterParameterGroup"
	settled := []any{}
	for _, given := range cloud.Maps(r.State, "parameters[]") {
		given = cloud.Clone(given)
		name, value := cloud.Str(given, "name"), cloud.Str(given, "value")
		if !cloud.Has(given, "applyMethod") {
			given["applyMethod"] = "immediate" // the provider's default
		}
		p, known := parameters.Aurora[name]
		method := cloud.Str(given, "applyMethod")
		switch {
		case !known:
			return cloud.Refuse("InvalidParameterValue", rule, "Could not find parameter with name: %s", name)
		case method != "immediate" && method != "pending-reboot":
			return cloud.Refuse("InvalidParameterValue", rule, "Invalid apply method: %s", method)
		case p.Static && method == "immediate":
			return cloud.Refuse("InvalidParameterCombination", rule, "cannot use immediate apply method for static parameter")
		case !p.Takes(value) && !parameters.Formula(value):
			return cloud.Refuse("InvalidParameterValue", rule, "Value: %s is outside of range: %s for parameter: %s", value, p.Values, name)
		}
		settled = append(settled, given)
	}
	if cloud.Has(r.State, "parameters") {
		r.State["parameters"] = settled
	}
	return nil
}

// groupFits refuses a parameter group of another family than the engine needs.
func groupFits(family, group, groupFamily string) error {
	if family == groupFamily {
		return nil
	}
	return cloud.Refuse("InvalidParameterCombination", "RDS API, CreateDBCluster",
		"The parameter group %s with DBParameterGroupFamily %s can't be used for this instance. "+
			"Please use a parameter group with DBParameterGroupFamily %s", group, groupFamily, family)
}
