package services

import (
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// A group whose hosts run tasks never empties under managed draining (facts 40), unless its hosts are to go at once.
func TestGroupsKeepHostsWithTasks(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.task()
	service, _ := f.make(typeService, f.serviceInputs("deepstream"))
	err := f.gone(typeGroup, f.group, nil)
	f.message(err, "ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances")
	require.Equal(t, 10*time.Minute, retryOf(err))
	require.NoError(t, f.gone(typeService, service, nil))
	require.NoError(t, f.gone(typeGroup, f.group, nil))

	forced := newFleet(t)
	_, err = forced.change(typeGroup, forced.group, with(forced.groupInputs(), cloud.Map{"forceDelete": true}))
	require.NoError(t, err)
	forced.task()
	forced.make(typeService, forced.serviceInputs("deepstream"))
	require.NoError(t, forced.gone(typeGroup, forced.group, nil))
}

// A launch that fails ends the wait for a new group's hosts (facts 39); the group exists all the same.
func TestGroupsWhoseHostsDoNotStart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(f *fleet, inputs cloud.Map)
		text   string // empty: they start, or nobody waits
	}{
		"room":    {func(*fleet, cloud.Map) {}, ""},
		"no room": {func(f *fleet, in cloud.Map) { in["vpcZoneIdentifiers"] = cloud.List(f.tight()) }, "There are not enough free addresses in subnets"},
		"nobody waits": {func(f *fleet, in cloud.Map) {
			in["vpcZoneIdentifiers"], in["waitForCapacityTimeout"] = cloud.List(f.tight()), "0"
		}, ""},
		"failures count not": {func(f *fleet, in cloud.Map) {
			in["vpcZoneIdentifiers"], in["ignoreFailedScalingActivities"] = cloud.List(f.tight()), true
		}, ""},
		"key to be deleted": {func(f *fleet, in cloud.Map) {
			id, key := f.make(typeKey, cloud.Map{})
			lt, _ := f.make(typeLaunchTemplate, with(f.templateInputs(), cloud.Map{"name": "keyed", "blockDeviceMappings": []any{cloud.Map{"deviceName": "/dev/xvda",
				"ebs": cloud.Map{"volumeType": "gp3", "volumeSize": 30.0, "encrypted": "true", "kmsKeyId": key["arn"]}}}}))
			require.NoError(f, f.gone(typeKey, id, nil))
			in["launchTemplate"] = cloud.Map{"id": lt}
		}, "Client.InvalidKMSKey.InvalidState"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			inputs := with(f.groupInputs(), cloud.Map{"name": "more"})
			tc.change(f, inputs)
			id, _, err := f.Create(t.Context(), home, typeGroup, inputs)
			require.Equal(t, "more", id)
			f.read(typeGroup, id)
			if tc.text == "" {
				require.NoError(t, err)
				return
			}
			f.message(err, "Failed", tc.text)
		})
	}
}

// tight returns a subnet that has three addresses, too few when something stands in it.
func (f *fleet) tight() string {
	f.place(typeSubnet, "subnet-tight", cloud.Map{"vpcId": "vpc-1", "availabilityZone": "eu-central-1a", "cidrBlock": "10.0.255.0/29"})
	for _, id := range []string{"a", "b"} {
		f.place(typeNAT, "nat-"+id, cloud.Map{"subnetId": "subnet-tight"})
		at(f.Cloud, home).Repoint(held(f.Cloud, typeNAT, home, "nat-"+id), func() {})
	}
	return "subnet-tight"
}

// A hook that could tell nobody is refused (facts 43).
func TestHooksNeedSomebodyToTell(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	_, topic := f.make(typeTopic, cloud.Map{"name": "hosts"})
	f.make(typeRole, cloud.Map{"name": "hook", "assumeRolePolicy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"autoscaling.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
	inputs := with(f.groupInputs(), cloud.Map{"name": "more", "initialLifecycleHooks": []any{cloud.Map{
		"name": "leave", "lifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
		"notificationTargetArn": topic["arn"], "roleArn": "arn:aws:iam::111122223333:role/hook"}}})
	err := f.create(typeGroup, inputs)
	f.message(err, "ValidationError", "Unable to publish test message to notification target")
	require.Equal(t, 5*time.Minute, retryOf(err))
	f.make(typeRolePolicy, cloud.Map{"role": "hook", "name": "tell", "policy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sns:Publish","Resource":"*"}}`})
	f.make(typeGroup, inputs)
}

// EventBridge takes a role that trusts it and no other (facts 113).
func TestEventRolesAreTheRulesOwn(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	rule := cloud.Map{"name": "r", "scheduleExpression": "rate(1 day)"}
	for _, role := range []string{"none", "host"} {
		f.message(f.create(typeEventRule, with(rule, cloud.Map{"roleArn": "arn:aws:iam::111122223333:role/" + role})), "ValidationException",
			"cannot be assumed by principal 'events.amazonaws.com'")
	}
}

// ECS starts tasks that fail until its circuit breaker has counted enough of them (facts 58).
func TestServicesArePatient(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		desired float64
		breaker bool
		want    time.Duration
	}{{3, true, time.Minute}, {1, true, 3 * time.Minute}, {2, true, 2 * time.Minute}, {100, true, time.Minute}, {3, false, 20 * time.Minute}} {
		r := &cloud.Resource{State: cloud.Map{"desiredCount": tc.desired, "deploymentCircuitBreaker": cloud.Map{"enable": tc.breaker}}}
		require.Equal(t, tc.want, patience(r), "%+v", tc)
	}
}
