package security

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

type (
	m = cloud.Map
	l = []any
)

// made is a resource of a stack.
func made(typ, id string, state m) cloud.Resource {
	return cloud.Resource{Type: typ, ID: id, State: state}
}

// document is a policy with one statement.
func document(effect, principal, action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Principal":` + principal + `,"Action":["` + action + `"],"Resource":["` + resource + `"]}]}`
}

const container1 = `[{"name":"a","privileged":true,"environment":[{"name":"DB_PASSWORD","value":"x"}]}]`

// worst holds of each type a resource that meets none of the controls about it.
var worst = []cloud.Resource{
	made(vpc, "vpc-1", m{}),
	made(defaultGroup, "sg-0", m{"vpcId": "vpc-1"}),
	made(subnet, "subnet-1", m{"vpcId": "vpc-1", "mapPublicIpOnLaunch": true, "availabilityZoneId": "euc1-az1"}),
	made(acl, "acl-1", m{"ingress": l{m{"action": "allow", "protocol": "tcp", "cidrBlock": anywhere, "fromPort": 0.0, "toPort": 65535.0}}}),
	made(securityGroup, "sg-1", m{}),
	made(ingressRule, "sgr-0", m{"securityGroupId": "sg-0", "cidrIpv4": anywhere, "ipProtocol": "-1"}),
	made(ingressRule, "sgr-1", m{"securityGroupId": "sg-1", "cidrIpv6": "::/0", "ipProtocol": "tcp", "fromPort": 22.0, "toPort": 22.0}),
	made(tableAssociation, "a-1", m{"subnetId": "subnet-1", "routeTableId": "rtb-1"}),
	made(route, "r-1", m{"routeTableId": "rtb-1", "gatewayId": "igw-1"}),

	made(launchTemplate, "lt-1", m{"instanceType": "m1.large", "networkInterfaces": l{m{"associatePublicIpAddress": "true"}}}),
	made(hostGroup, "asg-1", m{"targetGroupArns": l{"tg"}, "healthCheckType": "EC2", "vpcZoneIdentifiers": l{"subnet-1"}}),
	made(ecsCluster, "ecs-1", m{"settings": l{m{"name": "containerInsights", "value": "disabled"}}}),
	made(ecsService, "service-1", m{"launchType": "FARGATE", "networkConfiguration": m{"assignPublicIp": true}}),
	made(taskDefinition, "task-1", m{"networkMode": "host", "pidMode": "host", "containerDefinitions": container1}),

	made(balancer, "lb-1", m{"arn": "lb-1", "desyncMitigationMode": "monitor", "subnets": l{"subnet-1"}}),
	made(listener, "l-1", m{"protocol": "HTTP", "defaultActions": l{m{"type": "forward"}}}),
	made(listener, "l-2", m{"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-2016-08"}),
	made(certificate, "cert-1", m{"validationMethod": "EMAIL", "keyAlgorithm": "RSA_1024"}),
	made(webACL, "waf-1", m{"arn": "waf-1"}),
	made(webACL, "waf-2", m{"arn": "waf-2", "rules": l{m{"visibilityConfig": m{"cloudwatchMetricsEnabled": false}}}}),
	made(bucket, "bucket-1", m{"bucket": "bucket-1"}),
	made(bucketBlock, "bucket-1", m{"bucket": "bucket-1"}),
	made(bucketPolicy, "bucket-1", m{"bucket": "bucket-1", "policy": document("Allow", `{"AWS":["*"]}`, "s3:*", "*")}),
	made(bucketOwner, "bucket-1", m{"bucket": "bucket-1", "rule": m{"objectOwnership": "ObjectWriter"}}),
	made(bucketRules, "bucket-1", m{"bucket": "bucket-1", "rules": l{m{"status": "Disabled"}}}),

	made(dbCluster, "db-1", m{"masterUsername": "postgres", "backupRetentionPeriod": 1.0}),
	made(dbInstance, "db-1a", m{"clusterIdentifier": "db-1", "publiclyAccessible": true, "port": 5432.0, "availabilityZone": "eu-central-1a"}),
	made(dbSubnets, "subnets-1", m{"subnetIds": l{"subnet-1"}}),
	made(dbParameters, "parameters-1", m{}),
	made(cache, "bus-1", m{"subnetGroupName": "default"}),
	made(vault, "vault-1", m{}),
	made(secret, "secret-1", m{"arn": "secret-1"}),

	made(key, "key-1", m{"policy": document("Allow", `"*"`, "kms:*", "*")}),
	made(role, "role-1", m{"path": "/", "assumeRolePolicy": document("Allow", `{"Service":["backup.amazonaws.com"]}`, "sts:AssumeRole", "*")}),
	made(rolePolicy, "rp-1", m{"policy": document("Allow", `""`, "*", "*")}),
	made(rolePolicy, "rp-2", m{"policy": document("Allow", `""`, "s3:*", "*")}),
	made(topic, "topic-1", m{}),
	made(topicPolicy, "topic-1", m{"policy": document("Allow", `{"AWS":"*"}`, "sns:Publish", "*")}),
	made(logGroup, "log-1", m{}),
	made(alarm, "alarm-1", m{"name": "alarm-1"}),
}

// Each check fails for what meets nothing: one that did not could never fail.
func TestChecksCanFail(t *testing.T) {
	t.Parallel()
	s := NewStack(worst)
	for _, c := range Controls() {
		if c.Applies(s) {
			require.NotNil(t, c.Check, c.ID)
			require.NotEmpty(t, c.Check(s), "%s: %s", c.ID, c.Title)
		}
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Controls() {
		require.False(t, seen[c.ID], "%s stands there twice", c.ID)
		seen[c.ID] = true
		require.NotEmpty(t, c.Title, c.ID)
		require.NotEmpty(t, c.On, c.ID)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	here := NewStack([]cloud.Resource{made(vpc, "vpc-1", m{"a": true}), {Type: vpc, ID: "declared", Declared: true}, {Type: vpc, ID: "owned", Owner: "x"}})
	good, bad := every(vpc, on("a")), every(vpc, on("b"))
	for text, test := range map[string]struct {
		control Control
		want    []string
	}{
		"met":                      {Control{On: []string{vpc}, Check: good, Met: "so"}, nil},
		"not met":                  {Control{On: []string{vpc}, Check: bad, Met: "so"}, []string{vpc + " vpc-1"}},
		"excepted":                 {Control{On: []string{vpc}, Check: bad, Except: "why"}, nil},
		"excepted for no reason":   {Control{On: []string{vpc}, Check: good, Except: "why"}, []string{"is listed as an exception and is met: why"}},
		"about nothing there":      {Control{On: []string{user}, Met: "-"}, nil},
		"unchecked":                {Control{On: []string{vpc}, Met: "-"}, []string{"applies and is not checked"}},
		"neither met nor not":      {Control{On: []string{vpc}, Check: good}, []string{"says neither or both of how it is met and why it is not"}},
		"met and excepted at once": {Control{On: []string{vpc}, Check: good, Met: "so", Except: "why"}, []string{"says neither or both of how it is met and why it is not"}},
	} {
		require.Equal(t, test.want, test.control.Problems(here), text)
	}
}
