package services

import (
	"fmt"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func (n *netCloud) group(name string) string {
	n.Helper()
	id, _ := n.make(typeSecurityGroup, cloud.Map{"name": name, "vpcId": n.vpc})
	return id
}

// opens is a rule of group that lets the peer named by property in on a TCP port.
func opens(group, property, peer string, port float64) cloud.Map {
	return cloud.Map{"securityGroupId": group, property: peer, "ipProtocol": "tcp", "fromPort": port, "toPort": port}
}

func TestSecurityGroup(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	vpc, _ := n.otherVPC()
	id, state := n.make(typeSecurityGroup, cloud.Map{"name": "web", "vpcId": n.vpc, "tags": cloud.Map{"a": "b"}})
	require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:security-group/"+id, state["arn"])
	require.Equal(t, "Managed by Pulumi", state["description"])
	require.Equal(t, cloud.Map{"a": "b"}, state["tagsAll"])
	_, prefixed := n.make(typeSecurityGroup, cloud.Map{"namePrefix": "web-", "vpcId": n.vpc})
	require.Regexp(t, `^web-\w{26}$`, prefixed["name"])

	n.refused("InvalidGroup.Duplicate", typeSecurityGroup, cloud.Map{"name": "web", "vpcId": n.vpc})
	n.make(typeSecurityGroup, cloud.Map{"name": "web", "vpcId": vpc}) // names are the VPC's own
	n.refused("InvalidVpcID.NotFound", typeSecurityGroup, cloud.Map{"name": "x", "vpcId": "vpc-0"})
	n.refused("VPCIdNotSpecified", typeSecurityGroup, cloud.Map{"name": "x"})
	n.refused("MissingParameter", typeSecurityGroup, cloud.Map{"name": "x", "vpcId": n.vpc, "description": ""})
	n.refused("InvalidParameterValue", typeSecurityGroup, cloud.Map{"name": "x", "vpcId": n.vpc, "description": "clients' door"})
	n.refused("InvalidParameterValue", typeSecurityGroup, cloud.Map{"name": "x?", "vpcId": n.vpc})
	n.refused("InvalidParameterValue", typeSecurityGroup, cloud.Map{"name": "default", "vpcId": n.vpc})
	refusesInputs(t, typeSecurityGroup, cloud.Map{"name": "x", "vpcId": n.vpc}, []badInput{
		{"name", "sg-x"}, {"name", strings.Repeat("x", 256)}, {"description", strings.Repeat("x", 256)},
	})
	require.NotEmpty(t, problems(typeSecurityGroup, cloud.Map{"vpcId": n.vpc, "ingress": cloud.List[any](cloud.Map{"protocol": "-1"})}))
}

func TestSecurityGroupInUse(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	client, server := n.group("client"), n.group("server")
	rule, _ := n.make(typeIngressRule, opens(server, "referencedSecurityGroupId", client, 5432))
	n.make(typeEgressRule, opens(client, "referencedSecurityGroupId", client, 80)) // its own: keeps nothing
	n.stuck("DependencyViolation", typeSecurityGroup, client)
	n.goes(typeIngressRule, rule)
	n.goes(typeSecurityGroup, client)
	for _, r := range n.List() {
		require.NotEqual(t, typeEgressRule, r.Type, "goes with its group")
	}

	revoker, _ := n.make(typeSecurityGroup, cloud.Map{"name": "revoker", "vpcId": n.vpc, "revokeRulesOnDelete": true})
	n.make(typeIngressRule, opens(server, "referencedSecurityGroupId", revoker, 5432))
	endpoint, _ := n.make(typeEndpoint, cloud.Map{"vpcId": n.vpc, "vpcEndpointType": "Interface",
		"serviceName": "com.amazonaws.eu-central-1.ecs", "securityGroupIds": cloud.List(revoker)})
	n.stuck("DependencyViolation", typeSecurityGroup, revoker)
	n.goes(typeEndpoint, endpoint)
	n.goes(typeSecurityGroup, revoker)
	n.goes(typeSecurityGroup, server)
}

func TestSecurityGroupRule(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{typeIngressRule, typeEgressRule} {
		n := newNetCloud(t)
		web, db := n.group("web"), n.group("db")
		vpc, _ := n.otherVPC()
		far, _ := n.make(typeSecurityGroup, cloud.Map{"name": "far", "vpcId": vpc})
		id, state := n.make(typ, opens(web, "cidrIpv4", "0.0.0.0/0", 443))
		require.Regexp(t, `^sgr-0[0-9a-f]{16}$`, id)
		require.Equal(t, id, state["securityGroupRuleId"])
		require.Equal(t, "arn:aws:ec2:eu-central-1:111122223333:security-group-rule/"+id, state["arn"])
		n.make(typ, cloud.Map{"securityGroupId": web, "cidrIpv6": "::/0", "ipProtocol": "-1"})
		n.make(typ, cloud.Map{"securityGroupId": web, "cidrIpv4": "0.0.0.0/0", "ipProtocol": "icmp", "fromPort": 3.0, "toPort": 4.0})

		n.refused("InvalidPermission.Duplicate", typ, opens(web, "cidrIpv4", "0.0.0.0/0", 443))
		n.refused("InvalidPermission.Duplicate", typ, with(opens(web, "cidrIpv4", "0.0.0.0/0", 443), cloud.Map{"ipProtocol": "6"}))
		n.refused("InvalidGroup.NotFound", typ, opens("sg-0", "cidrIpv4", "0.0.0.0/0", 443))
		n.refused("InvalidGroup.NotFound", typ, opens(web, "referencedSecurityGroupId", "sg-0", 443))
		n.refused("InvalidGroup.NotFound", typ, opens(web, "referencedSecurityGroupId", far, 443))
		n.refused("InvalidPrefixListID.NotFound", typ, opens(web, "prefixListId", "pl-0", 443))
		_, endpoint := n.make(typeEndpoint, n.s3())
		n.make(typ, opens(web, "prefixListId", cloud.Str(endpoint, "prefixListId"), 443))
		n.refused("InvalidParameterValue", typ, with(opens(web, "cidrIpv4", "1.0.0.0/8", 443), cloud.Map{"ipProtocol": "http"}))
		n.refused("InvalidParameterValue", typ, with(opens(web, "cidrIpv4", "1.0.0.0/8", 443), cloud.Map{"toPort": nil}))
		n.refused("InvalidParameterValue", typ, with(opens(web, "cidrIpv4", "1.0.0.0/8", 443), cloud.Map{"toPort": 80.0}))
		n.refused("InvalidParameterValue", typ, with(opens(web, "cidrIpv4", "1.0.0.0/8", 443), cloud.Map{"description": "it's open"}))

		_, err := n.change(typ, id, opens(web, "cidrIpv4", "0.0.0.0/0", 8443))
		require.NoError(t, err)
		second, _ := n.make(typ, opens(web, "cidrIpv4", "0.0.0.0/0", 443))
		n.unchanged("InvalidPermission.Duplicate", typ, second, opens(web, "cidrIpv4", "0.0.0.0/0", 8443))
		for i := range rulesPerGroup {
			n.make(typ, opens(db, "cidrIpv4", "0.0.0.0/0", float64(i)))
		}
		n.refused("RulesPerSecurityGroupLimitExceeded", typ, opens(db, "cidrIpv4", "1.0.0.0/8", 443))
	}
}

func TestSecurityGroupRuleChecks(t *testing.T) {
	t.Parallel()
	good := opens("sg-1", "cidrIpv4", "10.0.0.0/8", 443)
	refusesInputs(t, typeIngressRule, good, []badInput{
		{"cidrIpv4", "10.0.0.1/8"}, {"cidrIpv4", "::/0"}, {"fromPort", -2.0}, {"toPort", 65536.0}, {"ipProtocol", "-1"}, {"ipProtocol", "all"},
	})
	require.NotEmpty(t, problems(typeIngressRule, with(good, cloud.Map{"cidrIpv4": nil})))
	for _, peer := range rulePeers[1:] {
		require.NotEmpty(t, problems(typeIngressRule, with(good, cloud.Map{peer: "x"})), peer)
	}
	require.NotEmpty(t, problems(typeIngressRule, cloud.Map{"securityGroupId": "sg-1", "ipProtocol": "-1", "cidrIpv6": "fd00::1/8"}))
	k := cloud.KindOf(typeIngressRule)
	for path, replaces := range map[string]bool{"securityGroupId": true, "cidrIpv4": false, "fromPort": false} {
		require.Equal(t, replaces, k.Replaces(path), path)
	}
	for _, peer := range rulePeers {
		require.True(t, k.Swapped(peer), "another kind of peer is another rule")
	}
	for given, want := range map[string]string{"6": "tcp", "all": "-1", "50": "50", "256": "", "-2": "", "": ""} {
		require.Equal(t, want, protocolOf(given), fmt.Sprintf("protocol %q", given))
	}
}
