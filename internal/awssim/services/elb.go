package services

import (
	"fmt"
	"hash/crc32"
	"regexp"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeLoadBalancer = "aws:lb/loadBalancer:LoadBalancer"
	elbService       = "Elastic Load Balancing v2"
	createBalancers  = "ELB API, CreateLoadBalancer"
)

var _ = cloud.Register(&cloud.Kind{
	Type: typeLoadBalancer, Service: elbService, Noun: "LoadBalancer", UpdateCall: "ModifyLoadBalancerAttributes",
	Unmodelled: strings.Fields("enableZonalShift"),
	Name:       &cloud.AutoName{Property: "name", Max: elbNameLimit, Prefix: "namePrefix"},
	Recomputed: []string{"subnetMappings"},
	Refs: []cloud.Ref{
		{Path: "subnets[]", To: typeSubnet, Missing: cloud.Refusal{Code: "SubnetNotFound", Message: "The subnet ID '{value}' does not exist", Rule: createBalancers}},
		{Path: "securityGroups[]", To: typeSecurityGroup, Missing: cloud.Refusal{Code: "InvalidSecurityGroup", Message: "Security group '{value}' is not valid", Rule: createBalancers}},
	},
	// The provider looks the name up before it calls, since AWS would answer with the existing one.
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "DuplicateLoadBalancerName", Message: "ELBv2 Load Balancer ({value}) already exists", Rule: "facts 65"}}},
	Quota:  &cloud.Quota{Max: 50, Refusal: cloud.Refusal{Code: "TooManyLoadBalancers", Message: "The maximum number of load balancers has been reached.", Rule: "facts 21"}},
	Check:  checkBalancer, Create: createBalancer, Update: updateBalancer,
	Delete: func(t *cloud.Tx, r *cloud.Resource) error {
		if r.Bool("enableDeletionProtection") {
			return cloud.Refuse("OperationNotPermitted", "facts 66", "Load balancer '%s' cannot be deleted because deletion protection is enabled", r.ID)
		}
		removeAll(t, typeListener, "loadBalancerArn", r.ID)
		return nil
	},
	Timing: cloud.Timing{Create: cloud.Seen(30, 148, 156, 172, 173, 176, 187, 190), Update: cloud.Secs(5, 1, 30), Delete: cloud.Secs(123, 30, 150),
		Wait: cloud.WaitSeconds(30, 10, 30), Limit: cloud.LimitMinutes(10, 10, 10), Source: "7 logs of a creation, facts, section 1, among them; 1 of a deletion, which waits for its network interfaces (facts 23)"},
	Propagation: cloud.Secs(5, 0, 60),
	Calls: cloud.Calls{Create: "elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:AddTags ec2:GetSecurityGroupsForVpc ec2:DescribeAccountAttributes",
		Read:   "elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeLoadBalancerAttributes elasticloadbalancing:DescribeCapacityReservation elasticloadbalancing:DescribeTags",
		Update: "elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:SetSecurityGroups elasticloadbalancing:SetSubnets elasticloadbalancing:SetIpAddressType elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags",
		Remove: "elasticloadbalancing:DeleteLoadBalancer ec2:DescribeNetworkInterfaces"},
	TaggedAs: "elasticloadbalancing:loadbalancer/",
})

func checkBalancer(c *cloud.Checker) {
	checkELBName(c, 6)
	for _, path := range []string{"name", "namePrefix"} {
		if name := cloud.Str(c.In, path); strings.HasPrefix(name, "internal-") {
			c.Fail(path, "%q cannot begin with \"internal-\": %q", path, name)
		}
	}
	if kind, _ := c.String("loadBalancerType"); kind == "network" || kind == "gateway" {
		c.Fail("loadBalancerType", "the offline AWS has application load balancers only")
	}
	c.Unmodelled("customerOwnedIpv4Pool", "ipamPools", "minimumLoadBalancerCapacity", "subnetMappings")
}

// elbNameLimit is the longest name of a load balancer or target group (facts 62).
const elbNameLimit = 32

var elbNamePattern = regexp.MustCompile(`^[0-9A-Za-z-]+$`)

// checkELBName holds the provider's rules for names of load balancers and target groups (facts 62; elbv2/validate.go).
func checkELBName(c *cloud.Checker, longestPrefix int) {
	for path, longest := range map[string]int{"name": elbNameLimit, "namePrefix": longestPrefix} {
		name, ok := c.String(path)
		if !ok || name == "" {
			continue
		}
		if len(name) > longest {
			c.Fail(path, "%q cannot be longer than %d characters: %q", path, longest, name)
		}
		if !elbNamePattern.MatchString(name) {
			c.Fail(path, "only alphanumeric characters and hyphens allowed in %q: %q", path, name)
		}
		if strings.HasPrefix(name, "-") || path == "name" && strings.HasSuffix(name, "-") {
			c.Fail(path, "%q cannot begin or end with a hyphen: %q", path, name)
		}
	}
}

func createBalancer(t *cloud.Tx, r *cloud.Resource) error {
	cloud.Computed(r, cloud.Map{"internal": false, "ipAddressType": "ipv4"})
	vpc, err := balancerVPC(t, r)
	if err != nil {
		return err
	}
	if _, ok := gatewayOf(t, vpc); !ok && !r.Bool("internal") {
		return cloud.Refuse("InvalidSubnet", "facts 64", "VPC %s has no internet gateway", vpc)
	}
	for _, id := range r.Strs("subnets[]") {
		if s, _ := t.Find(typeSubnet, "", id); freeAddresses(t, s) < albAddresses {
			return notEnoughSpace(id)
		}
	}
	name := cloud.NameOrPrefixed(t, r, "name", "namePrefix")
	suffix := fmt.Sprintf("app/%s/%s", name, t.Hex(16))
	r.ID = t.ARN("elasticloadbalancing", "loadbalancer/"+suffix)
	host := name
	if r.Bool("internal") {
		host = "internal-" + name
	}
	cloud.Computed(r, cloud.Map{
		"arn": r.ID, "arnSuffix": suffix, "vpcId": vpc, "zoneId": BalancerZone(t.Region), "securityGroups": defaultGroupOf(t, vpc),
		"dnsName":        fmt.Sprintf("%s-%010d.%s.elb.amazonaws.com", strings.ToLower(host), crc32.ChecksumIEEE([]byte(r.ID)), t.Region),
		"subnetMappings": mappings(r), "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "",
	})
	return logsAccess(t, r, nil)
}

func mappings(r *cloud.Resource) []any {
	out := []any{}
	for _, s := range r.Strs("subnets[]") {
		out = append(out, cloud.Map{"subnetId": s, "allocationId": "", "ipv6Address": "", "outpostId": "", "privateIpv4Address": ""})
	}
	return out
}

func updateBalancer(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	if _, err := balancerVPC(t, r); err != nil {
		return err
	}
	r.State["subnetMappings"] = mappings(r)
	return logsAccess(t, r, old)
}

// What an application load balancer needs of each of its subnets ("Subnets for your load balancer", User Guide for
// Application Load Balancers).
const (
	albBits      = 27 // longest prefix
	albAddresses = 8  // free at the creation
)

// albGroups is how many security groups a network interface, and so a load balancer, takes (facts 21).
const albGroups = 5

// balancerVPC checks a load balancer's settings, subnets and groups, and returns the VPC they are in.
func balancerVPC(t *cloud.Tx, r *cloud.Resource) (vpc string, err error) {
	for attribute, limits := range map[string][2]int{"idleTimeout": {1, 4000}, "clientKeepAlive": {60, 604800}} {
		if n := r.Int(attribute); n < limits[0] || n > limits[1] {
			return "", cloud.Refuse("ValidationError", "User Guide for Application Load Balancers, load balancer attributes",
				"'%s' must be between '%d' and '%d' seconds, it is '%d'", attribute, limits[0], limits[1], n)
		}
	}
	zones := map[string]bool{}
	for _, id := range r.Strs("subnets[]") {
		s, _ := t.Find(typeSubnet, "", id)
		switch {
		case r.Str("ipAddressType") != "ipv4" && s.Str("ipv6CidrBlock") == "":
			return "", cloud.Refuse("ValidationError", createBalancers, "You must specify subnets with an associated IPv6 CIDR block.")
		case zones[s.Str("availabilityZone")]:
			return "", cloud.Refuse("InvalidConfigurationRequest", "facts 63", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		case vpc != "" && vpc != s.Str("vpcId"):
			return "", cloud.Refuse("InvalidConfigurationRequest", createBalancers, "All subnets must belong to the same VPC: '%s'", vpc)
		case rangeOf(s).Bits() > albBits:
			return "", notEnoughSpace(id)
		}
		zones[s.Str("availabilityZone")] = true
		vpc = s.Str("vpcId")
	}
	if len(zones) < 2 {
		return "", cloud.Refuse("ValidationError", "facts 63", "At least two subnets in two different Availability Zones must be specified")
	}
	if has := r.Str("vpcId"); has != "" && has != vpc {
		return "", cloud.Refuse("InvalidSubnet", "ELB API, SetSubnets", "The subnets are not in the load balancer's VPC %s", has)
	}
	groups := r.Strs("securityGroups[]")
	if len(groups) > albGroups {
		return "", cloud.Refuse("InvalidConfigurationRequest", createBalancers, "The maximum number of security groups for a load balancer is %d", albGroups)
	}
	for _, id := range groups {
		if g, _ := t.Find(typeSecurityGroup, "", id); g.Str("vpcId") != vpc {
			return "", cloud.Refuse("InvalidConfigurationRequest", createBalancers, "One or more security groups are invalid")
		}
	}
	return vpc, nil
}

func notEnoughSpace(subnet string) error {
	return cloud.Refuse("InvalidSubnet", "User Guide for Application Load Balancers, subnets for your load balancer",
		"Not enough IP space available in %s. ELB requires at least %d free IP addresses in each subnet.", subnet, albAddresses)
}

// freeAddresses returns how many addresses of a subnet are left at most: whatever uses the subnet has one at least.
func freeAddresses(t *cloud.Tx, subnet *cloud.Resource) int {
	return int(size(rangeOf(subnet))) - reservedFirst - reservedLast - len(t.Holders(subnet))
}
