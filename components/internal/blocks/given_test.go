package blocks_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// The SDK panics at most of what is missing here, and AWS takes the rest for something else.
func TestMissing(t *testing.T) {
	t.Parallel()
	var gateway *ec2.NatGateway
	for _, in := range []any{
		nil, pulumi.String(""), pulumi.StringOutput{}, pulumi.IDOutput{}, pulumi.StringArrayOutput{}, pulumi.StringArray(nil), gateway, pulumi.Resource(gateway),
	} {
		require.True(t, blocks.Missing(in), "%T", in)
	}
	for _, in := range []any{pulumi.String("vpc-1"), pulumi.String("").ToStringOutput(), pulumi.StringArray{}, &ec2.NatGateway{}} {
		require.False(t, blocks.Missing(in), "%T", in)
	}
}

func TestListProblems(t *testing.T) {
	t.Parallel()
	problems := func(list pulumi.StringArrayInput) (texts []string) {
		for _, err := range blocks.ListProblems("subnet ids", list, 2, "two zones are needed") {
			texts = append(texts, err.Error())
		}
		return texts
	}
	require.Equal(t, []string{"subnet ids: missing"}, problems(nil))
	require.Equal(t, []string{"subnet ids: entry 1 of 1 is missing", "subnet ids: 1 given, two zones are needed"}, problems(pulumi.StringArray{nil}))
	require.Empty(t, problems(pulumi.ToStringArray([]string{"a", "b"})))
	require.Empty(t, problems(pulumi.StringArray{}.ToStringArrayOutput()), "shows once it is known")
}
