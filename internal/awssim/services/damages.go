package services

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

// What damages leave on resources, beside their state.
const (
	imageGone = "imageGone" // of a task definition: its images are no longer in the registry
	crashes   = "crashes"   // of a task definition: why its essential container exits
	zoneDown  = "zoneDown"  // of a subnet: nothing in it answers
	nextFails = "nextFails" // of a service: why the tasks of its next revision exit
	refreshIs = "refresh"   // of a group: its last instance refresh: Status, StatusReason, PercentageComplete
)

// Damages are what can go wrong, by name. What each does to the region follows from the rules of the services alone.
var Damages = []Damage{
	{"image", "the container image is deleted from the registry", func(s *scene) error { return s.tasks(imageGone, true) }},
	{"task", "the server runs out of memory and is killed", func(s *scene) error {
		return s.tasks(crashes, "OutOfMemoryError: Container killed due to memory usage (exit code 137)")
	}},
	{"zone", "an availability zone does not answer", (*scene).loseZone},
	{"sg", "the rule by which the load balancer reaches the tasks is deleted", (*scene).loseWayIn},
	{"secret", "the database's secret loses its password", (*scene).loseSecret},
	{"key", "the key of the database's secret is disabled", (*scene).loseKey},
	{"role", "the role that reads secrets and pulls images loses its rights", (*scene).loseRights},
	{"database", "the database lets the tasks in no more", func(s *scene) error { return s.loseDoor(typeDBCluster, "vpcSecurityGroupIds[]") }},
	{"bus", "the bus lets the tasks in no more", func(s *scene) error { return s.loseDoor(typeReplicationGroup, "securityGroupIds[]") }},
	{"password", "somebody changes the database's password", func(s *scene) error { return s.change(typeDBCluster, "masterPassword") }},
	{"token", "somebody changes the bus's password", func(s *scene) error { return s.change(typeReplicationGroup, "authToken") }},
	{"logs", "the log group of the tasks is deleted", (*scene).loseLogs},
	{"hosts", "the hosts' role loses its rights, so that none registers with the cluster", (*scene).loseHosts},
	{"acl", "a network ACL of the tasks' subnets denies everything", (*scene).closeACL},
	{"alarm", "an alarm fires", (*scene).fire},
	{"release", "the next deployment's server exits as soon as it starts", (*scene).spoilRelease},
	{"refresh", "a replacement of hosts is taken back", (*scene).takeBack},
	{"service", "the service is deleted", func(s *scene) error { return s.loseFirst(typeService) }},
}

// tasks marks the definitions that the stack's services run.
func (s *scene) tasks(mark string, value any) error {
	services, err := s.mine(typeService)
	if err != nil {
		return err
	}
	for _, service := range services {
		if d, ok := taskOf(s.Tx, service.Str("taskDefinition")); ok {
			if err := s.hide(d, mark, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// loseZone takes down all subnets of the zone in which the first of the tasks' subnets is.
func (s *scene) loseZone() error {
	services, err := s.mine(typeService)
	if err != nil {
		return err
	}
	subnets := services[0].Strs("networkConfiguration.subnets[]")
	slices.Sort(subnets)
	first, ok := s.Find(typeSubnet, "", subnets[0])
	if !ok {
		return fmt.Errorf("subnet %s is gone", subnets[0])
	}
	all, err := s.mine(typeSubnet)
	if err != nil {
		return err
	}
	for _, subnet := range all {
		if subnet.Str("availabilityZoneId") == first.Str("availabilityZoneId") {
			if err := s.hide(subnet, zoneDown, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// loseWayIn deletes the rules by which load balancers are let in to tasks, on the port of each.
func (s *scene) loseWayIn() error {
	services, err := s.mine(typeService)
	if err != nil {
		return err
	}
	balancers, err := s.mine(typeLoadBalancer)
	if err != nil {
		return err
	}
	return s.loseIngress(services[0].Strs("networkConfiguration.securityGroups[]"), balancers[0].Strs("securityGroups[]"))
}

// loseDoor deletes the rules by which tasks are let in to what they need.
func (s *scene) loseDoor(typ, groups string) error {
	found, err := s.mine(typ)
	if err != nil {
		return err
	}
	return s.loseIngress(found[0].Strs(groups), nil)
}

// loseIngress deletes the rules of groups that let peers in; nil: all of them.
func (s *scene) loseIngress(groups, peers []string) error {
	rules, err := s.mine(typeIngressRule)
	if err != nil {
		return err
	}
	lost := 0
	for _, rule := range rules {
		if !slices.Contains(groups, rule.Str("securityGroupId")) || peers != nil && !slices.Contains(peers, rule.Str("referencedSecurityGroupId")) {
			continue
		}
		if err := s.lose(rule); err != nil {
			return err
		}
		lost++
	}
	if lost == 0 {
		return fmt.Errorf("the stack has no such rule")
	}
	return nil
}

// secretOfDatabase is the version of the secret that holds the database's password.
func (s *scene) secretOfDatabase() (*cloud.Resource, error) {
	clusters, err := s.mine(typeDBCluster)
	if err != nil {
		return nil, err
	}
	versions, err := s.mine("aws:secretsmanager/secretVersion:SecretVersion")
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		if password := clusters[0].Str("masterPassword"); password != "" && strings.Contains(v.Str("secretString"), password) {
			return v, nil
		}
	}
	return nil, fmt.Errorf("no secret of the stack holds the database's password")
}

func (s *scene) loseSecret() error {
	v, err := s.secretOfDatabase()
	if err != nil {
		return err
	}
	return s.set(v, "secretString", "{}")
}

func (s *scene) loseKey() error {
	v, err := s.secretOfDatabase()
	if err != nil {
		return err
	}
	secret, ok := s.Find("aws:secretsmanager/secret:Secret", "", v.Str("secretId"))
	if !ok {
		return fmt.Errorf("secret %s is gone", v.Str("secretId"))
	}
	key, problem := usableKey(s.Tx, secret.Str("kmsKeyId"))
	if key == nil {
		return fmt.Errorf("the secret's key %s", problem)
	}
	return s.set(key, "isEnabled", false)
}

// loseRights detaches all policies of the tasks' execution role.
func (s *scene) loseRights() error {
	services, err := s.mine(typeService)
	if err != nil {
		return err
	}
	d, ok := taskOf(s.Tx, services[0].Str("taskDefinition"))
	if !ok {
		return fmt.Errorf("the task definition is gone")
	}
	role, ok := roleByARN(s.Tx, d.Str("executionRoleArn"))
	if !ok {
		return fmt.Errorf("the execution role is gone")
	}
	return s.loseRightsOf(role)
}

// loseHosts detaches all policies of the hosts' role.
func (s *scene) loseHosts() error {
	groups, err := s.mine(typeGroup)
	if err != nil {
		return err
	}
	_, content, cause := templateVersion(s.Tx, groupTemplate(groups[0].State))
	role, ok := hostRole(s.Tx, content)
	if !ok {
		return fmt.Errorf("the hosts have no role %s", cause)
	}
	return s.loseRightsOf(role)
}

func (s *scene) loseRightsOf(role *cloud.Resource) error {
	lost := 0
	for _, typ := range []string{typeRolePolicy, typeRoleAttachment} {
		for _, p := range s.All(typ) {
			if p.Str("role") != role.ID && p.Str("role") != role.Str("name") {
				continue
			}
			if err := s.lose(p); err != nil {
				return err
			}
			lost++
		}
	}
	if lost == 0 {
		return fmt.Errorf("role %s has no policy to lose", role.ID)
	}
	return nil
}

// change gives the first resource of a type another password.
func (s *scene) change(typ, property string) error {
	found, err := s.mine(typ)
	if err != nil {
		return err
	}
	return s.set(found[0], property, "changed-by-hand-"+s.Hex(16))
}

func (s *scene) loseLogs() error {
	services, err := s.mine(typeService)
	if err != nil {
		return err
	}
	d, _ := taskOf(s.Tx, services[0].Str("taskDefinition"))
	for _, c := range containersOf(d) {
		if c.LogConfiguration == nil {
			continue
		}
		if g, ok := s.Find(typeLogGroup, "", c.LogConfiguration.Options["awslogs-group"]); ok {
			return s.lose(g)
		}
	}
	return fmt.Errorf("the tasks have no log group")
}

func (s *scene) closeACL() error {
	services, err := s.mine(typeService)
	if err != nil {
		return err
	}
	subnet, ok := s.Find(typeSubnet, "", services[0].Strs("networkConfiguration.subnets[]")[0])
	if !ok {
		return fmt.Errorf("the tasks' subnet is gone")
	}
	acl, ok := aclOf(s.Tx, subnet)
	if !ok {
		return fmt.Errorf("the tasks' subnets have no network ACL of their own")
	}
	return s.set(acl, "egress", []any{})
}

func (s *scene) fire() error {
	alarms, err := s.mine(typeMetricAlarm)
	if err != nil {
		return err
	}
	return s.hide(alarms[0], alarmState, "ALARM")
}

func (s *scene) spoilRelease() error {
	services, err := s.mine(typeService)
	if err != nil {
		return err
	}
	return s.hide(services[0], nextFails, "exit code 1")
}

// spoiled has the tasks of a service's new revision exit where that was decided before.
func spoiled(t *cloud.Tx, r *cloud.Resource, old cloud.Map) {
	why := cloud.Str(r.Hidden, nextFails)
	d, ok := taskOf(t, r.Str("taskDefinition"))
	if why == "" || !ok || cloud.Str(old, "taskDefinition") == r.Str("taskDefinition") {
		return
	}
	delete(r.Hidden, nextFails)
	d.Hidden = cloud.Clone(d.Hidden)
	if d.Hidden == nil {
		d.Hidden = cloud.Map{}
	}
	d.Hidden[crashes] = why
	t.Save(d)
}

// takeBack ends a refresh as AWS ends one whose alarm fires (Amazon EC2 Auto Scaling API Reference, InstanceRefresh).
func (s *scene) takeBack() error {
	groups, err := s.mine(typeGroup)
	if err != nil {
		return err
	}
	return s.hide(groups[0], refreshIs, cloud.Map{
		"Status": "RollbackSuccessful", "PercentageComplete": 34.0,
		"StatusReason": "One or more CloudWatch alarms specified for the instance refresh went into ALARM state",
	})
}

func (s *scene) loseFirst(typ string) error {
	found, err := s.mine(typ)
	if err != nil {
		return err
	}
	return s.lose(found[0])
}

// LastRefresh returns the last instance refresh of a group: its status, empty for none, why it is so, and how far it came.
func LastRefresh(c *cloud.Cloud, region, group string) (status, reason string, percent int, ok bool) {
	t, leave := c.Enter(region)
	defer leave()
	for _, r := range t.All(typeGroup) {
		if r.Str("name") == group {
			last, _ := r.Hidden[refreshIs].(cloud.Map)
			return cloud.Str(last, "Status"), cloud.Str(last, "StatusReason"), cloud.Int(last, "PercentageComplete"), true
		}
	}
	return "", "", 0, false
}

// crashed says why an essential container would exit on its own.
func (w *workload) crashed() string {
	why, _ := w.definition.Hidden[crashes].(string)
	if why == "" {
		return ""
	}
	return "Essential container in task exited: " + why
}

// missing says that the registry has a container's image no more. Tasks that run have theirs (ECS Developer Guide,
// "CannotPullContainer task errors").
func (w *workload) missing(c *documents.Container) string {
	if gone, _ := w.definition.Hidden[imageGone].(bool); gone {
		return fmt.Sprintf("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref %s: %s: not found", c.Image, c.Image)
	}
	return ""
}
