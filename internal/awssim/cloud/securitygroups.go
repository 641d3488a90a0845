package cloud

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
)

const (
	typeDefaultGroup = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	typeIngressRule  = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	typeEgressRule   = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
	typeEndpoint     = "aws:ec2/vpcEndpoint:VpcEndpoint"
)

var (
	missingGroup = Refusal{"InvalidGroup.NotFound", "The security group '{value}' does not exist", "EC2 API, error codes"}
	// groupText is what AWS takes in names and descriptions of groups and rules (EC2 API, CreateSecurityGroup).
	groupText = regexp.MustCompile(`^[0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]*$`)
)

var _ = register(
	&Kind{
		Type: typeSecurityGroup, Service: "EC2", Noun: "SecurityGroup",
		Name:     &AutoName{Property: "name", Max: 255, Prefix: "namePrefix"},
		Replace:  []string{"name", "namePrefix", "description", "vpcId"},
		Defaults: Map{"description": "Managed by Pulumi", "revokeRulesOnDelete": false},
		Refs:     []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Unique: []Unique{{Props: []string{"name", "vpcId"},
			Refusal: Refusal{"InvalidGroup.Duplicate", "The security group '{value}' already exists for VPC", "facts 14"}}},
		InUse: Refusal{inUseByOthers, "resource {id} has a dependent object", "facts 3"},
		Quota: &Quota{Max: 2500, Refusal: Refusal{"SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.", "facts 21"}},
		Check: func(c *Checker) {
			c.Length("name", 1, 255)
			c.Length("description", 1, 255)
			c.Match("description", groupText, "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*")
			c.rulesApart()
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = t.ID("sg")
			nameOrPrefixed(t, r, "name", "namePrefix")
			return settleSecurityGroup(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error { return settleSecurityGroup(t, r) },
	},
	&Kind{
		Type: typeDefaultGroup, Service: "EC2", Noun: "SecurityGroup", CreateCall: "RevokeSecurityGroupIngress",
		Replace: []string{"vpcId"},
		Refs:    []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC, Free: true}}, // goes with its VPC
		Check:   func(c *Checker) { c.rulesApart() },
		Create: func(t *Tx, r *Resource) error {
			vpc, ok := t.Find(typeVPC, "", r.Str("vpcId"))
			if !ok {
				return Refuse("InvalidGroup.NotFound", "EC2 API, error codes", "the offline account has no default VPC, and so no default security group outside a VPC of its own")
			}
			r.ID = vpc.Str("defaultSecurityGroupId")
			computed(r, Map{"name": "default", "description": "default VPC security group", "namePrefix": ""})
			return settleSecurityGroup(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error { return settleSecurityGroup(t, r) },
	},
	rule(typeIngressRule, "Ingress"),
	rule(typeEgressRule, "Egress"),
	&Kind{
		Type: typeEndpoint, Service: "EC2", Noun: "VpcEndpoint", DeleteCall: "DeleteVpcEndpoints",
		Replace:  []string{"vpcId", "serviceName", "vpcEndpointType", "serviceRegion"},
		JSON:     []string{"policy"},
		Defaults: Map{"vpcEndpointType": "Gateway"},
		Refs: []Ref{
			{Path: "vpcId", To: typeVPC, Missing: missingVPC},
			{Path: "routeTableIds[]", To: typeRouteTable, Missing: missingTable, Free: true},
			{Path: "subnetIds[]", To: typeSubnet, Missing: missingNet},
			{Path: "securityGroupIds[]", To: typeSecurityGroup, Missing: missingGroup},
		},
		Check: checkEndpoint, Create: createEndpoint,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
	},
)

// rulesApart refuses rules written into a group: as resources of their own each has an identity, and two groups can
// name each other.
func (c *Checker) rulesApart() {
	for _, p := range []string{"ingress", "egress"} {
		if len(At(c.In, p+"[]")) > 0 {
			c.Fail(p, "the offline AWS takes rules as resources of their own only")
		}
	}
}

func settleSecurityGroup(t *Tx, r *Resource) error {
	computed(r, Map{
		"arn": t.ARN("ec2", "security-group/"+r.ID), "ownerId": t.Account(), "ingress": List[any](), "egress": List[any](),
	})
	tagsAll(r)
	return nil
}

func rule(typ, direction string) *Kind {
	return &Kind{
		Type: typ, Service: "EC2", Noun: "SecurityGroupRule", CreateCall: "AuthorizeSecurityGroup" + direction,
		UpdateCall: "ModifySecurityGroupRules", DeleteCall: "RevokeSecurityGroup" + direction,
		Replace: []string{"securityGroupId"},
		Refs: []Ref{
			// Rules go with their own group, but keep the group they name.
			{Path: "securityGroupId", To: typeSecurityGroup, Missing: missingGroup, Free: true},
			{Path: "referencedSecurityGroupId", To: typeSecurityGroup, Missing: missingGroup},
		},
		Quota: &Quota{Max: 60, Per: "securityGroupId", Refusal: Refusal{"RulesPerSecurityGroupLimitExceeded",
			"The maximum number of rules per security group has been reached.", "facts 21"}},
		Check: checkRule,
		Create: func(t *Tx, r *Resource) error {
			if err := admissible(t, r); err != nil {
				return err
			}
			r.ID = t.ID("sgr")
			r.State["securityGroupRuleId"], r.State["arn"] = r.ID, t.ARN("ec2", "security-group-rule/"+r.ID)
			tagsAll(r)
			return nil
		},
		Update: func(t *Tx, r *Resource, _ Map) error { tagsAll(r); return admissible(t, r) },
	}
}

func checkRule(c *Checker) {
	c.ExactlyOne("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
	c.ipv4Range("cidrIpv4", 0, 32)
	if text, ok := c.String("cidrIpv6"); ok {
		if p, err := netip.ParsePrefix(text); err != nil || !p.Addr().Is6() {
			c.Fail("cidrIpv6", "%q is not a valid IPv6 CIDR block", text)
		}
	}
	c.Match("description", groupText, "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*")
	c.Length("description", 0, 255)
	c.Between("fromPort", -1, 65535)
	c.Between("toPort", -1, 65535)
	protocol, ok := c.String("ipProtocol")
	ports := Has(c.In, "fromPort") || Has(c.In, "toPort")
	switch {
	case !ok:
	case protocol == "-1" && ports:
		c.Fail("fromPort", "ports cannot be given for all protocols")
	case (protocol == "tcp" || protocol == "udp") && (!Has(c.In, "fromPort") || !Has(c.In, "toPort")):
		c.Fail("fromPort", "fromPort and toPort must both be given for %s", protocol)
	}
	from, okFrom := c.Number("fromPort")
	to, okTo := c.Number("toPort")
	if okFrom && okTo && from > to && (protocol == "tcp" || protocol == "udp") {
		c.Fail("fromPort", "invalid port range: %v to %v", from, to)
	}
}

// admissible refuses a rule that its group has already, or that names a group of another VPC.
func admissible(t *Tx, r *Resource) error {
	peer := func(r *Resource) string {
		return r.Str("cidrIpv4") + r.Str("cidrIpv6") + r.Str("prefixListId") + r.Str("referencedSecurityGroupId")
	}
	same := func(o *Resource) bool {
		return o.ID != r.ID && o.Str("securityGroupId") == r.Str("securityGroupId") && peer(o) == peer(r) &&
			o.Str("ipProtocol") == r.Str("ipProtocol") && o.Int("fromPort") == r.Int("fromPort") && o.Int("toPort") == r.Int("toPort")
	}
	if slices.ContainsFunc(t.All(r.Type), same) {
		return Refuse("InvalidPermission.Duplicate", "facts 15", `the specified rule "peer: %s, %s, from port: %d, to port: %d, ALLOW" already exists`,
			peer(r), r.Str("ipProtocol"), r.Int("fromPort"), r.Int("toPort"))
	}
	own, _ := t.Find(typeSecurityGroup, "", r.Str("securityGroupId"))
	if other, ok := t.Find(typeSecurityGroup, "", r.Str("referencedSecurityGroupId")); ok && other.Str("vpcId") != own.Str("vpcId") {
		return Refuse("InvalidGroup.NotFound", "EC2 API, error codes", "You have specified two resources that belong to different networks.")
	}
	return nil
}

func checkEndpoint(c *Checker) {
	c.OneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork")
	c.ExactlyOne("serviceName", "resourceConfigurationArn", "serviceNetworkArn")
	c.policy("policy", resourcePolicy)
	c.OneOf("ipAddressType", "ipv4", "dualstack", "ipv6")
	c.OneOf("dnsOptions.dnsRecordIpType", "ipv4", "dualstack", "ipv6", "service-defined")
}

// gatewayServices are the services that have gateway endpoints (AWS PrivateLink Guide, "Gateway endpoints").
var gatewayServices = []string{"s3", "dynamodb"}

var endpointService = regexp.MustCompile(`^com\.amazonaws\.([a-z0-9-]+)\.([a-z0-9.-]+)$`)

// prefixLists stand for AWS's address ranges of a gateway service in a region; their ids differ between regions.
func createEndpoint(t *Tx, r *Resource) error {
	name := endpointService.FindStringSubmatch(r.Str("serviceName"))
	if name == nil || name[1] != t.Region {
		return Refuse("InvalidServiceName", "EC2 API, error codes", "The Vpc Endpoint Service '%s' does not exist", r.Str("serviceName"))
	}
	vpc, _ := t.Find(typeVPC, "", r.Str("vpcId"))
	switch r.Str("vpcEndpointType") {
	case "Gateway":
		if err := gatewayEndpoint(t, r, name[2]); err != nil {
			return err
		}
	case "Interface":
		if err := interfaceEndpoint(t, r, vpc, name[2]); err != nil {
			return err
		}
	default:
		return fmt.Errorf("VPC endpoints of type %s are not part of the offline AWS", r.Str("vpcEndpointType"))
	}
	r.ID = t.ID("vpce")
	computed(r, Map{
		"arn": t.ARN("ec2", "vpc-endpoint/"+r.ID), "ownerId": t.Account(), "state": "available", "requesterManaged": false,
		"serviceRegion": t.Region, "privateDnsEnabled": false, "subnetIds": List[any](), "securityGroupIds": List[any](), "routeTableIds": List[any](),
		"policy": `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}`,
		// Gateway endpoints have neither names nor interfaces; interface endpoints have theirs already.
		"networkInterfaceIds": List[any](), "dnsEntries": List[any](), "ipAddressType": "ipv4",
	})
	tagsAll(r)
	return nil
}

func gatewayEndpoint(t *Tx, r *Resource, service string) error {
	if !slices.Contains(gatewayServices, service) {
		return Refuse("InvalidParameter", "EC2 API, CreateVpcEndpoint",
			"Endpoint type (Gateway) does not match available service types ([Interface]).")
	}
	if len(At(r.State, "subnetIds[]")) > 0 {
		return Refuse("InvalidParameter", "facts 17", "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.")
	}
	for _, id := range r.Strs("routeTableIds[]") {
		if table, _ := t.Find(typeRouteTable, "", id); table.Str("vpcId") != r.Str("vpcId") {
			return Refuse("InvalidParameter", "EC2 API, CreateVpcEndpoint", "Route table %s does not belong to the VPC %s", id, r.Str("vpcId"))
		}
	}
	r.State["prefixListId"] = "pl-" + map[string]string{"eu-central-1": "6ea54007", "us-east-1": "63a5400a"}[t.Region]
	r.State["cidrBlocks"] = List("52.219.0.0/16")
	return nil
}

func interfaceEndpoint(t *Tx, r, vpc *Resource, service string) error {
	if len(At(r.State, "routeTableIds[]")) > 0 {
		return Refuse("InvalidParameter", "EC2 API, CreateVpcEndpoint", "Route table IDs are only supported for Gateway type VPC Endpoints.")
	}
	if r.Bool("privateDnsEnabled") && !(vpc.Bool("enableDnsSupport") && vpc.Bool("enableDnsHostnames")) {
		return Refuse("InvalidParameter", "facts 16",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", vpc.ID)
	}
	for _, other := range t.All(typeEndpoint) {
		if r.Bool("privateDnsEnabled") && other.Bool("privateDnsEnabled") && other.Str("vpcId") == vpc.ID && other.Str("serviceName") == r.Str("serviceName") {
			return Refuse("InvalidParameter", "EC2 API, CreateVpcEndpoint", "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s.%s.amazonaws.com in the VPC %s",
				service, t.Region, vpc.ID)
		}
	}
	zones := map[string]bool{}
	interfaces := []any{}
	for _, id := range r.Strs("subnetIds[]") {
		s, _ := t.Find(typeSubnet, "", id)
		if zones[s.Str("availabilityZone")] {
			return Refuse("DuplicateSubnetsInSameZone", "EC2 API, error codes", "Found another VPC endpoint subnet in the availability zone of %s", id)
		}
		zones[s.Str("availabilityZone")] = true
		interfaces = append(interfaces, t.ID("eni"))
	}
	r.State["networkInterfaceIds"] = interfaces
	r.State["dnsEntries"] = List[any](Map{
		"dnsName": fmt.Sprintf("vpce-%s.%s.%s.vpce.amazonaws.com", t.Hex(17), service, t.Region), "hostedZoneId": "Z" + t.Hex(12),
	})
	return nil
}
