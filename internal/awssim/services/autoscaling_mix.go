package services

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const mixtureRule = "Auto Scaling API, MixedInstancesPolicy"

// checkMixture holds what the provider checks of a mixed instances policy (autoscaling/group.go).
func checkMixture(c *cloud.Checker) {
	const policy = "mixedInstancesPolicy."
	if at := cloud.Maps(c.In, policy+"launchTemplate"); len(at) > 0 && !cloud.Has(c.In, policy+"launchTemplate.launchTemplateSpecification") {
		c.Fail(policy+"launchTemplate", "missing required property launchTemplateSpecification")
	}
}

// checkGroupMixture holds a mixed instances policy to what CreateAutoScalingGroup takes, and a warm pool to groups
// without one (Auto Scaling User Guide, "Warm pools", limitations).
func checkGroupMixture(t *cloud.Tx, r *cloud.Resource) error {
	refuse := func(format string, args ...any) error {
		return cloud.Refuse("ValidationError", mixtureRule, format, args...)
	}
	policy := cloud.First[cloud.Map](r.State, "mixedInstancesPolicy")
	if policy == nil {
		return nil
	}
	if cloud.Has(r.State, "warmPool") {
		return cloud.Refuse("ValidationError", "Auto Scaling API, PutWarmPool", "You can't add a warm pool to an Auto Scaling group that has a mixed instances policy.")
	}
	const distribution = "instancesDistribution."
	if s := cloud.Str(policy, distribution+"onDemandAllocationStrategy"); s != "" && !documents.OneOf(s, "prioritized lowest-price") {
		return refuse("Invalid on-demand allocation strategy %s", s)
	}
	spot := cloud.Str(policy, distribution+"spotAllocationStrategy")
	if spot != "" && !documents.OneOf(spot, "lowest-price capacity-optimized capacity-optimized-prioritized price-capacity-optimized") {
		return refuse("Invalid spot allocation strategy %s", spot)
	}
	if cloud.Has(policy, distribution+"spotInstancePools") && spot != "lowest-price" {
		return refuse("SpotInstancePools option is only available with the lowest-price allocation strategy.")
	}
	types := cloud.Strs(policy, "launchTemplate.overrides[].instanceType")
	if len(types) > 40 {
		return refuse("A mixed instances policy takes at most 40 overrides, got %d", len(types))
	}
	_, content, _ := templateVersion(t, groupTemplate(r.State))
	for i, name := range types {
		if slices.Contains(types[:i], name) {
			return refuse("Duplicate instance type %s in overrides", name)
		}
		m, ok := machineOf(name)
		if !ok {
			return refuse("Invalid value '%s' for InstanceType.", name)
		}
		if image, ok := imageOf(t, cloud.Str(content, "imageId")); ok && image.Architecture != m.Architecture {
			return refuse("The architecture '%s' of the instance type %s does not match the architecture '%s' of the AMI.", m.Architecture, name, image.Architecture)
		}
	}
	return nil
}

// checkRefresh holds the parts of an instance refresh that depend on each other (Auto Scaling API, RefreshPreferences).
func checkRefresh(r *cloud.Resource) error {
	refuse := func(format string, args ...any) error {
		return cloud.Refuse("ValidationError", "Auto Scaling API, RefreshPreferences", format, args...)
	}
	const preferences = "instanceRefresh.preferences."
	last := 0
	for _, v := range cloud.At(r.State, preferences+"checkpointPercentages[]") {
		n, _ := v.(float64)
		if int(n) <= last || n > 100 {
			return refuse("Checkpoint percentages must rise and be 1 to 100, got %v after %d", v, last)
		}
		last = int(n)
	}
	if names := r.Strs(preferences + "alarmSpecification.alarms[]"); len(names) > 10 {
		return refuse("At most 10 alarms can be specified, got %d", len(names))
	}
	if r.Bool(preferences+"autoRollback") && strings.HasPrefix(cloud.Str(groupTemplate(r.State), "version"), "$") {
		return refuse("Auto rollback is not supported with launch template versions $Latest and $Default.")
	}
	return nil
}
