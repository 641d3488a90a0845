package cloud

import (
	"fmt"
	"hash/crc32"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	typeLoadBalancer = "aws:lb/loadBalancer:LoadBalancer"
	elbService       = "Elastic Load Balancing v2"
	createBalancers  = "ELB API, CreateLoadBalancer"
)

var _ = register(&Kind{
	Type: typeLoadBalancer, Service: elbService, Noun: "LoadBalancer", UpdateCall: "ModifyLoadBalancerAttributes",
	Unmodelled: words("enableZonalShift"),
	Kept: words(`
		desyncMitigationMode dnsRecordClientRoutingPolicy dropInvalidHeaderFields enableCrossZoneLoadBalancing
		enableHttp2 enableTlsVersionAndCipherSuiteHeaders enableWafFailOpen enableXffClientPort preserveHostHeader
		xffHeaderProcessingMode`),
	Name:       &AutoName{Property: "name", Max: elbNameLimit, Prefix: "namePrefix"},
	Recomputed: []string{"subnetMappings"},
	Refs: []Ref{
		{Path: "subnets[]", To: typeSubnet, Missing: Refusal{"SubnetNotFound", "The subnet ID '{value}' does not exist", createBalancers}},
		{Path: "securityGroups[]", To: typeSecurityGroup, Missing: Refusal{"InvalidSecurityGroup", "Security group '{value}' is not valid", createBalancers}},
	},
	// The provider looks the name up before it calls, since AWS would answer with the existing one.
	Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{"DuplicateLoadBalancerName", "ELBv2 Load Balancer ({value}) already exists", "facts 65"}}},
	Quota:  &Quota{Max: 50, Refusal: Refusal{"TooManyLoadBalancers", "The maximum number of load balancers has been reached.", "facts 21"}},
	Check:  checkBalancer, Create: createBalancer, Update: updateBalancer,
	Delete: func(t *Tx, r *Resource) error {
		if r.Bool("enableDeletionProtection") {
			return Refuse("OperationNotPermitted", "facts 66", "Load balancer '%s' cannot be deleted because deletion protection is enabled", r.ID)
		}
		removeAll(t, typeListener, "loadBalancerArn", r.ID)
		return nil
	},
	Schema: schema.Of(lb.LoadBalancer{}, lb.LoadBalancerArgs{}),
	Timing: Timing{Create: seen(30, 148, 156, 172, 173, 176, 187, 190), Update: secs(5, 1, 30), Delete: secs(123, 30, 150),
		Wait: wait(30, 10, 30), Limit: most(10, 10, 10), Source: "7 logs of a creation, facts, section 1, among them; 1 of a deletion, which waits for its network interfaces (facts 23)"},
	Propagation: secs(5, 0, 60),
	Calls: Calls{"elasticloadbalancing:CreateLoadBalancer elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:AddTags ec2:GetSecurityGroupsForVpc ec2:DescribeAccountAttributes",
		"elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeLoadBalancerAttributes elasticloadbalancing:DescribeCapacityReservation elasticloadbalancing:DescribeTags",
		"elasticloadbalancing:ModifyLoadBalancerAttributes elasticloadbalancing:SetSecurityGroups elasticloadbalancing:SetSubnets elasticloadbalancing:SetIpAddressType elasticloadbalancing:AddTags elasticloadbalancing:RemoveTags",
		"elasticloadbalancing:DeleteLoadBalancer ec2:DescribeNetworkInterfaces"},
	TaggedAs: "elasticloadbalancing:loadbalancer/",
})

func checkBalancer(c *Checker) {
	c.elbName(6)
	if kind, _ := c.String("loadBalancerType"); kind == "network" || kind == "gateway" {
		c.Fail("loadBalancerType", "the offline AWS has application load balancers only")
	}
	c.Unmodelled("customerOwnedIpv4Pool", "ipamPools", "minimumLoadBalancerCapacity", "subnetMappings")
}

// elbNameLimit is the longest name of a load balancer or target group (facts 62).
const elbNameLimit = 32

var elbNamePattern = regexp.MustCompile(`^[0-9A-Za-z-]+$`)

// elbName holds the provider's rules for names of load balancers and target groups (facts 62; elbv2/validate.go).
func (c *Checker) elbName(longestPrefix int) {
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
		if strings.HasPrefix(name, "internal-") {
			c.Fail(path, "%q cannot begin with \"internal-\": %q", path, name)
		}
	}
}

func createBalancer(t *Tx, r *Resource) error {
	computed(r, Map{"internal": false, "ipAddressType": "ipv4"})
	vpc, err := balancerVPC(t, r)
	if err != nil {
		return err
	}
	if _, ok := gatewayOf(t, vpc); !ok && !r.Bool("internal") {
		return Refuse("InvalidSubnet", "facts 64", "VPC %s has no internet gateway", vpc)
	}
	for _, id := range r.Strs("subnets[]") {
		if s, _ := t.Find(typeSubnet, "", id); freeAddresses(t, s) < albAddresses {
			return notEnoughSpace(id)
		}
	}
	name := nameOrPrefixed(t, r, "name", "namePrefix")
	suffix := fmt.Sprintf("app/%s/%s", name, t.Hex(16))
	r.ID = t.ARN("elasticloadbalancing", "loadbalancer/"+suffix)
	host := name
	if r.Bool("internal") {
		host = "internal-" + name
	}
	computed(r, Map{
		"arn": r.ID, "arnSuffix": suffix, "vpcId": vpc, "zoneId": BalancerZone(t.Region), "securityGroups": defaultGroupOf(t, vpc),
		"dnsName":        fmt.Sprintf("%s-%010d.%s.elb.amazonaws.com", strings.ToLower(host), crc32.ChecksumIEEE([]byte(r.ID)), t.Region),
		"subnetMappings": mappings(r), "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "",
	})
	tagsAll(r)
	return logsAccess(t, r, nil)
}

func mappings(r *Resource) []any {
	out := []any{}
	for _, s := range r.Strs("subnets[]") {
		out = append(out, Map{"subnetId": s, "allocationId": "", "ipv6Address": "", "outpostId": "", "privateIpv4Address": ""})
	}
	return out
}

func updateBalancer(t *Tx, r *Resource, old Map) error {
	keep(r, old, "securityGroups", "ipAddressType", "internal")
	if _, err := balancerVPC(t, r); err != nil {
		return err
	}
	r.State["subnetMappings"] = mappings(r)
	tagsAll(r)
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
func balancerVPC(t *Tx, r *Resource) (vpc string, err error) {
	for attribute, limits := range map[string][2]int{"idleTimeout": {1, 4000}, "clientKeepAlive": {60, 604800}} {
		if n := r.Int(attribute); n < limits[0] || n > limits[1] {
			return "", Refuse("ValidationError", "User Guide for Application Load Balancers, load balancer attributes",
				"'%s' must be between '%d' and '%d' seconds, it is '%d'", attribute, limits[0], limits[1], n)
		}
	}
	zones := map[string]bool{}
	for _, id := range r.Strs("subnets[]") {
		s, _ := t.Find(typeSubnet, "", id)
		switch {
		case r.Str("ipAddressType") != "ipv4" && s.Str("ipv6CidrBlock") == "":
			return "", Refuse("ValidationError", createBalancers, "You must specify subnets with an associated IPv6 CIDR block.")
		case zones[s.Str("availabilityZone")]:
			return "", Refuse("InvalidConfigurationRequest", "facts 63", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		case vpc != "" && vpc != s.Str("vpcId"):
			return "", Refuse("InvalidConfigurationRequest", createBalancers, "All subnets must belong to the same VPC: '%s'", vpc)
		case rangeOf(s).Bits() > albBits:
			return "", notEnoughSpace(id)
		}
		zones[s.Str("availabilityZone")] = true
		vpc = s.Str("vpcId")
	}
	if len(zones) < 2 {
		return "", Refuse("ValidationError", "facts 63", "At least two subnets in two different Availability Zones must be specified")
	}
	if has := r.Str("vpcId"); has != "" && has != vpc {
		return "", Refuse("InvalidSubnet", "ELB API, SetSubnets", "The subnets are not in the load balancer's VPC %s", has)
	}
	groups := r.Strs("securityGroups[]")
	if len(groups) > albGroups {
		return "", Refuse("InvalidConfigurationRequest", createBalancers, "The maximum number of security groups for a load balancer is %d", albGroups)
	}
	for _, id := range groups {
		if g, _ := t.Find(typeSecurityGroup, "", id); g.Str("vpcId") != vpc {
			return "", Refuse("InvalidConfigurationRequest", createBalancers, "One or more security groups are invalid")
		}
	}
	return vpc, nil
}

func notEnoughSpace(subnet string) error {
	return Refuse("InvalidSubnet", "User Guide for Application Load Balancers, subnets for your load balancer",
		"Not enough IP space available in %s. ELB requires at least %d free IP addresses in each subnet.", subnet, albAddresses)
}

// freeAddresses returns how many addresses of a subnet are left at most: whatever uses the subnet has one at least.
func freeAddresses(t *Tx, subnet *Resource) int {
	return int(size(rangeOf(subnet))) - reservedFirst - reservedLast - len(t.Holders(subnet))
}
