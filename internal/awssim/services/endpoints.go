package services

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
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
var gatewayEndpoint = cloud.WithLimits(cloud.Timing{
	Create: cloud.Seen(5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 9), Update: cloud.Secs(1, 0, 5), Delete: cloud.Secs(1, 0, 5), Wait: cloud.WaitSeconds(5, 5, 5), Limit: cloud.LimitMinutes(10, 10, 10),
	Source: "gateway endpoints: 10 logs of a creation, facts, section 1, among them; changes and deletions are a guess",
})

var _ = cloud.Register(&cloud.Kind{
	Type: typeEndpoint, Service: "EC2", Noun: "VpcEndpoint", DeleteCall: "DeleteVpcEndpoints",
	Unmodelled: strings.Fields("autoAccept"),
	Variant: func(in cloud.Map) (cloud.Timing, bool) {
		typ := cloud.Str(in, "vpcEndpointType")
		return gatewayEndpoint, typ == "" || typ == gatewayType
	},
	Recomputed: []string{"networkInterfaceIds"},
	Refs: []cloud.Ref{
		{Path: "vpcId", To: typeVPC, Missing: missingVPC},
		{Path: "routeTableIds[]", To: typeRouteTable, Missing: missingTable, Free: true},
		{Path: "subnetIds[]", To: typeSubnet, Missing: missingNet},
		{Path: "securityGroupIds[]", To: typeSecurityGroup, Missing: missingGroup},
	},
	Check: func(c *cloud.Checker) {
		checkPolicy(c, "policy", iampolicy.Resource)
		c.Unmodelled("resourceConfigurationArn", "serviceNetworkArn", "subnetConfigurations", "dnsOptions.privateDnsOnlyForInboundResolverEndpoint")
	},
	Create: createEndpoint, Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyEndpoint(t, r) },
	Timing: cloud.Timing{Create: cloud.Secs(90, 38, 117), Update: cloud.Secs(10, 2, 60), Delete: cloud.Secs(60, 10, 300),
		Wait: cloud.WaitSeconds(5, 5, 5), Limit: cloud.LimitMinutes(10, 10, 10), Source: "interface endpoints: 3 logs of a creation, 43 s, 113 s and 122 s; changes and deletions are a guess"},
	Calls:    cloud.Calls{Create: "ec2:CreateVpcEndpoint ec2:CreateTags route53:AssociateVPCWithHostedZone", Read: "ec2:DescribeVpcEndpoints ec2:DescribePrefixLists ec2:DescribeNetworkInterfaces", Update: "ec2:ModifyVpcEndpoint" + ec2Tags, Remove: "ec2:DeleteVpcEndpoints"},
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
func isPrefixList(t *cloud.Tx, id string) bool {
	return slices.ContainsFunc(gatewayServices, func(s string) bool { return prefixList(t, s) == id })
}

func prefixList(t *cloud.Tx, service string) string {
	return "pl-" + t.Stable("prefix list of "+service, 8)
}

func createEndpoint(t *cloud.Tx, r *cloud.Resource) error {
	name := endpointService.FindStringSubmatch(r.Str("serviceName"))
	known := name != nil && name[1] == t.Region && (slices.Contains(gatewayServices, name[2]) || slices.Contains(interfaceServices, name[2]))
	if region := r.Str("serviceRegion"); !known || region != "" && region != t.Region {
		return cloud.Refuse("InvalidServiceName", ec2Codes, "The Vpc Endpoint Service '%s' does not exist", r.Str("serviceName"))
	}
	service := name[2]
	var types []string
	for typ, services := range map[string][]string{gatewayType: gatewayServices, interfaceType: interfaceServices} {
		if slices.Contains(services, service) {
			types = append(types, typ)
		}
	}
	slices.Sort(types)
	if !slices.Contains(types, r.Str("vpcEndpointType")) {
		return cloud.Refuse("InvalidParameter", endpointRule, "Endpoint type (%s) does not match available service types (%v).", r.Str("vpcEndpointType"), types)
	}
	r.ID = t.ID("vpce")
	if r.Str("vpcEndpointType") == gatewayType {
		cloud.Computed(r, cloud.Map{
			"prefixListId": prefixList(t, service), "cidrBlocks": cloud.List("198.51.100.0/24"), "securityGroupIds": cloud.List[any](),
			"dnsOptions": cloud.Map{"dnsRecordIpType": "service-defined"},
		})
	} else {
		host := fmt.Sprintf("%s-%s.%s.%s.vpce.amazonaws.com", r.ID, t.Hex(8), service, t.Region)
		cloud.Computed(r, cloud.Map{
			"prefixListId": "", "cidrBlocks": cloud.List[any](), "securityGroupIds": defaultGroupOf(t, r.Str("vpcId")),
			"dnsOptions": cloud.Map{"dnsRecordIpType": "ipv4"},
			"dnsEntries": cloud.List[any](cloud.Map{"dnsName": host, "hostedZoneId": "Z" + strings.ToUpper(t.Stable("zone of "+service, 13))}),
		})
	}
	cloud.Computed(r, cloud.Map{
		"arn": t.ARN("ec2", "vpc-endpoint/"+r.ID), "ownerId": t.Account(), "state": "available", "requesterManaged": false,
		"serviceRegion": t.Region, "privateDnsEnabled": false, "routeTableIds": cloud.List[any](), "subnetIds": cloud.List[any](),
		"policy":              `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}`,
		"networkInterfaceIds": cloud.List[any](), "dnsEntries": cloud.List[any](), "subnetConfigurations": cloud.List[any](), "ipAddressType": "ipv4",
	})
	if err := underEndpointQuota(t, r); err != nil {
		return err
	}
	return applyEndpoint(t, r)
}

func underEndpointQuota(t *cloud.Tx, r *cloud.Resource) error {
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
		return cloud.Refuse("VpcEndpointLimitExceeded", "facts 21", "The maximum number of VPC endpoints has been reached.")
	}
	return nil
}

func applyEndpoint(t *cloud.Tx, r *cloud.Resource) error {
	if name := endpointService.FindStringSubmatch(r.Str("serviceName")); cloud.Has(r.Inputs, "policy") && slices.Contains(withoutPolicies, name[2]) {
		return cloud.Refuse("InvalidParameter", endpointRule, "The service %s does not support VPC endpoint policies.", r.Str("serviceName"))
	}
	lacksIPv6 := func(id string) bool { s, _ := t.Find(typeSubnet, "", id); return s.Str("ipv6CidrBlock") == "" }
	if r.Str("ipAddressType") != "ipv4" && (len(r.Strs("subnetIds[]")) == 0 || slices.ContainsFunc(r.Strs("subnetIds[]"), lacksIPv6)) {
		return cloud.Refuse("InvalidParameter", endpointRule, "The subnets of VPC %s have no IPv6 CIDR block for an endpoint of address type %s", r.Str("vpcId"), r.Str("ipAddressType"))
	}
	if r.Str("vpcEndpointType") == gatewayType {
		return applyGatewayEndpoint(t, r)
	}
	return applyInterfaceEndpoint(t, r)
}

func applyGatewayEndpoint(t *cloud.Tx, r *cloud.Resource) error {
	switch {
	case len(r.Strs("subnetIds[]")) > 0:
		return cloud.Refuse("InvalidParameter", "facts 17", "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.")
	case len(r.Strs("securityGroupIds[]")) > 0:
		return cloud.Refuse("InvalidParameter", endpointRule, "Security group IDs are only supported for Interface type VPC Endpoint.")
	case r.Bool("privateDnsEnabled"):
		return cloud.Refuse("InvalidParameter", endpointRule, "Private DNS can only be enabled for Interface type VPC Endpoint.")
	}
	for _, id := range r.Strs("routeTableIds[]") {
		if table, _ := t.Find(typeRouteTable, "", id); table.Str("vpcId") != r.Str("vpcId") {
			return cloud.Refuse("InvalidParameter", endpointRule, "Route table %s does not belong to the VPC %s", id, r.Str("vpcId"))
		}
		for _, other := range t.All(typeEndpoint) {
			if other.ID != r.ID && other.Str("serviceName") == r.Str("serviceName") && slices.Contains(other.Strs("routeTableIds[]"), id) {
				return cloud.Refuse("RouteAlreadyExists", endpointRule, "route table %s already has a route with destination-prefix-list-id %s", id, r.Str("prefixListId"))
			}
		}
	}
	return nil
}

func applyInterfaceEndpoint(t *cloud.Tx, r *cloud.Resource) error {
	vpc, _ := t.Find(typeVPC, "", r.Str("vpcId"))
	if len(r.Strs("routeTableIds[]")) > 0 {
		return cloud.Refuse("InvalidParameter", endpointRule, "Route table IDs are only supported for Gateway type VPC Endpoint.")
	}
	if r.Bool("privateDnsEnabled") && !(vpc.Bool("enableDnsSupport") && vpc.Bool("enableDnsHostnames")) {
		return cloud.Refuse("InvalidParameter", "facts 16",
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", vpc.ID)
	}
	for _, other := range t.All(typeEndpoint) {
		if other.ID != r.ID && r.Bool("privateDnsEnabled") && other.Bool("privateDnsEnabled") && other.Str("vpcId") == vpc.ID && other.Str("serviceName") == r.Str("serviceName") {
			return cloud.Refuse("InvalidParameter", endpointRule, "private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s",
				r.Str("serviceName"), vpc.ID)
		}
	}
	zones := map[string]bool{}
	interfaces := []any{}
	for _, id := range r.Strs("subnetIds[]") {
		s, _ := t.Find(typeSubnet, "", id)
		switch {
		case s.Str("vpcId") != vpc.ID:
			return cloud.Refuse("InvalidParameter", endpointRule, "The subnet ID '%s' does not belong to VPC %s", id, vpc.ID)
		case zones[s.Str("availabilityZone")]:
			return cloud.Refuse("DuplicateSubnetsInSameZone", ec2Codes, "Found another VPC endpoint subnet in the availability zone of %s. "+
				"VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.", id)
		}
		zones[s.Str("availabilityZone")] = true
		interfaces = append(interfaces, "eni-0"+t.Stable(r.ID+id, 16))
	}
	r.State["networkInterfaceIds"] = interfaces
	for _, id := range r.Strs("securityGroupIds[]") {
		if g, _ := t.Find(typeSecurityGroup, "", id); g.Str("vpcId") != vpc.ID {
			return cloud.Refuse("InvalidParameter", endpointRule, "The security group '%s' does not belong to VPC %s", id, vpc.ID)
		}
	}
	return nil
}

func lastPart(s string) string { return s[strings.LastIndex(s, "/")+1:] }
