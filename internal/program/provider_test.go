package program_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/program"
)

// Every provider of a stack, those of other regions too, takes what the stack tells the AWS plugin, and no other account
// than the one the stack belongs to.
func TestProvidersTakeWhatTheStackTellsThem(t *testing.T) {
	t.Parallel()
	yes := true
	d := minimal(places[0], true)
	d.set("backup.copyTo", "us-west-2")
	cfg, err := d.load(t)
	require.NoError(t, err)
	cfg.AWS = config.AWS{
		Profile: "prod", AssumeRole: config.AssumeRole{RoleARN: "arn:aws:iam::111122223333:role/x", Duration: "1h"},
		AllowedAccountIDs: []string{"111122223333"}, Endpoints: []map[string]string{{"s3": "http://localhost:1", "ec2": "http://localhost:2"}},
		SkipMetadataAPICheck: &yes,
	}
	resources, err := account(cfg.Region).Run(program.RegionWithoutHooks(cfg))
	require.NoError(t, err)
	regions := map[string]bool{}
	for _, r := range resources {
		if !strings.HasPrefix(r.Type, "pulumi:providers:") {
			continue
		}
		got := r.Plain()
		regions[got["region"].(string)] = true
		require.Equal(t, "prod", got["profile"])
		require.Equal(t, map[string]any{"roleArn": "arn:aws:iam::111122223333:role/x", "duration": "1h"}, got["assumeRole"])
		require.Equal(t, []any{"111122223333"}, got["allowedAccountIds"])
		require.Equal(t, []any{map[string]any{"s3": "http://localhost:1", "ec2": "http://localhost:2"}}, got["endpoints"])
		require.Equal(t, true, got["skipMetadataApiCheck"])
		require.NotContains(t, got, "skipRequestingAccountId")
	}
	require.Subset(t, slices.Collect(maps.Keys(regions)), []string{"eu-central-1", "us-west-2"})

	cfg.AWS.Endpoints = []map[string]string{{"s33": "http://localhost:1"}}
	synctest.Test(t, func(t *testing.T) {
		_, err := account(cfg.Region).Run(func(ctx *pulumi.Context) error {
			defer synctest.Wait() // for what is asked through a provider that there is not, which panics
			return program.RegionWithoutHooks(cfg)(ctx)
		})
		require.ErrorContains(t, err, "aws:endpoints[0].s33: the AWS plugin knows no such service")
	})
}
