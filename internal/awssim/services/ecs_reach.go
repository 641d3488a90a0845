package services

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

// healthy says why the load balancer finds no task healthy, or "": its security groups have to let the check out to the
// container's port, and those of the tasks have to let it in (ECS Developer Guide, "Amazon ECS service event messages":
// unhealthy in target-group; User Guide for Application Load Balancers, "Recommended rules").
func (w *workload) healthy() string {
	tasks := w.service.Strs("networkConfiguration.securityGroups[]")
	for _, lb := range cloud.Maps(w.service.State, "loadBalancers[]") {
		port := cloud.Int(lb, "containerPort")
		for _, arn := range balancersOf(w.t, cloud.Str(lb, "targetGroupArn")) {
			name, _ := arn.(string)
			balancer, ok := w.t.Find(typeLoadBalancer, "", name)
			if !ok {
				continue
			}
			groups := balancer.Strs("securityGroups[]")
			switch {
			case !w.opens(groups, tasks, port):
				return fmt.Sprintf("(port %d) is unhealthy in (target-group %s) due to (reason Request timed out): no security group of the load balancer lets it out",
					port, cloud.Str(lb, "targetGroupArn"))
			case !w.admitted(tasks, groups, port):
				return fmt.Sprintf("(port %d) is unhealthy in (target-group %s) due to (reason Request timed out): no security group of the tasks lets it in",
					port, cloud.Str(lb, "targetGroupArn"))
			}
		}
	}
	return ""
}

// connected says why a container would not come up because what its environment names cannot be reached: a database
// cluster or a cache of this region, by the address that AWS gave it. An essential container that cannot do its work
// ends, and the task with it (ECS Developer Guide, "Amazon ECS stopped tasks error messages": Essential container in
// task exited).
func (w *workload) connected(c *documents.Container) string {
	for _, of := range w.connections(c) {
		if why := w.reaches(of.to, of.peer); why != "" {
			return fmt.Sprintf("Essential container in task exited: %s cannot be reached: %s", of.host, why)
		}
		if passwords := of.peer.passwords(of.to); len(passwords) > 0 && !w.opensWith(c, passwords) {
			return fmt.Sprintf("Essential container in task exited: %s: %s", of.host, of.peer.refusal)
		}
	}
	return ""
}

// connection is something that a container's environment names the address of.
type connection struct {
	host string
	peer peer
	to   *cloud.Resource
}

func (w *workload) connections(c *documents.Container) (all []connection) {
	for _, variable := range c.Environment {
		for _, s := range peers {
			for r := range w.t.Each(s.typ) {
				if variable.Value != "" && slices.ContainsFunc(s.hosts, func(p string) bool { return r.Str(p) == variable.Value }) {
					all = append(all, connection{variable.Value, s, r})
				}
			}
		}
	}
	return all
}

// peer is a type of resource that tasks connect to.
type peer struct {
	typ     string
	hosts   []string // the properties that are its addresses
	groups  string   // the property that holds its security groups
	subnets ref      // its subnet group
	answers func(t *cloud.Tx, r *cloud.Resource) bool

	passwords func(r *cloud.Resource) []string // those that open it; none: it takes everybody
	refusal   string                           // what it says to another one (PostgreSQL, "Error Codes": 28P01; Valkey, AUTH)
}

var peers = []peer{
	{typ: typeDBCluster, hosts: []string{"endpoint", "readerEndpoint"}, groups: "vpcSecurityGroupIds[]", subnets: ref{"dbSubnetGroupName", typeDBSubnetGroup},
		// The endpoint of a cluster is that of its instances ("Amazon Aurora endpoint connections", Aurora User Guide).
		answers:   func(t *cloud.Tx, r *cloud.Resource) bool { return len(members(t, r)) > 0 },
		passwords: func(r *cloud.Resource) []string { return withoutEmpty(r.Str("masterPassword")) }, refusal: `password authentication failed for user "deepstream" (28P01)`},
	{typ: typeReplicationGroup, hosts: []string{"primaryEndpointAddress", "readerEndpointAddress", "configurationEndpointAddress"},
		groups: "securityGroupIds[]", subnets: ref{"subnetGroupName", typeCacheSubnetGroup}, answers: func(*cloud.Tx, *cloud.Resource) bool { return true },
		passwords: tokensOf, refusal: "WRONGPASS invalid username-password pair or user is disabled."},
}

func (w *workload) reaches(r *cloud.Resource, s peer) string {
	tasks, groups, port := w.service.Strs("networkConfiguration.securityGroups[]"), r.Strs(s.groups), r.Int("port")
	switch {
	case !s.answers(w.t, r):
		return "it has no instances"
	case !w.opens(tasks, groups, port):
		return fmt.Sprintf("no security group of the tasks lets port %d out to it", port)
	case !w.admitted(groups, tasks, port):
		return fmt.Sprintf("none of its security groups lets the tasks in on port %d", port)
	}
	group, _ := w.t.Find(s.subnets.typ, "", r.Str(s.subnets.property))
	if group == nil {
		return ""
	}
	for _, id := range group.Strs("subnetIds[]") {
		if there, ok := w.t.Find(typeSubnet, "", id); ok && !w.filtered(there, port) {
			return fmt.Sprintf("the network ACLs between the tasks and its subnet %s do not let port %d and its answers through", id, port)
		}
	}
	return ""
}

// ref is a property that holds the id of a resource of a type.
type ref struct{ property, typ string }

// filtered reports whether the network ACLs between the tasks' subnets and another let calls to a port, and their
// answers, through. They keep no state ("Control subnet traffic with network access control lists", Amazon VPC User Guide).
func (w *workload) filtered(there *cloud.Resource, port int) bool {
	for _, id := range w.service.Strs("networkConfiguration.subnets[]") {
		here, ok := w.t.Find(typeSubnet, "", id)
		if !ok || here.ID == there.ID {
			continue
		}
		if !aclPasses(w.t, here, "egress", rangeOf(there), port, port) || !aclPasses(w.t, there, "ingress", rangeOf(here), port, port) ||
			!aclPasses(w.t, there, "egress", rangeOf(here), reachEphemeral, reachLast) || !aclPasses(w.t, here, "ingress", rangeOf(there), reachEphemeral, reachLast) {
			return false
		}
	}
	return true
}

// opens reports whether one of the groups lets a port out to peers, known by their groups or by a range around them.
func (w *workload) opens(groups, peers []string, port int) bool {
	return w.passes(typeEgressRule, groups, peers, port)
}

// admitted reports whether one of the groups lets peers in on a port.
func (w *workload) admitted(groups, peers []string, port int) bool {
	return w.passes(typeIngressRule, groups, peers, port)
}

func (w *workload) passes(typ string, groups, peers []string, port int) bool {
	_, ok := w.t.First(typ, func(rule *cloud.Resource) bool {
		if !slices.Contains(groups, rule.Str("securityGroupId")) || !covers(rule, port) {
			return false
		}
		return slices.Contains(peers, rule.Str("referencedSecurityGroupId")) || w.around(rule.Str("cidrIpv4"))
	})
	return ok
}

// around reports whether a range takes in all subnets of the tasks.
func (w *workload) around(cidr string) bool {
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return false
	}
	for _, id := range w.service.Strs("networkConfiguration.subnets[]") {
		s, _ := w.t.Find(typeSubnet, "", id)
		if s == nil || !within(rangeOf(s), p) {
			return false
		}
	}
	return true
}
