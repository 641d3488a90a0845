package services

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

const typeGroup = "aws:autoscaling/group:Group"

var _ = cloud.Register(&cloud.Kind{
	Type: typeGroup, Service: "Auto Scaling", Noun: "AutoScalingGroup", UpdateCall: "UpdateAutoScalingGroup",
	Unmodelled: strings.Fields(`
		capacityRebalance capacityReservationSpecification context defaultInstanceWarmup
		initialLifecycleHooks[].notificationMetadata minElbCapacity
		mixedInstancesPolicy.instancesDistribution.spotMaxPrice
		mixedInstancesPolicy.launchTemplate.overrides[].instanceRequirements
		mixedInstancesPolicy.launchTemplate.overrides[].weightedCapacity placementGroup suspendedProcesses
		trafficSources waitForElbCapacity warmPool.instanceReusePolicy warmPool.maxGroupPreparedCapacity`),
	Name: &cloud.AutoName{Property: "name", Max: 255, Prefix: "namePrefix"},
	Keys: []string{"arn"},
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "AlreadyExists",
		Message: "AutoScalingGroup by this name already exists - A group with the name {value} already exists", Rule: "facts 42"}}},
	Refs: []cloud.Ref{
		// What the instances stand in is held by them, not by the group: see groupHolds.
		{Path: "vpcZoneIdentifiers[]", To: "aws:ec2/subnet:Subnet", Free: true,
			Missing: cloud.Refusal{Code: "ValidationError", Message: "The subnet ID '{value}' does not exist", Rule: "Auto Scaling API, CreateAutoScalingGroup"}},
		{Path: "targetGroupArns[]", To: "aws:lb/targetGroup:TargetGroup", Key: "arn", Free: true,
			Missing: cloud.Refusal{Code: "ValidationError", Message: "Provided Target Groups may not be valid. Please ensure they exist and try again.", Rule: "Auto Scaling API, CreateAutoScalingGroup"}},
		{Path: "instanceRefresh.preferences.alarmSpecification.alarms[]", To: typeMetricAlarm, Free: true,
			Missing: cloud.Refusal{Code: "ValidationError", Message: "The CloudWatch alarm {value} does not exist", Rule: "Auto Scaling API, AlarmSpecification"}},
	},
	Busy: cloud.Busy{Delete: cloud.Refusal{Code: "ScalingActivityInProgress",
		Message: "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.", Rule: "facts 40, 41", Retry: 10 * time.Minute}},
	Check: checkGroup, Create: createGroup, Update: updateGroup, Delete: deleteGroup, Fails: groupFails, Holds: groupHolds,
	Timing: cloud.Timing{Create: cloud.Secs(16, 16, 80), Update: cloud.Secs(5, 1, 30), Delete: cloud.Seen(0, 89, 92, 93, 101, 118, 141, 151),
		Limit: cloud.LimitMinutes(0, 10, 10), Source: "facts, section 1: ASG without a wait for a load balancer, 2 logs of a creation, 7 of a deletion"},
	Calls: cloud.Calls{Create: "autoscaling:CreateAutoScalingGroup autoscaling:CreateOrUpdateTags autoscaling:EnableMetricsCollection autoscaling:PutLifecycleHook autoscaling:PutWarmPool " +
		"ec2:RunInstances ec2:CreateTags ec2:DescribeInstances",
		Read: "autoscaling:DescribeAutoScalingGroups autoscaling:DescribeScalingActivities autoscaling:DescribeWarmPool ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions",
		Update: "autoscaling:UpdateAutoScalingGroup autoscaling:CreateOrUpdateTags autoscaling:DeleteTags autoscaling:StartInstanceRefresh autoscaling:CancelInstanceRefresh " +
			"autoscaling:DescribeInstanceRefreshes autoscaling:EnableMetricsCollection autoscaling:DisableMetricsCollection autoscaling:PutWarmPool autoscaling:DeleteWarmPool " +
			"autoscaling:SetInstanceProtection autoscaling:SuspendProcesses autoscaling:ResumeProcesses ec2:RunInstances",
		Remove: "autoscaling:UpdateAutoScalingGroup autoscaling:DeleteAutoScalingGroup autoscaling:DeleteWarmPool autoscaling:SetInstanceProtection"},
})

func checkGroup(c *cloud.Checker) {
	c.Conflict("launchTemplate.id", "launchTemplate.name")
	c.Length("name", 1, 255)
	c.Between("healthCheckGracePeriod", 0, 1<<31-1)
	arguments := map[string]bool{} // by the provider's own names
	if f, ok := facts.Of(typeGroup); ok {
		for _, p := range f.Fields {
			arguments[p.Terraform] = p.Optional || p.Required
		}
	}
	for _, name := range cloud.Strs(c.In, "instanceRefresh.triggers[]") {
		if !arguments[name] {
			c.Fail("instanceRefresh.triggers", "%q is not a recognized parameter name for aws_autoscaling_group", name)
		}
	}
	checkMixture(c)
}

func createGroup(t *cloud.Tx, r *cloud.Resource) error {
	if !serviceLinked(t, "autoscaling.amazonaws.com") {
		return cloud.Refuse("ServiceLinkedRoleFailure", "facts 53", "The service-linked role AWSServiceRoleForAutoScaling does not exist.")
	}
	if err := checkHooks(t, r); err != nil {
		return err
	}
	r.ID = cloud.ApplyName(t, r)
	r.State["arn"] = t.ARN("autoscaling", fmt.Sprintf("autoScalingGroup:%s:autoScalingGroupName/%s", t.UUID(), r.ID))
	r.State["predictedCapacity"], r.State["warmPoolSize"] = 0.0, 0.0
	if !cloud.Has(r.State, "desiredCapacity") {
		r.State["desiredCapacity"] = float64(r.Int("minSize"))
	}
	return applyGroup(t, r)
}

func updateGroup(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error {
	if !cloud.Has(r.Inputs, "desiredCapacity") { // AWS moves it between new limits
		r.State["desiredCapacity"] = float64(min(max(r.Int("desiredCapacity"), r.Int("minSize")), r.Int("maxSize")))
	}
	return applyGroup(t, r)
}

// applyGroup checks and computes what creation and update have in common.
func applyGroup(t *cloud.Tx, r *cloud.Resource) error {
	for p, v := range (cloud.Map{
		"defaultCooldown": 300.0, "healthCheckType": "EC2", "loadBalancers": []any{}, "targetGroupArns": []any{}, "trafficSources": []any{},
		"serviceLinkedRoleArn":             t.GlobalARN("iam", "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"),
		"availabilityZoneDistribution":     cloud.Map{"capacityDistributionStrategy": "balanced-best-effort"},
		"capacityReservationSpecification": cloud.Map{"capacityReservationPreference": "default"},
	}) {
		if !cloud.Has(r.State, p) {
			r.State[p] = v
		}
	}
	if err := checkCapacity(r); err != nil {
		return err
	}
	if err := checkGroupChoices(r); err != nil {
		return err
	}
	if err := applyPlaces(t, r); err != nil {
		return err
	}
	if err := checkGroupMixture(t, r); err != nil {
		return err
	}
	if err := checkRefresh(r); err != nil {
		return err
	}
	lt, content, cause := templateVersion(t, groupTemplate(r.State))
	if cause == "" {
		cause = launchProblem(t, r, content)
	}
	if strings.Contains(cause, "Invalid IAM Instance Profile") {
		return cloud.Refuse("ValidationError", "facts 37", "You must use a valid fully-formed launch template. %s", cause).For(iamPropagation)
	}
	if cause != "" {
		return cloud.Refuse("ValidationError", "Auto Scaling API, CreateAutoScalingGroup", "You must use a valid fully-formed launch template. %s", cause)
	}
	if named, ok := r.State["launchTemplate"].(cloud.Map); ok {
		named["id"], named["name"] = lt.ID, lt.Str("name")
		if !cloud.Has(named, "version") {
			named["version"] = "$Default"
		}
	}
	return nil
}

// groupTemplate returns id, name and version of the launch template that a group names, directly or in a mixed policy.
func groupTemplate(state cloud.Map) cloud.Map {
	if named := cloud.First[cloud.Map](state, "launchTemplate"); named != nil {
		return named
	}
	spec := cloud.First[cloud.Map](state, "mixedInstancesPolicy.launchTemplate.launchTemplateSpecification")
	return cloud.Map{"id": cloud.Str(spec, "launchTemplateId"), "name": cloud.Str(spec, "launchTemplateName"), "version": cloud.Str(spec, "version")}
}

func checkCapacity(r *cloud.Resource) error {
	least, most, desired := r.Int("minSize"), r.Int("maxSize"), r.Int("desiredCapacity")
	const rule = "Auto Scaling API, CreateAutoScalingGroup"
	if least < 0 || least > most {
		return cloud.Refuse("ValidationError", rule, "Max bound, %d, must be greater than or equal to min bound, %d", most, least)
	}
	if desired < least || desired > most {
		return cloud.Refuse("ValidationError", rule, "Desired capacity:%d must be between the specified min size:%d and max size:%d", desired, least, most)
	}
	if n := r.Int("maxInstanceLifetime"); n != 0 && (n < 86400 || n > 31536000) {
		return cloud.Refuse("ValidationError", rule, "Max Instance Lifetime must be 0 or between 86400 and 31536000 seconds, got %d", n)
	}
	low, high := r.Int("instanceRefresh.preferences.minHealthyPercentage"), r.Int("instanceRefresh.preferences.maxHealthyPercentage")
	if high-low > 100 && cloud.Has(r.State, "instanceRefresh.preferences.minHealthyPercentage") {
		return cloud.Refuse("ValidationError", "Auto Scaling API, RefreshPreferences", "The difference between min (%d) and max (%d) healthy percentage cannot exceed 100", low, high)
	}
	return nil
}

// checkGroupChoices holds enumerations that the API has and the provider's schema has not.
func checkGroupChoices(r *cloud.Resource) error {
	const rule = "Auto Scaling API, CreateAutoScalingGroup"
	const policies = "AllocationStrategy ClosestToNextInstanceHour Default NewestInstance OldestInstance OldestLaunchConfiguration OldestLaunchTemplate"
	for _, p := range r.Strs("terminationPolicies[]") {
		if !documents.OneOf(p, policies) && !strings.HasPrefix(p, "arn:aws:lambda:") {
			return cloud.Refuse("ValidationError", rule, "Invalid termination policy type %s", p)
		}
	}
	for p := range strings.SplitSeq(r.Str("healthCheckType"), ",") {
		if !documents.OneOf(p, "EC2 ELB EBS VPC_LATTICE") {
			return cloud.Refuse("ValidationError", rule, "Invalid health check type %s", p)
		}
	}
	const metrics = "GroupMinSize GroupMaxSize GroupDesiredCapacity GroupInServiceInstances GroupPendingInstances GroupStandbyInstances " +
		"GroupTerminatingInstances GroupTotalInstances GroupInServiceCapacity GroupPendingCapacity GroupStandbyCapacity " +
		"GroupTerminatingCapacity GroupTotalCapacity WarmPoolDesiredCapacity WarmPoolWarmedCapacity WarmPoolPendingCapacity " +
		"WarmPoolTerminatingCapacity WarmPoolTotalCapacity GroupAndWarmPoolDesiredCapacity GroupAndWarmPoolTotalCapacity"
	for _, m := range r.Strs("enabledMetrics[]") {
		if !documents.OneOf(m, metrics) {
			return cloud.Refuse("ValidationError", rule, "Invalid metric %s", m)
		}
	}
	return nil
}

// applyPlaces fills in zones from subnets.
func applyPlaces(t *cloud.Tx, r *cloud.Resource) error {
	subnets := r.Strs("vpcZoneIdentifiers[]")
	if len(subnets) == 0 {
		return checkZones(t, r)
	}
	var zones []string
	vpc := ""
	for _, id := range subnets {
		subnet, _ := t.Find("aws:ec2/subnet:Subnet", "", id)
		if vpc != "" && vpc != subnet.Str("vpcId") {
			return cloud.Refuse("ValidationError", "Auto Scaling API, CreateAutoScalingGroup", "The subnets %s are not all in one VPC", strings.Join(subnets, ", "))
		}
		vpc = subnet.Str("vpcId")
		if zone := subnet.Str("availabilityZone"); !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
	}
	slices.Sort(zones)
	r.State["availabilityZones"] = cloud.List(zones...)
	return nil
}

func checkZones(t *cloud.Tx, r *cloud.Resource) error {
	zones := r.Strs("availabilityZones[]")
	if len(zones) == 0 {
		return cloud.Refuse("ValidationError", "Auto Scaling API, CreateAutoScalingGroup", "At least one Availability Zone or VPC Subnet is required.")
	}
	// Without subnets the instances would go into a default VPC, which this account does not have.
	return cloud.Refuse("VPCIdNotSpecified", "EC2 API, Error codes", "No default VPC for this user in %s", t.Region)
}

// groupHolds returns what a group's instances stand in: subnets, security groups and the cluster they joined.
func groupHolds(t *cloud.Tx, r *cloud.Resource) []*cloud.Resource {
	if r.Int("desiredCapacity") == 0 {
		return nil
	}
	var out []*cloud.Resource
	add := func(typ string, ids []string) {
		for _, id := range ids {
			if found, ok := t.Find(typ, "", id); ok {
				out = append(out, found)
			}
		}
	}
	add("aws:ec2/subnet:Subnet", r.Strs("vpcZoneIdentifiers[]"))
	_, content, cause := templateVersion(t, groupTemplate(r.State))
	if cause != "" {
		return out
	}
	add("aws:ec2/securityGroup:SecurityGroup", templateGroups(content))
	if cluster, _ := joined(t, r); cluster != nil {
		out = append(out, cluster)
	}
	return out
}

// templateGroups returns the security groups that a launch template's content gives to instances.
func templateGroups(content cloud.Map) []string {
	return append(cloud.Strs(content, "vpcSecurityGroupIds[]"), cloud.Strs(content, "networkInterfaces[].securityGroups[]")...)
}
