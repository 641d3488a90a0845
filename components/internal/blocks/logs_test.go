package blocks_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/internal/blocks"
)

func TestLogs(t *testing.T) {
	t.Parallel()
	args := blocks.LogsArgs{
		Key: "a-logs-key", Group: "a-logs", Stack: "prod-eu", Alias: "a", Description: "Logs of a",
		Name: pulumi.String("/deepstreamhub/prod-eu/a"), Days: 30, Region: "eu-central-1",
		Near: pulumi.String("arn:aws:ecs:eu-central-1:111122223333:cluster/main"),
	}
	resources, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
		_, err := blocks.NewLogs(ctx, args)
		return err
	})
	require.NoError(t, err)
	require.Equal(t, []string{"aws:cloudwatch/logGroup:LogGroup a-logs", "aws:kms/alias:Alias a-logs-key-alias", "aws:kms/key:Key a-logs-key"},
		componenttest.Names(resources))
	require.Empty(t, cmp.Diff(map[string]any{
		"name": "/deepstreamhub/prod-eu/a", "retentionInDays": 30.0, "kmsKeyId": "arn:aws:mock:::a-logs-key",
	}, resources[0].Plain()))
	require.Equal(t, "alias/deepstreamhub/prod-eu/a", resources[1].Plain()["name"])
	key := resources[2].Plain()
	require.Equal(t, []any{true, 30.0, "Logs of a"}, []any{key["enableKeyRotation"], key["deletionWindowInDays"], key["description"]})
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{
			"Sid": "Account", "Effect": "Allow", "Action": ["kms:*"], "Resource": ["*"],
			"Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}
		},
		{
			"Sid": "Logs", "Effect": "Allow", "Resource": ["*"],
			"Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
			"Principal": {"Service": ["logs.eu-central-1.amazonaws.com"]},
			"Condition": {"ArnEquals": {
				"kms:EncryptionContext:aws:logs:arn": ["arn:aws:logs:eu-central-1:111122223333:log-group:/deepstreamhub/prod-eu/a"]
			}}
		}
	]}`, key["policy"].(string))

	for near, want := range map[string]string{
		"main": "is not the ARN of anything in an account",
		"arn:aws:ecs:us-east-1:111122223333:cluster/main": "arn:aws:ecs:us-east-1:111122223333:cluster/main is in us-east-1, not in eu-central-1",
	} {
		args.Near = pulumi.String(near)
		_, err = componenttest.New().Run(func(ctx *pulumi.Context) error {
			_, err := blocks.NewLogs(ctx, args)
			return err
		})
		require.ErrorContains(t, err, want)
	}
}
