package services

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func (n *netCloud) balancer() cloud.Map {
	return cloud.Map{"name": "edge-1234567", "subnets": cloud.List(n.a, n.b)}
}

func (n *netCloud) target(name string) cloud.Map {
	return cloud.Map{"name": name, "port": 6020.0, "protocol": "HTTP", "targetType": "ip", "vpcId": n.vpc}
}

func TestLoadBalancer(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	group := n.group("lb")
	id, state := n.make(typeLoadBalancer, with(n.balancer(), cloud.Map{"securityGroups": cloud.List(group)}))
	require.Regexp(t, `^arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/edge-1234567/[0-9a-f]{16}$`, id)
	require.Equal(t, id, state["arn"])
	require.True(t, strings.HasSuffix(id, "/"+state["arnSuffix"].(string)))
	require.Regexp(t, `^edge-1234567-\d{10}\.eu-central-1\.elb\.amazonaws\.com$`, state["dnsName"])
	require.Equal(t, "Z215JYRZR1TBD5", state["zoneId"])
	require.Equal(t, n.vpc, state["vpcId"])
	require.Equal(t, 60.0, state["idleTimeout"])
	require.Len(t, state["subnetMappings"], 2)
	_, inside := n.make(typeLoadBalancer, with(n.balancer(), cloud.Map{"name": "inside", "internal": true}))
	require.Regexp(t, `^internal-inside-\d{10}\.`, inside["dnsName"])
	require.Equal(t, cloud.List(cloud.Str(n.read(typeVPC, n.vpc), "defaultSecurityGroupId")), inside["securityGroups"])
	n.stuck("DependencyViolation", typeSubnet, n.a)
	n.stuck("DependencyViolation", typeSecurityGroup, group)

	n.refused("DuplicateLoadBalancerName", typeLoadBalancer, n.balancer())
	other := with(n.balancer(), cloud.Map{"name": "other"})
	n.refused("ValidationError", typeLoadBalancer, with(other, cloud.Map{"subnets": cloud.List(n.a)}))
	same, _ := n.make(typeSubnet, n.subnet("10.0.2.0/24", "euc1-az1"))
	n.refused("InvalidConfigurationRequest", typeLoadBalancer, with(other, cloud.Map{"subnets": cloud.List(n.a, same)}))
	n.refused("SubnetNotFound", typeLoadBalancer, with(other, cloud.Map{"subnets": cloud.List(n.a, "subnet-0")}))
	n.refused("InvalidSecurityGroup", typeLoadBalancer, with(other, cloud.Map{"securityGroups": cloud.List("sg-0")}))
	small, _ := n.make(typeSubnet, n.subnet("10.0.3.0/28", "euc1-az3"))
	n.refused("InvalidSubnet", typeLoadBalancer, with(other, cloud.Map{"subnets": cloud.List(n.a, small)}))
	for attribute, value := range map[string]any{"idleTimeout": 4001.0, "clientKeepAlive": 59.0, "ipAddressType": "dualstack"} {
		n.refused("ValidationError", typeLoadBalancer, with(other, cloud.Map{attribute: value}))
	}
	vpc, gateway := n.otherVPC()
	far, _ := n.make(typeSecurityGroup, cloud.Map{"name": "far", "vpcId": vpc})
	n.refused("InvalidConfigurationRequest", typeLoadBalancer, with(other, cloud.Map{"securityGroups": cloud.List(far)}))
	farA, _ := n.make(typeSubnet, cloud.Map{"vpcId": vpc, "cidrBlock": "10.1.0.0/24", "availabilityZoneId": "euc1-az1"})
	farB, _ := n.make(typeSubnet, cloud.Map{"vpcId": vpc, "cidrBlock": "10.1.1.0/24", "availabilityZoneId": "euc1-az2"})
	n.refused("InvalidConfigurationRequest", typeLoadBalancer, with(other, cloud.Map{"subnets": cloud.List(n.a, farB)}))
	n.unchanged("InvalidSubnet", typeLoadBalancer, id, with(n.balancer(), cloud.Map{"subnets": cloud.List(farA, farB)}))
	n.goes(typeInternetGateway, gateway)
	n.refused("InvalidSubnet", typeLoadBalancer, with(other, cloud.Map{"subnets": cloud.List(farA, farB)}))
	n.make(typeLoadBalancer, with(other, cloud.Map{"subnets": cloud.List(farA, farB), "internal": true}))
	n.refused("InvalidConfigurationRequest", typeLoadBalancer, with(other, cloud.Map{"name": "many", "securityGroups": cloud.List(
		n.group("1"), n.group("2"), n.group("3"), n.group("4"), n.group("5"), n.group("6"))}))
}

// TestLoadBalancerSpace: eight addresses must be free in a subnet that is large enough.
func TestLoadBalancerSpace(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	tight, _ := n.make(typeSubnet, n.subnet("10.0.9.0/27", "euc1-az3"))
	for i := range 20 { // of 27
		n.place(typeNAT, "nat-"+strings.Repeat("x", i), cloud.Map{"subnetId": tight})
		r := held(n.Cloud, typeNAT, home, "nat-"+strings.Repeat("x", i))
		at(n.Cloud, home).Repoint(r, func() {})
	}
	n.refused("InvalidSubnet", typeLoadBalancer, with(n.balancer(), cloud.Map{"subnets": cloud.List(n.a, tight)}))
}

func TestLoadBalancerProtection(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, _ := n.make(typeLoadBalancer, with(n.balancer(), cloud.Map{"enableDeletionProtection": true}))
	n.stuck("OperationNotPermitted", typeLoadBalancer, id)
	_, err := n.change(typeLoadBalancer, id, n.balancer())
	require.NoError(t, err)
	n.make(typeListener, n.redirect(id))
	n.goes(typeLoadBalancer, id)
	for _, r := range n.List() {
		require.NotEqual(t, typeListener, r.Type, "goes with its load balancer")
	}
}

func TestLoadBalancerChecks(t *testing.T) {
	t.Parallel()
	good := cloud.Map{"name": "edge", "subnets": cloud.List("subnet-1", "subnet-2")}
	require.Equal(t, `invalid value "front_end" (the provider says of such: only alphanumeric characters and hyphens allowed in "name")`,
		problems(typeLoadBalancer, with(good, cloud.Map{"name": "front_end"}))[0].Reason)
	refusesInputs(t, typeLoadBalancer, good, []badInput{
		{"name", strings.Repeat("x", 33)}, {"name", "-edge"}, {"name", "edge-"}, {"name", "internal-edge"}, {"name", "edge_1"},
		{"desyncMitigationMode", "x"}, {"ipAddressType", "x"}, {"loadBalancerType", "network"}, {"xffHeaderProcessingMode", "x"},
	})
	require.NotEmpty(t, problems(typeLoadBalancer, cloud.Map{"name": "edge"}))
	require.NotEmpty(t, problems(typeLoadBalancer, cloud.Map{"namePrefix": "sevenxx", "subnets": cloud.List("subnet-1")}))
	require.Empty(t, problems(typeLoadBalancer, with(good, cloud.Map{"accessLogs": cloud.Map{"bucket": "b", "enabled": false}})))
}

func TestTargetGroup(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, state := n.make(typeTargetGroup, n.target("edge"))
	require.Regexp(t, `^arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/edge/[0-9a-f]{16}$`, id)
	require.True(t, strings.HasSuffix(id, ":"+state["arnSuffix"].(string)))
	require.Equal(t, 5.0, cloud.At(state, "healthCheck.healthyThreshold")[0])
	require.Equal(t, "round_robin", state["loadBalancingAlgorithmType"])
	state, err := n.change(typeTargetGroup, id, with(n.target("edge"), cloud.Map{"healthCheck": cloud.Map{"path": "/health"}}))
	require.NoError(t, err)
	require.Equal(t, cloud.Map{"enabled": true, "healthyThreshold": 3.0, "unhealthyThreshold": 3.0, "interval": 30.0, "timeout": 5.0,
		"matcher": "200", "path": "/health", "port": "traffic-port", "protocol": "HTTP"}, state["healthCheck"])

	n.refused("DuplicateTargetGroupName", typeTargetGroup, n.target("edge"))
	n.refused("ValidationError", typeTargetGroup, with(n.target("x"), cloud.Map{"vpcId": "vpc-0"}))
	n.refused("ValidationError", typeTargetGroup, with(n.target("x"), cloud.Map{"healthCheck": cloud.Map{"interval": 5.0, "timeout": 5.0}}))
	for _, matcher := range []string{"500", "20", "200-", "ok"} {
		n.refused("ValidationError", typeTargetGroup, with(n.target("x"), cloud.Map{"healthCheck": cloud.Map{"matcher": matcher}}))
	}
	for _, bad := range []cloud.Map{
		{"slowStart": 30.0, "loadBalancingAlgorithmType": "least_outstanding_requests"}, {"loadBalancingAnomalyMitigation": "on"},
		{"stickiness": cloud.Map{"type": "source_ip"}}, {"stickiness": cloud.Map{"type": "app_cookie"}}, {"ipAddressType": "ipv6"},
	} {
		n.refused("InvalidConfigurationRequest", typeTargetGroup, with(n.target("x"), bad))
	}
	n.unchanged("InvalidConfigurationRequest", typeTargetGroup, id, with(n.target("edge"), cloud.Map{"loadBalancingAnomalyMitigation": "on"}))
}

func TestTargetGroupChecks(t *testing.T) {
	t.Parallel()
	good := cloud.Map{"name": "edge", "port": 80.0, "protocol": "HTTP", "targetType": "ip", "vpcId": "vpc-1"}
	refusesInputs(t, typeTargetGroup, good, []badInput{
		{"name", strings.Repeat("x", 33)}, {"port", 0.0}, {"protocol", "TCP"}, {"targetType", "lambda"}, {"deregistrationDelay", 3601.0},
		{"slowStart", 29.0}, {"slowStart", 901.0}, {"loadBalancingAlgorithmType", "random"}, {"loadBalancingCrossZoneEnabled", "yes"},
		{"protocolVersion", "HTTP3"}, {"preserveClientIp", "true"}, {"proxyProtocolV2", true},
	})
	require.Empty(t, problems(typeTargetGroup, with(good, cloud.Map{"name": "internal-edge"})))
	for _, p := range []string{"port", "protocol", "vpcId"} {
		require.NotEmpty(t, problems(typeTargetGroup, with(good, cloud.Map{p: nil})), p)
	}
	for _, health := range []cloud.Map{
		{"interval": 4.0}, {"interval": 301.0}, {"timeout": 1.0}, {"timeout": 121.0}, {"healthyThreshold": 1.0}, {"unhealthyThreshold": 11.0},
		{"path": "health"}, {"path": "/" + strings.Repeat("x", 1024)}, {"protocol": "TCP"}, {"port": "0"}, {"port": "http"},
	} {
		require.NotEmpty(t, problems(typeTargetGroup, with(good, cloud.Map{"healthCheck": health})), health)
	}
}

func (n *netCloud) redirect(balancer string) cloud.Map {
	return cloud.Map{"loadBalancerArn": balancer, "port": 80.0, "protocol": "HTTP", "defaultActions": cloud.List[any](cloud.Map{
		"type": "redirect", "redirect": cloud.Map{"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}})}
}
