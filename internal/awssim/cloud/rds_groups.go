package cloud

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"

	"github.com/deepstreamhub/platform/internal/aurora"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
	"github.com/deepstreamhub/platform/internal/parameters"
)

const (
	typeSubnet           = "aws:ec2/subnet:Subnet"
	typeDBSubnetGroup    = "aws:rds/subnetGroup:SubnetGroup"
	typeDBParameterGroup = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
)

// Names as the provider takes them (rds/validate.go).

var _ = register(
	&Kind{
		Type: typeDBSubnetGroup, Service: "RDS", Noun: "DBSubnetGroup",
		Quota: &Quota{Max: 50, Refusal: Refusal{
			Code: "DBSubnetGroupQuotaExceeded", Message: "DB subnet group quota exceeded: {value}", Rule: "facts 21",
		}},
		Name: &AutoName{Property: "name", Max: 255, Prefix: "namePrefix", Lower: true},
		Refs: []Ref{{Path: "subnetIds[]", To: typeSubnet, Free: true, Missing: missingSubnet}},
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{
			Code: "DBSubnetGroupAlreadyExists", Message: "The DB subnet group '{value}' already exists.", Rule: "moto",
		}}},
		InUse: Refusal{
			Code:    "InvalidDBSubnetGroupStateFault",
			Message: "Cannot delete the subnet group '{name}' because at least one database cluster: {by} is still using it.",
			Rule:    "facts 81",
		},
		Check: func(c *Checker) {
			if Str(c.In, "name") == "default" {
				c.Fail("name", `"Default" is not allowed`)
			}
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = nameOrPrefixed(t, r, "name", "namePrefix")
			r.State["arn"] = t.ARN("rds", "subgrp:"+r.ID)
			return applyDBSubnetGroup(t, r)
		},
		Update: func(t *Tx, r *Resource, old Map) error {
			if err := applyDBSubnetGroup(t, r); err != nil {
				return err
			}
			return keepsZones(t, r, old)
		},
		Schema: schema.Of(rds.SubnetGroup{}, rds.SubnetGroupArgs{}),
		Timing: Timing{Create: secs(2, 1, 3), Update: secs(1, 0, 2), Delete: secs(0.5, 0, 1),
			Source: "facts, section 1: DB subnet group, 1 log"},
		Calls: Calls{"rds:CreateDBSubnetGroup rds:AddTagsToResource", "rds:DescribeDBSubnetGroups rds:ListTagsForResource",
			"rds:ModifyDBSubnetGroup rds:AddTagsToResource rds:RemoveTagsFromResource", "rds:DeleteDBSubnetGroup"},
		TaggedAs: "rds:subgrp:",
	},
	&Kind{
		Type: typeDBParameterGroup, Service: "RDS", Noun: "DBClusterParameterGroup",
		Name: &AutoName{Property: "name", Max: 255, Prefix: "namePrefix", Lower: true},
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{
			Code: "DBParameterGroupAlreadyExists", Message: "Parameter group {value} already exists", Rule: "moto",
		}}},
		InUse: Refusal{
			Code:    "InvalidDBParameterGroupState",
			Message: "One or more database instances are still members of this parameter group {name}, so the group cannot be deleted",
			Rule:    "facts 92",
		},
		Check: checkParameterGroup,
		Create: func(t *Tx, r *Resource) error {
			r.ID = nameOrPrefixed(t, r, "name", "namePrefix")
			r.State["arn"] = t.ARN("rds", "cluster-pg:"+r.ID)
			return applyParameters(r)
		},
		Update: func(_ *Tx, r *Resource, _ Map) error { return applyParameters(r) },
		Schema: schema.Of(rds.ClusterParameterGroup{}, rds.ClusterParameterGroupArgs{}),
		Timing: Timing{Create: secs(2, 1, 3), Update: secs(1, 0, 3), Delete: secs(0.5, 0, 1),
			Source: "facts, section 1: cluster parameter group (guess)"},
		Calls: Calls{"rds:CreateDBClusterParameterGroup rds:ModifyDBClusterParameterGroup rds:AddTagsToResource",
			"rds:DescribeDBClusterParameterGroups rds:DescribeDBClusterParameters rds:ListTagsForResource",
			"rds:ModifyDBClusterParameterGroup rds:ResetDBClusterParameterGroup rds:AddTagsToResource rds:RemoveTagsFromResource", "rds:DeleteDBClusterParameterGroup"},
		TaggedAs: "rds:cluster-pg:",
	},
)

var missingSubnet = Refusal{
	Code: "InvalidParameterValue", Message: "Some input subnets in :[{value}] are invalid.", Rule: "RDS API, CreateDBSubnetGroup",
}

func applyDBSubnetGroup(t *Tx, r *Resource) error {
	tagsAll(r)
	r.State["supportedNetworkTypes"] = List("IPV4")
	vpc, ok := commonVPC(t, r.Strs("subnetIds[]"))
	if !ok {
		return Refuse("InvalidSubnet", "RDS API, CreateDBSubnetGroup", "The requested subnets are not all in the same VPC.")
	}
	r.State["vpcId"] = vpc
	if zones := subnetZones(t, r.Strs("subnetIds[]")); len(zones) < 2 {
		return Refuse("DBSubnetGroupDoesNotCoverEnoughAZs", "facts 80", "The DB subnet group doesn't meet Availability Zone (AZ) "+
			"coverage requirement. Current AZ coverage: %s. Add subnets to cover at least 2 AZs.", strings.Join(zones, ", "))
	}
	return nil
}

// keepsZones refuses to take a subnet away in which an instance of the group lives.
func keepsZones(t *Tx, r *Resource, old Map) error {
	for _, i := range t.All(typeDBInstance) {
		if i.Str("dbSubnetGroupName") == r.ID && !contains(subnetZones(t, r.Strs("subnetIds[]")), i.Str("availabilityZone")) {
			gone := slices.DeleteFunc(Strs(old, "subnetIds[]"), func(s string) bool { return contains(r.Strs("subnetIds[]"), s) })
			return Refuse("InvalidParameterValue", "RDS API, ModifyDBSubnetGroup",
				"Some of the subnets to be deleted are currently in use: %s", strings.Join(gone, ", "))
		}
	}
	return nil
}

// commonVPC returns the VPC that all of the subnets are in.
func commonVPC(t *Tx, subnets []string) (vpc string, ok bool) {
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
func subnetZones(t *Tx, subnets []string) []string {
	covered := map[string]bool{}
	for _, id := range subnets {
		if s, ok := t.Find(typeSubnet, "", id); ok {
			covered[s.Str("availabilityZone")] = true
		}
	}
	return sortedKeys(covered)
}

// applyParameters checks a cluster parameter group's family and parameters.
func applyParameters(r *Resource) error {
	const rule = "RDS API, ModifyDBClusterParameterGroup"
	tagsAll(r)
	family := r.Str("family")
	if !slices.ContainsFunc(aurora.Versions(), func(v string) bool { return auroraFamily(v) == family }) {
		return Refuse("InvalidParameterValue", "RDS API, CreateDBClusterParameterGroup",
			"ParameterGroupFamily %s is not a valid parameter group family", family)
	}
	settled := []any{}
	for _, given := range Maps(r.State, "parameters[]") {
		given = Clone(given)
		name, value := Str(given, "name"), Str(given, "value")
		if !Has(given, "applyMethod") {
			given["applyMethod"] = "immediate" // the provider's default
		}
		p, known := parameters.Aurora[name]
		method := Str(given, "applyMethod")
		switch {
		case !known:
			return Refuse("InvalidParameterValue", rule, "Could not find parameter with name: %s", name)
		case method != "immediate" && method != "pending-reboot":
			return Refuse("InvalidParameterValue", rule, "Invalid apply method: %s", method)
		case p.Static && method == "immediate":
			return Refuse("InvalidParameterCombination", rule, "cannot use immediate apply method for static parameter")
		case !p.Takes(value) && !parameters.Formula(value):
			return Refuse("InvalidParameterValue", rule, "Value: %s is outside of range: %s for parameter: %s", value, p.Values, name)
		}
		settled = append(settled, given)
	}
	if Has(r.State, "parameters") {
		r.State["parameters"] = settled
	}
	return nil
}

// groupFits refuses a parameter group of another family than the engine needs.
func groupFits(family, group, groupFamily string) error {
	if family == groupFamily {
		return nil
	}
	return Refuse("InvalidParameterCombination", "RDS API, CreateDBCluster",
		"The parameter group %s with DBParameterGroupFamily %s can't be used for this instance. "+
			"Please use a parameter group with DBParameterGroupFamily %s", group, groupFamily, family)
}
