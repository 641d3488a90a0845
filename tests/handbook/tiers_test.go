package handbook

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

func TestFromGolden(t *testing.T) {
	t.Parallel()
	got := Merge(FromGolden(`5 resources
aws:ec2/subnet:Subnet network-data-euc1-az1 in network
aws:ec2/subnet:Subnet network-data-euc1-az2 in network
aws:kms/key:Key database-key in database protected retained
aws:cloudwatch/logGroup:LogGroup orders-logs in orders
aws:cloudwatch/metricAlarm:MetricAlarm observability-orders-cpu in observability
deepstreamhub:network:Network network
deepstreamhub:service:Service orders
pulumi:providers:aws aws-us-east-1
pulumi:pulumi:Stack (the stack)
`))
	require.Equal(t, []Resource{
		{Type: "cloudwatch.LogGroup", Name: "<service>-logs", Tier: ServiceTier},
		{Type: "cloudwatch.MetricAlarm", Name: "observability-<service>-cpu", Tier: "observability"},
		{Type: "ec2.Subnet", Name: "network-data-<zone>", Tier: "network"},
		{Type: "kms.Key", Name: "database-key", Tier: "database", Protected: true, Kept: true},
		{Type: "providers.aws", Name: "aws-<region>", Tier: stackTier},
	}, got)
}

func TestOptionsAreWhatNoGoldenHas(t *testing.T) {
	t.Parallel()
	const stack = "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s"
	got := Merge(FromGolden("aws:sns/topic:Topic observability-topic in observability"), FromPlan(plan.Plan{Steps: []plan.Step{
		{Type: "pulumi:providers:aws", Name: "aws", Parent: stack},
		{Type: "aws:sns/topic:Topic", Name: "observability-topic", Parent: "urn:pulumi:s::p::deepstreamhub:observability:Observability::observability"},
		{Type: "aws:sns/topicSubscription:TopicSubscription", Name: "observability-email-0a1b2c3d",
			Parent: "urn:pulumi:s::p::deepstreamhub:observability:Observability::observability"},
	}}))
	require.Equal(t, []Resource{
		{Type: "providers.aws", Name: "aws", Tier: stackTier, Option: true},
		{Type: "sns.Topic", Name: "observability-topic", Tier: "observability"},
		{Type: "sns.TopicSubscription", Name: "observability-email-<receiver>", Tier: "observability", Option: true},
	}, got)
}

func TestReasonsAgree(t *testing.T) {
	t.Parallel()
	why, err := reasons("# a comment\n\nec2.Vpc network-vpc: There is none.\nec2.Eip gone: x\n")
	require.NoError(t, err)
	require.Equal(t, []string{"without.txt says nothing of ec2.Subnet a", "without.txt speaks of ec2.Eip gone, which no stack has"},
		Agree([]Resource{{Type: "ec2.Vpc", Name: "network-vpc"}, {Type: "ec2.Subnet", Name: "a"}}, why))
	for _, bad := range []string{"ec2.Vpc: no name", "ec2.Vpc network-vpc", "a b: x\na b: y"} {
		_, err := reasons(bad)
		require.Error(t, err, bad)
	}
}

func TestComments(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config.go")
	require.NoError(t, os.WriteFile(file, []byte("package p\n\ntype Config struct {\n\tNetwork Network `yaml:\"network\"`\n"+
		"\tMore map[string]More `yaml:\"more\"`\n\tSizes Plan `yaml:\"-\"`\n}\n\ntype Network struct {\n\tCIDR string `yaml:\"cidr\"` // the range\n}\n\n"+
		"type More struct {\n\t// Port is where\n\t// it listens.\n\tPort int `yaml:\"port\"`\n}\n"), 0o600))
	got, err := Comments(file)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"network.cidr": "the range", "more.<name>.port": "Port is where it listens."}, got)
}
