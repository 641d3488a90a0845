package services

import (
	"fmt"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func aclRule(n float64, changes cloud.Map) cloud.Map {
	return with(cloud.Map{"ruleNo": n, "action": "allow", "protocol": "tcp", "fromPort": 443.0, "toPort": 443.0, "cidrBlock": "0.0.0.0/0"}, changes)
}

func TestNetworkACL(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	inputs := cloud.Map{"vpcId": n.vpc, "ingress": cloud.List(aclRule(100, nil)), "egress": cloud.List(aclRule(100, nil), aclRule(110, nil))}
	id, state := n.make(typeNetworkACL, inputs)
	require.Regexp(t, `^acl-0[0-9a-f]{16}$`, id)
	require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:network-acl/"+id, state["arn"])
	_, state = n.make(typeNetworkACL, cloud.Map{"vpcId": n.vpc})
	require.Empty(t, state["ingress"])

	rules := func(rules ...cloud.Map) cloud.Map { return with(inputs, cloud.Map{"ingress": cloud.List(rules...)}) }
	n.refused("InvalidVpcID.NotFound", typeNetworkACL, cloud.Map{"vpcId": "vpc-0"})
	n.refused("NetworkAclEntryAlreadyExists", typeNetworkACL, rules(aclRule(100, nil), aclRule(100, nil)))
	n.refused("InvalidParameterValue", typeNetworkACL, rules(aclRule(100, cloud.Map{"cidrBlock": nil})))
	n.refused("InvalidParameterValue", typeNetworkACL, rules(aclRule(100, cloud.Map{"ipv6CidrBlock": "::/0"})))
	n.refused("InvalidParameterValue", typeNetworkACL, rules(aclRule(100, cloud.Map{"fromPort": 444.0})))
	n.refused("InvalidParameterValue", typeNetworkACL, rules(aclRule(100, cloud.Map{"protocol": "ipv6-icmp"})))
	n.unchanged("InvalidParameterValue", typeNetworkACL, id, rules(aclRule(100, cloud.Map{"fromPort": 444.0})))
	var many []cloud.Map
	for i := range aclRulesLimit + 1 {
		many = append(many, aclRule(float64(i+1), nil))
	}
	n.refused("NetworkAclEntryLimitExceeded", typeNetworkACL, rules(many...))
	n.make(typeNetworkACL, rules(many[1:]...))
	_, err := n.change(typeNetworkACL, id, rules())
	require.NoError(t, err)

	for name, change := range map[string]cloud.Map{
		"action": {"action": "permit"}, "range": {"cidrBlock": "10.0.0.1/8"}, "v6 range": {"ipv6CidrBlock": "10.0.0.0/8"},
		"number": {"ruleNo": 32767.0}, "no number": {"ruleNo": 0.0}, "protocol": {"protocol": "https"}, "port": {"toPort": 65536.0},
		"ports of all": {"protocol": "-1"}, "ICMPv6 as groups spell it": {"protocol": "icmpv6"}, "protocol in capitals": {"protocol": "TCP"},
	} {
		require.NotEmpty(t, problems(typeNetworkACL, rules(aclRule(1, change))), name)
	}
	require.Empty(t, problems(typeNetworkACL, rules(aclRule(1, cloud.Map{"action": "Allow"}))), "the provider takes any case and passes on its own")
	require.NotEmpty(t, problems(typeNetworkACL, with(inputs, cloud.Map{"subnetIds": cloud.List("subnet-1")})))
}

func TestNetworkACLsPerVPC(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	for range 200 {
		n.make(typeNetworkACL, cloud.Map{"vpcId": n.vpc})
	}
	n.refused("NetworkAclLimitExceeded", typeNetworkACL, cloud.Map{"vpcId": n.vpc})
}

func TestNetworkACLAssociation(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	acl, _ := n.make(typeNetworkACL, cloud.Map{"vpcId": n.vpc})
	second, _ := n.make(typeNetworkACL, cloud.Map{"vpcId": n.vpc})
	far, _ := n.otherVPC()
	farACL, _ := n.make(typeNetworkACL, cloud.Map{"vpcId": far})
	id, _ := n.make(typeACLAssociation, cloud.Map{"networkAclId": acl, "subnetId": n.a})
	require.Regexp(t, `^aclassoc-0[0-9a-f]{16}$`, id)

	n.refused("InvalidNetworkAclID.NotFound", typeACLAssociation, cloud.Map{"networkAclId": "acl-0", "subnetId": n.b})
	n.refused("InvalidSubnetID.NotFound", typeACLAssociation, cloud.Map{"networkAclId": acl, "subnetId": "subnet-0"})
	n.refused("InvalidParameterValue", typeACLAssociation, cloud.Map{"networkAclId": farACL, "subnetId": n.b})
	_, _, err := n.Create(t.Context(), home, typeACLAssociation, cloud.Map{"networkAclId": second, "subnetId": n.a})
	require.ErrorContains(t, err, "by another resource")
	n.stuck("DependencyViolation", typeVPC, n.vpc)
	n.goes(typeNetworkACL, acl) // the provider takes it from its subnets first
	_, _, err = n.Read(home, typeACLAssociation, id)
	require.IsType(t, &cloud.NotFound{}, err)
	id, _ = n.make(typeACLAssociation, cloud.Map{"networkAclId": second, "subnetId": n.a})
	n.goes(typeSubnet, n.a)
	_, _, err = n.Read(home, typeACLAssociation, id)
	require.IsType(t, &cloud.NotFound{}, err, "an association goes with its subnet")
}

// TestLockedDefaults: what AWS made along with a VPC is taken over by its id, and goes with the VPC.
func TestLockedDefaults(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	vpc, gateway := n.otherVPC()
	v := n.read(typeVPC, vpc)
	acl, state := n.make(typeDefaultNetworkACL, cloud.Map{"defaultNetworkAclId": v["defaultNetworkAclId"]})
	require.Equal(t, v["defaultNetworkAclId"], acl)
	require.Equal(t, vpc, state["vpcId"])
	require.Empty(t, state["ingress"])
	require.Empty(t, state["egress"])
	table, state := n.make(typeDefaultRouteTable, cloud.Map{"defaultRouteTableId": v["defaultRouteTableId"], "routes": cloud.List[any]()})
	require.Equal(t, v["defaultRouteTableId"], table)
	require.Equal(t, vpc, state["vpcId"])

	n.refused("InvalidNetworkAclID.NotFound", typeDefaultNetworkACL, cloud.Map{"defaultNetworkAclId": "acl-0"})
	n.refused("InvalidRouteTableID.NotFound", typeDefaultRouteTable, cloud.Map{"defaultRouteTableId": "rtb-0"})
	require.NotEmpty(t, problems(typeDefaultRouteTable, cloud.Map{"defaultRouteTableId": "rtb-0", "routes": cloud.List(cloud.Map{"cidrBlock": "0.0.0.0/0"})}))
	require.NotEmpty(t, problems(typeDefaultNetworkACL, cloud.Map{"defaultNetworkAclId": "acl-0", "ingress": cloud.List(aclRule(0, nil))}))
	n.goes(typeInternetGateway, gateway)
	n.goes(typeVPC, vpc)
	for _, typ := range []string{typeDefaultNetworkACL, typeDefaultRouteTable} {
		require.Empty(t, (at(n.Cloud, home)).All(typ))
	}
}

func TestEndpointPoliciesAndQuota(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	endpoint := func(service string) cloud.Map {
		return cloud.Map{"vpcId": n.vpc, "serviceName": "com.amazonaws.eu-central-1." + service, "vpcEndpointType": "Interface"}
	}
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecs:*","Resource":"*"}]}`
	id, _ := n.make(typeEndpoint, endpoint("ecs-agent"))
	n.refused("InvalidParameter", typeEndpoint, with(endpoint("ecs-telemetry"), cloud.Map{"policy": policy}))
	n.unchanged("InvalidParameter", typeEndpoint, id, with(endpoint("ecs-agent"), cloud.Map{"policy": policy}))
	n.make(typeEndpoint, with(endpoint("ecs"), cloud.Map{"policy": policy}))
	for range interfaceEndpoints - 2 {
		n.make(typeEndpoint, endpoint("sts"))
	}
	n.refused("VpcEndpointLimitExceeded", typeEndpoint, endpoint("sts"))
}

const flowTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole",
	"Condition":{"StringEquals":{"aws:SourceAccount":["111122223333"]},"ArnLike":{"aws:SourceArn":["arn:aws:ec2:eu-central-1:111122223333:vpc-flow-log/*"]}}}]}`

func TestFlowLog(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	write := func(actions string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[%s],"Resource":"arn:aws:logs:eu-central-1:111122223333:log-group:/flows:*"}]}`, actions)
	}
	const all = `"logs:CreateLogStream","logs:PutLogEvents","logs:DescribeLogGroups","logs:DescribeLogStreams"`
	role := func(name, trust, policy string) string {
		_, state := n.make(typeRole, cloud.Map{"name": name, "assumeRolePolicy": trust})
		n.make(typeRolePolicy, cloud.Map{"role": name, "name": "write", "policy": policy})
		return cloud.Str(state, "arn")
	}
	n.make(typeLogGroup, cloud.Map{"name": "/flows"})
	flows := cloud.Map{"vpcId": n.vpc, "trafficType": "ALL", "logDestination": "arn:aws:logs:eu-central-1:111122223333:log-group:/flows",
		"iamRoleArn": role("flows", flowTrust, write(all)), "maxAggregationInterval": 60.0}
	id, state := n.make(typeFlowLog, flows)
	require.Regexp(t, `^fl-0[0-9a-f]{16}$`, id)
	require.Equal(t, "/flows", state["logGroupName"])
	require.Contains(t, state["logFormat"], "${srcaddr}")
	_, err := n.change(typeFlowLog, id, with(flows, cloud.Map{"tags": cloud.Map{"a": "b"}}))
	require.NoError(t, err)

	n.refused("FlowLogAlreadyExists", typeFlowLog, flows)
	far, _ := n.otherVPC()
	flows = with(flows, cloud.Map{"vpcId": far})
	n.refused("InvalidParameter", typeFlowLog, with(flows, cloud.Map{"iamRoleArn": role("host", hostTrust, write(all))}))
	n.refused("InvalidParameter", typeFlowLog, with(flows, cloud.Map{"iamRoleArn": "arn:aws:iam::111122223333:role/none"}))
	n.refused("InvalidParameter", typeFlowLog, with(flows, cloud.Map{"iamRoleArn": nil}))
	n.refused("InvalidParameter", typeFlowLog, with(flows, cloud.Map{"iamRoleArn": role("mute", flowTrust, write(`"logs:DescribeLogGroups"`))}))
	n.refused("InvalidParameter", typeFlowLog, with(flows, cloud.Map{"logDestination": nil}))
	n.refused("InvalidParameter", typeFlowLog, with(flows, cloud.Map{"logDestination": "arn:aws:logs:eu-central-1:111122223333:log-group:/none"}))
	n.refused("InvalidParameter", typeFlowLog, with(flows, cloud.Map{"logDestination": "arn:aws:logs:us-east-1:111122223333:log-group:/flows"}))
	n.refused("InvalidParameter", typeFlowLog, with(flows, cloud.Map{"logDestinationType": "s3"}))
	n.refused("InvalidVpcID.NotFound", typeFlowLog, with(flows, cloud.Map{"vpcId": "vpc-0"}))
	n.refused("InvalidSubnetID.NotFound", typeFlowLog, with(flows, cloud.Map{"vpcId": nil, "subnetId": "subnet-0"}))
	refusesInputs(t, typeFlowLog, flows, []badInput{
		{"trafficType", "all"}, {"logDestinationType", "cloudwatch"}, {"maxAggregationInterval", 300.0}, {"iamRoleArn", "flows"},
		{"logDestination", "/flows"},
	})
	require.NotEmpty(t, problems(typeFlowLog, with(flows, cloud.Map{"trafficType": nil})))
	require.NotEmpty(t, problems(typeFlowLog, with(flows, cloud.Map{"subnetId": n.a})))
	require.NotEmpty(t, problems(typeFlowLog, with(flows, cloud.Map{"logGroupName": "/flows"})))
	require.NotEmpty(t, problems(typeFlowLog, with(flows, cloud.Map{"eniId": "eni-1"})))
}
