package awserrors_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awserrors"
)

// What AWS provider 5.100.0 printed when it was applied to moto 5.2.1, except for the last three: the forms of SDK version 1
// and of S3, and a call that never got an answer, from public logs.
func TestParse(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]awserrors.Answer{
		"creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, RequestID: pN0n2MXzMztk, api error InvalidSubnet.Conflict: The CIDR '10.0.0.0/25' conflicts with another subnet": {
			Service: "EC2", Operation: "CreateSubnet", Code: "InvalidSubnet.Conflict", Message: "The CIDR '10.0.0.0/25' conflicts with another subnet", RequestID: "pN0n2MXzMztk",
		},
		"1 error occurred:\n\t* creating IAM Role (r): operation error IAM: CreateRole, https response error StatusCode: 409, RequestID: kUoDVLWtf, EntityAlreadyExists: Role with name r already exists.\n\n": {
			Service: "IAM", Operation: "CreateRole", Code: "EntityAlreadyExists", Message: "Role with name r already exists.", RequestID: "kUoDVLWtf",
		},
		"  sdk-v2/provider2.go:572: sdk.helper_schema: creating Secrets Manager Secret (s): operation error Secrets Manager: CreateSecret, https response error StatusCode: 400, RequestID: CRcL1, ResourceExistsException: The operation failed because the secret s already exists.: provider=aws@6.83.4": {
			Service: "Secrets Manager", Operation: "CreateSecret", Code: "ResourceExistsException", Message: "The operation failed because the secret s already exists.", RequestID: "CRcL1",
		},
		"operation error S3: CreateBucket, https response error StatusCode: 409, RequestID: 4XYZ, HostID: a+b/c=, BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded": {
			Service: "S3", Operation: "CreateBucket", Code: "BucketAlreadyOwnedByYou", Message: "Your previous request to create the named bucket succeeded", RequestID: "4XYZ",
		},
		"error creating NAT: AddressLimitExceeded: The maximum number of addresses has been reached.\n\tstatus code: 400, request id: 3f1c-22": {
			Code: "AddressLimitExceeded", Message: "The maximum number of addresses has been reached.", RequestID: "3f1c-22",
		},
		"operation error EC2: DescribeVpcs, exceeded maximum number of attempts, 25, https response error StatusCode: 503, RequestID: 77, api error RequestLimitExceeded: Request limit exceeded.": {
			Service: "EC2", Operation: "DescribeVpcs", Code: "RequestLimitExceeded", Message: "Request limit exceeded.", RequestID: "77",
		},
	} {
		got, ok := awserrors.Parse(said)
		require.True(t, ok, said)
		require.Empty(t, cmp.Diff(want, got), said)
	}
	for _, said := range []string{
		"", "waiting for EC2 NAT Gateway (nat-1) create: unexpected state 'failed', wanted target 'available'",
		`operation error S3: PutObject, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , HostID: , request send failed, Put "https://b.s3.amazonaws.com/": dial tcp: lookup b.s3.amazonaws.com: no such host`,
	} {
		_, ok := awserrors.Parse(said)
		require.False(t, ok, said)
	}
}

// An error that the catalogue does not know keeps what AWS answered, and gets no cause made up for it.
func TestUnknownErrors(t *testing.T) {
	t.Parallel()
	got := awserrors.Explain(awserrors.Failure{Said: "operation error ECS: CreateService, https response error StatusCode: 400, RequestID: 9, BrandNewException: validation of x took a timeout while waiting"})
	require.Empty(t, cmp.Diff(awserrors.Explanation{Answer: &awserrors.Answer{
		Service: "ECS", Operation: "CreateService", Code: "BrandNewException", Message: "validation of x took a timeout while waiting", RequestID: "9",
	}}, got))
}

func TestWaits(t *testing.T) {
	t.Parallel()
	got := awserrors.Explain(awserrors.Failure{Stack: "prod-eu", Said: "waiting for ACM Certificate (arn:aws:acm:x) to be issued: timeout while waiting for state to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: 1h15m0s)"})
	require.Nil(t, got.Answer)
	require.Contains(t, got.Cause, "not validated in time")
	require.Contains(t, got.Fix, "hub up prod-eu")
}

// Auto Scaling says of many things that the launch template is not usable.
func TestLaunchTemplates(t *testing.T) {
	t.Parallel()
	for said, cause := range map[string]string{
		"You have requested more vCPU capacity than your current vCPU limit of 640 allows for the instance bucket": "more vCPUs than the account's quota",
		"Invalid IAM Instance Profile name: instance profile x":                                                    "does not see it yet",
		"The image id '[ami-0a1b2c3d4e5f60718]' does not exist":                                                    "names does not exist",
	} {
		got := awserrors.Explain(awserrors.Failure{Stack: "prod-eu", Said: "operation error Auto Scaling: CreateAutoScalingGroup, https response error StatusCode: 400, " +
			"api error ValidationError: You must use a valid fully-formed launch template. " + said})
		require.Contains(t, got.Cause, cause)
	}
}

func TestCatalogueIsWhole(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, e := range awserrors.Catalogue() {
		what := e.Service + " " + e.Code + e.Says
		require.NotEmpty(t, e.Cause, what)
		require.NotEmpty(t, e.Fix, what)
		require.NotEmpty(t, e.Source, what)
		require.True(t, e.Code != "" || e.Says != "", "fits everything")
		if e.Code != "" {
			codes = append(codes, e.Code)
		}
	}
	slices.Sort(codes)
	require.GreaterOrEqual(t, len(slices.Compact(codes)), 40)
}

// unmodelled are codes that AWS documents and that no model of a service names, beside those of EC2 and S3, whose models
// name nearly none.
var unmodelled = []string{
	"ValidationError",             // Auto Scaling API Reference, Common errors
	"InvalidParameterCombination", // RDS API Reference, Common errors
}

// A code that a service's own API model does not know is a code that nobody will ever see.
func TestCodesAreAWS(t *testing.T) {
	t.Parallel()
	const script = `
import botocore.session, json, sys
session, out = botocore.session.get_session(), {}
ids = {session.get_service_model(s).metadata.get("serviceId", s): s for s in ("iam","kms","ecs","autoscaling","application-autoscaling","elbv2","acm","wafv2","rds","elasticache","backup","secretsmanager","logs","sns","ssm","ecr","route53")}
for name, service in ids.items():
    model = session.get_service_model(service)
    shapes = [(s, model.shape_for(s)) for s in model.shape_names]
    out[name] = sorted({c for s, shape in shapes if shape.metadata.get("exception") for c in (s, shape.metadata.get("error", {}).get("code") or s)})
json.dump(out, sys.stdout)`
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("AWS's API models come with botocore: install python3 and its package botocore")
	}
	text, err := exec.CommandContext(t.Context(), python, "-c", script).Output()
	if err != nil {
		t.Skip("AWS's API models come with botocore: install python3's package botocore")
	}
	var models map[string][]string
	require.NoError(t, json.Unmarshal(text, &models))
	bare := func(code string) string { return strings.TrimSuffix(code, "Fault") }
	for _, e := range awserrors.Catalogue() {
		known, modelled := models[e.Service]
		if e.Service == "" || !modelled && (e.Service == "EC2" || e.Service == "S3") || slices.Contains(unmodelled, e.Code) {
			continue
		}
		require.True(t, modelled, "no service is called %s", e.Service)
		require.True(t, slices.ContainsFunc(known, func(c string) bool { return bare(c) == bare(e.Code) }), "%s does not know %s", e.Service, e.Code)
	}
}
