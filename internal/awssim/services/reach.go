package services

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// What an instance needs before it can call AWS over HTTPS. Nothing of this is an error of EC2's: the call just never
// gets an answer, and what the instance was to do does not happen.
const (
	reachHTTPS     = 443
	reachEphemeral = 1024 // first of the ports at which answers arrive ("Ephemeral ports", Amazon VPC User Guide)
	reachLast      = 65535
)

var reachAnywhere = netip.MustParsePrefix("0.0.0.0/0")

// unreachable says why an instance in a subnet cannot call ECS, or "". It needs the interface endpoints of ECS or a way
// out of the VPC (ECS Developer Guide, "Amazon ECS interface VPC endpoints"), security groups that let it call, and
// network ACLs that let calls out and answers in ("Control subnet traffic with network access control lists", Amazon
// VPC User Guide: they keep no state).
func unreachable(t *cloud.Tx, subnetID string, content cloud.Map) string {
	subnet, ok := t.Find(typeSubnet, "", subnetID)
	if !ok {
		return fmt.Sprintf("subnet %s does not exist", subnetID)
	}
	vpc, _ := t.Find(typeVPC, "", subnet.Str("vpcId"))
	groups := hostGroups(content, vpc)
	if !letsOut(t, groups, vpc) {
		return fmt.Sprintf("no security group of the hosts (%s) lets HTTPS out", strings.Join(groups, ", "))
	}
	public := subnet.Bool("mapPublicIpOnLaunch") || slices.Contains(cloud.Strs(content, "networkInterfaces[].associatePublicIpAddress"), "true")
	outside := false // what has no endpoint is reached by the one way out, for which it is enough to look once
	for _, service := range []string{"ecs", "ecs-agent", "ecs-telemetry"} {
		why := ""
		if e, ok := endpointOf(t, subnet.Str("vpcId"), service); ok {
			why = closed(t, e, service, subnet, groups)
		} else if !outside {
			outside, why = true, shutIn(t, subnet, public)
		}
		if why != "" {
			return why
		}
	}
	return ""
}

// hostGroups returns the security groups of instances of a launch template's content: the VPC's default one if the
// template names none.
func hostGroups(content cloud.Map, vpc *cloud.Resource) []string {
	groups := templateGroups(content)
	if len(groups) == 0 && vpc != nil {
		return []string{vpc.Str("defaultSecurityGroupId")}
	}
	return groups
}

// closed says why a subnet's instances do not reach a service that has an endpoint. One with private DNS takes over the
// service's name for the whole VPC, so that one which lets nobody in cuts the service off ("Access an AWS service using
// an interface VPC endpoint", AWS PrivateLink Guide).
func closed(t *cloud.Tx, endpoint *cloud.Resource, service string, subnet *cloud.Resource, groups []string) string {
	switch {
	case !admits(t, endpoint.Strs("securityGroupIds[]"), groups, rangeOf(subnet), reachHTTPS):
		return fmt.Sprintf("endpoint %s, which answers for %s, lets no HTTPS of subnet %s in", endpoint.ID, service, subnet.ID)
	case !aclPasses(t, subnet, "egress", rangeOf(subnet), reachHTTPS, reachHTTPS):
		return fmt.Sprintf("the network ACL of subnet %s lets no HTTPS out", subnet.ID)
	case !aclPasses(t, subnet, "ingress", rangeOf(subnet), reachEphemeral, reachLast):
		return fmt.Sprintf("the network ACL of subnet %s lets no answers in", subnet.ID)
	}
	return ""
}

// shutIn says why a subnet's instances reach nothing outside of the VPC.
func shutIn(t *cloud.Tx, subnet *cloud.Resource, public bool) string {
	if why := aclProblem(t, subnet); why != "" {
		return why
	}
	if !wayOut(t, subnet, public) {
		return fmt.Sprintf("subnet %s has no route by which a host reaches ECS", subnet.ID)
	}
	return ""
}

// aclProblem says why a subnet's network ACL keeps its instances from calling the internet.
func aclProblem(t *cloud.Tx, subnet *cloud.Resource) string {
	if !aclPasses(t, subnet, "egress", reachAnywhere, reachHTTPS, reachHTTPS) {
		return fmt.Sprintf("the network ACL of subnet %s lets no HTTPS out", subnet.ID)
	}
	if !aclPasses(t, subnet, "ingress", reachAnywhere, reachEphemeral, reachLast) {
		return fmt.Sprintf("the network ACL of subnet %s lets no answers in", subnet.ID)
	}
	return ""
}

// endpointOf returns the interface endpoint that answers for a service in a VPC.
func endpointOf(t *cloud.Tx, vpc, service string) (*cloud.Resource, bool) {
	name := "com.amazonaws." + t.Region + "." + service
	return t.First(typeEndpoint, func(e *cloud.Resource) bool {
		return e.Str("serviceName") == name && e.Str("vpcId") == vpc && e.Str("vpcEndpointType") == interfaceType && e.Bool("privateDnsEnabled")
	})
}

// letsOut reports whether security groups let HTTPS out, wherever to. A group has no rules but those that are resources
// of their own; only the default group of a VPC that nobody took over lets everything out.
func letsOut(t *cloud.Tx, groups []string, vpc *cloud.Resource) bool {
	for _, g := range groups {
		if _, adopted := t.Find(typeDefaultGroup, "", g); vpc != nil && g == vpc.Str("defaultSecurityGroupId") && !adopted {
			return true
		}
	}
	_, ok := t.First(typeEgressRule, func(rule *cloud.Resource) bool {
		return slices.Contains(groups, rule.Str("securityGroupId")) && covers(rule, reachHTTPS)
	})
	return ok
}

// admits reports whether one of the groups lets a port in from peers, known by their own groups or by their range.
func admits(t *cloud.Tx, groups, peers []string, from netip.Prefix, port int) bool {
	_, ok := t.First(typeIngressRule, func(rule *cloud.Resource) bool {
		if !slices.Contains(groups, rule.Str("securityGroupId")) || !covers(rule, port) {
			return false
		}
		p, err := netip.ParsePrefix(rule.Str("cidrIpv4"))
		return slices.Contains(peers, rule.Str("referencedSecurityGroupId")) || err == nil && within(from, p)
	})
	return ok
}

// covers reports whether a security group's rule is about a TCP port.
func covers(rule *cloud.Resource, port int) bool {
	protocol := protocolOf(rule.Str("ipProtocol"))
	return protocol == "-1" || protocol == "tcp" && rule.Int("fromPort") <= port && port <= rule.Int("toPort")
}

// aclPasses reports whether the network ACL of a subnet lets TCP to, or from, all of a range through at all of the
// ports. Of the rules that are about the traffic, the one with the lowest number decides.
func aclPasses(t *cloud.Tx, subnet *cloud.Resource, direction string, peers netip.Prefix, from, to int) bool {
	acl, ok := aclOf(t, subnet)
	if !ok {
		return true // the one that AWS made along with the VPC, as it made it
	}
	passes, by := false, math.MaxInt
	for _, rule := range cloud.Maps(acl.State, direction+"[]") {
		number := cloud.Int(rule, "ruleNo")
		if number >= by {
			continue
		}
		p, err := netip.ParsePrefix(cloud.Str(rule, "cidrBlock"))
		protocol := strings.ToLower(cloud.Str(rule, "protocol"))
		everything := protocol == "-1" || protocol == "all"
		if err != nil || !everything && protocol != "tcp" && protocol != "6" {
			continue
		}
		if within(peers, p) && (everything || cloud.Int(rule, "fromPort") <= from && to <= cloud.Int(rule, "toPort")) {
			passes, by = cloud.Str(rule, "action") == "allow", number
		}
	}
	return passes
}

// aclOf returns the network ACL of a subnet: one of its own, or its VPC's default one if somebody took that over.
func aclOf(t *cloud.Tx, subnet *cloud.Resource) (*cloud.Resource, bool) {
	if a, ok := t.First(typeACLAssociation, func(a *cloud.Resource) bool { return a.Str("subnetId") == subnet.ID }); ok {
		return t.Find(typeNetworkACL, "", a.Str("networkAclId"))
	}
	vpc, ok := t.Find(typeVPC, "", subnet.Str("vpcId"))
	if !ok {
		return nil, false
	}
	return t.Find(typeDefaultNetworkACL, "", vpc.Str("defaultNetworkAclId"))
}

// wayOut reports whether a subnet's routes lead out of the VPC. An internet gateway serves only what has a public
// address; a NAT gateway has one, but needs a way out itself ("NAT gateway basics", Amazon VPC User Guide).
func wayOut(t *cloud.Tx, subnet *cloud.Resource, public bool) bool {
	for _, r := range defaultRoutes(t, subnet) {
		if public && strings.HasPrefix(r.Str("gatewayId"), "igw-") && r.Str("state") != "blackhole" {
			return true
		}
		nat, ok := t.Find(typeNAT, "", r.Str("natGatewayId"))
		if !ok {
			if throughOthers(r) {
				return true
			}
			continue
		}
		if behind, ok := t.Find(typeSubnet, "", nat.Str("subnetId")); ok && !natFailed(nat) && passesOn(t, behind, subnet) {
			return true
		}
	}
	return false
}

// passesOn reports whether a NAT gateway in a subnet can pass on what another subnet sends.
func passesOn(t *cloud.Tx, behind, subnet *cloud.Resource) bool {
	return behind.ID != subnet.ID && wayOut(t, behind, true) && aclProblem(t, behind) == "" &&
		aclPasses(t, behind, "ingress", rangeOf(subnet), reachHTTPS, reachHTTPS) &&
		aclPasses(t, behind, "egress", rangeOf(subnet), reachEphemeral, reachLast)
}

// throughOthers reports whether a route leads to something that has a way of its own, of which nothing is known here.
func throughOthers(route *cloud.Resource) bool {
	return route.Str("transitGatewayId") != "" || route.Str("networkInterfaceId") != "" || route.Str("vpcPeeringConnectionId") != ""
}

// defaultRoutes returns the default routes of the table that a subnet is associated with.
func defaultRoutes(t *cloud.Tx, subnet *cloud.Resource) []*cloud.Resource {
	table := ""
	for a := range t.Each(typeRouteAssociation) {
		if a.Str("subnetId") == subnet.ID {
			table = a.Str("routeTableId")
		}
	}
	var out []*cloud.Resource
	for r := range t.Each(typeRoute) {
		if table != "" && r.Str("routeTableId") == table && r.Str("destinationCidrBlock") == "0.0.0.0/0" {
			out = append(out, r)
		}
	}
	return out
}
