package network_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/network"
)

const account = "111122223333"

// statements reads the policy in one input of a resource.
func statements(t *testing.T, resources []componenttest.Resource, typ, name, input string) []map[string]any {
	t.Helper()
	var document struct{ Statement []map[string]any }
	text, _ := componenttest.Find(t, resources, typ, name).Plain()[input].(string)
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%s of %s: %v", input, name, err)
	}
	return document.Statement
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	resources, _ := run(t, args())
	const endpoint = "aws:ec2/vpcEndpoint:VpcEndpoint"
	caller := map[string]any{"aws:PrincipalAccount": []any{account}}
	owner := map[string]any{"aws:ResourceAccount": []any{account}}
	for _, test := range []struct {
		typ, name, input string
		want             []map[string]any
	}{
		{endpoint, "network-endpoint-ecr.api", "policy", []map[string]any{{
			"Sid": "Account", "Effect": "Allow", "Principal": "*", "Action": []any{"ecr:*"}, "Resource": []any{"*"},
			"Condition": map[string]any{"StringEquals": caller, "StringEqualsIfExists": owner}}}},
		{endpoint, "network-endpoint-ssm", "policy", []map[string]any{{
			"Sid": "Account", "Effect": "Allow", "Principal": "*", "Action": []any{"ssm:*"}, "Resource": []any{"*"},
			"Condition": map[string]any{"StringEquals": caller}}}},
		{endpoint, "network-s3", "policy", []map[string]any{
			{"Sid": "Account", "Effect": "Allow", "Principal": "*", "Action": []any{"s3:*"}, "Resource": []any{"*"},
				"Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": []any{account}, "aws:ResourceAccount": []any{account}}}},
			{"Sid": "AWS", "Effect": "Allow", "Principal": "*", "Action": []any{"s3:GetObject"}, "Resource": []any{
				"arn:aws:s3:::al2023-repos-eu-central-1-de612dc2/*", "arn:aws:s3:::amazon-ssm-eu-central-1/*",
				"arn:aws:s3:::amazon-ssm-packages-eu-central-1/*", "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/*"},
				"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceVpc": []any{"vpc-1"}}}}}},
		{"aws:iam/role:Role", "network-flows", "assumeRolePolicy", []map[string]any{{
			"Effect": "Allow", "Principal": map[string]any{"Service": []any{"vpc-flow-logs.amazonaws.com"}}, "Action": []any{"sts:AssumeRole"},
			"Condition": map[string]any{
				"StringEquals": map[string]any{"aws:SourceAccount": []any{account}},
				"ArnLike":      map[string]any{"aws:SourceArn": []any{"arn:aws:ec2:eu-central-1:111122223333:vpc-flow-log/*"}}}}}},
		{"aws:iam/rolePolicy:RolePolicy", "network-flows", "policy", []map[string]any{
			{"Sid": "Write", "Effect": "Allow", "Action": []any{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
				"Resource": []any{"arn:aws:logs:eu-central-1:111122223333:log-group:/deepstreamhub/test/network:*"}},
			{"Sid": "Find", "Effect": "Allow", "Action": []any{"logs:DescribeLogGroups"},
				"Resource": []any{"arn:aws:logs:eu-central-1:111122223333:log-group:*"}}}},
	} {
		if d := cmp.Diff(test.want, statements(t, resources, test.typ, test.name, test.input)); d != "" {
			t.Errorf("%s of %s: -want +got\n%s", test.input, test.name, d)
		}
	}
	key := statements(t, resources, "aws:kms/key:Key", "network-flows-key", "policy")
	if d := cmp.Diff(map[string]any{"ArnEquals": map[string]any{"kms:EncryptionContext:aws:logs:arn": []any{
		"arn:aws:logs:eu-central-1:111122223333:log-group:/deepstreamhub/test/network"}}}, key[1]["Condition"]); d != "" {
		t.Errorf("key: -want +got\n%s", d)
	}
	if got := componenttest.Find(t, resources, endpoint, "network-endpoint-ecs-agent").Plain()["policy"]; got != nil {
		t.Errorf("ECS's agent endpoint takes no policy, it has %v", got)
	}
}

// TestEgressWaitsForEndpoints: hosts boot once each endpoint lets them in, where endpoints are the only way.
func TestEgressWaitsForEndpoints(t *testing.T) {
	t.Parallel()
	a := args()
	a.NAT, a.Endpoints = network.NATNone, network.Services()
	resources, out := run(t, a)
	if !slices.Contains(out.egress, "network-endpoints-https") {
		t.Errorf("egress lacks the endpoints' rule: %v", out.egress)
	}
	for _, name := range network.Services() {
		if !slices.Contains(out.egress, "network-endpoint-"+name) {
			t.Errorf("egress lacks the endpoint of %s", name)
		}
		componenttest.Find(t, resources, "aws:ec2/vpcEndpoint:VpcEndpoint", "network-endpoint-"+name)
	}
	if !slices.Contains(out.egress, "network-s3") {
		t.Errorf("egress lacks the endpoint of S3: %v", out.egress)
	}
	a.NAT = network.NATPerZone
	_, out = run(t, a)
	if slices.ContainsFunc(out.egress, func(name string) bool { return name == "network-s3" || strings.HasPrefix(name, "network-endpoint-") }) {
		t.Errorf("hosts that have NAT need not wait for endpoints: %v", out.egress)
	}
	if !slices.Contains(out.egress, "network-endpoints-https") {
		t.Errorf("an endpoint that is there and lets nobody in shuts hosts off: %v", out.egress)
	}
}

// TestOff: without endpoints and flow logs nothing of them is there.
func TestOff(t *testing.T) {
	t.Parallel()
	a := args()
	a.Endpoints, a.FlowLogRetentionDays = nil, 0
	resources, _ := run(t, a)
	for _, r := range resources {
		if strings.Contains(r.Name, "endpoint") || strings.Contains(r.Name, "flows") {
			t.Errorf("%s %s is there", r.Type, r.Name)
		}
	}
}
