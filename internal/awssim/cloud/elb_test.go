package cloud

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoadBalancer(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, state := e.make(typeLoadBalancer, with(balancerInputs(), Map{"tags": Map{"a": "b"}}))
	require.Regexp(t, `^arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/edge/[0-9a-f]{16}$`, id)
	require.Equal(t, id, state["arn"])
	require.Regexp(t, `^app/edge/[0-9a-f]{16}$`, state["arnSuffix"])
	require.Regexp(t, `^edge-\d+\.eu-central-1\.elb\.amazonaws\.com$`, state["dnsName"])
	require.Equal(t, "Z215JYRZR1TBD5", state["zoneId"])
	require.Equal(t, "vpc-1", state["vpcId"])
	require.Equal(t, false, state["internal"])
	require.Equal(t, Map{"a": "b"}, state["tagsAll"])

	state, err := e.change(typeLoadBalancer, id, with(balancerInputs(), Map{"subnets": e.subnets, "securityGroups": nil}))
	require.NoError(t, err)
	require.Len(t, state["subnetMappings"], 3)
	require.Equal(t, List("sg-1"), state["securityGroups"], "a load balancer keeps its groups")

	_, bare := e.make(typeLoadBalancer, with(balancerInputs(), Map{"name": "bare", "securityGroups": nil, "internal": true}))
	require.Equal(t, List("sg-default"), bare["securityGroups"])
	require.True(t, strings.HasPrefix(Str(bare, "dnsName"), "internal-bare-"))
}

func TestLoadBalancerRefusals(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	e.place(typeSubnet, "subnet-small", Map{"vpcId": "vpc-1", "availabilityZone": "eu-central-1c", "cidrBlock": "10.0.0.0/28"})
	e.place(typeSubnet, "subnet-a2", Map{"vpcId": "vpc-1", "availabilityZone": "eu-central-1a"})
	e.place(typeSubnet, "subnet-far-b", Map{"vpcId": "vpc-2", "availabilityZone": "eu-central-1b"})
	id, _ := e.make(typeLoadBalancer, balancerInputs())
	for _, test := range []struct {
		code   string
		change Map
	}{
		{"SubnetNotFound", Map{"subnets": List("subnet-a", "subnet-none")}},
		{"InvalidSecurityGroup", Map{"securityGroups": List("sg-none")}},
		{"ValidationError", Map{"subnets": List("subnet-a")}},
		{"InvalidConfigurationRequest", Map{"subnets": List("subnet-a", "subnet-a2")}},
		{"InvalidConfigurationRequest", Map{"subnets": List("subnet-a", "subnet-far-b")}},
		{"InvalidSubnet", Map{"subnets": List("subnet-a", "subnet-small")}},
		{"InvalidConfigurationRequest", Map{"securityGroups": List("sg-far")}},
	} {
		e.refused(test.code, typeLoadBalancer, with(balancerInputs(), with(Map{"name": "other"}, test.change)))
		e.refusedChange(test.code, typeLoadBalancer, id, with(balancerInputs(), test.change))
	}
	e.refused("DuplicateLoadBalancerName", typeLoadBalancer, balancerInputs())
	e.refused("InvalidSubnet", typeLoadBalancer, with(balancerInputs(), Map{ // the other VPC has no internet gateway
		"name": "other", "subnets": List("subnet-far", "subnet-far-b"), "securityGroups": List("sg-far")}))

	_, err := e.change(typeLoadBalancer, id, with(balancerInputs(), Map{"enableDeletionProtection": true}))
	require.NoError(t, err)
	require.Equal(t, "OperationNotPermitted", Code(e.gone(typeLoadBalancer, id, nil)))
	_, err = e.change(typeLoadBalancer, id, balancerInputs())
	require.NoError(t, err)
	require.NoError(t, e.gone(typeLoadBalancer, id, nil))

	for i := range 50 {
		e.make(typeLoadBalancer, with(balancerInputs(), Map{"name": fmt.Sprintf("lb-%d", i)}))
	}
	e.refused("TooManyLoadBalancers", typeLoadBalancer, balancerInputs())
}

func TestLoadBalancerChecks(t *testing.T) {
	t.Parallel()
	refusesInputs(t, typeLoadBalancer, balancerInputs(), []badInput{
		{"name", strings.Repeat("x", 33)}, {"name", "internal-x"}, {"name", "x-"}, {"name", "a_b"},
		{"loadBalancerType", "classic"}, {"loadBalancerType", "network"}, {"idleTimeout", 4001.0}, {"idleTimeout", 0.0},
		{"desyncMitigationMode", "off"}, {"xffHeaderProcessingMode", "drop"}, {"ipAddressType", "ipv6"}, {"clientKeepAlive", 59.0},
	})
	require.NotEmpty(t, problems(typeLoadBalancer, with(balancerInputs(), Map{"subnets": nil})))
	require.NotEmpty(t, problems(typeLoadBalancer, with(balancerInputs(), Map{"name": nil, "namePrefix": "seven-x"})))
	require.NotEmpty(t, problems(typeLoadBalancer, with(balancerInputs(), Map{"subnetMappings": []any{Map{"subnetId": "subnet-a"}}})))
	for _, p := range []string{"name", "internal", "loadBalancerType"} {
		require.True(t, kinds[typeLoadBalancer].Replaces(p), p)
	}
	require.False(t, kinds[typeLoadBalancer].Replaces("subnets[0]"))
}

func TestTargetGroup(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, targets, listener := e.balanced()
	state := e.read(typeTargetGroup, targets)
	require.Regexp(t, `^arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/targets/[0-9a-f]{16}$`, targets)
	require.Equal(t, List(balancer), state["loadBalancerArns"])
	require.Equal(t, "/health-check", Str(state, "healthCheck.path"))
	require.Equal(t, "200", Str(state, "healthCheck.matcher"))
	require.Equal(t, 300, Int(state, "deregistrationDelay"))
	require.Equal(t, "round_robin", state["loadBalancingAlgorithmType"])

	require.Equal(t, "ResourceInUse", Code(e.gone(typeTargetGroup, targets, nil)))
	e.refused("DuplicateTargetGroupName", typeTargetGroup, targetInputs())
	e.refused("ValidationError", typeTargetGroup, with(targetInputs(), Map{"name": "other", "vpcId": "vpc-none"}))
	require.NoError(t, e.gone(typeListener, listener, nil))
	require.NoError(t, e.gone(typeTargetGroup, targets, nil))
}

func TestTargetGroupChecks(t *testing.T) {
	t.Parallel()
	health := func(p string, v any) any { return with(targetInputs()["healthCheck"].(Map), Map{p: v}) }
	refusesInputs(t, typeTargetGroup, targetInputs(), []badInput{
		{"name", strings.Repeat("x", 33)}, {"targetType", "host"}, {"protocol", "QUIC"}, {"protocolVersion", "HTTP3"},
		{"port", 0.0}, {"port", 65536.0}, {"deregistrationDelay", 3601.0}, {"slowStart", 29.0}, {"slowStart", 901.0},
		{"loadBalancingAlgorithmType", "random"}, {"loadBalancingAnomalyMitigation", "maybe"},
		{"healthCheck", health("interval", 4.0)}, {"healthCheck", health("timeout", 1.0)}, {"healthCheck", health("timeout", 10.0)},
		{"healthCheck", health("healthyThreshold", 1.0)}, {"healthCheck", health("unhealthyThreshold", 11.0)},
		{"healthCheck", health("path", "health")}, {"healthCheck", health("matcher", "OK")}, {"healthCheck", health("protocol", "UDP")},
		{"stickiness", Map{"type": "cookie"}},
	})
	for _, p := range []string{"port", "protocol", "vpcId"} {
		require.NotEmpty(t, problems(typeTargetGroup, with(targetInputs(), Map{p: nil})), p)
	}
	require.NotEmpty(t, problems(typeTargetGroup, with(targetInputs(), Map{"slowStart": 30.0, "loadBalancingAlgorithmType": "least_outstanding_requests"})))
	for _, p := range []string{"port", "protocol", "vpcId", "targetType"} {
		require.True(t, kinds[typeTargetGroup].Replaces(p), p)
	}
	require.False(t, kinds[typeTargetGroup].Replaces("healthCheck.path"))
}

func TestAccessLogs(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	logging := func(bucket, prefix string) Map {
		return with(balancerInputs(), Map{"accessLogs": Map{"bucket": bucket, "prefix": prefix, "enabled": true}})
	}
	const code = "InvalidConfigurationRequest"
	e.refused(code, typeLoadBalancer, logging("none", ""))
	e.make(typeBucket, Map{"bucket": "logs"})
	e.refused(code, typeLoadBalancer, logging("logs", ""))
	policy, _ := e.make(typeBucketPolicy, Map{"bucket": "logs", "policy": statementsOf(logDelivery)})
	e.refused(code, typeLoadBalancer, logging("logs", "edge"))
	e.refused(code, typeLoadBalancer, logging("logs", "AWSLogs"))
	e.refused(code, typeLoadBalancer, logging("logs", "/edge"))

	kms := []any{Map{"applyServerSideEncryptionByDefault": Map{"sseAlgorithm": "aws:kms"}}}
	encryption, _ := e.make(typeEncryption, Map{"bucket": "logs", "rules": kms})
	e.refused(code, typeLoadBalancer, logging("logs", ""))
	_, err := e.change(typeEncryption, encryption, Map{"bucket": "logs", "rules": []any{Map{"applyServerSideEncryptionByDefault": Map{"sseAlgorithm": "AES256"}}}})
	require.NoError(t, err)

	id, _ := e.make(typeLoadBalancer, logging("logs", ""))
	require.Equal(t, "BucketNotEmpty", Code(e.gone(typeBucket, "logs", nil)), "ELB has written a test file")
	require.NoError(t, e.gone(typeBucketPolicy, policy, nil))
	_, err = e.change(typeLoadBalancer, id, with(logging("logs", ""), Map{"idleTimeout": 90.0}))
	require.NoError(t, err, "ELB tries only when logs are switched on or moved")
	e.refusedChange(code, typeLoadBalancer, id, logging("logs", "edge"))

	// The accounts that delivered logs before there was a service principal.
	legacy := strings.Replace(logDelivery, `"Service":"logdelivery.elasticloadbalancing.amazonaws.com"`, `"AWS":"arn:aws:iam::054676820928:root"`, 1)
	e.make(typeBucketPolicy, Map{"bucket": "logs", "policy": statementsOf(legacy)})
	e.make(typeLoadBalancer, with(logging("logs", ""), Map{"name": "legacy"}))
}

func statementsOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}
