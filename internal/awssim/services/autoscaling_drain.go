package services

import (
	"fmt"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// checkHooks refuses a lifecycle hook that could tell nobody: Auto Scaling publishes a message to try.
func checkHooks(t *cloud.Tx, r *cloud.Resource) error {
	for _, hook := range cloud.Maps(r.State, "initialLifecycleHooks[]") {
		target, arn := cloud.Str(hook, "notificationTargetArn"), cloud.Str(hook, "roleArn")
		if target == "" {
			continue
		}
		role, ok := assumable(t, arn, "autoscaling.amazonaws.com", "Auto Scaling", r.Str("arn"))
		_, exists := t.Find(typeTopic, "arn", target)
		if !ok || !exists || !roleAllows(t, role, "sns:Publish", target, nil) {
			return cloud.Refuse("ValidationError", "facts 43", "Unable to publish test message to notification target %s using IAM role %s. Please check your target and role configuration and try to put lifecycle hook again.", target, arn).For(5 * time.Minute)
		}
	}
	return nil
}

// deleteGroup does as the provider: unless it is told to take the instances along, it sets the sizes to 0, lifts the
// instances' protection from scale-in (facts 41) and waits until they are gone. Tasks keep them: under managed draining a
// host leaves only when its last task has stopped (ECS Developer Guide, "Safely stop Amazon ECS workloads running on EC2
// instances": up to 48 hours), for which the provider does not wait.
func deleteGroup(t *cloud.Tx, r *cloud.Resource) error {
	if r.Int("desiredCapacity") == 0 || r.Bool("forceDelete") {
		return nil
	}
	for _, p := range t.All(typeCapacityProvider) {
		if p.Str("autoScalingGroupProvider.autoScalingGroupArn") != r.Str("arn") || p.Str("autoScalingGroupProvider.managedDraining") != "ENABLED" {
			continue
		}
		for _, s := range t.All(typeService) {
			if running, _ := s.Hidden[tasksRun].(bool); running && s.Int("desiredCount") > 0 && strings.Contains(strategyNames(s), " "+p.Str("name")+" ") {
				return cloud.Refuse("ResourceInUse", "facts 40, 41",
					"You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.").For(10 * time.Minute)
			}
		}
	}
	return nil
}

// strategyNames lists the capacity providers that a service runs on, with a blank around each.
func strategyNames(s *cloud.Resource) string {
	names := " "
	for _, item := range serviceStrategy(s) {
		names += cloud.Str(item, "capacityProvider") + " "
	}
	return names
}

// groupFails is the provider's wait for a new group's instances, which a failed launch ends.
func groupFails(t *cloud.Tx, r *cloud.Resource) error {
	wanted := r.Int("desiredCapacity")
	if d, err := time.ParseDuration(r.Str("waitForCapacityTimeout")); err != nil || d == 0 || wanted == 0 || r.Bool("ignoreFailedScalingActivities") {
		return nil
	}
	_, content, cause := templateVersion(t, groupTemplate(r.State))
	if cause == "" {
		cause = unlaunched(t, r, content, wanted)
	}
	if cause == "" {
		return nil
	}
	return cloud.Refuse("Failed", "facts 39", "waiting for Auto Scaling Group (%s) capacity satisfied: scaling activity failed: %s; want at least %d healthy instance(s) in Auto Scaling Group, have 0",
		r.ID, cause, wanted)
}

// unlaunched says why instances that EC2 accepted would not start, in the words of a scaling activity.
func unlaunched(t *cloud.Tx, r *cloud.Resource, content cloud.Map, wanted int) string {
	for _, key := range cloud.Strs(content, "blockDeviceMappings[].ebs.kmsKeyId") {
		if _, problem := usableKey(t, key); problem != "" {
			return fmt.Sprintf("Client.InvalidKMSKey.InvalidState: The KMS key %s %s. Launching EC2 instance failed.", key, problem)
		}
	}
	room := 0
	for _, id := range r.Strs("vpcZoneIdentifiers[]") {
		if s, ok := t.Find(typeSubnet, "", id); ok && cloud.Has(s.State, "cidrBlock") {
			room += max(0, freeAddresses(t, s))
		}
	}
	if room < wanted {
		return fmt.Sprintf("There are not enough free addresses in subnets %s to satisfy the requested number of instances. Launching EC2 instance failed.",
			strings.Join(r.Strs("vpcZoneIdentifiers[]"), ", "))
	}
	return ""
}
