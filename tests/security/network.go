package security

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const anywhere = "0.0.0.0/0"

// highRisk are the ports that EC2.19 names.
var highRisk = []int{20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601, 8080, 8088, 8888, 9200, 9300}

// opens reports whether a rule lets the whole internet reach one of the ports.
func opens(r cloud.Resource, from string, ports ...int) bool {
	if r.Str("cidrIpv4") != from && r.Str("cidrIpv6") != from {
		return false
	}
	if r.Str("ipProtocol") == "-1" {
		return true
	}
	return slices.ContainsFunc(ports, func(p int) bool { return r.Int("fromPort") <= p && p <= r.Int("toPort") })
}

// closed is the check that no group lets the internet reach the ports.
func closed(from string, ports ...int) func(*Stack) []string {
	return every(ingressRule, func(r cloud.Resource) bool { return !opens(r, from, ports...) })
}

// reached is the check that each VPC has an interface endpoint for a service.
func reached(service string) func(*Stack) []string {
	return each(vpc, func(s *Stack, v cloud.Resource) bool {
		return slices.ContainsFunc(s.With(endpoint, "vpcId", v.ID), func(e cloud.Resource) bool {
			return strings.HasSuffix(e.Str("serviceName"), "."+service)
		})
	})
}

// letsIn reports whether a network ACL allows TCP from everywhere to a port.
func letsIn(r cloud.Resource, port int) bool {
	return slices.ContainsFunc(cloud.Maps(r.State, "ingress[]"), func(e cloud.Map) bool {
		return cloud.Str(e, "cidrBlock") == anywhere && cloud.Str(e, "action") == "allow" && cloud.Str(e, "protocol") != "icmp" &&
			cloud.Int(e, "fromPort") <= port && port <= cloud.Int(e, "toPort")
	})
}

var network = []Control{
	{ID: "EC2.2", Title: "VPC default security groups should not allow inbound or outbound traffic", CIS: "5.4", On: []string{vpc},
		Check: each(vpc, func(s *Stack, v cloud.Resource) bool {
			groups := s.With(defaultGroup, "vpcId", v.ID)
			return len(groups) == 1 && len(groups[0].Strs("ingress[]"))+len(groups[0].Strs("egress[]")) == 0 &&
				len(s.With(ingressRule, "securityGroupId", groups[0].ID)) == 0
		}),
		Met: "The network takes the default group over and leaves it without rules; rules that somebody adds show as differences."},
	{ID: "EC2.6", Title: "VPC flow logging should be enabled in all VPCs", CIS: "3.7", On: []string{vpc},
		Check: each(vpc, func(s *Stack, v cloud.Resource) bool { return len(s.With(flowLog, "vpcId", v.ID)) > 0 }),
		Met:   "Flow logs of all traffic; a protected stack may not turn them off."},
	{ID: "EC2.10", Title: "Amazon EC2 should be configured to use VPC endpoints that are created for the Amazon EC2 service", On: []string{vpc},
		Check:  reached("ec2"),
		Except: "Neither hosts nor tasks call the EC2 API, and an endpoint in each zone costs by the hour."},
	{ID: "EC2.15", Title: "Amazon EC2 subnets should not automatically assign public IP addresses", On: []string{subnet},
		Check: every(subnet, func(r cloud.Resource) bool { return !r.Bool("mapPublicIpOnLaunch") }),
		Met:   "No subnet assigns public addresses: load balancers and NAT gateways bring their own."},
	{ID: "EC2.16", Title: "Unused Network Access Control Lists should be removed", On: []string{acl},
		Check: each(acl, func(s *Stack, r cloud.Resource) bool { return len(s.With(aclAssociation, "networkAclId", r.ID)) > 0 }),
		Met:   "There is one ACL for each tier, and each tier's subnets are on it. AWS's default one cannot be removed; it lets nothing through."},
	{ID: "EC2.18", Title: "Security groups should only allow unrestricted incoming traffic for authorized ports", On: []string{securityGroup},
		Check: every(ingressRule, func(r cloud.Resource) bool {
			open := r.Str("cidrIpv4") == anywhere || r.Str("cidrIpv6") == "::/0"
			return !open || r.Int("fromPort") == r.Int("toPort") && slices.Contains([]int{80, 443}, r.Int("fromPort"))
		}),
		Met: "The internet reaches 80 and 443 of the load balancer and nothing else; every other rule names a group."},
	{ID: "EC2.19", Title: "Security groups should not allow unrestricted access to ports with high risk", On: []string{securityGroup},
		Check: closed(anywhere, highRisk...), Met: "See EC2.18."},
	{ID: "EC2.21", Title: "Network ACLs should not allow ingress from 0.0.0.0/0 to port 22 or port 3389", CIS: "5.1", On: []string{acl},
		Check: every(acl, func(r cloud.Resource) bool { return !letsIn(r, 22) && !letsIn(r, 3389) }),
		Except: "Network ACLs keep no state: answers to what NAT gateways and hosts asked come back to ports 1024 to 65535, of which 3389 is one. " +
			"Closing it would cut one connection in 64512. Port 22 is closed (low-ports), and no security group opens 3389 (EC2.53)."},
	{ID: "low-ports", Title: "Network ACLs do not allow ingress from 0.0.0.0/0 to ports below 1024 but 80 and 443", Extra: true, On: []string{acl},
		Check: every(acl, func(r cloud.Resource) bool {
			for port := range 1024 {
				if port != 80 && port != 443 && letsIn(r, port) && !private(r) {
					return false
				}
			}
			return true
		}),
		Met: "What of EC2.21 can be met: nothing but web and answers comes in."},
	{ID: "EC2.53", Title: "EC2 security groups should not allow ingress from 0.0.0.0/0 to remote server administration ports", CIS: "5.2", Extra: true,
		On: []string{securityGroup}, Check: closed(anywhere, 22, 3389), Met: "Nobody logs in by port: hosts and containers are reached through Systems Manager."},
	{ID: "EC2.54", Title: "EC2 security groups should not allow ingress from ::/0 to remote server administration ports", CIS: "5.3", Extra: true,
		On: []string{securityGroup}, Check: closed("::/0", 22, 3389), Met: "See EC2.53."},
	{ID: "EC2.55", Title: "VPCs should be configured with an interface endpoint for ECR API", On: []string{vpc}, Check: reached("ecr.api"),
		Met: "Among the endpoints that a region has by default."},
	{ID: "EC2.56", Title: "VPCs should be configured with an interface endpoint for Docker Registry", On: []string{vpc}, Check: reached("ecr.dkr"),
		Met: "Among the endpoints that a region has by default."},
	{ID: "EC2.57", Title: "VPCs should be configured with an interface endpoint for Systems Manager", On: []string{vpc}, Check: reached("ssm"),
		Met: "Among the endpoints that a region has by default."},
	{ID: "EC2.58", Title: "VPCs should be configured with an interface endpoint for Systems Manager Incident Manager Contacts", On: []string{vpc},
		Check: reached("ssm-contacts"), Except: "Nothing in the VPC calls Incident Manager: people are told by SNS."},
	{ID: "EC2.60", Title: "VPCs should be configured with an interface endpoint for Systems Manager Incident Manager", On: []string{vpc},
		Check: reached("ssm-incidents"), Except: "See EC2.58."},
	{ID: "EC2.172", Title: "EC2 VPC Block Public Access settings should block internet gateway traffic", On: []string{vpc},
		Check: missing("aws:vpc/blockPublicAccessOptions"), Except: "The region's purpose is to be reached from the internet; what is reached is the load balancer alone (EC2.18)."},
	{ID: "EC2.20", Title: "Both VPN tunnels for an AWS Site-to-Site VPN connection should be up", On: []string{"aws:ec2/vpnConnection:VpnConnection"}, Met: "-"},
	{ID: "EC2.23", Title: "Amazon EC2 Transit Gateways should not automatically accept VPC attachment requests", On: []string{"aws:ec2transitgateway/transitGateway:TransitGateway"}, Met: "-"},
	{ID: "EC2.51", Title: "EC2 Client VPN endpoints should have client connection logging enabled", On: []string{"aws:ec2clientvpn/endpoint:Endpoint"}, Met: "-"},
	{ID: "EC2.171", Title: "EC2 VPN connections should have logging enabled", On: []string{"aws:ec2/vpnConnection:VpnConnection"}, Met: "-"},
	{ID: "EC2.180", Title: "EC2 network interfaces should have source/destination checking enabled", On: []string{"aws:ec2/networkInterface:NetworkInterface"}, Met: "-"},
}

// private reports whether an ACL lets in nobody but the VPC's own range, whatever the port.
func private(r cloud.Resource) bool {
	return !slices.ContainsFunc(cloud.Maps(r.State, "ingress[]"), func(e cloud.Map) bool {
		return cloud.Str(e, "cidrBlock") == anywhere && cloud.Int(e, "fromPort") < 1024 && cloud.Str(e, "protocol") != "icmp"
	})
}
