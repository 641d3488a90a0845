package cloud

import (
	"fmt"
	"strings"
	"time"
)

// checkHooks refuses a lifecycle hook that could tell nobody: Auto Scaling publishes a message to try.
func checkHooks(t *Tx, r *Resource) error {
	for _, hook := range Maps(r.State, "initialLifecycleHooks[]") {
		target, arn := Str(hook, "notificationTargetArn"), Str(hook, "roleArn")
		if target == "" {
			continue
		}
		role, ok := assumable(t, arn, "autoscaling.amazonaws.com", "Auto Scaling", r.Str("arn"))
		_, exists := t.Find(typeTopic, "arn", target)
		if !ok || !exists || !roleAllows(t, role, "sns:Publish", target, nil) {
			return Refuse("ValidationError", "facts 43", "Unable to publish test message to notification target %s using IAM role %s. Please check your target and role configuration and try to put lifecycle hook again.", target, arn)
		}
	}
	return nil
}

// deleteGroup does as the provider: unless it is told to take the instances along, it sets the sizes to 0, lifts the
// instances' protection from scale-in (facts 41) and waits until they are gone. Tasks keep them: under managed draining a
// host leaves only when its last task has stopped (ECS Developer Guide, "Safely stop Amazon ECS workloads running on EC2
// instances": up to 48 hours), for which the provider does not wait.
func deleteGroup(t *Tx, r *Resource) error {
	if r.Int("desiredCapacity") == 0 || r.Bool("forceDelete") {
		return nil
	}
	for _, p := range t.All(typeCapacityProvider) {
		if p.Str("autoScalingGroupProvider.autoScalingGroupArn") != r.Str("arn") || p.Str("autoScalingGroupProvider.managedDraining") != "ENABLED" {
			continue
		}
		for _, s := range t.All(typeService) {
			if running, _ := s.Hidden[tasksRun].(bool); running && s.Int("desiredCount") > 0 && strings.Contains(strategyNames(s), " "+p.Str("name")+" ") {
				return Refuse("ResourceInUse", "facts 40, 41",
					"You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")
			}
		}
	}
	return nil
}

// strategyNames lists the capacity providers that a service runs on, with a blank around each.
func strategyNames(s *Resource) string {
	names := " "
	for _, item := range serviceStrategy(s) {
		names += Str(item, "capacityProvider") + " "
	}
	return names
}

// groupFails is the provider's wait for a new group's instances, which a failed launch ends.
func groupFails(t *Tx, r *Resource) error {
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
	return Refuse("Failed", "facts 39", "waiting for Auto Scaling Group (%s) capacity satisfied: scaling activity failed: %s; want at least %d healthy instance(s) in Auto Scaling Group, have 0",
		r.ID, cause, wanted)
}

// unlaunched says why instances that EC2 accepted would not start, in the words of a scaling activity.
func unlaunched(t *Tx, r *Resource, content Map, wanted int) string {
	for _, key := range Strs(content, "blockDeviceMappings[].ebs.kmsKeyId") {
		if _, problem := usableKey(t, key); problem != "" {
			return fmt.Sprintf("Client.InvalidKMSKey.InvalidState: The KMS key %s %s. Launching EC2 instance failed.", key, problem)
		}
	}
	room := 0
	for _, id := range r.Strs("vpcZoneIdentifiers[]") {
		if s, ok := t.Find(typeSubnet, "", id); ok && Has(s.State, "cidrBlock") {
			room += max(0, freeAddresses(t, s))
		}
	}
	if room < wanted {
		return fmt.Sprintf("There are not enough free addresses in subnets %s to satisfy the requested number of instances. Launching EC2 instance failed.",
			strings.Join(r.Strs("vpcZoneIdentifiers[]"), ", "))
	}
	return ""
}
