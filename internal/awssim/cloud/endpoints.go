package cloud

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const typeEndpoint = "aws:ec2/vpcEndpoint:VpcEndpoint"

const endpointRule = "EC2 API, CreateVpcEndpoint"

// Default quotas (facts 21).
const (
	gatewayEndpoints   = 20 // in a region
	interfaceEndpoints = 50 // in a VPC
)

// withoutPolicies are the services whose endpoints take no policy: DescribeVpcEndpointServices shows them with
// vpcEndpointPolicySupported false.
var withoutPolicies = strings.Fields("ecs-agent ecs-telemetry")

// gatewayEndpoint is the timing of an endpoint that is an entry in route tables and nothing more.
var gatewayEndpoint = limits(Timing{
	Create: seen(5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 9), Update: secs(1, 0, 5), Delete: secs(1, 0, 5), Wait: wait(5, 5, 5), Limit: most(10, 10, 10),
	Source: "gateway endpoints: 10 logs of a creation, facts, section 1, among them; changes and deletions are a guess",
})

var _ = register(&Kind{
	Type: typeEndpoint, Service: "EC2", Noun: "VpcEndpoint", DeleteCall: "DeleteVpcEndpoints",
	Unmodelled: words("autoAccept"),
	Variant: func(in Map) (Timing, bool) {
		typ := Str(in, "vpcEndpointType")
		return gatewayEndpoint, typ == "" || typ == gatewayType
	},
	JSON:       []string{"policy"},
	Recomputed: []string{"networkInterfaceIds"},
	Refs: []Ref{
		{Path: "vpcId", To: typeVPC, Missing: missingVPC},
		{Path: "routeTableIds[]", To: typeRouteTable, Missing: missingTable, Free: true},
		{Path: "subnetIds[]", To: typeSubnet, Missing: missingNet},
		{Path: "securityGroupIds[]", To: typeSecurityGroup, Missing: missingGroup},
	},
	Check: func(c *Checker) {
		c.policy("policy", iampolicy.Resource)
		c.Unmodelled("resourceConfigurationArn", "serviceNetworkArn", "subnetConfigurations", "dnsOptions.privateDnsOnlyForInboundResolverEndpoint")
	},
	Create: createEndpoint, Update: updateEndpoint,
	Schema: schema.Of(ec2.VpcEndpoint{}, ec2.VpcEndpointArgs{}),
	Timing: Timing{Create: secs(90, 38, 117), Update: secs(10, 2, 60), Delete: secs(60, 10, 300),
		Wait: wait(5, 5, 5), Limit: most(10, 10, 10), Source: "interface endpoints: 3 logs of a creation, 43 s, 113 s and 122 s; changes and deletions are a guess"},
	Calls:    Calls{"ec2:CreateVpcEndpoint ec2:CreateTags route53:AssociateVPCWithHostedZone", "ec2:DescribeVpcEndpoints ec2:DescribePrefixLists ec2:DescribeNetworkInterfaces", "ec2:ModifyVpcEndpoint" + ec2Tags, "ec2:DeleteVpcEndpoints"},
	TaggedAs: "ec2:vpc-endpoint/",
})

const (
	gatewayType   = "Gateway"
	interfaceType = "Interface"
)

// gatewayServices have gateway endpoints, beside interface endpoints (AWS PrivateLink Guide, "Gateway endpoints").
var gatewayServices = strings.Fields("dynamodb s3")

// interfaceServices are services of AWS that have interface endpoints (AWS PrivateLink Guide, "AWS services that
// integrate with AWS PrivateLink"), as far as a platform on ECS can need them.
var interfaceServices = strings.Fields(`application-autoscaling autoscaling backup cloudformation dynamodb ec2 ec2messages ecr.api ecr.dkr
	ecs ecs-agent ecs-telemetry elasticache elasticloadbalancing events guardduty-data imagebuilder kms logs monitoring rds s3 secretsmanager
	servicediscovery sns sqs ssm ssmmessages sts tagging wafv2 xray`)

var endpointService = regexp.MustCompile(`^com\.amazonaws\.([a-z0-9-]+)\.([a-z0-9.-]+)$`)

// isPrefixList reports whether an id is that of AWS's own list of a gateway service's addresses.
func isPrefixList(t *Tx, id string) bool {
	return slices.ContainsFunc(gatewayServices, func(s string) bool { return prefixList(t, s) == id })
}

func prefixList(t *Tx, service string) string { return "pl-" + t.stable("prefix list of "+service, 8) }

func createEndpoint(t *Tx, r *Resource) error {
	name := endpointService.FindStringSubmatch(r.Str("serviceName"))
	known := name != nil && name[1] == t.Region && (slices.Contains(gatewayServices, name[2]) || slices.Contains(interfaceServices, name[2]))
	if region := r.Str("serviceRegion"); !known || region != "" && region != t.Region {
		return Refuse("InvalidServiceName", ec2Codes, "The Vpc Endpoint Service '%s' does not exist", r.Str("serviceName"))
	}
	service := name[2]
	var types []string
	for typ, services := range map[string][]string{gatewayType: gatewayServices, interfaceType: interfaceServices} {
		if slices.Contains(services, service) {
			types = append(types, typ)
		}
	}
	slices.Sort(types)
	if !contains(types, r.Str("vpcEndpointType")) {
		return Refuse("InvalidParameter", endpointRule, "Endpoint type (%s) does not match available service types (%v).", r.Str("vpcEndpointType"), types)
	}
	r.ID = t.ID("vpce")
	if r.Str("vpcEndpointType") == gatewayType {
		computed(r, Map{
			"prefixListId": prefixList(t, service), "cidrBlocks": List("198.51.100.0/24"), "securityGroupIds": List[any](),
			"dnsOptions": Map{"dnsRecordIpType": "service-defined"},
		})
	} else {
		host := fmt.Sprintf("%s-%s.%s.%s.vpce.amazonaws.com", r.ID, t.Hex(8), service, t.Region)
		computed(r, Map{
			"prefixListId": "", "cidrBlocks": List[any](), "securityGroupIds": defaultGroupOf(t, r.Str("vpcId")),
			"dnsOptions": Map{"dnsRecordIpType": "ipv4"},
			"dnsEntries": List[any](Map{"dnsName": host, "hostedZoneId": "Z" + strings.ToUpper(t.stable("zone of "+service, 13))}),
		})
	}
	computed(r, Map{
		"arn": t.ARN("ec2", "vpc-endpoint/"+r.ID), "ownerId": t.Account(), "state": "available", "requesterManaged": false,
		"serviceRegion": t.Region, "privateDnsEnabled": false, "routeTableIds": List[any](), "subnetIds": List[any](),
		"policy":              `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}`,
		"networkInterfaceIds": List[any](), "dnsEntries": List[any](), "subnetConfigurations": List[any](), "ipAddressType": "ipv4",
	})
	if err := underEndpointQuota(t, r); err != nil {
		return err
	}
	return applyEndpoint(t, r)
}

func underEndpointQuota(t *Tx, r *Resource) error {
	count, limit := 0, interfaceEndpoints
	if r.Str("vpcEndpointType") == gatewayType {
		limit = gatewayEndpoints
	}
	for _, other := range t.All(typeEndpoint) {
		if other.Str("vpcEndpointType") == r.Str("vpcEndpointType") && (limit == gatewayEndpoints || other.Str("vpcId") == r.Str("vpcId")) {
			count++
		}
	}
	if count >= limit {
		return Refuse("VpcEndpointLimitExceeded", "facts 21", "The maximum number of VPC endpoints has been reached.")
	}
	return nil
}

func updateEndpoint(t *Tx, r *Resource, old Map) error {
	keep(r, old, "policy", "privateDnsEnabled", "routeTableIds", "securityGroupIds", "subnetIds", "ipAddressType", "dnsOptions", "serviceRegion")
	return applyEndpoint(t, r)
}

func applyEndpoint(t *Tx, r *Resource) error {
	tagsAll(r)
	if name := endpointService.FindStringSubmatch(r.Str("serviceName")); Has(r.Inputs, "policy") && contains(withoutPolicies, name[2]) {
		return Refuse("InvalidParameter", endpointRule, "The service %s does not support VPC endpoint policies.", r.Str("serviceName"))
	}
	lacksIPv6 := func(id string) bool { s, _ := t.Find(typeSubnet, "", id); return s.Str("ipv6CidrBlock") == "" }
	if r.Str("ipAddressType") != "ipv4" && (len(r.Strs("subnetIds[]")) == 0 || slices.ContainsFunc(r.Strs("subnetIds[]"), lacksIPv6)) {
		return Refuse("InvalidParameter", endpointRule, "The subnets of VPC %s have no IPv6 CIDR block for an endpoint of address type %s", r.Str("vpcId"), r.Str("ipAddressType"))
	}
	if r.Str("vpcEndpointType") == gatewayType {
		return applyGatewayEndpoint(t, r)
	}
	return applyInterfaceEndpoint(t, r)
}

func applyGatewayEndpoint(t *Tx, r *Resource) error {
	switch {
	case len(r.Strs("subnetIds[]")) > 0:
		return Refuse("InvalidParameter", "facts 17", "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.")
	case len(r.Strs("securityGroupIds[]")) > 0:
		return Refuse("InvalidParameter", endpointRule, "Security group IDs are only supported for Interface type VPC Endpoint.")
	case r.Bool("privateDnsEnabled"):
		return Refuse("InvalidParameter", endpointRule, "Private DNS can only be enabled for Interface type VPC Endpoint.")
	}
	for _, id := range r.Strs("routeTableIds[]") {
		if table, _ := t.Find(typeRouteTable, "", id); table.Str("vpcId") != r.Str("vpcId") {
			return Refuse("InvalidParameter", endpointRule, "Route table %s does not belong to the VPC %s", id, r.Str("vpcId"))
		}
		for _, other := range t.All(typeEndpoint) {
			if other.ID != r.ID && other.Str("serviceName") == r.Str("serviceName") && contains(other.Strs("routeTableIds[]"), id) {
				return Refuse("RouteAlreadyExists", endpointRule, "route table %s already has a route with destination-prefix-list-id %s", id, r.Str("prefixListId"))
			}
		}
	}
	return nil
}

func applyInterfaceEndpoint(t *Tx, r *Resource) error {
	vpc, _ := t.Find(typeVPC, "", r.Str("vpcId"))
	if len(r.Strs("routeTableIds[]")) > 0 {
		return Refuse("InvalidParameter", endpointRule, "Route table IDs are only supported for Gateway type VPC Endpoint.")
	}
	if r.Bool("privateDnsEnabled") && !(vpc.Bool("enableDnsSupport") && vpc.Bool("enableDnsHostnames")) {
		return Refuse("InvalidParameter", "facts 16",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", vpc.ID)
	}
	for _, other := range t.All(typeEndpoint) {
		if other.ID != r.ID && r.Bool("privateDnsEnabled") && other.Bool("privateDnsEnabled") && other.Str("vpcId") == vpc.ID && other.Str("serviceName") == r.Str("serviceName") {
			return Refuse("InvalidParameter", endpointRule, "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s",
				r.Str("serviceName"), vpc.ID)
		}
	}
	zones := map[string]bool{}
	interfaces := []any{}
	for _, id := range r.Strs("subnetIds[]") {
		s, _ := t.Find(typeSubnet, "", id)
		switch {
		case s.Str("vpcId") != vpc.ID:
			return Refuse("InvalidParameter", endpointRule, "The subnet ID '%s' does not belong to VPC %s", id, vpc.ID)
		case zones[s.Str("availabilityZone")]:
			return Refuse("DuplicateSubnetsInSameZone", ec2Codes, "Found another VPC endpoint subnet in the availability zone of %s. "+
				"VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.", id)
		}
		zones[s.Str("availabilityZone")] = true
		interfaces = append(interfaces, "eni-0"+t.stable(r.ID+id, 16))
	}
	r.State["networkInterfaceIds"] = interfaces
	for _, id := range r.Strs("securityGroupIds[]") {
		if g, _ := t.Find(typeSecurityGroup, "", id); g.Str("vpcId") != vpc.ID {
			return Refuse("InvalidParameter", endpointRule, "The security group '%s' does not belong to VPC %s", id, vpc.ID)
		}
	}
	return nil
}
