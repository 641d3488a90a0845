package services

import (
	"strings"

	"github.com/deepstreamhub/platform/internal/aurora"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// upgradable refuses a change of a cluster's version that AWS does not make, and a change of its major version that leaves the
// cluster or an instance in a parameter group of its own for the version before.
func upgradable(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	from := cloud.Str(old, "engineVersionActual")
	to, known := auroraVersion(r.Str("engineVersion"))
	switch {
	case !known || to == from: // what is not known is refused by all that settle a cluster
		return nil
	case !aurora.Upgradable(from, to):
		return cloud.Refuse("InvalidParameterCombination", `Amazon Aurora User Guide, "Getting a list of available versions in your AWS Region"`,
			"Cannot upgrade %s from %s to %s", auroraEngine, from, to)
	case majorOf(to) == majorOf(from):
		return nil
	case !r.Bool("allowMajorVersionUpgrade"):
		return cloud.Refuse("InvalidParameterCombination", "RDS API, ModifyDBCluster",
			"The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
	}
	// The provider sends the cluster's group only where it changed.
	if group := cloud.Str(old, "dbClusterParameterGroupName"); r.Str("dbClusterParameterGroupName") == group && !strings.HasPrefix(group, "default.") {
		return cloud.Refuse("InvalidParameterCombination", "crossplane-contrib/provider-aws#1692", "The current DB cluster parameter group %s is custom. "+
			"You must explicitly specify a new DB cluster parameter group, either default or custom, for the engine version upgrade.", group)
	}
	given := r.Str("dbInstanceParameterGroupName")
	for _, i := range members(t, r) {
		if group := i.Str("dbParameterGroupName"); given == "" && !strings.HasPrefix(group, "default.") {
			return cloud.Refuse("InvalidParameterCombination", "hashicorp/terraform-provider-aws#17357", "The current DB instance parameter group %s is custom. "+
				"You must explicitly specify a new DB instance parameter group, either default or custom, for the engine version upgrade.", group)
		}
	}
	if given == "" {
		return nil
	}
	family := strings.TrimPrefix(given, "default.")
	if family == given {
		group, ok := t.Find(typeInstanceParameters, "", given)
		if !ok {
			return cloud.Refuse("DBParameterGroupNotFound", "RDS API, ModifyDBCluster", "DBParameterGroup not found: %s", given)
		}
		family = group.Str("family")
	}
	return groupFits(auroraFamily(to), given, family)
}

// upgradeMembers gives the instances the cluster's version and, with another major version, the parameter group that the change
// names for them. On any other change the provider leaves that name out once AWS has refused it ("can only be specified for a
// major version upgrade": provider 5.100, rds/cluster.go, resourceClusterUpdate).
func upgradeMembers(t *cloud.Tx, r *cloud.Resource, old cloud.Map) {
	from, to := cloud.Str(old, "engineVersionActual"), r.Str("engineVersionActual")
	if to == from {
		return
	}
	for _, i := range members(t, r) {
		i.State["engineVersion"], i.State["engineVersionActual"] = r.Str("engineVersion"), to
		if majorOf(to) != majorOf(from) {
			i.State["dbParameterGroupName"] = "default." + auroraFamily(to)
			if group := r.Str("dbInstanceParameterGroupName"); group != "" {
				i.State["dbParameterGroupName"] = group
			}
		}
		t.Save(i)
	}
}
