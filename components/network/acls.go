package network

import (
	"net/netip"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Rule is one entry of a network ACL. All of them allow: what none allows is denied by AWS's last rule.
type Rule struct {
	Protocol string // tcp, icmp or ipv6-icmp, as the provider spells them
	From, To int    // ports, both included; for icmp and ipv6-icmp type and code
	CIDR     netip.Prefix
}

// Rules are a tier's entries in their order. Network ACLs keep no state: what is let in has to be let out again as an
// answer, and the other way round.
type Rules struct{ Ingress, Egress []Rule }

const (
	https = 443
	http  = 80
	// Answers go to the port from which the asker asked. NAT gateways and load balancers use 1024 to 65535 ("Ephemeral
	// ports", Amazon VPC User Guide), Linux hosts a part of those.
	ephemeral = 1024
	lastPort  = 65535
)

// ACL returns the entries of a tier. They follow from the VPC's range and the tier alone, so that zones come and go
// without changing them. DNS, time and instance metadata need none: their addresses pass network ACLs by.
//
// With ipv6 the public and the private tier have rules for it too. The data tier has none: nothing there is reached so.
func ACL(tier Tier, cidr netip.Prefix, ipv6 bool) Rules {
	rules := acl4(tier, cidr)
	if !ipv6 {
		return rules
	}
	var (
		anywhere = netip.MustParsePrefix(everywhere6)
		tcp      = func(from, to int) Rule { return Rule{"tcp", from, to, anywhere} }
		answers  = tcp(ephemeral, lastPort)
		tooLarge = Rule{"ipv6-icmp", 2, 0, anywhere} // routers on the way do not cut packets to size: RFC 8200
	)
	switch tier {
	case TierPublic:
		// Clients of the load balancer; NAT and targets are IPv4.
		rules.Ingress = append(rules.Ingress, tcp(https, https), tcp(http, http), tooLarge)
		rules.Egress = append(rules.Egress, answers, tooLarge)
	case TierPrivate:
		rules.Ingress = append(rules.Ingress, answers, tooLarge)
		rules.Egress = append(rules.Egress, tcp(https, https), tooLarge)
	}
	return rules
}

// acl4 are the entries for IPv4.
func acl4(tier Tier, cidr netip.Prefix) Rules {
	var (
		anywhere = netip.MustParsePrefix(everywhere)
		tcp      = func(from, to int, cidr netip.Prefix) Rule { return Rule{"tcp", from, to, cidr} }
		// A packet that is too large for some network on the way comes back as this message, and is lost for good
		// where it cannot ("Path MTU Discovery", Amazon VPC User Guide): type 3, code 4.
		tooLarge = Rule{"icmp", 3, 4, anywhere}
		answers  = tcp(ephemeral, lastPort, anywhere)
		inside   = tcp(0, lastPort, cidr)
	)
	switch tier {
	case TierPublic:
		// In come clients, what the private subnets send through NAT, and answers to both. Out goes NAT's traffic, by
		// HTTPS, and what the load balancer sends to clients, and to targets on whatever port they listen.
		return Rules{
			Ingress: []Rule{tcp(https, https, anywhere), tcp(http, http, anywhere), answers, tooLarge},
			Egress:  []Rule{tcp(https, https, anywhere), answers, tooLarge, inside},
		}
	case TierPrivate:
		// Hosts and tasks talk to everything inside the VPC; outside it they ask by HTTPS and take the answers.
		return Rules{
			Ingress: []Rule{inside, answers, tooLarge},
			Egress:  []Rule{inside, tcp(https, https, anywhere), tooLarge},
		}
	default:
		// Database and bus talk to the private subnets and to each other. Their ports and all answers are above 1023.
		var rules []Rule
		for _, peer := range peersOfData(cidr) {
			rules = append(rules, tcp(ephemeral, lastPort, peer))
		}
		return Rules{Ingress: rules, Egress: rules}
	}
}

// peersOfData are the parts of the plan that hold all private and all data subnets, whatever the zones: see shares.
func peersOfData(cidr netip.Prefix) []netip.Prefix {
	return []netip.Prefix{
		block(cidr, 1, 0),  // private, slots 0 to 3
		block(cidr, 2, 2),  // private, slots 4 and 5
		block(cidr, 4, 13), // data
	}
}

// firstRule and ruleStep number the entries, with room between them for an operator's in an emergency.
const (
	firstRule = 100
	ruleStep  = 10
)

// acl makes one tier's network ACL.
func (b *builder) acl(tier Tier) (*ec2.NetworkAcl, error) {
	rules := ACL(tier, netip.MustParsePrefix(b.args.CIDR), b.args.IPv6)
	args := &ec2.NetworkAclArgs{VpcId: b.vpc.ID()}
	var ingress ec2.NetworkAclIngressArray
	for i, r := range rules.Ingress {
		from, to, icmpType, icmpCode := r.numbers()
		cidr, cidr6 := r.ranges()
		ingress = append(ingress, ec2.NetworkAclIngressArgs{
			RuleNo: pulumi.Int(firstRule + i*ruleStep), Action: pulumi.String("allow"), Protocol: pulumi.String(r.Protocol),
			CidrBlock: cidr, Ipv6CidrBlock: cidr6, FromPort: from, ToPort: to, IcmpType: icmpType, IcmpCode: icmpCode,
		})
	}
	var egress ec2.NetworkAclEgressArray
	for i, r := range rules.Egress {
		from, to, icmpType, icmpCode := r.numbers()
		cidr, cidr6 := r.ranges()
		egress = append(egress, ec2.NetworkAclEgressArgs{
			RuleNo: pulumi.Int(firstRule + i*ruleStep), Action: pulumi.String("allow"), Protocol: pulumi.String(r.Protocol),
			CidrBlock: cidr, Ipv6CidrBlock: cidr6, FromPort: from, ToPort: to, IcmpType: icmpType, IcmpCode: icmpCode,
		})
	}
	args.Ingress, args.Egress = ingress, egress
	return ec2.NewNetworkAcl(b.ctx, b.name+"-"+string(tier)+"-acl", args, b.child)
}

// numbers returns a rule's ports, or its ICMP type and code: the provider wants ports of 0 beside those.
func (r Rule) numbers() (from, to pulumi.Int, icmpType, icmpCode pulumi.IntPtrInput) {
	if r.Protocol != "tcp" {
		return 0, 0, pulumi.Int(r.From), pulumi.Int(r.To)
	}
	return pulumi.Int(r.From), pulumi.Int(r.To), nil, nil
}

// ranges returns a rule's range as what it is.
func (r Rule) ranges() (cidr, cidr6 pulumi.StringPtrInput) {
	if r.CIDR.Addr().Is6() {
		return nil, pulumi.String(r.CIDR.String())
	}
	return pulumi.String(r.CIDR.String()), nil
}

// defaults takes over what AWS makes along with a VPC and leaves each of them letting nothing through, so that whatever
// is made without a group, an ACL or a route table of its own stays unreachable until somebody decides.
func (b *builder) defaults() error {
	// Naming no rules removes those it was born with, and as differences those that somebody adds later.
	if _, err := ec2.NewDefaultSecurityGroup(b.ctx, b.name+"-default", &ec2.DefaultSecurityGroupArgs{
		VpcId:   b.vpc.ID(),
		Ingress: ec2.DefaultSecurityGroupIngressArray{},
		Egress:  ec2.DefaultSecurityGroupEgressArray{},
	}, b.child); err != nil {
		return err
	}
	// AWS lists the subnets that are on the default ACL for the moment before they get their own; that is no difference.
	if _, err := ec2.NewDefaultNetworkAcl(b.ctx, b.name+"-default", &ec2.DefaultNetworkAclArgs{
		DefaultNetworkAclId: b.vpc.DefaultNetworkAclId,
	}, b.child, pulumi.IgnoreChanges([]string{"subnetIds"})); err != nil {
		return err
	}
	_, err := ec2.NewDefaultRouteTable(b.ctx, b.name+"-default", &ec2.DefaultRouteTableArgs{
		DefaultRouteTableId: b.vpc.DefaultRouteTableId,
		Routes:              ec2.DefaultRouteTableRouteArray{}, // none, also of those that somebody adds later
	}, b.child)
	return err
}
